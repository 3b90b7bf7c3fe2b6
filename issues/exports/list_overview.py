"""The first sheet of a rectification list: how many issues each unit has, linked to its sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.exports.columns import Listing
from issues.exports.list_sheet import Title, heading, how_to_fill_in
from issues.exports.list_style import formats, print_on_a4
from issues.exports.safe_text import printable
from issues.issue import OPEN, Status
from issues.rows import IssueRow

_HEADER_ROW = 3
_KEYS = (
    "column.unit",
    "list.issues",
    "list.open",
    "list.reported",
    "list.closed",
    "list.overdue",
    "list.sheet",
)
_WIDTHS = (34, 12, 12, 12, 12, 12, 30)


@dataclass(frozen=True)
class Part:
    """One unit's part of a list: its sheet's name, its name, its issues."""

    sheet: str
    unit: str
    rows: Sequence[IssueRow]


def write_overview(
    sheet: Any, book: Any, parts: Sequence[Part], listing: Listing, title: Title, subtitle: str
) -> None:
    """Fills the overview sheet: one row a unit, then the sums."""
    looks, say = formats(book, listing.words.lang), listing.words.say
    for index, width in enumerate(_WIDTHS):
        sheet.set_column(index, index, width)
    last = len(_KEYS) - 1
    over = say("list.overview", title=heading(listing, title))
    sheet.set_row_pixels(0, 44)
    sheet.merge_range(0, 0, 0, last, printable(over), looks["title"])
    sheet.merge_range(1, 0, 1, last, subtitle, looks["subtitle"])
    sheet.set_row_pixels(2, 74)
    sheet.merge_range(2, 0, 2, last, how_to_fill_in(listing), looks["how"])
    for index, key in enumerate(_KEYS):
        sheet.write_string(_HEADER_ROW, index, say(key), looks["header"])
    for at, part in enumerate(parts, _HEADER_ROW + 1):
        _write_part(sheet, at, part, looks, title.made_at)
    _write_sums(sheet, _HEADER_ROW + 1 + len(parts), parts, looks, listing, title.made_at)
    page = say("list.page")
    rows = len(parts) + 1
    print_on_a4(sheet, header_row=_HEADER_ROW, rows=rows, columns=len(_KEYS), page=page)
    sheet.freeze_panes(_HEADER_ROW + 1, 1)


def _counters(now: datetime) -> tuple[Callable[[IssueRow], bool], ...]:
    """What is counted, in the order of the columns."""
    return (
        lambda _row: True,
        lambda row: row.status in OPEN,
        lambda row: row.status is Status.REPORTED_FIXED,
        lambda row: row.status is Status.CLOSED,
        lambda row: row.overdue(now),
    )


def _counts(rows: Sequence[IssueRow], now: datetime) -> list[int]:
    return [sum(map(counts, rows)) for counts in _counters(now)]


def _write_part(sheet: Any, at: int, part: Part, looks: dict[str, Any], now: datetime) -> None:
    sheet.write_string(at, 0, printable(part.unit), looks["wrapped"])
    for index, n in enumerate(_counts(part.rows, now), 1):
        sheet.write_number(at, index, n, looks["number"])
    target = f"internal:'{part.sheet.replace(chr(39), chr(39) * 2)}'!A1"
    sheet.write_url(at, len(_KEYS) - 1, target, looks["link"], part.sheet)


def _write_sums(
    sheet: Any,
    at: int,
    parts: Sequence[Part],
    looks: dict[str, Any],
    listing: Listing,
    now: datetime,
) -> None:
    everything = [row for part in parts for row in part.rows]
    sheet.write_string(at, 0, listing.words.say("list.total"), looks["total"])
    for index, n in enumerate(_counts(everything, now), 1):
        sheet.write_number(at, index, n, looks["total"])
    sheet.write_blank(at, len(_KEYS) - 1, None, looks["total"])
