"""The mock assessment sheet (模拟评估表) of a sample point: a page to print, and a spreadsheet.

Column for column: clause, what is checked, points, what is on record, mark, note. Without an
assessment the marks are left empty, to be filled in on the spot.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from issues.exports.bulletin_words import BulletinWords
from issues.exports.errors import ExportError
from issues.exports.page import page
from issues.exports.safe_text import printable
from issues.exports.whole_file import whole_file
from issues.scoring.sample_points import Assessment, Known, OnRecord

KEYS = ("clause", "item", "full", "known", "mark", "note")
WIDTHS = (7, 40, 7, 40, 8, 24)


def known_text(known: OnRecord, line: Known, words: BulletinWords) -> str:
    """What is on record for a line; that nobody looked lately is said before that it is clear."""
    if not line.item.categories:
        return words.tell("sheet_by_eye")
    if line.open:
        return words.tell("sheet_open", n=len(line.open), numbers=" ".join(line.open))
    if known.last_look is None:
        return words.tell("sheet_never")
    if known.photos == 0:
        return words.tell("sheet_unseen", days=known.recent_days)
    return words.tell("sheet_clear")


def facts(known: OnRecord, done: Assessment | None, words: BulletinWords) -> list[str]:
    """The lines under the heading: kind, position, last look, who assessed and when."""
    point = known.point
    place = f"{point.lat:.6f}, {point.lon:.6f} (WGS-84)"
    radius = words.tell("sheet_radius", n=round(point.radius_m))
    looked = words.tell("sheet_never")
    if known.last_look is not None:
        looked = words.tell("sheet_last", day=words.day(known.last_look), n=known.photos)
    told = [
        f"{words.tell('sheet_kind')}: {words.label('sample_kind', point.kind)}",
        f"{words.tell('sheet_place')}: {place}, {radius}",
        looked,
    ]
    day = words.day(done.at) if done else "________"
    told.append(f"{words.tell('sheet_day')}: {day}")
    told.append(f"{words.tell('sheet_by')}: {done.actor if done else '________'}")
    return told


def sheet_rows(
    known: OnRecord, done: Assessment | None, words: BulletinWords
) -> Iterator[tuple[str, str, float, str, float | str, str]]:
    """Clause, item, points, what is on record, mark, note; empty marks before an assessment."""
    for line in known.lines:
        given = done.marks.get(line.item.code, {}) if done else {}
        mark = given.get("mark")
        empty = words.tell("sheet_not_rated") if done else ""
        yield (
            line.item.clause,
            words.pick(line.item.zh, line.item.en),
            line.item.points,
            known_text(known, line, words),
            empty if mark is None else float(mark),
            str(given.get("note", "")),
        )


def _heading(known: OnRecord, words: BulletinWords) -> str:
    name = words.pick(known.point.name_zh, known.point.name_en)
    return printable(f"{words.tell('sheet_title')} · {name}")


def _total(done: Assessment | None, words: BulletinWords) -> str:
    if done is None:
        return ""
    return words.tell("sheet_score", score=f"{done.score:g}", out_of=f"{done.out_of:g}")


def sheet_page(known: OnRecord, done: Assessment | None, words: BulletinWords) -> str:
    """The sheet as HTML for A4."""
    return page(
        "bulletin_sheet.html",
        "bulletin.css",
        lang=words.lang,
        heading=_heading(known, words),
        facts=facts(known, done, words),
        heads=[words.tell(f"sheet_{key}") for key in KEYS],
        rows=list(sheet_rows(known, done, words)),
        total=_total(done, words),
        note=done.note if done else known.point.note,
    )


def write_sheet(path: Path, known: OnRecord, done: Assessment | None, words: BulletinWords) -> None:
    """Writes .html or .xlsx, by the suffix, whole or not at all. Raises ExportError."""
    with whole_file(path) as draft:
        if path.suffix.lower() != ".xlsx":
            draft.write_text(sheet_page(known, done, words), encoding="utf-8")
            return
        book = xlsxwriter.Workbook(str(draft), {"strings_to_formulas": False, "in_memory": True})
        _fill(book, known, done, words)
        try:
            book.close()
        except XlsxWriterException as error:
            raise ExportError("cannot_write", f"could not write {path}: {error}") from error


def _fill(book: Any, known: OnRecord, done: Assessment | None, words: BulletinWords) -> None:
    font = {"font_name": "Microsoft YaHei" if words.lang == "zh" else "Calibri", "valign": "top"}
    cell = book.add_format(font | {"border": 1, "text_wrap": True})
    head = book.add_format(font | {"border": 1, "bold": True, "bg_color": "#EEF1EE"})
    title = book.add_format(font | {"bold": True, "font_size": 16})
    sheet = book.add_worksheet(words.tell("sheet_title")[:31])
    sheet.write_string(0, 0, _heading(known, words), title)
    sheet.write_string(1, 0, printable("  ·  ".join(facts(known, done, words))))
    for column, (key, width) in enumerate(zip(KEYS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, words.tell(f"sheet_{key}"), head)
    row = 2
    for row, values in enumerate(sheet_rows(known, done, words), 3):
        for column, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, column, printable(value), cell)
            else:
                sheet.write_number(row, column, value, cell)
    sheet.write_string(row + 1, 1, _total(done, words), title)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
