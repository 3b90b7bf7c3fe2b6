"""RTP packets of H.264 and H.265 (RFC 6184, RFC 7798) → pictures, of which key frames are kept.

A camera sends some 350 packets a second, and one picture in fifty can be decoded by itself. So only
the sizes of the others are looked at; their bytes are never copied.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from detect.stream.packet import FeedPacket
from detect.stream.sdp import START

_RECOVERY_POINT = 6
_MAX_KEPT = 60_000_000


class UnknownPacking(Exception):  # noqa: N818 - not an error: somebody else can read it
    """Packets are packed in a way that is not taken apart here."""


@dataclass(frozen=True, slots=True)
class _Codec:
    """Numbers of NAL units: what belongs to every picture, what makes one a key frame."""

    parameters: frozenset[int]
    first_parameters: int
    kept: frozenset[int]
    key: frozenset[int]
    sei: int
    slices_below: int
    several: int
    part: int
    header_bytes: int


_H264 = _Codec(frozenset({7, 8}), 7, frozenset({6, 7, 8}), frozenset({5}), 6, 6, 24, 28, 1)
_H265 = _Codec(
    frozenset({32, 33, 34}), 32, frozenset({32, 33, 34, 39}), frozenset(range(16, 24)),
    39, 32, 48, 49, 2,
)  # fmt: skip
_HEADS = struct.Struct(">BBHBBHIIBBB").unpack_from
"""TCP's four bytes, RTP's twelve, and three of the payload."""
_CODECS = {"h264": _H264, "hevc": _H265}


class AccessUnits:
    """Puts a track's packets together, in order; each whole picture goes to ``done``."""

    def __init__(
        self, codec: str, parameters: bytes | None, done: Callable[[FeedPacket], None]
    ) -> None:
        self._name = codec
        self._codec = _CODECS[codec]
        self._announced = parameters or b""
        self._sets: dict[tuple[int, int], bytes] = {}
        self._done = done
        self.in_parts = False
        self._sequence = -1
        self._timestamp = -1
        self._begin()

    def _begin(self) -> None:
        self._size = 0
        self._key = False
        self._whole = True
        self._kept: list[bytes] = []
        self._keeping = False
        self.in_parts = False

    def take(self, packet: memoryview) -> None:
        """Takes in one RTP packet, headers and all. Raises UnknownPacking."""
        if len(packet) < 13 or packet[0] & 0xC0 != 0x80:
            return
        begin, end = _payload(packet)
        if begin >= end:
            return
        sequence = packet[2] << 8 | packet[3]
        missing = sequence != (self._sequence + 1) & 0xFFFF and self._sequence >= 0
        self._sequence = sequence
        timestamp = int.from_bytes(packet[4:8], "big")
        if timestamp != self._timestamp:
            if self._size:  # no marker told the end of the one before
                self._whole = self._whole and not missing
                self._end()
            self._timestamp = timestamp
        if missing:
            self._whole = False
        self._size += end - begin
        self._unit(packet, begin, end)
        if packet[1] & 0x80:
            self._end()

    def run(self, buffer: bytearray, begin: int, end: int, channel: int) -> int:
        """Where the first packet begins that must be taken one by one, in TCP's interleaving.

        The short way for nine packets of ten: the middle of a unit that is sent in parts.
        """
        codec, sequence, size = self._codec, self._sequence, 0
        kept, body = self._kept if self._keeping else None, 17 + codec.header_bytes
        mask, part = (31, codec.part) if codec is _H264 else (126, codec.part << 1)
        while begin + 19 <= end:
            sign, of, length, first, second, number, _, _, kind, one, two = _HEADS(buffer, begin)
            stop = begin + 4 + length
            if (
                stop > end
                or number != sequence + 1
                or sign != 0x24
                or of != channel
                or first != 0x80
                or second & 0x80
                or kind & mask != part
                or (one if codec is _H264 else two) & 0x80
            ):
                break
            if kept is not None:
                kept.append(bytes(buffer[begin + body : stop]))
            begin, sequence, size = stop, number, size + length - 12
        self._sequence, self._size = sequence, self._size + size
        if self._size > _MAX_KEPT:
            raise UnknownPacking("pictures that don't end")
        return begin

    def _unit(self, packet: memoryview, begin: int, end: int) -> None:
        codec = self._codec
        kind = self._kind(packet[begin])
        if kind == codec.part:
            self._part(packet, begin, end)
        elif kind == codec.several:
            self._several(packet, begin + codec.header_bytes, end)
        elif kind > codec.several:
            raise UnknownPacking(f"packets of type {kind}")
        else:
            self._whole_unit(kind, packet[begin:end])

    def _kind(self, first: int) -> int:
        return first & 31 if self._codec is _H264 else first >> 1 & 63

    def _several(self, packet: memoryview, at: int, end: int) -> None:
        while at + 2 < end:
            size = packet[at] << 8 | packet[at + 1]
            at += 2
            if size == 0 or at + size > end:
                self._whole = False
                return
            self._whole_unit(self._kind(packet[at]), packet[at : at + size])
            at += size

    def _whole_unit(self, kind: int, unit: memoryview) -> None:
        codec = self._codec
        self._keeping = self.in_parts = False
        if kind in codec.key or (self._key and kind < codec.slices_below):
            self._key = True
            self._keep(START)
            self._keep(bytes(unit))
        elif kind in codec.kept:
            self._aside(kind, bytes(unit))

    def _aside(self, kind: int, unit: bytes) -> None:
        """Parameter sets, and SEI: the picture's own or the stream's."""
        codec = self._codec
        self._keep(START)
        self._keep(unit)
        if kind in codec.parameters:
            if kind == codec.first_parameters:
                self._sets.clear()
                self._announced = b""
            self._sets[kind, unit[codec.header_bytes] if len(unit) > 2 else 0] = START + unit
        elif kind == codec.sei and codec is _H264 and _says_recovery(unit):
            self._key = True

    def _part(self, packet: memoryview, begin: int, end: int) -> None:
        """A part of a NAL unit (FU-A, FU): the header of the whole one is put together again."""
        codec = self._codec
        header = begin + codec.header_bytes
        if header >= end:
            return
        said = packet[header]
        kind = said & 31 if codec is _H264 else said & 63
        if said & 0x80:
            self._keeping = kind in codec.key or kind in codec.kept or self._key
            self.in_parts = True
            if self._keeping:
                self._key = self._key or kind in codec.key
                self._keep(START)
                self._keep(_header(codec, packet, begin, kind))
        elif kind in codec.key and not self._keeping:
            self._key, self._whole = True, False  # its beginning is missing
        if self._keeping:
            self._keep(bytes(packet[header + 1 : end]))

    def _keep(self, data: bytes) -> None:
        if self._size > _MAX_KEPT:
            raise UnknownPacking("pictures that don't end")
        self._kept.append(data)

    def _end(self) -> None:
        if self._key:
            data, sets = b"".join(self._kept), self._announced + b"".join(self._sets.values())
            told = FeedPacket(self._size, True, self._whole, self._name, sets or None, data)
        else:
            told = FeedPacket(self._size, False, self._whole)
        self._begin()
        self._done(told)


