"""The bytes of one member of a zip archive, read straight from its place in the file.

``zipfile`` parses the whole directory each time that an archive is opened: 5,000 photos would cost
5,000 directories. Here the directory is read once (``archive.py``) and members are read by offset,
from any thread.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from detect.errors import UnreadablePhoto

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")


@dataclass(frozen=True, slots=True)
class ZipMember:
    """Where a member lies in its archive and how it is packed, from the archive's directory."""

    offset: int
    packed_bytes: int
    size_bytes: int
    crc: int
    method: int


def read_member(path: Path, member: ZipMember, name: str, max_bytes: int) -> bytes:
    """The unpacked bytes, at most ``max_bytes`` + 1 of them; OSError or UnreadablePhoto."""
    with path.open("rb") as file:
        file.seek(member.offset)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise UnreadablePhoto("bad_zip", f"{name} is not where the archive says")
        *_, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        file.seek(name_bytes + extra_bytes, 1)
        packed = file.read(min(member.packed_bytes, max_bytes + 1024 * 1024))
    data = _unpack(packed, member.method, name, max_bytes)
    if len(data) > max_bytes:
        return data
    if len(data) != member.size_bytes or zlib.crc32(data) != member.crc:
        raise UnreadablePhoto("truncated", f"{name} is damaged inside the archive")
    return data


def _unpack(packed: bytes, method: int, name: str, max_bytes: int) -> bytes:
    if method == zipfile.ZIP_STORED:
        return packed
    if method != zipfile.ZIP_DEFLATED:
        raise UnreadablePhoto(
            "unsupported_format",
            f"{name} is packed with zip method {method}",
            mend="Pack the archive with the usual method (deflate), or unpack it first.",
        )
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise UnreadablePhoto("truncated", f"{name} is damaged inside the archive") from error
