"""How areas lie to each other: overlaps of one level, holes in the parent, sticking out of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from issues.area_file import Area, AreaFile, by_depth
from issues.area_problems import AreaProblem
from issues.geometry import Polygon, PolygonIndex

TOLD_SHARE = 0.01
TOLD_SQUARE_M = 400.0
"""Less of an area, and less in square metres, is how people draw, and isn't told."""


def checked(file: AreaFile) -> AreaFile:
    """The file with what is wrong between its areas added to its problems."""
    found = [*file.problems, *overlaps(file.areas), *_kinship(file.areas)]
    return AreaFile(file.areas, tuple(found), file.datum, file.stated)


def overlaps(areas: Sequence[Area]) -> Iterator[AreaProblem]:
    """Pairs of one level that claim the same ground, by their codes."""
    for _, group in by_depth(tuple(areas)):
        index = PolygonIndex([area.polygon for area in group])
        for i, j in sorted(index.touching()):
            one, other = sorted((group[i], group[j]), key=lambda area: area.row.id)
            both = one.polygon.overlay(other.polygon)
            if both is not None and _matters(both, one.polygon, other.polygon):
                yield _problem("overlap", both, one, other)


def _kinship(areas: tuple[Area, ...]) -> Iterator[AreaProblem]:
    """What is wrong between areas and those of the next coarser level that there is."""
    levels = [group for _, group in by_depth(areas)]
    codes = {area.row.id for area in areas}
    for parents, children in pairwise(levels):
        index = PolygonIndex([area.polygon for area in parents])
        of: dict[str, list[Area]] = {parent.row.id: [] for parent in parents}
        for child in children:
            if child.parent and child.parent not in codes:
                yield AreaProblem("unknown_parent", "told", (child.row.id,), detail=child.parent)
            parent = _parent(child, parents, index)
            if parent is None:
                at = child.polygon.inside
                yield AreaProblem("no_parent", "told", (child.row.id,), at=at)
                continue
            of[parent.row.id].append(child)
            out = child.polygon.without([parent.polygon])
            if out is not None and _matters(out, child.polygon):
                yield _problem("sticks_out", out, child, parent)
        yield from _holes(parents, of, children)


def _parent(child: Area, parents: Sequence[Area], index: PolygonIndex) -> Area | None:
    """The one that it names, else the one that holds most of it."""
    for parent in parents:
        if child.parent == parent.row.id:
            return parent
    near = [parents[i] for i in index.near(child.polygon)]
    shared = {p.row.id: p.polygon.shared_square_m(child.polygon) for p in near}
    best = max(near, key=lambda p: (shared[p.row.id], p.row.id), default=None)
    return best if best is not None and shared[best.row.id] > 0 else None


def _holes(
    parents: Sequence[Area], of: dict[str, list[Area]], children: Sequence[Area]
) -> Iterator[AreaProblem]:
    """Ground of a parent that none of the next level answers for, where some do."""
    index = PolygonIndex([child.polygon for child in children])
    for parent in parents:
        if not of[parent.row.id]:
            continue
        inside = [children[i].polygon for i in index.near(parent.polygon)]
        left = parent.polygon.without(inside)
        if left is not None and _matters(left, parent.polygon):
            yield _problem("hole", left, parent)


def _matters(part: Polygon, *of: Polygon) -> bool:
    smaller = min(whole.square_m for whole in of)
    return part.square_m >= min(TOLD_SQUARE_M, TOLD_SHARE * smaller)


def _problem(code: str, part: Polygon, *areas: Area) -> AreaProblem:
    return AreaProblem(
        code,
        "told",
        tuple(area.row.id for area in areas),
        tuple(area.row.name_zh for area in areas),
        at=part.largest_part().inside,
        square_m=part.square_m,
    )
