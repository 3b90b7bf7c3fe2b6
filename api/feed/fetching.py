"""Requests to other systems: guarded addresses, no redirects, a deadline, bounded answers.

The only module that goes out to the network. Environment proxies are not used: the address that
the guard looked at is the one that is connected to.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpcore2

from api.feed.addresses import AddressGuard
from api.feed.errors import DeliveryError

TIMEOUT_S = 20.0
MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What another system answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; bytes that are none become marks."""
        return self.body.decode("utf-8", "replace")


class Fetcher:
    """Sends requests; threads may share it."""

    def __init__(
        self, guard: AddressGuard | None = None, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=256,
            max_keepalive_connections=64,
            keepalive_expiry=15.0,
            network_backend=_GuardedNetwork(guard or AddressGuard()),
        )

    def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = TIMEOUT_S,
        most_bytes: int = MOST_BYTES,
    ) -> Answer:
        """The answer to one request, whatever its status. Raises DeliveryError, AddressRefused.

        The timeout is for all of it: a receiver that drips its answer doesn't hold us longer.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DeliveryError(f"{url!r} is no http or https address", code="bad_url")
        sent = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": "tidycity",
            **(headers or {}),
        }
        if body or method != "GET":
            sent["Content-Length"] = str(len(body))
        _deadline.at_s = time.monotonic() + timeout_s
        limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        try:
            with self._pool.stream(
                method,
                url.encode("ascii", "strict"),
                headers=[(name.encode(), value.encode()) for name, value in sent.items()],
                content=body,
                extensions={"timeout": limits},
            ) as response:
                got = _read(response.iter_stream(), most_bytes)
                named = {
                    k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers
                }
                return Answer(int(response.status), named, got)
        except UnicodeError as error:
            raise DeliveryError(f"{url!r} holds characters that no address has") from error
        except (httpcore2.TimeoutException, TimeoutError) as error:
            raise DeliveryError(f"no answer within {timeout_s:g} s", code="timed_out") from error
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.UnsupportedProtocol,
            OSError,
        ) as error:
            said = str(error) or type(error).__name__
            raise DeliveryError(f"{parts.hostname} could not be reached: {said}") from error
        finally:
            _deadline.at_s = None

    def close(self) -> None:
        """Closes all connections."""
        self._pool.close()


def _read(chunks: Iterable[bytes], most_bytes: int) -> bytes:
    got = bytearray()
    for chunk in chunks:
        got += chunk
        if len(got) > most_bytes:
            raise DeliveryError(f"the answer has more than {most_bytes} bytes", code="too_large")
    return bytes(got)


class _Deadline(threading.local):
    """Until when the request of this thread may take."""

    at_s: float | None = None

    def left(self, timeout_s: float | None) -> float | None:
        if self.at_s is None:
            return timeout_s
        left_s = self.at_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s if timeout_s is None else min(left_s, timeout_s)


_deadline = _Deadline()


class _TimedStream(httpcore2.NetworkStream):
    """A connection of which every step ends by the deadline of the whole request."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left_s = _deadline.left(timeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, left_s))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _GuardedNetwork(httpcore2.NetworkBackend):
    """Connects to the address that the guard picked, never to a name."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        address = self._guard.pick(host, port)
        left_s = _deadline.left(timeout)
        return _TimedStream(
            self._inner.connect_tcp(address, port, left_s, local_address, socket_options)
        )
