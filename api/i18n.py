"""The words that people see, in English and Chinese.

The English text is the key; ``locale/zh/*.yaml`` hold the Chinese, one file an area. A test takes
every ``t("...")`` in the code and fails when its Chinese is missing.
"""

from __future__ import annotations

import locale
import os
from functools import lru_cache
from importlib.resources import files
from typing import Literal, cast, get_args

Lang = Literal["en", "zh"]


def lang_of(text: str | None) -> Lang | None:
    """The language that a tag such as ``zh_CN.UTF-8`` or ``en-GB`` names; None: neither."""
    short = (text or "").replace("-", "_").split("_")[0].split(".")[0].lower()
    return cast(Lang, short) if short in get_args(Lang) else None


def default_lang() -> Lang:
    """TIDYCITY_LANG, else the locale of the environment, else English."""
    return (
        lang_of(os.environ.get("TIDYCITY_LANG"))
        or lang_of(os.environ.get("LC_ALL"))
        or lang_of(os.environ.get("LC_MESSAGES"))
        or lang_of(os.environ.get("LANG"))
        or lang_of(locale.getlocale()[0])
        or "en"
    )


@lru_cache(maxsize=1)
def chinese() -> dict[str, str]:
    """English text → Chinese text, from all files of ``locale/zh``."""
    import yaml

    table: dict[str, str] = {}
    for entry in sorted(files("api").joinpath("locale", "zh").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".yaml"):
            table |= yaml.load(entry.read_text("utf-8"), yaml.CSafeLoader) or {}
    return table


def t(text: str, lang: Lang | None = None, /, **values: object) -> str:
    """``text`` in the language asked for (default: the environment's), with values filled in.

    >>> t("{n} photos", "en", n=3)
    '3 photos'
    """
    found = chinese().get(text, text) if (lang or default_lang()) == "zh" else text
    return found.format(**values) if values else found
