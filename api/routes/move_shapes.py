"""What the API takes and gives for moves: one issue's, and the same move for many."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.problems import ProblemBody
from api.routes.shapes import Issue, Shape
from issues.details import Fields
from issues.issue import Action, Reason

MOST_AT_ONCE = 200

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"action": "confirm"},
    {"action": "assign", "unit": "西湖街道环卫所", "note": "before the market opens"},
    {"action": "report_fixed", "photo": "1234", "note": "cleared at noon"},
    {"action": "close", "expected_version": 5},
    {"action": "rework", "reason": "partly_done", "hours": 4},
    {"action": "send_back", "reason": "not_ours", "note": "belongs to the railway"},
    {"action": "extend", "reason": "weather", "hours": 7},
    {"action": "hold", "reason": "under_construction", "until": "2026-10-08T09:00:00+08:00"},
    {"action": "resume"},
    {"action": "supervise", "supervisor": "王主任"},
    {"action": "reject", "reason": "permitted", "note": "licensed breakfast cart"},
    {"action": "duplicate", "duplicate_of": "TC-2026-000012"},
    {"action": "change_category", "category": "clutter.goods"},
    {"action": "undo"},
)


class Move(BaseModel):
    """What to do with an issue. `moves` of the issue lists which fields each action takes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": list(EXAMPLES)})

    action: Action
    reason: Reason | None = Field(
        default=None,
        description="For `reject`, `send_back`, `rework`, `extend`, `hold`: one of its fixed list.",
    )
    note: str | None = Field(default=None, max_length=2000)
    duplicate_of: str | None = Field(
        default=None, description="For `duplicate`: the other's number."
    )
    category: str | None = Field(default=None, description="For `change_category`: the right code.")
    unit: str | None = Field(
        default=None,
        max_length=200,
        description="For `assign`: a unit's name, or an area's id; without it the area's unit.",
    )
    photo: str | None = Field(
        default=None,
        max_length=64,
        description="For `report_fixed` and `close`: id or sha256 of the after photo.",
    )
    until: AwareDatetime | None = Field(default=None, description="For `hold`: when it goes on.")
    deadline: AwareDatetime | None = Field(
        default=None, description="For `assign`, `rework`, `extend`: instead of the table's."
    )
    hours: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="The same in working hours; for `extend` from the deadline that stands.",
    )
    supervisor: str | None = Field(
        default=None, max_length=200, description="For `supervise`: who supervises."
    )
    expected_version: int | None = Field(
        default=None, description="The version that you looked at."
    )

    def fields(self) -> Fields:
        """What the move carries."""
        return Fields(
            reason=self.reason,
            note=self.note,
            duplicate_of=self.duplicate_of,
            category=self.category,
            unit=self.unit,
            photo=self.photo,
            until=self.until,
            deadline=self.deadline,
            hours=self.hours,
            supervisor=self.supervisor,
        )


class MoveMany(Move):
    """One move for many issues: each succeeds or fails alone."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "action": "assign",
                    "issues": ["TC-2026-000017", "TC-2026-000018"],
                    "unit": "西湖街道环卫所",
                }
            ]
        },
    )

    issues: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(min_length=1, max_length=MOST_AT_ONCE, description="Numbers or ids."),
    ]
    versions: dict[str, int] = Field(
        default_factory=dict, description="The versions that you looked at, by number as given."
    )


class Moved(Shape):
    """What became of one of many."""

    issue: str = Field(examples=["TC-2026-000017"])
    moved: Issue | None = Field(description="The issue as it stands now; null: it wasn't moved.")
    problem: ProblemBody | None = Field(description="Why it wasn't moved.")


class ManyMoved(Shape):
    """What became of each, in the order asked."""

    done: int
    failed: int
    results: list[Moved]


class UnitWork(Shape):
    """How a unit's work stands. Names are empty for issues that nobody answers for."""

    unit_zh: str
    unit_en: str
    open: int
    to_assign: int = Field(description="Confirmed, sent back or come back; no unit at work.")
    at_work: int
    reported: int = Field(description="Reported fixed, to be verified.")
    on_hold: int
    due_soon: int
    overdue: int
    escalate: int = Field(description="Overdue for so long that supervision is proposed.")
    supervised: int


class Workload(Shape):
    """How the work on open issues stands, in all and by unit."""

    at: datetime
    total: UnitWork
    units: list[UnitWork]
