"""What kind of picture some bytes are, how large and with which EXIF: from the head alone.

A JPEG's segments are walked in some 20 µs; no decoder is opened, so that a hostile size is known
before anything is allocated for it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from detect.errors import UnreadablePhoto

MAX_PIXELS = 200_000_000
_MAX_PIXELS_WHOLE = 80_000_000  # of the kinds that Pillow decodes, whose own alarm is just above

Format = Literal["jpeg", "png", "webp", "heic", "gif", "bmp"]

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"II*\0", "a TIFF or raw picture"),
    (b"MM\0*", "a TIFF or raw picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"FUJIFILM", "a raw picture"),
)
_NO_PICTURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "XML"),
    (b"\x1aE\xdf\xa3", "a video"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """Format, stored size in pixels, EXIF block (b"" if none), more than one frame or not."""

    format: Format
    width_px: int
    height_px: int
    exif: bytes = b""
    animated: bool = False


def read_header(data: bytes, name: str, max_pixels: int = MAX_PIXELS) -> Header:
    """The header of the picture; raises UnreadablePhoto if there is none or its end is missing.

    A size above ``max_pixels`` is refused as soon as it is read.
    """
    if not data:
        raise UnreadablePhoto("empty_file", f"{name} has no bytes")
    if data[:3] == b"\xff\xd8\xff":
        read = _jpeg
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        read = _png
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        read = _webp
    elif data[:6] in (b"GIF87a", b"GIF89a"):
        read = _gif
    elif data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        read = _bmp
    elif data[4:8] == b"ftyp":
        read = _iso_media
    else:
        raise _unknown(data, name)
    try:
        return read(data, name, max_pixels)
    except (struct.error, IndexError) as error:
        raise _truncated(name) from error


def _check_size(width_px: int, height_px: int, name: str, max_pixels: int) -> None:
    if width_px < 1 or height_px < 1:
        raise UnreadablePhoto(
            "not_an_image", f"{name} claims a size of {width_px} x {height_px} pixels"
        )
    if width_px * height_px > max_pixels:
        raise UnreadablePhoto(
            "too_many_pixels",
            f"{name} claims {width_px} x {height_px} pixels, the limit is {max_pixels:,}",
        )


def _truncated(name: str) -> UnreadablePhoto:
    return UnreadablePhoto("truncated", f"{name} ends before its picture does")


def _unknown(data: bytes, name: str) -> UnreadablePhoto:
    for start, what in _OTHERS:
        if data.startswith(start):
            return UnreadablePhoto("unsupported_format", f"{name} is {what}, which is not read")
    head = data[:512].lstrip()
    for start, what in _NO_PICTURES:
        if head[: len(start)].lower() == start.lower():
            return UnreadablePhoto("not_an_image", f"{name} is {what}, not a picture")
    if not data[:512].strip(b"\0"):
        return UnreadablePhoto("not_an_image", f"{name} holds zeros where a picture should begin")
    what = "text" if _is_text(data[:512]) else f"nothing known (it begins with {data[:8].hex()})"
    return UnreadablePhoto("not_an_image", f"{name} is {what}, not a picture")


def _is_text(head: bytes) -> bool:
    return all(byte >= 0x20 or byte in b"\t\n\r\f" for byte in head)


def _jpeg(data: bytes, name: str, max_pixels: int) -> Header:
    exif, size, position = b"", None, 2
    while True:
        if data[position] != 0xFF:
            raise UnreadablePhoto("truncated", f"{name} is damaged in its head, at byte {position}")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in (0xDA, 0xD9):
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = size = struct.unpack_from(">HH", data, position + 5)
            _check_size(width, height, name, max_pixels)
        elif marker == 0xE1 and not exif and data[position + 4 : position + 10] == b"Exif\0\0":
            exif = data[position + 10 : position + 2 + length]
        position += 2 + max(length, 2)
    if size is None:
        raise UnreadablePhoto("truncated", f"{name} holds no picture before its data begin")
    # The compressed data hold no end marker, so one after them is the picture's own.
    if data.rfind(b"\xff\xd9", position) < 0:
        raise _truncated(name)
    return Header("jpeg", size[1], size[0], exif)


def _png(data: bytes, name: str, max_pixels: int) -> Header:
    if data[12:16] != b"IHDR":
        raise UnreadablePhoto("not_an_image", f"{name} is a PNG without a header")
    width, height = struct.unpack_from(">II", data, 16)
    _check_size(width, height, name, max_pixels)
    exif, animated, position = b"", False, 33
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"eXIf":
            exif = data[position + 8 : position + 8 + length]
        animated = animated or kind == b"acTL"
        position += 12 + length
        if kind == b"IDAT" and data.rfind(b"IEND", position) < 0:
            raise _truncated(name)
        if kind == b"IEND" or (kind == b"IDAT" and exif):
            break
    return Header("png", width, height, exif, animated)


def _webp(data: bytes, name: str, max_pixels: int) -> Header:
    (riff_bytes,) = struct.unpack_from("<I", data, 4)
    kind, flags = data[12:16], 0
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        flags = data[20]
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    else:
        raise UnreadablePhoto("not_an_image", f"{name} is a WebP without a picture")
    animated = bool(flags & 0x02)
    _check_size(width, height, name, min(max_pixels, _MAX_PIXELS_WHOLE) if animated else max_pixels)
    if riff_bytes + 8 > len(data) + 1:
        raise _truncated(name)
    exif = _riff_chunk(data, b"EXIF") if flags & 0x08 else b""
    return Header("webp", width, height, exif, animated)


def _riff_chunk(data: bytes, wanted: bytes) -> bytes:
    position = 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        if kind == wanted:
            return data[position + 8 : position + 8 + length]
        position += 8 + length + (length & 1)
    return b""


def _gif(data: bytes, name: str, max_pixels: int) -> Header:
    width, height = struct.unpack_from("<HH", data, 6)
    _check_size(width, height, name, min(max_pixels, _MAX_PIXELS_WHOLE))
    if len(data) < 14:
        raise _truncated(name)
    animated = b"NETSCAPE2.0" in data[:1024] or data.count(b"\x21\xf9\x04", 13) > 1
    return Header("gif", width, height, animated=animated)


def _bmp(data: bytes, name: str, max_pixels: int) -> Header:
    (declared,) = struct.unpack_from("<I", data, 2)
    width, height = struct.unpack_from("<ii", data, 18)
    _check_size(width, abs(height), name, max_pixels)
    if declared > len(data):
        raise _truncated(name)
    return Header("bmp", width, abs(height))


def _iso_media(data: bytes, name: str, max_pixels: int) -> Header:
    (length,) = struct.unpack_from(">I", data, 0)
    brands = {data[8:12], *(data[i : i + 4] for i in range(16, min(length, 256), 4))}
    if brands & _AVIF_BRANDS:
        raise UnreadablePhoto("unsupported_format", f"{name} is an AVIF picture, which is not read")
    if not brands & _HEIF_BRANDS:
        raise UnreadablePhoto("not_an_image", f"{name} is a video, not a picture")
    return _heic(data, name, max_pixels)


def _heic(data: bytes, name: str, max_pixels: int) -> Header:
    """The size is the upright one: the format has its own turn, and its EXIF's is ignored."""
    import pillow_heif

    try:
        heif = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=True)
    except (ValueError, OSError, EOFError, RuntimeError, MemoryError) as error:
        raise UnreadablePhoto("truncated", f"{name} is a damaged HEIC picture: {error}") from error
    width, height = heif.size
    _check_size(width, height, name, max_pixels)
    exif: bytes = heif.info.get("exif") or b""
    return Header("heic", width, height, exif)
