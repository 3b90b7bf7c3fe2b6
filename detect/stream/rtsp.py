"""Reads a camera's H.264 or H.265 by RTSP over TCP, made for many cameras on few cores.

libavformat asks the system six times a packet and copies every byte of every picture; a hundred
cameras send 36,000 packets a second. Here what has come is taken in one piece some ten times a
second, and only key frames are put together. What isn't known here (other codecs, other kinds of
authentication, redirects) raises NotSpokenHere, and libavformat reads it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from detect.stream.access_units import AccessUnits, UnknownPacking
from detect.stream.address import FeedAddress
from detect.stream.fault import FaultCode, FeedFault
from detect.stream.packet import FeedPacket
from detect.stream.rtsp_talk import NotSpokenHere, Reply, Talk, fault_of
from detect.stream.sdp import VideoTrack, session_control, video_track
from detect.stream.timeouts import Timeouts

LONGEST_REST_S = 0.2
SHORTEST_REST_S = 0.005
BATCH_BYTES = 64_000
"""Taken at once at most, or the camera would wait for us: what a connection holds at first."""
STRAY_BYTES = 200_000


@contextmanager
def rtsp_packets(address: FeedAddress, timeouts: Timeouts) -> Iterator[Iterator[FeedPacket]]:
    """The pictures of the camera's first video track. Raises FeedFault and NotSpokenHere."""
    talk = Talk.to(address, timeouts.open_s)
    try:
        feed = _playing(talk, timeouts)
        try:
            yield feed.packets()
        finally:
            with suppress(FeedFault, OSError):
                talk.socket.settimeout(1.0)
                talk.send("TEARDOWN", feed.control)
    finally:
        talk.close()


def _playing(talk: Talk, timeouts: Timeouts) -> _Feed:
    url = talk.address.url
    may = talk.ask("OPTIONS", url).headers.get("public", "")
    described = talk.ask("DESCRIBE", url, Accept="application/sdp")
    sdp = described.body.decode("utf-8", "replace")
    track = video_track(sdp)
    if track is None:
        raise NotSpokenHere("its video is no H.264 or H.265 in order")
    base = described.headers.get("content-base") or described.headers.get("content-location") or url
    own = session_control(sdp)
    whole = base if own in (None, "*") else _joined(base, own or "")
    set_up = talk.ask(
        "SETUP",
        _joined(base, track.control),
        Transport="RTP/AVP/TCP;unicast;interleaved=0-1",
    )
    channel, keep_s = _agreed(talk, set_up)
    talk.ask("PLAY", whole, Range="npt=0.000-")
    method = "GET_PARAMETER" if "GET_PARAMETER" in may else "OPTIONS"
    return _Feed(talk, track, whole, channel, method, keep_s, timeouts.read_s)


def _agreed(talk: Talk, reply: Reply) -> tuple[int, float]:
    """The channel of the video's packets, and how often to say that we are still there."""
    transport = reply.headers.get("transport", "").lower()
    if "tcp" not in transport:
        raise NotSpokenHere("it doesn't send by TCP")
    _, _, channels = transport.partition("interleaved=")
    first = channels.partition("-")[0].partition(";")[0].strip()
    talk.session, _, options = reply.headers.get("session", "").partition(";")
    _, _, timeout = options.replace(" ", "").lower().partition("timeout=")
    seconds = timeout.partition(";")[0]
    keep_s = float(seconds) if seconds.isdigit() and int(seconds) > 1 else 60.0
    return int(first) if first.isdigit() else 0, keep_s / 2


def _joined(base: str, control: str) -> str:
    if control == "*":
        return base
    if urlsplit(control).scheme in ("rtsp", "rtspu"):
        return control
    return base + ("" if base.endswith("/") else "/") + control


class _Feed:
    """A track that plays: what came, taken in some ten times a second."""

    def __init__(
        self,
        talk: Talk,
        track: VideoTrack,
        control: str,
        channel: int,
        keep_method: str,
        keep_s: float,
        read_s: float,
    ) -> None:
        self.control = control
        self._talk = talk
        self._channel = channel
        self._keep_method = keep_method
        self._keep_s = keep_s
        self._read_s = read_s
        self._ready: list[FeedPacket] = []
        self._units = AccessUnits(track.codec, track.parameters, self._ready.append)
        self._stray = 0

    def packets(self) -> Iterator[FeedPacket]:
        """Pictures until the camera hangs up. Raises FeedFault."""
        talk = self._talk
        talk.socket.settimeout(0)
        heard_s = kept_s = time.monotonic()
        rest_s = SHORTEST_REST_S
        while True:
            got = self._receive()
            if got < 0:
                return
            if self._took():
                heard_s, self._stray = time.monotonic(), 0
                yield from self._ready
                self._ready.clear()
            now_s = time.monotonic()
            if now_s - heard_s > self._read_s:
                raise FeedFault(FaultCode.TIMED_OUT, f"{talk.address}: nothing came in time")
            if now_s - kept_s > self._keep_s:
                kept_s = now_s
                self._say_that_we_are_there()
            rest_s = _next_rest_s(rest_s, got)
            time.sleep(rest_s)

    def _receive(self) -> int:
        """How many bytes came, 0: none yet, -1: no more will."""
        talk = self._talk
        talk.make_room()
        try:
            got = talk.socket.recv_into(memoryview(talk.buffer)[talk.end :])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise fault_of(error, talk.address) from error
        talk.end += got
        return got or -1

    def _say_that_we_are_there(self) -> None:
        talk = self._talk
        talk.socket.settimeout(self._read_s)
        talk.send(self._keep_method, self.control)
        talk.socket.settimeout(0)

    def _took(self) -> bool:
        """Deals with what is in the buffer; whether there was something of the picture in it."""
        talk, channel, units = self._talk, self._channel, self._units
        buffer, begin, end = talk.buffer, talk.begin, talk.end
        seen = memoryview(buffer)
        took = False
        try:
            while end - begin >= 4:
                if buffer[begin] != 0x24:
                    talk.begin = begin
                    more = self._aside()
                    begin = talk.begin
                    if more:
                        continue
                    break
                stop = begin + 4 + (buffer[begin + 2] << 8 | buffer[begin + 3])
                if stop > end:
                    break
                if buffer[begin + 1] == channel:
                    units.take(seen[begin + 4 : stop])
                    took = True
                begin = stop
                if units.in_parts:
                    begin = units.run(buffer, begin, end, channel)
        except UnknownPacking as why:
            raise FeedFault(FaultCode.UNSUPPORTED, f"{talk.address}: {why}") from why
        talk.begin = begin
        return took

    def _aside(self) -> bool:
        """Leaves out a reply to what we said, or stray bytes; False: it isn't all there yet."""
        talk = self._talk
        if talk.buffer[talk.begin : talk.begin + 4] == b"RTSP":
            with suppress(FeedFault, NotSpokenHere):
                return talk.take_reply() is not None
        found = talk.buffer.find(b"$", talk.begin + 1, talk.end)
        stop = talk.end if found < 0 else found
        self._stray += stop - talk.begin
        talk.begin = stop
        if self._stray > STRAY_BYTES:
            raise FeedFault(FaultCode.BROKEN, f"{talk.address}: what it sends is no RTP")
        return found >= 0


def _next_rest_s(rest_s: float, got: int) -> float:
    """Longer while little comes, shorter while much does: as few reads as the camera allows."""
    if got >= BATCH_BYTES:
        return max(SHORTEST_REST_S, rest_s / 2)
    return min(LONGEST_REST_S, rest_s * 1.25)
