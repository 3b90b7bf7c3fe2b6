"""What is written down beside the photos: truth.json and the sidecar for photos without GPS."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from scripts.samples import areas
from scripts.samples.story import NO_GPS, PLACES, Place, Visit


def write(out: Path, raw: Path) -> None:
    """truth.json and locations.csv for all photos that have been rendered."""
    patrol = out / "patrol"
    done = [
        (place, visit)
        for place in PLACES
        for visit in place.visits
        if (raw / visit.day / f"{place.id}.json").exists()
    ]
    body = {
        "note": "Rendered scenes. Boxes are [x1, y1, x2, y2] in pixels of the upright picture "
        "(EXIF orientation applied), taken from the scene and not cut where something stands in "
        "front.",
        "places": {place.id: _place(place) for place in PLACES},
        "photos": sorted((_photo(p, v, raw) for p, v in done), key=lambda row: str(row["file"])),
    }
    text = json.dumps(body, ensure_ascii=False, indent=1)
    (patrol / "truth.json").write_text(text + "\n", encoding="utf-8")
    with (patrol / "locations.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "lat", "lon", "datum", "accuracy_m", "taken_at"])
        for place, visit in done:
            if (place.id, visit.day) in NO_GPS:
                at = f"{visit.day}T{visit.time}+08:00"
                rows.writerow([_file(place, visit), place.lat, place.lon, "WGS-84", 5, at])


def _file(place: Place, visit: Visit) -> str:
    return f"{visit.day}/{place.id}.jpg"


def _place(place: Place) -> dict[str, object]:
    return {
        "name_zh": place.name_zh,
        "name_en": place.name_en,
        "lat": place.lat,
        "lon": place.lon,
        "area": areas.grid_of(place.lat, place.lon),
        "expected": place.expected,
    }


def _photo(place: Place, visit: Visit, raw: Path) -> dict[str, object]:
    seen = json.loads((raw / visit.day / f"{place.id}.json").read_text(encoding="utf-8"))
    return {"file": _file(place, visit), "place": place.id, "visit": visit.day, **seen}
