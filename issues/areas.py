"""Responsibility areas: put in force, asked who answers for a point, issues moved between them.

Reading and checking a file is done in ``issues/area_file.py`` and ``issues/area_check.py``. Where
two areas claim a point, the deepest level has it, then the smallest area, then the smaller code;
``AreaMap.claims`` names them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from detect.datum import Datum
from issues.area_check import checked
from issues.area_file import LEVELS, Area, AreaFile, load_geojson, parse_areas
from issues.area_problems import AreaProblem
from issues.errors import AreaError, VersionConflict
from issues.geometry import Point, PolygonIndex, polygon_in
from issues.store import Session, Store
from issues.store.area_table import (
    area_codes,
    areas_in_force,
    move_issues,
    note_import,
    placed_issues,
    replace_areas,
)
from issues.store.ledger import SYSTEM, counter, next_serial

__all__ = [
    "LEVELS",
    "Area",
    "AreaImport",
    "AreaMap",
    "Move",
    "area_version",
    "import_areas",
    "load_areas",
    "plan_import",
    "put_areas",
    "read_areas",
    "reassign",
    "require_datum",
]

AREA_COUNTER = "areas"


@dataclass(frozen=True)
class AreaMap:
    """All areas in force."""

    areas: Sequence[Area]

    @cached_property
    def _index(self) -> PolygonIndex:
        return PolygonIndex([area.polygon for area in self.areas])

    def at(self, lat: float, lon: float) -> Area | None:
        """The area that answers for a point: the deepest, the smallest, the first by code."""
        return self._first(self._index.holding(lat, lon))

    def at_each(self, points: Sequence[Point]) -> list[Area | None]:
        """The same for many points (lat, lon) at once."""
        return [self._first(held) for held in self._index.holding_each(points)]

    def claims(self, lat: float, lon: float) -> list[Area]:
        """All areas of the deepest level there that hold a point: more than one is a dispute."""
        held = sorted((self.areas[i] for i in self._index.holding(lat, lon)), key=_rank)
        return [area for area in held if area.depth == held[0].depth]

    def claims_each(self, points: Sequence[Point]) -> list[list[Area]]:
        """The same for many points (lat, lon) at once."""
        found = []
        for held in self._index.holding_each(points):
            ranked = sorted((self.areas[i] for i in held), key=_rank)
            found.append([area for area in ranked if area.depth == ranked[0].depth])
        return found

    def _first(self, held: Sequence[int]) -> Area | None:
        return min((self.areas[i] for i in held), key=_rank, default=None)


def _rank(area: Area) -> tuple[int, float, str]:
    """Who comes first where several hold a point."""
    return -area.depth, round(area.polygon.square_m), area.row.id


@dataclass(frozen=True, slots=True)
class Move:
    """So many issues go from one area to another; the codes are None for no area."""

    from_code: str | None
    to_code: str | None
    issues: int


@dataclass(frozen=True)
class AreaImport:
    """What became of a file, or would: areas in force, what was odd, which issues move where."""

    areas: int
    problems: tuple[AreaProblem, ...]
    moves: tuple[Move, ...]
    version: int

    @property
    def issues_moved(self) -> int:
        """How many issues get another area."""
        return sum(move.issues for move in self.moves)


def area_version(session: Session) -> int:
    """Goes up with every import, so that who holds an AreaMap knows when to load another."""
    return counter(session, AREA_COUNTER)


def load_areas(session: Session) -> AreaMap:
    """The areas in force."""
    return AreaMap([Area(row, polygon_in(text), key) for key, row, text in areas_in_force(session)])


def read_areas(path: Path, datum: Datum | None = None) -> tuple[list[Area], list[AreaProblem]]:
    """A GeoJSON file's areas and everything odd about it. Raises AreaError if none is usable."""
    file = checked(parse_areas(load_geojson(path), path.name, datum))
    return list(file.areas), list(file.problems)


