"""Findings of a camera that are the same thing, or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.camera_matching import inside, overlap, same_spot

HEAP = (0.2, 0.2, 0.4, 0.4)


@pytest.mark.parametrize(
    ("box", "same"),
    [
        (HEAP, True),
        ((0.21, 0.19, 0.42, 0.4), True),
        ((0.1, 0.1, 0.6, 0.6), True),  # it grew
        ((0.25, 0.25, 0.3, 0.3), True),  # most of it was taken away
        ((0.4, 0.2, 0.6, 0.4), False),  # beside it
        ((0.35, 0.2, 0.55, 0.4), False),  # mostly beside it
        ((0.2, 0.2, 0.2, 0.2), False),  # nothing
    ],
)
def test_what_stands_where_it_stood_is_the_same(box, same):
    assert same_spot(HEAP, box) is same


SIDE = st.integers(0, 20).map(lambda n: n / 20)
BOXES = st.tuples(SIDE, SIDE, SIDE, SIDE).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


@given(BOXES, BOXES)
def test_overlap_is_the_same_both_ways_and_a_share(one, other):
    assert overlap(one, other) == overlap(other, one)
    assert 0 <= overlap(one, other) <= inside(one, other) <= 1 + 1e-9
    assert same_spot(one, other) == same_spot(other, one)
