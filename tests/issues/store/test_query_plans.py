"""The questions that people ask most are answered by an index: no table is read as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from issues.hot_spots import hot_spots, trend
from issues.issue import OPEN, Proposal
from issues.queries import EVERYTHING, IssueFilter, count_issues, get_issue, list_issues
from issues.store.past_select import returns_in
from tests.issues.photos import MONDAY

DAY = timedelta(days=1)
SMALL = {"areas", "sqlite_stat1", "issue_counts"}


@contextmanager
def statements(engine) -> Iterator[list[tuple[str, tuple]]]:
    seen: list[tuple[str, tuple]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.lstrip().startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def scanned(store, seen) -> set[str]:
    """Tables that SQLite would read as a whole without an index that holds all it needs."""
    found = set()
    with store.engine.connect() as connection:
        for statement, parameters in seen:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for *_, step in plan:
                words = step.split()
                if words[0] == "SCAN" and "INDEX" not in words and words[1] not in SMALL:
                    found.add(words[1])
    return {
        name for name in found if name.split("_")[0] not in {"anon", "CONSTANT", "(subquery-1)"}
    }


@pytest.fixture
def one(sqlite_store, catalogue, camera):
    from issues.intake import Intake
    from tests.issues.photos import StreetModel

    intake = Intake(sqlite_store, catalogue, StreetModel())
    return intake.record(camera.shoot("litter.pile")).new_issues[0]


FILTERS = {
    "all": EVERYTHING,
    "open": IssueFilter(status=tuple(OPEN)),
    "fixed": IssueFilter(proposal=Proposal.FIXED),
    "area": IssueFilter(area=("east",)),
    "bbox": IssueFilter(bbox=(121.0, 31.0, 122.0, 32.0)),
    "street": IssueFilter(bbox=(121.0, 31.0, 121.001, 31.001)),
    "unplaced": IssueFilter(has_place=False),
    "overdue": IssueFilter(overdue_at=MONDAY),
    "category": IssueFilter(category=("litter",)),
    "since": IssueFilter(since=MONDAY),
}


@pytest.mark.parametrize(
    "sort", ["recent", "oldest", "deadline", "score", "recurrences", "number", "risk"]
)
@pytest.mark.parametrize("which", FILTERS.values(), ids=FILTERS)
def test_lists(sqlite_store, catalogue, one, which, sort):
    with sqlite_store.reading() as session, statements(sqlite_store.engine) as seen:
        list_issues(session, catalogue, which, sort=sort)
    assert seen
    assert scanned(sqlite_store, seen) == set()


def test_counts_details_and_rankings(sqlite_store, catalogue, one):
    with sqlite_store.reading() as session, statements(sqlite_store.engine) as seen:
        count_issues(session, now=MONDAY)
        get_issue(session, catalogue, one)
        hot_spots(session, EVERYTHING, since=MONDAY - 90 * DAY, until=MONDAY)
        trend(session, EVERYTHING, MONDAY - 90 * DAY, MONDAY)
        returns_in(session, MONDAY - DAY, MONDAY)
    assert scanned(sqlite_store, seen) == set()


def test_the_test_sees_a_scan(sqlite_store, one):
    asked = [("SELECT note FROM events WHERE note = ?", ("x",))]
    assert scanned(sqlite_store, asked) == {"events"}
