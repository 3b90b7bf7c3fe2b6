"""Who signed in to the console, kept in a signed cookie; and the slowing of guessers.

The cookie holds the id of the key that signed in and the time, signed with HMAC-SHA256: it says
who, never what they may do (that is looked up on each request, so that revoking a key ends its
sessions).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

COOKIE = "tidycity_session"
LIFETIME_S = 12 * 3600


def load_secret(data_dir: Path) -> str:
    """The secret that signs sessions, made on first use and readable by its owner only."""
    path = data_dir / "session.secret"
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    data_dir.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_urlsafe(48))
    try:
        os.link(temporary, path)  # fails if another process was first: theirs holds then
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text("ascii").strip()


@dataclass(frozen=True)
class SessionSigner:
    """Makes and reads session cookies.

    >>> signer = SessionSigner("s" * 32)
    >>> signer.read(signer.sign(7, now_s=100.0), now_s=200.0)
    7
    >>> signer.read(signer.sign(7, now_s=100.0) + "x", now_s=200.0) is None
    True
    """

    secret: str
    lifetime_s: float = LIFETIME_S

    def sign(self, key_id: int, *, now_s: float) -> str:
        """The cookie's value for the key with this id."""
        payload = json.dumps({"key": key_id, "at": int(now_s)}, separators=(",", ":"))
        head = base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
        return f"{head}.{self._signature(head)}"

    def read(self, value: str, *, now_s: float) -> int | None:
        """The id of the key that signed in; None: forged, damaged or too old."""
        head, _, signature = value.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(head).encode()):
            return None
        try:
            payload = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
            key_id, issued_s = int(payload["key"]), float(payload["at"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            return None
        return key_id if now_s - issued_s < self.lifetime_s else None

    def _signature(self, head: str) -> str:
        digest = hmac.new(self.secret.encode(), head.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Throttle:
    """Slows guessers: after ``free`` wrong keys an address waits twice as long each time.

    Right keys are never held up: they can't be guessed (256 random bits), and one address may
    stand for a whole office.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        free: int = 5,
        longest_s: float = 900,
        size: int = 10_000,
    ) -> None:
        self._clock = clock
        self._free = free
        self._longest_s = longest_s
        self._size = size
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, address: str) -> float:
        """Seconds until a wrong key from this address is looked at again; 0: now."""
        with self._lock:
            count, at_s = self._failures.get(address, (0, 0.0))
        if count < self._free:
            return 0.0
        pause_s = min(2.0 ** (count - self._free + 1), self._longest_s)
        return max(0.0, at_s + pause_s - self._clock())

    def failed(self, address: str) -> None:
        """Counts one wrong key; forgets the address that failed longest ago when full."""
        with self._lock:
            count, at_s = self._failures.pop(address, (0, 0.0))
            if self._clock() - at_s > 2 * self._longest_s:
                count = 0
            self._failures[address] = (count + 1, self._clock())
            while len(self._failures) > self._size:
                self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forgets the wrong keys of this address."""
        with self._lock:
            self._failures.pop(address, None)
