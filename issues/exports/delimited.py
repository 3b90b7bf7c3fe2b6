"""The rectification list as CSV: opens in a spreadsheet with its letters and dates intact."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from issues.exports.columns import CSV_COLUMNS, Listing, Value
from issues.exports.safe_text import inert
from issues.exports.whole_file import whole_file
from issues.exports.words import Words
from issues.rows import IssueRow


def write_csv(path: Path, rows: Iterable[IssueRow], listing: Listing) -> int:
    """Writes the list to ``path``, whole or not at all, and gives the number of rows.

    UTF-8 with a byte-order mark, CRLF, times as ``2025-11-22 09:30`` on the office's clock; no cell
    can run as a formula. Raises ExportError (cannot_write, disk_full).
    """
    count = 0
    with whole_file(path) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.header(listing.words) for column in CSV_COLUMNS)
        for row in rows:
            writer.writerow(
                _cell(column.value(row, listing), listing.words) for column in CSV_COLUMNS
            )
            count += 1
    return count


def _cell(value: Value, words: Words) -> str | int | float:
    if isinstance(value, datetime):
        return words.minute(value)
    if isinstance(value, str):
        return inert(value)
    return value if isinstance(value, int | float) else ""
