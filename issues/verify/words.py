"""The words for reasons, origins and scores of verifications, in Chinese and English."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Literal

import yaml

Lang = Literal["en", "zh"]


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, dict[Lang, str]]]:
    """All words: kind → code → language → text."""
    text = files("issues.verify").joinpath("words.yaml").read_text("utf-8")
    table: dict[str, dict[str, dict[Lang, str]]] = yaml.load(text, yaml.CSafeLoader)
    return table


def word(kind: str, code: str, lang: Lang) -> str:
    """The words for a code; the code itself where there are none.

    >>> word("reason", "still_there", "zh")
    '问题仍在原处'
    """
    return words().get(kind, {}).get(code, {}).get(lang, code)
