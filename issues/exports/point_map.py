"""A small map of issues and areas on plain ground, as shapes in pixels for an SVG.

No tiles and no projection library: over a town, degrees scaled by the cosine of the latitude are
true to a few centimetres on paper.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from issues.rows import IssueRow

METRES_PER_DEGREE = 111_320.0
LEAST_SPAN_M = 240.0
WIDEST_M = 40_000.0
_MARGIN = 0.12
_BAR_SHARE = 0.22
_MOST_NUMBERS = 120

Point = tuple[float, float]
Ring = list[Point]


@dataclass(frozen=True, slots=True)
class Mark:
    """One issue on the map; ``text`` is empty where there are too many to number."""

    x: float
    y: float
    number: str
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Patch:
    """One area: an SVG path, and where its name stands (None: out of the picture)."""

    path: str
    names: Mapping[str, str]
    label_at: Point | None
    level: str


@dataclass(frozen=True, slots=True)
class PointMap:
    """What to draw, in a picture of ``width`` × ``height`` pixels.

    ``outside`` counts the issues that lie too far from the others to be drawn with them.
    """

    width: int
    height: int
    marks: tuple[Mark, ...]
    patches: tuple[Patch, ...]
    bar_px: float
    bar_m: int
    outside: int


def draw_map(
    rows: Iterable[IssueRow], areas: Mapping[str, Any], *, width: int = 1000, height: int = 520
) -> PointMap | None:
    """The map of the issues that have a place; None where none has.

    ``areas``: a GeoJSON FeatureCollection of (Multi)Polygons. It shows the issues' surroundings,
    and of the areas what lies in them.
    """
    everywhere = [
        (row, row.lon, row.lat) for row in rows if row.lat is not None and row.lon is not None
    ]
    if not everywhere:
        return None
    middle = median(lon for _, lon, _ in everywhere), median(lat for _, _, lat in everywhere)
    near = [entry for entry in everywhere if _near((entry[1], entry[2]), middle)]
    placed = near or everywhere
    view = _View.around([(lon, lat) for _, lon, lat in placed], width, height)
    numbered = len(placed) <= _MOST_NUMBERS
    marks = tuple(
        Mark(*view.pixel((lon, lat)), row.number, row.group, _short(row.number) if numbered else "")
        for row, lon, lat in placed
    )
    patches = tuple(p for f in areas.get("features", ()) if (p := _patch(f, view)) is not None)
    bar_m = _round_length(width * _BAR_SHARE * view.metres_per_px)
    outside = len(everywhere) - len(placed)
    return PointMap(width, height, marks, patches, bar_m / view.metres_per_px, bar_m, outside)


def _near(point: Point, middle: Point) -> bool:
    """Whether a point lies within the widest town; one stray position mustn't shrink the rest."""
    east_m = METRES_PER_DEGREE * math.cos(math.radians(middle[1]))
    x_m, y_m = (point[0] - middle[0]) * east_m, (point[1] - middle[1]) * METRES_PER_DEGREE
    return math.hypot(x_m, y_m) <= WIDEST_M


@dataclass(frozen=True, slots=True)
class _View:
    """The part of the world in the picture."""

    west: float
    north: float
    lon_px: float
    lat_px: float
    width: int
    height: int

    @classmethod
    def around(cls, points: Sequence[Point], width: int, height: int) -> _View:
        lons, lats = [p[0] for p in points], [p[1] for p in points]
        lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
        east_m = METRES_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01)
        span_x = max((max(lons) - min(lons)) * east_m, LEAST_SPAN_M) * (1 + 2 * _MARGIN)
        span_y = (max(lats) - min(lats)) * METRES_PER_DEGREE
        span_y = max(span_y, LEAST_SPAN_M * height / width) * (1 + 2 * _MARGIN)
        m_px = max(span_x / width, span_y / height)
        return cls(
            west=lon - width / 2 * m_px / east_m,
            north=lat + height / 2 * m_px / METRES_PER_DEGREE,
            lon_px=east_m / m_px,
            lat_px=METRES_PER_DEGREE / m_px,
            width=width,
            height=height,
        )

    @property
    def metres_per_px(self) -> float:
        return METRES_PER_DEGREE / self.lat_px

    def pixel(self, point: Point) -> Point:
        x = (point[0] - self.west) * self.lon_px
        return round(x, 1), round((self.north - point[1]) * self.lat_px, 1)


def _patch(feature: Mapping[str, Any], view: _View) -> Patch | None:
    geometry = feature.get("geometry") or {}
    coordinates = geometry.get("coordinates") or []
    polygons = [coordinates] if geometry.get("type") == "Polygon" else coordinates
    paths: list[str] = []
    biggest: tuple[float, Point | None] = (0.0, None)
    for polygon in polygons:
        for index, ring in enumerate(polygon):
            shape = _clip([view.pixel((p[0], p[1])) for p in ring], view)
            if len(shape) < 3:
                continue
            paths.append("M" + "L".join(f"{x:g} {y:g}" for x, y in shape) + "Z")
            size, middle = _middle(shape)
            if index == 0 and size > biggest[0]:
                biggest = (size, middle)
    if not paths:
        return None
    properties = feature.get("properties") or {}
    names = {lang: str(properties.get(f"name_{lang}") or "") for lang in ("zh", "en")}
    return Patch(" ".join(paths), names, biggest[1], str(properties.get("level") or ""))


def _clip(ring: Ring, view: _View) -> Ring:
    """What of a ring lies in the picture and a little beyond (Sutherland-Hodgman)."""
    pad = 20.0
    edges = ((0, -pad, 1), (0, view.width + pad, -1), (1, -pad, 1), (1, view.height + pad, -1))
    for axis, limit, sign in edges:
        kept: Ring = []
        for before, here in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
            inside, was_inside = ((p[axis] - limit) * sign >= 0 for p in (here, before))
            if inside != was_inside:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                crossing = [b + share * (h - b) for b, h in zip(before, here, strict=True)]
                kept.append((round(crossing[0], 1), round(crossing[1], 1)))
            if inside:
                kept.append(here)
        ring = kept
    return ring


def _middle(ring: Ring) -> tuple[float, Point | None]:
    """Area of a ring in square pixels and its centre of mass (None for an empty one)."""
    twice = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = x1 * y2 - x2 * y1
        twice += cross
        x += (x1 + x2) * cross
        y += (y1 + y2) * cross
    if abs(twice) < 1e-6:
        return 0.0, None
    return abs(twice) / 2, (round(x / (3 * twice), 1), round(y / (3 * twice), 1))


def _round_length(most_m: float) -> int:
    """The longest of 1, 2, 5 × 10ⁿ metres within ``most_m``, at least one metre.

    >>> _round_length(437), _round_length(0.4)
    (200, 1)
    """
    if most_m < 1:
        return 1
    power: int = 10 ** int(math.log10(most_m))
    return max(step * power for step in (1, 2, 5) if step * power <= most_m)


def _short(number: str) -> str:
    """The running part of a number, as people say it: TC-2026-000123 → 123."""
    return number.rsplit("-", 1)[-1].lstrip("0") or "0"
