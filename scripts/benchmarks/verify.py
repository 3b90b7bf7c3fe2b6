"""How far verification can be trusted, on real photos: one place or two, copy or new photo.

Needs the labelled pictures in ../shared/data (they may not be published). Four questions:

- before and after photos of one place, cut from two-panel collages (small and much compressed);
- the same for pairs made from real photos: another viewpoint, light, part, size, compression;
- photos of different places, for each of the two: how often are they taken for one place?
- copies of real photos: are they caught, and are second photos of a place left alone?

Scenes are halved by name: one half is for choosing limits (``--half 0``), the other is reported.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np
import yaml

from detect.alignment import Alignment, align
from detect.engines import open_engine
from detect.fingerprint import fingerprint
from detect.likeness import likeness
from detect.local_features import LocalFeatures, local_features
from detect.types import Engine, Image
from issues.store.verification_table import LEAST_WORDS, NEAR_BITS
from issues.verify.rules import RULES

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
LIST = ROOT / "datasets" / "pairs" / "before-after-cn.yaml"
BORDER, SEAM = 0.055, 0.02
Box = tuple[float, float, float, float]
out = sys.stdout.write


@dataclass(frozen=True)
class Looked:
    """A picture with what verification looks at."""

    name: str
    image: Image
    features: LocalFeatures
    movable: tuple[Box, ...]


def wilson(good: int, total: int) -> str:
    """A share with its 95 % interval."""
    if not total:
        return "none"
    z, share = 1.96, good / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return f"{good}/{total} = {share:.1%} ({low:.1%} to {high:.1%})"


def looked(name: str, image: Image, engine: Engine) -> Looked:
    """The picture with its keypoints and the boxes of everything the model finds."""
    found = engine.detect([image])[0]
    height, width = image.shape[:2]
    boxes = tuple(tuple(row) for row in found.xyxy / [width, height, width, height])
    return Looked(name, image, local_features(image), boxes)  # type: ignore[arg-type]


def panels(row: dict[str, Any]) -> tuple[Image, Image]:
    """Before and after, cut from a collage without its frame."""
    image = cv2.imread(str(DATA / "street-garbage-cn" / "images" / row["file"]))
    height, width = image.shape[:2]
    edge, gap = int(BORDER * width), int(SEAM * width)
    if row["cut"] == "v":
        at = int(row["at"] * width)
        both = image[edge : height - edge, edge : at - gap], image[edge:-edge, at + gap : -edge]
    else:
        at = int(row["at"] * height)
        both = image[edge : at - gap, edge : width - edge], image[at + gap : -edge, edge:-edge]
    first, second = (np.ascontiguousarray(one) for one in both)
    return (second, first) if row.get("swapped") else (first, second)


def half_of(name: str) -> int:
    """Which half of the scenes a picture belongs to."""
    return crc32(name.encode()) % 2


def other_view(image: Image, rng: random.Random) -> Image:
    """As from another spot at another hour: warped, lit otherwise, cut, smaller, compressed."""
    height, width = image.shape[:2]
    start = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moves = np.array([[rng.uniform(-0.16, 0.16) for _ in range(2)] for _ in range(4)])
    end = (start + moves * [width, height]).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(start, end)
    warped = cv2.warpPerspective(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    share = rng.uniform(0.7, 1.0)
    x, y = (int(rng.uniform(0, 1 - share) * side) for side in (width, height))
    part = warped[y : y + int(share * height), x : x + int(share * width)].astype(np.float32)
    tint = np.array([rng.uniform(0.85, 1.15) for _ in range(3)])
    slope = np.linspace(rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2), part.shape[1])[None, :, None]
    lit = 255 * (np.clip(part * tint * slope, 0, 255) / 255) ** rng.uniform(0.7, 1.5)
    scale = rng.uniform(0.6, 1.0)
    small = cv2.resize(lit.astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return compressed(small, rng.randint(40, 85))


def compressed(image: Image, quality: int) -> Image:
    """The picture after JPEG."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _part(image: Image, rng: random.Random) -> Image:
    height, width = image.shape[:2]
    share = rng.uniform(0.6, 0.95)
    x, y = (int(rng.uniform(0, 1 - share) * side) for side in (width, height))
    return compressed(image[y : y + int(share * height), x : x + int(share * width)], 85)


