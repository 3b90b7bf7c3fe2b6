"""``tidycity feed``: add, test, deliveries, replay, run."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from api.cli.app import app
from issues.issue import Action


@pytest.fixture
def tidycity(feed_settings, monkeypatch):
    monkeypatch.setenv("TIDYCITY_FEED_ALLOW", "127.0.0.0/8")

    def call(*words: str, code: int = 0) -> str:
        answer = CliRunner().invoke(
            app, ["--data", str(feed_settings.data_dir), "--lang", "en", "feed", *words]
        )
        assert answer.exit_code == code, answer.output
        return answer.output

    return call


def test_a_target_from_adding_to_replay(tidycity, office, receiver) -> None:
    made = tidycity(
        "add", "城管平台", receiver.url, "--category", "litter", "--option", "thumbnail=true"
    )
    assert "whsec_" in made
    assert "whsec_" not in tidycity("targets")
    assert json.loads(tidycity("targets", "--json"))["filter"]["categories"] == ["litter"]
    shown = tidycity("test", "城管平台", "--dry-run")
    assert "webhook-signature: v1," in shown
    assert receiver.got == []
    assert "delivered" in tidycity("test", "城管平台")
    office.move(office.patrol.new, Action.CONFIRM)
    tidycity("run", "--once")
    assert receiver.types == ["feed.ping", "issue.confirmed"]
    receiver.reply = lambda _: (400, {}, b"no")
    assert "HTTP 400" in tidycity("test", "城管平台", code=1)
    first = tidycity("deliveries", "--state", "failed", "--json").splitlines()[0]
    receiver.reply = lambda _: (200, {}, b"")
    tidycity("replay", str(json.loads(first)["id"]))
    tidycity("run", "--once")
    assert tidycity("deliveries", "--state", "failed") == ""
    assert "1" in tidycity("targets")
    tidycity("pause", "城管平台")
    assert "off: paused by hand" in tidycity("targets")
    tidycity("resume", "城管平台")
    assert "whsec_" in tidycity("rotate", "城管平台")
    tidycity("remove", "城管平台")
    assert tidycity("targets") == ""
    tidycity("replay", code=2)
    tidycity("add", "x", "http://x", "--kind", "pigeon", code=2)
