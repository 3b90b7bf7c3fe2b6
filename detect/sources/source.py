"""One photo that can be read: a file, or a member of a zip archive."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from detect.errors import UnreadablePhoto
from detect.sources.member import ZipMember, read_member

MAX_BYTES = 100 * 1024 * 1024
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PhotoSource:
    """A photo to be read, or the reason (``problem``) why it never will be.

    ``path`` is the file on disk, the archive for a member; ``name`` is what people are shown:
    the path below the folder that was given, as ``a/b.jpg`` or ``x.zip!a/b.jpg``. ``key`` tells
    two sources of one machine apart. ``mtime`` is aware.
    """

    path: Path
    name: str
    size_bytes: int
    mtime: datetime
    member: str | None = None
    problem: UnreadablePhoto | None = field(default=None, compare=False)
    stored: ZipMember | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """The absolute path, with ``!member`` for a member of an archive."""
        path = str(self.path.absolute())
        return path if self.member is None else f"{path}!{self.member}"

    def read(self, max_bytes: int = MAX_BYTES) -> bytes:
        """The bytes as they are; raises UnreadablePhoto, whatever goes wrong."""
        if self.problem is not None:
            raise self.problem
        if self.size_bytes > max_bytes:
            raise too_large(self.name, self.size_bytes, max_bytes)
        try:
            if self.stored is not None:
                data = read_member(self.path, self.stored, self.name, max_bytes)
            else:
                with self.path.open("rb") as file:
                    data = file.read(max_bytes + 1)
        except OSError as error:
            raise unreadable(error, self.name) from error
        if len(data) > max_bytes:
            raise too_large(self.name, len(data), max_bytes)
        if not data:
            raise UnreadablePhoto("empty_file", f"{self.name} has no bytes")
        return data


def too_large(name: str, size_bytes: int, max_bytes: int) -> UnreadablePhoto:
    """The error for a file above the limit on bytes."""
    size_mb, limit_mb = size_bytes / 1024**2, max_bytes / 1024**2
    return UnreadablePhoto(
        "too_large", f"{name} has {size_mb:.1f} MB, the limit is {limit_mb:.1f} MB"
    )


def unreadable(error: OSError, name: str) -> UnreadablePhoto:
    """The error that the operating system gave, as a reason for one photo."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
        return UnreadablePhoto("vanished", f"{name} is no longer there")
    if error.errno in (errno.EACCES, errno.EPERM):
        return UnreadablePhoto("permission", f"{name} may not be read by this user")
    what = error.strerror or type(error).__name__
    return UnreadablePhoto("io_error", f"{name} could not be read: {what}")


def moment(seconds: float) -> datetime:
    """A file's time stamp as an aware datetime; the epoch where a file system holds nonsense."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return EPOCH
