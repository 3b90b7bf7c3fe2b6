"""The client ``georeport`` from PyPI, unchanged, against a server in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from georeport import GeoReport

from api.auth import create_role_key
from issues.service_requests import Report, add_request
from issues.store import open_store
from tests.api.console_server import free_port
from tests.api.patrol import NOW


@pytest.fixture
def endpoint(settings):
    port = free_port()
    environment = {**os.environ, "TIDYCITY_OPEN311": "public", "TIDYCITY_FEED": "false"}
    run = "from api.cli import main; main()"
    command = [sys.executable, "-c", run, "--data", str(settings.data_dir), "serve"]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=Path(__file__).parents[3],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert process.poll() is None
            try:
                urlopen(f"{base}/healthz", timeout=1).close()
                break
            except (URLError, OSError):
                time.sleep(0.1)
        yield f"{base}/open311/v2"
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.slow
def test_the_client_of_pypi(endpoint: str, settings) -> None:
    store = open_store(None, settings.data_dir)
    create_role_key(store, "app", "inspector")
    with store.transaction() as session:
        report = Report("litter.pile", "一堆垃圾", 30.0, 120.0)
        key = add_request(session, report, "app", NOW).id
    store.close()
    period = {"start_date": "2026-05-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}
    for form in ("json", "xml"):
        client = GeoReport(endpoint, jurisdiction="any", output_format=form)
        assert "litter-pile" in {one["service_code"] for one in client.get_service_list()}
        told = client.get_service_definition("litter-pile")
        assert told["service_code"] == "litter-pile"
        found = client.get_service_requests(**period)
        (first,) = found if isinstance(found, list) else [found]
        assert first["service_request_id"] == key
        assert client.get_service_request(key)["description"] == "一堆垃圾"
