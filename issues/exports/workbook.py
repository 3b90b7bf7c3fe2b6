"""The rectification list (整改清单) as a spreadsheet that an office can print and hand out.

An overview with counts, then one sheet a responsible unit; photos before and after stand in the
rows, and pale cells are for the unit to fill in: the list can be read back
(``issues/exports/returned_list.py``). It is built in memory: xlsxwriter's other way makes and
removes a file a picture, which costs more than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from issues.exports.columns import Listing
from issues.exports.errors import ExportError
from issues.exports.gathering import BoxesByFrame, boxes_of
from issues.exports.list_overview import Part, write_overview
from issues.exports.list_sheet import MadePictures, SheetWriter, Title, heading
from issues.exports.pictures import LIST_PX, PictureRequest, Pictures
from issues.exports.safe_text import printable, sheet_name
from issues.exports.whole_file import whole_file
from issues.rows import IssueRow

__all__ = ["PICTURE_PX", "Progress", "Title", "new_book", "picture_requests", "write_workbook"]

ROWS_LIMIT = 100_000
"""More rows than this are no list that a person works through (Excel ends at 1,048,576)."""

PICTURED_ROWS_LIMIT = 20_000
"""The same with pictures, which are held in memory until the file is written: 10 kB each."""

PICTURE_PX = LIST_PX

Progress = Callable[[int, int], None]
"""Called with how many pictures are done, and of how many."""


def write_workbook(
    path: Path,
    rows: Sequence[IssueRow],
    listing: Listing,
    title: Title,
    *,
    pictures: Pictures | None,
    boxes: BoxesByFrame | None = None,
    progress: Progress | None = None,
) -> None:
    """Writes the list to ``path`` (.xlsx), whole or not at all.

    Each issue stands in it once, on the sheet of its unit. ``pictures`` None leaves the photo
    columns empty. Raises ExportError (cannot_write, disk_full, too_many_rows).
    """
    limit = ROWS_LIMIT if pictures is None else PICTURED_ROWS_LIMIT
    if len(rows) > limit:
        raise ExportError(
            "too_many_rows", f"{len(rows):,} issues asked for; such a list holds {limit:,}"
        )
    with whole_file(path) as draft:
        made = _make_pictures(rows, pictures, boxes or {}, progress)
        book = new_book(draft)
        _describe(book, listing, title)
        taken: set[str] = set()
        overview = sheet_name(listing.words.say("list.sheet_overview"), taken, "1")
        first = book.add_worksheet(overview)
        parts = _parts(rows, listing, taken)
        writer = SheetWriter(
            book, listing, title, made, with_pictures=pictures is not None, overview=overview
        )
        write_overview(first, book, parts, listing, title, writer.subtitle(rows))
        over = heading(listing, title)
        for part in parts:
            named = listing.words.say("list.title_unit", title=over, unit=part.unit)
            writer.add(part.sheet, named, part.rows)
        close_book(book, path)


def new_book(draft: Path) -> Any:
    """A workbook in which text stays text."""
    return xlsxwriter.Workbook(
        str(draft),
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )


def close_book(book: Any, path: Path) -> None:
    """Writes the workbook out. Raises ExportError, or the OSError that stopped it."""
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
            "title": heading(listing, title),
            "company": printable(title.office),
            "comments": "tidycity",
            "created": listing.words.local(title.made_at),
        }
    )
    book.set_size(2400, 1400)


def _parts(rows: Sequence[IssueRow], listing: Listing, taken: set[str]) -> list[Part]:
    """The units by name, those without one last; an empty list still has a sheet."""
    by_unit: dict[str, list[IssueRow]] = {}
    for row in rows:
        by_unit.setdefault(listing.unit(row), []).append(row)
    parts = []
    for unit in sorted(by_unit or {"": []}, key=lambda name: (not name, name)):
        shown = unit or listing.words.say("list.no_unit")
        sheet = sheet_name(shown, taken, listing.words.say("column.unit"))
        parts.append(Part(sheet, shown, by_unit.get(unit, [])))
    return parts


def picture_requests(row: IssueRow, boxes: BoxesByFrame) -> dict[str, PictureRequest]:
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
) -> MadePictures:
    """Each picture is made once."""
    if pictures is None:
        return {}
    by_request: dict[PictureRequest, list[tuple[str, str]]] = {}
    for row in rows:
        for kind, request in picture_requests(row, boxes).items():
            by_request.setdefault(request, []).append((row.id, kind))
    made: MadePictures = {}
    jpegs = pictures.jpegs(by_request, PICTURE_PX)
    for n, (places, jpeg) in enumerate(zip(by_request.values(), jpegs, strict=True), 1):
        if jpeg is not None:
            made |= dict.fromkeys(places, BytesIO(jpeg))
        if progress is not None:
            progress(n, len(by_request))
    return made
