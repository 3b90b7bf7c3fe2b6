"""The table of categories that an office can edit: ``catalogue.yaml`` or its own file.

An office's file that says ``extends: shipped`` holds only what differs; any other must be whole.
Mistakes are told by line (``issues/table_lines.py``). A category's rules are data here
(``issues/category.py``); nothing in the code knows a category.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from issues.calendar import WorkCalendar
from issues.category import Category, Name, Positive, Share, Table
from issues.errors import CatalogueError
from issues.holidays import read_list
from issues.place import Reach
from issues.table_lines import parsed, told, wrong_at

Lang = Literal["en", "zh"]

_MEND = (
    "Mend the table; `tidycity catalogue check FILE` reads it again, and "
    "`tidycity catalogue template FILE` writes one to start from."
)


class Group(Table):
    """A group of categories in both languages."""

    zh: Name
    en: Name


class Rules(Table):
    """What all categories share. The comments in ``catalogue.yaml`` say what each does."""

    visit_gap_min: Positive
    assumed_accuracy_m: Annotated[float, Field(ge=0)]
    accuracy_cap_m: Annotated[float, Field(ge=0, le=250)]
    clear_radius_share: Share
    look_angle_deg: Annotated[float, Field(gt=0, le=180)]
    reject_memory_days: Annotated[float, Field(ge=0)]
    suggest_radius_m: Annotated[float, Field(gt=0, le=250)] = 80
    suggest_closed_days: Annotated[float, Field(ge=0)] = 90
    camera_clear_looks: Annotated[int, Field(ge=1)] = 12
    camera_clear_min: Annotated[float, Field(ge=0)] = 10
    camera_repeat_h: Positive = 6


class Course(Table):
    """The course of an issue: what its moves and deadlines go by. ``catalogue.yaml`` explains."""

    due_soon_h: Positive = 2
    rework_share: Positive = 0.5
    extensions: Annotated[int, Field(ge=0)] = 2
    escalate_after_h: Annotated[float, Field(ge=0)] = 7
    longest_hold_days: Positive = 366


class Desks(Table):
    """Who looks at what no unit answers for: the names of the office's own desks."""

    no_area: Group
    unplaced: Group
    disputed: Group


_OFFICE = Group(zh="创卫办", en="city office")
DESKS = Desks(no_area=_OFFICE, unplaced=_OFFICE, disputed=_OFFICE)


class Catalogue(Table):
    """All categories and groups, the rules that they share, and the office's working hours."""

    rules: Rules
    course: Course = Course()
    desks: Desks = DESKS
    calendar: WorkCalendar
    groups: dict[str, Group]
    categories: dict[str, Category]

    @model_validator(mode="after")
    def _consistent(self) -> Catalogue:
        taken: dict[str, str] = {}
        for code, category in self.categories.items():
            if category.group not in self.groups:
                said = f'{code} is in the group "{category.group}", which is not listed'
                raise wrong_at(("categories", code, "group"), said, category.group, self.groups)
            for larger in category.part_of:
                if larger not in self.categories or larger == code:
                    said = f'{code} can be no part of "{larger}"'
                    raise wrong_at(("categories", code, "part_of"), said, larger, self.categories)
            if (other := taken.setdefault(category.open311_code, code)) != code:
                said = f"{other} and {code} share the code {category.open311_code}"
                raise wrong_at(("categories", code, "open311_code"), said)
        return self

    @cached_property
    def enabled(self) -> dict[str, Category]:
        """The categories that new issues are made of; the others stay for those that there are."""
        return {code: category for code, category in self.categories.items() if category.enabled}

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


def shipped_text() -> str:
    """The table that ships, as it is written."""
    return files("issues").joinpath("catalogue.yaml").read_text("utf-8")


@lru_cache(maxsize=8)
def load_catalogue(path: Path | None = None) -> Catalogue:
    """The catalogue in a file; None: the one that ships. Raises CatalogueError by line.

    >>> load_catalogue().label("litter.pile", "zh")
    '暴露垃圾'
    """
    shipped = shipped_text()
    if path is None:
        table = _parsed(shipped, "catalogue.yaml")
        return _checked(shipped, _with_lists(table, Path()), "catalogue.yaml")
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


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return parsed(text, name)
    except ValueError as error:
        raise CatalogueError(str(error), mend=_MEND) from error


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
        own = {"enabled": True}
        filled["categories"] = {
            code: {
                **own,
                "code": code,
                "open311_code": str(code).replace(".", "-"),
                **defaults,
                **entry,
            }
            if isinstance(entry, dict)
            else entry
            for code, entry in categories.items()
        }
    return filled


def _checked(text: str, table: dict[str, Any], name: str) -> Catalogue:
    filled = _filled(table)
    try:
        return Catalogue.model_validate(filled)
    except ValidationError as error:
        said = told(error, text, name, filled, Catalogue)
        more = f"\nand {len(said) - 20} more" if len(said) > 20 else ""
        raise CatalogueError("\n".join(said[:20]) + more, mend=_MEND) from error


def oddities(catalogue: Catalogue) -> list[str]:
    """What is allowed in a table and still looks like a mistake."""
    found: list[str] = []
    names: dict[str, str] = {}
    for code, category in catalogue.enabled.items():
        if (other := names.setdefault(category.zh, code)) != code:
            found.append(f"{other} and {code} have the same name {category.zh}")
        if category.one_photo == "zone" and not category.zones:
            found.append(f"{code} needs a drawn zone and names none (zones)")
        if category.radius_m > 100:
            found.append(f"{code}: a radius of {category.radius_m:g} m makes one issue of many")
        found += [
            f"{code} is part of {larger}, which is switched off"
            for larger in category.part_of
            if larger not in catalogue.enabled
        ]
    for year, listed in catalogue.calendar.years.items():
        found += [f"calendar: {what}" for what in listed.odd(year)]
    return found
