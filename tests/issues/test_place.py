"""Distances, cells, the middle."""

from __future__ import annotations

import math
import random

import h3.api.basic_int as h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.place import SHORTEST_EDGE_M, Reach, cell_of, cells_near, distance_m, middle, window

lats = st.floats(-85, 85)
lons = st.floats(-180, 180)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((0, 0), (0, 1), 111_195),
        ((31.2304, 121.4737), (39.9042, 116.4074), 1_067_300),
        ((10, 179.9999), (10, -179.9999), 21.9),
        ((90, 0), (90, 120), 0),
        ((5, 5), (5, 5), 0),
    ],
)
def test_distances(one, other, metres):
    assert distance_m(*one, *other) == pytest.approx(metres, rel=0.002, abs=0.01)


def go(lat, lon, metres, bearing):
    """The point so far away in a direction, on the sphere."""
    angle, phi = metres / 6_371_008.8, math.radians(lat)
    there = math.asin(
        math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    )
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi),
        math.cos(angle) - math.sin(phi) * math.sin(there),
    )
    return math.degrees(there), (lon + math.degrees(turn) + 540) % 360 - 180


@given(lats, lons, st.floats(0, 280), st.floats(0, 1), st.floats(0, 2 * math.pi))
def test_what_is_within_reach_is_in_the_cells_and_the_window(lat, lon, reach_m, part, bearing):
    there = go(lat, lon, reach_m * part, bearing)
    assert cell_of(*there) in cells_near(lat, lon, reach_m)
    around = window(lat, lon, reach_m)
    assert around.south <= there[0] <= around.north
    assert around.wraps or around.west <= there[1] <= around.east


@given(lats, lons)
def test_from_the_corners_of_a_cell_everything_within_reach_is_in_the_ring_around_it(lat, lon):
    for corner in h3.cell_to_boundary(cell_of(lat, lon)):
        for turn in range(12):
            there = go(*corner, SHORTEST_EDGE_M, turn * math.pi / 6)
            assert cell_of(*there) in h3.grid_disk(cell_of(lat, lon), 1)


def test_no_more_cells_than_needed():
    assert len(cells_near(31.2, 121.4, 55)) == 7
    assert len(cells_near(31.2, 121.4, 70)) == 19


def test_a_reach_adds_accuracies_up_to_a_cap():
    reach = Reach(25, 30, 8)
    assert reach.longest_m == 55
    assert reach.between_m(None, None) == 41
    assert reach.between_m(3, 4) == 32
    assert reach.between_m(3, 400) == 55


def test_the_accurate_points_weigh_more():
    place = middle([(10.0, 20.0, 2.0), (10.001, 20.0, 20.0)], 8)
    assert place.lat == pytest.approx(10.00001, abs=1e-6)
    assert place.accuracy_m == 2


def test_the_middle_over_the_date_line():
    place = middle([(0.0, 179.9999, 5.0), (0.0, -179.9999, 5.0)], 8)
    assert abs(place.lon) == pytest.approx(180)


def test_the_middle_of_nothing():
    with pytest.raises(ValueError, match="at least one"):
        middle([], 8)


points = st.lists(
    st.tuples(st.floats(31.2, 31.201), st.floats(121.4, 121.401), st.none() | st.floats(0, 50)),
    min_size=1,
    max_size=8,
)


@given(points, st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(given_points, shuffled: random.Random):
    other = list(given_points)
    shuffled.shuffle(other)
    assert middle(given_points, 8) == middle(other, 8)
