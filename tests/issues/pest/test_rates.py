"""A rate never stands without its denominator, a level never without its rate."""

from __future__ import annotations

import dataclasses
import inspect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.pest import rates, standards
from issues.pest.rates import Denominator, Rate
from issues.pest.standards import Grade, StandardsError, grade, load_standards

TABLE = load_standards()


def test_a_rate_can_not_be_made_without_a_denominator() -> None:
    with pytest.raises(TypeError):
        Rate(3)  # type: ignore[call-arg]
    field = next(f for f in dataclasses.fields(Rate) if f.name == "denominator")
    assert field.type == "Denominator"
    assert field.default is dataclasses.MISSING


def test_no_function_makes_a_level_without_a_rate() -> None:
    made = [
        function
        for module in (rates, standards)
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if inspect.signature(function).return_annotation in ("Grade", Grade)
    ]
    assert made == [grade]
    assert inspect.signature(grade).parameters["rate"].annotation == "Rate"


@pytest.mark.parametrize("amount", [0, -1, math.nan, math.inf, 2.5])
def test_denominators_are_real(amount: float) -> None:
    with pytest.raises(ValueError, match="rooms"):
        Denominator("rooms", amount)


@pytest.mark.parametrize("numerator", [-1, 11])
def test_no_more_than_all(numerator: int) -> None:
    with pytest.raises(ValueError, match=r"numerator|more than all"):
        Rate(numerator, Denominator("rooms", 10))


def test_metres_have_no_percentage_and_rooms_no_kilometres() -> None:
    with pytest.raises(ValueError, match="per_km"):
        _ = Rate(1, Denominator("metres", 2000)).percent
    with pytest.raises(ValueError, match="percent"):
        _ = Rate(1, Denominator("rooms", 20)).per_km
    assert Rate(5, Denominator("metres", 2000)).value == 2.5


def test_different_things_are_not_added() -> None:
    with pytest.raises(ValueError, match="added"):
        _ = Denominator("rooms", 1) + Denominator("metres", 1)


@given(st.integers(1, 5000), st.data())
def test_the_interval_holds_the_rate(n: int, data) -> None:
    k = data.draw(st.integers(0, n))
    rate = Rate(k, Denominator("rooms", n))
    low, high = rate.interval
    assert 0 <= low <= rate.percent + 1e-9
    assert rate.percent - 1e-9 <= high <= 100 + 1e-9
    signs = Rate(k, Denominator("metres", n))
    low, high = signs.interval
    assert 0 <= low <= signs.per_km <= high


def test_intervals_as_in_textbooks() -> None:
    """Wilson for 3 of 120; Poisson's exact limits for 5 are 1.62 and 11.67."""
    low, high = Rate(3, Denominator("rooms", 120)).interval
    assert (round(low, 2), round(high, 2)) == (0.85, 7.09)
    low, high = Rate(5, Denominator("metres", 1000)).interval
    assert (low, high) == pytest.approx((1.62, 11.67), abs=0.02)


@pytest.mark.parametrize(
    ("k", "level"), [(0, "A"), (10, "A"), (11, "B"), (50, "C"), (51, "beyond")]
)
def test_levels_by_the_table(k: int, level: str) -> None:
    assert grade(TABLE, "roach", Rate(k, Denominator("rooms", 1000))).level == level


def test_too_little_gives_no_level_but_says_what_is_likely() -> None:
    found = grade(TABLE, "roach", Rate(0, Denominator("rooms", 20)))
    assert found.level is None
    assert found.likely == ("A", "B", "C", "beyond")


def test_proofing_counts_the_sound_ones() -> None:
    assert grade(TABLE, "proofing", Rate(940, Denominator("facilities", 1000))).level == "C"
    assert grade(TABLE, "proofing", Rate(900, Denominator("facilities", 1000))).level == "beyond"


def test_unchecked_bounds_are_told() -> None:
    assert grade(TABLE, "roach", Rate(1, Denominator("rooms", 1000))).unchecked
    assert not grade(TABLE, "roach", Rate(500, Denominator("rooms", 1000))).unchecked
    assert grade(TABLE, "rodent_path", Rate(500, Denominator("metres", 5000))).unchecked


def test_a_rate_of_another_thing_has_no_level_here() -> None:
    with pytest.raises(ValueError, match="counts rooms"):
        grade(TABLE, "roach", Rate(1, Denominator("facilities", 100)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "can't be read"),
        ("room_m2: 0", "room_m2"),
        ("measures: {x: {levels: {A: {at_most: 1}}}}", "measures.x"),
    ],
)
def test_a_bad_table_says_where(tmp_path, text: str, said: str) -> None:
    path = tmp_path / "table.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(StandardsError, match=said):
        load_standards(path)


def test_every_bound_says_whether_it_was_checked() -> None:
    marked = {
        (code, level): bound.unchecked
        for code, measure in TABLE.measures.items()
        for level, bound in measure.levels.items()
    }
    assert [key for key, unchecked in marked.items() if not unchecked] == [
        (code, "C") for code in ("rodent_signs", "roach", "ootheca", "roach_traces", "fly")
    ]
    assert TABLE.rooms_of(15) == 1
    assert TABLE.rooms_of(16) == 2
