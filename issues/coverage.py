"""Coverage: which ground was looked at when. What nobody looked at is never clean.

The ground is divided into H3 cells, about 130 m across. A cell belongs to the areas that its middle
lies in, of every level: a street's figure holds those of its communities and grids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from issues.cells import cells_in
from issues.errors import QueryError
from issues.place import cell_of
from issues.rows import AreaRow
from issues.store import Session
from issues.store.area_table import areas_in_force
from issues.store.cell_looks import last_looks
from issues.store.coverage_select import (
    CellSum,
    cell_sums,
    seen_in_cells,
    unplaced_looks,
    unseen_by_area,
)


class State(StrEnum):
    """What is known of a cell for a period."""

    NOT_OBSERVED = "not_observed"
    UNUSABLE = "unusable"
    PROBLEM = "problem"
    NOTHING_FOUND = "nothing_found"


class CellCoverage(NamedTuple):
    """One cell. ``looks`` are photos, ``usable`` those that could show it clear."""

    cell: int
    state: State
    looks: int
    usable: int
    issues: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class AreaCoverage:
    """One area. ``cells_seen`` of ``cells`` had a usable look in the period.

    ``open_issues`` are confirmed ones to be looked at again; no photo of the period shows the
    place of ``unseen_issues`` of them. ``last_at`` is of any time, None: never.
    """

    area: AreaRow
    cells: int
    cells_seen: int
    looks: int
    usable: int
    last_at: datetime | None
    open_issues: int
    unseen_issues: int

    @property
    def share(self) -> float:
        """The part of its ground that was looked at, 0..1."""
        return self.cells_seen / self.cells if self.cells else 0.0


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What was looked at from ``since`` until before ``until``."""

    since: datetime
    until: datetime
    looks: int
    unplaced_looks: int
    areas: tuple[AreaCoverage, ...]
    cells: tuple[CellCoverage, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
    key: int
    row: AreaRow
    cells: frozenset[int]


def cover(session: Session, since: datetime, until: datetime) -> CoverageReport:
    """Which cells and areas were looked at in a period. Raises QueryError.

    The cells are those of all areas, those not observed too, and those looked at outside any.
    """
    if since >= until:
        raise QueryError(
            f"the period ends {until.isoformat()} before it begins {since.isoformat()}",
            mend="Give since before until.",
        )
    sums = {one.cell: one for one in cell_sums(session, since, until)}
    seen = seen_in_cells(session, since, until)
    ground = _ground(session)
    ever = last_looks(session)
    wanted = sorted(set(sums).union(*(area.cells for area in ground)))
    cells = tuple([_cell(cell, sums.get(cell), seen, ever) for cell in wanted])
    open_of = unseen_by_area(session, since, until)
    areas = _areas(ground, sums, ever, open_of)
    without = unplaced_looks(session, since, until)
    looks = sum(one.looks for one in sums.values()) + without
    return CoverageReport(since, until, looks, without, areas, cells)


def _ground(session: Session) -> list[_Ground]:
    """The areas in force with their cells; one too small to hold a middle has the cell around."""
    found = []
    for key, row, geometry in areas_in_force(session):
        cells = cells_in(geometry) or frozenset({_some_cell(geometry)})
        found.append(_Ground(key, row, cells))
    return found


def _some_cell(geometry: str) -> int:
    from issues.geometry import polygon_in

    point = polygon_in(geometry).geometry.representative_point()
    return cell_of(float(point.y), float(point.x))


def _cell(
    cell: int, one: CellSum | None, seen: Mapping[int, int], ever: Mapping[int, datetime]
) -> CellCoverage:
    last, issues = ever.get(cell), seen.get(cell, 0)
    if one is None:
        return CellCoverage(cell, State.NOT_OBSERVED, 0, 0, issues, last)
    state = State.NOTHING_FOUND if one.usable else State.UNUSABLE
    if issues:
        state = State.PROBLEM
    return CellCoverage(cell, state, one.looks, one.usable, issues, last)


def _areas(
    ground: Sequence[_Ground],
    sums: Mapping[int, CellSum],
    ever: Mapping[int, datetime],
    open_of: Mapping[int | None, tuple[int, int]],
) -> tuple[AreaCoverage, ...]:
    found = []
    for area in ground:
        here = [sums[cell] for cell in area.cells if cell in sums]
        inside = [other for other in ground if other.cells <= area.cells]
        counts = [open_of.get(other.key, (0, 0)) for other in inside]
        found.append(
            AreaCoverage(
                area=area.row,
                cells=len(area.cells),
                cells_seen=sum(one.usable > 0 for one in here),
                looks=sum(one.looks for one in here),
                usable=sum(one.usable for one in here),
                last_at=max((ever[cell] for cell in area.cells if cell in ever), default=None),
                open_issues=sum(n for n, _ in counts),
                unseen_issues=sum(m for _, m in counts),
            )
        )
    return tuple(found)
