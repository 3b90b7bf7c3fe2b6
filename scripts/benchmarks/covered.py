"""What is told of a place in which the network finds nothing: clear, covered, as found, untold.

Each photo with one pile is seen a few times with the pile and noise, as a camera would; then it is
changed (drawn vans and people, lamps, rain, fog, a shift; the pile painted out), and asked about
for as many looks as it takes. Once with the clean ground known from before, once without. A covered
place that is told as clear does harm; a clean one that is told as covered waits for the next look.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detect.stream.place import LEAST_BARE, STILL_LOOKS, Box, Ground, Showing, edge_field

WIDE_PX, HIGH_PX = 512, 288
NOISE = 4.0
SEEN = 4
SWAY = (0.0, 0.02, -0.02)
Picture = Any


@dataclass(frozen=True)
class Scene:
    """A photo with a pile, the same without, and where the pile is (0..1)."""

    dirty: Picture
    clean: Picture
    box: Box


Change = Callable[[Scene, float], Picture]
"""A scene, changed; what sways stands so far aside, in widths of the picture."""


def main() -> None:
    """Prints a row a change; ``--json``: a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, help="folder with images/ and labels/ (YOLO)")
    parser.add_argument("--label", type=int, default=0, help="the class that is a pile")
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=list(CHANGES), default=list(CHANGES))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    cv2.setRNGSeed(1)
    scenes = list(_scenes(given.pictures, given.label, given.scenes))
    if not scenes:
        parser.error(f"no photo with one pile in {given.pictures}")
    for name in given.only:
        known, unknown = (_told(scenes, name, known=known) for known in (True, False))
        if given.json:
            row = {"change": name, "scenes": len(scenes), "known": known, "unknown": unknown}
            sys.stdout.write(json.dumps(row) + "\n")
        else:
            sys.stdout.write(f"{name:12} known {dict(known)}  unknown {dict(unknown)}\n")
        sys.stdout.flush()


def _told(scenes: list[Scene], name: str, *, known: bool) -> Counter[str]:
    answers: Counter[str] = Counter()
    for scene in scenes:
        ground = _ground(scene, known=known)
        answers[_asked(scene, ground, CHANGES[name], sways="people" in name).value] += 1
    return answers


def _ground(scene: Scene, *, known: bool) -> Ground:
    """What a camera remembers that saw the pile, and the ground before it or not."""
    ground = Ground()
    for _ in range(LEAST_BARE if known else 0):
        ground.look(edge_field(_noisy(scene.clean)))
    for _ in range(SEEN):
        ground.saw("pile", edge_field(_noisy(scene.dirty)), [scene.box])
    return ground


def _asked(scene: Scene, ground: Ground, change: Change, *, sways: bool) -> Showing:
    """The answer after as many looks as something that keeps still needs to count as ground."""
    told = Showing.UNTOLD
    for n in range(STILL_LOOKS + 3):
        aside = SWAY[n % len(SWAY)] if sways else 0.0
        image = _noisy(change(scene, aside))
        told = ground.showing("pile", edge_field(image)) or Showing.UNTOLD
    return told


def _scenes(folder: Path, label: int, count: int) -> Iterator[Scene]:
    """Wide photos with one pile of middling size, every fifth of the folder."""
    for path in sorted((folder / "images").rglob("*"))[::5]:
        if count <= 0:
            return
        boxes = _boxes(folder, path, label)
        image = cv2.imread(str(path)) if len(boxes) == 1 else None
        if image is None or image.shape[1] < image.shape[0]:
            continue
        dirty = cv2.resize(image, (WIDE_PX, HIGH_PX), interpolation=cv2.INTER_AREA)
        yield Scene(dirty, _without(dirty, boxes[0]), boxes[0])
        count -= 1


def _boxes(folder: Path, path: Path, label: int) -> list[Box]:
    named = (folder / "labels" / path.relative_to(folder / "images")).with_suffix(".txt")
    if not named.exists():
        return []
    found = []
    for line in named.read_text("utf-8").splitlines():
        one, x, y, wide, high = map(float, line.split()[:5])
        box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        if int(one) == label and 0.06 < wide < 0.35 and 0.08 < high < 0.4 and box[1] > 0.2:
            found.append(box)
    return found


def _noisy(image: Picture) -> Picture:
    noise = cv2.randn(np.empty(image.shape, np.int16), 0, NOISE)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _without(image: Picture, box: Box) -> Picture:
    """The pile painted out, with the roughness of asphalt."""
    x1, y1, x2, y2 = _pixels(box)
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[y1:y2, x1:x2] = 255
    out = cv2.inpaint(image, mask, 5, cv2.INPAINT_TELEA)
    rough = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 8, (y2 - y1, x2 - x1)), (0, 0), 0.8)
    out[y1:y2, x1:x2] = np.clip(out[y1:y2, x1:x2] + rough[..., None], 0, 255)
    return out


def _pixels(box: Box) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (np.clip(side, 0, 1) for side in box)
    return int(x1 * WIDE_PX), int(y1 * HIGH_PX), int(x2 * WIDE_PX), int(y2 * HIGH_PX)


def _light(image: Picture, gain: float, more: float = 0.0) -> Picture:
    return np.clip(image.astype(np.float32) * gain + more, 0, 255).astype(np.uint8)


