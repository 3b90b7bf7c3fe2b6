"""One sheet of the rectification list: headings, a row an issue, pictures, cells to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from xlsxwriter.image import Image as SheetImage

from issues.exports.columns import DATUM_NAMES, FILLED_IN, SHEET_COLUMNS, Column, Listing
from issues.exports.list_style import formats, print_on_a4
from issues.exports.safe_text import printable
from issues.issue import SendBackReason, Status
from issues.labels import label
from issues.rows import FrameRef, IssueRow

HEADER_ROW = 2

_CELL_PX = (118, 92)
_MARGIN_PX = 4
_LAST = len(SHEET_COLUMNS) - 1
_SHOWN = _LAST  # the last column is hidden
_EARLIEST = date(2000, 1, 1)
_MAY_CHOOSE = (Status.ASSIGNED, Status.REWORK, Status.REPORTED_FIXED, Status.SENT_BACK)

MadePictures = dict[tuple[str, str], BytesIO]
"""(issue id, kind of column) → its picture."""


@dataclass(frozen=True)
class Title:
    """What stands over a list: whose it is and when it was made."""

    made_at: datetime
    office: str = ""


def heading(listing: Listing, title: Title) -> str:
    """The title of the whole list."""
    office = printable(title.office).strip()
    say = listing.words.say
    return say("list.title", office=office) if office else say("list.title_plain")


def how_to_fill_in(listing: Listing) -> str:
    """What the overview tells units about the pale cells."""
    lang = listing.words.lang
    reasons = "、" if lang == "zh" else "; "
    return listing.words.say(
        "list.how",
        done=listing.words.label("status", Status.REPORTED_FIXED),
        back=listing.words.label("status", Status.SENT_BACK),
        reasons=reasons.join(label("send_back_reason", r, lang) for r in SendBackReason),
    )


class SheetWriter:
    """Writes sheets of one workbook, top to bottom."""

    def __init__(
        self,
        book: Any,
        listing: Listing,
        title: Title,
        pictures: MadePictures,
        *,
        with_pictures: bool,
        overview: str,
    ) -> None:
        self._book = book
        self._listing = listing
        self._title = title
        self._pictures = pictures
        self._with_pictures = with_pictures
        self._overview = overview
        self._formats = formats(book, listing.words.lang)

    def add(self, name: str, over: str, rows: Sequence[IssueRow]) -> None:
        """One sheet: heading, what it covers, column headings, a row an issue."""
        sheet = self._book.add_worksheet(name)
        for index, column in enumerate(SHEET_COLUMNS):
            if column.kind in {"before", "after"}:
                sheet.set_column_pixels(index, index, _CELL_PX[0])
            else:
                sheet.set_column(index, index, column.width)
        sheet.set_column(_LAST, _LAST, 4, None, {"hidden": True})
        page = self._listing.words.say("list.page")
        print_on_a4(sheet, header_row=HEADER_ROW, rows=len(rows), columns=_SHOWN, page=page)
        sheet.freeze_panes(HEADER_ROW + 1, 2)
        sheet.autofilter(HEADER_ROW, 0, HEADER_ROW + max(len(rows), 1), _LAST)
        sheet.ignore_errors({"number_stored_as_text": f"A1:Z{HEADER_ROW + len(rows) + 1}"})
        self._write_top(sheet, over, rows)
        for number, row in enumerate(rows, HEADER_ROW + 1):
            if self._with_pictures:
                sheet.set_row_pixels(number, _CELL_PX[1])
            for index, column in enumerate(SHEET_COLUMNS):
                self._write_cell(sheet, number, index, column, row)
        self._guard(sheet, rows)

    def _guard(self, sheet: Any, rows: Sequence[IssueRow]) -> None:
        """Locks all but the pale cells (no password), and lists what may stand in them."""
        open_to = ("format_columns", "format_rows", "sort", "autofilter", "select_locked_cells")
        sheet.protect("", {**dict.fromkeys(open_to, True), "objects": False})
        say = self._listing.words.say
        first, last = HEADER_ROW + 1, HEADER_ROW + max(len(rows), 1)
        status, day = (_index_of(key) for key in ("status", "fixed_on"))
        here = {row.status for row in rows} - set(_MAY_CHOOSE)
        choices = [self._listing.words.label("status", s) for s in (*_MAY_CHOOSE, *sorted(here))]
        sheet.data_validation(
            first,
            status,
            last,
            status,
            {"validate": "list", "source": choices, "error_message": say("list.pick_status")},
        )
        sheet.data_validation(
            first,
            day,
            last,
            day,
            {
                "validate": "date",
                "criteria": ">=",
                "value": _EARLIEST,
                "error_message": say("list.bad_date"),
            },
        )

    def _write_top(self, sheet: Any, over: str, rows: Sequence[IssueRow]) -> None:
        words = self._listing.words
        sheet.set_row_pixels(0, 44)
        sheet.merge_range(0, 0, 0, _SHOWN - 1, printable(over), self._formats["title"])
        sheet.set_row_pixels(1, 24)
        back = f"internal:'{self._overview.replace(chr(39), chr(39) * 2)}'!A1"
        sheet.merge_range(1, 0, 1, 1, "", self._formats["plain_link"])
        sheet.write_url(1, 0, back, self._formats["plain_link"], words.say("list.to_overview"))
        sheet.merge_range(1, 2, 1, _SHOWN - 1, self.subtitle(rows), self._formats["subtitle"])
        sheet.set_row_pixels(HEADER_ROW, 40)
        for index, column in enumerate(SHEET_COLUMNS):
            look = "header_fill" if column in FILLED_IN else "header"
            sheet.write_string(HEADER_ROW, index, column.header(words), self._formats[look])

    def subtitle(self, rows: Sequence[IssueRow]) -> str:
        """When the issues were seen, how many there are, the datum, when the list was made."""
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
        if column.kind == "serial":
            sheet.write_number(at, index, at - HEADER_ROW, cell)
        elif isinstance(value, FrameRef):
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


def _index_of(key: str) -> int:
    return next(i for i, column in enumerate(SHEET_COLUMNS) if column.key == key)
