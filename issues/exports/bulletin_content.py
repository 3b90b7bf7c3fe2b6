"""What stands in a bulletin, gathered from the store; nothing of how it looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from issues.catalogue import Catalogue
from issues.exports.gathering import boxes_by_frame, boxes_of
from issues.queries import IssueFilter, list_issues
from issues.rows import Box, IssueRow
from issues.scoring.board import EVERYWHERE, Board
from issues.scoring.measures import Measure
from issues.scoring.tally import Tally
from issues.store import Session
from issues.store.score_select import often_back

RANKED = (
    Measure.FOUND,
    Measure.FIXED,
    Measure.FIXED_LATE,
    Measure.OVERDUE,
    Measure.RETURNED,
    Measure.PAPER,
)
"""The counts of the first table."""

HANDLED = (
    Measure.CONFIRMED,
    Measure.ASSIGNED,
    Measure.FIXED_ON_TIME,
    Measure.REWORK,
    Measure.EXTENDED,
    Measure.SUPERVISED,
    Measure.REBOUNDED,
    Measure.REVIEWED,
    Measure.REJECTED,
)
"""The counts of the second table; together with the first all measures."""

CASES, CHRONIC, LOOKED_THROUGH = 3, 12, 40
_BAD = (Measure.PAPER, Measure.REBOUNDED, Measure.RETURNED, Measure.OVERDUE)


@dataclass(frozen=True, slots=True)
class Pictured:
    """An issue to show, with the boxes to draw in the photo before."""

    row: IssueRow
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class BulletinContent:
    """A board with the numbers of its issues, typical cases and chronic places."""

    board: Board
    numbers: Mapping[str, str]
    bad: tuple[Pictured, ...]
    good: tuple[Pictured, ...]
    chronic: tuple[IssueRow, ...]

    def cells(self) -> Sequence[tuple[str, Measure, tuple[str, ...]]]:
        """Place, measure and ids of every figure that is not 0, the sums first."""
        tallies: list[tuple[str, Tally]] = [(EVERYWHERE, self.board.total)]
        tallies += [(line.place, line.tally) for line in self.board.lines]
        return [
            (place, measure, tally[measure])
            for place, tally in tallies
            for measure in Measure
            if tally[measure]
        ]


def gather_bulletin(session: Session, catalogue: Catalogue, board: Board) -> BulletinContent:
    """Reads what a bulletin shows besides the figures."""
    total = board.total
    bad = _shown(session, catalogue, [one for m in _BAD for one in total[m]], after=False)
    taken = {shown.row.id for shown in bad}
    fixed = [one for one in total[Measure.FIXED_ON_TIME] if one not in taken]
    good = _shown(session, catalogue, fixed, after=True)
    back = often_back(session, board.table.chronic_returns, board.period.end, CHRONIC)
    chronic = _rows(session, catalogue, back)
    return BulletinContent(board, board.numbers, bad, good, tuple(chronic))


def _rows(session: Session, catalogue: Catalogue, ids: Sequence[str]) -> list[IssueRow]:
    """The issues in the order of their ids."""
    if not ids:
        return []
    which = IssueFilter(numbers=tuple(ids))
    found = list_issues(session, catalogue, which, sort="number", limit=len(ids)).items
    by_id = {row.id: row for row in found}
    return [by_id[one] for one in ids if one in by_id]


def _shown(
    session: Session, catalogue: Catalogue, ids: Sequence[str], *, after: bool
) -> tuple[Pictured, ...]:
    """The first issues of these whose photos are there to be shown."""
    rows = [
        row
        for row in _rows(session, catalogue, list(dict.fromkeys(ids))[:LOOKED_THROUGH])
        if row.best is not None
        and row.best.stored
        and (not after or (row.after is not None and row.after.stored))
    ][:CASES]
    boxes = boxes_by_frame(session, rows)
    return tuple(Pictured(row, boxes_of(row, boxes)) for row in rows)
