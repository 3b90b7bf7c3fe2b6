"""The table of points: the shipped one holds, mistakes are told by line, scores stay in bounds."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from issues.scoring.measures import Measure
from issues.scoring.points import Entry, PointsTable, load_points, score
from issues.scoring.table_file import TableError, checked
from issues.scoring.tally import Looks, Tally
from tests.issues.scoring.test_tally import counted, towns

SHIPPED = files("issues.scoring").joinpath("points.yaml").read_text("utf-8")
TABLE = load_points()
MARCH = date(2026, 3, 1)


def made(looks: int = 100, **measures: int) -> Tally:
    """So many issues of normal severity for each measure; the first ones are in all."""
    most = max(measures.values(), default=0)
    ids = [f"i{n:03d}" for n in range(most)]
    issues = {Measure(name): tuple(ids[:n]) for name, n in measures.items()}
    return Tally(issues, dict.fromkeys(ids, "normal"), (), Looks(looks, looks))


@pytest.mark.parametrize(
    ("before", "after", "there", "said"),
    [
        ("start: 100", "start: lots", True, "start"),
        ("start: 100", "begin: 100", True, "begin"),
        ("start: 100", "start: 300", False, "between"),
        ("measure: paper", "measure: papers", True, "papers"),
        ("share: fixed, cap: 15", "cap: 15", True, "go together"),
        ("share: fixed, cap: 15", "share: found, cap: 15", True, "no part of found"),
        ("{minor: 3, normal: 3, major: 5}", "{minor: 3, normal: 3}", True, "major"),
        ("points: 90}", "points: 70}", False, "black list"),
        ("first: 30, again: all", "first: 30, again: some", True, "again"),
        ("start: 100", "start: [", False, "no YAML"),
        (SHIPPED, "- a list", False, "holds no table"),
    ],
)
def test_mistakes_are_told_by_line(before, after, there, said, tmp_path):
    assert before in SHIPPED
    path = tmp_path / "office.yaml"
    path.write_text(SHIPPED.replace(before, after, 1), "utf-8")
    with pytest.raises(TableError) as caught:
        load_points(path)
    assert said in caught.value.message
    assert caught.value.mend
    if there:
        line = SHIPPED[: SHIPPED.index(before)].count("\n") + 1
        assert f"office.yaml, line {line}:" in caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match="can't be read"):
        load_points(tmp_path / "none.yaml")


def test_the_shipped_table_says_that_its_weights_are_the_offices():
    assert "THE WEIGHTS ARE AN EXAMPLE" in SHIPPED
    assert checked(PointsTable, SHIPPED, "points.yaml") == TABLE


entries = st.lists(
    st.builds(
        Entry,
        st.integers(1, 99),
        st.just("east"),
        st.sampled_from([*TABLE.manual, "unheard_of"]),
        st.dates(date(2025, 1, 1), date(2026, 12, 31)),
        st.just("why"),
        st.just("li"),
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(town=towns(), looks=st.integers(0, 500), entered=entries)
def test_points_stay_in_bounds_and_are_the_sum_of_their_lines(town, looks, entered):
    for place in counted(*town, looks={"east": Looks(looks, looks)}).values():
        found = score(place, TABLE, entered, first=date(2026, 1, 1), last=date(2026, 6, 30))
        assert TABLE.lowest <= found.points <= TABLE.highest
        plain = TABLE.start + sum(line.points for line in found.lines)
        assert found.points == pytest.approx(min(max(plain, TABLE.lowest), TABLE.highest), abs=0.01)
        assert all((line.measure is None) != (line.entry is None) for line in found.lines)
        for rule in TABLE.deductions:
            assert rule.of(place, TABLE.enough.cases) <= rule.cap


@pytest.mark.parametrize(
    ("tally", "points"),
    [
        (made(), 100),
        (made(found=10), 95),
        (made(looks=50, found=10), 90),
        (made(found=400), 80),
        (made(overdue=3), 97),
        (made(fixed=10, fixed_late=5), 92.5),
        (made(fixed=4, fixed_late=4), 100),
        (made(fixed=10, fixed_on_time=10), 103),
        (made(paper=2), 94),
        (made(paper=50), 70),
        (made(fixed=10, fixed_on_time=10, rebounded=5), 93),
    ],
)
def test_what_costs_what(tally, points):
    assert score(tally, TABLE).points == points


def entry(number: int, day: date, code: str = "provincial_exposure") -> Entry:
    return Entry(number, "east", code, day, "shown at the meeting", "li")


@pytest.mark.parametrize(
    ("days", "points"),
    [
        ([date(2026, 3, 5)], 70),
        ([date(2026, 3, 5), date(2026, 3, 20)], 0),
        ([date(2025, 9, 1), date(2026, 3, 20)], 0),
        ([date(2024, 9, 1), date(2026, 3, 20)], 70),
        ([date(2026, 2, 1)], 100),
        ([date(2026, 4, 1)], 100),
    ],
)
def test_an_exposure_costs_thirty_points_and_the_second_all(days, points):
    entered = [entry(n, day) for n, day in enumerate(days)]
    found = score(made(), TABLE, entered, first=MARCH, last=date(2026, 3, 31))
    assert found.points == points


def test_what_was_entered_keeps_its_reason_and_who():
    found = score(made(), TABLE, [entry(1, MARCH, "commended")], first=MARCH, last=MARCH)
    assert found.points == 102
    (line,) = found.lines
    assert (line.entry.reason, line.entry.actor) == ("shown at the meeting", "li")
