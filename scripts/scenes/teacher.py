"""A COCO detector names what stands in photos, and the scene network learns from its words.

    scripts/make_scenes teach look  TOLD --teacher FOLDER --photos DATA --sets litter-taco,…
    scripts/make_scenes teach write DATA/street-things --told TOLD --photos DATA --recipe RECIPE

`look` writes a JSON a set: file name to rows of class, score, x1, y1, x2, y2 in fractions. FOLDER
is a model's folder with COCO's 80 classes, such as an export of ultralytics' yolo26n.pt with a
card. Each photo is looked at with its longer side at each of `--sides-px`, every second time
mirrored; boxes of one class that overlap are one, with the better score. Photos come in an order
drawn by chance, those that the street model holds out first. A run that `--seconds` stopped goes on
where it was.

`write` makes of that a data set as `datasets/street-things.yaml` describes it, with the classes of
the recipe and what each is made of there (`head_only: from`). Things from SURE on are boxes. Where
something of a class scores between DOUBTED and SURE, the picture teaches no absence of that class.
What the set labels as a bin is no refrigerator, suitcase or chair, whatever the teacher says.
Pictures that models/*/by_hand.yaml list are left out, but for those that train there.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml

from detect.boxes import iou, suppress
from detect.engines import open_engine
from detect.training.held_out import HeldOut, read_held_out
from detect.training.labels import Boxes, read_yolo, write_yolo
from detect.training.matching import Floats
from detect.training.recipe import read_recipe
from detect.training.scenes import read_image
from detect.types import Detections, Engine, Image

ROOT = Path(__file__).parents[2]
LOW = 0.1
DOUBTED, SURE = 0.12, 0.3
SETS = "street-garbage-cn,garbage-piles-latam,litter-taco"
BY_HAND_ONLY = ("furniture", "goods")
COPIES = 6
"""How often a picture with boxes drawn by hand stands in the set, to be drawn differently."""
BINS_UNLABELLED = ("garbage-piles-latam", "refuse-bags-kr", "bottles-np")
LIKE_BINS = ("seats", "wares", "household")
BIN_OVERLAP = 0.4
SAME = 0.6
AT_ONCE = 8

Row = list[Any]
"""Class, score, x1, y1, x2, y2."""
Drawn = tuple[int, float, float, float, float]
"""The recipe's class, x1, y1, x2, y2."""


def main() -> None:
    given = _options()
    {"look": look, "write": write}[given.what](given)


def look(given: argparse.Namespace) -> None:
    """Looks at every photo of the sets, until `--seconds` are over."""
    begun = time.monotonic()
    held = read_held_out(ROOT / "models" / "street" / "held_out.json")
    with TemporaryDirectory() as scratch:
        engines = [_engine(given.teacher, Path(scratch) / str(px), px) for px in given.sides_px]
        for name in given.sets.split(","):
            out = given.out / f"{name}.json"
            told: dict[str, list[Row]] = json.loads(out.read_text("utf-8")) if out.exists() else {}
            paths = [path for path in _order(given.photos, name, held) if path.name not in told]
            try:
                for start in range(0, len(paths), AT_ONCE):
                    some = paths[start : start + AT_ONCE]
                    told.update(zip((p.name for p in some), _named(engines, some), strict=True))
                    if time.monotonic() - begun > given.seconds:
                        return
            finally:
                _keep(out, told)


def _order(photos: Path, name: str, held: HeldOut) -> list[Path]:
    paths = sorted((photos / name / "images").iterdir())
    random.Random(0).shuffle(paths)
    return sorted(paths, key=lambda path: held.split_of(f"{name}/{path.name}") == "train")


def _named(engines: Sequence[Engine], paths: Sequence[Path]) -> list[list[Row]]:
    images = [read_image(path) for path in paths]
    looks = []
    for number, engine in enumerate(engines):
        turned = bool(number % 2)
        shown = [np.ascontiguousarray(x[:, ::-1]) for x in images] if turned else images
        looks.append([
            back(d, x.shape[1]) if turned else d
            for d, x in zip(engine.detect(shown), images, strict=True)
        ])  # fmt: skip
    return [merged(rows, x) for rows, x in zip(zip(*looks, strict=True), images, strict=True)]


def back(found: Detections, width_px: int) -> Detections:
    """What was found in a mirrored picture, in the picture as it is."""
    xyxy = found.xyxy.copy()
    xyxy[:, [0, 2]] = width_px - found.xyxy[:, [2, 0]]
    return Detections(xyxy, found.score, found.class_id, found.names)


def merged(looks: Sequence[Detections], image: Image) -> list[Row]:
    """Several looks at one picture as rows, best first."""
    height, width = image.shape[:2]
    boxes = np.concatenate([d.xyxy for d in looks]) / np.array([width, height] * 2, np.float32)
    score = np.concatenate([d.score for d in looks])
    class_id = np.concatenate([d.class_id for d in looks])
    kept = suppress(boxes, score, class_id, SAME)
    names = looks[0].names
    return [
        [names[class_id[i]], round(float(score[i]), 3), *(round(float(x), 4) for x in boxes[i])]
        for i in sorted(kept, key=lambda i: -score[i])
    ]


