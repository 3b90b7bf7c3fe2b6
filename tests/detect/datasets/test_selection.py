"""What to label next: unsure first, unlike first, never the same thing twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.datasets.selection import choose, uncertainty

NONE = np.zeros((0, 4), np.float32)


@pytest.mark.parametrize(
    ("findings", "wanted"),
    [([], 0), ([(0.5, 0.5)], 1), ([(1.0, 0.5)], 0), ([(0.6, 0.2)], 0.5), ([(0.1, 0.2)], 0.5)],
)
def test_uncertainty_is_nearness_to_the_threshold(findings: list, wanted: float) -> None:
    assert uncertainty(findings) == pytest.approx(wanted)


def directions(*angles: float) -> np.ndarray:
    return np.array([[np.cos(a), np.sin(a), 0, 0] for a in angles], np.float32)


def test_the_unsure_one_comes_first_among_alike() -> None:
    vectors = directions(0, 2.1, 4.2)
    assert choose(vectors, np.array([0.1, 0.9, 0.2]), NONE, 1) == [1]


def test_the_one_unlike_what_is_seen_comes_first_when_all_are_sure() -> None:
    vectors = directions(0.1, 3.1, 0.2)
    seen = directions(0, 0.15)
    assert choose(vectors, np.zeros(3), seen, 1) == [1]


def test_copies_of_what_was_chosen_come_last() -> None:
    vectors = directions(0, 0, 0, 2.1, 4.2)
    unsure = np.array([0.9, 0.89, 0.88, 0.6, 0.6])
    assert set(choose(vectors, unsure, NONE, 3)) == {0, 3, 4}


@given(st.integers(0, 12), st.integers(0, 5), st.integers(0, 15), st.integers(0, 10**6))
def test_as_many_as_asked_for_and_none_twice(n: int, m: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 4)).astype(np.float32)
    seen = rng.normal(size=(m, 4)).astype(np.float32)
    chosen = choose(vectors, rng.random(n), seen, count)
    assert len(chosen) == len(set(chosen)) == min(n, count)
    assert set(chosen) <= set(range(n))
