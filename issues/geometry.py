"""Polygons: mending them, and asking quickly which ones hold a point."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from shapely.geometry import mapping, shape


@dataclass(frozen=True)
class Polygon:
    """A polygon or several, WGS-84 degrees, valid."""

    geometry: Any

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        west, south, east, north = self.geometry.bounds
        return float(west), float(south), float(east), float(north)

    def geojson(self) -> str:
        """As GeoJSON text with seven decimals, about a centimetre."""
        rounded = shapely.set_precision(self.geometry, 1e-7)
        return json.dumps(mapping(rounded if not rounded.is_empty else self.geometry))

    def overlap(self, other: Polygon) -> float:
        """The shared part of the smaller one, 0..1."""
        shared = float(self.geometry.intersection(other.geometry).area)
        smaller = float(min(self.geometry.area, other.geometry.area))
        return shared / max(smaller, 1e-30)


def polygon_of(geojson: object) -> tuple[Polygon, bool]:
    """The polygon in a GeoJSON geometry, and whether it crossed itself and had to be mended.

    Raises ValueError with what is wrong.
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
    mended = not geometry.is_valid
    if mended:
        parts = shapely.get_parts(shapely.make_valid(geometry))
        geometry = shapely.union_all([p for p in parts if p.geom_type.endswith("Polygon")])
    if geometry.is_empty or geometry.area == 0:
        raise ValueError("it has no area")
    return Polygon(geometry), mended


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

    def holding_each(self, points: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
        """Pairs of a point (lat, lon) and a polygon that holds it, by their positions."""
        if not self.polygons or not points:
            return []
        at = shapely.points([(lon, lat) for lat, lon in points])
        pairs = self._tree.query(at, predicate="intersects")
        return [(int(point), int(polygon)) for point, polygon in zip(*pairs, strict=True)]

    def touching(self) -> Iterable[tuple[int, int]]:
        """Pairs of polygons that share more than an edge may, each pair once."""
        if not self.polygons:
            return
        pairs = self._tree.query([p.geometry for p in self.polygons], predicate="intersects")
        for one, other in zip(*pairs, strict=True):
            if one < other:
                yield int(one), int(other)
