"""The board from a store: SQL and rules together, each figure the list behind it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from issues.areas import import_areas
from issues.errors import NotFound
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.queries import IssueFilter, list_issues
from issues.scoring.board import EVERYWHERE, cell_issues, make_board
from issues.scoring.measures import LEVELS, Measure
from issues.scoring.period import parse_period
from issues.scoring.points import load_points
from issues.scoring.ranking import Unranked
from issues.scoring.tally import NO_PLACE
from issues.store.assessment_schema import ScoreEntryRecord
from tests.issues.photos import MONDAY, STREET, moved
from tests.issues.test_areas import square, write_areas

TABLE = load_points()
FAR = moved(STREET, 3000)
AWAY = moved(STREET, 9000)
HOUR = timedelta(hours=1)
ONE, TWO, THREE, FOUR, FIVE = (f"TC-2026-{n:06d}" for n in range(1, 6))


def act(store, catalogue, number, action, hours, **more):
    with store.transaction() as session:
        move(session, number, action, "li", catalogue=catalogue, now=MONDAY + hours * HOUR, **more)


@pytest.fixture
def town(store, intake, catalogue, camera, clock, tmp_path):
    """Five issues in a week: closed in time and back again, late, rejected, far off, unplaced."""
    areas = [
        square("east", unit_en="Cleaning 1"),
        square("old-town", half_m=1500.0, level="street"),
        square("north", FAR, level="street"),
        square("quiet", AWAY, level="street"),
    ]
    import_areas(store, write_areas(tmp_path / "areas.json", *areas), now=MONDAY)
    intake.record(camera.shoot("litter.pile", name="a.jpg"))
    intake.record(camera.shoot("bin.overflow", at=moved(STREET, 100)))
    intake.record(camera.shoot("litter.scattered", at=moved(STREET, 50)))
    intake.record(camera.shoot("litter.pile", at=FAR, days=1))
    intake.record(camera.shoot("stall.mobile", at=None, days=1))
    for n in range(20):
        intake.record(camera.shoot(at=moved(STREET, -60 - n), hours=1, heading_deg=0))
    intake.record(camera.shoot(at=STREET, hours=2, unusable=None, days=-7))
    act(store, catalogue, ONE, Action.CONFIRM, 0)
    act(store, catalogue, ONE, Action.CLOSE, 1)
    act(store, catalogue, TWO, Action.CONFIRM, 0)
    act(store, catalogue, TWO, Action.CLOSE, 100)
    act(store, catalogue, THREE, Action.REJECT, 1, reason=RejectReason.PERMITTED)
    act(store, catalogue, FOUR, Action.CONFIRM, 25)
    clock.moment = MONDAY + 60 * HOUR
    intake.record(camera.shoot("litter.pile", hours=59))


def board_of(store, catalogue, level, period="2026-W10", hours=160.0):
    with store.reading() as session:
        return make_board(
            session,
            catalogue,
            TABLE,
            parse_period(period, catalogue.calendar.zone),
            level,
            now=MONDAY + hours * HOUR,
        )


def figures(tally):
    return {measure.value: tally.count(measure) for measure in Measure if tally.count(measure)}


@pytest.mark.usefixtures("town")
def test_the_figures_of_a_week(store, catalogue):
    board = board_of(store, catalogue, "street")
    assert [line.place for line in board.lines] == ["old-town", "north", "quiet", NO_PLACE]
    assert figures(board.line("old-town").tally) == {
        "found": 2,
        "confirmed": 2,
        "reviewed": 3,
        "rejected": 1,
        "fixed": 2,
        "fixed_on_time": 1,
        "fixed_late": 1,
        "returned": 1,
        "rebounded": 1,
    }
    assert figures(board.line("north").tally) == {
        "found": 1,
        "confirmed": 1,
        "reviewed": 1,
        "overdue": 1,
    }
    assert figures(board.line(NO_PLACE).tally) == {"found": 1}
    assert board.line("old-town").tally.looks.photos == 24
    assert board.line("old-town").tally.hours().n == 2


@pytest.mark.usefixtures("town")
def test_an_unseen_place_is_not_ranked_as_clean(store, catalogue):
    board = board_of(store, catalogue, "street")
    quiet, old_town = board.line("quiet"), board.line("old-town")
    assert (figures(quiet.tally), quiet.score.points) == ({}, 100)
    assert quiet.score.points > old_town.score.points
    assert (old_town.rank.rank, quiet.rank.rank) == (1, None)
    assert quiet.rank.why_not is Unranked.NOT_ENOUGH_LOOKS


@pytest.mark.usefixtures("town")
def test_every_level_counts_every_issue_once(store, catalogue):
    streets = board_of(store, catalogue, "street")
    for level in LEVELS:
        board = board_of(store, catalogue, level)
        assert figures(board.total) == figures(streets.total)
        assert board.total.looks.photos == streets.total.looks.photos
        if level == "unit":
            assert {line.name.en for line in board.lines} >= {"Cleaning 1"}


def listed_behind(session, catalogue, ids):
    """All pages of the list behind a figure, and the total that they tell."""
    listed, cursor = [], None
    while True:
        page = cell_issues(session, catalogue, ids, cursor=cursor, limit=2)
        listed += [row.id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return listed, page.total


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("level", ["street", "unit"])
def test_each_figure_is_the_list_behind_it(store, catalogue, level):
    for period in ("2026-W10", "2026-W09", "2026-03-02..2026-03-03"):
        board = board_of(store, catalogue, level, period)
        with store.reading() as session:
            for place in [EVERYWHERE, *(line.place for line in board.lines)]:
                for measure in Measure:
                    ids = board.cell(place, measure)
                    listed, total = listed_behind(session, catalogue, ids)
                    assert total == len(listed) == len(ids)
                    assert set(listed) == set(ids)


@pytest.mark.usefixtures("town")
def test_overdue_is_what_lists_call_overdue(store, catalogue):
    board = board_of(store, catalogue, "grid")
    with store.reading() as session:
        which = IssueFilter(overdue_at=MONDAY + 160 * HOUR)
        listed = list_issues(session, catalogue, which).items
    assert set(board.total[Measure.OVERDUE]) == {row.id for row in listed} != set()


@pytest.mark.usefixtures("town")
def test_the_week_after_compares_with_this_one(store, catalogue):
    after = board_of(store, catalogue, "street", "2026-W11", hours=300)
    line = after.line("old-town")
    assert line.tally.count(Measure.FOUND) == 0
    assert line.before.count(Measure.FOUND) == 2
    assert line.before.count(Measure.OVERDUE) == 0
    assert line.difference(Measure.FOUND) is None
    assert line.rank.rank is None


@pytest.mark.usefixtures("town")
def test_what_people_enter_counts_until_it_is_withdrawn(store, catalogue):
    before = board_of(store, catalogue, "street").line("old-town").score.points
    values = {
        "level": "street",
        "place": "old-town",
        "code": "covert_visit",
        "day": date(2026, 3, 4),
        "reason": "market in disorder",
        "actor": "li",
        "created_at": MONDAY,
    }
    with store.transaction() as session:
        session.execute(insert(ScoreEntryRecord), values)
    line = board_of(store, catalogue, "street").line("old-town")
    assert line.score.points == before - 5
    assert line.score.lines[-1].entry.reason == "market in disorder"
    assert board_of(store, catalogue, "grid").line("east").score.lines[-1].entry is None
    with store.transaction() as session:
        session.query(ScoreEntryRecord).update({"withdrawn_at": MONDAY, "withdrawn_by": "li"})
    assert board_of(store, catalogue, "street").line("old-town").score.points == before


def test_a_board_of_nothing(store, catalogue):
    board = board_of(store, catalogue, "street")
    assert board.lines == ()
    assert figures(board.total) == {}
    with pytest.raises(NotFound):
        board.cell("nowhere", Measure.FOUND)


@pytest.mark.usefixtures("town")
def test_an_undone_close_never_happened(store, catalogue):
    act(store, catalogue, TWO, Action.UNDO, 101)
    tally = board_of(store, catalogue, "street").line("old-town").tally
    assert (tally.count(Measure.FIXED), tally.count(Measure.FIXED_LATE)) == (1, 0)
