"""Rates keep their denominator; few cases are called few."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.scoring.rates import Rate, spread


@given(of=st.integers(0, 5000), data=st.data())
def test_the_interval_holds_the_share(of, data):
    rate = Rate(data.draw(st.integers(0, of)), of, enough=5)
    low, high = rate.interval
    assert 0 <= low <= high <= 1
    if of:
        assert low <= rate.n / rate.of <= high
    assert (rate.value is None) == (of < 5)


def test_more_cases_make_it_narrower():
    few, many = Rate(2, 4).interval, Rate(200, 400).interval
    assert few[1] - few[0] > 4 * (many[1] - many[0])


@pytest.mark.parametrize(("n", "of"), [(-1, 3), (4, 3)])
def test_what_is_no_rate(n, of):
    with pytest.raises(ValueError, match="is no rate"):
        Rate(n, of)


def test_nothing_counted_is_never_a_hundred_percent():
    assert Rate(0, 0).value is None
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert Rate(3, 3).interval[0] < 0.5


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=50))
def test_the_median_is_the_one_of_the_books(values):
    found = spread(values)
    assert found.median == pytest.approx(statistics.median(values))
    assert found.p90 >= found.median - 1e-6
    assert found.n == len(values)


def test_too_few_times_give_no_median():
    assert spread([1.0, 2.0], enough=3) == spread([5.0, 9.0], enough=3)
    assert spread([]).median is None
