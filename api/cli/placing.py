"""Where photos without GPS were taken, from the options of the command line."""

from __future__ import annotations

import csv
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from api.i18n import t
from detect.errors import BadInput, UnknownDatum

if TYPE_CHECKING:
    from detect.datum import Datum
    from detect.hints import PlaceHints
    from detect.types import Location


def known_datum(text: str | None) -> Datum:
    """The datum that was named; raises UnknownDatum where none or another was."""
    from detect.datum import Datum

    name = (text or "").strip().lower().replace("-", "")
    if name in get_args(Datum):
        return cast("Datum", name)
    raise UnknownDatum(
        t("the coordinates need a datum, got {got}", got=repr(text or "")),
        code="unknown_datum",
        mend=t("Say --datum wgs84 (GPS), gcj02 (Chinese maps) or bd09 (Baidu)."),
    )


def parse_point(text: str, datum: str | None) -> Location:
    """``LAT,LON`` in a named datum as a WGS-84 location."""
    from detect.datum import to_wgs84
    from detect.types import Location

    try:
        lat, lon = (float(part) for part in text.replace("，", ",").split(","))
        lat, lon = to_wgs84(lat, lon, known_datum(datum))
        return Location(lat, lon, origin="manual")
    except ValueError as error:
        raise BadInput(
            t("not a place: {got}", got=repr(text)),
            code="bad_place",
            mend=t("Write latitude, comma, longitude in degrees: --at 31.2330,117.2830"),
        ) from error


def named_point(name: str, points: Path, datum: str | None) -> Location:
    """The point of that name in a CSV with the columns name, lat, lon and, if any, datum."""
    try:
        with points.open(encoding="utf-8-sig", newline="") as file:
            rows = {row.get("name", ""): row for row in csv.DictReader(file)}
    except OSError as error:
        raise BadInput(
            t("cannot read {path}: {why}", path=points, why=error.strerror),
            code="unreadable_file",
        ) from error
    if name not in rows:
        raise BadInput(
            t("{path} has no point named {name}", path=points, name=name),
            code="unknown_point",
            mend=t("Points there: {names}", names=", ".join(sorted(rows)[:20]) or "-"),
        )
    row = rows[name]
    return parse_point(f"{row.get('lat')},{row.get('lon')}", row.get("datum") or datum)


def place_hints(
    sidecar: Path | None,
    track: Path | None,
    at: str | None,
    point: str | None,
    points: Path | None,
    datum: str | None,
    zone: tzinfo,
) -> PlaceHints:
    """All that was said about places, read and checked. Raises BadInput."""
    from detect.hints import PlaceHints
    from detect.sidecar import read_sidecar
    from detect.track import read_track

    if at and point:
        raise BadInput(t("--at and --point exclude each other"), code="bad_options")
    if bool(point) != bool(points):
        raise BadInput(t("--point and --points go together"), code="bad_options")
    fixed = parse_point(at, datum) if at else None
    if point and points:
        fixed = named_point(point, points, datum)
    default = known_datum(datum) if datum else None
    return PlaceHints(
        sidecar=read_sidecar(sidecar, datum=default, zone=zone) if sidecar else None,
        track=read_track(track) if track else None,
        fixed=fixed,
        zone=zone,
    )
