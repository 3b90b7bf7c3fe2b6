"""Where photos were read from: what tells files apart, and reading one again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from detect.types import Model
from issues.store.photo_table import ReadFrom

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXTENSIONS = {"JPEG": "jpg", "MPO": "jpg", "HEIF": "heic"}


class Source(Protocol):
    """A file, or a member of an archive: ``detect.sources.PhotoSource`` is one."""

    @property
    def key(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def mtime(self) -> datetime: ...


def address_of(path: Path, name: str) -> str:
    """What tells sources of one machine apart, as ``PhotoSource.key`` does.

    >>> address_of(Path("/data/x.zip"), "week/x.zip!a/b.jpg")
    '/data/x.zip!a/b.jpg'
    """
    _, bang, member = name.partition(f"{path.name}!")
    return f"{path.absolute()}!{member}" if bang else str(path.absolute())


def read_from(source: Source | tuple[str, Path], model: Model) -> ReadFrom:
    """What is remembered of a source; of a bare (key, path) the file is asked, if still there."""
    if isinstance(source, tuple):
        key, path = source
        size_bytes, mtime_ns = _asked(path)
    else:
        key, size_bytes = source.key, source.size_bytes
        mtime_ns = round((source.mtime - EPOCH).total_seconds() * 1_000_000) * 1000
    return ReadFrom(key, size_bytes, mtime_ns, model.id, model.version)


def _asked(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, round(found.st_mtime * 1_000_000) * 1000


def extension_of(kind: str) -> str:
    """The file name extension for a picture format.

    >>> extension_of("JPEG"), extension_of("WEBP")
    ('jpg', 'webp')
    """
    return EXTENSIONS.get(kind.upper(), kind.lower())


def read_again(address: str, sha256: str) -> bytes | None:
    """The bytes at an address, if they are still there and the same; not of archive members."""
    try:
        data = Path(address).read_bytes()
    except (OSError, ValueError):
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None
