"""The words of bulletins and assessment sheets in one language; numbers that stay honest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from issues.exports.words import Words
from issues.scoring.measures import Measure
from issues.scoring.places import PlaceName
from issues.scoring.ranking import Rank
from issues.scoring.rates import Rate, Spread
from issues.scoring.tally import NO_PLACE


@lru_cache(maxsize=1)
def bulletin_phrases() -> dict[str, dict[str, str]]:
    """Every text: key → {"zh": …, "en": …}."""
    text = files("issues.exports").joinpath("bulletin_words.yaml").read_text("utf-8")
    table: dict[str, dict[str, str]] = yaml.load(text, yaml.CSafeLoader)
    return table


@dataclass(frozen=True)
class BulletinWords(Words):
    """What people read in a bulletin."""

    def tell(self, key: str, /, **values: object) -> str:
        """The text of ``key`` with its values filled in; KeyError for an unknown key.

        >>> BulletinWords("en").tell("points_n", n="96.5")
        '96.5 points'
        """
        text = bulletin_phrases()[key][self.lang]
        return text.format(**values) if values else text

    def measure(self, measure: Measure) -> str:
        """The name of a measure."""
        return self.label("measure", measure)

    def level(self, level: str) -> str:
        """The name of a level as it stands within a line."""
        label = self.label("ranked_by", level)
        return label[:1].lower() + label[1:]

    def place(self, place: str, name: PlaceName) -> str:
        """The name of a place."""
        return self.tell("no_place") if place == NO_PLACE else self.pick(name.zh, name.en)

    def rank(self, rank: Rank) -> str:
        """ "1", "并列第2"; a dash for who isn't ranked."""
        if rank.rank is None:
            return "—"
        return self.tell("tied", n=rank.rank) if rank.tied else str(rank.rank)

    def rate(self, rate: Rate) -> str:
        """A rate with what it is of: "85% (17 of 20)"; no percentage of few cases."""
        if rate.of == 0:
            return "—"
        if rate.value is None:
            return self.tell("few", n=rate.n, of=rate.of)
        return f"{rate.value:.0%} ({self.tell('of', n=rate.n, of=rate.of)})"

    def interval(self, rate: Rate) -> str:
        """The 95 % interval of a rate; nothing where nothing was counted."""
        if rate.of == 0:
            return ""
        low, high = (round(100 * edge) for edge in rate.interval)
        return self.tell("between", low=low, high=high)

    def hours(self, spread: Spread, which: str) -> str:
        """Median or 90th percentile with the number of cases; a dash for few."""
        value = getattr(spread, which)
        return "—" if value is None else f"{value:.1f} (n={spread.n})"

    def delta(self, value: float | None) -> str:
        """ "↑ 2", "↓ 1.5", "=", a dash where there is nothing to compare with."""
        if value is None:
            return "—"
        if value == 0:
            return "="
        return f"{'↑' if value > 0 else '↓'} {abs(value):g}"
