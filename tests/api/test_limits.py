"""Guessers, hurried keys and slow clients."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from api import guard
from api.app import create_app
from api.auth import Doorkeeper, KeyBook, create_role_key
from api.guard import RequestGuard
from api.problems import Problem
from api.rates import RATES, RateLimits, scaled
from api.session import SessionSigner, Throttle
from api.settings import Settings
from issues.store import Store
from tests.api.patrol import now

ISSUES = "/api/v1/issues"


def doorkeeper(store: Store, throttle: Throttle) -> Doorkeeper:
    return Doorkeeper(KeyBook(store, now), SessionSigner("s" * 32), throttle)


def test_ten_thousand_wrong_keys(store: Store) -> None:
    """From one address, from many, and with one beginning: all end in 429, in bounded memory."""
    throttle = Throttle(lambda: 0.0, size=500)
    door = doorkeeper(store, throttle)
    right = create_role_key(store, "x", "viewer")
    codes: dict[str, int] = {}
    tracemalloc.start()
    for n in range(10_000):
        address = "one" if n % 2 else f"10.0.{n // 250}.{n % 250}"
        start = "tck_samebegin" if n % 4 == 0 else f"tck_{n:08d}"
        try:
            door.check_key(f"{start}{n:030d}", address)
        except Problem as problem:
            codes[problem.code] = codes.get(problem.code, 0) + 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(codes.values()) == 10_000
    assert codes["too_many_attempts"] > 7_000
    assert len(throttle._failures) <= 500
    assert peak < 20_000_000
    assert door.check_key(right, "one").name == "x"


def test_a_key_is_guessed_from_many_addresses(store: Store) -> None:
    door = doorkeeper(store, Throttle(lambda: 0.0))
    codes = []
    for n in range(8):
        with pytest.raises(Problem) as caught:
            door.check_key(f"tck_abcdef{n:037d}", f"10.0.0.{n}")
        codes.append(caught.value.code)
    assert codes == ["wrong_key"] * 5 + ["too_many_attempts"] * 3


@settings(deadline=None)
@given(st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_a_bucket_never_gives_more_than_its_rate(pauses: list[float]) -> None:
    clock = [0.0]
    limits = RateLimits(lambda: clock[0], {"viewer": (2.0, 5)})
    given_out = 0
    for pause in pauses:
        clock[0] += pause
        given_out += limits.wait_s(1, frozenset({"viewer"})) == 0.0
    assert given_out <= 5 + 2.0 * clock[0] + 1e-6


def test_buckets_are_bounded_and_apart() -> None:
    limits = RateLimits(lambda: 0.0, {"viewer": (1.0, 1)}, size=100)
    viewer = frozenset({"viewer"})
    assert [limits.wait_s(key, viewer) for key in range(1000)] == [0.0] * 1000
    assert len(limits._buckets) == 100
    assert limits.wait_s(999, viewer) == 1.0
    assert limits.wait_s(1, frozenset({"nobody"})) == 0.0
    assert scaled(0) == {}
    assert scaled(2)["camera"][0] == 2 * RATES["camera"][0]


def test_a_hurried_key_is_told_to_wait(store: Store, settings: Settings) -> None:
    tight = settings.model_copy(update={"rate_limit_factor": 0.02})
    with TestClient(create_app(tight, store, console=False, now=now)) as client:
        client.headers["X-API-Key"] = create_role_key(store, "v", "viewer")
        answers = [client.get("/api/v1/whoami") for _ in range(8)]
        codes = [answer.status_code for answer in answers]
        assert codes[:4] == [200] * 4
        assert 429 in codes[4:]
        last = next(answer for answer in answers if answer.status_code == 429)
        assert last.json()["code"] == "too_many_requests"
        assert last.headers["content-type"] == "application/problem+json"
        assert int(last.headers["retry-after"]) >= 1
        client.headers["X-API-Key"] = create_role_key(store, "w", "viewer")
        assert client.get("/api/v1/whoami").status_code == 200


def body_through_guard(messages: list[tuple[float, Message]]) -> list[Message]:
    """What the app behind the guard receives from a client that waits before each message."""
    got: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        while True:
            got.append(await receive())
            if not got[-1].get("more_body"):
                return

    async def receive() -> Message:
        pause_s, message = messages.pop(0)
        await asyncio.sleep(pause_s)
        return message

    async def send(_message: Message) -> None:
        return None

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "scheme": "http"}
    wrapped = RequestGuard(app, max_body_bytes=1000, tile_url=None)
    asyncio.run(wrapped(scope, receive, send))
    return got


def chunk(*, more: bool) -> Message:
    return {"type": "http.request", "body": b"x", "more_body": more}


def test_slow_bodies_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "STALLED_S", 0.2)
    assert len(body_through_guard([(0.0, chunk(more=True)), (0.01, chunk(more=False))])) == 2
    with pytest.raises(Exception, match="too slowly"):
        body_through_guard([(0.0, chunk(more=True)), (5.0, chunk(more=False))])
    monkeypatch.setattr(guard, "LONGEST_BODY_S", 0.2)
    with pytest.raises(Exception, match="too slowly"):
        body_through_guard([(0.05, chunk(more=True)) for _ in range(50)])


def test_other_sites_are_let_in_by_the_setting_only(settings: Settings, store: Store) -> None:
    site = "https://map.city.example"
    ask = {"Origin": site, "Access-Control-Request-Method": "GET"}
    with TestClient(create_app(settings, store, console=False, now=now)) as client:
        closed = client.options(ISSUES, headers=ask)
        assert "access-control-allow-origin" not in closed.headers
    opened = settings.model_copy(update={"cors_origins": (site,)})
    with TestClient(create_app(opened, store, console=False, now=now)) as client:
        assert client.options(ISSUES, headers=ask).headers["access-control-allow-origin"] == site
        other = client.options(ISSUES, headers=ask | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def test_https_is_told_to_stay(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver") as client:
        answer = client.get("/healthz")
    assert answer.headers["strict-transport-security"]
    assert "geolocation=(self)" in answer.headers["permissions-policy"]
