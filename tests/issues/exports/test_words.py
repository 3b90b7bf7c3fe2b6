"""Words: every key in both languages, every key that the code asks for is there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib.resources import files
from string import Formatter

import pytest

from issues.exports.words import LANGS, Words, phrases

SOURCES = sorted(
    path
    for folder in (files("issues.exports"), files("issues.exports").joinpath("templates"))
    for path in folder.iterdir()
    if path.name.endswith((".py", ".html"))
)


@pytest.mark.parametrize("key", phrases())
def test_every_text_is_there_in_both_languages_with_the_same_values(key: str) -> None:
    texts = phrases()[key]
    assert set(texts) == set(LANGS)
    assert all(isinstance(text, str) and text.strip() for text in texts.values())
    names = [{name for _, name, _, _ in Formatter().parse(texts[lang]) if name} for lang in LANGS]
    assert names[0] == names[1]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_key_that_is_asked_for_is_known(source) -> None:
    text = source.read_text("utf-8")
    asked = set(re.findall(r"""(?:say|count)\(\s*["']([a-z]+\.[a-z_0-9]+)["']""", text))
    assert asked <= set(phrases())
    for key in re.findall(r"""count\(\s*["']([a-z]+\.[a-z_0-9]+)["']""", text):
        assert f"{key}_one" in phrases()


def test_no_text_is_left_over() -> None:
    code = "".join(source.read_text("utf-8") for source in SOURCES)
    for key in phrases():
        stem = key.removesuffix("_one")
        assert key.startswith("column.") or stem in code, f"{key} is never used"


@pytest.mark.parametrize(
    ("lang", "n", "said"),
    [
        ("en", 1, "1 issue"),
        ("en", 0, "0 issues"),
        ("en", 1200, "1,200 issues"),
        ("zh", 1, "共 1 件"),
    ],
)
def test_counts_read_well(lang, n: int, said: str) -> None:
    assert Words(lang).count("list.count", n) == said


@pytest.mark.parametrize(
    ("lang", "zh", "en", "picked"),
    [
        ("zh", "城东", "East", "城东"),
        ("en", "城东", "East", "East"),
        ("en", "城东", "", "城东"),
        ("zh", None, "East", "East"),
        ("zh", None, None, ""),
    ],
)
def test_names_fall_back_to_the_other_language(lang, zh, en, picked) -> None:
    assert Words(lang).pick(zh, en) == picked


def test_moments_are_on_the_clock_of_the_office() -> None:
    late = datetime(2026, 3, 2, 20, 30, 15, 5, tzinfo=UTC)
    words = Words("zh")
    assert words.local(late) == datetime(2026, 3, 3, 4, 30, 15)  # noqa: DTZ001
    assert (words.day(late), words.minute(late)) == ("2026-03-03", "2026-03-03 04:30")


@pytest.mark.parametrize(
    ("lang", "kind", "code", "said"),
    [
        ("en", "status", "candidate", "Candidate"),
        ("zh", "status", "closed", "已销号"),
        ("en", "unreadable", "truncated", "Truncated"),
        ("en", "unreadable", "never_heard_of", "Never_heard_of"),
        ("en", "unreadable", None, ""),
    ],
)
def test_labels(lang, kind, code, said) -> None:
    assert Words(lang).label(kind, code) == said
