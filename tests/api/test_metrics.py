"""Figures for Prometheus: of the store behind a key, of a worker on a port of its own."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import WorkerFigures, exposition, serve_figures
from detect.stream.figures import WatchFigures
from issues.cameras.camera import make_camera
from issues.cameras.registry import put_camera
from issues.store import Store
from issues.store.camera_table import looked, turn_state
from issues.store.lease_table import Worker, renew
from tests.api.console_server import free_port
from tests.api.patrol import NOW, Patrol

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def test_what_the_store_knows(client: TestClient, store: Store, patrol: Patrol) -> None:
    url = "rtsp://10.0.0.7/1"
    with store.transaction() as session:
        for camera in ("gate", "market"):
            put_camera(session, make_camera({"id": camera, "url": url}), actor="cli", now=NOW)
        renew(session, Worker("w1", "host", 7, most=1), NOW)
        turn_state(session, "gate", "live", NOW - timedelta(hours=1), worker="w1")
        turn_state(session, "market", "live", NOW - timedelta(hours=1), worker="dead")
        looked(session, "gate", NOW, NOW, looks=12, late=1, decode_ms=40.5)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = samples(answer.text)
    assert value(found, "tidycity_camera_state", camera="gate", state="live") == 1
    assert value(found, "tidycity_camera_state", camera="market", state="unwatched") == 1
    assert value(found, "tidycity_cameras", state="live") == 1
    assert value(found, "tidycity_cameras", state="offline") == 0
    assert value(found, "tidycity_camera_decode_milliseconds", camera="gate") == 40.5
    assert value(found, "tidycity_camera_last_usable_timestamp_seconds", camera="gate") == (
        NOW.timestamp()
    )
    assert value(found, "tidycity_worker_holds", worker="w1") == 1
    assert value(found, "tidycity_issues", status="candidate") == 4
    assert value(found, "tidycity_jobs_waiting") == 0
    assert "10.0.0.7" not in answer.text


def test_a_key_is_needed(nobody: TestClient) -> None:
    assert nobody.get("/metrics").status_code == 401


@dataclass
class FakeWorker:
    counted: Mapping[str, WatchFigures]
    cameras: tuple[str, ...] = ("gate",)
    waiting: int = 3

    def figures(self) -> Mapping[str, WatchFigures]:
        return self.counted


@dataclass
class FakeKeeper:
    room: bool = False
    left_out: int = 4


@dataclass
class Scraped:
    worker: FakeWorker = field(
        default_factory=lambda: FakeWorker({"gate": WatchFigures(looks=7, decode_s=0.25)})
    )


def test_what_a_worker_counts() -> None:
    found = samples(exposition(WorkerFigures(Scraped().worker, FakeKeeper())).decode())
    assert value(found, "tidycity_worker_looks_total", camera="gate") == 7
    assert value(found, "tidycity_worker_decode_seconds_total", camera="gate") == 0.25
    assert value(found, "tidycity_worker_statements_waiting") == 3
    assert value(found, "tidycity_worker_disk_room") == 0
    assert value(found, "tidycity_worker_pictures_left_out_total") == 4


def test_a_port_of_its_own() -> None:
    port = free_port()
    stop = serve_figures(WorkerFigures(Scraped().worker), port)
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert b"tidycity_worker_looks_total" in answer.read()
        with pytest.raises(OSError, match="in use"), socket.create_server(("127.0.0.1", port)):
            pass
    finally:
        stop()
    with pytest.raises((URLError, OSError)):
        urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2)
