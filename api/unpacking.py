"""Zips of photos: each member is read as a stream, counted as it comes, never trusted.

No name in an archive becomes a path, sizes in its headers are not believed, archives in archives
and encrypted members are results with a reason. An archive that grows beyond what is allowed, or
whose members overlap or lie about their size, is refused whole.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from api.problems import Problem

MARK = b"PK\x03\x04"
CHUNK_BYTES = 256 * 1024
MOST_MEMBERS = 2000
MOST_GROWTH = 100
"""A photo hardly shrinks; a file that unpacks to a hundred times its size is no photo."""

PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
IGNORED = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its name as told, and an open stream; or why it can't be read."""

    name: str
    stream: IO[bytes] | None
    reason_code: str | None = None
    message: str | None = None


@dataclass
class Allowance:
    """What an upload may still unpack to, over all of its archives."""

    bytes_left: int
    files_left: int

    def take(self, size_bytes: int) -> None:
        """Counts bytes that were unpacked. Raises Problem (too_large)."""
        self.bytes_left -= size_bytes
        if self.bytes_left < 0:
            raise _too_large("it unpacks to more than is allowed")

    def take_file(self) -> None:
        """Counts a file. Raises Problem (too_large)."""
        self.files_left -= 1
        if self.files_left < 0:
            raise _too_large("it has too many files")


def _too_large(why: str) -> Problem:
    return Problem(
        "too_large", f"The zip can't be taken: {why}.", "Send fewer photos in a zip, or several."
    )


def _bad_zip(name: str, why: str) -> Problem:
    return Problem(
        "wrong_type", f"{name} is no sound zip: {why}.", "Make the zip again, of photos only."
    )


def members(path: Path, name: str) -> Iterator[Member]:
    """The files of an archive, one open at a time; read them within ``refused``.

    Raises Problem (wrong_type, too_large), BadZipFile.
    """
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > MOST_MEMBERS:
            raise _too_large(f"it has {len(infos)} entries, {MOST_MEMBERS} are allowed")
        _refuse_overlaps(infos, name)
        for info in infos:
            if not _ignored(info):
                yield from _member(archive, info, name)


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Turns what a damaged archive raises, wherever it is read, into a Problem (wrong_type)."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _bad_zip(name, str(error) or type(error).__name__) from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[Member]:
    reason = _reason(info)
    if reason is not None:
        yield Member(info.filename, None, *reason)
    elif info.file_size > MOST_GROWTH * max(info.compress_size, 1) and info.file_size > 1_000_000:
        raise _bad_zip(name, f"{info.filename[:80]} unpacks to {info.file_size} bytes")
    else:
        with archive.open(info) as stream:
            yield Member(info.filename, stream)


def _ignored(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    hidden = "__MACOSX" in parts or (bool(parts) and parts[-1].startswith("."))
    return info.is_dir() or hidden or (bool(parts) and parts[-1].lower() in IGNORED)


def _reason(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "not_a_photo", "It is a link, not a file."
    if info.flag_bits & 0x1:
        return "encrypted", "It is encrypted; make the zip without a password."
    if info.compress_type not in PLAIN:
        return "not_a_photo", f"It is packed by method {info.compress_type}; use deflate or none."
    return None


def _refuse_overlaps(infos: list[zipfile.ZipInfo], name: str) -> None:
    """Members that share bytes are how small archives unpack to terabytes."""
    end = -1
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise _bad_zip(name, "its members overlap")
        end = info.header_offset + info.compress_size


@dataclass(frozen=True, slots=True)
class Copied:
    """What was written: how many bytes, and their SHA-256."""

    size_bytes: int
    sha256: str


def copy_out(head: bytes, stream: IO[bytes], target: Path, allowance: Allowance) -> Copied:
    """Writes a stream to disk, counting what comes. Raises Problem, and what unpacking raises."""
    digest, size_bytes, chunk = hashlib.sha256(), 0, head
    with target.open("xb") as out:
        while chunk:
            allowance.take(len(chunk))
            digest.update(chunk)
            size_bytes += len(chunk)
            out.write(chunk)
            chunk = stream.read(CHUNK_BYTES)
        out.flush()
        os.fsync(out.fileno())
    return Copied(size_bytes, digest.hexdigest())
