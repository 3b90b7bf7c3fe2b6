"""Reading a list that comes back: which sheets, which columns, which rows, as plain text and dates.

XLSX, XLS and ODS. Columns are found by their headings in either language, in any order; headings
that were changed are named with what they were probably meant to be.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any, Literal

from python_calamine import CalamineError, CalamineWorkbook

from issues.errors import IssueError
from issues.exports.columns import FILLED_IN, SHEET_COLUMNS, column_of
from issues.exports.words import phrases

ROWS_LIMIT = 100_000
FILE_LIMIT_BYTES = 200_000_000
_HEADER_WITHIN = 15
_NEEDED = ("number", *(column.key for column in FILLED_IN), "row_version")

_OTHER_NAMES: Mapping[str, str] = {
    "问题编号": "number",
    "案件编号": "number",
    "issue number": "number",
    "整改状态": "status",
    "当前状态": "status",
    "整改措施": "feedback",
    "反馈情况": "feedback",
    "反馈/整改情况": "feedback",
    "整改情况说明": "feedback",
    "整改完成情况": "feedback",
    "整改完成日期": "fixed_on",
    "整改完成时间": "fixed_on",
    "整改时间": "fixed_on",
    "完成时间": "fixed_on",
    "整改后照片名": "after_files",
    "照片文件名": "after_files",
    "说明": "remark",
    "remark": "remark",
    "note": "remark",
}
"""Names that offices give to columns; they are taken, and told as renamed."""

ColumnCode = Literal["renamed", "missing", "unknown", "twice", "moved"]
Cell = str | float | date | None


class ListError(IssueError):
    """A file that is no list that could be read: unreadable_list, no_numbers, list_too_long."""

    default_code = "unreadable_list"


@dataclass(frozen=True, slots=True)
class ColumnNote:
    """Something about a sheet's columns: which heading, and the column it is or may be."""

    sheet: str
    code: ColumnCode
    heading: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """One row of a list as its unit sent it. ``line`` counts from 1, as spreadsheets do."""

    sheet: str
    line: int
    number: str
    status: str
    feedback: str
    fixed_on: Cell
    after_files: tuple[str, ...]
    remark: str
    mark: str

    @property
    def filled_in(self) -> list[str]:
        """The cells that a unit fills in, as texts, in the order of ``FILLED_IN``."""
        day = "" if self.fixed_on is None else str(self.fixed_on)
        return [self.status, self.feedback, day, ", ".join(self.after_files), self.remark]


@dataclass(frozen=True, slots=True)
class ReturnedList:
    """A whole list that came back."""

    sha256: str
    rows: tuple[ReturnedRow, ...]
    notes: tuple[ColumnNote, ...]
    skipped_sheets: tuple[str, ...]


def read_list(data: bytes) -> ReturnedList:
    """The rows of a list, from the bytes of the file. Raises ListError."""
    if len(data) > FILE_LIMIT_BYTES:
        raise ListError(
            f"the file has {len(data) / 1e6:.0f} MB", mend="Send the list without other pictures."
        )
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        tables = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        found = [(name, _sheet(name, table)) for name, table in tables]
    except (CalamineError, OSError, ValueError) as error:
        raise ListError(
            f"the file can't be read as a spreadsheet: {error}",
            mend="Save it as XLSX and try again; a CSV or a protected file is not taken.",
        ) from error
    rows: list[ReturnedRow] = []
    notes: list[ColumnNote] = []
    skipped = []
    for name, sheet in found:
        if sheet is None:
            skipped.append(name)
            continue
        rows.extend(sheet[0])
        notes.extend(sheet[1])
        if len(rows) > ROWS_LIMIT:
            raise ListError(
                f"the list has more than {ROWS_LIMIT:,} rows",
                code="list_too_long",
                mend="Send it in parts.",
            )
    if len(skipped) == len(found):
        heading = phrases()["column.number"]
        raise ListError(
            "no sheet has a column of issue numbers",
            code="no_numbers",
            mend=f'One heading must read "{heading["zh"]}" or "{heading["en"]}".',
        )
    digest = hashlib.sha256(data).hexdigest()
    return ReturnedList(digest, tuple(rows), tuple(notes), tuple(skipped))


