"""Return visits: who is on the list and why, the way, the marks; recurrence and coverage."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issues.areas import import_areas
from issues.coverage import State, cover
from issues.errors import NotFound, QueryError, RiskError
from issues.hot_spots import hot_spots, periods, trend
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.place import cell_of
from issues.queries import EVERYTHING, IssueFilter, get_issue, get_row
from issues.recurrence import link_all, list_chronic, past_of
from issues.risk import load_risk, read_risk, reasons
from issues.rounds import Finding, Round, mark_visited, plan_round
from issues.route import length_m, ordered
from issues.store.round_select import due
from issues.store.schema import IssueRecord
from tests.issues.photos import MONDAY, STREET, moved
from tests.issues.test_areas import square, write_areas

DAY = timedelta(days=1)
ONE, TWO, THREE = (f"TC-2026-{n:06d}" for n in range(1, 4))
RISK = load_risk()


def confirm(store, catalogue, *numbers, now=MONDAY):
    with store.transaction() as session:
        for number in numbers:
            move(session, number, Action.CONFIRM, "li", catalogue=catalogue, now=now)


def stops(store, catalogue, now, **asked):
    with store.reading() as session:
        return plan_round(session, catalogue, RISK, Round(**asked), now=now)


def numbers(plan):
    return [stop.row.number for stop in plan.stops]


def codes(stop):
    return {reason.code for reason in stop.reasons}


def test_only_confirmed_open_issues_are_visited(store, intake, camera, catalogue):
    for n in range(3):
        intake.record(camera.shoot("litter.pile", at=moved(STREET, 300 * n)))
    assert stops(store, catalogue, MONDAY + DAY).due == 0
    confirm(store, catalogue, ONE, TWO)
    assert set(numbers(stops(store, catalogue, MONDAY + DAY))) == {ONE, TWO}
    with store.transaction() as session:
        move(session, ONE, Action.CLOSE, "li", catalogue=catalogue, now=MONDAY + DAY)
    intake.record(camera.shoot(at=moved(STREET, 300), days=1))
    assert numbers(stops(store, catalogue, MONDAY + 2 * DAY)) == [], "seen clear: a desk decides"


def test_the_most_pressing_first_with_its_reasons(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile", days=4.9))
    for days, found in ((0, ["litter.pile"]), (1, []), (2, ["litter.pile"])):
        intake.record(camera.shoot(*found, days=days, at=moved(STREET, 300)))
    confirm(store, catalogue, ONE, TWO, now=MONDAY + 2 * DAY)
    with store.transaction() as session:
        move(
            session, TWO, Action.SUPERVISE, "li", catalogue=catalogue, now=MONDAY + 3 * DAY,
            supervisor="王局",
        )  # fmt: skip
    plan = stops(store, catalogue, MONDAY + 12 * DAY)
    assert numbers(plan) == [TWO, ONE]
    assert {"overdue", "supervised", "recurrent", "unseen"} <= codes(plan.stops[0])
    assert plan.stops[0].points == sum(reason.points for reason in plan.stops[0].reasons)
    assert [r.points for r in plan.stops[0].reasons] == sorted(
        (r.points for r in plan.stops[0].reasons), reverse=True
    )
    only = stops(store, catalogue, MONDAY + 12 * DAY, which=IssueFilter(numbers=(ONE,)))
    assert numbers(only) == [ONE]


def test_reported_and_not_looked_at_since(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile"))
    confirm(store, catalogue, ONE)
    with store.transaction() as session:
        act = {"catalogue": catalogue, "now": MONDAY + DAY}
        move(session, ONE, Action.ASSIGN, "li", unit="环卫一所", **act)
        move(session, ONE, Action.REPORT_FIXED, "unit", **act)
    plan = stops(store, catalogue, MONDAY + 2 * DAY, reported_unseen=True)
    assert numbers(plan) == [ONE]
    assert "reported_unseen" in codes(plan.stops[0])
    intake.record(camera.shoot("litter.pile", days=2))
    assert numbers(stops(store, catalogue, MONDAY + 2 * DAY, reported_unseen=True)) == []


def test_unseen_for_days(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile"))
    intake.record(camera.shoot("litter.pile", days=9, at=moved(STREET, 300)))
    confirm(store, catalogue, ONE, TWO)
    assert numbers(stops(store, catalogue, MONDAY + 10 * DAY, unseen_days=7)) == [ONE]


def test_a_mark_rests_a_stop_and_proves_nothing(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile"))
    confirm(store, catalogue, ONE)
    now = MONDAY + 10 * DAY
    with store.transaction() as session:
        before = get_row(session, catalogue, ONE)
        for _ in range(2):
            mark_visited(
                session, ONE, "li", now=now, finding=Finding.SEEMS_GONE, idempotency_key="k"
            )
        assert get_row(session, catalogue, ONE) == before, "a mark changes nothing else"
        marks = [e for e in get_issue(session, catalogue, ONE).events if e.kind == "visited"]
    assert [(e.actor, e.reason) for e in marks] == [("li", "seems_gone")]
    assert numbers(stops(store, catalogue, now + DAY)) == []
    later = stops(store, catalogue, now + timedelta(days=RISK.rest_days + 1))
    assert numbers(later) == [ONE]
    assert later.stops[0].marked_at == now


def test_marks_on_what_is_not_there(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile"))
    confirm(store, catalogue, ONE)
    with store.transaction() as session:
        move(session, ONE, Action.CLOSE, "li", catalogue=catalogue, now=MONDAY)
        with pytest.raises(QueryError):
            mark_visited(session, ONE, "li", now=MONDAY)
        with pytest.raises(NotFound):
            mark_visited(session, "TC-1-1", "li", now=MONDAY)


def test_without_a_place_nobody_can_go(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile", at=None))
    confirm(store, catalogue, ONE)
    plan = stops(store, catalogue, MONDAY + DAY)
    assert (plan.stops, plan.due, plan.unplaced) == ((), 1, 1)


@pytest.mark.parametrize("stops_", [0, 201])
def test_how_many_stops(store, catalogue, stops_):
    with pytest.raises(QueryError):
        stops(store, catalogue, MONDAY, stops=stops_)


def test_a_walk_is_no_longer_than_the_list(store, intake, camera, catalogue):
    for n, metres in enumerate((0, 900, 300, 600)):
        intake.record(camera.shoot("litter.pile", at=moved(STREET, metres), days=n / 10))
    confirm(store, catalogue, ONE, TWO, THREE, "TC-2026-000004")
    plan = stops(store, catalogue, MONDAY + DAY, walk=True, start=moved(STREET, -50))
    assert numbers(plan) == [ONE, THREE, "TC-2026-000004", TWO]
    assert plan.length_m == pytest.approx(950, abs=2)
    assert [round(stop.leg_m, -1) for stop in plan.stops] == [50, 300, 300, 300]


points = st.lists(
    st.tuples(st.floats(31.0, 31.1), st.floats(121.0, 121.1)), min_size=1, max_size=12
)


@given(points, st.none() | st.tuples(st.floats(31.0, 31.1), st.floats(121.0, 121.1)))
def test_a_way_visits_everything_once_and_no_swap_shortens_it(places, start):
    way = ordered(places, start)
    assert sorted(way) == list(range(len(places)))
    walked = [places[n] for n in way]
    whole = length_m(walked, start)
    first = 0 if start is not None else 1
    for i in range(first, len(walked)):
        for j in range(i + 1, len(walked)):
            other = walked[:i] + walked[i : j + 1][::-1] + walked[j + 1 :]
            assert whole <= length_m(other, start) + 0.01


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_points_in_sql_are_those_in_python(sqlite_store, catalogue, intake_once, data):
    draw = data.draw
    hours = st.none() | st.integers(-2000, 400).map(lambda h: MONDAY + timedelta(hours=h))
    with sqlite_store.transaction() as session:
        record = session.query(IssueRecord).one()
        record.status = draw(
            st.sampled_from(
                ["confirmed", "assigned", "reported_fixed", "rework", "sent_back", "reopened"]
            )
        )
        record.deadline = draw(hours)
        record.reported_at = draw(hours)
        record.supervised_at = draw(hours)
        record.recurrences = draw(st.integers(0, 5))
        record.paper_fixes = draw(st.integers(0, 3))
        record.severity = draw(st.sampled_from(["minor", "normal", "major"]))
        back = draw(st.integers(0, 1000))
        record.first_seen = record.last_seen = record.last_look = MONDAY - timedelta(hours=back)
        session.flush()
        (found,) = due(session, [], RISK, MONDAY, 5)
        row = get_row(session, catalogue, record.id)
    assert found.points == sum(r.points for r in reasons(row, found.last_look, RISK, MONDAY))


@pytest.fixture
def intake_once(sqlite_store, catalogue, clock, camera):
    from issues.intake import Intake
    from tests.issues.photos import StreetModel

    Intake(sqlite_store, catalogue, StreetModel(), clock=clock).record(camera.shoot("litter.pile"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("overdue_days: 3", "overdue_days"),
        ("[]", "the table"),
        ("overdue_days: {0: 20, 3: 10}", "must not fall"),
        ("odd: 1", "odd"),
        ("{", "no table"),
    ],
)
def test_a_bad_table_says_what_is_wrong(text, told):
    with pytest.raises(RiskError, match=told):
        read_risk(text, "risk.yaml")


# ---------------------------------------------------------------------------- recurrence


def test_a_new_issue_beside_a_closed_one_is_linked(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile"))
    confirm(store, catalogue, ONE)
    with store.transaction() as session:
        move(session, ONE, Action.CLOSE, "li", catalogue=catalogue, now=MONDAY + DAY)
    intake.record(camera.shoot("litter.pile", days=9, at=moved(STREET, 45)))
    intake.record(camera.shoot("bin.overflow", days=9, at=moved(STREET, 2)))
    with store.reading() as session:
        past = past_of(session, TWO)
        assert [(line.number, line.how) for line in past.earlier] == [(ONE, "closed")]
        assert past.earlier[0].away_m == pytest.approx(45, abs=1)
        assert [line.number for line in past_of(session, ONE).later] == [TWO]
        assert past_of(session, THREE).earlier == (), "another category has another past"
        with pytest.raises(NotFound):
            past_of(session, "TC-1-1")
    assert link_all(store, catalogue, MONDAY) == 0, "linked already"


def test_what_was_rejected_as_handled_comes_back_as_new(store, intake, camera, catalogue):
    intake.record(camera.shoot("litter.pile"))
    with store.transaction() as session:
        why = RejectReason.ALREADY_HANDLED
        move(session, ONE, Action.REJECT, "li", catalogue=catalogue, now=MONDAY, reason=why)
    intake.record(camera.shoot("litter.pile", days=9))
    with store.reading() as session:
        assert [(e.number, e.how) for e in past_of(session, TWO).earlier] == [(ONE, "rejected")]


def test_three_times_is_chronic(store, intake, camera, catalogue):
    for days, found in enumerate((["litter.pile"], [], ["litter.pile"], [])):
        intake.record(camera.shoot(*found, days=days))
    confirm(store, catalogue, ONE, now=MONDAY + 3 * DAY)
    with store.reading() as session:
        assert list_chronic(session, catalogue) == ()
    with store.transaction() as session:
        move(session, ONE, Action.CLOSE, "li", catalogue=catalogue, now=MONDAY + 4 * DAY)
    intake.record(camera.shoot("litter.pile", days=9, at=moved(STREET, 45)))
    with store.reading() as session:
        (found,) = list_chronic(session, catalogue)
        assert (found.row.number, found.times) == (TWO, 3)
        assert [line.number for line in found.earlier] == [ONE]
        assert list_chronic(session, catalogue, times=4) == ()
        with pytest.raises(QueryError):
            list_chronic(session, catalogue, times=1)


def test_hot_spots_and_trend(store, intake, camera, catalogue):
    far = moved(STREET, 5000)
    intake.record(camera.shoot("litter.pile", "bin.overflow"))
    intake.record(camera.shoot("litter.pile", days=8, at=far))
    intake.record(camera.shoot(days=9, at=far))
    intake.record(camera.shoot("litter.pile", days=10, at=far))
    zone = catalogue.calendar.zone
    start = MONDAY.astimezone(zone)
    with store.reading() as session:
        spots = hot_spots(session, EVERYTHING)
        assert [(s.issues, s.returned, s.open) for s in spots] == [(2, 0, 2), (1, 1, 1)]
        assert spots[0].cell == cell_of(*STREET)
        assert spots[0].by_category == {"bin.overflow": 1, "litter.pile": 1}
        assert spots[1].returned_share == 1
        assert len(hot_spots(session, EVERYTHING, since=MONDAY + DAY)) == 1
        (coarse,) = hot_spots(session, EVERYTHING, resolution=7)[:1]
        assert coarse.issues >= 2
        weeks = trend(session, EVERYTHING, start, start + 14 * DAY, "week").buckets
        assert [(b.found, b.returned) for b in weeks[:2]] == [(2, 0), (1, 1)]
        with pytest.raises(QueryError):
            hot_spots(session, EVERYTHING, resolution=11)


@given(
    st.datetimes(MONDAY.replace(tzinfo=None), MONDAY.replace(tzinfo=None) + 200 * DAY),
    st.integers(1, 700),
    st.sampled_from(["week", "month"]),
)
def test_periods_lie_side_by_side(start, days, step):
    since = start.replace(tzinfo=MONDAY.tzinfo)
    bounds = periods(since, since + days * DAY, step)
    assert bounds[0][0] <= since
    assert bounds[-1][1] >= since + days * DAY
    assert all(one[1] == other[0] for one, other in pairwise(bounds))


# ---------------------------------------------------------------------------- coverage


def test_not_observed_is_never_clean(store, intake, camera, catalogue, tmp_path):
    import_areas(store, write_areas(tmp_path / "areas.json", square("east")), now=MONDAY)
    intake.record(camera.shoot("litter.pile"))
    with store.reading() as session:
        report = cover(session, MONDAY - DAY, MONDAY + DAY)
        by_cell = {cell.cell: cell for cell in report.cells}
        assert by_cell[cell_of(*STREET)].state is State.PROBLEM
        assert {cell.state for cell in report.cells} == {State.PROBLEM, State.NOT_OBSERVED}
        (area,) = report.areas
        assert (area.cells_seen, area.looks) == (1, 1)
        assert 0 < area.share < 1
        later = cover(session, MONDAY + DAY, MONDAY + 2 * DAY)
        assert {cell.state for cell in later.cells} == {State.NOT_OBSERVED}
        assert later.areas[0].last_at == MONDAY, "when it was looked at last is still known"
        with pytest.raises(QueryError):
            cover(session, MONDAY, MONDAY)


def test_a_dark_photo_covers_nothing(store, intake, camera, catalogue, tmp_path):
    from detect.types import Unusable

    import_areas(store, write_areas(tmp_path / "areas.json", square("east")), now=MONDAY)
    intake.record(camera.shoot(unusable=Unusable.DARK))
    intake.record(camera.shoot(at=None))
    intake.record(camera.shoot("litter.pile", days=-9, at=moved(STREET, 20)))
    confirm(store, catalogue, ONE)
    with store.reading() as session:
        report = cover(session, MONDAY - DAY, MONDAY + DAY)
    states = {cell.state for cell in report.cells if cell.looks}
    assert states == {State.UNUSABLE}
    assert (report.looks, report.unplaced_looks) == (2, 1)
    (area,) = report.areas
    assert (area.cells_seen, area.looks, area.open_issues) == (0, 1, 1)
