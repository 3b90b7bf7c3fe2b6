"""The table that inspections are measured by: kinds, measures, levels, sources of figures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from issues.errors import IssueError
from issues.pest.rates import Counted, Rate

Lang = Literal["zh", "en"]
LevelName = Literal["A", "B", "C", "beyond"]
LEVELS: tuple[Literal["A", "B", "C"], ...] = ("A", "B", "C")


class StandardsError(IssueError):
    """The table of pest standards can't be used as it is."""

    default_code = "bad_pest_standards"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bound(_Part):
    """The bound of a level. ``unchecked``: nobody read it up in the standard; shown with (?)."""

    at_most: float | None = Field(None, ge=0)
    at_least: float | None = Field(None, ge=0)
    unchecked: bool

    @model_validator(mode="after")
    def _one_bound(self) -> Bound:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("a level has at_most or at_least, one of them")
        return self

    def holds(self, value: float) -> bool:
        """Whether a value is within the bound."""
        if self.at_most is not None:
            return value <= self.at_most
        return self.at_least is not None and value >= self.at_least


class Named(_Part):
    """A name in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def label(self, lang: Lang) -> str:
        """The name in a language."""
        return self.zh if lang == "zh" else self.en


class Measure(Named):
    """What is counted, per what, and the bounds of the levels. ``passing``: those without fault."""

    counts: Counted
    unit: Literal["percent", "per_km"]
    kinds: tuple[str, ...] = Field(min_length=1)
    source: str = Field(min_length=1)
    levels: Mapping[Literal["A", "B", "C"], Bound]
    passing: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Measure:
        if (self.unit == "per_km") != (self.counts == "metres"):
            raise ValueError("per_km goes with metres, percent with rooms or facilities")
        if set(self.levels) != set(LEVELS):
            raise ValueError(f"levels are A, B and C, got {', '.join(self.levels)}")
        bounds = [self.levels[name] for name in LEVELS]
        values = [b.at_most if b.at_most is not None else -(b.at_least or 0) for b in bounds]
        if values != sorted(values):
            raise ValueError("A must be the strictest level, then B, then C")
        return self


class Least(_Part):
    """Below how much a rate says too little for a level."""

    rooms: int = Field(ge=1)
    metres: float = Field(gt=0)
    facilities: int = Field(ge=1)


class Standards(_Part):
    """The whole table."""

    room_m2: float = Field(gt=0)
    least: Least
    measures: Mapping[str, Measure]
    kinds: Mapping[str, Named]
    sites: Mapping[str, Named]

    @model_validator(mode="after")
    def _kinds_are_known(self) -> Standards:
        for code, measure in self.measures.items():
            unknown = sorted(set(measure.kinds) - set(self.kinds))
            if unknown:
                raise ValueError(f"measure {code} names unknown kinds: {', '.join(unknown)}")
        return self

    def rooms_of(self, floor_m2: float) -> int:
        """How many rooms a floor counts for: 15 m² are one, a part is a whole one."""
        return max(1, -int(-floor_m2 // self.room_m2))


class Grade(_Part):
    """The level that a rate amounts to.

    ``level`` None: too little was inspected to tell. ``likely``: every level that the interval
    reaches, best first. ``unchecked``: a bound that it rests on was never read up.
    """

    level: LevelName | None
    likely: tuple[LevelName, ...]
    unchecked: bool


def grade(standards: Standards, measure: str, rate: Rate) -> Grade:
    """The level of a rate; a rate is needed, so a level never stands without its denominator."""
    rule = standards.measures[measure]
    if rate.denominator.counted != rule.counts:
        raise ValueError(f"{measure} counts {rule.counts}, got {rate.denominator.counted}")
    reached = {_level(rule, value) for value in rate.interval} | {_level(rule, rate.value)}
    order: tuple[LevelName, ...] = (*LEVELS, "beyond")
    spread = [order.index(name) for name in reached]
    likely = order[min(spread) : max(spread) + 1]
    unchecked = any(rule.levels[name].unchecked for name in LEVELS if name in likely)
    unchecked |= "beyond" in likely and rule.levels["C"].unchecked
    enough = rate.denominator.amount >= getattr(standards.least, rule.counts)
    level = _level(rule, rate.value) if enough else None
    return Grade(level=level, likely=likely, unchecked=unchecked)


def _level(rule: Measure, value: float) -> LevelName:
    found = (name for name in LEVELS if rule.levels[name].holds(round(value, 9)))
    return next(found, "beyond")


@lru_cache(maxsize=4)
def load_standards(path: Path | None = None) -> Standards:
    """The office's own table, or the one that comes with tidycity. Raises StandardsError."""
    try:
        text = (
            path.read_text("utf-8")
            if path
            else files("issues.pest").joinpath("standards.yaml").read_text("utf-8")
        )
        return Standards.model_validate(yaml.load(text, yaml.CSafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StandardsError(f"{path} can't be read: {error}", mend="Mend the file.") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise StandardsError(
            f"the table of pest standards is wrong: {wrong}", mend="Mend these entries."
        ) from error
