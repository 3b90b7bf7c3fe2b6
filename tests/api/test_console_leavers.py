"""Readers who close the connection while a page loads leave no traceback in the log."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import nicegui
import pytest

from api.console.leavers import UNANSWERED, Leavers
from tests.api.conftest import Prepared
from tests.api.console_server import serving

SCRIPT = f"/_nicegui/{nicegui.__version__}/static/nicegui.js"
PATHS = (SCRIPT, "/review")


def leave(base: str, path: str, after_s: float) -> None:
    """Asks for a page and resets the connection."""
    host, port = urlsplit(base).hostname, urlsplit(base).port
    with socket.create_connection((host, port)) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        time.sleep(after_s)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_readers_who_leave_are_no_fault(
    walked_folder: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # NiceGUI leaves gzip out where it is set
    log = tmp_path / "log"
    with serving(walked_folder.folder, log) as base:
        for path in PATHS:
            for turn in range(40):
                leave(base, path, 0.002 * (turn % 8))
        with urlopen(f"{base}/healthz", timeout=30) as answer:
            assert answer.status == 200
        time.sleep(1)  # what was under way has ended
    assert "Traceback" not in log.read_text()
    assert UNANSWERED not in log.read_text()


@pytest.mark.parametrize(
    ("heard", "text"),
    [("http.request", UNANSWERED), ("http.disconnect", "something else")],
    ids=["still there", "another fault"],
)
def test_a_fault_of_ours_goes_on(heard: str, text: str) -> None:
    async def app(_scope: object, _receive: object, _send: object) -> None:
        raise RuntimeError(text)

    async def receive() -> dict[str, str]:
        return {"type": heard}

    async def send(_message: object) -> None:
        raise AssertionError("nothing is to be sent")

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(RuntimeError, match=text):
        asyncio.run(Leavers(app)(scope, receive, send))
