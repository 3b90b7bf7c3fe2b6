"""The board of a period: every place with its figures, points and rank, and the period before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from issues.areas import load_areas
from issues.catalogue import Catalogue
from issues.errors import NotFound
from issues.queries import IssueFilter, list_issues
from issues.rows import IssueRow, Page
from issues.scoring.measures import Level, Measure
from issues.scoring.period import Period
from issues.scoring.places import PlaceName, Places
from issues.scoring.points import Entry, PointsTable, Score, score
from issues.scoring.ranking import Change, Colour, Rank, change, difference, rank
from issues.scoring.tally import EMPTY, NO_PLACE, Case, Tally, tally, together
from issues.scoring.working_time import WorkClock
from issues.store import Session
from issues.store.score_select import (
    Span,
    looked_at,
    score_entries,
    scored_issues,
    steps_between,
)

EVERYWHERE = "*"
"""The place that stands for all places together."""


@dataclass(frozen=True)
class PlaceLine:
    """One place: its figures, how its points came about, where it stands."""

    place: str
    name: PlaceName
    tally: Tally
    before: Tally
    score: Score
    rank: Rank
    change: Change

    def difference(self, measure: Measure) -> int | None:
        """How many more than in the period before; None where that can't be said."""
        return difference(self.tally, self.before, measure)


