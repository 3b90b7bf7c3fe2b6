"""Counting: figures add up over places, each is its list of issues, parts are parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from issues.calendar import WorkCalendar
from issues.issue import Severity
from issues.scoring.history import Step, standing, told
from issues.scoring.measures import SHARE_OF, Measure
from issues.scoring.tally import Case, Looks, Tally, tally, together
from issues.scoring.working_time import WorkClock

START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=7)
CLOCK = WorkClock(WorkCalendar())
KINDS = (
    *("confirm", "reject", "assign", "report_fixed", "close", "rework", "extend", "supervise"),
    *("returned", "reopen", "verification", "contradicted", "undo", "return_withdrawn"),
)
REASONS = ("not_done", "partly_done", "not_fixed", "reused_photo", "verified", None)
moments = st.integers(-20 * 24, 20 * 24).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def towns(draw):
    """Issues of a few places with any history at all."""
    cases, steps = [], {}
    for n in range(draw(st.integers(0, 8))):
        key = f"issue-{n}"
        place = draw(st.sampled_from(["", "east", "west", "north"]))
        severity = draw(st.sampled_from([s.value for s in Severity]))
        flags = draw(st.booleans()), draw(st.booleans())
        cases.append(Case(key, place, severity, draw(moments), *flags))
        steps[key] = [
            Step(
                *(key, 100 * n + at, draw(moments), draw(st.sampled_from(KINDS))),
                from_status=draw(st.sampled_from(["reported_fixed", "closed", None])),
                deadline=draw(st.none() | moments),
                reason=draw(st.sampled_from(REASONS)),
                undoes=draw(st.none() | st.integers(100 * n, 100 * n + 8)),
            )
            for at in range(draw(st.integers(0, 8)))
        ]
    return cases, steps


def counted(cases, steps, start=START, end=END, looks=None):
    return tally(cases, steps, start, end, CLOCK, within=timedelta(days=30), looks=looks)


@settings(max_examples=40, deadline=None)
@given(town=towns())
def test_figures_add_up_over_places(town):
    cases, steps = town
    by_place = counted(cases, steps)
    everywhere = counted([case._replace(place="all") for case in cases], steps).get("all", Tally())
    total = together(by_place.values())
    for measure in Measure:
        assert total.count(measure) == everywhere.count(measure)
        assert set(total[measure]) == set(everywhere[measure])
    assert total.fixes == tuple(sorted(everywhere.fixes))


@settings(max_examples=40, deadline=None)
@given(town=towns())
def test_a_figure_names_each_issue_once_and_parts_are_parts(town):
    for place in counted(*town).values():
        for measure in Measure:
            ids = place[measure]
            assert len(set(ids)) == len(ids)
            assert list(ids) == sorted(ids)
            assert set(ids) <= set(place.severity)
        for part, whole in SHARE_OF.items():
            assert set(place[part]) <= set(place[whole])
        late, on_time = set(place[Measure.FIXED_LATE]), set(place[Measure.FIXED_ON_TIME])
        assert late | on_time == set(place[Measure.FIXED])
        assert not late & on_time
        assert {fix.issue_id for fix in place.fixes} <= set(place[Measure.FIXED])


@settings(max_examples=40, deadline=None)
@given(town=towns(), days=st.integers(1, 6))
def test_what_is_found_and_confirmed_in_two_halves_is_what_is_in_both(town, days):
    middle = START + timedelta(days=days)
    whole = together(counted(*town).values())
    halves = [
        together(counted(*town, START, middle).values()),
        together(counted(*town, middle, END).values()),
    ]
    for measure in (Measure.FOUND, Measure.CONFIRMED, Measure.RETURNED, Measure.SUPERVISED):
        assert set(whole[measure]) == set(halves[0][measure]) | set(halves[1][measure])


def test_a_place_that_was_only_looked_at_is_there_too():
    found = counted([], {}, looks={"east": Looks(30, 4)})
    assert found["east"].looks == Looks(30, 4)
    assert found["east"].count(Measure.FOUND) == 0


def test_rejected_ones_and_duplicates_are_not_found():
    cases = [
        Case("a", "east", "normal", START, True, False),
        Case("b", "east", "normal", START, False, False),
        Case("c", "east", "normal", END, True, False),
    ]
    assert counted(cases, {})["east"][Measure.FOUND] == ("a",)


@settings(max_examples=40, deadline=None)
@given(town=towns(), shown=st.lists(st.none() | moments, min_size=64, max_size=64))
def test_histories_without_a_step_in_the_period_would_tell_nothing(town, shown):
    cases, steps = town
    dated = {
        key: [step._replace(as_of=shown[n]) for n, step in enumerate(lines)]
        for key, lines in steps.items()
    }
    plain: dict[tuple[str, Measure], list[str]] = {}
    for case in sorted(cases):
        said = told(standing(dated[case.id]), START, END, CLOCK, timedelta(days=30))
        measures = set(said.measures)
        if case.counts and START <= case.first_seen < END:
            measures.add(Measure.FOUND)
        if case.overdue:
            measures.add(Measure.OVERDUE)
        for measure in measures:
            plain.setdefault((case.place, measure), []).append(case.id)
    found = counted(cases, dated)
    told_so = {(p, m): list(ids) for p, t in found.items() for m, ids in t.issues.items() if ids}
    assert told_so == plain
