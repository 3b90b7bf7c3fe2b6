"""The examples in docstrings run, and small things that have no file of their own."""

from __future__ import annotations

import doctest
import importlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from issues.errors import IssueError
from issues.identity import ALPHABET, new_id
from issues.issue import Issue, Place, RejectReason, Severity, Status
from issues.store.schema import UtcTime
from tests.issues.photos import MONDAY

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "issues").glob("*.py")
    if ">>>" in path.read_text("utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    tried = doctest.testmod(importlib.import_module(name))
    assert tried.attempted > 0
    assert tried.failed == 0


def test_ids_sort_by_time_and_never_repeat():
    made = [new_id(MONDAY + timedelta(milliseconds=n)) for n in range(50)]
    assert made == sorted(made)
    assert len({new_id(MONDAY) for _ in range(1000)}) == 1000
    assert all(len(one) == 26 and set(one) <= set(ALPHABET) for one in made)


def test_codes_of_errors_differ():
    kinds = IssueError.__subclasses__()
    assert len({kind.default_code for kind in kinds}) == len(kinds)


ISSUE = {
    "id": "01",
    "number": "TC-2026-000001",
    "category": "litter.pile",
    "place": Place(31.2, 121.4, 5),
    "status": Status.CANDIDATE,
    "proposal": None,
    "severity": Severity.NORMAL,
    "first_seen": MONDAY,
    "last_seen": MONDAY,
    "cleared_at": None,
    "recurrences": 0,
    "confirmed_at": None,
    "closed_at": None,
    "deadline": None,
    "reject_reason": None,
    "duplicate_of": None,
    "version": 1,
}


def test_an_issue_is_checked_when_it_is_made():
    assert Issue(**ISSUE).is_open
    rejected = {"status": Status.REJECTED, "reject_reason": RejectReason.PERMITTED}
    assert not Issue(**(ISSUE | rejected)).is_open
    for wrong in (
        {"last_seen": MONDAY - timedelta(days=1)},
        {"status": Status.REJECTED},
        {"reject_reason": RejectReason.PERMITTED},
    ):
        with pytest.raises(ValueError, match="TC-2026-000001"):
            Issue(**(ISSUE | wrong))


def test_reasons_know_what_follows_from_them():
    assert {r for r in RejectReason if r.detector_was_wrong} == {
        RejectReason.NOT_A_PROBLEM,
        RejectReason.WRONG_CATEGORY,
    }
    assert not RejectReason.POOR_PHOTO.remembered


def test_the_store_takes_aware_times_only(sqlite_store):
    dialect = sqlite_store.engine.dialect
    kind = UtcTime()
    with pytest.raises(ValueError, match="aware"):
        kind.process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001
    stored = kind.process_bind_param(MONDAY, dialect)
    assert kind.process_result_value(stored, dialect) == MONDAY
    assert kind.process_result_value(MONDAY, dialect).tzinfo is UTC
