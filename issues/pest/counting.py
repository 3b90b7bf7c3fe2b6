"""From inspections to rates: what counts for which measure, a room with several traces once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from issues.pest.inspection import Inspection, rooms_with
from issues.pest.rates import Denominator, Rate
from issues.pest.standards import Grade, Measure, Standards, grade


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of some inspections. ``rate`` None: nothing of it was inspected."""

    code: str
    rate: Rate | None
    grade: Grade | None
    inspections: int


def measured(standards: Standards, inspections: Iterable[Inspection]) -> tuple[Measured, ...]:
    """Every measure of the table over these inspections."""
    all_of_them = tuple(inspections)
    return tuple(
        _measured(standards, code, measure, all_of_them)
        for code, measure in standards.measures.items()
    )


def _measured(
    standards: Standards, code: str, measure: Measure, inspections: tuple[Inspection, ...]
) -> Measured:
    numerator, whole, count = 0, None, 0
    for inspection in inspections:
        part = counted_in(measure, inspection)
        if part is None:
            continue
        numerator += part.numerator
        whole = part.denominator if whole is None else whole + part.denominator
        count += 1
    rate = Rate(numerator, whole) if whole is not None else None
    return Measured(code, rate, grade(standards, code, rate) if rate else None, count)


def counted_in(measure: Measure, inspection: Inspection) -> Rate | None:
    """What one inspection adds to a measure; None: it did not look for that, or at that."""
    whole = inspection.denominator(measure.counts)
    if whole is None or not any(map(inspection.looked_for_kind, measure.kinds)):
        return None
    found = [f for f in inspection.findings if f.kind in measure.kinds]
    match measure.counts:
        case "rooms":
            indoors = [f for f in found if f.room.strip() or inspection.metres is None]
            return Rate(len(rooms_with(indoors)), whole)
        case "metres":
            outside = [f for f in found if not f.room.strip() or inspection.rooms is None]
            return Rate(sum(f.amount for f in outside), whole)
        case _:
            faults = sum(f.amount for f in found)
            return Rate(_passing(whole, faults) if measure.passing else faults, whole)


def _passing(whole: Denominator, faults: int) -> int:
    return int(whole.amount) - faults
