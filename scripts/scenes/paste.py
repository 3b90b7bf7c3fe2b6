"""Rendered sprites laid over photos of real streets: what is new is rendered, the rest is real."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Rng = np.random.Generator
LONG_PX = 640


@dataclass(frozen=True)
class Sprite:
    """(h, w, 4) BGRA and its boxes: class and x1, y1, x2, y2 in its pixels."""

    pixels: Image
    boxes: tuple[tuple[str, NDArray[np.float64]], ...]


@dataclass(frozen=True)
class Found:
    """One box of a picture, in its pixels."""

    name: str
    xyxy: NDArray[np.float64]


def read_sprites(folder: Path) -> list[Sprite]:
    """All sprites of a folder, with their boxes."""
    found = []
    for path in sorted(folder.glob("*.png")):
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        told = path.with_suffix(".json")
        if pixels is None or pixels.shape[2] != 4 or not told.exists():
            continue
        rows = json.loads(told.read_text("utf-8"))["findings"]
        boxes = tuple((row["class"], np.array(row["box_px"], float)) for row in rows)
        found.append(Sprite(np.asarray(pixels, np.uint8), boxes))
    return found


def compose(rng: Rng, photo: Image, sprites: Sequence[Sprite]) -> tuple[Image, list[Found]]:
    """The photo with none to three sprites, the farthest first; boxes of what can be seen."""
    scale = LONG_PX / max(photo.shape[:2])
    canvas = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    count = int(rng.choice([0, 1, 2, 3], p=[0.12, 0.55, 0.25, 0.08]))
    feet = np.sort(rng.uniform(0.5, 1.02, count))
    found: list[Found] = []
    for foot in feet:
        sprite = varied(rng, sprites[int(rng.integers(len(sprites)))])
        new, covered = lay(rng, canvas, sprite, float(foot))
        found = [old for old in found if hidden(old.xyxy, covered) < 0.6]
        found += new
    return finished(rng, np.asarray(canvas, np.uint8)), found


def varied(rng: Rng, sprite: Sprite) -> Sprite:
    """Mirrored half of the time, its colours turned."""
    pixels, boxes = sprite.pixels, sprite.boxes
    if rng.uniform() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        wide = pixels.shape[1]
        boxes = tuple((n, np.array([wide - b[2], b[1], wide - b[0], b[3]])) for n, b in boxes)
    hsv = cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2HSV).astype(np.int16)
    turn = rng.uniform(-90, 90) if rng.uniform() < 0.35 else rng.normal(0, 6)
    hsv[..., 0] = (hsv[..., 0] + int(turn)) % 180
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.5, 1.15), 0, 255)
    colour = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR)
    return Sprite(np.dstack([colour, pixels[..., 3]]), boxes)


def lay(
    rng: Rng, canvas: Image, sprite: Sprite, foot: float
) -> tuple[list[Found], NDArray[np.float64]]:
    """Puts a sprite with its lower edge at `foot` of the height; nearer ones are larger."""
    high, wide = canvas.shape[:2]
    share = float(np.clip(rng.normal(0.2 + 0.55 * (foot - 0.5), 0.13), 0.1, 0.8))
    scale = share * wide / sprite.pixels.shape[1]
    scale = min(scale, 0.85 * high / sprite.pixels.shape[0], 2.2)
    small = cv2.resize(sprite.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    h, w = small.shape[:2]
    x = int(rng.uniform(-0.15 * w, wide - 0.85 * w))
    y = int(foot * high - h)
    x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + w, wide), min(y + h, high)
    if x2 - x1 < 12 or y2 - y1 < 12:
        return [], np.zeros(4)
    part = small[y1 - y : y2 - y, x1 - x : x2 - x].astype(np.float32)
    under = canvas[y1:y2, x1:x2].astype(np.float32)
    opaque = cv2.GaussianBlur(part[..., 3:] / 255, (3, 3), 0.6)[..., None]
    canvas[y1:y2, x1:x2] = np.clip(
        under + (matched(rng, part[..., :3], opaque, under) - under) * opaque, 0, 255
    )
    found = []
    for name, box in sprite.boxes:
        whole = box * scale + [x, y, x, y]
        seen = np.clip(whole, 0, [wide, high, wide, high])
        if np.prod(seen[2:] - seen[:2]) >= 0.4 * np.prod(whole[2:] - whole[:2]):
            found.append(Found(name, seen))
    return found, np.array([x1, y1, x2, y2], float)


def matched(
    rng: Rng, colour: NDArray[np.float32], opaque: NDArray[np.float32], under: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The sprite's colours in the photo's light: part of the way to its brightness and tint."""
    weight = float(opaque.sum()) + 1e-3
    own = (colour * opaque).sum(axis=(0, 1)) / weight + 1
    there = under.mean(axis=(0, 1)) + 1
    tint = (there / there.mean()) / (own / own.mean())
    gain = (there.mean() / own.mean()) ** rng.uniform(0.2, 0.8)
    return np.asarray(colour * gain * tint ** rng.uniform(0, 0.35), np.float32)


def hidden(box: NDArray[np.float64], cover: NDArray[np.float64]) -> float:
    """The share of a box under another's."""
    sides = np.minimum(box[2:], cover[2:]) - np.maximum(box[:2], cover[:2])
    area = float(np.prod(np.clip(sides, 0, None)))
    return area / max(float(np.prod(box[2:] - box[:2])), 1e-6)


def finished(rng: Rng, canvas: Image) -> Image:
    """One camera for all: a common blur, noise, gamma."""
    soft = float(rng.uniform(0, 0.9))
    image = cv2.GaussianBlur(canvas, (0, 0), soft) if soft > 0.2 else canvas
    noise = rng.normal(0, rng.uniform(0, 5), image.shape)
    gamma = float(np.exp(rng.normal(0, 0.15)))
    bright = np.clip(image.astype(np.float32) + noise, 0, 255) / 255
    return np.asarray(255 * bright**gamma, np.uint8)
