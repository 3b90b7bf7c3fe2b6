"""One door to all exports, for the command line and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from issues.catalogue import Catalogue
from issues.exports.columns import Listing
from issues.exports.delimited import write_csv
from issues.exports.gathering import every_issue
from issues.exports.geojson import write_geojson
from issues.exports.pictures import Pictures
from issues.exports.report import write_report
from issues.exports.report_content import gather_report
from issues.exports.words import Lang, Words
from issues.exports.workbook import Title, write_workbook
from issues.issue import OPEN
from issues.queries import EVERYTHING, IssueFilter
from issues.rows import IssueRow
from issues.store import Store

ExportKind = Literal["xlsx", "csv", "geojson", "html"]
Progress = Callable[[int, int], None]

DEFAULTS: dict[ExportKind, IssueFilter] = {
    "xlsx": IssueFilter(status=tuple(sorted(OPEN))),
    "csv": EVERYTHING,
    "geojson": EVERYTHING,
    "html": EVERYTHING,
}
"""What is exported where nothing was said: the list holds what is open, the rest everything."""


def write_export(
    kind: ExportKind,
    store: Store,
    catalogue: Catalogue,
    path: Path,
    lang: Lang,
    *,
    which: IssueFilter | None = None,
    blur: bool = True,
    office: str = "",
) -> tuple[IssueRow, ...]:
    """Writes one file, whole or not at all; gives the issues in it. Raises ExportError."""
    now = datetime.now(UTC)
    words = Words(lang, catalogue.calendar.zone)
    chosen = which or DEFAULTS[kind]
    pictures = Pictures(store.evidence, blur=blur)
    with store.reading() as session:
        rows = every_issue(session, catalogue, chosen)
        if kind == "html":
            content = gather_report(session, catalogue, made_at=now, which=chosen)
    if kind == "html":
        write_report(path, content, catalogue, words, pictures=pictures, office=office)
    elif kind == "xlsx":
        listing = Listing(words, catalogue)
        write_workbook(path, rows, listing, Title(now, office), pictures=pictures)
    elif kind == "csv":
        write_csv(path, rows, Listing(words, catalogue))
    else:
        write_geojson(path, rows, catalogue, made_at=now)
    return tuple(rows)
