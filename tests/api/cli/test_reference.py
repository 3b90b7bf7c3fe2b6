"""The pages about the command line say what the program says."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import typer

from api.cli.app import app
from api.cli.exits import Exit
from api.cli.reference import PAGES, exit_meanings, refreshed
from api.i18n import Lang

ROOT = Path(__file__).parents[3]


def verbs() -> list[str]:
    """Every command and subcommand of the live program."""
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    found = []
    for name, command in group.commands.items():
        found.append(name)
        found += [f"{name} {sub}" for sub in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pages_are_fresh(lang: Lang) -> None:
    page = (ROOT / PAGES[lang]).read_text("utf-8")
    assert page == refreshed(page, lang), "stale: run scripts/docs"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_its_block(verb: str, lang: Lang) -> None:
    assert f"<!-- help: {verb} -->" in (ROOT / PAGES[lang]).read_text("utf-8")


def test_every_exit_code_has_a_meaning() -> None:
    assert set(exit_meanings("en")) == set(Exit)
