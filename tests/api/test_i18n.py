"""Every word that people see stands in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from api.i18n import chinese, lang_of, t
from api.problems import PROBLEMS
from api.settings import Settings

API = Path(__file__).parents[2] / "api"
FIELD = re.compile(r"{(\w+)[^}]*}")


def texts() -> dict[str, str]:
    """Every literal first argument of ``t(...)`` in the package api → where it stands."""
    found: dict[str, str] = {}
    for path in sorted(API.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "t"
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found[first.value] = f"{path.relative_to(API.parent)}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg in {"summary", "tags"}:
                for part in ast.walk(node.value):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        word = part.value.capitalize() if node.arg == "tags" else part.value
                        found[word] = f"{path.relative_to(API.parent)}:{node.value.lineno}"
    for code, (_, title) in PROBLEMS.items():
        found[title] = f"api/problems.py: {code}"
    for name, field in Settings.model_fields.items():
        found[field.description or ""] = f"api/settings.py: {name}"
    return found


def test_every_text_has_its_chinese() -> None:
    missing = [f"{where}: {text!r}" for text, where in texts().items() if text not in chinese()]
    assert not missing, "add these to api/locale/zh/*.yaml:\n" + "\n".join(missing)


def test_no_chinese_is_left_over() -> None:
    assert set(chinese()) - set(texts()) == set()


@pytest.mark.parametrize(("english", "text"), sorted(chinese().items()))
def test_fields_agree(english: str, text: str) -> None:
    assert set(FIELD.findall(english)) == set(FIELD.findall(text))


@pytest.mark.parametrize(
    ("tag", "lang"),
    [
        ("zh_CN.UTF-8", "zh"),
        ("zh", "zh"),
        ("en-GB", "en"),
        ("C.UTF-8", None),
        ("fr", None),
        (None, None),
    ],
)
def test_lang_of(tag: str | None, lang: str | None) -> None:
    assert lang_of(tag) == lang


def test_unknown_text_stays_english() -> None:
    assert t("no such text {n}", "zh", n=1) == "no such text 1"
