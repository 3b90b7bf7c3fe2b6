"""Ranks with ties (并列), the red and the black list, and what changed since the period before.

A place that was hardly looked at is not ranked: it is not clean but unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from issues.scoring.measures import Measure
from issues.scoring.points import PointsTable, Score
from issues.scoring.tally import NO_PLACE, Tally


class Unranked(StrEnum):
    """Why a place has no rank."""

    NOT_ENOUGH_LOOKS = "not_enough_looks"
    NO_PLACE = "no_place"


class Colour(StrEnum):
    """Which list a place is on."""

    RED = "red"
    BLACK = "black"


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a place stands. ``tied``: others share its rank (并列). ``why_not``: it has none."""

    rank: int | None
    tied: bool = False
    why_not: Unranked | None = None
    colour: Colour | None = None


def why_not(place: str, tally: Tally, table: PointsTable) -> Unranked | None:
    """Why a place can't be ranked; None: it can."""
    if place == NO_PLACE:
        return Unranked.NO_PLACE
    if tally.looks.photos < table.enough.looks:
        return Unranked.NOT_ENOUGH_LOOKS
    return None


def rank(
    scores: Mapping[str, Score], tallies: Mapping[str, Tally], table: PointsTable
) -> dict[str, Rank]:
    """The rank of every place of ``scores``: most points first, equal points share a rank."""
    reasons = {place: why_not(place, tallies.get(place, Tally()), table) for place in scores}
    points = {place: scores[place].points for place in scores if reasons[place] is None}
    ordered = sorted(points.values(), reverse=True)
    ranks: dict[str, Rank] = {}
    for place in scores:
        if place not in points:
            ranks[place] = Rank(None, why_not=reasons[place])
            continue
        mine = points[place]
        ranks[place] = Rank(
            ordered.index(mine) + 1,
            tied=ordered.count(mine) > 1,
            colour=_colour(mine, ordered, table),
        )
    return ranks


def _colour(mine: float, ordered: list[float], table: PointsTable) -> Colour | None:
    """The list for so many points among all."""
    above = sum(other > mine for other in ordered)
    below = sum(other < mine for other in ordered)
    if above < table.red.places and mine >= table.red.points:
        return Colour.RED
    if below < table.black.places and mine < table.black.points:
        return Colour.BLACK
    return None


@dataclass(frozen=True, slots=True)
class Change:
    """What changed since the period before; None where there is nothing to compare with.

    ``rank`` is how many ranks it went up (down: below 0).
    """

    points: float | None = None
    rank: int | None = None


def change(now: Rank, before: Rank | None, points: float, points_before: float | None) -> Change:
    """What changed for a place that is ranked in both periods."""
    if before is None or now.rank is None or before.rank is None or points_before is None:
        return Change()
    return Change(round(points - points_before, 2), before.rank - now.rank)


COMPARED = (Measure.FOUND, Measure.FIXED, Measure.RETURNED)
"""Counts that are compared with the period before. What is of now has no before."""


def difference(now: Tally, before: Tally, measure: Measure) -> int | None:
    """How many more than before; None where either period was not looked at."""
    if measure is Measure.OVERDUE or not now.looks.photos or not before.looks.photos:
        return None
    return now.count(measure) - before.count(measure)
