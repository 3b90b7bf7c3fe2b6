"""What verification says of a reported fix: a verdict, its reasons, and what they rest on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from issues.issue import Verdict

Point = tuple[float, float]
"""x, y in 0..1 of a picture."""


class Reason(StrEnum):
    """Why a verdict is what it is; ``issues/verify/words.yaml`` has the words."""

    VIEW_AGREES = "view_agrees"
    VIEW_NOT_RECOGNISED = "view_not_recognised"
    PLACE_NEAR = "place_near"
    PLACE_FAR = "place_far"
    NO_POSITION = "no_position"
    POSITION_CONTRADICTS_VIEW = "position_contradicts_view"
    NO_EVIDENCE = "no_evidence"
    NOTHING_FOUND = "nothing_found"
    STILL_THERE = "still_there"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    REGION_OUT_OF_VIEW = "region_out_of_view"
    REGION_TOO_SMALL = "region_too_small"
    MODEL_CANT_SEE = "model_cant_see"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    BLOCKED = "blocked"
    TOO_SMALL = "too_small"
    SAME_FILE = "same_file"
    COPY = "copy"
    MIRRORED_COPY = "mirrored_copy"
    PART_OF_OLDER = "part_of_older"
    TAKEN_BEFORE = "taken_before"
    TAKEN_AFTER = "taken_after"
    TIME_UNKNOWN = "time_unknown"
    TIME_IMPLAUSIBLE = "time_implausible"
    MAYBE_SCREEN = "maybe_screen"


GOOD = frozenset({Reason.VIEW_AGREES, Reason.PLACE_NEAR, Reason.NOTHING_FOUND, Reason.TAKEN_AFTER})
"""Reasons that speak for a fix; all others speak against it or leave it open."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures behind a verdict; None where they could not be had.

    ``distance_m`` from the issue's place, of at most ``limit_m``; ``fixed_cells`` and ``cells``:
    over how much of the view both photos agree (``detect/alignment.py``), without and with what
    may have been moved; ``same_place``: how likely that makes one place, 0..1; ``remains``: the
    best finding on the region; ``unchanged``: how much of the region looks as before;
    ``visible``: how much of it is in the picture; ``likeness``: of the older photo most like it.
    """

    distance_m: float | None = None
    limit_m: float | None = None
    cells: int = 0
    fixed_cells: int = 0
    same_place: float | None = None
    remains: float | None = None
    unchanged: float | None = None
    visible: float | None = None
    likeness: float | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer to "is it really fixed?".

    ``region``: corners of the problem's region in the after photo, normalised, empty where the
    view was not recognised; ``before_sha256``: the photo that it was compared with;
    ``reused_sha256``: the older photo that the after photo is a copy of.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    scores: Scores
    after_sha256: str
    before_sha256: str | None = None
    reused_sha256: str | None = None
    region: tuple[Point, ...] = ()
    model_id: str = ""
    model_version: str = ""

    def __post_init__(self) -> None:
        against = [reason for reason in self.reasons if reason not in GOOD]
        hard = [reason for reason in against if reason is not Reason.NO_POSITION]
        if self.verdict is Verdict.VERIFIED and hard:
            raise ValueError(f"a verified fix has no reason against it, got {hard}")
        if not self.reasons:
            raise ValueError("a verdict has at least one reason")

    def as_data(self) -> dict[str, Any]:
        """What is written to the store: plain values."""
        return {
            "verdict": self.verdict.value,
            "reasons": [reason.value for reason in self.reasons],
            "scores": {k: v for k, v in asdict(self.scores).items() if v is not None},
            "region": [list(point) for point in self.region],
            "before_sha256": self.before_sha256,
            "after_sha256": self.after_sha256,
            "reused_sha256": self.reused_sha256,
        }


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """A verification as it is kept: of which issue, when, by whom asked, from where.

    ``origin``: report, patrol, upload or command. ``overruled_by``, ``overruled_note`` and
    ``overruled_to`` are set where a person decided otherwise.
    """

    id: int
    issue_id: str
    issue_number: str
    at: datetime
    actor: str
    origin: str
    verification: Verification
    overruled_to: Verdict | None = None
    overruled_by: str | None = None
    overruled_at: datetime | None = None
    overruled_note: str | None = None

    @property
    def verdict(self) -> Verdict:
        """What holds now: a person's word over the computer's."""
        return self.overruled_to or self.verification.verdict
