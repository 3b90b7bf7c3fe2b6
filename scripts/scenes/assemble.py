"""From renders to data sets in YOLO layout (`images/`, `labels/`), as `datasets/*.yaml` name them.

`rendered` copies whole renders with their boxes; `pasted` lays sprites over photos of streets;
`clean` takes photos as they are, for what they don't show. Photos are those of the data set
street-garbage-cn that the street model trained on: none that it was measured on, and none that
is listed by hand as showing a stall.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml

from scripts.scenes.paste import Found, Image, compose, read_sprites

ROOT = Path(__file__).parents[2]
HELD_OUT = ROOT / "models" / "street" / "held_out.json"
BY_HAND = ROOT / "models" / "stall" / "by_hand.yaml"
PHOTOS = "street-garbage-cn"


def main() -> None:
    args = arguments()
    names = args.names.split(",")
    for part in ("images", "labels"):
        (args.out / part).mkdir(parents=True, exist_ok=True)
    makers = {"rendered": rendered, "pasted": pasted, "clean": clean}
    for name, image, found in makers[args.kind](args):
        write(args.out, name, image, found, names)


def rendered(args: argparse.Namespace) -> Iterator[tuple[str, Image, list[Found]]]:
    """Whole rendered pictures with their boxes."""
    for path in sorted(args.renders.glob("*.jpg")):
        told = json.loads(path.with_suffix(".json").read_text("utf-8"))["findings"]
        found = [Found(row["class"], np.array(row["box_px"], float)) for row in told]
        yield path.stem, read(path), found


def pasted(args: argparse.Namespace) -> Iterator[tuple[str, Image, list[Found]]]:
    """Photos with sprites on them."""
    rng = np.random.default_rng(args.seed)
    sprites = read_sprites(args.renders)
    photos = street_photos(args.photos)
    for number in range(args.count):
        photo = photos[int(rng.integers(len(photos)))]
        image, found = compose(rng, read(photo), sprites)
        yield f"{number:05d}-{photo.stem}", image, found


def clean(args: argparse.Namespace) -> Iterator[tuple[str, Image, list[Found]]]:
    """Photos as they are."""
    rng = np.random.default_rng(args.seed)
    photos = street_photos(args.photos)
    for index in sorted(rng.permutation(len(photos))[: args.count].tolist()):
        yield photos[index].stem, read(photos[index]), []


def street_photos(folder: Path) -> list[Path]:
    """Photos of street-garbage-cn that may train, without those that show a stall."""
    held = json.loads(HELD_OUT.read_text("utf-8"))
    kept_out = {key.split("/")[1] for part in ("val", "test", "dropped") for key in held[part]}
    if BY_HAND.exists():
        listed = yaml.safe_load(BY_HAND.read_text("utf-8"))
        kept_out |= {*listed["pictures"], *listed["unsure"]}
    return [p for p in sorted((folder / PHOTOS / "images").iterdir()) if p.name not in kept_out]


def read(path: Path) -> Image:
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"{path} is not a picture")
    return np.asarray(image, np.uint8)


def write(out: Path, name: str, image: Image, found: Sequence[Found], names: list[str]) -> None:
    """One picture with its label file; boxes of classes not asked for are left out."""
    high, wide = image.shape[:2]
    lines = []
    for row in found:
        if row.name in names:
            x1, y1, x2, y2 = row.xyxy / [wide, high, wide, high]
            fractions = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
            lines.append(f"{names.index(row.name)} " + " ".join(f"{v:.6f}" for v in fractions))
    (out / "labels" / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    cv2.imwrite(str(out / "images" / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 90])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/make_scenes assemble", description=__doc__)
    parser.add_argument("kind", choices=["rendered", "pasted", "clean"])
    parser.add_argument("out", type=Path, help="the data set's folder")
    parser.add_argument("--renders", type=Path, help="what scripts/make_scenes rendered")
    parser.add_argument("--photos", type=Path, help="the folder of data sets")
    parser.add_argument("--names", default="", help="classes in the order of their numbers")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
