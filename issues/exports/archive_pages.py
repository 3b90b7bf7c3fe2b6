"""The readable pages of an archive: an index, and a page an issue with its history and photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from issues.exports.columns import CSV_COLUMNS, Column, Listing
from issues.exports.page import page
from issues.labels import labels
from issues.rows import EventRow, IssueDetail, IssueRow

_INDEX = ("number", "category", "place", "unit", "first_seen", "deadline", "status", "verdict")


def index_page(rows: Sequence[IssueRow], listing: Listing, made_at: datetime) -> str:
    """The list of all issues, each linked to its page."""
    columns = [column for column in CSV_COLUMNS if column.key in _INDEX]
    return _render("archive_index.html", listing, rows=rows, columns=columns, made_at=made_at)


def issue_page(detail: IssueDetail, listing: Listing, photos: Mapping[str, str]) -> str:
    """One issue. ``photos``: sha256 → name in the archive."""
    return _render(
        "archive_issue.html",
        listing,
        row=detail.row,
        category=listing.category(detail.row),
        columns=CSV_COLUMNS,
        events=detail.events,
        looks=detail.looks,
        photos=photos,
        event_word=lambda event: _event_word(event, listing),
        reason_word=lambda event: _reason_word(event, listing),
    )


def _render(name: str, listing: Listing, **values: Any) -> str:
    words = listing.words
    return page(
        name,
        "archive.css",
        lang="zh-CN" if words.lang == "zh" else "en",
        words=words,
        say=words.say,
        count=words.count,
        minute=words.minute,
        label=words.label,
        show=lambda column, row: _shown(column, row, listing),
        **values,
    )


def _shown(column: Column, row: IssueRow, listing: Listing) -> str:
    value = column.value(row, listing)
    if isinstance(value, datetime):
        return listing.words.minute(value)
    return "" if value is None or value == 0 else str(value)


def _event_word(event: EventRow, listing: Listing) -> str:
    kind = "action" if event.kind in labels()["action"] else "event"
    return listing.words.label(kind, event.kind)


def _reason_word(event: EventRow, listing: Listing) -> str:
    return listing.words.label(f"{event.kind}_reason", event.reason)
