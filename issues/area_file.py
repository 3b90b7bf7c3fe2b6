"""Reads responsibility areas from GeoJSON and tells everything that is odd about them.

A feature's properties: ``id`` (or ``code``), ``level`` (city, street, community, grid), ``parent``,
``name_zh``, ``name_en``, ``unit_zh``, ``unit_en``, ``leader``, ``phone`` (or ``contact``). A name
in one language stands in for the other. The file may say its ``datum`` (a member of its own, or
``crs``); who imports it may say it; nobody may say two different ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect.datum import Datum, parse_datum, to_wgs84
from issues.area_problems import AreaProblem
from issues.errors import AreaError
from issues.geometry import CrossedOutline, Polygon, polygon_of, turned
from issues.rows import AreaRow

LEVELS = ("city", "street", "community", "grid")
"""From the coarsest to the finest: the finest area that holds a point answers for it."""

CHINA = (73.0, 3.0, 136.0, 54.0)
_MEND = "Export the areas again as a GeoJSON FeatureCollection in WGS-84."
_SAME_AS_WGS84 = ("crs84", "4326", "4490", "wgs84")


@dataclass(frozen=True)
class Area:
    """A responsibility area and its polygon. ``key`` is the store's own id, 0 before it has one.

    ``parent`` is the code of the area that it belongs to, where the file says so.
    """

    row: AreaRow
    polygon: Polygon
    key: int = 0
    parent: str = ""

    @property
    def depth(self) -> int:
        """0 for a city to 3 for a grid cell."""
        return LEVELS.index(self.row.level)


@dataclass(frozen=True)
class AreaFile:
    """What a file holds: usable areas, what was odd, and the datum that it was read in."""

    areas: tuple[Area, ...]
    problems: tuple[AreaProblem, ...]
    datum: Datum
    stated: bool


def load_geojson(path: Path) -> object:
    """The JSON in a file. Raises AreaError."""
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise AreaError(f"{path} can't be read as GeoJSON: {error}", mend=_MEND) from error


def parse_areas(table: object, name: str, datum: Datum | None = None) -> AreaFile:
    """The areas in a FeatureCollection. Raises AreaError if none is usable, or its datum unclear.

    ``name`` is what the collection is called in errors; ``datum`` None: what it says itself, else
    WGS-84 as the format has it, with a problem that says so.
    """
    features = table.get("features") if isinstance(table, dict) else None
    if not isinstance(features, list):
        raise AreaError(f"{name} is no GeoJSON FeatureCollection", mend=_MEND)
    stated = _stated(table, name, datum)
    read_in = stated or "wgs84"
    areas: list[Area] = []
    problems: list[AreaProblem] = []
    if stated is None:
        problems.append(AreaProblem("no_datum", "told"))
    elif stated != "wgs84":
        problems.append(AreaProblem("shifted", "mended", detail=stated))
    for number, feature in enumerate(features, start=1):
        area = _read(feature, number, read_in, problems)
        if area is None:
            continue
        code = area.row.id
        if any(code == other.row.id for other in areas):
            problems.append(AreaProblem("duplicate", "left_out", (code,), number=number))
        else:
            areas.append(area)
    if not areas:
        told = "; ".join(map(str, problems[-3:])) if features else "it has no features"
        raise AreaError(f"{name} holds no usable area: {told}", mend=_MEND)
    return AreaFile(tuple(areas), tuple(problems), read_in, stated is not None)


def _stated(table: Any, name: str, asked: Datum | None) -> Datum | None:
    """The datum that the file or its importer states. Raises AreaError where they disagree."""
    said = table.get("datum")
    known = parse_datum(str(said)) if said is not None else None
    crs = table.get("crs")
    if said is None and crs is not None:
        word = "".join(c for c in json.dumps(crs).lower() if c.isalnum())
        said, known = crs, "wgs84" if any(mark in word for mark in _SAME_AS_WGS84) else None
    if said is not None and known is None:
        raise AreaError(
            f"{name} is in {json.dumps(said)[:80]}, which tidycity can't read",
            code="unknown_datum",
            mend="Save it in WGS-84 (EPSG:4326), or say its datum: wgs84, gcj02 or bd09.",
        )
    if asked is not None and known is not None and asked != known:
        raise AreaError(
            f"{name} says that it is in {known}, but {asked} was asked for",
            code="datum_conflict",
            mend="Leave one of them out: the datum that you name, or the one in the file.",
        )
    return asked or known


def _read(feature: object, number: int, datum: Datum, problems: list[AreaProblem]) -> Area | None:
    """One feature; adds what is odd about it to ``problems``. None: it can't be used."""
    found: list[AreaProblem] = []
    try:
        area = _area(feature, number, datum, found)
    except CrossedOutline as error:
        name = _name(feature, number)
        problems.append(AreaProblem("tangled", "left_out", (name,), at=error.at, number=number))
        return None
    except ValueError as error:
        problems.append(AreaProblem("unusable", "left_out", number=number, detail=str(error)))
        return None
    problems += found
    return area


