"""Clients that send slowly, at a real server: they are given up, and nobody waits for them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from api import guard
from tests.api.console_server import free_port

HALF = (
    b"POST /api/v1/photos HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n"
)


@pytest.fixture
def port(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    import uvicorn

    monkeypatch.setattr(guard, "STALLED_S", 1.0)
    chosen = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=chosen, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield chosen
    server.should_exit = True
    thread.join(30)


def test_many_slow_clients_hold_up_nobody(port: int, admin_key: str) -> None:
    slow = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(20)]
    try:
        for one in slow:
            one.sendall(HALF % admin_key.encode())
        with socket.create_connection(("127.0.0.1", port), timeout=60) as quick:
            quick.sendall(
                b"GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"X-API-Key: %s\r\n\r\n" % admin_key.encode()
            )
            assert quick.makefile("rb").readline().startswith(b"HTTP/1.1 200")
        for one in slow:
            answer = one.makefile("rb").read()
            assert answer.startswith(b"HTTP/1.1 408"), answer[:200]
            assert b'"too_slow"' in answer
    finally:
        for one in slow:
            one.close()
