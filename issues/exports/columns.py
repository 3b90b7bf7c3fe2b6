"""The columns of the rectification list: what stands in each, for spreadsheets and CSV alike.

Some are for the unit to fill in (``FILLED_IN``); the hidden last one says which version of the
issue the row shows and what stood in those cells, so that a list that comes back can be told from
one that was not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from detect.datum import Datum, from_wgs84
from issues.catalogue import Catalogue
from issues.exports.safe_text import printable
from issues.exports.words import LANGS, Lang, Words, phrases
from issues.issue import Proposal, Status
from issues.rows import FrameRef, IssueRow

Kind = Literal[
    "serial", "text", "wrapped", "number", "degrees", "moment", "before", "after", "fill", "day"
]
Value = str | int | float | datetime | FrameRef | None

DATUM_NAMES: dict[Datum, str] = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class Listing:
    """How a list is written: in which words, with whose categories, in which datum."""

    words: Words
    catalogue: Catalogue
    datum: Datum = "wgs84"
    feedback: Mapping[str, str] = field(default_factory=dict)
    """What units said last when they reported an issue fixed, by the issue's id."""

    def category(self, row: IssueRow) -> str:
        """The category's name."""
        return self.words.start(self.catalogue.label(row.category, self.words.lang))

    def unit(self, row: IssueRow) -> str:
        """The responsible unit's name; empty where none is known."""
        if row.unit_zh or row.unit_en:
            return self.words.pick(row.unit_zh, row.unit_en)
        return self.words.pick(row.area.unit_zh, row.area.unit_en) if row.area else ""

    def leader(self, row: IssueRow) -> str:
        """Who answers for it, where it is with the unit of its area."""
        return row.area.leader if row.area and self._with_own_unit(row) else ""

    def phone(self, row: IssueRow) -> str:
        """The telephone of the same."""
        return row.area.phone if row.area and self._with_own_unit(row) else ""

    def status(self, row: IssueRow) -> str:
        """Where it stands, in words."""
        return self.words.label("status", row.status)

    def _with_own_unit(self, row: IssueRow) -> bool:
        area = row.area
        return not row.unit_zh or (area is not None and row.unit_zh == area.unit_zh)

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
    seen = words.say(
        "row.seen",
        category=listing.category(row),
        photos=words.count("row.photos", row.photos),
        sightings=words.count("row.sightings", row.observations),
    )
    return words.say("row.and").join([seen, *_notes(row, listing)])


def _coordinates(row: IssueRow, listing: Listing) -> Value:
    point = listing.point(row)
    if point is None:
        return listing.words.say("row.unplaced")
    lat, lon = (f"{degrees:.6f}" for degrees in point)
    if row.accuracy_m is None:
        return listing.words.say("row.point", lat=lat, lon=lon)
    return listing.words.say("row.accuracy", lat=lat, lon=lon, m=round(row.accuracy_m))


def _place(row: IssueRow, listing: Listing) -> Value:
    if row.area:
        return listing.words.pick(row.area.name_zh, row.area.name_en)
    return "" if row.lat is None else listing.words.say("row.no_area")


def _notes(row: IssueRow, listing: Listing) -> list[str]:
    say = listing.words.say
    notes = []
    if row.supervised:
        notes.append(say("row.supervised"))
    if row.recurrences:
        notes.append(listing.words.count("row.returned", row.recurrences))
    if row.reworks:
        notes.append(listing.words.count("row.reworked", row.reworks))
    if row.proposal is Proposal.FIXED:
        notes.append(say("row.fixed"))
    if row.status is Status.CANDIDATE:
        notes.append(say("row.candidate"))
    if row.experimental:
        notes.append(say("row.experimental"))
    return notes


def _degrees(row: IssueRow, listing: Listing, which: int) -> Value:
    point = listing.point(row)
    return None if point is None else round(point[which], 7)


def row_version(row: IssueRow, listing: Listing) -> Value:
    """The hidden mark of a row: its issue's version, and a check of what the unit may change.

    >>> row_mark(3, ["已派遣", "", "", "", ""])
    'v3:1ef4ff4d12'
    """
    return row_mark(row.version, [printable(str(c.value(row, listing) or "")) for c in FILLED_IN])


