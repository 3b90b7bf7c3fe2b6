"""The rectification list (整改清单) as a spreadsheet that an office can print and hand out.

One sheet with all issues, then one a responsible unit; photos before and after stand in the rows.
It is built in memory: xlsxwriter's other way makes and removes a file a picture, which costs more
than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.image import Image as SheetImage

from issues.exports.columns import DATUM_NAMES, SHEET_COLUMNS, Column, Listing
from issues.exports.errors import ExportError
from issues.exports.gathering import BoxesByFrame, boxes_of
from issues.exports.pictures import PictureRequest, Pictures
from issues.exports.safe_text import printable, sheet_name
from issues.exports.whole_file import whole_file
from issues.rows import FrameRef, IssueRow

ROWS_LIMIT = 100_000
"""More rows than this are no list that a person works through (Excel ends at 1,048,576)."""

PICTURED_ROWS_LIMIT = 20_000
"""The same with pictures, which are held in memory until the file is written: 10 kB each."""

PICTURE_PX = 220
"""Longer side of an embedded picture: twice what the cell shows, for print."""

_CELL_PX = (118, 92)
_MARGIN_PX = 4
_HEADER_ROW = 2
_A4 = 9

Progress = Callable[[int, int], None]
"""Called with how many pictures are done, and of how many."""


@dataclass(frozen=True)
class Title:
    """What stands over a list: whose it is and when it was made."""

    made_at: datetime
    office: str = ""


def write_workbook(
    path: Path,
    rows: Sequence[IssueRow],
    listing: Listing,
    title: Title,
    *,
    pictures: Pictures | None,
    boxes: BoxesByFrame | None = None,
    unit_sheets: bool = True,
    progress: Progress | None = None,
) -> None:
    """Writes the list to ``path`` (.xlsx), whole or not at all.

    ``pictures`` None leaves the photo columns empty. Raises ExportError (cannot_write, disk_full,
    too_many_rows).
    """
    limit = ROWS_LIMIT if pictures is None else PICTURED_ROWS_LIMIT
    if len(rows) > limit:
        raise ExportError(
            "too_many_rows", f"{len(rows):,} issues asked for; such a list holds {limit:,}"
        )
    with whole_file(path) as draft:
        made = _make_pictures(rows, pictures, boxes or {}, progress)
        book = xlsxwriter.Workbook(
            str(draft),
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        _describe(book, listing, title)
        writer = _SheetWriter(book, listing, title, made, with_pictures=pictures is not None)
        for name, heading, part in _parts(rows, listing, title, unit_sheets=unit_sheets):
            writer.add(name, heading, part)
        try:
            book.close()
        except XlsxWriterException as error:
            cause = error.args[0] if error.args else error
            if isinstance(cause, OSError):
                raise cause from error
            raise ExportError("cannot_write", f"could not write {path}: {error}") from error


def _describe(book: Any, listing: Listing, title: Title) -> None:
    book.set_properties(
        {
            "title": _heading(listing, title),
            "company": printable(title.office),
            "comments": "tidycity",
            "created": listing.words.local(title.made_at),
        }
    )
    book.set_size(2400, 1400)


def _heading(listing: Listing, title: Title) -> str:
    office = printable(title.office).strip()
    say = listing.words.say
    return say("list.title", office=office) if office else say("list.title_plain")


def _parts(
    rows: Sequence[IssueRow], listing: Listing, title: Title, *, unit_sheets: bool
) -> list[tuple[str, str, Sequence[IssueRow]]]:
    """Sheet name, heading and rows of each sheet; a single unit gets no sheet of its own."""
    say = listing.words.say
    heading = _heading(listing, title)
    taken: set[str] = set()
    parts = [(sheet_name(say("list.sheet_all"), taken, "1"), heading, rows)]
    by_unit: dict[str, list[IssueRow]] = {}
    for row in rows:
        by_unit.setdefault(listing.unit(row), []).append(row)
    if not unit_sheets or len(by_unit) < 2:
        return parts
    for unit in sorted(by_unit, key=lambda name: (not name, name)):
        shown = unit or say("list.no_unit")
        over = say("list.title_unit", title=heading, unit=shown)
        parts.append((sheet_name(shown, taken, say("column.unit")), over, by_unit[unit]))
    return parts


def _requests(row: IssueRow, boxes: BoxesByFrame) -> dict[str, PictureRequest]:
    """The pictures of a row, by kind of column."""
    wanted = {}
    if row.best is not None:
        wanted["before"] = PictureRequest(row.best.sha256, boxes_of(row, boxes), row.group)
    if row.after is not None:
        wanted["after"] = PictureRequest(row.after.sha256)
    return wanted


def _make_pictures(
    rows: Sequence[IssueRow],
    pictures: Pictures | None,
    boxes: BoxesByFrame,
    progress: Progress | None,
) -> dict[tuple[str, str], BytesIO]:
    """(issue id, kind of column) → its picture. Each picture is made once."""
    if pictures is None:
        return {}
    by_request: dict[PictureRequest, list[tuple[str, str]]] = {}
    for row in rows:
        for kind, request in _requests(row, boxes).items():
            by_request.setdefault(request, []).append((row.id, kind))
    made: dict[tuple[str, str], BytesIO] = {}
    jpegs = pictures.jpegs(by_request, PICTURE_PX)
    for n, (places, jpeg) in enumerate(zip(by_request.values(), jpegs, strict=True), 1):
        if jpeg is not None:
            made |= dict.fromkeys(places, BytesIO(jpeg))
        if progress is not None:
            progress(n, len(by_request))
    return made


class _SheetWriter:
    """Writes sheets of one workbook, top to bottom, as constant memory asks."""

    def __init__(
        self,
        book: Any,
        listing: Listing,
        title: Title,
        pictures: dict[tuple[str, str], BytesIO],
        *,
        with_pictures: bool,
    ) -> None:
        self._book = book
        self._listing = listing
        self._title = title
        self._pictures = pictures
        self._with_pictures = with_pictures
        self._formats = _formats(book, listing)

    def add(self, name: str, heading: str, rows: Sequence[IssueRow]) -> None:
        """One sheet: heading, what it covers, column headings, a row an issue."""
        sheet = self._book.add_worksheet(name)
        for index, column in enumerate(SHEET_COLUMNS):
            if column.kind in {"before", "after"}:
                sheet.set_column_pixels(index, index, _CELL_PX[0])
            else:
                sheet.set_column(index, index, column.width)
        self._set_up_print(sheet, len(rows))
        self._write_top(sheet, heading, rows)
        for number, row in enumerate(rows, _HEADER_ROW + 1):
            if self._with_pictures:
                sheet.set_row_pixels(number, _CELL_PX[1])
            for index, column in enumerate(SHEET_COLUMNS):
                self._write_cell(sheet, number, index, column, row)

    def _set_up_print(self, sheet: Any, count: int) -> None:
        last = len(SHEET_COLUMNS) - 1
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0, _HEADER_ROW)
        sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.5)
        sheet.center_horizontally()
        sheet.print_area(0, 0, _HEADER_ROW + max(count, 1), last)
        sheet.set_footer(f"&L&8&A&R&8{self._listing.words.say('list.page')}")
        sheet.freeze_panes(_HEADER_ROW + 1, 2)
        sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW + max(count, 1), last)
        sheet.hide_gridlines(2)
        sheet.ignore_errors({"number_stored_as_text": f"A1:Z{_HEADER_ROW + count + 1}"})

    def _write_top(self, sheet: Any, heading: str, rows: Sequence[IssueRow]) -> None:
        last = len(SHEET_COLUMNS) - 1
        sheet.set_row_pixels(0, 44)
        sheet.merge_range(0, 0, 0, last, printable(heading), self._formats["title"])
        sheet.set_row_pixels(1, 24)
        sheet.merge_range(1, 0, 1, last, self._subtitle(rows), self._formats["subtitle"])
        sheet.set_row_pixels(_HEADER_ROW, 40)
        for index, column in enumerate(SHEET_COLUMNS):
            header = column.header(self._listing.words)
            sheet.write_string(_HEADER_ROW, index, header, self._formats["header"])

    def _subtitle(self, rows: Sequence[IssueRow]) -> str:
        words = self._listing.words
        seen = words.say("list.no_range")
        if rows:
            first, last = min(r.first_seen for r in rows), max(r.last_seen for r in rows)
            seen = words.say("list.range", first=words.day(first), last=words.day(last))
        parts = (
            seen,
            words.count("list.count", len(rows)),
            words.say("list.datum", datum=DATUM_NAMES[self._listing.datum]),
            words.say("list.made", moment=words.minute(self._title.made_at)),
        )
        return "　·　".join(parts) if words.lang == "zh" else "  ·  ".join(parts)

    def _write_cell(self, sheet: Any, at: int, index: int, column: Column, row: IssueRow) -> None:
        value = column.value(row, self._listing)
        cell = self._formats[column.kind]
        if isinstance(value, FrameRef):
            self._write_picture(sheet, at, index, column.kind, row)
        elif value is None or value == "":
            sheet.write_blank(at, index, None, cell)
        elif isinstance(value, datetime):
            sheet.write_datetime(at, index, self._listing.words.local(value), cell)
        elif isinstance(value, str):
            sheet.write_string(at, index, printable(value), cell)
        else:
            sheet.write_number(at, index, value, cell)

    def _write_picture(self, sheet: Any, at: int, index: int, kind: str, row: IssueRow) -> None:
        if not self._with_pictures:
            sheet.write_blank(at, index, None, self._formats[kind])
            return
        picture = self._pictures.get((row.id, kind))
        if picture is None:
            missing = self._listing.words.say("list.no_photo")
            sheet.write_string(at, index, missing, self._formats[kind])
            return
        sheet.write_blank(at, index, None, self._formats[kind])
        image = SheetImage(picture)
        image.description = f"{row.number} · {self._listing.words.say(f'column.{kind}')}"
        room = [side - 2 * _MARGIN_PX for side in _CELL_PX]
        scale = min(room[0] / image.width, room[1] / image.height)
        sheet.insert_image(
            at,
            index,
            image,
            {
                "x_scale": scale,
                "y_scale": scale,
                "x_offset": (_CELL_PX[0] - image.width * scale) / 2,
                "y_offset": (_CELL_PX[1] - image.height * scale) / 2,
                "object_position": 1,
                "description": image.description,
            },
        )


def _formats(book: Any, listing: Listing) -> dict[str, Any]:
    """The cell formats by kind of column, and those of the three top rows."""
    font = "Microsoft YaHei" if listing.words.lang == "zh" else "Calibri"
    plain = {"font_name": font, "font_size": 9, "valign": "vcenter"}
    cell = plain | {"border": 1, "border_color": "#C9D1D9", "text_wrap": True}
    middle = cell | {"align": "center"}
    return {
        "title": book.add_format(plain | {"font_size": 18, "bold": True, "align": "center"}),
        "subtitle": book.add_format(plain | {"font_color": "#57606A", "align": "center"}),
        "header": book.add_format(
            middle | {"bold": True, "font_color": "#FFFFFF", "bg_color": "#1F6F54"}
        ),
        "text": book.add_format(cell | {"num_format": "@"}),
        "wrapped": book.add_format(cell),
        "number": book.add_format(middle | {"num_format": "0"}),
        "degrees": book.add_format(middle | {"num_format": "0.000000"}),
        "moment": book.add_format(middle | {"num_format": "yyyy-mm-dd hh:mm"}),
        "before": book.add_format(middle | {"font_color": "#8C959F"}),
        "after": book.add_format(middle | {"font_color": "#8C959F"}),
    }
