"""What is part of something larger: a bag in a heap is the heap, not a second problem.

The catalogue says which category may be part of which (``part_of``). A finding most of which lies
inside a finding of the larger category in the same photo is filed under that one's issue; it keeps
its own category. And a photo that shows the larger problem says nothing about the smaller being
gone: the heap may have grown over it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from detect.types import Observation
from issues.catalogue import Catalogue

INSIDE = 0.6
"""The share of a finding's box that lies inside the larger finding's."""


def filed_under(
    observations: Sequence[Observation], catalogue: Catalogue
) -> tuple[str | None, ...]:
    """For each finding, in order, the category whose issue it belongs to.

    None for a category that the office switched off: it is kept with the photo and makes no issue.
    """
    return tuple(_under(o, observations, catalogue) for o in observations)


def can_show_clear(
    covered: Collection[str], found: Collection[str], catalogue: Catalogue
) -> frozenset[str]:
    """The categories whose absence a photo may speak for, given what it shows."""
    return frozenset(
        code
        for code in covered
        if catalogue.category(code).enabled
        and not any(larger in found for larger in catalogue.category(code).part_of)
    )


def _under(one: Observation, all_: Sequence[Observation], catalogue: Catalogue) -> str | None:
    for larger in catalogue.category(one.category).part_of:
        if larger in catalogue.enabled and any(
            _inside(one, other) >= INSIDE for other in all_ if other.category == larger
        ):
            return larger
    return one.category if catalogue.category(one.category).enabled else None


def _inside(one: Observation, other: Observation) -> float:
    """The share of ``one``'s box that lies in ``other``'s."""
    x1, y1, x2, y2 = one.xyxy
    a1, b1, a2, b2 = other.xyxy
    area = (x2 - x1) * (y2 - y1)
    shared = max(0.0, min(x2, a2) - max(x1, a1)) * max(0.0, min(y2, b2) - max(y1, b1))
    return shared / area if area > 0 else 0.0
