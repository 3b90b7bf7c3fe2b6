"""The course of an issue with its unit: assignment, report, rework, holds, supervision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from issues.deadlines import due_soon_until, escalation_before, limit_h, overdue_by_h
from issues.errors import MoveNotAllowed, VersionConflict
from issues.issue import (
    Action,
    ExtendReason,
    HoldReason,
    ReworkReason,
    SendBackReason,
    Status,
    Verdict,
)
from issues.moves import move
from issues.queries import IssueFilter, get_issue, get_row, list_issues
from issues.standing import settle
from issues.store.ledger import VERIFICATION, add_event, find_issue
from issues.workload import count_work, due_soon, to_escalate
from tests.issues.photos import MONDAY, STREET, moved

ONE, TWO = "TC-2026-000001", "TC-2026-000002"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + HOUR


@pytest.fixture
def act(store, catalogue):
    """Makes a move in a transaction of its own."""

    def make(action, number=ONE, *, now=LATER, actor="li", **more):
        with store.transaction() as session:
            return move(session, number, action, actor, catalogue=catalogue, now=now, **more)

    return make


@pytest.fixture
def row(store, catalogue):
    def read(number=ONE, now=None):
        with store.reading() as session:
            return get_row(session, catalogue, number, now=now)

    return read


@pytest.fixture
def kinds(store, catalogue):
    def read(number=ONE):
        with store.reading() as session:
            return [event.kind for event in get_issue(session, catalogue, number).events]

    return read


@pytest.fixture
def assigned(intake, camera, act):
    """A pile that is with the first team, hours of work ahead."""
    intake.record(camera.shoot("litter.pile"))
    act(Action.CONFIRM)
    return act(Action.ASSIGN, unit="一队", now=LATER + HOUR)


pytestmark = pytest.mark.usefixtures("assigned")


def test_the_clock_starts_at_the_assignment(row, catalogue):
    found = row()
    hours = limit_h(catalogue, found)
    assert found.deadline == catalogue.calendar.add_hours(LATER + HOUR, hours)
    assert (found.unit_zh, found.unit("en"), found.assigned_at) == ("一队", "一队", LATER + HOUR)


def test_a_report_stops_the_clock(act, row, catalogue):
    late = row().deadline + 30 * DAY
    assert row().overdue(late)
    reported = act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    assert not reported.overdue(late)
    back = act(Action.REWORK, reason=ReworkReason.PARTLY_DONE, now=late)
    assert (back.reworks, back.paper_fixes) == (1, 0)
    share = limit_h(catalogue, back) * catalogue.course.rework_share
    assert back.deadline == catalogue.calendar.add_hours(late, share)
    assert back.overdue(back.deadline + HOUR)


def test_a_rework_never_shortens_the_time(act, row):
    before = row().deadline
    act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    back = act(Action.REWORK, reason=ReworkReason.NO_PROOF, now=LATER + 2 * HOUR)
    assert back.deadline >= before
    assert act(Action.UNDO, now=LATER + 3 * HOUR).status is Status.REPORTED_FIXED


def test_seen_after_the_report_is_a_fix_on_paper(act, row, kinds, intake, camera):
    deadline = row().deadline
    act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    photo = camera.shoot("litter.pile", days=1)
    intake.record(photo)
    found = row()
    assert (found.status, found.reworks, found.paper_fixes) == (Status.REWORK, 1, 1)
    assert found.deadline == deadline
    assert kinds()[-1] == "contradicted"
    intake.record(camera.shoot("litter.pile", days=2))
    assert row().paper_fixes == 1


def test_a_photo_from_before_the_report_contradicts_nothing(act, row, intake, camera):
    act(Action.REPORT_FIXED, now=MONDAY + DAY)
    intake.record(camera.shoot("litter.pile", hours=20))
    assert row().status is Status.REPORTED_FIXED


def test_a_clear_look_proposes_the_report_as_true(act, row, intake, camera):
    act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    intake.record(camera.shoot(days=1))
    assert (row().status, row().proposal) == (Status.REPORTED_FIXED, "fixed")
    assert act(Action.CLOSE, now=MONDAY + 2 * DAY).status is Status.CLOSED
    intake.record(camera.shoot("litter.pile", days=9))
    back = row()
    assert (back.status, back.recurrences, back.deadline) == (Status.REOPENED, 1, None)
    again = act(Action.ASSIGN, unit="一队", now=MONDAY + 9 * DAY)
    assert (again.status, again.paper_fixes) == (Status.ASSIGNED, 0)


def test_back_after_a_true_report_that_nobody_closed(act, row, intake, camera):
    act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    intake.record(camera.shoot(days=1))
    intake.record(camera.shoot("litter.pile", days=9))
    assert (row().status, row().recurrences, row().paper_fixes) == (Status.REOPENED, 1, 0)


def test_back_while_the_unit_has_it_stays_with_the_unit(row, kinds, intake, camera):
    intake.record(camera.shoot(days=1))
    intake.record(camera.shoot("litter.pile", days=9))
    assert (row().status, row().recurrences, row().proposal) == (Status.ASSIGNED, 1, None)
    assert kinds()[-1] == "returned"


def test_the_order_of_arrival_does_not_matter(act, row, intake, camera):
    act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    photos = [
        camera.shoot("litter.pile", days=8),
        camera.shoot(days=7),
        camera.shoot("litter.pile", days=1),
    ]
    for photo in photos:
        intake.record(photo)
    found = row()
    assert (found.status, found.paper_fixes, found.recurrences) == (Status.REWORK, 1, 1)


def test_who_sends_for_rework_after_a_photo_did_counts_once(act, row, intake, camera):
    act(Action.REPORT_FIXED, now=LATER + 2 * HOUR)
    act(Action.REWORK, reason=ReworkReason.NOT_DONE, now=MONDAY + 5 * DAY)
    intake.record(camera.shoot("litter.pile", days=1))
    assert (row().reworks, row().paper_fixes) == (1, 1)


def test_sent_back_needs_a_name_to_go_on(act, catalogue):
    act(Action.SEND_BACK, reason=SendBackReason.NOT_OURS, note="railway")
    with pytest.raises(MoveNotAllowed) as caught:
        act(Action.ASSIGN)
    assert caught.value.code == "unit_missing"
    other = act(Action.ASSIGN, unit="二队", now=MONDAY + DAY)
    assert other.unit_zh == "二队"
    hours = limit_h(catalogue, other)
    assert other.deadline == catalogue.calendar.add_hours(MONDAY + DAY, hours)


def test_sending_back_wins_no_time(act, row):
    before = row().deadline
    act(Action.SEND_BACK, reason=SendBackReason.PLACE_UNCLEAR)
    assert act(Action.ASSIGN, unit="一队", now=MONDAY + DAY).deadline == before


def test_extending_counts_from_the_deadline(act, row, catalogue):
    before = row().deadline
    found = act(Action.EXTEND, reason=ExtendReason.WEATHER, hours=3)
    assert found.deadline == catalogue.calendar.add_hours(before, 3)
    assert found.extensions == 1
    late = found.deadline + 30 * DAY
    again = act(Action.EXTEND, reason=ExtendReason.WEATHER, hours=3, now=late)
    assert again.deadline == catalogue.calendar.add_hours(late, 3)


def test_a_hold_gives_back_what_was_left(act, row, catalogue):
    calendar, before = catalogue.calendar, row().deadline
    now, until = LATER + HOUR, MONDAY + 21 * DAY
    left_h = calendar.hours_between(now, before)
    held = act(Action.HOLD, reason=HoldReason.FUNDS, until=until, now=now)
    assert (held.status, held.held_from) == (Status.ON_HOLD, Status.ASSIGNED)
    assert held.deadline == calendar.add_hours(until, left_h)
    longer = act(Action.HOLD, reason=HoldReason.FUNDS, until=until + 7 * DAY, now=now)
    assert longer.deadline == calendar.add_hours(until + 7 * DAY, left_h)
    early = act(Action.RESUME, now=MONDAY + 14 * DAY)
    assert (early.status, early.on_hold_until) == (Status.ASSIGNED, None)
    assert early.deadline == calendar.add_hours(MONDAY + 14 * DAY, left_h)


def test_a_hold_cures_no_lateness(act, row):
    late = row().deadline + 10 * DAY
    held = act(Action.HOLD, reason=HoldReason.DISPUTED, until=late + 7 * DAY, now=late)
    assert held.deadline == row().deadline
    assert not held.overdue(late + DAY)
    assert held.overdue(late + 8 * DAY)


def test_a_hold_ends_by_itself(act, row, kinds, store, catalogue):
    until = MONDAY + 7 * DAY
    act(Action.HOLD, reason=HoldReason.FUNDS, until=until)
    after = until + HOUR
    assert row(now=until - HOUR).status is Status.ON_HOLD
    assert row(now=after).status is Status.ASSIGNED
    with store.reading() as session:
        for status, numbers in ((Status.ASSIGNED, [ONE]), (Status.ON_HOLD, [])):
            which = IssueFilter(status=(status,))
            found = list_issues(session, catalogue, which, now=after).items
            assert [one.number for one in found] == numbers
    reported = act(Action.REPORT_FIXED, now=after)
    assert reported.status is Status.REPORTED_FIXED
    assert kinds()[-3:] == ["hold", "resumed", "report_fixed"]
    act(Action.UNDO, now=after)
    assert row().status is Status.ASSIGNED


def test_what_is_decided_on_hold_ends_it(act):
    act(Action.HOLD, reason=HoldReason.FUNDS, until=MONDAY + 7 * DAY)
    closed = act(Action.CLOSE, now=MONDAY + DAY)
    assert (closed.status, closed.held_from, closed.on_hold_until) == (Status.CLOSED, None, None)


def test_supervision_stays_until_it_is_ended(act):
    found = act(Action.SUPERVISE, supervisor="王主任")
    assert (found.supervised, found.supervisor, found.status) == (True, "王主任", Status.ASSIGNED)
    act(Action.REPORT_FIXED)
    assert act(Action.CLOSE, now=MONDAY + DAY).supervised
    assert not act(Action.REOPEN, now=MONDAY + DAY).overdue(MONDAY + 99 * DAY)
    assert not act(Action.UNSUPERVISE, now=MONDAY + DAY).supervised


def test_verification_is_part_of_the_fold_and_not_undone(act, row, store, catalogue):
    act(Action.REPORT_FIXED)
    with store.transaction() as session:
        record = find_issue(session, ONE, lock=True)
        add_event(session, record.id, LATER, VERIFICATION, data={"verdict": "reused_photo"})
        settle(session, record, catalogue=catalogue, areas=None, now=LATER)
    assert row().verdict is Verdict.REUSED_PHOTO
    act(Action.REWORK, reason=ReworkReason.REUSED_PHOTO)
    assert row().paper_fixes == 1
    assert act(Action.UNDO).status is Status.REPORTED_FIXED
    assert row().verdict is Verdict.REUSED_PHOTO
    act(Action.UNDO)
    act(Action.REPORT_FIXED)
    assert row().verdict is None


def test_due_soon_overdue_and_what_to_escalate(act, row, store, catalogue, intake, camera):
    intake.record(camera.shoot("litter.pile", at=moved(STREET, 300)))
    act(Action.CONFIRM, TWO)
    deadline, calendar = row().deadline, catalogue.calendar

    def numbers(which, now):
        with store.reading() as session:
            return [one.number for one in list_issues(session, catalogue, which, now=now).items]

    early = deadline - timedelta(minutes=30)
    assert ONE in numbers(due_soon(catalogue, early), early)
    assert row().due_soon(early, due_soon_until(catalogue, early))
    assert ONE not in numbers(due_soon(catalogue, deadline + HOUR), deadline + HOUR)
    late = calendar.add_hours(deadline, catalogue.course.escalate_after_h + 1)
    assert overdue_by_h(catalogue, deadline, late) == pytest.approx(8)
    assert set(numbers(IssueFilter(overdue_at=late), late)) == {ONE, TWO}
    assert ONE in numbers(to_escalate(catalogue, late), late)
    just = calendar.add_hours(deadline, catalogue.course.escalate_after_h - 0.1)
    assert ONE not in numbers(to_escalate(catalogue, just), just)
    with store.reading() as session:
        total, units = count_work(session, catalogue, now=late)
    assert (total.open, total.overdue, total.to_assign, total.at_work) == (2, 2, 1, 1)
    assert units["一队", "一队"].escalate == 1
    act(Action.SUPERVISE, supervisor="王", now=late)
    assert ONE not in numbers(to_escalate(catalogue, late), late)


@pytest.mark.parametrize("late_h", [0, 0.5, 7, 30])
def test_the_moment_of_escalation_is_that_many_working_hours_ago(catalogue, late_h):
    course = catalogue.course.model_copy(update={"escalate_after_h": late_h})
    table = catalogue.model_copy(update={"course": course})
    for hours in range(0, 24 * 9, 5):
        now = MONDAY + timedelta(hours=hours)
        before = escalation_before(table, now)
        assert catalogue.calendar.hours_between(before, now) == pytest.approx(late_h, abs=0.001)


def test_two_people_at_once_one_decides(store, catalogue):
    from threading import Barrier, Thread

    version, start, outcomes = 3, Barrier(4), []

    def decide(unit):
        start.wait()
        try:
            with store.transaction() as session:
                move(
                    session,
                    ONE,
                    Action.ASSIGN,
                    unit,
                    catalogue=catalogue,
                    now=LATER + 2 * HOUR,
                    expected_version=version,
                    unit=unit,
                )
            outcomes.append(unit)
        except VersionConflict:
            outcomes.append(None)

    threads = [Thread(target=decide, args=(f"{n}队",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [unit for unit in outcomes if unit]
    assert len(winners) == 1
    with store.reading() as session:
        detail = get_issue(session, catalogue, ONE)
    assert detail.row.unit_zh == winners[0]
    assert [event.kind for event in detail.events].count("assign") == 2
    assert detail.row.version == version + 1
