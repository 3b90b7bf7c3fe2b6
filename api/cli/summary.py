"""The summary of a run, for people: what was found, where, what changed, what could not be read."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from api.i18n import Lang, t
from issues.labels import proposal_label, status_label

if TYPE_CHECKING:
    from api.cli.tally import Tally
    from issues.catalogue import Catalogue
    from issues.rows import IssueRow
    from issues.store import Store

MOST_ISSUES = 40
MOST_PROBLEMS = 20
WIDTH = 120
"""Columns where the output is no terminal: enough for a row of the table."""


def print_summary(tally: Tally, store: Store, catalogue: Catalogue, lang: Lang) -> None:
    """Writes the summary to standard output."""
    out = Console(highlight=False, soft_wrap=True)
    if not out.is_terminal:
        out.width = WIDTH
    out.print(_head(tally))
    if tally.findings:
        out.print(_by_category(tally, store, catalogue, lang))
    if tally.touched:
        _print_places(out, tally, store, catalogue, lang)
    _print_problems(out, tally)


def _head(tally: Tally) -> str:
    parts = [t("[bold]{n} photos[/bold] looked at", n=tally.analysed)]
    if tally.skipped:
        parts.append(t("{n} already done by an earlier run", n=tally.skipped))
    if tally.duplicates:
        parts.append(t("{n} the same photo again", n=tally.duplicates))
    if tally.unusable:
        parts.append(t("{n} too poor to show that a place is clean", n=tally.unusable))
    if tally.unreadable:
        parts.append(t("{n} could not be read", n=tally.unreadable))
    if tally.unplaced:
        parts.append(t("{n} with findings but without a place", n=tally.unplaced))
    return " · ".join(parts)


def _rows(numbers: set[str], store: Store, catalogue: Catalogue) -> list[IssueRow]:
    from issues.queries import IssueFilter, list_issues

    if not numbers:
        return []
    rows: list[IssueRow] = []
    ordered = sorted(numbers)
    with store.reading() as session:
        for start in range(0, len(ordered), 500):
            which = IssueFilter(numbers=tuple(ordered[start : start + 500]))
            rows += list_issues(session, catalogue, which, sort="number", limit=500).items
    return rows


def _by_category(tally: Tally, store: Store, catalogue: Catalogue, lang: Lang) -> Table:
    table = Table(title=t("What was found"), title_justify="left", box=None, pad_edge=False)
    headings = [
        t("Category"),
        t("Findings"),
        t("Photos"),
        t("New issues"),
        t("Seen again"),
        t("Proposed as fixed"),
        t("Came back"),
    ]
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    category = {row.number: row.category for row in _rows(tally.touched, store, catalogue)}
    changes = [
        Counter(category.get(number, "") for number in numbers)
        for numbers in (tally.new, tally.seen_again, tally.proposed_fixed, tally.reopened)
    ]
    codes = sorted(set(tally.findings) | set(category.values()))
    for code in codes:
        table.add_row(
            catalogue.label(code, lang),
            str(tally.findings[code]),
            str(tally.photos_with[code]),
            *(str(change[code] or "·") for change in changes),
        )
    return table


def _print_places(
    out: Console, tally: Tally, store: Store, catalogue: Catalogue, lang: Lang
) -> None:
    rows = _rows(tally.touched, store, catalogue)
    rows.sort(key=lambda row: (_area(row, lang), row.number))
    out.print(t("\n[bold]Where[/bold]"))
    for area, group in groupby(rows[:MOST_ISSUES], key=lambda row: _area(row, lang)):
        out.print(f"  [bold]{area}[/bold]")
        for row in group:
            out.print("    " + _line(row, catalogue, lang))
    if len(rows) > MOST_ISSUES:
        out.print(t("  … and {n} more: tidycity serve or export", n=len(rows) - MOST_ISSUES))


def _area(row: IssueRow, lang: Lang) -> str:
    if row.lat is None:
        return t("Without a place (give a sidecar, a track or --at)")
    if row.area is None:
        return t("Outside all areas")
    area, unit = (
        (row.area.name_zh, row.area.unit_zh)
        if lang == "zh"
        else (row.area.name_en, row.area.unit_en)
    )
    return f"{area} · {unit}" if unit else area


def _line(row: IssueRow, catalogue: Catalogue, lang: Lang) -> str:
    state = [proposal_label(row.proposal, lang) if row.proposal else status_label(row.status, lang)]
    if row.recurrences:
        state.append(t("came back {n}×", n=row.recurrences))
    seen = t("{findings} findings in {photos} photos", findings=row.observations, photos=row.photos)
    place = f"{row.lat:.5f}, {row.lon:.5f}" if row.lat is not None else "—"
    mark = t(" (experimental model)") if row.experimental else ""
    name = catalogue.label(row.category, lang)
    return f"{row.number}  {name}{mark}  {place}  {seen}  [italic]{', '.join(state)}[/italic]"


def _print_problems(out: Console, tally: Tally) -> None:
    if not tally.problems:
        return
    out.print(t("\n[bold]Could not be read or relied on[/bold]"))
    for source, reason, message in tally.problems[:MOST_PROBLEMS]:
        out.print(f"  {source}: {message or reason} [{reason}]", markup=False)
    if len(tally.problems) > MOST_PROBLEMS:
        out.print(t("  … and {n} more: in the report", n=len(tally.problems) - MOST_PROBLEMS))