@dataclass(frozen=True)
class Board:
    """All places of a level in a period, the best first; those without rank at the end.

    ``lines`` holds every place of the level, and what lies in none of them where there is any.
    """

    period: Period
    level: Level
    made_at: datetime
    table: PointsTable
    lines: tuple[PlaceLine, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Id → number of every issue that makes a figure (and of some more)."""

    @cached_property
    def total(self) -> Tally:
        """All lines as one."""
        return together(line.tally for line in self.lines)

    @cached_property
    def total_before(self) -> Tally:
        """All lines of the period before as one."""
        return together(line.before for line in self.lines)

    @cached_property
    def order(self) -> Mapping[str, int]:
        """Where each place stands, from 1; ``EVERYWHERE`` is 0."""
        return {EVERYWHERE: 0} | {line.place: n for n, line in enumerate(self.lines, 1)}

    def colour(self, colour: Colour) -> tuple[PlaceLine, ...]:
        """The red or the black list; the black one from the worst up."""
        found = [line for line in self.lines if line.rank.colour is colour]
        return tuple(found if colour is Colour.RED else reversed(found))

    def line(self, place: str) -> PlaceLine:
        """One place. Raises NotFound."""
        for line in self.lines:
            if line.place == place:
                return line
        raise NotFound(
            f'the board of {self.level} has no place "{place}"',
            mend="Take the place from the rankings of this level.",
        )

    def cell(self, place: str, measure: Measure) -> tuple[str, ...]:
        """The ids that make a figure; ``EVERYWHERE`` is the line of sums. Raises NotFound."""
        tally_ = self.total if place == EVERYWHERE else self.line(place).tally
        return tally_[measure]


def make_board(
    session: Session,
    catalogue: Catalogue,
    table: PointsTable,
    period: Period,
    level: Level,
    *,
    now: datetime,
) -> Board:
    """Reads the store and judges. ``now`` is for what is overdue now.

    The change since the period before leaves that out: nobody knows what was overdue then.
    """
    places = Places(load_areas(session), level)
    before = period.before()
    numbers: dict[str, str] = {}
    args = (table, (period, before), places, now)
    tallies, earlier = _tallies(session, catalogue, *args, numbers)
    outside = NO_PLACE in tallies or NO_PLACE in earlier
    names = dict(places.names)
    for place in {*tallies, *earlier} - {*names, NO_PLACE}:
        names[place] = PlaceName(place, place)
    if outside:
        names[NO_PLACE] = PlaceName("", "")
    entries = _entries(session, level, period)
    scores = _scores(names, tallies, table, entries, period)
    ranks = rank(scores, tallies, table)
    lasting = {place: _lasting(found) for place, found in tallies.items()}
    compared = _scores(names, lasting, table, entries, period)
    compared_before = _scores(names, earlier, table, entries, before)
    ranks_now = rank(compared, lasting, table)
    ranks_before = rank(compared_before, earlier, table)
    lines = [
        PlaceLine(
            place,
            name,
            tallies.get(place, EMPTY),
            earlier.get(place, EMPTY),
            scores[place],
            ranks[place],
            change(
                ranks_now[place],
                ranks_before[place],
                compared[place].points,
                compared_before[place].points,
            ),
        )
        for place, name in names.items()
    ]
    lines.sort(key=_order)
    return Board(period, level, now, table, tuple(lines), numbers)


def _scores(
    names: Iterable[str],
    tallies: Mapping[str, Tally],
    table: PointsTable,
    entries: Mapping[str, Sequence[Entry]],
    period: Period,
) -> dict[str, Score]:
    days = {"first": period.first, "last": period.last}
    return {
        place: score(tallies.get(place, EMPTY), table, entries.get(place, ()), **days)
        for place in names
    }


def _lasting(found: Tally) -> Tally:
    """Without what is of now only, so that it can be compared with the period before."""
    kept: dict[Measure, tuple[str, ...]] = dict(found.issues)
    kept.pop(Measure.OVERDUE, None)
    return replace(found, issues=kept)


def _order(line: PlaceLine) -> tuple[bool, int, bool, str]:
    """By rank, then those without; what lies in no place last; ties by code, always the same."""
    return line.rank.rank is None, line.rank.rank or 0, line.place == NO_PLACE, line.place


def _tallies(
    session: Session,
    catalogue: Catalogue,
    table: PointsTable,
    periods: tuple[Period, Period],
    places: Places,
    now: datetime,
    numbers: dict[str, str],
) -> tuple[dict[str, Tally], dict[str, Tally]]:
    """The figures by place of a period and of the one before it, from one reading.

    ``numbers`` gets the number of each issue read.
    """
    period, before = periods
    start, end = before.start, period.end
    steps = steps_between(session, Span(start, end, end + table.within))
    found = scored_issues(session, start, end, now, steps)
    numbers |= {issue.id: issue.number for issue in found}
    clock = WorkClock(catalogue.calendar)
    cases = [
        Case(
            issue.id,
            places.of_issue(issue.area_key, issue.unit),
            issue.severity,
            issue.first_seen,
            issue.counts,
            issue.overdue,
        )
        for issue in found
    ]
    earlier = [case._replace(overdue=False) if case.overdue else case for case in cases]
    made = []
    for which, judged in ((period, cases), (before, earlier)):
        looks = places.looks(looked_at(session, which.start, which.end))
        args = (judged, steps, which.start, which.end, clock)
        made.append(tally(*args, within=table.within, looks=looks))
    return made[0], made[1]


def _entries(session: Session, level: Level, period: Period) -> Mapping[str, Sequence[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for r in score_entries(session, level, period.last):
        found[r.place].append(Entry(r.id, r.place, r.code, r.day, r.reason, r.actor))
    return found


def cell_issues(
    session: Session,
    catalogue: Catalogue,
    ids: Sequence[str],
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[IssueRow]:
    """A page of the issues behind a figure, in the order they were found; ``total`` is the figure.

    ``cursor`` is the id of the last issue of the page before.
    """
    ordered = sorted(ids)
    rest = [one for one in ordered if cursor is None or one > cursor]
    chosen = rest[:limit]
    rows: tuple[IssueRow, ...] = ()
    if chosen:
        which = IssueFilter(numbers=tuple(chosen))
        rows = list_issues(session, catalogue, which, sort="number", limit=limit).items
    by_id = {row.id: row for row in rows}
    shown = tuple(by_id[one] for one in chosen if one in by_id)
    return Page(shown, chosen[-1] if len(rest) > limit else None, len(ordered))
