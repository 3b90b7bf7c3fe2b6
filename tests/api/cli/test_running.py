"""A real server: it stops gracefully, logs a line a request, and is backed up while it writes."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patrol_cli import Command, photo

COMMAND = [sys.executable, "-c", "from api.cli import main; main()"]
BOUNDARY = "tidycityboundary"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Server:
    """``tidycity serve`` in a process of its own, without keys, with logs as JSON."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.log = folder / f"server-{self.port}.log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--no-auth", "--port", str(self.port)],
                env=environment | {"TIDYCITY_LOG_FORMAT": "json", "TIDYCITY_STOP_S": "20"},
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=out,
            )

    def wait_until_up(self) -> None:
        for _ in range(1200):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        pytest.fail(self.log.read_text())

    def get(self, path: str) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found

    def begin_upload(self, data: bytes) -> tuple[http.client.HTTPConnection, bytes]:
        """A request whose body is sent but for its end, and that end."""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; '
            'filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        ).encode()
        body = head + data + f"\r\n--{BOUNDARY}--\r\n".encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest("POST", "/api/v1/photos")
        connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:-50])
        return connection, body[-50:]

    def upload(self, data: bytes) -> dict:
        connection, rest = self.begin_upload(data)
        connection.send(rest)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        assert answer.status == 202, told
        return told

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def serving(environment: dict[str, str], folder: Path) -> Iterator[Server]:
    server = Server(environment, folder)
    try:
        server.wait_until_up()
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait(30)


def test_a_stop_ends_what_runs_and_loses_nothing(environment, tmp_path: Path) -> None:
    with serving(environment, tmp_path) as server:
        connection, rest = server.begin_upload(photo(1, seed=1))
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.send(rest)  # the request was running when the stop came
        answer = connection.getresponse()
        job = json.loads(answer.read())
        connection.close()
        assert answer.status == 202, job
        assert server.process.wait(90) == 0, server.log.read_text()
        told = [entry for entry in server.lines() if entry["logger"] == "tidycity.access"]
        assert told[-1]["path"] == "/api/v1/photos"
        assert told[-1]["request_id"]
        assert "Traceback" not in server.log.read_text()
    with serving(environment, tmp_path) as server:
        for _ in range(600):
            status, found = server.get(f"/api/v1/jobs/{job['id']}")
            assert status == 200
            if found["status"] == "done":
                break
            time.sleep(0.1)
        assert found["photos"][0]["status"] == "ok", found


def test_a_backup_of_a_server_that_keeps_writing(
    environment, tidycity: Command, tmp_path: Path
) -> None:
    with serving(environment, tmp_path) as server:
        first = server.upload(photo(1, seed=2))
        for n in range(3, 6):
            server.upload(photo(1, place=(31.2330 + n / 100, 117.2830), seed=n))
        made = tidycity("backup", tmp_path / "b.tar", "--verify", "--json")
        assert made.code == 0, made.err
        assert made.lines[0]["missing"] == []
        refused = tidycity("restore", tmp_path / "b.tar", "--replace")
        assert "in_use" in refused.err
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(90) == 0
    there = tidycity("--data", tmp_path / "new", "restore", tmp_path / "b.tar", "--json")
    assert there.code == 0, there.err
    assert (tmp_path / "new" / "uploads" / first["id"] / "job.json").exists()
    with sqlite3.connect(tmp_path / "new" / "tidycity.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert tidycity("restore", tmp_path / "b.tar", "--verify").code == 0
