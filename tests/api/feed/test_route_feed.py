"""Targets, deliveries and pictures over HTTP; nothing of ours can be reached by a target."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.feed.addresses import AddressGuard
from api.feed.errors import AddressRefused
from api.feed.fetching import Fetcher
from api.feed.picture_links import PictureLinks
from tests.api.patrol import FakeEngine, Patrol

FEED = "/api/v1/feed"


@pytest.fixture
def app(feed_settings, store, time_) -> FastAPI:
    return create_app(feed_settings, store, console=False, open_engine=FakeEngine, now=time_)


def add(client: TestClient, url: str, **wish):
    answer = client.post(
        f"{FEED}/targets", json={"name": "t", "kind": "webhook", "url": url, **wish}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def settled(client: TestClient, delivery_id: int) -> dict:
    for _ in range(200):
        found = client.get(f"{FEED}/deliveries/{delivery_id}").json()
        if found["state"] != "waiting":
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_test_message_arrives(client: TestClient, receiver) -> None:
    made = add(client, receiver.url)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in client.get(f"{FEED}/targets").json()[0]
    sent = client.post(f"{FEED}/targets/{made['id']}/test")
    assert sent.status_code == 202
    found = settled(client, sent.json()["id"])
    assert (found["state"], found["type"]) == ("delivered", "feed.ping")
    assert receiver.got[0].json["data"] == {"ping": "tidycity"}
    again = client.post(f"{FEED}/deliveries/{found['id']}/replay")
    assert again.status_code == 200
    receiver.wait_for(2)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    counts = client.get(f"{FEED}/targets").json()[0]["deliveries"]
    assert sum(counts.values()) == 1


def test_a_target_is_paused_changed_and_removed(client: TestClient, receiver) -> None:
    made = add(client, receiver.url)
    path = f"{FEED}/targets/{made['id']}"
    paused = client.patch(path, json={"enabled": False, "version": 1}).json()
    assert (paused["enabled"], paused["paused_reason"]) == (False, "paused by admin")
    stale = client.patch(path, json={"enabled": True, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert client.post(f"{path}/secret").json()["secret"] != made["secret"]
    assert client.post(f"{path}/replay").json() == {"replayed": 0}
    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 404
    assert client.get(f"{FEED}/deliveries").json()["items"] == []


@pytest.mark.parametrize(
    "wish",
    [
        {"name": ""},
        {"kind": "pigeon"},
        {"url": "ftp://example.org/x"},
        {"url": "http://user:pass@example.org/"},
        {"url": ""},
        {"filter": {"types": ["issue.eaten"]}},
        {"secret": "whsec_short"},
        {"more": 1},
    ],
)
def test_what_makes_no_target(client: TestClient, wish) -> None:
    body = {"name": "t", "kind": "webhook", "url": "https://example.org/x", **wish}
    answer = client.post(f"{FEED}/targets", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


INSIDE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://10.0.0.7/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://localhost/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_no_inner_address_is_asked(url: str) -> None:
    with pytest.raises(AddressRefused):
        Fetcher(AddressGuard()).fetch("GET", url, timeout_s=2)


def test_a_name_that_leads_inside_is_refused_and_never_connected_to(receiver) -> None:
    answers = {"good.example": ["93.184.215.14", "127.0.0.1"], "evil.example": ["127.0.0.1"]}
    port = receiver.url.rsplit(":", 1)[1]
    guard = AddressGuard(resolve=lambda host, _: answers[host])
    for host in answers:
        with pytest.raises(AddressRefused):
            Fetcher(guard).fetch("GET", f"http://{host}:{port}/", timeout_s=2)
    assert receiver.got == []


def test_the_address_that_was_looked_at_is_the_one_connected_to(receiver) -> None:
    """A name that would lead elsewhere a moment later is asked for once only."""
    from api.feed.addresses import parse_networks

    asked: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    guard = AddressGuard(parse_networks("127.0.0.0/8"), resolve)
    port = receiver.url.rsplit(":", 1)[1]
    with closing(Fetcher(guard)) as fetcher:
        fetcher.fetch("GET", f"http://turns.example:{port}/")
    assert asked == ["turns.example"]
    assert receiver.got[0].headers["host"] == f"turns.example:{port}"


def test_a_target_inside_is_refused_when_it_is_added(client: TestClient) -> None:
    for url in ("http://10.0.0.1/x", "http://169.254.169.254/"):
        body = {"name": "t", "kind": "webhook", "url": url}
        answer = client.post(f"{FEED}/targets", json=body)
        assert (answer.status_code, answer.json()["cause"]) == (422, "address_refused")


def test_pictures_by_link(client: TestClient, nobody, app, patrol: Patrol, time_) -> None:
    issue = client.get(f"/api/v1/issues/{patrol.new}").json()
    sha256 = issue["best"]["sha256"]
    links: PictureLinks = app.state.services.feed.links
    url = links.url(sha256, time_()).removeprefix("https://tidy.example")
    del client.headers["Authorization"]
    found = client.get(url)
    assert (found.status_code, found.headers["content-type"]) == (200, "image/jpeg")
    assert client.get(url.replace("width=1280", "width=2560")).status_code == 401
    assert client.get(url.replace(sha256, "0" * 64)).status_code == 401
    assert client.get(url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 401
    assert client.get(f"{FEED}/pictures/{sha256}.jpg").status_code == 401
    time_.moment += timedelta(days=8)
    assert client.get(url).status_code == 401
