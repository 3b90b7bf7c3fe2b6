"""Responsibility areas: read from GeoJSON, kept in the store, asked who answers for a point.

A feature's properties: ``id``, ``level`` (city, street, community, grid), ``name_zh``, ``name_en``,
``unit_zh``, ``unit_en``, ``leader``, ``phone``. A name in one language stands in for the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from issues.catalogue import Catalogue
from issues.errors import AreaError
from issues.geometry import Polygon, PolygonIndex, polygon_in, polygon_of, turned
from issues.rows import AreaRow
from issues.store import Session, Store
from issues.store.area_table import areas_in_force, move_issues, placed_issues, replace_areas
from issues.store.ledger import counter, next_serial

LEVELS = ("city", "street", "community", "grid")
"""From the coarsest to the finest: the finest area that holds a point answers for it."""

CHINA = (73.0, 3.0, 136.0, 54.0)
OVERLAP_TOLD = 0.01
AREA_COUNTER = "areas"
_MEND = "Export the areas again as a GeoJSON FeatureCollection in WGS-84."


@dataclass(frozen=True)
class Area:
    """A responsibility area and its polygon. ``key`` is the store's own id, 0 before it has one."""

    row: AreaRow
    polygon: Polygon
    key: int = 0

    @property
    def depth(self) -> int:
        """0 for a city to 3 for a grid cell."""
        return LEVELS.index(self.row.level)


@dataclass(frozen=True)
class AreaMap:
    """All areas in force."""

    areas: Sequence[Area]

    @cached_property
    def _index(self) -> PolygonIndex:
        return PolygonIndex([area.polygon for area in self.areas])

    def at(self, lat: float, lon: float) -> Area | None:
        """The finest area that holds a point; None where nobody answers.

        Where two of one level claim it, the one with the smaller id does, always.
        """
        held = (self.areas[i] for i in self._index.holding(lat, lon))
        return min(held, key=lambda area: (-area.depth, area.row.id), default=None)

    def overlaps(self) -> list[list[str]]:
        """Pairs of ids of one level that claim the same ground."""
        found = []
        for i, j in self._index.touching():
            one, other = self.areas[i], self.areas[j]
            if one.depth == other.depth and one.polygon.overlap(other.polygon) > OVERLAP_TOLD:
                found.append(sorted((one.row.id, other.row.id)))
        return sorted(found)


@dataclass(frozen=True)
class AreaImport:
    """What became of a file: areas in force, what was odd, how many issues moved."""

    areas: int
    problems: tuple[str, ...]
    issues_moved: int


def area_version(session: Session) -> int:
    """Goes up with every import, so that who holds an AreaMap knows when to load another."""
    return counter(session, AREA_COUNTER)


def load_areas(session: Session) -> AreaMap:
    """The areas in force."""
    return AreaMap([Area(row, polygon_in(text), key) for key, row, text in areas_in_force(session)])


def import_areas(
    store: Store, path: Path, catalogue: Catalogue | None = None, *, now: datetime | None = None
) -> AreaImport:
    """Puts a file's areas in force in place of those before, and moves issues to their new areas.

    Features that can't be used are left out and told in ``problems``. Raises AreaError when none
    can, and StoreError. ``catalogue`` is not needed and is there for symmetry with other imports.
    """
    del catalogue
    areas, problems = read_areas(path)
    moment = now or datetime.now(UTC)
    with store.transaction() as session:
        next_serial(session, AREA_COUNTER)
        replace_areas(session, [(area.row, area.polygon.geojson()) for area in areas], moment)
        moved = reassign(session, load_areas(session), moment)
    return AreaImport(len(areas), tuple(problems), moved)


def reassign(session: Session, areas: AreaMap, now: datetime) -> int:
    """Gives every placed issue the area that holds it now, with a line of history; how many."""
    moves = []
    for issue_id, lat, lon, before in placed_issues(session):
        area = areas.at(lat, lon)
        after = area.key if area else None
        if after != before:
            moves.append((issue_id, before, after))
    move_issues(session, moves, now)
    return len(moves)


