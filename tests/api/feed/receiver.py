"""A real receiver on loopback: keeps what it gets, answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Got:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at_s: float

    @property
    def json(self):
        return json.loads(self.body)


Reply = Callable[[Got], tuple[int, dict[str, str], bytes]]


def fine(_: Got) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b"{}"


@dataclass
class Receiver:
    reply: Reply = fine
    got: list[Got] = field(default_factory=list)
    most_at_once: int = 0
    url: str = ""
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, got: Got) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            self.got.append(got)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            return self.reply(got)
        finally:
            with self._lock:
                self._now -= 1

    @property
    def types(self) -> list[str]:
        return [one.json["type"] for one in self.got]

    def wait_for(self, count: int, timeout_s: float = 20.0) -> None:
        until = time.monotonic() + timeout_s
        while len(self.got) < count:
            assert time.monotonic() < until, f"{len(self.got)} of {count} came"
            time.sleep(0.02)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def receiving(reply: Reply = fine) -> Iterator[Receiver]:
    receiver = Receiver(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            got = Got(self.command, self.path, headers, body, time.monotonic())
            status, extra, said = receiver.take(got)
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
