"""The risk of an issue: points by an editable table (``issues/risk.yaml``), with their reasons.

All of it is steps ("from three days on: 30 points"), so that the same table is read here for one
issue and in SQL for all of them (``issues/store/round_select.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from issues.errors import RiskError
from issues.issue import Severity, Status
from issues.rows import IssueRow

_MEND = "Compare it with the shipped issues/risk.yaml."


def _in_order(value: object) -> object:
    """Steps from the lowest to the highest; refuses points that fall as things get worse."""
    if not isinstance(value, Mapping):
        return value
    ordered = dict(sorted(value.items(), key=lambda step: float(step[0])))
    points = list(ordered.values())
    if points != sorted(points):
        raise ValueError("points must not fall from one step to the next")
    return ordered


Points = Annotated[int, Field(ge=0, le=1000)]
Steps = Annotated[
    dict[Annotated[float, Field(ge=0)], Points], BeforeValidator(_in_order), Field(min_length=1)
]


class RiskTable(BaseModel):
    """Points for what makes a return visit pressing. Steps: from this much on → points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    overdue_days: Steps
    recurrences: Steps
    paper_fixes: Steps
    unseen_days: Steps
    supervised: Points
    reported_unseen: Points
    severity: dict[Severity, Points]
    rest_days: Annotated[float, Field(ge=0, le=365)]


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a risk: its code, its points, and the number that it stands on, if any."""

    code: str
    points: int
    value: float | None = None


def reached(steps: Mapping[float, int], value: float) -> int:
    """The points of the highest step that a value reaches; 0 below the first.

    >>> reached({1: 10, 3: 30}, 2), reached({1: 10, 3: 30}, 0.5)
    (10, 0)
    """
    return max((points for step, points in steps.items() if value >= step), default=0)


def reasons(
    row: IssueRow, last_look: datetime, table: RiskTable, now: datetime
) -> tuple[Reason, ...]:
    """What makes an issue pressing, most points first; parts without points are left out.

    ``last_look``: when any photo of the place was taken last.
    """
    found = (part for part in _parts(row, last_look, table, now) if part.points > 0)
    return tuple(sorted(found, key=lambda part: (-part.points, part.code)))


def _parts(row: IssueRow, last_look: datetime, table: RiskTable, now: datetime) -> Iterator[Reason]:
    if row.overdue(now) and row.deadline is not None:
        late = _days(row.deadline, now)
        yield Reason("overdue", reached(table.overdue_days, late), late)
    if row.supervised:
        yield Reason("supervised", table.supervised)
    if reported_unseen(row, last_look):
        yield Reason("reported_unseen", table.reported_unseen)
    yield Reason("recurrent", reached(table.recurrences, row.recurrences), row.recurrences)
    yield Reason("paper_fixes", reached(table.paper_fixes, row.paper_fixes), row.paper_fixes)
    unseen = _days(last_look, now)
    yield Reason("unseen", reached(table.unseen_days, unseen), unseen)
    yield Reason("severity", table.severity.get(row.severity, 0))


def reported_unseen(row: IssueRow, last_look: datetime) -> bool:
    """Whether its unit reported it fixed and nobody has looked since."""
    reported = row.status is Status.REPORTED_FIXED and row.reported_at is not None
    return reported and row.reported_at is not None and last_look < row.reported_at


def _days(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 86400


def load_risk(path: Path | None = None) -> RiskTable:
    """The table in a file; the shipped one without. Raises RiskError."""
    if path is None:
        return _shipped()
    try:
        return read_risk(path.read_text("utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise RiskError(f"{path} can't be read: {error}", mend=_MEND) from error


@lru_cache(maxsize=1)
def _shipped() -> RiskTable:
    return read_risk(files("issues").joinpath("risk.yaml").read_text("utf-8"), "risk.yaml")


def read_risk(text: str, name: str) -> RiskTable:
    """The table in a text. Raises RiskError, which says what is wrong with which entry."""
    try:
        return RiskTable.model_validate(yaml.load(text, yaml.CSafeLoader))
    except (yaml.YAMLError, ValidationError, TypeError, ValueError) as error:
        told = str(error)
        if isinstance(error, ValidationError):
            told = "; ".join(
                f"{'.'.join(map(str, problem['loc'])) or 'the table'}: {problem['msg']}"
                for problem in error.errors()[:10]
            )
        raise RiskError(f"{name} is no table of risks: {told}", mend=_MEND) from error
