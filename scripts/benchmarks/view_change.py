"""Second photos of a place, made from one real photo: other standpoint, other hour, a clean spot.

The photo is taken as a picture of a slanted plane (half ground, half wall), and looked at again by
a camera that has stepped aside and nearer or farther, and was turned back to the spot, not quite
level. What the first photo shows is a part of the picture, so that the second may show more. There
is no parallax in this: a lamp post does not move against the wall behind it, as it really would.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.types import Image

Box = tuple[float, float, float, float]
Matrix = NDArray[np.float64]
_AWAY_M = 6.0
_TRIES = 40
_LEAST_SHARE = 0.35


@dataclass(frozen=True, eq=False)
class Visit:
    """Before and after of one place: the pictures, and the problem's boxes in the first, 0..1."""

    before: Image
    after: Image
    boxes: tuple[Box, ...]


def visit(image: Image, boxes: tuple[Box, ...], rng: random.Random, *, cleaned: bool) -> Visit:
    """A second visit to what a photo shows; ``cleaned``: with the problem painted out."""
    height, width = image.shape[:2]
    window = first_window(boxes, rng)
    x1, y1, x2, y2 = window
    left, top = round(x1 * width), round(y1 * height)
    before = image[top : round(y2 * height), left : round(x2 * width)]
    wide, high = x2 - x1, y2 - y1
    inside = tuple(
        (
            max(0.0, (a - x1) / wide),
            max(0.0, (b - y1) / high),
            min(1.0, (c - x1) / wide),
            min(1.0, (d - y1) / high),
        )
        for a, b, c, d in boxes
    )
    scene = painted_out(image, boxes) if cleaned else image
    again = seen_again(scene, rng, boxes)
    return Visit(np.ascontiguousarray(before), other_light(again, rng), inside)


def first_window(boxes: tuple[Box, ...], rng: random.Random) -> Box:
    """The part of the picture that the first photo shows: 75 to 95 %, with all of the boxes."""
    share = rng.uniform(0.75, 0.95)
    low = [min((box[k] for box in boxes), default=0.4) for k in (0, 1)]
    high = [max((box[k] for box in boxes), default=0.6) for k in (2, 3)]
    sides = [max(share, b - a) for a, b in zip(low, high, strict=True)]
    starts = [
        rng.uniform(max(0.0, b - side), max(0.0, b - side, min(a, 1 - side)))
        for a, b, side in zip(low, high, sides, strict=True)
    ]
    x, y = (min(start, 1 - side) for start, side in zip(starts, sides, strict=True))
    return x, y, x + sides[0], y + sides[1]


def seen_again(scene: Image, rng: random.Random, boxes: tuple[Box, ...] = ()) -> Image:
    """The scene from another standpoint, cut to what is in both and still shows the boxes' place.

    Who photographs a fix aims at it. Milder where nothing else is left.
    """
    height, width = scene.shape[:2]
    places = [_corners_of(box, width, height) for box in boxes]
    for attempt in range(_TRIES):
        matrix = standpoint(width, height, rng, 1 - attempt / _TRIES)
        part = _whole_part(cv2.perspectiveTransform(_corners(width, height), matrix), width, height)
        if part is None or not all(_shown(place, matrix, part) for place in places):
            continue
        warped = cv2.warpPerspective(scene, matrix, (width, height), flags=cv2.INTER_LINEAR)
        x1, y1, x2, y2 = part
        return np.ascontiguousarray(warped[y1:y2, x1:x2])
    return scene


def _corners_of(box: Box, width: int, height: int) -> NDArray[np.float32]:
    x1, x2 = box[0] * width, box[2] * width
    y1, y2 = box[1] * height, box[3] * height
    return np.array([[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]], np.float32)


def _shown(place: NDArray[np.float32], matrix: Matrix, part: tuple[int, ...]) -> bool:
    points = cv2.perspectiveTransform(place, matrix)[0]
    return bool((points >= part[:2]).all() and (points <= part[2:]).all())


