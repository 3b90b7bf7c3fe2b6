"""Which issue a camera's finding belongs to: the same category in the same zone, where it stood.

A camera doesn't move, so the place in its picture says more than GPS: a finding belongs to the
issue of its zone whose box it overlaps most. A heap that grows keeps its issue, for the older box
lies inside the newer; two heaps side by side stay two. Where boxes say nothing because the picture
was reframed, the caller gives the new view another ``view`` and nothing matches across.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from issues.catalogue import Catalogue
from issues.rows import Box

OVERLAP = 0.3
"""At least this overlap (of union) is the same thing…"""

INSIDE = 0.6
"""…or this much of the smaller box inside the larger: it grew, or was partly taken away."""


@dataclass(frozen=True, slots=True)
class CameraFinding:
    """What a camera saw. ``zone`` is the drawn zone that it lies in, "" for none; box is 0..1."""

    camera: str
    zone: str
    category: str
    box: Box
    view: str = ""


@dataclass(frozen=True, slots=True)
class CameraIssue:
    """An issue that a camera found before, with where it stood in the picture last."""

    id: str
    camera: str
    zone: str
    category: str
    box: Box
    view: str = ""


def camera_matches(
    findings: Sequence[CameraFinding], issues: Sequence[CameraIssue], catalogue: Catalogue
) -> tuple[str | None, ...]:
    """For each finding, in order, the id of its issue; None for a new one.

    The best pairs are made first, so that the answer doesn't depend on the order of either list.
    An issue may take in several findings: a heap that the detector sees in parts.
    """
    pairs = sorted(
        (
            (_likeness(finding.box, issue.box), issue.id, n)
            for n, finding in enumerate(findings)
            for issue in issues
            if _comparable(finding, issue, catalogue)
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    home: list[str | None] = [None] * len(findings)
    for likeness, issue_id, n in pairs:
        if likeness > 0 and home[n] is None:
            home[n] = issue_id
    return tuple(home)


def same_spot(one: Box, other: Box) -> bool:
    """Whether two boxes of one view are the same thing.

    >>> same_spot((0.1, 0.1, 0.3, 0.3), (0.1, 0.1, 0.4, 0.4))
    True
    >>> same_spot((0.1, 0.1, 0.3, 0.3), (0.3, 0.1, 0.5, 0.3))
    False
    """
    return _likeness(one, other) > 0


def overlap(one: Box, other: Box) -> float:
    """The part of two boxes' union that both have, 0..1."""
    shared = _shared(one, other)
    union = _area(one) + _area(other) - shared
    return shared / union if union > 0 else 0.0


def inside(one: Box, other: Box) -> float:
    """The part of the smaller box that lies in the larger, 0..1."""
    smaller = min(_area(one), _area(other))
    return _shared(one, other) / smaller if smaller > 0 else 0.0


def _likeness(one: Box, other: Box) -> float:
    """How sure it is the same thing; 0 where it isn't."""
    both, part = overlap(one, other), inside(one, other)
    return both + part if both >= OVERLAP or part >= INSIDE else 0.0


def _comparable(finding: CameraFinding, issue: CameraIssue, catalogue: Catalogue) -> bool:
    same_place = (finding.camera, finding.zone, finding.view) == (
        issue.camera,
        issue.zone,
        issue.view,
    )
    return same_place and _one_problem(finding.category, issue.category, catalogue)


def _one_problem(found: str, known: str, catalogue: Catalogue) -> bool:
    """The same category, or a part of the issue's: a bag in a heap is the heap."""
    if found == known:
        return True
    entry = catalogue.categories.get(found)
    return entry is not None and known in entry.part_of


def _area(box: Box) -> float:
    x1, y1, x2, y2 = box
    return max(0.0, x2 - x1) * max(0.0, y2 - y1)


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)
