"""Many points asked of many polygons at once: the same answers as one by one."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from issues.geometry import PolygonIndex, polygon_in

SIDE = st.integers(1, 6)
SPOT = st.tuples(st.integers(0, 10), st.integers(0, 10))


def box(south: int, west: int, high: int, wide: int):
    ring = [[west, south], [west + wide, south], [west + wide, south + high], [west, south + high]]
    return polygon_in(json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}))


@settings(max_examples=60, deadline=None)
@given(
    boxes=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), SIDE, SIDE), max_size=6),
    points=st.lists(SPOT, max_size=12),
    data=st.data(),
)
def test_the_first_by_rank_holds_each_point(boxes, points, data):
    index = PolygonIndex([box(*one) for one in boxes])
    ranks = data.draw(st.permutations(range(len(boxes))))
    spots = [(lat + 0.5, lon + 0.5) for lat, lon in points]
    plain = [min((ranks[i] for i in index.holding(*spot)), default=None) for spot in spots]
    assert index.first_each(spots, ranks) == plain