def _screenshot(image: Image, rng: random.Random) -> Image:
    height, width = image.shape[:2]
    phone = np.full((int(height * 1.5), int(width * 1.06), 3), rng.randint(0, 255), np.uint8)
    top, left = int(0.25 * height), int(0.03 * width)
    phone[top : top + height, left : left + width] = image
    scale = rng.uniform(0.6, 1.0)
    return compressed(cv2.resize(phone, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), 80)


def _light(image: Image, rng: random.Random) -> Image:
    lit = np.clip(image.astype(np.float32) * rng.uniform(0.55, 1.25) + rng.uniform(-20, 25), 0, 255)
    return compressed(lit.astype(np.uint8), 85)


def _colour(image: Image, rng: random.Random) -> Image:
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.2, 1.6), 0, 255)
    return compressed(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), 85)


def _turned(image: Image, rng: random.Random) -> Image:
    height, width = image.shape[:2]
    angle = rng.choice((-1, 1)) * rng.uniform(1, 6)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.12)
    return compressed(cv2.warpAffine(image, matrix, (width, height)), 85)


def _painted(image: Image, _rng: random.Random) -> Image:
    copy = image.copy()
    height, width = image.shape[:2]
    spot = np.s_[height // 2 : int(0.8 * height), width // 3 : int(0.65 * width)]
    copy[spot] = cv2.GaussianBlur(copy[spot], (0, 0), width / 40)
    return compressed(copy, 85)


COPIES: dict[str, Callable[[Image, random.Random], Image]] = {
    "compressed": lambda image, rng: compressed(image, rng.randint(25, 60)),
    "smaller": lambda image, rng: cv2.resize(  # type: ignore[dict-item,return-value]
        image, None, fx=(s := rng.uniform(0.4, 0.8)), fy=s, interpolation=cv2.INTER_AREA
    ),
    "part": _part,
    "mirrored": lambda image, _rng: compressed(np.ascontiguousarray(image[:, ::-1]), 85),
    "light": _light,
    "colour": _colour,
    "turned": _turned,
    "screenshot": _screenshot,
    "painted": _painted,
}


def taken_for_one(found: Alignment | None) -> bool:
    """As ``issues/verify/place.py`` decides."""
    return found is not None and found.support >= RULES.view and found.spread >= RULES.spread


def compare(one: Looked, other: Looked) -> Alignment | None:
    """One laid over the other, movable things apart."""
    return align(one.features, other.features, movable=(one.movable, other.movable))


def is_copy(older: Image, newer: Image) -> bool:
    """As ``issues/verify/genuine.py`` decides."""
    found = likeness(older, newer)
    if found is None or found.overlap < RULES.copy_overlap:
        return False
    return found.share >= RULES.copy_share


def proposed(older: Image, newer: Image) -> bool:
    """Whether the fingerprints of a store would have proposed the older photo."""
    kept = fingerprint(older)
    for image in (newer, np.ascontiguousarray(newer[:, ::-1])):
        asked = fingerprint(image, asking=True)
        both = kept.phash is not None and asked.phash is not None
        if both and ((kept.phash or 0) ^ (asked.phash or 0)).bit_count() <= NEAR_BITS:
            return True
        if len(kept.words & asked.words) >= LEAST_WORDS:
            return True
    return False


def tell_pairs(name: str, pairs: Sequence[tuple[Looked, Looked]], wrong: int, seed: int) -> None:
    """One place: how many are recognised; two places: how many are taken for one; the time."""
    spent = []
    good = 0
    for one, other in pairs:
        started = time.perf_counter()
        good += taken_for_one(compare(one, other))
        spent.append(time.perf_counter() - started)
    rng = random.Random(seed)
    same = {frozenset(group) for group in _listed().get("same_place", ())}
    false, tried = 0, 0
    while tried < wrong and len(pairs) > 1:
        first, second = rng.sample(range(len(pairs)), 2)
        names = {pairs[first][0].name, pairs[second][0].name}
        if len(names) < 2 or frozenset(names) in same:
            continue
        tried += 1
        false += taken_for_one(compare(pairs[first][0], pairs[second][1]))
    out(f"{name}: one place recognised {wilson(good, len(pairs))}; ")
    out(f"different places taken for one {wilson(false, tried)}; ")
    right = good + tried - false
    out(f"decisions right {wilson(right, len(pairs) + tried)}; ")
    out(f"median {1000 * statistics.median(spent):.0f} ms\n")
    sys.stdout.flush()


def _listed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(LIST.read_text("utf-8"))
    return found


def tell_copies(images: Sequence[tuple[str, Image]], seed: int) -> None:
    """How many copies of each kind are caught, and how many of those the index would propose."""
    rng = random.Random(seed)
    caught_all, total, found_all = 0, 0, 0
    for how, change in COPIES.items():
        caught = found = 0
        for _, image in images:
            copy = change(image, rng)
            caught += is_copy(image, copy)
            found += proposed(image, copy)
        out(
            f"  {how:11} caught {wilson(caught, len(images))}; in the index {found}/{len(images)}\n"
        )
        sys.stdout.flush()
        if how != "painted":
            caught_all, total, found_all = (
                caught_all + caught,
                total + len(images),
                found_all + found,
            )
    out(f"copies but painted ones: caught {wilson(caught_all, total)}; ")
    out(f"proposed by the index {wilson(found_all, total)}\n")


def read_scenes(count: int, half: int) -> list[tuple[str, Image]]:
    """Real street photos, far apart in the folder so that series don't repeat a place."""
    listed = {row["file"] for row in _listed()["pairs"]}
    files = sorted((DATA / "street-garbage-cn" / "images").glob("*.webp"))[1300:]
    chosen = [p for p in files[:: max(1, len(files) // (count * 3))] if p.name not in listed]
    images = []
    for path in chosen:
        image = cv2.imread(str(path))
        if half_of(path.name) == half and image is not None:
            images.append((path.name, np.asarray(image, np.uint8)))
        if len(images) == count:
            break
    return images


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", type=int, default=1, choices=(0, 1))
    options.add_argument("--pairs", type=int, default=200, help="made pairs")
    options.add_argument("--wrong", type=int, default=1000, help="pairs of different places, each")
    options.add_argument("--copies", type=int, default=40, help="photos that are copied")
    given = options.parse_args()
    if not (DATA / "street-garbage-cn" / "images").is_dir():
        out(f"bench_verify needs {DATA}/street-garbage-cn, which is not there: nothing measured\n")
        return
    cv2.setNumThreads(1)
    engine = open_engine(None)
    rng = random.Random(20261122)
    images = read_scenes(given.pairs, given.half)
    out(f"half {given.half}, limits: view {RULES.view}, copy {RULES.copy_share}\n")
    tell_copies(images[: given.copies], 5)
    rows = [r for r in _listed()["pairs"] if half_of(r["file"]) == given.half]
    same = [r for r in rows if r["shows"] in ("fixed", "not_fixed")]
    cut = [tuple(looked(r["file"], one, engine) for one in panels(r)) for r in same]
    tell_pairs("collages", cut, given.wrong, 1)  # type: ignore[arg-type]
    marked = sum(is_copy(one.image, other.image) for one, other in cut)
    out(f"second photos of a place taken for copies: {wilson(marked, len(cut))}\n")
    again = [panels(r) for r in _listed()["pairs"] if r["shows"] == "same_photo"]
    out(f"one photo sent as both, in collages: caught {sum(is_copy(a, b) for a, b in again)} ")
    out(f"of {len(again)} (both halves)\n")
    made = [
        (looked(name, image, engine), looked(name, other_view(image, rng), engine))
        for name, image in images
    ]
    tell_pairs("made pairs", made, given.wrong, 2)


if __name__ == "__main__":
    main()
