"""Text for spreadsheets: nothing that runs, nothing that a file can't hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.exports.safe_text import (
    CELL_LIMIT_CHARS,
    SHEET_NAME_LIMIT,
    inert,
    printable,
    sheet_name,
)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86 138",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =cmd|' /C calc'!A0",
        "＝1+1",
        "\u00a0=1",
        "\x00=1",
    ],
)
def test_what_starts_a_formula_is_quoted(text: str) -> None:
    assert inert(text).startswith("'")


@pytest.mark.parametrize("text", ["", "湖滨街道", "a=b", "138-0000", "'quoted'"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_printable_text_can_be_written_as_utf8(text: str) -> None:
    kept = printable(text)
    kept.encode("utf-8")
    assert "\x00" not in kept


def test_long_text_is_cut_to_what_a_cell_holds() -> None:
    cut = printable("x" * 40_000)
    assert len(cut) == CELL_LIMIT_CHARS
    assert cut.endswith("…")


def test_lone_surrogates_go() -> None:
    assert printable("a\ud800b") == "ab"


@given(st.lists(st.text(max_size=60), max_size=12))
def test_sheet_names_obey_excel(wanted: list[str]) -> None:
    taken: set[str] = set()
    names = [sheet_name(text, taken, "Unit") for text in wanted]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert name
        assert len(name.encode("utf-16-le")) // 2 <= SHEET_NAME_LIMIT
        assert not set(name) & set("[]:*?/\\")
        assert name[0] != "'"
        assert name[-1] != "'"
        assert name.lower() != "history"


@pytest.mark.parametrize("wanted", ["History", "HISTORY", "'History'"])
def test_the_name_that_excel_keeps_for_itself_is_changed(wanted: str) -> None:
    assert sheet_name(wanted, set(), "Unit").lower() != "history"


def test_an_empty_name_gets_the_fallback() -> None:
    assert sheet_name(" ' ", set(), "Unit") == "Unit"


def test_long_names_that_start_alike_are_told_apart() -> None:
    taken: set[str] = set()
    names = [sheet_name("城" * 40, taken, "x") for _ in range(12)]
    assert len(set(names)) == 12
    assert names[11].endswith(" (12)")
