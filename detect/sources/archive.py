"""The photos of a zip archive, found safely: nothing is ever unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from detect.errors import UnreadableCode, UnreadablePhoto
from detect.sources.member import ZipMember
from detect.sources.source import EPOCH, PhotoSource, moment, unreadable

_ENCRYPTED = 0x1
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What an archive may hold. Photos hardly shrink, so a high ratio is a bomb."""

    max_members: int = 200_000
    max_total_bytes: int = 64 * 1024**3
    max_ratio: float = 50.0
    ratio_from_bytes: int = 1024 * 1024


def find_in_zip(
    path: Path, name: str, suffixes: frozenset[str], limits: ZipLimits
) -> Iterator[PhotoSource]:
    """Photos of the archive in name order; what is rejected comes too, with its problem."""
    size_bytes, mtime = 0, EPOCH
    try:
        status = path.stat()
        size_bytes, mtime = status.st_size, moment(status.st_mtime)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except OSError as error:
        yield PhotoSource(path, name, size_bytes, mtime, problem=unreadable(error, name))
        return
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        problem = UnreadablePhoto("bad_zip", f"{name} is not a readable zip archive: {error}")
        yield PhotoSource(path, name, size_bytes, mtime, problem=problem)
        return
    bomb = _bomb(name, entries, size_bytes, limits)
    if bomb is not None:
        yield PhotoSource(path, name, size_bytes, mtime, problem=bomb)
        return
    named = sorted((_member_name(entry), index) for index, entry in enumerate(entries))
    for member, index in named:
        if not entries[index].is_dir() and _wanted(member, suffixes):
            yield _source(path, f"{name}!{member}", member, entries[index], mtime, limits)


def _bomb(
    name: str, entries: list[zipfile.ZipInfo], size_bytes: int, limits: ZipLimits
) -> UnreadablePhoto | None:
    """Why the whole archive is refused, if it is."""
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    what = None
    if len(entries) > limits.max_members:
        what = f"holds {len(entries)} members, the limit is {limits.max_members}"
    elif packed > size_bytes:
        what = f"claims {packed} packed bytes in a file of {size_bytes}: members overlap"
    elif total > limits.max_total_bytes:
        what = f"unpacks to {total} bytes, the limit is {limits.max_total_bytes}"
    return None if what is None else UnreadablePhoto("zip_bomb", f"{name} {what}")


def _member_name(entry: zipfile.ZipInfo) -> str:
    """The name with / between its parts; Windows tools in China write GBK without saying so."""
    if entry.flag_bits & _UTF8:
        return entry.filename.replace("\\", "/")
    try:
        raw = entry.orig_filename.split("\0")[0].encode("cp437")
    except UnicodeEncodeError:
        return entry.filename.replace("\\", "/")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).replace("\\", "/")
        except UnicodeDecodeError:
            continue
    return entry.filename.replace("\\", "/")


def _wanted(member: str, suffixes: frozenset[str]) -> bool:
    path = PurePosixPath(member)
    hidden = any(part.startswith(".") and part != ".." for part in path.parts)
    suffix = path.suffix.lower()
    return not hidden and "__MACOSX" not in path.parts and (suffix in suffixes or suffix == ".zip")


def _source(
    path: Path,
    name: str,
    member: str,
    entry: zipfile.ZipInfo,
    archive_mtime: datetime,
    limits: ZipLimits,
) -> PhotoSource:
    try:
        mtime = datetime(*entry.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        mtime = archive_mtime
    refused = _refused(member, entry, limits)
    problem = None if refused is None else UnreadablePhoto(refused[0], f"{name} {refused[1]}")
    stored = ZipMember(
        entry.header_offset, entry.compress_size, entry.file_size, entry.CRC, entry.compress_type
    )
    return PhotoSource(path, name, entry.file_size, mtime, member, problem, stored)


def _refused(
    member: str, entry: zipfile.ZipInfo, limits: ZipLimits
) -> tuple[UnreadableCode, str] | None:
    """Why this member is refused, if it is: the code and what to say after its name."""
    drive = len(member) > 1 and member[1] == ":"
    if member.startswith("/") or drive or ".." in member.split("/"):
        return "unsafe_member", "points outside the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "unsafe_member", "is a link, not a photo"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted", "is encrypted"
    if member.lower().endswith(".zip"):
        return "unsupported_format", "is an archive inside an archive"
    ratio = entry.file_size / max(entry.compress_size, 1)
    if entry.file_size >= limits.ratio_from_bytes and ratio > limits.max_ratio:
        return "zip_bomb", f"unpacks to {ratio:.0f} times its size, the limit is {limits.max_ratio}"
    return None
