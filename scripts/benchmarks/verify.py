"""How far verification can be trusted, on real photos: one place or two, copy or new photo.

Needs the labelled pictures in ../shared/data (they may not be published). Three questions:

- before and after photos of one place, cut from two-panel collages (small and much compressed);
- photos of different places among them, half the most alike: are they ever taken for one place?
- copies of real photos: are they caught, and are second photos of a place left alone?

``bench_visits`` asks the same of second visits that were made from real photos.

Scenes are halved by name: one half is for choosing limits (``--half 0``), the other is reported.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np
import yaml

from detect.alignment import align, align_matched
from detect.engines import open_engine
from detect.engines.learned_view import shipped_matcher
from detect.fingerprint import fingerprint
from detect.likeness import likeness
from detect.local_features import LocalFeatures, local_features
from detect.training.scenes import colour_and_layout
from detect.types import Engine, Image
from issues.store.verification_table import LEAST_WORDS, NEAR_BITS
from issues.verify.rules import RULES
from scripts.benchmarks.recapture import recaptured

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
    learned: LocalFeatures
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
    features = local_features(image), shipped_matcher().points(image)
    return Looked(name, image, *features, boxes)  # type: ignore[arg-type]


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


def _screen(image: Image, rng: random.Random) -> Image:
    return recaptured(image, rng, shrunk=rng.uniform(0.7, 1.0))


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
    "screen": _screen,
    "painted": _painted,
}


def taken_for_one(one: Looked, other: Looked, *, learned: bool = True) -> bool:
    """As ``issues/verify/place.py`` decides, with a position near."""
    loose = one.movable, other.movable
    found = align(one.features, other.features, movable=loose)
    if found is not None and found.support >= RULES.view and found.spread >= RULES.spread:
        return True
    if not learned:
        return False
    i, j = shipped_matcher().pairs(one.learned, other.learned)
    again = align_matched(one.learned, other.learned, i, j, movable=loose)
    return again is not None and again.support >= RULES.learned and again.spread >= RULES.spread


def is_copy(older: Image, newer: Image, known: LocalFeatures | None = None) -> bool:
    """As ``issues/verify/genuine.py`` decides; ``known``: the older one's keypoints."""
    both = None if known is None else (known, local_features(newer))
    found = likeness(older, newer, features=both)
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


def tell_pairs(pairs: Sequence[tuple[Looked, Looked]], wrong: int, seed: int) -> None:
    """One place: how many are recognised; two places: how many are taken for one; the time."""
    spent = time.process_time()
    good = [taken_for_one(one, other) for one, other in pairs]
    spent = time.process_time() - spent
    by_sift = sum(taken_for_one(one, other, learned=False) for one, other in pairs)
    apart = _apart(pairs, wrong, seed)
    false = [(one.name, other.name) for one, other in apart if taken_for_one(one, other)]
    right = sum(good) + len(apart) - len(false)
    out(f"collages: one place recognised {wilson(sum(good), len(pairs))}; ")
    out(f"by SIFT alone {wilson(by_sift, len(pairs))}\n")
    out(f"different places taken for one {wilson(len(false), len(apart))}; {false}\n")
    out(f"decisions right {wilson(right, len(pairs) + len(apart))}; ")
    out(f"mean {1000 * spent / max(1, len(pairs)):.0f} ms of processor time a comparison\n")
    missed = [one.name for (one, _), known in zip(pairs, good, strict=True) if not known]
    out(f"not recognised: {' '.join(missed)}\n")
    sys.stdout.flush()


