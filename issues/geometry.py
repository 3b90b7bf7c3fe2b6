"""Polygons: mending them, measuring them, and asking quickly which ones hold a point.

Square metres are of the plane that touches the earth at the polygon's middle: good to 0.1 % for
anything smaller than a province.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from issues.place import DEGREE_M

CLEAR_SHARE = 0.99
"""A mended polygon's largest part is at least this much of it, or nobody knows what is inside."""

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


class CrossedOutline(ValueError):  # noqa: N818
    """An outline that crosses itself so that nobody can say what is inside; ``at`` is where."""

    def __init__(self, at: Point) -> None:
        super().__init__(f"its outline crosses itself at {at[0]:.6f}, {at[1]:.6f}")
        self.at = at


@dataclass(frozen=True)
class Polygon:
    """A polygon or several, WGS-84 degrees, valid."""

    geometry: Any

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        west, south, east, north = self.geometry.bounds
        return float(west), float(south), float(east), float(north)

    @cached_property
    def square_m(self) -> float:
        """Its area in square metres."""
        return _square_m(self.geometry)

    @property
    def inside(self) -> Point:
        """A point inside it, for somebody to look at."""
        point = self.geometry.representative_point()
        return float(point.y), float(point.x)

    def geojson(self) -> str:
        """As GeoJSON text with seven decimals, about a centimetre."""
        rounded = shapely.set_precision(self.geometry, 1e-7)
        return json.dumps(mapping(rounded if not rounded.is_empty else self.geometry))

    def shared_square_m(self, other: Polygon) -> float:
        """How much ground both have, in square metres."""
        return _square_m(self.geometry.intersection(other.geometry))

    def without(self, others: Sequence[Polygon]) -> Polygon | None:
        """What of it none of the others has; None where that is nothing."""
        covered = shapely.union_all([other.geometry for other in others])
        left = _polygons(shapely.difference(self.geometry, covered))
        return Polygon(left) if not left.is_empty else None

    def overlay(self, other: Polygon) -> Polygon | None:
        """The ground that both have; None where that is nothing."""
        both = _polygons(self.geometry.intersection(other.geometry))
        return Polygon(both) if not both.is_empty else None

    def largest_part(self) -> Polygon:
        """The largest of its parts."""
        return Polygon(max(shapely.get_parts(self.geometry), key=lambda part: part.area))

    def moved(self, shift: Callable[[float, float], Point]) -> Polygon:
        """With every corner where ``shift`` (lat, lon → lat, lon) puts it."""

        def all_of(xy: Any) -> Any:
            return np.array([shift(lat, lon)[::-1] for lon, lat in xy]).reshape(-1, 2)

        return Polygon(shapely.transform(self.geometry, all_of))


def _square_m(geometry: Any) -> float:
    west, south, _, north = geometry.bounds
    if geometry.is_empty or math.isnan(west):
        return 0.0
    squeeze = math.cos(math.radians((south + north) / 2))
    return float(geometry.area) * DEGREE_M * DEGREE_M * squeeze


def _polygons(geometry: Any) -> Any:
    """The parts of a geometry that have an area."""
    parts = shapely.get_parts(geometry)
    return shapely.union_all([part for part in parts if part.geom_type.endswith("Polygon")])


def polygon_of(geojson: object) -> tuple[Polygon, Point | None]:
    """The polygon in a GeoJSON geometry, and where it crossed itself if it had to be mended.

    Raises CrossedOutline where mending would be guessing, and ValueError with what else is wrong.
    """
    if not isinstance(geojson, dict) or geojson.get("type") not in ("Polygon", "MultiPolygon"):
        kind = geojson.get("type") if isinstance(geojson, dict) else type(geojson).__name__
        raise ValueError(f"an area is a Polygon or MultiPolygon, got {kind}")
    try:
        geometry = shapely.force_2d(shape(geojson))
    except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError, KeyError) as error:
        raise ValueError(
            f"its coordinates are not those of a {geojson['type']}: {error}"
        ) from error
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise ValueError("some of its coordinates are no numbers")
    at = None if geometry.is_valid else _crossing(geometry)
    if at is not None:
        geometry = shapely.union_all([_mended(part, at) for part in shapely.get_parts(geometry)])
    if geometry.is_empty or geometry.area == 0:
        raise ValueError("it has no area")
    return Polygon(geometry), at


def _crossing(geometry: Any) -> Point:
    """Where a geometry is not valid; shapely says "Self-intersection[121.4 31.2]"."""
    said = shapely.is_valid_reason(geometry)
    try:
        lon, lat = (float(part) for part in said.split("[")[1].rstrip("]").split())
    except (IndexError, ValueError):
        lon, lat = shapely.get_coordinates(geometry)[0]
    return float(lat), float(lon)


def _mended(part: Any, at: Point) -> Any:
    """A valid polygon in place of one that crosses itself."""
    if part.is_valid:
        return part
    valid = _polygons(shapely.make_valid(part))
    pieces = shapely.get_parts(valid)
    if len(pieces) and max(piece.area for piece in pieces) < CLEAR_SHARE * valid.area:
        raise CrossedOutline(at)
    return valid


def polygon_in(text: str) -> Polygon:
    """The polygon that was written by ``Polygon.geojson``."""
    return Polygon(shape(json.loads(text)))


def turned(polygon: Polygon) -> Polygon:
    """The same polygon with latitude and longitude swapped."""
    return Polygon(shapely.transform(polygon.geometry, lambda xy: xy[:, ::-1]))


@dataclass(frozen=True)
class PolygonIndex:
    """Many polygons, indexed by where they are."""

    polygons: Sequence[Polygon]

    @cached_property
    def _tree(self) -> Any:
        return shapely.STRtree([polygon.geometry for polygon in self.polygons])

    def holding(self, lat: float, lon: float) -> list[int]:
        """The positions of all polygons that hold a point, edges included."""
        if not self.polygons:
            return []
        point = shapely.Point(lon, lat)
        return sorted(int(i) for i in self._tree.query(point, predicate="intersects"))

    def holding_each(self, points: Sequence[Point]) -> list[list[int]]:
        """The same for many points at once: much faster than one by one."""
        found: list[list[int]] = [[] for _ in points]
        if not self.polygons or not points:
            return found
        places = shapely.points([(lon, lat) for lat, lon in points])
        for n, i in zip(*self._tree.query(places, predicate="intersects"), strict=True):
            found[int(n)].append(int(i))
        return [sorted(each) for each in found]

    def first_each(self, points: Sequence[Point], ranks: Sequence[int]) -> list[int | None]:
        """The lowest rank of the polygons that hold each point (lat, lon); None outside all.

        ``ranks``: of each polygon, 0..n-1, each once.
        """
        if not self.polygons or not points:
            return [None] * len(points)
        places = shapely.points(np.asarray(points, dtype=float)[:, ::-1])
        which, held = self._tree.query(places, predicate="intersects")
        best = np.full(len(points), len(ranks))
        np.minimum.at(best, which, np.asarray(ranks)[held])
        return [rank if rank < len(ranks) else None for rank in best.tolist()]

    def touching(self) -> Iterable[tuple[int, int]]:
        """Pairs of polygons that share more than an edge may, each pair once."""
        if not self.polygons:
            return
        pairs = self._tree.query([p.geometry for p in self.polygons], predicate="intersects")
        for one, other in zip(*pairs, strict=True):
            if one < other:
                yield int(one), int(other)

    def near(self, polygon: Polygon) -> list[int]:
        """The positions of all polygons that touch this one."""
        if not self.polygons:
            return []
        return sorted(int(i) for i in self._tree.query(polygon.geometry, predicate="intersects"))