def import_areas(
    store: Store, path: Path, *, datum: Datum | None = None, now: datetime | None = None
) -> AreaImport:
    """Puts a file's areas in force in place of those before, and moves issues to their new areas.

    What can't be used is left out and told in ``problems``. Raises AreaError when nothing can, and
    StoreError.
    """
    file = checked(parse_areas(load_geojson(path), path.name, datum))
    with store.transaction() as session:
        return put_areas(session, file, SYSTEM, now or datetime.now(UTC), source=path.name)


def plan_import(session: Session, file: AreaFile) -> AreaImport:
    """What ``put_areas`` would do; changes nothing."""
    code_of = area_codes(session)
    moves: Counter[tuple[str | None, str | None]] = Counter()
    for _, before, after in _changes(session, AreaMap(file.areas)):
        change = (code_of.get(before or 0), after.row.id if after else None)
        moves[change] += change[0] != change[1]
    return AreaImport(len(file.areas), file.problems, _told(moves), area_version(session))


def put_areas(
    session: Session,
    file: AreaFile,
    actor: str,
    now: datetime,
    *,
    source: str = "",
    expected_version: int | None = None,
) -> AreaImport:
    """Puts areas in force in place of all before; issues move, with a line of history each.

    Raises VersionConflict where somebody else imported areas since ``expected_version`` was read.
    """
    version = next_serial(session, AREA_COUNTER)
    if expected_version is not None and version != expected_version + 1:
        raise VersionConflict(
            f"the areas are at version {version - 1}, not {expected_version}: "
            "somebody imported others meanwhile",
            mend="Look at the areas in force, then import again.",
        )
    replace_areas(session, [(area.row, area.polygon.geojson()) for area in file.areas], now)
    moves = reassign(session, load_areas(session), now, actor)
    outcome = AreaImport(len(file.areas), file.problems, moves, version)
    report = {
        "areas": outcome.areas,
        "moved": outcome.issues_moved,
        "problems": [problem.plain() for problem in file.problems],
        "moves": [[move.from_code, move.to_code, move.issues] for move in moves],
    }
    note_import(session, now, actor, source, file.datum, version, report)
    return outcome


def reassign(
    session: Session, areas: AreaMap, now: datetime, actor: str = SYSTEM
) -> tuple[Move, ...]:
    """Gives every placed issue the area that holds it now, with a line of history; which moved."""
    code_of = area_codes(session)
    changes = [
        (issue_id, before, after.key if after else None)
        for issue_id, before, after in _changes(session, areas)
    ]
    move_issues(session, changes, now, actor)
    moves: Counter[tuple[str | None, str | None]] = Counter()
    for _, before, after in changes:
        change = (code_of.get(before or 0), code_of.get(after or 0))
        moves[change] += change[0] != change[1]
    return _told(moves)


def _changes(session: Session, areas: AreaMap) -> list[tuple[str, int | None, Area | None]]:
    """Issues whose area is another one on this map: id, key of the area before, area after."""
    placed = placed_issues(session)
    after = areas.at_each([(lat, lon) for _, lat, lon, _ in placed])
    return [
        (issue_id, before, area)
        for (issue_id, _, _, before), area in zip(placed, after, strict=True)
        if before != (area.key if area else None)
    ]


def _told(moves: Counter[tuple[str | None, str | None]]) -> tuple[Move, ...]:
    ranked = sorted(moves.items(), key=lambda move: (-move[1], str(move[0])))
    return tuple(Move(*change, n) for change, n in ranked if n)


def require_datum(file: AreaFile, name: str) -> None:
    """Raises AreaError where neither the file nor its importer said the datum."""
    if not file.stated:
        raise AreaError(
            f"{name} states no datum: on a Chinese map the same numbers are 500 m away",
            code="datum_missing",
            mend="Say datum=wgs84 for GPS and GIS, gcj02 for Amap and Tencent, bd09 for Baidu.",
        )
