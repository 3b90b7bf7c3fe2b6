"""Lists of days off and made-up working days (调休), a year each: those that ship and an office's.

``holidays.yaml`` has what the State Council announced. Later years come as the office's own list:
in the same form, or as the JSON of the project holiday-cn (``{"year": …, "days": [{"date": …,
"isOffDay": …}]}``). Nothing is guessed: a year without a list is told (``WorkCalendar.unlisted``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from issues.errors import CatalogueError

Country = Literal["cn"]
LONGEST_RANGE_DAYS = 60
_MEND = (
    "Write a table of years, each with holidays and workdays as 2027-01-01 or "
    "2027-02-05..2027-02-11, or give the JSON of holiday-cn."
)


def days_of(written: object) -> object:
    """The dates that a list of dates and ranges "a..b" means; anything else goes on as it is."""
    if not isinstance(written, list | tuple | set | frozenset):
        return written
    return frozenset(day for entry in written for day in _days(entry))


def _days(entry: object) -> Iterator[object]:
    if not isinstance(entry, str) or ".." not in entry:
        yield entry
        return
    try:
        first, last = (date.fromisoformat(part.strip()) for part in entry.split(".."))
    except ValueError as error:
        raise ValueError(f'a range is written as 2026-10-01..2026-10-07, got "{entry}"') from error
    if not first <= last <= first + timedelta(days=LONGEST_RANGE_DAYS):
        raise ValueError(
            f'a range ends on or after its first day, within {LONGEST_RANGE_DAYS} days: "{entry}"'
        )
    yield from (first + timedelta(days=n) for n in range((last - first).days + 1))


Days = Annotated[frozenset[date], BeforeValidator(days_of)]


class YearList(BaseModel):
    """One year: days off, and days of the weekend that are worked for them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = ""
    holidays: Days
    workdays: Days = frozenset()

    @model_validator(mode="after")
    def _either(self) -> YearList:
        if both := self.holidays & self.workdays:
            raise ValueError(f"{min(both)} is a holiday and a made-up working day at once")
        return self

    def odd(self, year: int) -> list[str]:
        """What looks wrong in the list of this year and can be meant all the same."""
        told = [
            f"{day} is a made-up working day but no Saturday or Sunday"
            for day in sorted(self.workdays)
            if day.weekday() < 5
        ]
        if not any(day.year == year for day in self.holidays):
            told.append(f"the list of {year} has no day off in {year}")
        return told


@lru_cache(maxsize=4)
def official(country: Country) -> Mapping[int, YearList]:
    """The years that ship for a country.

    >>> len(official("cn")[2026].workdays)
    6
    """
    text = files("issues").joinpath("holidays.yaml").read_text("utf-8")
    table = yaml.load(text, yaml.CSafeLoader)[country]
    return {year: YearList.model_validate(entry) for year, entry in table.items()}


def read_list(path: Path) -> dict[int, YearList]:
    """The years in an office's file, YAML or JSON. Raises CatalogueError."""
    try:
        text = path.read_text("utf-8-sig")
        table = json.loads(text) if path.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)
        return {year: YearList.model_validate(entry) for year, entry in _years(table)}
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path} can't be read: {error}", code="bad_holidays") from error
    except ValidationError as error:
        first = error.errors()[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise CatalogueError(f"{path.name}: {what}", code="bad_holidays", mend=_MEND) from error
    except (ValueError, TypeError, KeyError, yaml.YAMLError) as error:
        raise CatalogueError(
            f"{path.name} is no list of holidays: {error}", code="bad_holidays", mend=_MEND
        ) from error


def _years(table: Any) -> Iterable[tuple[int, Any]]:
    """Year and entry, from a table of years or from holiday-cn's JSON."""
    if not isinstance(table, dict) or not table:
        raise ValueError(f"it holds no years but {type(table).__name__}")
    if "days" not in table:
        return [(int(year), entry) for year, entry in table.items()]
    papers = table.get("papers") or [""]
    days = {
        name: [day["date"] for day in table["days"] if bool(day["isOffDay"]) is off]
        for name, off in (("holidays", True), ("workdays", False))
    }
    return [(int(table["year"]), days | {"source": str(papers[0])})]