def _engine(teacher: Path, folder: Path, side_px: int) -> Engine:
    """The teacher at a side of its own, from LOW on."""
    data = yaml.safe_load((teacher / "model.yaml").read_text("utf-8"))
    data["input_px"] = side_px
    for row in data["classes"]:
        row["threshold"] = LOW
    folder.mkdir()
    for name in data["sha256"]:
        (folder / name).symlink_to((teacher / name).resolve())
    (folder / "model.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return open_engine(folder)


def write(given: argparse.Namespace) -> None:
    """The teacher's words, and the boxes drawn by hand, as a data set in YOLO layout."""
    recipe = read_recipe(given.recipe)
    names = recipe.class_names
    made_of: Mapping[str, Sequence[str]] = recipe.train.head_only["from"]
    class_of = {x: names.index(n) for n in names if n not in BY_HAND_ONLY for x in made_of[n]}
    complete = {}
    for part in ("images", "labels"):
        (given.out / part).mkdir(parents=True, exist_ok=True)
    for path in sorted(given.told.glob("*.json")):
        photos, hand = given.photos / path.stem, by_hand(path.stem)
        for name, told in json.loads(path.read_text("utf-8")).items():
            if name in hand.kept_out:
                continue
            rows, doubted = sure(told, class_of), doubtful(told, class_of)
            if path.stem in BINS_UNLABELLED:
                doubted |= {names.index(n) for n in LIKE_BINS}
                rows = [row for row in rows if row[0] not in doubted]
            else:
                rows = without_bins(rows, _bins(photos, name), {names.index(n) for n in LIKE_BINS})
            drawn = [(names.index(row["class"]), *row["box"]) for row in hand.trains.get(name, [])]
            kept = [n for i, n in enumerate(names) if i not in doubted]
            for copy in range(COPIES if drawn else 1):
                target = f"{path.stem}-{copy or ''}{name}"
                write_yolo(given.out / "labels" / f"{Path(target).stem}.txt", _boxes(rows + drawn))
                image = given.out / "images" / target
                image.unlink(missing_ok=True)
                image.symlink_to((photos / "images" / name).resolve())
                complete[target] = kept
    (given.out / "complete.json").write_text(json.dumps(complete, indent=0), "utf-8")


def sure(told: Sequence[Row], class_of: Mapping[str, int]) -> list[Drawn]:
    """What the teacher is sure of, as boxes of the recipe's classes."""
    return [(class_of[_plain(r)], *r[2:6]) for r in told if r[1] >= SURE and _plain(r) in class_of]


def doubtful(told: Sequence[Row], class_of: Mapping[str, int]) -> set[int]:
    """The classes that the teacher half names: of these, the picture teaches no absence."""
    return {class_of[_plain(r)] for r in told if DOUBTED <= r[1] < SURE and _plain(r) in class_of}


def without_bins(rows: Sequence[Drawn], bins: Floats, like: set[int]) -> list[Drawn]:
    """The boxes without those that call a bin a refrigerator, a suitcase or a chair."""
    return [
        row
        for row in rows
        if row[0] not in like
        or not len(bins)
        or iou(np.array([row[1:]], np.float32), bins.astype(np.float32)).max() < BIN_OVERLAP
    ]


def _plain(row: Row) -> str:
    return str(row[0]).replace("_", " ")


def _bins(photos: Path, name: str) -> Floats:
    """Bins that the data set boxes, full or not, as corners in fractions."""
    names = yaml.safe_load((photos / "data.yaml").read_text("utf-8"))["names"]
    names = list(names.values()) if isinstance(names, dict) else names
    boxes = read_yolo(photos / "labels" / f"{Path(name).stem}.txt", len(names))
    kept = [names[c] in {"bin", "overflow"} for c in boxes.class_id]
    return boxes.xyxy_px(1, 1)[np.array(kept, bool)]


def _boxes(rows: Sequence[Drawn]) -> Boxes:
    corners = np.array([row[1:] for row in rows], float).reshape(-1, 4).clip(0, 1)
    sides = corners[:, 2:] - corners[:, :2]
    xywh = np.concatenate([(corners[:, :2] + corners[:, 2:]) / 2, sides], axis=1)
    return Boxes(np.array([row[0] for row in rows], np.int64), xywh)


@dataclass(frozen=True)
class ByHand:
    """Of one data set: boxes that train, and pictures that are measured on or unsure."""

    trains: Mapping[str, Sequence[Mapping[str, Any]]]
    kept_out: frozenset[str]


def by_hand(dataset: str) -> ByHand:
    """What `models/*/by_hand.yaml` lists of a data set."""
    trains: dict[str, Any] = {}
    out: set[str] = set()
    for path in sorted((ROOT / "models").glob("*/by_hand.yaml")):
        told = yaml.safe_load(path.read_text("utf-8"))
        for part in told.get("sets", [told]):
            if part.get("of") == dataset and "pictures" in part:
                teaches = set(part.get("trains", ()))
                trains |= {name: part["pictures"][name] for name in teaches}
                out |= {*part["pictures"], *part.get("unsure", ())} - teaches
    return ByHand({n: rows for n, rows in trains.items() if n not in out}, frozenset(out))


def _keep(out: Path, told: dict[str, list[Row]]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    part.write_text(json.dumps(told, separators=(",", ":")), "utf-8")
    part.replace(out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/make_scenes teach", description=__doc__)
    parser.add_argument("what", choices=["look", "write"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--photos", type=Path, required=True, help="the folder of data sets")
    parser.add_argument("--teacher", type=Path, help="look: the teacher's folder")
    parser.add_argument("--sets", default=SETS, help="look: data sets, with commas between")
    parser.add_argument("--sides-px", type=int, nargs="+", default=[1280, 640])
    parser.add_argument("--seconds", type=float, default=1e9, help="look: stop after this long")
    parser.add_argument("--told", type=Path, help="write: what the teacher said")
    parser.add_argument("--recipe", type=Path, default=ROOT / "models/scene/recipe.yaml")
    return parser.parse_args()


if __name__ == "__main__":
    main()
