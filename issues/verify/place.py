"""Is it the same place? What the position says, and what the view says.

The view decides: two photos agree over enough of what can't be moved, or they don't. Where SIFT's
keypoints don't say so, learned ones are asked: by night, from aside, on small pictures they find
pairs that SIFT doesn't, for three times the work. A position alone never proves a place; a position
far away, with no view to speak against it, disproves one.
"""

from __future__ import annotations

from dataclasses import dataclass

from detect.alignment import Alignment, align, align_matched
from detect.engines.learned_view import shipped_matcher
from detect.types import Location
from issues.place import distance_m
from issues.verify.photographs import Before, Box, Evidence, Picture
from issues.verify.rules import Rules


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The before photo that agrees best with the after photo, and how one lies over the other.

    ``learned``: by learned keypoints; they agree more often, so more of them must.
    """

    before: Before
    alignment: Alignment
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the photo was taken from the issue's place, and how far it may have been."""

    metres: float
    limit_m: float
    far_m: float

    @property
    def near(self) -> bool:
        """Whether the positions allow one place."""
        return self.metres <= self.limit_m

    @property
    def far(self) -> bool:
        """Whether they rule one place out."""
        return self.metres > self.far_m


def distance(evidence: Evidence, at: Location | None, rules: Rules) -> Distance | None:
    """Between the issue's place and the photo's; None where either isn't known."""
    if evidence.place is None or at is None:
        return None
    metres = distance_m(evidence.place.lat, evidence.place.lon, at.lat, at.lon)
    blur_m = min(100.0, (evidence.place.accuracy_m or 10.0) + (at.accuracy_m or 10.0))
    limit_m = evidence.reach_m + blur_m
    return Distance(metres, limit_m, limit_m + max(rules.far_m, blur_m))


def best_view(
    evidence: Evidence, after: Picture, movable: tuple[Box, ...], rules: Rules
) -> View | None:
    """The before photo whose view agrees most; None where none agrees at all."""
    best: View | None = None
    for before in evidence.before:
        loose = (*before.boxes, *before.movable)
        found = align(before.picture.features, after.features, movable=(loose, movable))
        if found is not None and (best is None or _rank(found) > _rank(best.alignment)):
            best = View(before, found)
        if best is not None and best.alignment.support >= 5 * rules.view:
            break
    return best


def learned_view(
    evidence: Evidence, after: Picture, movable: tuple[Box, ...], rules: Rules
) -> View | None:
    """As ``best_view``, by learned keypoints. Raises ModelError."""
    best: View | None = None
    for before in evidence.before:
        loose = (*before.boxes, *before.movable)
        first, second = before.picture.learned, after.learned
        i, j = shipped_matcher().pairs(first, second)
        found = align_matched(first, second, i, j, movable=(loose, movable))
        if found is not None and (best is None or _rank(found) > _rank(best.alignment)):
            best = View(before, found, learned=True)
        if best is not None and best.alignment.support >= 3 * rules.learned:
            break
    return best


def agrees(view: View | None, where: Distance | None, rules: Rules) -> bool:
    """Whether the views are of one place; without a position more must speak for it."""
    if view is None:
        return False
    return view.alignment.support >= least_support(view, where, rules) and (
        view.alignment.spread >= rules.spread
    )


def least_support(view: View, where: Distance | None, rules: Rules) -> float:
    """How much must speak for one place."""
    if view.learned:
        return rules.learned_alone if where is None else rules.learned
    return rules.view_alone if where is None else rules.view


def _rank(found: Alignment) -> tuple[float, int]:
    return found.support, found.agreeing
