"""The words of the exports in one language: titles, headers, moments, numbers, names.

``words.yaml`` holds every text in both languages, keyed; names of categories, statuses and reasons
come from the catalogue and ``labels.yaml``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

import yaml

from issues.labels import label

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")

OFFICE_ZONE = "Asia/Shanghai"


@lru_cache(maxsize=1)
def phrases() -> dict[str, dict[str, str]]:
    """Every text: key → {"zh": …, "en": …}."""
    text = files("issues.exports").joinpath("words.yaml").read_text("utf-8")
    table: dict[str, dict[str, str]] = yaml.load(text, yaml.CSafeLoader)
    return table


def office_zone() -> tzinfo:
    """The time zone that the lists and reports are written in."""
    return ZoneInfo(OFFICE_ZONE)


@dataclass(frozen=True)
class Words:
    """What people read, in one language and one time zone."""

    lang: Lang = "zh"
    zone: tzinfo = field(default_factory=office_zone)

    def say(self, key: str, /, **values: object) -> str:
        """The text of ``key`` with its values filled in; KeyError for an unknown key.

        >>> Words("en").say("list.count", n=3)
        '3 issues'
        """
        text = phrases()[key][self.lang]
        return text.format(**values) if values else text

    def count(self, key: str, n: int) -> str:
        """``key`` for a number of things, or ``key_one`` where there is one.

        >>> Words("en").count("list.count", 1)
        '1 issue'
        """
        return self.say(f"{key}_one") if n == 1 else self.say(key, n=f"{n:,}")

    def pick(self, zh: str | None, en: str | None) -> str:
        """The text of this language, else that of the other, else nothing.

        >>> Words("en").pick("城东街道", None)
        '城东街道'
        """
        first, second = (zh, en) if self.lang == "zh" else (en, zh)
        return first or second or ""

    def start(self, text: str) -> str:
        """``text`` as it stands at the start of a line: the first letter is a capital."""
        return text[:1].upper() + text[1:]

    def label(self, kind: str, code: str | None) -> str:
        """The word for a fixed code of ``labels.yaml``, as it stands at the start of a line."""
        return self.start(label(kind, code, self.lang)) if code else ""

    def local(self, moment: datetime) -> datetime:
        """``moment`` on the office's clock, without a zone, to the second (for spreadsheets)."""
        return moment.astimezone(self.zone).replace(tzinfo=None, microsecond=0)

    def day(self, moment: datetime) -> str:
        """The day on the office's clock, as 2025-11-22."""
        return self.local(moment).strftime("%Y-%m-%d")

    def minute(self, moment: datetime) -> str:
        """The minute on the office's clock, as 2025-11-22 09:30."""
        return self.local(moment).strftime("%Y-%m-%d %H:%M")
