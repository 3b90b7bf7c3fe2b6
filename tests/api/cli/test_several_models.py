"""``tidycity analyze --model A --model B``: one run, findings of both, resumed as one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from patrol_cli import Command, photo


@pytest.fixture
def bright(tiny: Path, tmp_path: Path) -> Path:
    """The tiny model's twin: what it calls blue it files as a stall, from a low score on."""
    folder = tmp_path / "bright"
    shutil.copytree(tiny, folder)
    card = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    first, second = card["classes"]
    card |= {
        "id": "bright",
        "version": "2",
        "classes": [
            {**first, "category": None, "threshold": 0.99},
            {**second, "category": "stall.mobile", "threshold": 0.3, "status": "experimental"},
        ],
    }
    (folder / "model.yaml").write_text(yaml.safe_dump(card, allow_unicode=True), "utf-8")
    return folder


def test_both_speak_and_a_run_is_not_done_twice(
    tidycity: Command, tiny: Path, bright: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo())
    both = ("analyze", folder, "--json", "--model", tiny, "--model", bright)
    done = tidycity(*both)
    assert done.code == 0, done.err
    *_, summary = done.lines
    assert set(summary["findings"]) == {"litter.pile", "stall.mobile"}
    assert tidycity(*both).lines[-1]["skipped"] == 1
    alone = tidycity("analyze", folder, "--json", "--model", tiny).lines[-1]
    assert alone.get("skipped", 0) == 0


def test_two_that_find_the_same_are_refused(tidycity: Command, tiny: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny, other)
    card = yaml.safe_load((other / "model.yaml").read_text("utf-8"))
    (other / "model.yaml").write_text(yaml.safe_dump(card | {"id": "other"}), "utf-8")
    (tmp_path / "a.jpg").write_bytes(photo())
    done = tidycity("analyze", tmp_path / "a.jpg", "--model", tiny, "--model", other)
    assert done.code != 0
    assert "both find litter.pile" in done.err
    assert "Traceback" not in done.err