def match_heading(heading: str) -> tuple[str | None, str | None]:
    """The column of a heading, and the one it may be meant for where it is not known.

    >>> match_heading("整改情况"), match_heading("整改完成时间"), match_heading("整改情呪")
    (('feedback', None), ('fixed_on', None), (None, 'feedback'))
    """
    plain = _plain(heading)
    known = column_of(plain) or _OTHER_NAMES.get(plain)
    if known or not plain:
        return known, None
    near = difflib.get_close_matches(plain, _known_headings(), n=1, cutoff=0.7)
    return None, _known_headings()[near[0]] if near else None


def _plain(heading: str) -> str:
    return " ".join(heading.replace("*", " ").replace("：", " ").replace(":", " ").split()).lower()


def _known_headings() -> dict[str, str]:
    listed = {
        text.casefold(): column.key
        for column in SHEET_COLUMNS
        for text in phrases()[f"column.{column.key}"].values()
    }
    return listed | dict(_OTHER_NAMES)


def _sheet(name: str, table: Any) -> tuple[list[ReturnedRow], list[ColumnNote]] | None:
    """Rows and notes of a sheet; None where no heading names the issue numbers."""
    lines = table.to_python(skip_empty_area=False)
    for at, line in enumerate(lines[:_HEADER_WITHIN]):
        headings = [str(cell).strip() for cell in line]
        places, notes = _columns(name, headings)
        if "number" in places:
            return list(_rows(name, lines, at, places)), notes
    return None


def _columns(sheet: str, headings: Sequence[str]) -> tuple[dict[str, int], list[ColumnNote]]:
    """Column → position, and what is odd about the headings."""
    places: dict[str, int] = {}
    notes: list[ColumnNote] = []
    for index, heading in enumerate(headings):
        if not heading:
            continue
        key, meant = match_heading(heading)
        if key is None:
            notes.append(ColumnNote(sheet, "unknown", heading, meant))
        elif key in places:
            notes.append(ColumnNote(sheet, "twice", heading, key))
        else:
            places[key] = index
            if column_of(_plain(heading)) is None:
                notes.append(ColumnNote(sheet, "renamed", heading, key))
    ours = [column.key for column in SHEET_COLUMNS if column.key in places]
    found = sorted(ours, key=places.__getitem__)
    moved = [key for key, was in zip(found, ours, strict=True) if key != was and key in _NEEDED]
    notes.extend(ColumnNote(sheet, "moved", headings[places[key]], key) for key in moved)
    missing = (key for key in _NEEDED if key not in places)
    notes.extend(ColumnNote(sheet, "missing", "", key) for key in missing)
    return places, notes


def _rows(
    sheet: str, lines: Sequence[Sequence[Any]], header: int, places: Mapping[str, int]
) -> Iterator[ReturnedRow]:
    for at, line in enumerate(lines[header + 1 :], header + 2):
        cells = {key: _cell(line[i]) if i < len(line) else None for key, i in places.items()}
        if all(cells.get(key) in (None, "") for key in _NEEDED):
            continue
        yield ReturnedRow(
            sheet=sheet,
            line=at,
            number=_text(cells.get("number")).upper(),
            status=_text(cells.get("status")),
            feedback=_text(cells.get("feedback")),
            fixed_on=cells.get("fixed_on") or None,
            after_files=_names(_text(cells.get("after_files"))),
            remark=_text(cells.get("remark")),
            mark=_text(cells.get("row_version")),
        )


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip() if value is not None else ""
    return text or None


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _names(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in re.split(r"[,，;；、\n]+", text))
    return tuple(part for part in parts if part)
