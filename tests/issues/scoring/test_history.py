"""What an issue's history says of a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from issues.calendar import WorkCalendar
from issues.scoring.history import Step, standing, told
from issues.scoring.measures import Measure
from issues.scoring.working_time import WorkClock

MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai."""
CLOCK = WorkClock(WorkCalendar())
WEEK = (MONDAY - timedelta(hours=9), MONDAY + timedelta(days=7) - timedelta(hours=9))
HOUR = timedelta(hours=1)


def history(*lines: tuple) -> list[Step]:
    """Steps from (hours after Monday nine, kind, other fields)."""
    return [
        Step("i", n, MONDAY + hours * HOUR, kind, **(rest[0] if rest else {}))
        for n, (hours, kind, *rest) in enumerate(lines, 1)
    ]


def says(*lines: tuple, within_days: int = 30, week: int = 0) -> set[str]:
    shift = timedelta(days=7 * week)
    steps = standing(history(*lines))
    found = told(steps, WEEK[0] + shift, WEEK[1] + shift, CLOCK, timedelta(days=within_days))
    return {measure.value for measure in found.measures}


def due(hours: float) -> dict[str, datetime]:
    return {"deadline": MONDAY + hours * HOUR}


FIXED = {"fixed", "fixed_on_time"}
CONFIRMED = {"confirmed", "reviewed"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], set()),
        ([(0, "confirm", due(8))], CONFIRMED),
        ([(0, "reject")], {"rejected", "reviewed"}),
        ([(0, "confirm", due(8)), (1, "undo", {"undoes": 1})], set()),
        ([(0, "reject"), (1, "undo", {"undoes": 1}), (2, "confirm", due(8))], CONFIRMED),
        ([(0, "confirm", due(8)), (4, "close")], CONFIRMED | FIXED),
        ([(0, "confirm", due(8)), (9, "close")], CONFIRMED | {"fixed", "fixed_late"}),
        (
            [(0, "confirm", due(8)), (1, "assign", due(4)), (3, "report_fixed"), (50, "close")],
            CONFIRMED | {"assigned"} | FIXED,
        ),
        (
            [(0, "confirm", due(8)), (1, "assign", due(4)), (5, "report_fixed"), (6, "close")],
            CONFIRMED | {"assigned", "fixed", "fixed_late"},
        ),
        (
            [(0, "assign", due(4)), (2, "extend", due(50)), (40, "close")],
            {"assigned", "extended"} | FIXED,
        ),
        (
            [
                *((0, "assign", due(4)), (2, "report_fixed")),
                (3, "rework", {"reason": "not_done", "from_status": "reported_fixed"}),
                *((9, "report_fixed"), (10, "close")),
            ],
            {"assigned", "rework", "paper", "fixed", "fixed_late"},
        ),
        (
            [
                *((0, "assign", due(4)), (2, "report_fixed")),
                (3, "rework", {"reason": "partly_done", "from_status": "reported_fixed"}),
            ],
            {"assigned", "rework"},
        ),
        ([(1, "supervise")], {"supervised"}),
        ([(1, "verification", {"reason": "reused_photo"})], {"paper"}),
        ([(1, "verification", {"reason": "cant_tell"})], set()),
        ([(1, "contradicted", {"from_status": "reported_fixed"})], {"paper"}),
        ([(1, "contradicted"), (2, "contradiction_withdrawn")], set()),
        ([(1, "returned", {"from_status": "reported_fixed"})], {"paper", "returned"}),
        ([(1, "returned", {"from_status": "confirmed"})], {"returned"}),
        ([(1, "returned"), (2, "return_withdrawn")], set()),
        ([(1, "reopen", {"from_status": "rejected"})], set()),
        (
            [(0, "confirm", due(8)), (4, "close"), (60, "returned")],
            CONFIRMED | FIXED | {"returned", "rebounded"},
        ),
        (
            [(0, "confirm", due(8)), (4, "close"), (300, "returned")],
            CONFIRMED | FIXED | {"rebounded"},
        ),
        ([(0, "confirm", due(8)), (4, "close"), (24 * 40, "returned")], CONFIRMED | FIXED),
        ([(-300, "confirm", due(-290)), (-280, "close"), (1, "returned")], {"returned"}),
        ([(-20, "confirm", due(8)), (200, "close")], set()),
    ],
)
def test_what_counts(lines, said):
    assert says(*lines) == said


def test_what_photos_showed_counts_when_they_were_taken():
    taken = {"as_of": MONDAY + HOUR}
    assert says((400, "returned", taken)) == {"returned"}
    assert says((400, "returned", taken), week=2) == set()


def test_closed_twice_in_a_period_is_one_fix_and_the_last_counts():
    lines = [
        *((0, "confirm", due(8)), (4, "close"), (24, "returned")),
        *((25, "confirm", due(30)), (60, "close")),
    ]
    assert says(*lines) >= {"fixed", "fixed_late", "rebounded"}
    assert "fixed_on_time" not in says(*lines)


def test_an_old_deadline_is_none_for_what_came_back():
    lines = [(0, "confirm", due(2)), (1, "close"), (24, "returned"), (30, "close")]
    assert says(*lines) >= {"fixed", "fixed_on_time"}


def hours_of(*lines: tuple) -> float | None:
    return told(standing(history(*lines)), *WEEK, CLOCK, timedelta(days=30)).hours


def test_the_clock_runs_in_working_hours_from_assignment_to_the_report():
    assert hours_of((0, "confirm"), (1, "assign"), (2, "report_fixed"), (30, "close")) == 1
    assert hours_of((0, "confirm"), (24, "close")) == 7
    assert hours_of((0, "confirm")) is None


def test_without_a_report_the_clear_photo_stops_it():
    lines = [(0, "confirm"), (30, "close", {"as_of": MONDAY + 2 * HOUR})]
    assert hours_of(*lines) == 2
    earlier = [(0, "confirm"), (30, "close", {"as_of": MONDAY - 50 * HOUR})]
    assert hours_of(*earlier) == 0


def test_a_report_that_was_refused_does_not_stop_it():
    assert hours_of((0, "assign"), (1, "report_fixed"), (2, "rework"), (3, "close")) == 3


def test_every_measure_but_two_comes_from_history():
    told_somewhere = set().union(*(said for _, said in test_what_counts.pytestmark[0].args[1]))
    assert {m.value for m in Measure} - told_somewhere == {"found", "overdue"}
