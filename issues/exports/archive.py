"""The archive bundle (档案): photos, history, readable pages and the rectification list in one zip.

Streamed into a file beside its place, which it takes only when it is whole; the same store, filter
and time give the same bytes. Photos have faces blurred unless originals are asked for, and the
manifest says which.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from detect.errors import TidycityError
from issues.catalogue import Catalogue
from issues.exports.archive_manifest import (
    MANIFEST,
    ArchiveFacts,
    Entry,
    PhotosKept,
    manifest_text,
    parts_of,
)
from issues.exports.archive_pages import index_page, issue_page
from issues.exports.columns import Listing
from issues.exports.gathering import every_issue
from issues.exports.json_lines import json_line
from issues.exports.list_sheet import Title
from issues.exports.pictures import PictureRequest, Pictures
from issues.exports.whole_file import whole_file
from issues.exports.workbook import PICTURED_ROWS_LIMIT, write_workbook
from issues.queries import IssueFilter, get_issue
from issues.rows import IssueDetail, IssueRow
from issues.store import Session, Store
from issues.store.list_select import first_marks, last_reports

PHOTO_PX = 1600
"""Longer side of a blurred photo in an archive."""

_PACKED = {".json", ".jsonl", ".html", ".css"}
_MODE = 0o644 << 16


@dataclass(frozen=True)
class ArchiveOrder:
    """What an archive is to hold and how it is made."""

    which: IssueFilter
    made_at: datetime
    office: str = ""
    photos: PhotosKept = "blurred"


Progress = Callable[[int, int], None]


def write_archive(
    path: Path,
    store: Store,
    catalogue: Catalogue,
    listing: Listing,
    order: ArchiveOrder,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> ArchiveFacts:
    """Writes an archive to ``path`` (.zip), whole or not at all. Raises ExportError."""
    pictures = Pictures(store.evidence, cache=cache)
    with (
        whole_file(path) as draft,
        store.reading() as session,
        zipfile.ZipFile(draft, "w", allowZip64=True) as archive,
    ):
        rows = every_issue(session, catalogue, order.which)
        packer = _Packer(archive, order.made_at)
        packing = _Packing(session, store, catalogue, listing, order, pictures, packer)
        facts = packing.pack(rows, progress)
        packer.add_text(MANIFEST, manifest_text(facts, packer.entries), listed=False)
    return facts


class _Packer:
    """Adds files to a zip with fixed times, and notes each one's hash and size."""

    def __init__(self, archive: zipfile.ZipFile, made_at: datetime) -> None:
        self._archive = archive
        moment = max(made_at.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC))
        self._time = (*moment.timetuple()[:5], moment.second // 2 * 2)
        self.entries: list[Entry] = []

    def add_text(self, name: str, text: str, *, listed: bool = True) -> None:
        """Adds a text as UTF-8."""
        self.add_bytes(name, text.encode("utf-8", "replace"), listed=listed)

    def add_bytes(self, name: str, data: bytes, *, listed: bool = True) -> None:
        """Adds some bytes."""
        self.add(name, [data], listed=listed)

    def add_file(self, name: str, path: Path) -> None:
        """Adds a file, a part at a time."""
        with path.open("rb") as file:
            self.add(name, parts_of(file))

    def add(self, name: str, parts: Iterable[bytes], *, listed: bool = True) -> None:
        """Adds what the parts make up."""
        info = zipfile.ZipInfo(name, self._time)
        packed = Path(name).suffix in _PACKED
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr, info.create_system = _MODE, 3
        digest, size = hashlib.sha256(), 0
        with self._archive.open(info, "w", force_zip64=True) as file:
            for part in parts:
                digest.update(part)
                size += len(part)
                file.write(part)
        if listed:
            self.entries.append(Entry(name, size, digest.hexdigest()))


class _Packing:
    """The parts of one archive, in the order in which they are put in."""

    def __init__(
        self,
        session: Session,
        store: Store,
        catalogue: Catalogue,
        listing: Listing,
        order: ArchiveOrder,
        pictures: Pictures,
        packer: _Packer,
    ) -> None:
        self._session = session
        self._store = store
        self._catalogue = catalogue
        self._listing = listing
        self._order = order
        self._pictures = pictures
        self._packer = packer
        self._photo_names: dict[str, str | None] = {}

    def pack(self, rows: Sequence[IssueRow], progress: Progress | None) -> ArchiveFacts:
        """Everything but the manifest; gives what the manifest says."""
        self._add_list(rows)
        with tempfile.SpooledTemporaryFile(max_size=8_000_000) as history:
            for n, row in enumerate(rows, 1):
                detail = get_issue(self._session, self._catalogue, row.id)
                history.write(json_line(detail).encode() + b"\n")
                self._add_issue(detail)
                if progress is not None:
                    progress(n, len(rows))
            history.seek(0)
            self._packer.add("history.jsonl", parts_of(history))
        self._packer.add_text("index.html", index_page(rows, self._listing, self._order.made_at))
        kept = {name for name in self._photo_names.values() if name}
        missing = sorted(sha for sha, name in self._photo_names.items() if name is None)
        return ArchiveFacts(
            store_id=_store_id(self._session),
            made_at=self._order.made_at.astimezone(UTC).isoformat(),
            version=version("tidycity"),
            lang=self._listing.words.lang,
            filter=plain_filter(self._order.which),
            photos=self._order.photos,
            counts={"issues": len(rows), "photos": len(kept), "missing_photos": len(missing)},
            missing_photos=tuple(missing),
            notes=_notes(self._order.photos),
        )

    def _add_list(self, rows: Sequence[IssueRow]) -> None:
        """The rectification list; left out where it would be longer than such a list may be."""
        if len(rows) > PICTURED_ROWS_LIMIT:
            return
        feedback = last_reports(self._session, [row.id for row in rows])
        words = self._listing
        listing = Listing(words.words, words.catalogue, words.datum, feedback)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.xlsx"
            title = Title(self._order.made_at, self._order.office)
            pictures = self._pictures if self._order.photos != "none" else None
            write_workbook(path, rows, listing, title, pictures=pictures)
            self._packer.add_file("rectification-list.xlsx", path)

    def _add_issue(self, detail: IssueDetail) -> None:
        hashes = [look.sha256 for look in detail.looks if look.stored]
        hashes += [frame.sha256 for frame in (detail.row.best, detail.row.after) if frame]
        hashes += [event.evidence_sha256 for event in detail.events if event.evidence_sha256]
        photos = {sha: self._photo(sha) for sha in dict.fromkeys(hashes)}
        names = {sha: name for sha, name in photos.items() if name}
        page = issue_page(detail, self._listing, names)
        self._packer.add_text(f"issues/{detail.row.number}.html", page)

    def _photo(self, sha256: str) -> str | None:
        """The name of a photo in the archive, put in when it is first asked for."""
        if self._order.photos == "none":
            return None
        if sha256 not in self._photo_names:
            self._photo_names[sha256] = self._add_photo(sha256)
        return self._photo_names[sha256]

    def _add_photo(self, sha256: str) -> str | None:
        if self._order.photos == "originals":
            try:
                path = self._store.evidence.path(sha256)
            except TidycityError:
                return None
            name = f"photos/{sha256}{path.suffix}"
            self._packer.add_file(name, path)
            return name
        jpeg = self._pictures.jpeg(PictureRequest(sha256), PHOTO_PX)
        if jpeg is None:
            return None
        name = f"photos/{sha256}.jpg"
        self._packer.add_bytes(name, jpeg)
        return name


def _notes(photos: PhotosKept) -> tuple[str, ...]:
    if photos == "originals":
        return (
            "Photos are unblurred originals with all camera data: they show faces and must not "
            "be handed out. 照片为未模糊处理的原件，含拍摄信息，不得外传。",
        )
    if photos == "blurred":
        return (
            "Photos are copies: faces that were detected are blurred, camera data is removed; "
            "names are the sha256 of the originals. "
            "照片为人脸已模糊处理的副本，文件名为原件的 sha256。",
        )
    return ("No photos. 不含照片。",)


def plain_filter(which: IssueFilter) -> dict[str, Any]:
    """A filter as JSON values, without what was not asked."""
    found: dict[str, Any] = {}
    for field in fields(which):
        value = getattr(which, field.name)
        if value in (None, ()):
            continue
        if isinstance(value, tuple):
            value = [part.value if isinstance(part, Enum) else part for part in value]
        elif isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat()
        elif isinstance(value, Enum):
            value = value.value
        found[field.name] = value
    return found


def _store_id(session: Session) -> str:
    """A name for the store that stays the same: of its first issue and photo."""
    marks = json.dumps(first_marks(session)).encode()
    return hashlib.sha256(marks).hexdigest()[:16]
