"""The bulletin as a spreadsheet: ranking, points line by line, and the issues behind each figure.

Each figure is a link to the first of its issues on the last sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from issues.exports.bulletin import PLAIN, Look, figure_link
from issues.exports.bulletin_content import BulletinContent
from issues.exports.bulletin_words import BulletinWords
from issues.exports.errors import ExportError
from issues.exports.safe_text import printable
from issues.exports.whole_file import whole_file
from issues.scoring.board import EVERYWHERE, PlaceLine
from issues.scoring.measures import Measure
from issues.scoring.tally import Tally

CASES_LIMIT = 500_000
_HEAD = 2
_A4 = 9


def write_bulletin_workbook(
    path: Path, content: BulletinContent, words: BulletinWords, *, look: Look = PLAIN
) -> None:
    """Writes the spreadsheet to ``path`` (.xlsx), whole or not at all. Raises ExportError."""
    with whole_file(path) as draft:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
        book = xlsxwriter.Workbook(str(draft), options)
        book.set_properties({"title": _heading(content, words, look), "comments": "tidycity"})
        _Book(book, content, words, look).write()
        try:
            book.close()
        except XlsxWriterException as error:
            raise ExportError("cannot_write", f"could not write {path}: {error}") from error


def _heading(content: BulletinContent, words: BulletinWords, look: Look) -> str:
    whose = printable(look.office).strip()
    title = words.tell("title", office=whose) if whose else words.tell("title_plain")
    return f"{title} {content.board.period.name}"


class _Book:
    """The three sheets."""

    def __init__(
        self, book: Any, content: BulletinContent, words: BulletinWords, look: Look
    ) -> None:
        self._content = content
        self._board = content.board
        self._words = words
        self._look = look
        tell = words.tell
        self._ranking = book.add_worksheet(tell("sheet_ranking"))
        self._points = book.add_worksheet(tell("sheet_points"))
        self._cases = book.add_worksheet(tell("sheet_cases"))
        font = "Microsoft YaHei" if words.lang == "zh" else "Calibri"
        cell = {"font_name": font, "font_size": 10, "valign": "vcenter", "border": 1}
        cell["border_color"] = "#C9D1D9"
        self._cell = book.add_format(cell)
        self._centre = book.add_format(cell | {"align": "center"})
        self._link = book.add_format(
            cell | {"align": "center", "font_color": "#1D6F56", "underline": 1}
        )
        self._percent = book.add_format(cell | {"align": "center", "num_format": "0%"})
        self._header = book.add_format(
            cell | {"bold": True, "align": "center", "bg_color": "#EEF1EE", "text_wrap": True}
        )
        self._title = book.add_format({"font_name": font, "font_size": 16, "bold": True})

    def write(self) -> None:
        """All sheets; the issues first, since the figures link to their rows."""
        rows = self._write_cases()
        self._write_ranking(rows)
        self._write_points()

    def _name(self, line: PlaceLine) -> str:
        return printable(self._words.place(line.place, line.name))

    def _top(self, sheet: Any, headers: Sequence[str]) -> None:
        words, period = self._words, self._board.period
        sheet.write_string(0, 0, _heading(self._content, words, self._look), self._title)
        level = words.level(self._board.level)
        sheet.write_string(
            1, 0, words.tell("subtitle", first=period.first, last=period.last, level=level)
        )
        for column, text in enumerate(headers):
            sheet.write_string(_HEAD, column, text, self._header)
        sheet.set_row(_HEAD, 32)
        sheet.freeze_panes(_HEAD + 1, 2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_HEAD)

    def _write_cases(self) -> dict[tuple[str, Measure], int]:
        """The sheet of issues; gives the row that each figure starts at."""
        words, sheet = self._words, self._cases
        keys = ("place", "figure", "number")
        self._top(sheet, [words.tell(key) for key in keys])
        sheet.set_column(0, 1, 22)
        sheet.set_column(2, 2, 18)
        names = {line.place: self._name(line) for line in self._board.lines}
        starts: dict[tuple[str, Measure], int] = {}
        row = _HEAD + 1
        for place, measure, ids in self._content.cells():
            if place == EVERYWHERE:
                continue
            if row + len(ids) > CASES_LIMIT:
                raise ExportError("too_many_rows", f"more than {CASES_LIMIT:,} issues in figures")
            starts[place, measure] = row
            for one in ids:
                sheet.write_string(row, 0, names[place], self._cell)
                sheet.write_string(row, 1, words.measure(measure), self._cell)
                sheet.write_string(row, 2, self._content.numbers[one], self._cell)
                row += 1
        sheet.autofilter(_HEAD, 0, max(row - 1, _HEAD + 1), 2)
        return starts

    def _write_ranking(self, starts: dict[tuple[str, Measure], int]) -> None:
        words, sheet = self._words, self._ranking
        tell = words.tell
        headers = [tell("rank"), words.start(words.level(self._board.level)), tell("points")]
        headers += [tell("change"), *(words.measure(measure) for measure in Measure)]
        headers += [tell(key) for key in ("on_time_rate", "false_rate", "median", "p90", "looks")]
        self._top(sheet, headers)
        sheet.set_column(1, 1, 20)
        sheet.set_column(2, len(headers), 9)
        for row, line in enumerate(self._board.lines, _HEAD + 1):
            ranked = line.rank.rank is not None
            sheet.write_string(row, 0, words.rank(line.rank), self._centre)
            sheet.write_string(row, 1, self._name(line), self._cell)
            if ranked:
                sheet.write_number(row, 2, line.score.points, self._centre)
            else:
                why = words.label("unranked", line.rank.why_not)
                sheet.write_string(row, 2, why, self._cell)
            sheet.write_string(row, 3, words.delta(line.change.points), self._centre)
            for column, measure in enumerate(Measure, 4):
                start = starts.get((line.place, measure))
                self._write_figure(row, column, line, measure, start)
            self._write_rates(row, 4 + len(Measure), line.tally)
        last = _HEAD + 1 + len(self._board.lines)
        sheet.write_string(last, 1, tell("everywhere"), self._cell)
        for column, measure in enumerate(Measure, 4):
            sheet.write_number(last, column, self._board.total.count(measure), self._centre)
        self._write_rates(last, 4 + len(Measure), self._board.total)

    def _write_figure(
        self, row: int, column: int, line: PlaceLine, measure: Measure, start: int | None
    ) -> None:
        sheet, count = self._ranking, line.tally.count(measure)
        if start is None:
            sheet.write_number(row, column, count, self._centre)
            return
        target = f"internal:'{self._words.tell('sheet_cases')}'!A{start + 1}"
        if self._look.base_url:
            target = figure_link(self._board, line.place, measure, self._look.base_url)
        sheet.write_url(row, column, target, self._link, str(count))
        sheet.write_number(row, column, count, self._link)

    def _write_rates(self, row: int, column: int, tally: Tally) -> None:
        enough = self._board.table.enough.cases
        for at, measure in enumerate((Measure.FIXED_ON_TIME, Measure.REJECTED), column):
            rate = tally.rate(measure, enough)
            if rate.value is None:
                self._ranking.write_string(row, at, self._words.rate(rate), self._centre)
            else:
                self._ranking.write_number(row, at, rate.value, self._percent)
        hours = tally.hours(enough)
        for at, value in enumerate((hours.median, hours.p90), column + 2):
            if value is None:
                self._ranking.write_string(row, at, "—", self._centre)
            else:
                self._ranking.write_number(row, at, round(value, 1), self._centre)
        self._ranking.write_number(row, column + 4, tally.looks.photos, self._centre)

    def _write_points(self) -> None:
        words, sheet = self._words, self._points
        keys = ("place", "points", "line", "reason", "entered_by")
        self._top(sheet, [words.tell(key) for key in keys])
        sheet.set_column(0, 0, 20)
        sheet.set_column(2, 3, 28)
        row = _HEAD + 1
        for line in self._board.lines:
            for part in line.score.lines:
                sheet.write_string(row, 0, self._name(line), self._cell)
                sheet.write_number(row, 1, round(part.points, 2), self._centre)
                what = words.measure(part.measure) if part.measure else ""
                reason = actor = ""
                if part.entry is not None:
                    rule = self._board.table.manual[part.entry.code]
                    what = words.pick(rule.zh, rule.en)
                    reason, actor = printable(part.entry.reason), printable(part.entry.actor)
                for column, text in enumerate((what, reason, actor), 2):
                    sheet.write_string(row, column, text, self._cell)
                row += 1
