"""A short way through some points: straight lines between them, not streets.

Nearest neighbour first, then 2-opt: two legs are exchanged as long as that makes the way shorter.
The way begins at a start point (where one is given) and doesn't come back to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from issues.place import distance_m

Point = tuple[float, float]
MOST_PASSES = 30


def ordered(points: Sequence[Point], start: Point | None = None) -> list[int]:
    """The order in which to visit the points (lat, lon): their positions, each once.

    Without a start the way begins at the first point, the most pressing one.

    >>> ordered([(31.0, 121.2), (31.0, 121.0), (31.0, 121.1)], start=(31.0, 120.9))
    [1, 2, 0]
    """
    if not points:
        return []
    places = [start if start is not None else points[0], *points]
    legs = [[distance_m(*one, *other) for other in places] for one in places]
    way = _shorter(_nearest_first(legs), legs)
    return [stop - 1 for stop in way[1:]]


def length_m(points: Sequence[Point], start: Point | None = None) -> float:
    """Metres along straight lines from point to point, from the start where there is one.

    >>> round(length_m([(31.0, 121.0), (31.0009, 121.0)]))
    100
    """
    places = [*([start] if start is not None else []), *points]
    return sum(distance_m(*one, *other) for one, other in pairwise(places))


def _nearest_first(legs: Sequence[Sequence[float]]) -> list[int]:
    way, left = [0], set(range(1, len(legs)))
    while left:
        here = legs[way[-1]]
        nearest = min(left, key=lambda stop: (here[stop], stop))
        way.append(nearest)
        left.remove(nearest)
    return way


def _shorter(way: list[int], legs: Sequence[Sequence[float]]) -> list[int]:
    """2-opt on an open way whose first place stays first."""
    for _ in range(MOST_PASSES):
        changed = False
        for i in range(1, len(way) - 1):
            for j in range(i + 1, len(way)):
                before = legs[way[i - 1]][way[i]]
                after = legs[way[i - 1]][way[j]]
                if j + 1 < len(way):
                    before += legs[way[j]][way[j + 1]]
                    after += legs[way[i]][way[j + 1]]
                if after < before - 1e-6:
                    way[i : j + 1] = way[i : j + 1][::-1]
                    changed = True
        if not changed:
            break
    return way
