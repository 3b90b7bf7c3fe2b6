"""Pest rates and levels of a period: altogether, by area, by kind of site; photos apart.

What models found in photos is a numerator and stays one: it never enters a rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from issues.pest.counting import Measured, measured
from issues.pest.inspection import Inspection
from issues.pest.recording import list_inspections
from issues.pest.standards import Standards
from issues.store import Session
from issues.store.pest_table import PestFilter, pest_candidates


@dataclass(frozen=True, slots=True)
class PestReport:
    """The measures of a period. Keys of ``by_area`` are the office's area ids, "" for none.

    ``photo_candidates``: category → issues that photos made of it, without a denominator.
    """

    which: PestFilter
    inspections: int
    total: tuple[Measured, ...]
    by_area: Mapping[str, tuple[Measured, ...]]
    by_site: Mapping[str, tuple[Measured, ...]]
    photo_candidates: Mapping[str, int]


def pest_report(session: Session, standards: Standards, which: PestFilter) -> PestReport:
    """Rates and levels of the inspections of a period and area."""
    kept = [one.inspection for one in list_inspections(session, which)]
    return PestReport(
        which=which,
        inspections=len(kept),
        total=measured(standards, kept),
        by_area=_by(standards, kept, lambda one: one.area),
        by_site=_by(standards, kept, lambda one: one.site_kind),
        photo_candidates=pest_candidates(session, which),
    )


def _by(
    standards: Standards, kept: list[Inspection], key: Callable[[Inspection], str]
) -> dict[str, tuple[Measured, ...]]:
    groups: dict[str, list[Inspection]] = defaultdict(list)
    for one in kept:
        groups[key(one)].append(one)
    return {name: measured(standards, groups[name]) for name in sorted(groups)}
