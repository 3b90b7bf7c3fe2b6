"""The table of categories that an office can edit: ``catalogue.yaml`` or its own file.

An office's file that says ``extends: shipped`` holds only what differs; any other must be whole.
Mistakes are told by line. A category's rules are data here; nothing in the code knows a category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from issues.calendar import Span, WorkCalendar
from issues.errors import CatalogueError
from issues.holidays import read_list
from issues.issue import Severity
from issues.place import Reach

Lang = Literal["en", "zh"]
OnePhoto = Literal["enough", "suspected", "zone", "close_up"]

Code = Annotated[str, Field(pattern=r"^[a-z]+(\.[a-z_]+)+$")]
Name = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]

_MEND = "Mend the table; the shipped one is issues/catalogue.yaml. `tidycity doctor` checks it."


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(_Table):
    """A group of categories in both languages."""

    zh: Name
    en: Name


class Confirmation(_Table):
    """A camera must see it in ``looks`` of ``of`` looks within ``minutes``."""

    looks: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    minutes: Positive

    @model_validator(mode="after")
    def _possible(self) -> Confirmation:
        if self.looks > self.of:
            raise ValueError(f"{self.looks} of {self.of} looks can never be")
        return self


class Deadline(_Table):
    """Working hours to put it right, by severity."""

    minor: Positive
    normal: Positive
    major: Positive

    @model_validator(mode="after")
    def _worse_is_sooner(self) -> Deadline:
        if not self.major <= self.normal <= self.minor:
            raise ValueError("hours must not grow from minor over normal to major")
        return self

    def hours(self, severity: Severity) -> float:
        """Working hours for one severity."""
        return float(getattr(self, severity.value))


class Major(_Table):
    """Any one of these makes it major."""

    box_share: Share | None = None
    score: Share | None = None
    recurrences: Annotated[int, Field(ge=1)] | None = None


class Minor(_Table):
    """All of these, and never having come back, make it minor."""

    box_share: Share | None = None
    score: Share | None = None


class SeverityRule(_Table):
    """What makes a problem major or minor; it is normal otherwise."""

    major: Major | None = None
    minor: Minor | None = None

    def of(self, box_share: float, score: float, recurrences: int) -> Severity:
        """The severity. ``box_share``: the largest box as a share of its picture, 0..1."""
        seen = {"box_share": box_share, "score": score, "recurrences": recurrences}
        major = self.major.model_dump(exclude_none=True) if self.major else {}
        if any(seen[key] >= limit for key, limit in major.items()):
            return Severity.MAJOR
        minor = self.minor.model_dump(exclude_none=True) if self.minor else {}
        if minor and not recurrences and all(seen[k] <= limit for k, limit in minor.items()):
            return Severity.MINOR
        return Severity.NORMAL


class Category(_Table):
    """One kind of problem: what it is called and by which rules it becomes an issue."""

    code: Code
    group: str
    zh: Name
    en: Name
    clause: str | None
    event_code: Annotated[str, Field(pattern=r"^\d{4}$")] | None
    open311_code: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    one_photo: OnePhoto
    part_of: tuple[str, ...]
    radius_m: Annotated[float, Field(gt=0, le=250)]
    revisit_h: Annotated[float, Field(ge=0)]
    confirm: Confirmation | None
    dwell_min: Annotated[float, Field(ge=0)]
    hours: tuple[Span, ...]
    zones: tuple[str, ...]
    deadline_h: Deadline
    severity: SeverityRule

    @property
    def suspected(self) -> bool:
        """Whether one photo can't decide it, so that a reviewer must look closer."""
        return self.one_photo != "enough"


class Rules(_Table):
    """What all categories share. The comments in ``catalogue.yaml`` say what each does."""

    visit_gap_min: Positive
    assumed_accuracy_m: Annotated[float, Field(ge=0)]
    accuracy_cap_m: Annotated[float, Field(ge=0, le=250)]
    clear_radius_share: Share
    look_angle_deg: Annotated[float, Field(gt=0, le=180)]
    reject_memory_days: Annotated[float, Field(ge=0)]


