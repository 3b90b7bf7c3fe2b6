"""A table of places and times for photos that carry none: one CSV beside them.

Columns: file, lat, lon, datum, accuracy_m, taken_at (Chinese and common other names are known too).
UTF-8, or GB 18030 as spreadsheets in China write it; comma, semicolon or tab.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path, PurePosixPath

from detect.datum import Datum, in_china, parse_datum, to_wgs84
from detect.errors import BadInput, UnknownDatum
from detect.moments import parse_moment
from detect.types import Location

MAX_BYTES = 50 * 1024 * 1024
_COLUMNS: dict[str, tuple[str, ...]] = {
    "file": ("file", "filename", "file_name", "name", "photo", "文件", "文件名", "照片"),
    "lat": ("lat", "latitude", "纬度"),
    "lon": ("lon", "lng", "long", "longitude", "经度"),
    "datum": ("datum", "crs", "坐标系"),
    "accuracy_m": ("accuracy_m", "accuracy", "精度"),
    "taken_at": ("taken_at", "time", "datetime", "时间", "拍摄时间"),
}


@dataclass(frozen=True, slots=True)
class SidecarRow:
    """What the table says of one photo; a place in WGS-84, an aware time, or both."""

    file: str
    line: int
    location: Location | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that can't be used: its line in the file (the head is line 1) and why."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The usable rows by file name, and the problems of the others.

    A photo is found by its shown name, else by the longest part of it that the table names:
    a row ``1.jpg`` serves ``a/1.jpg`` unless there is a row ``a/1.jpg``. Case doesn't matter.
    """

    path: Path
    rows: Mapping[str, SidecarRow]
    problems: tuple[RowProblem, ...] = field(default=())

    def find(self, name: str) -> SidecarRow | None:
        """The row for the photo of this name; None if there is none."""
        parts = _key(name).replace("!", "/").split("/")
        for first in range(len(parts)):
            row = self.rows.get("/".join(parts[first:]))
            if row is not None:
                return row
        return None


def read_sidecar(path: Path, *, datum: Datum | None = None, zone: tzinfo | None = None) -> Sidecar:
    """The table at ``path``; ``datum`` serves rows without one, ``zone`` times without an offset.

    Bad rows are listed in ``problems``. Raises BadInput if the file can't be used at all, and
    UnknownDatum if it has places in China, no column ``datum``, and none was given.
    """
    lines = _text(path).splitlines()
    if not lines:
        raise _bad(path, "is empty")
    table = csv.reader(lines, delimiter=_delimiter(lines[0]))
    columns = _columns(path, next(table))
    rows: dict[str, SidecarRow] = {}
    problems: list[RowProblem] = []
    for cells in table:
        if not any(cell.strip() for cell in cells):
            continue
        found = {name: cells[i].strip() for name, i in columns.items() if i < len(cells)}
        try:
            row = _row(found, table.line_num, datum, zone)
            if _key(row.file) in rows:
                raise ValueError(f"{row.file} was already on line {rows[_key(row.file)].line}")
        except UnknownDatum as error:
            if "datum" not in columns:
                raise UnknownDatum(f"{path}: {error}", mend=error.mend) from error
            problems.append(RowProblem(table.line_num, error.message))
        except ValueError as error:
            problems.append(RowProblem(table.line_num, str(error)))
        else:
            rows[_key(row.file)] = row
    return Sidecar(path, rows, tuple(problems))


def _bad(path: Path, what: str, mend: str = "") -> BadInput:
    return BadInput(f"{path} {what}", code="bad_sidecar", mend=mend or f"Columns: {_wanted()}.")


def _wanted() -> str:
    return ", ".join(_COLUMNS)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad(path, f"has more than {MAX_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise _bad(path, f"could not be read: {error.strerror}", "Check the path.") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _bad(path, "is neither UTF-8 nor GB 18030 text", "Save the table as CSV (UTF-8).")


def _delimiter(head: str) -> str:
    return max((",", ";", "\t"), key=head.count)


def _columns(path: Path, head: list[str]) -> dict[str, int]:
    """Where each known column stands."""
    names = [cell.strip().casefold() for cell in head]
    columns = {
        column: next(names.index(alias) for alias in aliases if alias in names)
        for column, aliases in _COLUMNS.items()
        if any(alias in names for alias in aliases)
    }
    if "file" not in columns:
        raise _bad(path, f"has no column 'file', only {', '.join(map(repr, head[:8]))}")
    if ("lat" in columns) != ("lon" in columns):
        raise _bad(path, "has only one of the columns 'lat' and 'lon'")
    if "lat" not in columns and "taken_at" not in columns:
        raise _bad(path, "has neither a place (lat, lon) nor a time (taken_at)")
    return columns


def _row(
    cells: Mapping[str, str], line: int, datum: Datum | None, zone: tzinfo | None
) -> SidecarRow:
    name = cells.get("file", "")
    if not name:
        raise ValueError("no file name")
    taken_at = None
    if cells.get("taken_at"):
        taken_at = parse_moment(cells["taken_at"], zone)
        if taken_at is None:
            raise ValueError(f"taken_at is no time such as 2025-06-01 08:30: {cells['taken_at']!r}")
    location = _location(cells, datum)
    if location is None and taken_at is None:
        raise ValueError(f"{name} has neither a place nor a time")
    return SidecarRow(name, line, location, taken_at)


def _location(cells: Mapping[str, str], datum: Datum | None) -> Location | None:
    if not cells.get("lat") and not cells.get("lon"):
        return None
    lat, lon = _number(cells, "lat"), _number(cells, "lon")
    if abs(lat) > 90 and abs(lon) <= 90:
        raise ValueError(f"lat {lat} and lon {lon} seem to be swapped")
    if lat == 0 and lon == 0:
        raise ValueError("0, 0 is no place but a missing one")
    accuracy_m = _number(cells, "accuracy_m") if cells.get("accuracy_m") else None
    known = parse_datum(cells["datum"]) if cells.get("datum") else datum
    if cells.get("datum") and known is None:
        raise ValueError(f"datum must be wgs84, gcj02 or bd09, got {cells['datum']!r}")
    if known is None:
        if in_china(lat, lon):
            raise UnknownDatum(
                f"{lat}, {lon} could be in WGS-84, GCJ-02 or BD-09, up to a kilometre apart",
                mend="Add a column datum (wgs84, gcj02 or bd09), or say which it is.",
            )
        known = "wgs84"
    Location(lat, lon)  # the check, before the conversion
    return Location(*to_wgs84(lat, lon, known), accuracy_m, "sidecar")


def _number(cells: Mapping[str, str], column: str) -> float:
    text = cells.get(column, "")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{column} must be a number, got {text!r}")
    return number


def _key(name: str) -> str:
    return str(PurePosixPath(name.replace("\\", "/"))).removeprefix("/").casefold()