def _apart(
    pairs: Sequence[tuple[Looked, Looked]], wrong: int, seed: int
) -> list[tuple[Looked, Looked]]:
    """Before of one place and after of another: half of them the most alike, half by lot."""
    rng = random.Random(seed)
    same = {frozenset(group) for group in _listed().get("same_place", ())}
    known = {
        frozenset((k, j))
        for k in range(len(pairs))
        for j in range(len(pairs))
        if frozenset((pairs[k][0].name, pairs[j][0].name)) in same
    }
    looks = np.array([colour_and_layout(after.image) for _, after in pairs])
    alike = looks @ looks.T - 10 * np.eye(len(pairs))
    most = max(1, wrong // (2 * max(1, len(pairs))))
    chosen = {(k, int(j)) for k in range(len(pairs)) for j in np.argsort(-alike[k])[:most]}
    while len(chosen) < wrong and len(pairs) > 2:
        chosen.add((rng.randrange(len(pairs)), rng.randrange(len(pairs))))
    return [
        (pairs[k][0], pairs[j][1])
        for k, j in sorted(chosen)
        if k != j and frozenset((k, j)) not in known
    ]


def _listed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(LIST.read_text("utf-8"))
    return found


def copied(given: tuple[str, Image, int, bool]) -> dict[str, tuple[bool, bool | None]]:
    """Which kinds of copy of one photo are caught, and which the index would propose."""
    name, image, seed, index = given
    cv2.setNumThreads(1)
    known = local_features(image)
    answers = {}
    for how, change in COPIES.items():
        copy = change(image, random.Random(f"{seed} {name} {how}"))
        answers[how] = is_copy(image, copy, known), proposed(image, copy) if index else None
    return answers


def tell_copies(
    images: Sequence[tuple[str, Image]], seed: int, indexed: int = 20, workers: int = 1
) -> None:
    """How many copies of each kind are caught, and how many of those the index would propose."""
    given = [(name, image, seed, k < indexed) for k, (name, image) in enumerate(images)]
    with ProcessPoolExecutor(workers) as pool:
        answers = list(pool.map(copied, given, chunksize=4))
    caught_all, found_all = [], []
    for how in COPIES:
        caught = [one[how][0] for one in answers]
        found = [one[how][1] for one in answers if one[how][1] is not None]
        out(f"  {how:11} caught {wilson(sum(caught), len(caught))}; ")
        out(f"in the index {sum(map(bool, found))}/{len(found)}\n")
        if how != "painted":
            caught_all += caught
            found_all += found
    out(f"copies but painted ones: caught {wilson(sum(caught_all), len(caught_all))}; ")
    out(f"proposed by the index {wilson(sum(map(bool, found_all)), len(found_all))}\n")
    sys.stdout.flush()


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
    options.add_argument("--wrong", type=int, default=300, help="pairs of different places")
    options.add_argument("--copies", type=int, default=100, help="photos that are copied")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--only", choices=("copies", "collages"))
    given = options.parse_args()
    if not (DATA / "street-garbage-cn" / "images").is_dir():
        out(f"bench_verify needs {DATA}/street-garbage-cn, which is not there: nothing measured\n")
        return
    cv2.setNumThreads(1)
    images = read_scenes(given.copies, given.half)
    out(f"half {given.half}, limits: view {RULES.view}, copy {RULES.copy_share}\n")
    if given.only != "collages":
        tell_copies(images, 5, workers=given.workers)
    if given.only == "copies":
        return
    engine = open_engine(None)
    rows = [r for r in _listed()["pairs"] if half_of(r["file"]) == given.half]
    same = [r for r in rows if r["shows"] in ("fixed", "not_fixed")]
    cut = [tuple(looked(r["file"], one, engine) for one in panels(r)) for r in same]
    tell_pairs(cut, given.wrong, 1)  # type: ignore[arg-type]
    marked = sum(is_copy(one.image, other.image) for one, other in cut)
    out(f"second photos of a place taken for copies: {wilson(marked, len(cut))}\n")
    again = [panels(r) for r in _listed()["pairs"] if r["shows"] == "same_photo"]
    out(f"one photo sent as both, in collages: caught {sum(is_copy(a, b) for a, b in again)} ")
    out(f"of {len(again)} (both halves)\n")


if __name__ == "__main__":
    main()
