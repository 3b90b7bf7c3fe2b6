"""How far a verdict can be trusted, on second visits made from real photos.

Needs the labelled pictures in ../shared/data (they may not be published). Each scene is a photo
with its labelled problem; its second visit (``view_change``) has the problem painted out, or kept.

- one place: is it recognised, with a position near? is the fix verified, the problem found again?
- two places: the most alike photos of the neighbourhood, at the same position, with the problem
  gone: are they ever taken for one place? Only then could such a photo be "verified".

What is made from one photo is a copy of it by its pixels, so the look for copies is put off here;
``bench_verify`` measures it. Scenes are halved by name; limits were chosen on half 0.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from detect.engines import open_engine
from detect.training.scenes import colour_and_layout, keypoints, same_view
from detect.types import Engine, Image, Location
from issues.issue import Verdict
from issues.verify.judge import verify
from issues.verify.photographs import Before, Box, Evidence, Picture, open_picture
from issues.verify.place import agrees, best_view, distance, learned_view
from issues.verify.rules import RULES
from issues.verify.verification import Reason, Verification
from scripts.benchmarks.verify import DATA, _listed, half_of, wilson
from scripts.benchmarks.view_change import Visit, visit

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HERE = Location(31.2, 121.5, 10.0)
LARGEST = 0.3
_PAST_COPIES = replace(RULES, copy_share=2.0)
SETS = {
    "street-garbage-cn": {0: "litter.pile", 2: "bin.overflow"},
    "litter-taco": {0: "litter.scattered"},
}
SAME = {
    "litter.pile": frozenset({"litter.pile", "litter.bagged", "litter.scattered"}),
    "bin.overflow": frozenset({"bin.overflow"}),
    "litter.scattered": frozenset({"litter.pile", "litter.bagged", "litter.scattered"}),
}
out = sys.stdout.write


@dataclass(frozen=True)
class Scene:
    """A real photo and the labelled problem in it."""

    path: Path
    category: str
    boxes: tuple[Box, ...]

    @property
    def name(self) -> str:
        return f"{self.path.parent.parent.name}/{self.path.name}"


@dataclass
class Tally:
    """What one worker found: verdicts by what was true, places taken for one, the time spent."""

    cleaned: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    recognised: int = 0
    visits: int = 0
    apart: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, other: Tally) -> None:
        """Adds another worker's."""
        self.cleaned += other.cleaned
        self.kept += other.kept
        self.recognised += other.recognised
        self.visits += other.visits
        self.apart += other.apart
        self.false += other.false
        self.missed += other.missed
        self.cpu_s += other.cpu_s


