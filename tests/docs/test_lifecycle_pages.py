"""The pages on the lifecycle are made from the table of moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from issues.diagram import BLOCK, PAGES, made_anew
from issues.issue import Action, Status
from issues.lifecycle import MOVES, NEEDS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("lang", PAGES)
def test_the_pages_are_as_the_table_is(lang):
    page = (ROOT / PAGES[lang]).read_text("utf-8")
    assert len(BLOCK.findall(page)) == 3
    assert made_anew(page, lang) == page, "run: python -m issues.diagram"


def test_every_move_says_what_it_needs():
    assert set(NEEDS) == set(Action)
    assert {action for _, action in MOVES} | {Action.UNDO} == set(Action)


def test_the_drawing_has_every_status():
    page = (ROOT / PAGES["en"]).read_text("utf-8")
    for status in Status:
        assert f"    {status} : " in page