def standpoint(width: int, height: int, rng: random.Random, much: float = 1.0) -> Matrix:
    """The map of a step of 1 to 3 m aside, at 0.7 to 1.4 of the scale, the camera turned back."""
    focal = 0.95 * max(width, height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    slant = np.deg2rad(rng.uniform(15, 50))
    normal = np.array([0.0, np.sin(slant), np.cos(slant)])
    aside = much * rng.choice((-1, 1)) * rng.uniform(1.0, 3.0)
    scale = rng.uniform(0.7, 1.4) ** much
    step = np.array([aside, rng.uniform(-0.3, 0.3) * much, _AWAY_M * (1 - 1 / scale)])
    plane = np.eye(3) - np.outer(step, normal) / (_AWAY_M * np.cos(slant))
    aim = np.arctan2(aside, _AWAY_M / scale)
    yaw = aim + much * np.deg2rad(rng.uniform(-6, 6))
    pitch = much * np.deg2rad(rng.uniform(-6, 6))
    roll = much * np.deg2rad(rng.uniform(-8, 8))
    turn = _about(2, roll) @ _about(0, pitch) @ _about(1, -yaw)
    return np.asarray(camera @ turn @ plane @ np.linalg.inv(camera), np.float64)


def other_light(image: Image, rng: random.Random) -> Image:
    """Another hour and another phone: light, white balance, a shadow, blur, noise, compression."""
    height, width = image.shape[:2]
    lit = image.astype(np.float32) / 255
    lit *= np.array([rng.uniform(0.85, 1.15) for _ in range(3)], np.float32)
    if rng.random() < 0.5:
        lit *= _shadow(width, height, rng)[:, :, None]
    if rng.random() < 0.15:
        lit *= np.array([0.5, 0.42, 0.36], np.float32)
    lit = np.clip(lit, 0, 1) ** np.float32(rng.uniform(0.6, 1.7))
    blur = rng.uniform(0, 1.1)
    if blur > 0.3:
        lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), blur), np.float32)
    noise = np.random.Generator(np.random.PCG64(rng.getrandbits(32)))
    lit = lit + noise.normal(0, rng.uniform(0, 0.03), lit.shape).astype(np.float32)
    small = np.clip(255 * lit, 0, 255).astype(np.uint8)
    return compressed(small, rng.randint(35, 88))


def painted_out(image: Image, boxes: tuple[Box, ...]) -> Image:
    """The picture with what the boxes hold painted over from around them, with some grain."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for x1, y1, x2, y2 in boxes:
        pad = 0.04
        mask[
            max(0, int((y1 - pad * (y2 - y1)) * height)) : round((y2 + pad * (y2 - y1)) * height),
            max(0, int((x1 - pad * (x2 - x1)) * width)) : round((x2 + pad * (x2 - x1)) * width),
        ] = 255
    small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    less = cv2.resize(mask, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_NEAREST)
    filled = cv2.inpaint(small, less, 3, cv2.INPAINT_TELEA)
    wide = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    grain = np.random.Generator(np.random.PCG64(7)).normal(0, 4, (height, width, 1))
    soft = cv2.GaussianBlur(mask, (0, 0), 3).astype(np.float32)[:, :, None] / 255
    mixed = image * (1 - soft) + (wide + grain) * soft
    return np.clip(mixed, 0, 255).astype(np.uint8)


def compressed(image: Image, quality: int) -> Image:
    """The picture after JPEG."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _about(axis: int, angle: float) -> Matrix:
    vector = np.zeros(3)
    vector[axis] = angle
    return np.asarray(cv2.Rodrigues(vector)[0], np.float64)


def _corners(width: int, height: int) -> NDArray[np.float32]:
    return np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)


def _whole_part(ends: NDArray[np.float32], width: int, height: int) -> tuple[int, ...] | None:
    """The largest part about the middle that the warped scene fills; None: too small, or folded."""
    outline = ends[0]
    if not cv2.isContourConvex(outline):
        return None
    middle = np.array([width / 2, height / 2])
    for share in np.arange(1.0, 0.5, -0.02):
        half = share * middle
        corners = [middle + half * sign for sign in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        if all(cv2.pointPolygonTest(outline, tuple(map(float, c)), False) >= 0 for c in corners):
            (x1, y1), (x2, y2) = corners[0].round().astype(int), corners[2].round().astype(int)
            return (x1, y1, x2, y2) if share**2 >= _LEAST_SHARE else None
    return None


def _shadow(width: int, height: int, rng: random.Random) -> NDArray[np.float32]:
    """1 in the light, less in the shadow of something with a straight edge."""
    points = [[rng.uniform(-0.2, 1.2) * width, rng.uniform(-0.2, 1.2) * height] for _ in range(4)]
    hull = cv2.convexHull(np.array(points, np.float32)).astype(np.int32)
    shade = np.ones((height, width), np.float32)
    cv2.fillConvexPoly(shade, hull, rng.uniform(0.4, 0.75))
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), max(width, height) / 150), np.float32)