class Catalogue(_Table):
    """All categories and groups, the rules that they share, and the office's working hours."""

    rules: Rules
    calendar: WorkCalendar
    groups: dict[str, Group]
    categories: dict[str, Category]

    @model_validator(mode="after")
    def _consistent(self) -> Catalogue:
        taken: dict[str, str] = {}
        for code, category in self.categories.items():
            if category.group not in self.groups:
                raise ValueError(f'{code} is in the group "{category.group}", which is not listed')
            for larger in category.part_of:
                if larger not in self.categories or larger == code:
                    raise ValueError(f'{code} can be no part of "{larger}"')
            if (other := taken.setdefault(category.open311_code, code)) != code:
                raise ValueError(f"{other} and {code} share the code {category.open311_code}")
        return self

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self.categories)} categories>"

    def category(self, code: str) -> Category:
        """One category. Raises CatalogueError for a code that the table lacks."""
        try:
            return self.categories[code]
        except KeyError:
            raise CatalogueError(
                f'the catalogue has no category "{code}"',
                code="unknown_category",
                mend=f"Add it, or use one of: {', '.join(self.categories)}.",
            ) from None

    def label(self, code: str, lang: Lang) -> str:
        """The name of a category or group; the code itself where the table lacks it."""
        named = self.categories.get(code) or self.groups.get(code)
        return str(getattr(named, lang)) if named else code

    def reach(self, code: str) -> Reach:
        """How far apart observations of one place may lie."""
        rules = self.rules
        radius_m = self.category(code).radius_m
        return Reach(radius_m, rules.accuracy_cap_m, rules.assumed_accuracy_m)

    def clear_reach(self, code: str) -> Reach:
        """How near a photo must be to show that the place of an issue is clear."""
        reach = self.reach(code)
        return replace(reach, radius_m=reach.radius_m * self.rules.clear_radius_share)


@lru_cache(maxsize=8)
def load_catalogue(path: Path | None = None) -> Catalogue:
    """The catalogue in a file; None: the one that ships. Raises CatalogueError by line.

    >>> load_catalogue().label("litter.pile", "zh")
    '暴露垃圾'
    """
    shipped = files("issues").joinpath("catalogue.yaml").read_text("utf-8")
    if path is None:
        table = _with_lists(_parsed(shipped, "catalogue.yaml"), Path())
        return _checked(shipped, table, "catalogue.yaml")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} can't be read: {error}", mend=_MEND) from error
    table = _parsed(text, path.name)
    extends = table.pop("extends", None)
    if extends not in (None, "shipped"):
        raise CatalogueError(f'{path.name} extends "{extends}"; only "shipped" can be', mend=_MEND)
    if extends:
        table = _merged(_parsed(shipped, "catalogue.yaml"), table)
    return _checked(text, _with_lists(table, path.parent), path.name)


def _with_lists(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The table with the years of the files under ``calendar.lists`` in it."""
    calendar = table.get("calendar")
    if not isinstance(calendar, dict) or not isinstance(calendar.get("lists", []), list):
        return table
    years: dict[Any, Any] = {}
    for name in calendar.get("lists", []):
        years |= read_list(folder / str(name))
    kept = {key: value for key, value in calendar.items() if key != "lists"}
    own = calendar.get("years") or {}
    merged = {**years, **own} if isinstance(own, dict) else own
    return {**table, "calendar": {**kept, "years": merged}}


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        table = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise CatalogueError(f"{name} is no YAML: {error}", mend=_MEND) from error
    if not isinstance(table, dict):
        raise CatalogueError(f"{name} holds no table but {type(table).__name__}", mend=_MEND)
    return table


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """``above`` over ``below``, key by key through nested tables."""
    both = dict(below)
    for key, value in above.items():
        under = both.get(key)
        nested = isinstance(value, dict) and isinstance(under, dict)
        both[key] = _merged(under, value) if nested else value  # type: ignore[arg-type]
    return both


def _filled(table: dict[str, Any]) -> dict[str, Any]:
    """The table with the defaults in every category."""
    defaults = table.get("defaults") or {}
    categories = table.get("categories")
    filled = {key: value for key, value in table.items() if key != "defaults"}
    if isinstance(categories, dict) and isinstance(defaults, dict):
        filled["categories"] = {
            code: {"code": code, "open311_code": str(code).replace(".", "-"), **defaults, **entry}
            if isinstance(entry, dict)
            else entry
            for code, entry in categories.items()
        }
    return filled


def _checked(text: str, table: dict[str, Any], name: str) -> Catalogue:
    try:
        return Catalogue.model_validate(_filled(table))
    except ValidationError as error:
        said = [
            f"{_where(text, name, problem['loc'])}: "
            f"{'.'.join(map(str, problem['loc'])) or 'the table'}: {problem['msg']}"
            for problem in error.errors()
        ]
        more = f"\nand {len(said) - 20} more" if len(said) > 20 else ""
        raise CatalogueError("\n".join(said[:20]) + more, mend=_MEND) from error


def _where(text: str, name: str, loc: Sequence[str | int]) -> str:
    """ "catalogue.yaml, line 12": the line of the deepest part of ``loc`` that the file holds."""
    node: yaml.Node | None = yaml.compose(text, yaml.CSafeLoader)
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pairs = {str(key.value): (key, value) for key, value in node.value}
            if str(part) not in pairs:
                break
            key, node = pairs[str(part)]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return f"{name}, line {line}"
