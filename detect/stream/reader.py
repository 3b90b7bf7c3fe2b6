"""Reads one feed in a thread of its own, for as long as it is wanted: the newest picture is kept.

A feed that breaks is opened again after a wait that grows (``backoff``); few connect at the same
moment (``gate``), as opening is what costs most. Pictures that need others to be decoded are
dropped, so that only key frames are left; a feed that sends none is a fault with a name.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from detect.stream.address import FeedAddress
from detect.stream.backoff import BackOff
from detect.stream.fault import FaultCode, FeedFault
from detect.stream.motion import MotionGauge
from detect.stream.opening import opened
from detect.stream.packet import CodedPicture, FeedPacket, Newest
from detect.stream.rtsp_talk import NotSpokenHere
from detect.stream.snapshot import fetch_snapshot
from detect.stream.timeouts import Timeouts

_log = logging.getLogger(__name__)

SETTLED_S = 10.0
"""A feed that gave pictures for this long is well again: the next wait is short."""


@dataclass(slots=True)
class FeedFacts:
    """What is known of a connection, for health and metrics. Written by the reader alone."""

    connected: bool = False
    connects: int = 0
    failures: int = 0
    packets: int = 0
    pictures: int = 0
    bytes: int = 0
    last_packet_s: float | None = None
    last_picture_s: float | None = None
    connected_s: float | None = None
    fault: FeedFault | None = None
    trouble_since_s: float | None = field(default=None)


class FeedReader:
    """Keeps a feed open. ``newest`` holds its last picture; ``facts`` say how it fares."""

    def __init__(
        self,
        address: FeedAddress,
        *,
        timeouts: Timeouts | None = None,
        back_off: BackOff | None = None,
        gate: AbstractContextManager[Any] | None = None,
        snapshot_every_s: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.address = address
        self.newest = Newest()
        self.facts = FeedFacts()
        self.motion = MotionGauge()
        self._timeouts = timeouts or Timeouts()
        self._back_off = back_off or BackOff()
        self._gate = gate or nullcontext()
        self._every_s = snapshot_every_s
        self._monotonic = monotonic
        self._now = now
        self._stop = threading.Event()
        self._by_libav = False
        self._number = 0
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begins to connect and read, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the reader to end; a read in progress ends by its time-out at the latest."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Waits for the reader to end; whether it did."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began_s = self._monotonic()
            try:
                self._read()
                fault = FeedFault(FaultCode.ENDED, f"{self.address}: the stream ended")
            except FeedFault as error:
                fault = error
            except (OSError, ValueError, RuntimeError, MemoryError) as error:
                text = self.address.redacted(f"{type(error).__name__}: {error}")
                _log.exception("feed %s failed unexpectedly", self.address)
                fault = FeedFault(FaultCode.BROKEN, f"{self.address}: {text}")
            if self._stop.is_set():
                break
            worked_s = self._worked_s(began_s)
            failures = 0 if worked_s >= SETTLED_S else failures + 1
            self._failed(fault)
            self._stop.wait(self._back_off.wait_s(max(0, failures - 1)))
        self._ended()

    def _read(self) -> None:
        if self.address.kind == "snapshot":
            self._read_snapshots()
            return
        with self._gate:
            feed, packets = self._open()
            try:
                first = next(packets, None)
            except BaseException as error:
                if not feed.__exit__(type(error), error, error.__traceback__):
                    raise
                return
        try:
            if first is not None:
                self._connected()
                self._took(first)
                for packet in packets:
                    if self._stop.is_set() or not self._paced(packet):
                        return
                    self._took(packet)
        finally:
            feed.__exit__(None, None, None)

    def _open(self) -> tuple[AbstractContextManager[Any], Iterator[FeedPacket]]:
        """The feed, opened; by libavformat from the first time on that only it can."""
        if not self._by_libav:
            feed = opened(self.address, self._timeouts)
            try:
                return feed, feed.__enter__()
            except NotSpokenHere as why:
                _log.info("camera %s is read by libavformat: %s", self.address, why)
                self._by_libav = True
        feed = opened(self.address, self._timeouts, by_libav=True)
        return feed, feed.__enter__()

    def _paced(self, packet: FeedPacket) -> bool:
        """Plays files at their own speed, as a camera would; False when asked to stop."""
        if self.address.kind != "file" or packet.at_s is None:
            return True
        began_s = self.facts.connected_s or self._monotonic()
        ahead_s = packet.at_s - (self._monotonic() - began_s)
        return not (ahead_s > 0 and self._stop.wait(ahead_s))

    def _took(self, packet: FeedPacket) -> None:
        """Counts a packet, and keeps it if it is a whole picture."""
        at_s = self._monotonic()
        facts = self.facts
        facts.packets += 1
        facts.bytes += packet.size
        facts.last_packet_s = at_s
        if not packet.key:
            self.motion.take(packet.size)
        elif packet.whole:
            self._keep(packet.codec, packet.parameters, packet.data, at_s)

    def _read_snapshots(self) -> None:
        while not self._stop.is_set():
            began_s = self._monotonic()
            with self._gate:
                data, codec = fetch_snapshot(self.address, self._timeouts)
            if not self.facts.connected:
                self._connected()
            at_s = self._monotonic()
            self.facts.packets += 1
            self.facts.bytes += len(data)
            self.facts.last_packet_s = at_s
            self._keep(codec, None, data, at_s)
            self._stop.wait(max(0.0, self._every_s - (self._monotonic() - began_s)))

    def _keep(self, codec: str, parameters: bytes | None, data: bytes, at_s: float) -> None:
        self._number += 1
        self.facts.pictures += 1
        self.facts.last_picture_s = at_s
        self.newest.put(CodedPicture(codec, parameters, data, self._now(), at_s, self._number))

    def _connected(self) -> None:
        self.facts.connected = True
        self.facts.connects += 1
        self.facts.connected_s = self._monotonic()
        self.facts.fault = None

    def _failed(self, fault: FeedFault) -> None:
        self.facts.failures += 1
        self._by_libav = self._by_libav or fault.fault is FaultCode.UNSUPPORTED
        self.facts.fault = fault
        self._ended()

    def _ended(self) -> None:
        self.facts.connected = False
        self.newest.clear()

    def _worked_s(self, began_s: float) -> float:
        last = self.facts.last_packet_s
        return 0.0 if last is None or last < began_s else last - began_s
