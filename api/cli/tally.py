"""What a run came to: counted photo by photo, told at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detect.batch import PhotoResult
    from issues.rows import Recorded


@dataclass(slots=True)
class Tally:
    """Photos by outcome, findings by category, and the issues that were touched, by how.

    ``skipped``: analysed by an earlier run. ``problems``: (source, reason code, message) of every
    photo that could not be read or not be relied on.
    """

    analysed: int = 0
    skipped: int = 0
    duplicates: int = 0
    unusable: int = 0
    unreadable: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    photos_with: Counter[str] = field(default_factory=Counter)
    new: set[str] = field(default_factory=set)
    seen_again: set[str] = field(default_factory=set)
    proposed_fixed: set[str] = field(default_factory=set)
    reopened: set[str] = field(default_factory=set)
    unplaced: int = 0
    problems: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All photos that were given, whatever became of them."""
        return self.analysed + self.skipped + self.unreadable

    @property
    def touched(self) -> set[str]:
        """Numbers of all issues that this run made or changed."""
        return self.new | self.seen_again | self.proposed_fixed | self.reopened

    def add(self, result: PhotoResult, recorded: Recorded) -> None:
        """Counts one photo and what recording it changed."""
        if result.status == "unreadable":
            self.unreadable += 1
        else:
            self.analysed += 1
            self.unusable += result.status == "unusable"
        if result.status != "ok":
            self.problems.append((result.source, result.reason_code or "", result.message or ""))
        if recorded.duplicate_of is not None:
            self.duplicates += 1
            return
        found = Counter(o.category for o in result.observations)
        self.findings.update(found)
        self.photos_with.update(found.keys())
        self.unplaced += bool(found) and (result.photo is None or result.photo.location is None)
        self.new.update(recorded.new_issues)
        self.seen_again.update(recorded.seen_again)
        self.proposed_fixed.update(recorded.proposed_fixed)
        self.reopened.update(recorded.reopened)
