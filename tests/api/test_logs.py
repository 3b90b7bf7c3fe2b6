"""Logs and readiness: a line an event, ids of requests, and nothing that opens a door."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api import logs
from api.settings import Settings


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root, tidycity = logging.getLogger(), logging.getLogger("tidycity")
    before = (root.handlers[:], root.level, tidycity.level)
    out = io.StringIO()
    logs.configure("json", "info", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:], tidycity.level = before[0], before[2]
    root.setLevel(before[1])
    tidycity.setLevel(before[2])


def lines(out: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_request_is_one_line_with_its_id(client, admin_key, out):
    answer = client.get("/api/v1/issues?q=secret-words", headers={"X-Request-ID": "from-proxy-7"})
    assert answer.headers["X-Request-ID"] == "from-proxy-7"
    (line,) = [entry for entry in lines(out) if entry["logger"] == "tidycity.access"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/issues", 200)
    assert line["request_id"] == "from-proxy-7"
    assert line["ms"] > 0
    assert "secret-words" not in out.getvalue()
    assert admin_key not in out.getvalue()


def test_a_problem_carries_the_id_that_the_log_has(client, out):
    answer = client.get("/api/v1/issues/none")
    assert answer.status_code == 404
    assert answer.json()["request_id"] == lines(out)[-1]["request_id"]


def test_an_id_that_could_forge_lines_is_replaced(client, out):
    answer = client.get("/api/v1/issues", headers={"X-Request-ID": 'x", "level": "error'})
    assert '"' not in answer.headers["X-Request-ID"]


def test_balancers_are_not_told(client, out):
    client.get("/healthz")
    assert lines(out) == []


@given(st.text(max_size=400))
def test_no_message_makes_two_lines(message):
    for formatter in (logs.PlainLines(), logs.JsonLines()):
        record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (message,), None)
        assert len(formatter.format(record).split("\n")) == 1


@given(st.text(alphabet="abcXYZ019._-/", max_size=200))
def test_no_long_part_of_a_path_is_told(path):
    told = logs.safe_path(path)
    assert all(len(part) <= logs.LONGEST_PART for part in told.split("/"))


def test_a_failure_is_logged_with_its_trace():
    try:
        raise ValueError("what happened")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), info)
    assert "what happened" in json.loads(logs.JsonLines().format(record))["exception"]
    assert "Traceback" in logs.PlainLines().format(record)


def test_ready_only_with_room_schema_and_model(client, app, settings, store):
    assert client.get("/readyz").json()["status"] == "ready"
    app.state.readiness._settings = Settings(data_dir=settings.data_dir, keep_free_mb=10**9)
    assert client.get("/readyz").json()["code"] == "disk_full"
    app.state.readiness._settings = Settings(data_dir=settings.data_dir, model="no-such-model")
    app.state.readiness._model_until_s = 0.0
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "model_unavailable")
    with store.engine.execution_options(tidycity_writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert client.get("/healthz").status_code == 200