def _van(image: Picture, box: Box, times: float) -> Picture:
    """A van in front, so many times as wide as the pile."""
    wide = (box[2] - box[0]) * times
    high = max((box[3] - box[1]) * times, wide * 0.6 * 16 / 9)
    middle, foot = (box[0] + box[2]) / 2, min(1.0, box[3] + 0.08)
    drawn = np.full((120, 200, 3), (150, 150, 160), np.uint8)
    drawn[85:], drawn[10:45, 140:190] = (30, 30, 30), (70, 60, 50)
    drawn[5:85, 0:140:20] = (105, 105, 112)
    for x in (40, 160):
        cv2.circle(drawn, (x, 105), 14, (15, 15, 15), -1)
        cv2.circle(drawn, (x, 105), 6, (120, 120, 120), -1)
    left, top = math.floor((middle - wide / 2) * WIDE_PX), math.floor((foot - high) * HIGH_PX)
    size = max(2, math.ceil(wide * WIDE_PX) + 2), max(2, math.ceil(high * HIGH_PX) + 2)
    x1, y1, x2, y2 = _pixels((middle - wide / 2, foot - high, middle + wide / 2, foot))
    out = image.copy()
    shown = cv2.resize(drawn, size)[y1 - top :, x1 - left :]
    out[y1:y2, x1:x2] = shown[: y2 - y1, : x2 - x1]
    return out


def _people(image: Picture, box: Box, share: float, aside: float) -> Picture:
    """Somebody in front who sways, so wide as this share of the pile."""
    out, wide = image.copy(), (box[2] - box[0]) * share
    high = max((box[3] - box[1]) * 1.8, wide * 2.5 * 16 / 9)
    x = int(((box[0] + box[2]) / 2 + aside) * WIDE_PX)
    foot, half = int(min(0.99, box[3] + 0.05) * HIGH_PX), max(2, int(wide * WIDE_PX / 2))
    top = int(foot - high * HIGH_PX)
    waist = int(top + (foot - top) * 0.55)
    head = (max(2, half // 2), max(3, int(half * 0.7)))
    cv2.ellipse(out, (x, top + half // 2), head, 0, 0, 360, (110, 140, 190), -1)
    cv2.rectangle(out, (x - half, top + half), (x + half, waist), (120, 60, 40), -1)
    for left, right in ((x - int(half * 0.8), x - 1), (x + 1, x + int(half * 0.8))):
        cv2.rectangle(out, (left, waist), (right, foot), (40, 40, 45), -1)
    return out


def _headlights(image: Picture, box: Box) -> Picture:
    lit = _light(image, 0.45).astype(np.float32)
    down, across = np.mgrid[:HIGH_PX, :WIDE_PX]
    for aside in (-0.1, 0.1):
        x, y = ((box[0] + box[2]) / 2 + aside) * WIDE_PX, box[3] * HIGH_PX
        lit += (200 * np.exp(-(((across - x) / 40) ** 2 + ((down - y) / 25) ** 2)))[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def _rain(image: Picture) -> Picture:
    out, chance = _light(image, 0.85, 15), np.random.default_rng(int(image.sum()) % 1000)
    for x, y in chance.integers((0, 0), (WIDE_PX, HIGH_PX), (400, 2)).tolist():
        cv2.line(out, (x, y), (x + 1, y + 9), (190, 190, 190), 1)
    return cv2.GaussianBlur(out, (3, 3), 0)


def _fog(image: Picture) -> Picture:
    """Thick at the top, thinner towards the camera."""
    thick = np.linspace(0.85, 0.45, HIGH_PX, dtype=np.float32)[:, None, None]
    return np.clip(image * (1 - thick) + 205 * thick, 0, 255).astype(np.uint8)


def _shadow(image: Picture, box: Box) -> Picture:
    out = image.astype(np.float32)
    out[:, int((box[0] + box[2]) / 2 * WIDE_PX) :] *= 0.55
    return out.astype(np.uint8)


def _shift(image: Picture, pixels: int) -> Picture:
    moved = np.array([[1, 0, pixels], [0, 1, pixels / 2]], np.float32)
    return cv2.warpAffine(image, moved, (WIDE_PX, HIGH_PX), borderMode=cv2.BORDER_REFLECT)


CHANGES: dict[str, Change] = {
    "dusk": lambda at, _: _light(at.dirty, 0.55),
    "shadow": lambda at, _: _shadow(at.dirty, at.box),
    "rain": lambda at, _: _rain(at.dirty),
    "fog": lambda at, _: _fog(at.dirty),
    "headlights": lambda at, _: _headlights(at.dirty, at.box),
    "shift": lambda at, _: _shift(at.dirty, 10),
    "van": lambda at, _: _van(at.dirty, at.box, 1.5),
    "big van": lambda at, _: _van(at.dirty, at.box, 3.0),
    "people": lambda at, aside: _people(at.dirty, at.box, 0.5, aside),
    "wide people": lambda at, aside: _people(at.dirty, at.box, 0.9, aside),
    "gone": lambda at, _: at.clean,
    "gone, dusk": lambda at, _: _light(at.clean, 0.55),
    "gone, rain": lambda at, _: _rain(at.clean),
    "gone, fog": lambda at, _: _fog(at.clean),
}


if __name__ == "__main__":
    main()
