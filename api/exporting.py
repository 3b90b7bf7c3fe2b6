"""One door to all exports, for the command line and the API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from issues.catalogue import Catalogue
from issues.exports.columns import Listing
from issues.exports.delimited import write_csv
from issues.exports.gathering import boxes_by_frame, every_issue
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

DEFAULTS: dict[ExportKind, IssueFilter] = {
    "xlsx": IssueFilter(status=tuple(sorted(OPEN))),
    "csv": EVERYTHING,
    "geojson": EVERYTHING,
    "html": EVERYTHING,
}
"""What is exported where nothing was said: the list holds what is open, the rest everything."""

ALL_BOXES_UP_TO = 2000
"""Issues in a list up to which all boxes are drawn; in longer ones only the best of each."""


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
    cache: Path | None = None,
) -> tuple[IssueRow, ...]:
    """Writes one file, whole or not at all; gives the issues in it. Raises ExportError.

    ``cache``: a folder for finished pictures, so that the next export makes only new ones; it may
    be deleted at any time.
    """
    now = datetime.now(UTC)
    words = Words(lang, catalogue.calendar.zone)
    chosen = which or DEFAULTS[kind]
    pictures = Pictures(store.evidence, blur=blur, cache=cache)
    with store.reading() as session:
        rows = every_issue(session, catalogue, chosen)
        if kind == "html":
            content = gather_report(session, catalogue, made_at=now, which=chosen)
        few = kind == "xlsx" and len(rows) <= ALL_BOXES_UP_TO
        boxes = boxes_by_frame(session, rows) if few else {}
    if kind == "html":
        write_report(path, content, catalogue, words, pictures=pictures, office=office)
    elif kind == "xlsx":
        listing = Listing(words, catalogue)
        title = Title(now, office)
        write_workbook(path, rows, listing, title, pictures=pictures, boxes=boxes)
    elif kind == "csv":
        write_csv(path, rows, Listing(words, catalogue))
    else:
        write_geojson(path, rows, catalogue, made_at=now)
    return tuple(rows)
