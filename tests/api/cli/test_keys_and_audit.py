"""tidycity keys and tidycity audit, as a person runs them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.auth import KeyBook
from api.cli.app import app
from api.cli.keys import parse_expiry
from detect.errors import BadInput
from issues.audit import AuditLine, add_audit, list_audit
from issues.store import open_store

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def run(data: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--data", str(data), "--lang", "en", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_units_key(tmp_path: Path) -> None:
    told = run(tmp_path, "keys", "add", "--role", "unit", "--unit", "城管局", "--expires", "90d")
    found = re.search(r"tck_[\w-]{43}", told)
    assert found is not None
    store = open_store(None, tmp_path)
    try:
        who = KeyBook(store, lambda: datetime.now(UTC)).by_key(found[0])
        later = KeyBook(store, lambda: datetime.now(UTC) + timedelta(days=91)).by_key(found[0])
    finally:
        store.close()
    assert who is not None
    assert (who.name, who.roles, who.unit) == ("城管局", {"unit"}, "城管局")
    assert later is None
    listed = run(tmp_path, "keys", "list")
    assert "unit(城管局)" in listed
    assert found[0] not in listed
    run(tmp_path, "keys", "revoke", "1")
    assert "revoked" in run(tmp_path, "keys", "list")


def test_what_the_command_line_does_to_keys_leaves_lines(tmp_path: Path) -> None:
    key = run(tmp_path, "keys", "add", "market", "--role", "inspector").split()[-2:]
    run(tmp_path, "keys", "create", "old", "--scope", "read")
    run(tmp_path, "keys", "revoke", "1")
    store = open_store(None, tmp_path)
    try:
        with store.reading() as session:
            lines = list_audit(session).items
    finally:
        store.close()
    assert [(line.action, line.subject) for line in lines] == [
        ("keys revoke", "1"),
        ("keys add", "2"),
        ("keys add", "1"),
    ]
    assert lines[-1].actor == f"shell:{getuser()}"
    assert lines[-1].detail["role"] == "inspector"
    assert not any(word in str(line) for line in lines for word in key if word.startswith("tck_"))


def test_an_inspectors_key_comes_with_a_link(tmp_path: Path) -> None:
    assert "/snap#k=tck_" in run(tmp_path, "keys", "add", "market", "--role", "inspector")


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("12h", NOW + timedelta(hours=12)),
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
    ],
)
def test_ends(text: str, until: datetime) -> None:
    assert parse_expiry(text, NOW) == until


@pytest.mark.parametrize("text", ["", "soon", "90", "-1d", "2027-02-30", "9" * 9 + "d"])
def test_ends_that_are_none(text: str) -> None:
    with pytest.raises(BadInput, match="expires"):
        parse_expiry(text, NOW)


def test_old_lines_go_when_asked(tmp_path: Path) -> None:
    store = open_store(None, tmp_path)
    for days in (1, 100, 2000):
        with store.transaction() as session:
            at = datetime.now(UTC) - timedelta(days=days)
            add_audit(session, AuditLine(at, f"actor{days}", 1, "admin", "POST /keys"))
    store.close()
    assert "actor2000" in run(tmp_path, "audit", "list")
    assert "1 lines" in run(tmp_path, "audit", "prune", "--dry-run")
    assert "actor2000" in run(tmp_path, "audit", "list", "--action", "POST")
    assert "1 lines" in run(tmp_path, "audit", "prune")
    assert "actor2000" not in run(tmp_path, "audit", "list")
    assert "1 lines" in run(tmp_path, "audit", "prune", "--days", "60")
