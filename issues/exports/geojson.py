"""Issues as GeoJSON (RFC 7946): points, longitude first, in WGS-84 or another datum.

RFC 7946 knows WGS-84 only: a file in GCJ-02 or BD-09 says so in its member ``datum``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detect.datum import Datum, from_wgs84
from issues.catalogue import Catalogue
from issues.exports.whole_file import whole_file
from issues.rows import IssueRow

_DECIMALS = 7
"""About a centimetre."""


def feature(row: IssueRow, catalogue: Catalogue, datum: Datum = "wgs84") -> dict[str, Any]:
    """One issue as a Feature; its geometry is null where it has no place (RFC 7946, 3.2)."""
    geometry = None
    if row.lat is not None and row.lon is not None:
        lat, lon = from_wgs84(row.lat, row.lon, datum)
        point = [round(lon, _DECIMALS), round(lat, _DECIMALS)]
        geometry = {"type": "Point", "coordinates": point}
    return {
        "type": "Feature",
        "id": row.id,
        "geometry": geometry,
        "properties": _properties(row, catalogue),
    }


def write_geojson(
    path: Path,
    rows: Iterable[IssueRow],
    catalogue: Catalogue,
    *,
    made_at: datetime,
    datum: Datum = "wgs84",
) -> int:
    """Writes a FeatureCollection to ``path``, whole or not at all; gives how many features.

    One feature a line. Raises ExportError (cannot_write, disk_full).
    """
    count = 0
    with whole_file(path) as draft, draft.open("w", encoding="utf-8", errors="replace") as file:
        file.write(
            f'{{"type": "FeatureCollection", "made_at": "{_moment(made_at)}", '
            f'"datum": "{datum}", "features": ['
        )
        for row in rows:
            file.write(",\n" if count else "\n")
            file.write(
                json.dumps(feature(row, catalogue, datum), ensure_ascii=False, allow_nan=False)
            )
            count += 1
        file.write("\n]}\n")
    return count


def _properties(row: IssueRow, catalogue: Catalogue) -> Mapping[str, object]:
    area = row.area
    return {
        "number": row.number,
        "status": row.status,
        "proposal": row.proposal,
        "category": row.category,
        "category_zh": catalogue.label(row.category, "zh"),
        "category_en": catalogue.label(row.category, "en"),
        "group": row.group,
        "severity": row.severity,
        "accuracy_m": row.accuracy_m,
        "area": area.id if area else None,
        "area_zh": area.name_zh if area else None,
        "area_en": area.name_en if area else None,
        "unit_zh": row.unit_zh or (area.unit_zh if area else None),
        "unit_en": row.unit_en or (area.unit_en if area else None),
        "assigned_at": _moment(row.assigned_at),
        "reported_at": _moment(row.reported_at),
        "reworks": row.reworks,
        "supervised": row.supervised,
        "verdict": row.verdict,
        "first_seen": _moment(row.first_seen),
        "last_seen": _moment(row.last_seen),
        "cleared_at": _moment(row.cleared_at),
        "confirmed_at": _moment(row.confirmed_at),
        "closed_at": _moment(row.closed_at),
        "deadline": _moment(row.deadline),
        "observations": row.observations,
        "photos": row.photos,
        "recurrences": row.recurrences,
        "score": round(row.best_score, 4),
        "experimental": row.experimental,
        "suspected": row.suspected,
        "reject_reason": row.reject_reason,
        "duplicate_of": row.duplicate_of,
        "photo_before": row.best.sha256 if row.best else None,
        "photo_after": row.after.sha256 if row.after else None,
    }


def _moment(moment: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