def _payload(packet: memoryview) -> tuple[int, int]:
    """Where the payload of an RTP packet begins and ends."""
    first, end = packet[0], len(packet)
    begin = 12 + 4 * (first & 15)
    if first & 0x10 and begin + 4 <= end:
        begin += 4 + 4 * (packet[begin + 2] << 8 | packet[begin + 3])
    if first & 0x20:
        end -= packet[end - 1]
    return begin, end


def _header(codec: _Codec, packet: memoryview, begin: int, kind: int) -> bytes:
    if codec is _H264:
        return bytes((packet[begin] & 0xE0 | kind,))
    return bytes((packet[begin] & 0x81 | kind << 1, packet[begin + 1]))


def _says_recovery(sei: bytes) -> bool:
    """Whether a SEI unit of H.264 says that decoding may begin here (no IDR, but as good)."""
    at = 1
    while at + 2 <= len(sei):
        kind, at = _run(sei, at)
        size, at = _run(sei, at)
        if kind == _RECOVERY_POINT:
            return True
        at += size
        if at < len(sei) and sei[at] == 0x80:
            return False
    return False


def _run(data: bytes, at: int) -> tuple[int, int]:
    """A number of SEI: 255 as often as it takes, and the rest."""
    number = 0
    while at < len(data):
        number += data[at]
        at += 1
        if data[at - 1] != 255:
            break
    return number, at
