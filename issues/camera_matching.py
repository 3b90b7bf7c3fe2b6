"""Whether two findings of one camera are the same thing, told by where they stand in its picture.

A camera doesn't move, so the place in its picture says more than GPS. A heap that grows stays the
same thing, for the older box lies inside the newer; two heaps side by side stay two.
"""

from __future__ import annotations

from issues.rows import Box

OVERLAP = 0.3
"""At least this overlap (of union) is the same thing…"""

INSIDE = 0.6
"""…or this much of the smaller box inside the larger: it grew, or was partly taken away."""


def same_spot(one: Box, other: Box) -> bool:
    """Whether two boxes of one view are the same thing.

    >>> same_spot((0.1, 0.1, 0.3, 0.3), (0.1, 0.1, 0.4, 0.4))
    True
    >>> same_spot((0.1, 0.1, 0.3, 0.3), (0.3, 0.1, 0.5, 0.3))
    False
    """
    return overlap(one, other) >= OVERLAP or inside(one, other) >= INSIDE


def overlap(one: Box, other: Box) -> float:
    """The part of two boxes' union that both have, 0..1."""
    shared = _shared(one, other)
    union = _area(one) + _area(other) - shared
    return shared / union if union > 0 else 0.0


def inside(one: Box, other: Box) -> float:
    """The part of the smaller box that lies in the larger, 0..1."""
    smaller = min(_area(one), _area(other))
    return _shared(one, other) / smaller if smaller > 0 else 0.0


def _area(box: Box) -> float:
    x1, y1, x2, y2 = box
    return max(0.0, x2 - x1) * max(0.0, y2 - y1)


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
