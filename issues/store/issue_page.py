"""One page of issues: found by index first, its rows read afterwards.

Only the rows of the page itself are joined with areas and photos. SQLite keeps no statistics unless
somebody asks it to, so it is told the index where it could not know better. A filter that leaves
many issues finds its page among the first in order; one that leaves few there gets a single pass
over ``ix_issues_listed``, which holds what filters ask for.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.orm import Session, aliased

from issues.errors import QueryError
from issues.rows import IssueRow
from issues.store.schema import IssueRecord

if TYPE_CHECKING:
    from issues.queries import IssueFilter, Sort

FAR = datetime(9999, 1, 1, tzinfo=UTC)
LONGEST_PAGE = 10_000
LISTED = "INDEXED BY ix_issues_listed"
STREET_DEG = 0.01
"""Rectangles less high than this (1 km) are found by their latitudes."""

WALK = 2000
"""So many issues are looked through in the order of the list before all are."""

I = IssueRecord  # noqa: E741 (the table that every line here is about)
_KEYS: dict[str, tuple[Any, bool]] = {
    "recent": (I.last_seen, True),
    "oldest": (I.first_seen, False),
    "newest": (I.first_seen, True),
    "deadline": (I.deadline, False),
    "score": (I.best_score, True),
    "recurrences": (I.recurrences, True),
    "number": (I.number, False),
}
"""What a list is sorted by, and whether from the largest down; the id breaks ties."""

_INDEXES = {
    "recent": "ix_issues_last_seen",
    "oldest": "ix_issues_first_seen",
    "newest": "ix_issues_first_seen",
    "score": "ix_issues_best_score",
    "recurrences": "ix_issues_recurrences",
}
"""The index that each order walks along."""


def find_ids(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    which: IssueFilter,
    sort: Sort,
    cursor: str | None,
    limit: int,
) -> list[str]:
    """The ids of one page, in order, and of one more to tell whether there is another page.

    Raises QueryError for a bad limit, order or cursor.
    """
    checked_limit(limit)
    if sort not in _KEYS:
        raise QueryError(f'"{sort}" is no order', mend=f"Use one of: {', '.join(_KEYS)}, risk.")
    after = _read_cursor(cursor, sort) if cursor is not None else None
    if sort == "deadline":
        return _by_deadline(session, conditions, after, limit + 1, listed(which))
    key, down = _KEYS[sort]
    limits = [*conditions, *_after(key, after, down)]
    hint = listed(which)
    if (hint or which.unit) and sort in _INDEXES and limit < WALK:
        walk = [*limits, _among_first(key, after, down)]
        ids = _ids(session, walk, key, limit + 1, f"INDEXED BY {_INDEXES[sort]}", down=down)
        if len(ids) > limit:
            return ids
    return _ids(session, limits, key, limit + 1, hint, down=down)


def checked_limit(limit: int) -> None:
    """Raises QueryError for a page that is too long, or has nothing."""
    if not 1 <= limit <= LONGEST_PAGE:
        raise QueryError(f"a page has 1 to {LONGEST_PAGE} rows, got {limit}", mend="Ask for less.")


def _ids(
    session: Session,
    limits: Sequence[ColumnElement[bool]],
    key: Any,
    limit: int,
    hint: str | None,
    *,
    down: bool,
) -> list[str]:
    order = (key.desc(), I.id.desc()) if down else (key.asc(), I.id.asc())
    query = select(I.id).where(*limits).order_by(*order).limit(limit)
    return list(session.scalars(query.with_hint(I, hint, "sqlite") if hint else query))


def _among_first(key: Any, after: tuple[Any, str] | None, down: bool) -> ColumnElement[bool]:
    """Whether an issue is among the first so many that come next, in whatever it is like."""
    other = aliased(I)
    its_key = getattr(other, key.key)
    end = (
        select(its_key)
        .where(*([] if after is None else [its_key <= after[0] if down else its_key >= after[0]]))
        .order_by(its_key.desc() if down else its_key)
        .offset(WALK)
        .limit(1)
        .scalar_subquery()
    )
    return key > end if down else key < end  # type: ignore[no-any-return]


def _by_deadline(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    after: tuple[Any, str] | None,
    limit: int,
    hint: str | None,
) -> list[str]:
    """Those with a deadline first, then those without by id: two walks, each along an index."""
    found: list[str] = []
    undated = [*conditions, I.deadline.is_(None)]
    if after is None or after[0] != FAR:
        dated = [*conditions, I.deadline.is_not(None), *_after(I.deadline, after, False)]
        found = _ids(session, dated, I.deadline, limit, hint, down=False)
    elif after is not None:
        undated.append(I.id > after[1])
    if len(found) < limit:
        found += _ids(session, undated, I.id, limit - len(found), hint, down=False)
    return found


def _after(key: Any, after: tuple[Any, str] | None, down: bool) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    here = tuple_(literal(after[0], key.type), literal(after[1]))
    return [tuple_(key, I.id) < here if down else tuple_(key, I.id) > here]


def listed(which: IssueFilter) -> str | None:
    """The index to pass over where a filter may leave many rows; None where others leave few."""
    few = which.area or which.unit or which.numbers or (which.q and which.q.strip())
    rare = which.supervised or which.due or which.proposal or which.has_place is False
    if few or rare or _small(which.bbox):
        return None
    many = (which.status, which.category, which.group, which.bbox, which.overdue_at)
    known = (which.confirmed, which.has_place, which.supervised)
    return LISTED if any(many) or any(answer is not None for answer in known) else None


def _small(bbox: tuple[float, float, float, float] | None) -> bool:
    return bbox is not None and 0 <= bbox[3] - bbox[1] <= STREET_DEG


def cursor_after(row: IssueRow, sort: Sort) -> str:
    """The cursor that goes on after a row."""
    value: Any = {
        "recent": row.last_seen,
        "oldest": row.first_seen,
        "newest": row.first_seen,
        "deadline": row.deadline or FAR,
        "score": row.best_score,
        "recurrences": row.recurrences,
        "number": row.number,
    }[sort]
    plain = value.isoformat() if isinstance(value, datetime) else value
    return encode_cursor([sort, plain, row.id])


def _read_cursor(cursor: str, sort: Sort) -> tuple[Any, str]:
    kind, value, last_id = decode_cursor(cursor, 3)
    if kind != sort:
        raise QueryError(
            f'the cursor belongs to the order "{kind}"', mend="Start again without it."
        )
    if sort in ("recent", "oldest", "newest", "deadline"):
        value = datetime.fromisoformat(value)
    return value, str(last_id)


def encode_cursor(parts: Sequence[Any]) -> str:
    """An opaque text for where a page ended."""
    return base64.urlsafe_b64encode(json.dumps(list(parts)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """What ``encode_cursor`` was given. Raises QueryError."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if isinstance(parts, list) and len(parts) == length:
            return parts
    except (ValueError, binascii.Error, UnicodeDecodeError):
        pass
    raise QueryError(f'"{cursor[:40]}" is no cursor', mend="Take next_cursor of the page before.")
