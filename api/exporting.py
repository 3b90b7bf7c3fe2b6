"""One door to all exports, for the command line and the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from detect.datum import Datum
from issues.catalogue import Catalogue
from issues.exports.archive import ArchiveOrder, write_archive
from issues.exports.archive_manifest import PhotosKept
from issues.exports.columns import Listing
from issues.exports.delimited import write_csv
from issues.exports.gathering import boxes_by_frame, each_issue, every_issue
from issues.exports.geojson import write_geojson
from issues.exports.json_lines import write_json_lines
from issues.exports.pictures import Pictures
from issues.exports.report import write_report
from issues.exports.report_content import gather_report
from issues.exports.words import Lang, Words
from issues.exports.workbook import Title, write_workbook
from issues.issue import OPEN
from issues.queries import EVERYTHING, IssueFilter, count_issues
from issues.store import Store
from issues.store.list_select import last_reports

ExportKind = Literal["xlsx", "csv", "geojson", "jsonl", "html", "archive"]
KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
SUFFIX: dict[ExportKind, str] = {
    **{kind: kind for kind in KINDS},
    "archive": "zip",
}
DEFAULTS: dict[ExportKind, IssueFilter] = {
    **dict.fromkeys(KINDS, EVERYTHING),
    "xlsx": IssueFilter(status=tuple(sorted(OPEN))),
}
"""What is exported where nothing was said: the list holds what is open, the rest everything."""

ALL_BOXES_UP_TO = 2000
"""Issues in a list up to which all boxes are drawn; in longer ones only the best of each."""


@dataclass(frozen=True)
class Written:
    """How many issues an export holds, and how many of them nobody has confirmed yet."""

    issues: int
    unconfirmed: int


@dataclass(frozen=True)
class _Work:
    """One export under way."""

    store: Store
    catalogue: Catalogue
    path: Path
    which: IssueFilter
    listing: Listing
    pictures: Pictures
    office: str
    photos: PhotosKept
    cache: Path | None
    made_at: datetime
    progress: Callable[[int, int], None] | None


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
    datum: Datum = "wgs84",
    photos: PhotosKept = "blurred",
    made_at: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Writes one file, whole or not at all; gives how many issues are in it. Raises ExportError.

    ``cache``: a folder for finished pictures, so that the next export makes only new ones; it may
    be deleted at any time. ``photos`` is for archives.
    """
    now = made_at or datetime.now(UTC)
    work = _Work(
        store=store,
        catalogue=catalogue,
        path=path,
        which=which or DEFAULTS[kind],
        listing=Listing(Words(lang, catalogue.calendar.zone), catalogue, datum),
        pictures=Pictures(store.evidence, blur=blur, cache=cache),
        office=office,
        photos=photos,
        cache=cache,
        made_at=now,
        progress=progress,
    )
    _WRITERS[kind](work)
    with store.reading() as session:
        total = count_issues(session, work.which, now=now).total
        if work.which.confirmed is not None:
            return Written(total, 0 if work.which.confirmed else total)
        unseen = replace(work.which, confirmed=False)
        return Written(total, count_issues(session, unseen, now=now).total)


def _xlsx(work: _Work) -> None:
    with work.store.reading() as session:
        rows = every_issue(session, work.catalogue, work.which)
        boxes = boxes_by_frame(session, rows) if len(rows) <= ALL_BOXES_UP_TO else {}
        feedback = last_reports(session, [row.id for row in rows])
    own = work.listing
    listing = Listing(own.words, own.catalogue, own.datum, feedback)
    title = Title(work.made_at, work.office)
    write_workbook(
        work.path,
        rows,
        listing,
        title,
        pictures=work.pictures,
        boxes=boxes,
        progress=work.progress,
    )


def _csv(work: _Work) -> None:
    with work.store.reading() as session:
        ids = [row.id for row in each_issue(session, work.catalogue, work.which)]
        feedback = last_reports(session, ids)
        own = work.listing
        listing = Listing(own.words, own.catalogue, own.datum, feedback)
        write_csv(work.path, each_issue(session, work.catalogue, work.which), listing)


def _geojson(work: _Work) -> None:
    with work.store.reading() as session:
        rows = each_issue(session, work.catalogue, work.which)
        datum = work.listing.datum
        write_geojson(work.path, rows, work.catalogue, made_at=work.made_at, datum=datum)


def _jsonl(work: _Work) -> None:
    with work.store.reading() as session:
        write_json_lines(work.path, session, work.catalogue, work.which)


def _html(work: _Work) -> None:
    with work.store.reading() as session:
        content = gather_report(session, work.catalogue, made_at=work.made_at, which=work.which)
    words = work.listing.words
    write_report(
        work.path, content, work.catalogue, words, pictures=work.pictures, office=work.office
    )


def _archive(work: _Work) -> None:
    order = ArchiveOrder(work.which, work.made_at, work.office, work.photos)
    write_archive(
        work.path,
        work.store,
        work.catalogue,
        work.listing,
        order,
        cache=work.cache,
        progress=work.progress,
    )


_WRITERS: dict[ExportKind, Callable[[_Work], None]] = {
    "xlsx": _xlsx,
    "csv": _csv,
    "geojson": _geojson,
    "jsonl": _jsonl,
    "html": _html,
    "archive": _archive,
}
