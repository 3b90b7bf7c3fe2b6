"""Pest rates and inspections as XLSX and CSV: every rate with what it was counted in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from issues.exports.list_style import formats, print_on_a4
from issues.exports.safe_text import inert, printable
from issues.exports.whole_file import whole_file
from issues.exports.words import Words
from issues.exports.workbook import close_book, new_book
from issues.pest.counting import Measured
from issues.pest.recording import Kept
from issues.pest.report import PestReport
from issues.pest.standards import LevelName, Standards

_REPORT_HEADINGS = (
    "pest.part",
    "pest.measure",
    "pest.found",
    "pest.inspected",
    "pest.rate",
    "pest.interval",
    "pest.level",
    "pest.source",
)
_VISIT_HEADINGS = (
    "pest.at",
    "pest.site",
    "pest.site_kind",
    "pest.area",
    "pest.inspector",
    "pest.looked_for",
    "pest.rooms",
    "pest.metres",
    "pest.facilities",
    "pest.findings",
    "pest.note",
)


def rate_text(line: Measured, words: Words) -> str:
    """The rate with its numerator and denominator; a text that says so where there is none.

    This is the only way that exports and pages write a rate.
    """
    if line.rate is None:
        return words.say("pest.no_denominator")
    whole = line.rate.denominator
    low, high = line.rate.interval
    unit = words.say("pest.per_km") if whole.counted == "metres" else "%"
    return words.say(
        "pest.rate_text",
        value=f"{line.rate.value:.2f}{unit}",
        found=line.rate.numerator,
        inspected=f"{whole.amount:g}",
        counted=words.say(_COUNTED[whole.counted]),
        low=f"{low:.2f}",
        high=f"{high:.2f}",
    )


_COUNTED = {
    "rooms": "pest.counted_rooms",
    "metres": "pest.counted_metres",
    "facilities": "pest.counted_facilities",
}


def level_text(line: Measured, words: Words) -> str:
    """The level, or why there is none; (?) where a bound was not read up in the standard."""
    if line.grade is None:
        return words.say("pest.no_level")
    mark = words.say("pest.unchecked") if line.grade.unchecked else ""
    if line.grade.level is None:
        return words.say("pest.too_few") + mark
    name = level_name(line.grade.level, words)
    others = [level_name(one, words) for one in line.grade.likely]
    if len(others) > 1:
        return words.say("pest.level_spread", level=name, first=others[0], last=others[-1]) + mark
    return name + mark


def level_name(level: LevelName, words: Words) -> str:
    """A level as people write it."""
    return words.say("pest.beyond") if level == "beyond" else words.say("pest.grade", level=level)


def write_pest_table(
    path: Path,
    report: PestReport,
    kept: Sequence[Kept],
    standards: Standards,
    words: Words,
    *,
    made_at: datetime,
) -> None:
    """Writes the report (.csv), or the report and the inspections (.xlsx). Raises ExportError."""
    if path.suffix.lower() == ".csv":
        _write_csv(path, report, standards, words)
        return
    with whole_file(path) as draft:
        book = new_book(draft)
        looks = formats(book, words.lang)
        top = _heading(report, words, made_at)
        lines = list(_report_lines(report, standards, words))
        title = words.say("pest.title")
        _sheet(book, looks, title, top, _REPORT_HEADINGS, lines, words)
        visits = [_visit_line(one, standards, words) for one in kept]
        _sheet(book, looks, words.say("pest.inspections"), top, _VISIT_HEADINGS, visits, words)
        close_book(book, path)


def _write_csv(path: Path, report: PestReport, standards: Standards, words: Words) -> None:
    with whole_file(path) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(words.say(key) for key in _REPORT_HEADINGS)
        for line in _report_lines(report, standards, words):
            writer.writerow(inert(cell) if isinstance(cell, str) else cell for cell in line)


def _heading(report: PestReport, words: Words, made_at: datetime) -> str:
    since, until = report.which.since, report.which.until
    parts = [
        words.say(
            "pest.period",
            first=words.day(since) if since else "…",
            last=words.day(until) if until else "…",
        ),
        words.say("list.made", moment=words.minute(made_at)),
    ]
    if report.photo_candidates:
        parts.append(words.say("pest.photos", n=sum(report.photo_candidates.values())))
    return "  ·  ".join(parts)


def _report_lines(
    report: PestReport, standards: Standards, words: Words
) -> Iterator[list[str | float | None]]:
    yield from _part(words.say("list.total"), report.total, standards, words)
    for area, lines in report.by_area.items():
        yield from _part(area or words.say("pest.no_area"), lines, standards, words)
    for site, lines in report.by_site.items():
        yield from _part(standards.sites[site].label(words.lang), lines, standards, words)


def _part(
    name: str, lines: Iterable[Measured], standards: Standards, words: Words
) -> Iterator[list[str | float | None]]:
    for line in lines:
        rule = standards.measures[line.code]
        rate = line.rate
        low_high = "{:.2f} – {:.2f}".format(*rate.interval) if rate else None
        whole = rate.denominator if rate else None
        inspected = f"{whole.amount:g} {words.say(_COUNTED[whole.counted])}" if whole else ""
        yield [
            name,
            rule.label(words.lang),
            rate.numerator if rate else None,
            inspected or words.say("pest.no_denominator"),
            round(rate.value, 4) if rate else None,
            low_high,
            level_text(line, words),
            rule.source,
        ]


def _visit_line(one: Kept, standards: Standards, words: Words) -> list[str | float | None]:
    visit = one.inspection
    found = words.say("row.and").join(
        f"{finding.room} {standards.kinds[finding.kind].label(words.lang)} ×{finding.amount}"
        for finding in visit.findings
    )
    return [
        words.minute(visit.inspected_at),
        visit.site,
        standards.sites[visit.site_kind].label(words.lang),
        visit.area,
        visit.inspector,
        ", ".join(words.label("looked_for", name) for name in visit.looked_for),
        visit.rooms,
        visit.metres,
        visit.facilities,
        found,
        visit.note,
    ]


def _sheet(
    book: Any,
    looks: dict[str, Any],
    name: str,
    top: str,
    headings: Sequence[str],
    lines: Sequence[Sequence[str | float | None]],
    words: Words,
) -> None:
    sheet = book.add_worksheet(name)
    last = len(headings) - 1
    sheet.set_column(0, last, 18)
    sheet.set_row_pixels(0, 40)
    sheet.merge_range(0, 0, 0, last, name, looks["title"])
    sheet.merge_range(1, 0, 1, last, top, looks["subtitle"])
    for index, key in enumerate(headings):
        sheet.write_string(2, index, words.say(key), looks["header"])
    for at, line in enumerate(lines, 3):
        for index, value in enumerate(line):
            if isinstance(value, str):
                sheet.write_string(at, index, printable(value), looks["wrapped"])
            elif value is None:
                sheet.write_blank(at, index, None, looks["wrapped"])
            else:
                sheet.write_number(at, index, value, looks["wrapped"])
    page = words.say("list.page")
    print_on_a4(sheet, header_row=2, rows=len(lines), columns=len(headings), page=page)
    sheet.freeze_panes(3, 1)
