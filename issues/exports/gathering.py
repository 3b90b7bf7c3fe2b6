"""All pages of a listing in one: what exports need of ``issues/queries.py``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from issues.catalogue import Catalogue
from issues.issue import OPEN, Status
from issues.queries import EVERYTHING, IssueFilter, Sort, list_issues, list_observations
from issues.rows import Box, IssueRow
from issues.store import Session

TO_RECTIFY = IssueFilter(status=tuple(sorted(OPEN - {Status.CANDIDATE})))
"""What may be handed to a unit: a person has said that it is a problem, and it is not closed."""

BoxesByFrame = Mapping[tuple[str, str], Sequence[Box]]
"""(issue id, sha256 of a photo) → all boxes of the issue in that photo."""

_PAGE = 1000


def every_issue(
    session: Session,
    catalogue: Catalogue,
    which: IssueFilter = EVERYTHING,
    *,
    sort: Sort = "number",
) -> list[IssueRow]:
    """All issues of a filter, in this order."""
    return list(each_issue(session, catalogue, which, sort=sort))


def each_issue(
    session: Session,
    catalogue: Catalogue,
    which: IssueFilter = EVERYTHING,
    *,
    sort: Sort = "number",
) -> Iterator[IssueRow]:
    """The same one by one, a page of them in memory at a time."""
    cursor: str | None = None
    while True:
        page = list_issues(session, catalogue, which, sort=sort, cursor=cursor, limit=_PAGE)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def boxes_by_frame(
    session: Session, rows: Iterable[IssueRow]
) -> dict[tuple[str, str], tuple[Box, ...]]:
    """(issue id, sha256) → all boxes of the issue in the photo that shows it best.

    One query an issue: for the issues that a page shows, not for whole lists.
    """
    boxes: dict[tuple[str, str], tuple[Box, ...]] = {}
    for row in rows:
        if row.best is None:
            continue
        page = list_observations(session, issue=row.id, limit=_PAGE)
        found = tuple(o.box for o in page.items if o.sha256 == row.best.sha256)
        boxes[row.id, row.best.sha256] = tuple(dict.fromkeys(found))
    return boxes


def boxes_of(row: IssueRow, boxes: BoxesByFrame) -> tuple[Box, ...]:
    """The boxes to draw in the photo that shows an issue best: all that are known."""
    if row.best is None:
        return ()
    known = boxes.get((row.id, row.best.sha256))
    return tuple(known) if known else ((row.best.box,) if row.best.box else ())