def scenes(half: int, count: int) -> list[Scene]:
    """Photos of a half whose problem leaves most of the picture free, in the folders' order."""
    collages = {row["file"] for row in _listed()["pairs"]}
    found = []
    for folder, classes in SETS.items():
        files = sorted((DATA / folder / "images").glob("*.webp"))
        for path in files[1300:] if folder == "street-garbage-cn" else files:
            scene = _scene(path, classes)
            known = path.name in collages and folder == "street-garbage-cn"
            if scene is not None and not known and half_of(scene.name) == half:
                found.append(scene)
    if len(found) <= count:
        return found
    return [found[k * len(found) // count] for k in range(count)]


def _scene(path: Path, classes: dict[int, str]) -> Scene | None:
    label = path.parent.parent / "labels" / f"{path.stem}.txt"
    rows = [line.split() for line in label.read_text("utf-8").splitlines() if line.strip()]
    chosen = [row for row in rows if int(row[0]) in classes]
    boxes = []
    for row in chosen:
        x, y, wide, high = (float(value) for value in row[1:5])
        boxes.append((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))
    whole = sum((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in boxes)
    if not boxes or not 0.004 < whole < LARGEST:
        return None
    return Scene(path, classes[int(chosen[0][0])], tuple(boxes))


def taken(image: Image, days: int) -> Picture:
    """The picture as a photo from here, so many days ago."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    made = open_picture(data, "made.jpg", now=NOW)
    when = NOW - timedelta(days=days)
    photo = replace(made.photo, taken_at=when, time_origin="exif", location=HERE, notes=())
    return Picture(photo, made.image)


def movable(image: Image, engine: Engine) -> tuple[Box, ...]:
    """Normalised boxes of everything that the model finds."""
    height, width = image.shape[:2]
    found = engine.detect([image])[0].xyxy / [width, height, width, height]
    return tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in found)


def evidence(scene: Scene, made: Visit, engine: Engine) -> Evidence:
    """What a store would know of the problem from its first photo."""
    shown = taken(made.before, 9)
    before = Before(shown, made.boxes, movable(made.before, engine))
    return Evidence(
        scene.category, SAME[scene.category], HERE, shown.photo.taken_at, 15.0, (before,)
    )


def work(given: tuple[list[Scene], int, int]) -> Tally:
    """One worker's scenes: each visited again, then held against the most alike of the others."""
    chosen, seed, most_alike = given
    cv2.setNumThreads(1)
    engine = _engine()
    started = time.process_time()
    tally = Tally()
    problems, afters, looks, points = [], [], [], []
    for k, scene in enumerate(chosen):
        image = np.asarray(cv2.imread(str(scene.path)), np.uint8)
        made = visit(image, scene.boxes, random.Random(f"{seed} {scene.name}"), cleaned=k % 2 == 0)
        problems.append(evidence(scene, made, engine))
        afters.append(taken(made.after, 2))
        looks.append(colour_and_layout(image))
        points.append(keypoints(image))
        found = verify(problems[-1], afters[-1], engine, now=NOW, rules=_PAST_COPIES)
        _count(tally, scene, found, cleaned=k % 2 == 0)
    alike = np.array(looks) @ np.array(looks).T if looks else np.zeros((0, 0))
    for k in range(len(chosen)):
        others = [
            j for j in np.argsort(-alike[k]) if j != k and not same_view(points[k], points[j])
        ]
        for j in others[:most_alike]:
            tally.apart += 1
            if one_place(problems[k], afters[j], engine):
                tally.false.append(f"{chosen[k].name} {chosen[j].name}")
    tally.cpu_s = time.process_time() - started
    return tally


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return open_engine(None, threads=1)


def one_place(problem: Evidence, after: Picture, engine: Engine) -> bool:
    """As ``issues/verify/judge.py`` decides, with a position near."""
    where = distance(problem, after.photo.location, RULES)
    loose = movable(after.image, engine)
    if agrees(best_view(problem, after, loose, RULES), where, RULES):
        return True
    return agrees(learned_view(problem, after, loose, RULES), where, RULES)


def _count(tally: Tally, scene: Scene, found: Verification, *, cleaned: bool) -> None:
    tally.visits += 1
    if Reason.VIEW_AGREES in found.reasons:
        tally.recognised += 1
    else:
        tally.missed.append(scene.name)
    (tally.cleaned if cleaned else tally.kept)[found.verdict.value] += 1


def tell(tally: Tally, half: int, seed: int) -> None:
    """The figures with their 95 % intervals."""
    right = tally.recognised + tally.apart - len(tally.false)
    cleaned, kept = tally.cleaned.total(), tally.kept.total()
    lines = [
        f"half {half}, seed {seed}: view {RULES.view}, learned {RULES.learned}",
        f"one place, seen again: recognised {wilson(tally.recognised, tally.visits)}",
        f"two places that look alike: taken for one {wilson(len(tally.false), tally.apart)}",
        f"decisions about the place right: {wilson(right, tally.visits + tally.apart)}",
        f"problem painted out: verified {wilson(tally.cleaned[Verdict.VERIFIED], cleaned)}; "
        f"{dict(tally.cleaned)}",
        f"problem kept: not_fixed {wilson(tally.kept[Verdict.NOT_FIXED], kept)}, "
        f"wrongly verified {wilson(tally.kept[Verdict.VERIFIED], kept)}; {dict(tally.kept)}",
        f"CPU {tally.cpu_s:.0f} s for {tally.visits} verifications and {tally.apart} comparisons",
        *(f"  taken for one place: {names}" for names in tally.false),
        f"  not recognised: {' '.join(tally.missed)}",
    ]
    out("\n".join(lines) + "\n")


def sheet(chosen: list[Scene], seed: int, path: Path) -> None:
    """A picture to look at: the first photo, the second one cleaned, and not cleaned."""
    rows = []
    for scene in chosen:
        image = np.asarray(cv2.imread(str(scene.path)), np.uint8)
        cells = []
        for cleaned in (True, False):
            rng = random.Random(f"{seed} {scene.name}")
            made = visit(image, scene.boxes, rng, cleaned=cleaned)
            cells += [made.before, made.after] if cleaned else [made.after]
        rows.append(np.hstack([cv2.resize(cell, (240, 240)) for cell in cells]))
    cv2.imwrite(str(path), np.vstack(rows))


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", type=int, default=1, choices=(0, 1))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--scenes", type=int, default=200)
    options.add_argument("--alike", type=int, default=2, help="other places tried a scene")
    options.add_argument("--together", type=int, default=25, help="scenes among which are sought")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--sheet", type=Path, help="write a picture of the first 12 and stop")
    given = options.parse_args()
    if not DATA.is_dir():
        out(f"bench_visits needs {DATA}, which is not there: nothing measured\n")
        return
    chosen = scenes(given.half, given.scenes)
    if given.sheet:
        sheet(chosen[:: max(1, len(chosen) // 12)][:12], given.seed, given.sheet)
        return
    parts = [chosen[k : k + given.together] for k in range(0, len(chosen), given.together)]
    total = Tally()
    with ProcessPoolExecutor(given.workers) as pool:
        work_on = [(part, given.seed, given.alike) for part in parts]
        for tally in pool.map(work, work_on):
            total.add(tally)
            out(f"{total.recognised}/{total.visits} seen again, {len(total.false)}/{total.apart} ")
            out(f"false; cleaned {dict(total.cleaned)}, kept {dict(total.kept)}\n")
            sys.stdout.flush()
    tell(total, given.half, given.seed)


if __name__ == "__main__":
    main()
