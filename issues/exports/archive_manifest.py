"""The manifest of an archive bundle (档案): every file in it with its hash, and how it was made."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from issues.errors import IssueError

MANIFEST = "manifest.json"
SCHEMA = "tidycity.archive/1"
_CHUNK_BYTES = 1 << 20
_MANIFEST_LIMIT_BYTES = 500_000_000

PhotosKept = Literal["blurred", "originals", "none"]
"""blurred: small enough for handing out, faces blurred, no EXIF. originals: as they came."""


class ArchiveError(IssueError):
    """An archive that is none, or isn't what its manifest says; ``code`` says which."""

    default_code = "bad_archive"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class ArchiveFacts:
    """What an archive says of itself besides its files."""

    store_id: str
    made_at: str
    version: str
    lang: str
    filter: Mapping[str, Any]
    photos: PhotosKept
    counts: Mapping[str, int]
    missing_photos: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What checking an archive found; it is whole where all three tuples are empty."""

    files: int
    size_bytes: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    unlisted: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether the archive holds exactly what its manifest says."""
        return not (self.missing or self.changed or self.unlisted)


def manifest_text(facts: ArchiveFacts, entries: list[Entry]) -> str:
    """The manifest as JSON, one file a line."""
    head = {
        "schema": SCHEMA,
        "store_id": facts.store_id,
        "made_at": facts.made_at,
        "tidycity": facts.version,
        "lang": facts.lang,
        "filter": dict(facts.filter),
        "photos": facts.photos,
        "originals_included": facts.photos == "originals",
        "faces_blurred": facts.photos == "blurred",
        "counts": dict(facts.counts),
        "missing_photos": list(facts.missing_photos),
        "notes": list(facts.notes),
    }
    files = ",\n".join(
        json.dumps(
            {"name": e.name, "size_bytes": e.size_bytes, "sha256": e.sha256}, ensure_ascii=False
        )
        for e in entries
    )
    top = json.dumps(head, ensure_ascii=False, indent=1)
    return f'{top[:-2]},\n "files": [\n{files}\n]}}\n'


def verify_archive(path: Path) -> Check:
    """Reads every file of an archive and compares it with the manifest. Raises ArchiveError."""
    try:
        with zipfile.ZipFile(path) as archive:
            listed, facts = _listed(archive, path)
            inside = {i.filename: i for i in archive.infolist() if i.filename != MANIFEST}
            changed = [
                name
                for name, entry in listed.items()
                if name in inside and _differs(archive, inside[name], entry)
            ]
            names = [i.filename for i in archive.infolist()]
            twice = sorted({name for name in names if names.count(name) > 1})
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise ArchiveError(
            f"{path} can't be read as an archive: {error}",
            mend="Copy it again from where it was made.",
        ) from error
    return Check(
        files=len(listed),
        size_bytes=sum(entry.size_bytes for entry in listed.values()),
        missing=tuple(sorted(set(listed) - set(inside))),
        changed=tuple(sorted(changed)),
        unlisted=tuple(sorted(set(inside) - set(listed)) + twice),
        facts=facts,
    )


def _listed(archive: zipfile.ZipFile, path: Path) -> tuple[dict[str, Entry], Mapping[str, Any]]:
    try:
        info = archive.getinfo(MANIFEST)
        if info.file_size > _MANIFEST_LIMIT_BYTES:
            raise ValueError(f"a manifest of {info.file_size} bytes")
        manifest = json.loads(archive.read(info))
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"schema {manifest['schema']}")
        entries = [Entry(f["name"], f["size_bytes"], f["sha256"]) for f in manifest.pop("files")]
    except (KeyError, ValueError, TypeError) as error:
        raise ArchiveError(
            f"{path} has no manifest that can be read: {error}",
            code="no_manifest",
            mend="Only archives made by `tidycity export archive` can be checked.",
        ) from error
    return {entry.name: entry for entry in entries}, manifest


def _differs(archive: zipfile.ZipFile, info: zipfile.ZipInfo, entry: Entry) -> bool:
    if info.file_size != entry.size_bytes:
        return True
    try:
        with archive.open(info) as file:
            return digest_of(file) != entry.sha256
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return True


def digest_of(file: IO[bytes]) -> str:
    """The sha256 of what a file gives, read a part at a time."""
    digest = hashlib.sha256()
    for part in parts_of(file):
        digest.update(part)
    return digest.hexdigest()


def parts_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file's bytes, a part at a time."""
    while part := file.read(_CHUNK_BYTES):
        yield part
