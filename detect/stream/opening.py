"""Opening a feed and reading its pictures; errors become ``FeedFault``.

RTSP with H.264 or H.265 is read by ``rtsp``, at a tenth of what libavformat takes for it; all else,
and what ``rtsp`` doesn't know, by PyAV.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import av
from av.error import (
    ExitError,
    FFmpegError,
    HTTPNotFoundError,
    HTTPUnauthorizedError,
    InvalidDataError,
    OptionNotFoundError,
    ProtocolNotFoundError,
)
from av.stream import Discard

from detect.stream.address import FeedAddress
from detect.stream.fault import FaultCode, FeedFault
from detect.stream.packet import FeedPacket
from detect.stream.rtsp import rtsp_packets
from detect.stream.timeouts import Timeouts

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    VideoPacket = Packet[VideoStream]

av.logging.set_level(None)  # libav's own lines hold URLs with passwords

_BY_ERRNO = {
    errno.ECONNREFUSED: FaultCode.REFUSED,
    errno.EHOSTUNREACH: FaultCode.UNREACHABLE,
    errno.ENETUNREACH: FaultCode.UNREACHABLE,
    errno.ETIMEDOUT: FaultCode.TIMED_OUT,
    errno.EPERM: FaultCode.UNAUTHORIZED,
    errno.EACCES: FaultCode.UNAUTHORIZED,
    errno.ENOENT: FaultCode.NOT_FOUND,
    errno.EIO: FaultCode.BROKEN,
}


@contextmanager
def opened(
    address: FeedAddress, timeouts: Timeouts, *, by_libav: bool = False
) -> Iterator[Iterator[FeedPacket]]:
    """The packets of the feed's first video stream, until it ends. Raises FeedFault.

    RTSP may raise NotSpokenHere on opening, or a FeedFault of code UNSUPPORTED later: then
    ``by_libav`` may help.
    """
    if by_libav or not address.url.lower().startswith("rtsp://"):
        with _opened_by_libav(address, timeouts) as packets:
            yield packets
        return
    with rtsp_packets(address, timeouts) as packets:
        yield packets


@contextmanager
def _opened_by_libav(address: FeedAddress, timeouts: Timeouts) -> Iterator[Iterator[FeedPacket]]:
    container: InputContainer | None = None
    try:
        container = av.open(
            address.secret_url(),
            mode="r",
            format=_format(address),
            options=_options(address, timeouts),
            timeout=(timeouts.open_s, timeouts.read_s),
        )
        yield _packets(container, address)
    except FFmpegError as error:
        raise fault_of(error, address) from error
    finally:
        if container is not None:
            container.close()


def _packets(container: InputContainer, address: FeedAddress) -> Iterator[FeedPacket]:
    if not container.streams.video:
        raise FeedFault(FaultCode.NO_VIDEO, f"{address} has no video stream")
    video: VideoStream = container.streams.video[0]
    if video.codec_context is None:
        raise FeedFault(FaultCode.UNSUPPORTED, f"{address} has a codec that can't be decoded")
    for other in container.streams:
        if other is not video:
            other.discard = Discard.all
    try:
        for packet in container.demux(video):
            if packet.size:
                yield _as_sent(packet)
    except FFmpegError as error:
        raise fault_of(error, address) from error


def _as_sent(packet: VideoPacket) -> FeedPacket:
    at_s = None
    if packet.pts is not None and packet.time_base is not None:
        at_s = float(packet.pts * packet.time_base)
    if not packet.is_keyframe:
        return FeedPacket(packet.size, key=False, at_s=at_s)
    context = packet.stream.codec_context
    return FeedPacket(
        packet.size, True, not packet.is_corrupt, context.name, context.extradata, bytes(packet),
        at_s,
    )  # fmt: skip


def _format(address: FeedAddress) -> str | None:
    return "v4l2" if address.kind == "device" else None


def _options(address: FeedAddress, timeouts: Timeouts) -> dict[str, str]:
    """libavformat's options: TCP, video only, little probing, and no more than asked for."""
    probing = {"analyzeduration": "2000000", "probesize": "1000000"}
    wait_us = str(int(timeouts.read_s * 1_000_000))
    if address.kind == "rtsp":
        return {
            **probing,
            "rtsp_transport": "tcp",
            "allowed_media_types": "video",
            "timeout": wait_us,
        }
    if address.kind in ("mjpeg", "hls"):
        return {
            **probing,
            "rw_timeout": wait_us,
            "protocol_whitelist": "http,https,tcp,tls,crypto,httpproxy",
        }
    if address.kind == "device":
        return {"input_format": "mjpeg"}
    return {"protocol_whitelist": "file"}


def fault_of(error: FFmpegError, address: FeedAddress) -> FeedFault:
    """The fault that an error of the library means, without secrets in its message."""
    text = address.redacted(error.strerror or str(error))
    fault = _code_of(error, text)
    return FeedFault(fault, f"{address}: {_WORDS.get(fault, text)}")


def _code_of(error: FFmpegError, text: str) -> FaultCode:
    if isinstance(error, ExitError):
        return FaultCode.TIMED_OUT
    if isinstance(error, HTTPUnauthorizedError):
        return FaultCode.UNAUTHORIZED
    if isinstance(error, HTTPNotFoundError):
        return FaultCode.NOT_FOUND
    if isinstance(error, (ProtocolNotFoundError, OptionNotFoundError)):
        return FaultCode.UNSUPPORTED
    if isinstance(error, InvalidDataError):
        return FaultCode.BROKEN
    if "403" in text or "Forbidden" in text:
        return FaultCode.UNAUTHORIZED
    return _BY_ERRNO.get(error.errno or 0, FaultCode.BROKEN)


_WORDS = {
    FaultCode.TIMED_OUT: "nothing came in time",
    FaultCode.REFUSED: "the connection was refused",
    FaultCode.UNAUTHORIZED: "the camera doesn't accept these credentials",
    FaultCode.NOT_FOUND: "there is no stream by this path",
    FaultCode.UNREACHABLE: "the host can't be reached",
}