def _name(feature: object, number: int) -> str:
    given = feature.get("properties") if isinstance(feature, dict) else None
    return str((given or {}).get("id") or f"area-{number}")


def _area(feature: object, number: int, datum: Datum, found: list[AreaProblem]) -> Area:
    if not isinstance(feature, dict):
        raise ValueError(f"it is no feature but {type(feature).__name__}")
    polygon, crossed_at = polygon_of(feature.get("geometry"))
    polygon, swapped = _right_way_round(polygon)
    if datum != "wgs84":
        polygon = polygon.moved(lambda lat, lon: to_wgs84(lat, lon, datum))
    given = feature.get("properties") or {}
    row, parent = _row(given if isinstance(given, dict) else {}, feature.get("id"), number)
    code, name = (row.id,), (row.name_zh,)
    if crossed_at is not None:
        at = crossed_at[::-1] if swapped else crossed_at
        found.append(AreaProblem("crossed", "mended", code, name, at=at))
    if swapped:
        found.append(AreaProblem("swapped", "mended", code, name))
    west, south, east, north = polygon.bounds
    if not (CHINA[0] <= west <= east <= CHINA[2] and CHINA[1] <= south <= north <= CHINA[3]):
        found.append(AreaProblem("outside", "told", code, name, at=polygon.inside))
    if not row.unit_zh:
        found.append(AreaProblem("no_unit", "told", code, name))
    return Area(row, polygon, parent=parent)


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


def _row(given: dict[Any, Any], outer_id: object, number: int) -> tuple[AreaRow, str]:
    def text(*keys: str) -> str:
        values = (given.get(key) for key in keys)
        return next((str(value).strip() for value in values if value is not None), "")

    code = text("id", "code") or ("" if outer_id is None else str(outer_id))
    level = text("level") or "grid"
    if level not in LEVELS:
        raise ValueError(f'its level is "{level}"; use {", ".join(LEVELS)}')
    name_zh, name_en = text("name_zh") or text("name"), text("name_en")
    unit_zh, unit_en = text("unit_zh") or text("unit"), text("unit_en")
    code = code or f"area-{number}"
    row = AreaRow(
        id=code,
        level=level,
        name_zh=name_zh or name_en or code,
        name_en=name_en or name_zh or code,
        unit_zh=unit_zh or unit_en,
        unit_en=unit_en or unit_zh,
        leader=text("leader"),
        phone=text("phone", "contact"),
    )
    return row, text("parent")


def by_depth(areas: tuple[Area, ...]) -> Iterator[tuple[int, list[Area]]]:
    """Areas in groups of one level, coarsest first; empty levels are left out."""
    for depth in range(len(LEVELS)):
        if group := [area for area in areas if area.depth == depth]:
            yield depth, group
