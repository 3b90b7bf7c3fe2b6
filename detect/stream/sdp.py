"""What an RTSP server announces (SDP, RFC 8866): the video track that can be read here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

START = b"\x00\x00\x00\x01"
_CODECS = {"H264": "h264", "H265": "hevc"}


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """One video track: libavcodec's name of its codec, and how it is asked for.

    ``control``: what SETUP names, absolute or relative to the session's own; ``payload_type``: of
    its RTP packets; ``parameters``: parameter sets with start codes, None where none are announced.
    """

    codec: str
    control: str
    payload_type: int
    parameters: bytes | None


@dataclass(slots=True)
class _Section:
    """The session's own lines, or those of one medium."""

    media: str = ""
    lines: list[str] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return [line[len(name) :] for line in self.lines if line.startswith(name)]

    def first(self, name: str) -> str | None:
        return next(iter(self.values(name)), None)


def video_track(sdp: str) -> VideoTrack | None:
    """The first video track, if it is H.264 or H.265 in order; None: none, or not so."""
    video = next((one for one in _sections(sdp) if one.media.startswith("video ")), None)
    if video is None:
        return None
    kinds = video.media.split()[3:]
    if not kinds or not kinds[0].isdigit():
        return None
    kind = kinds[0]
    named = video.first(f"a=rtpmap:{kind} ") or ""
    codec = _CODECS.get(named.partition("/")[0].strip().upper())
    options = dict(_options(video.first(f"a=fmtp:{kind} ") or ""))
    if codec is None or _out_of_order(options):
        return None
    control = video.first("a=control:") or "*"
    return VideoTrack(codec, control.strip(), int(kind), _parameters(codec, options))


def session_control(sdp: str) -> str | None:
    """What PLAY names, if the session says so."""
    said = _sections(sdp)[0].first("a=control:")
    return None if said is None else said.strip()


def _sections(sdp: str) -> list[_Section]:
    sections = [_Section()]
    for line in sdp.replace("\r", "\n").split("\n"):
        if line.startswith("m="):
            sections.append(_Section(line[2:]))
        elif line:
            sections[-1].lines.append(line)
    return sections


def _options(fmtp: str) -> Iterator[tuple[str, str]]:
    for part in fmtp.split(";"):
        name, _, value = part.strip().partition("=")
        yield name.lower(), value.strip()


def _out_of_order(options: dict[str, str]) -> bool:
    """Whether pictures come interleaved, with numbers of their own in front (DON)."""
    return options.get("packetization-mode") == "2" or any(
        options.get(name, "0") != "0" for name in ("sprop-max-don-diff", "sprop-depack-buf-nalus")
    )


def _parameters(codec: str, options: dict[str, str]) -> bytes | None:
    names: tuple[str, ...] = ("sprop-parameter-sets",)
    if codec == "hevc":
        names = ("sprop-vps", "sprop-sps", "sprop-pps")
    units = [unit for name in names for unit in options.get(name, "").split(",") if unit]
    try:
        coded = [base64.b64decode(unit + "=" * (-len(unit) % 4)) for unit in units]
    except (binascii.Error, ValueError):
        return None
    return b"".join(START + unit for unit in coded if unit) or None
