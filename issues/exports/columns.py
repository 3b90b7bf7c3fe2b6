"""The columns of the rectification list: what stands in each, for spreadsheets and CSV alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from detect.datum import Datum, from_wgs84
from issues.catalogue import Catalogue
from issues.exports.words import LANGS, Lang, Words, phrases
from issues.issue import Proposal, Status
from issues.rows import FrameRef, IssueRow

Kind = Literal["text", "wrapped", "number", "degrees", "moment", "before", "after"]
Value = str | int | float | datetime | FrameRef | None

DATUM_NAMES: dict[Datum, str] = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class Listing:
    """How a list is written: in which words, with whose categories, in which datum."""

    words: Words
    catalogue: Catalogue
    datum: Datum = "wgs84"

    def category(self, row: IssueRow) -> str:
        """The category's name."""
        return self.words.start(self.catalogue.label(row.category, self.words.lang))

    def unit(self, row: IssueRow) -> str:
        """The responsible unit's name; empty where none is known."""
        return self.words.pick(row.area.unit_zh, row.area.unit_en) if row.area else ""

    def point(self, row: IssueRow) -> tuple[float, float] | None:
        """Latitude and longitude in the list's datum; None for an unplaced issue."""
        if row.lat is None or row.lon is None:
            return None
        return from_wgs84(row.lat, row.lon, self.datum)


@dataclass(frozen=True)
class Column:
    """One column: ``value`` gives what stands in it for an issue; widths in characters."""

    key: str
    kind: Kind
    width: float
    value: Callable[[IssueRow, Listing], Value]

    def header(self, words: Words) -> str:
        """The heading."""
        return words.say(f"column.{self.key}")


def _event_code(row: IssueRow, listing: Listing) -> Value:
    category = listing.catalogue.categories.get(row.category)
    return category.event_code if category else None


def _description(row: IssueRow, listing: Listing) -> Value:
    words = listing.words
    return words.say(
        "row.seen",
        category=listing.category(row),
        photos=words.count("row.photos", row.photos),
        sightings=words.count("row.sightings", row.observations),
    )


def _place(row: IssueRow, listing: Listing) -> Value:
    point = listing.point(row)
    if point is None:
        return listing.words.say("row.unplaced")
    lat, lon = (f"{degrees:.6f}" for degrees in point)
    if row.accuracy_m is None:
        return listing.words.say("row.point", lat=lat, lon=lon)
    return listing.words.say("row.accuracy", lat=lat, lon=lon, m=round(row.accuracy_m))


def _area(row: IssueRow, listing: Listing) -> Value:
    if row.area:
        return listing.words.pick(row.area.name_zh, row.area.name_en)
    return "" if row.lat is None else listing.words.say("row.no_area")


def _note(row: IssueRow, listing: Listing) -> Value:
    say = listing.words.say
    notes = []
    if row.recurrences:
        notes.append(listing.words.count("row.returned", row.recurrences))
    if row.proposal is Proposal.FIXED:
        notes.append(say("row.fixed"))
    if row.status is Status.CANDIDATE:
        notes.append(say("row.candidate"))
    if row.experimental:
        notes.append(say("row.experimental"))
    return listing.words.start(say("row.and").join(notes))


def _degrees(row: IssueRow, listing: Listing, which: int) -> Value:
    point = listing.point(row)
    return None if point is None else round(point[which], 7)


SHEET_COLUMNS: tuple[Column, ...] = (
    Column("number", "text", 14, lambda row, _: row.number),
    Column("category", "wrapped", 9, lambda row, to: to.category(row)),
    Column("event_code", "text", 6, _event_code),
    Column("description", "wrapped", 17, _description),
    Column("place", "wrapped", 12, _place),
    Column("area", "wrapped", 10, _area),
    Column("unit", "wrapped", 11, lambda row, to: to.unit(row)),
    Column("leader", "wrapped", 7, lambda row, _: row.area.leader if row.area else ""),
    Column("phone", "wrapped", 13, lambda row, _: row.area.phone if row.area else ""),
    Column("first_seen", "moment", 15, lambda row, _: row.first_seen),
    Column("last_seen", "moment", 15, lambda row, _: row.last_seen),
    Column("sightings", "number", 5, lambda row, _: row.observations),
    Column("deadline", "moment", 15, lambda row, _: row.deadline),
    Column("status", "wrapped", 7, lambda row, to: to.words.label("status", row.status)),
    Column("recurrences", "number", 6.5, lambda row, _: row.recurrences),
    Column("before", "before", 16, lambda row, _: row.best),
    Column("after", "after", 16, lambda row, _: row.after),
    Column("note", "wrapped", 15, _note),
)
"""The columns that an office expects, in its order."""

CSV_COLUMNS: tuple[Column, ...] = (
    *(column for column in SHEET_COLUMNS if column.kind not in {"before", "after"}),
    Column("lat", "degrees", 11, lambda row, to: _degrees(row, to, 0)),
    Column("lon", "degrees", 11, lambda row, to: _degrees(row, to, 1)),
    Column("accuracy_m", "number", 8, lambda row, _: row.accuracy_m),
)
"""The same without pictures, and with coordinates as numbers."""


def column_of(header: str) -> str | None:
    """The key of the column with this heading, in either language; None: not one of ours.

    >>> column_of("整改期限"), column_of(" responsible UNIT "), column_of("colour")
    ('deadline', 'unit', None)
    """
    return _headers().get(header.strip().casefold())


def _headers() -> dict[str, str]:
    table: dict[str, str] = {}
    for key, texts in phrases().items():
        if key.startswith("column."):
            langs: tuple[Lang, ...] = LANGS
            table |= {texts[lang].casefold(): key.removeprefix("column.") for lang in langs}
    return table
