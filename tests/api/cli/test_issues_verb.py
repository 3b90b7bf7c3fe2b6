"""``tidycity issues``: what a script sees and does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.app import app
from api.settings import Settings
from tests.api.patrol import Patrol


@pytest.fixture
def run(settings: Settings, patrol: Patrol, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TIDYCITY_LANG", "zh")
    data: Path = settings.data_dir

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, ["--data", str(data), "--lang", "zh", "issues", *words])

    return call


def test_list_show_and_move(run, patrol: Patrol) -> None:
    assert run("list").stdout.count("TC-") == 5
    assert run("list", "--status", "reopened").stdout.split()[:2] == [patrol.back, "反弹"]
    both = run("move", "confirm", patrol.stays, patrol.back, "--actor", "李")
    assert (both.exit_code, both.stdout.count("已立案")) == (0, 2)
    assigned = run("move", "assign", patrol.stays, "--unit", "环卫所", "--hours", "2", "--json")
    row = json.loads(assigned.stdout)
    assert (row["status"], row["unit"]["zh"]) == ("assigned", "环卫所")
    told = run("show", patrol.stays).stdout
    assert "立案  李" in told
    assert "report_fixed (反馈整改完成)" in told
    whole = json.loads(run("show", patrol.stays, "--json").stdout)
    assert [event["kind"] for event in whole["events"]][-2:] == ["confirm", "assign"]
    assert json.loads(run("list", "--unit", "环卫所", "--json").stdout)["number"] == patrol.stays


def test_each_move_fails_alone(run, patrol: Patrol) -> None:
    held = ("move", "hold", "--reason", "funds", "--until", "2099-01-01T09:00:00")
    run("move", "confirm", patrol.stays)
    done = run(*held, patrol.stays)
    assert (done.exit_code, "bad_hold_date" in done.output or "✗" in done.output) == (1, True)
    mixed = run("move", "supervise", patrol.stays, patrol.new, "TC-1-1", "--supervisor", "王")
    assert mixed.exit_code == 1
    assert mixed.output.count("✗") == 2
    assert run("list", "--due", "soon").exit_code == 0


@pytest.mark.parametrize(
    "words", [("list", "--status", "odd"), ("list", "--due", "odd"), ("move", "odd", "TC-1")]
)
def test_what_there_is_not_is_told_with_what_there_is(run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