def read_areas(path: Path) -> tuple[list[Area], list[str]]:
    """A GeoJSON file's areas and what was odd about it. Raises AreaError if none is usable."""
    areas: list[Area] = []
    problems: list[str] = []
    for number, feature in enumerate(_features(path), start=1):
        try:
            area, odd = _area(feature, number)
        except ValueError as error:
            problems.append(f"feature {number} was left out: {error}")
            continue
        problems += [f"{area.row.id}: {what}" for what in odd]
        if any(area.row.id == other.row.id for other in areas):
            problems.append(f"feature {number} was left out: the id {area.row.id} was there before")
        else:
            areas.append(area)
    if not areas:
        told = "; ".join(problems[:3]) or "it has no features"
        raise AreaError(f"{path.name} holds no usable area: {told}", mend=_MEND)
    for one, other in AreaMap(areas).overlaps():
        problems.append(f"{one} and {other} overlap: points in both go to the smaller id")
    return areas, problems


def _features(path: Path) -> list[Any]:
    try:
        table = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise AreaError(f"{path} can't be read as GeoJSON: {error}", mend=_MEND) from error
    features = table.get("features") if isinstance(table, dict) else None
    if not isinstance(features, list):
        raise AreaError(f"{path.name} is no GeoJSON FeatureCollection", mend=_MEND)
    return features


def _area(feature: object, number: int) -> tuple[Area, list[str]]:
    if not isinstance(feature, dict):
        raise ValueError(f"it is no feature but {type(feature).__name__}")
    given = feature.get("properties") or {}
    polygon, mended = polygon_of(feature.get("geometry"))
    odd = ["its outline crossed itself and was mended"] if mended else []
    polygon, swapped = _right_way_round(polygon)
    if swapped:
        odd.append("latitude and longitude look swapped and were turned round")
    west, south, east, north = polygon.bounds
    if not (CHINA[0] <= west <= east <= CHINA[2] and CHINA[1] <= south <= north <= CHINA[3]):
        odd.append(
            f"it lies outside China, around {(south + north) / 2:.3f}, {(west + east) / 2:.3f}"
        )
    row = _row(given if isinstance(given, dict) else {}, feature.get("id"), number)
    if not row.unit_zh:
        odd.append("it names no responsible unit")
    return Area(row, polygon), odd


def _right_way_round(polygon: Polygon) -> tuple[Polygon, bool]:
    """The polygon, turned round where only that puts it on earth, or in China."""
    west, south, east, north = polygon.bounds
    on_earth = -90 <= south <= north <= 90 and -180 <= west <= east <= 180
    could_turn = -90 <= west <= east <= 90 and -180 <= south <= north <= 180
    if not on_earth and not could_turn:
        raise ValueError(
            f"its coordinates are no degrees: {west:.1f}..{east:.1f}, {south:.1f}..{north:.1f}; "
            "save it in WGS-84 (EPSG:4326)"
        )
    in_china_turned = (
        CHINA[1] <= west <= east <= CHINA[3] and CHINA[0] <= south <= north <= CHINA[2]
    )
    if not on_earth or in_china_turned:
        return turned(polygon), True
    return polygon, False


def _row(given: dict[Any, Any], outer_id: object, number: int) -> AreaRow:
    def text(key: str) -> str:
        value = given.get(key)
        return "" if value is None else str(value).strip()

    code = text("id") or ("" if outer_id is None else str(outer_id))
    level = text("level") or "grid"
    if level not in LEVELS:
        raise ValueError(f'its level is "{level}"; use {", ".join(LEVELS)}')
    name_zh, name_en = text("name_zh") or text("name"), text("name_en")
    unit_zh, unit_en = text("unit_zh") or text("unit"), text("unit_en")
    code = code or f"area-{number}"
    return AreaRow(
        id=code,
        level=level,
        name_zh=name_zh or name_en or code,
        name_en=name_en or name_zh or code,
        unit_zh=unit_zh or unit_en,
        unit_en=unit_en or unit_zh,
        leader=text("leader"),
        phone=text("phone"),
    )