def row_mark(version: int, filled_in: list[str]) -> str:
    """The same of plain texts."""
    text = "\x1f".join(" ".join(part.split()) for part in filled_in)
    return f"v{version}:{hashlib.sha256(text.encode()).hexdigest()[:10]}"


FILLED_IN: tuple[Column, ...] = (
    Column("status", "fill", 8.5, lambda row, to: to.status(row)),
    Column("feedback", "fill", 17, lambda row, to: to.feedback.get(row.id, "")),
    Column("fixed_on", "day", 10, lambda _row, _to: None),
    Column("after_files", "fill", 12, lambda _row, _to: ""),
    Column("remark", "fill", 11, lambda _row, _to: ""),
)
"""The columns that a unit fills in and sends back."""

_STATUS, _FEEDBACK, _FIXED_ON, _AFTER_FILES, _REMARK = FILLED_IN

SHEET_COLUMNS: tuple[Column, ...] = (
    Column("serial", "serial", 5, lambda _row, _to: None),
    Column("number", "text", 15, lambda row, _: row.number),
    Column("category", "wrapped", 9, lambda row, to: to.category(row)),
    Column("description", "wrapped", 18, _description),
    Column("place", "wrapped", 10, _place),
    Column("coordinates", "wrapped", 12, _coordinates),
    Column("unit", "wrapped", 11, lambda row, to: to.unit(row)),
    Column("leader", "wrapped", 7, lambda row, to: to.leader(row)),
    Column("phone", "wrapped", 13, lambda row, to: to.phone(row)),
    Column("first_seen", "moment", 15, lambda row, _: row.first_seen),
    Column("assigned_at", "moment", 15, lambda row, _: row.assigned_at),
    Column("deadline", "moment", 15, lambda row, _: row.deadline),
    Column("before", "before", 16, lambda row, _: row.best),
    Column("after", "after", 16, lambda row, _: row.after),
    _STATUS,
    _FEEDBACK,
    _FIXED_ON,
    _AFTER_FILES,
    Column("verdict", "wrapped", 8, lambda row, to: to.words.label("verdict", row.verdict)),
    _REMARK,
    Column("row_version", "text", 4, row_version),
)
"""The columns that an office expects, in its order; the last one is hidden."""

CSV_COLUMNS: tuple[Column, ...] = (
    Column("number", "text", 14, lambda row, _: row.number),
    Column("category", "wrapped", 9, lambda row, to: to.category(row)),
    Column("event_code", "text", 6, _event_code),
    Column("description", "wrapped", 17, _description),
    Column("place", "wrapped", 10, _place),
    Column("coordinates", "wrapped", 12, _coordinates),
    Column("unit", "wrapped", 11, lambda row, to: to.unit(row)),
    Column("leader", "wrapped", 7, lambda row, to: to.leader(row)),
    Column("phone", "wrapped", 13, lambda row, to: to.phone(row)),
    Column("first_seen", "moment", 15, lambda row, _: row.first_seen),
    Column("last_seen", "moment", 15, lambda row, _: row.last_seen),
    Column("sightings", "number", 5, lambda row, _: row.observations),
    Column("assigned_at", "moment", 15, lambda row, _: row.assigned_at),
    Column("deadline", "moment", 15, lambda row, _: row.deadline),
    Column("status", "wrapped", 7, lambda row, to: to.status(row)),
    Column("reported_at", "moment", 15, lambda row, _: row.reported_at),
    Column("feedback", "wrapped", 15, lambda row, to: to.feedback.get(row.id, "")),
    Column("verdict", "wrapped", 8, lambda row, to: to.words.label("verdict", row.verdict)),
    Column("recurrences", "number", 6.5, lambda row, _: row.recurrences),
    Column("reworks", "number", 6.5, lambda row, _: row.reworks),
    Column("lat", "degrees", 11, lambda row, to: _degrees(row, to, 0)),
    Column("lon", "degrees", 11, lambda row, to: _degrees(row, to, 1)),
    Column("accuracy_m", "number", 8, lambda row, _: row.accuracy_m),
)
"""The same without pictures and cells to fill in, with more facts, coordinates as numbers."""


def column_of(header: str) -> str | None:
    """The key of the column with this heading, in either language; None: not one of ours.

    >>> column_of("整改时限"), column_of(" responsible UNIT "), column_of("colour")
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
