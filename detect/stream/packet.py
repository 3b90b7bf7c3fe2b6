"""One picture of a feed as it came: coded, with all that decoding it needs."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class CodedPicture:
    """A picture that can be decoded without any other.

    ``codec`` is libavcodec's name; ``parameters`` its extradata (SPS and PPS of H.264), which the
    picture itself may override. ``arrived_at``: aware, by this machine's clock; ``arrived_s``: by
    the monotonic one. ``number`` grows by one a picture, ``size_bytes`` is what the network sent.
    """

    codec: str
    parameters: bytes | None
    data: bytes
    arrived_at: datetime
    arrived_s: float
    number: int

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    @property
    def sha256(self) -> str:
        """Of the coded bytes, in hex: the name of this picture."""
        return hashlib.sha256(self.data).hexdigest()


class FeedPacket(NamedTuple):
    """One coded picture of a feed as it comes, or a part of one.

    ``data``, ``codec`` and ``parameters`` are those of a CodedPicture and only there for a ``key``
    frame; ``whole``: nothing of it was lost on the way; ``at_s``: when it is shown, from the
    beginning of a file.
    """

    size: int
    key: bool
    whole: bool = True
    codec: str = ""
    parameters: bytes | None = None
    data: bytes = b""
    at_s: float | None = None


class Newest:
    """Keeps the newest picture and drops what came before. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture: CodedPicture | None = None
        self._dropped = 0
        self._seen = 0

    def put(self, picture: CodedPicture) -> None:
        """Replaces the picture; counts the one before as dropped if nobody had taken it."""
        with self._lock:
            if self._picture is not None and self._picture.number > self._seen:
                self._dropped += 1
            self._picture = picture

    def take(self, after: int = -1) -> CodedPicture | None:
        """The newest picture if its number is above ``after``; it stays until the next comes."""
        with self._lock:
            picture = self._picture
            if picture is None or picture.number <= after:
                return None
            self._seen = max(self._seen, picture.number)
            return picture

    def clear(self) -> None:
        """Forgets the picture: what a broken feed showed last is not what is there now."""
        with self._lock:
            self._picture = None

    @property
    def number(self) -> int:
        """The number of the picture that is kept; -1: none."""
        picture = self._picture
        return -1 if picture is None else picture.number

    @property
    def dropped(self) -> int:
        """How many pictures were replaced before anybody looked at them."""
        return self._dropped
