"""Renders the sample patrol: photos, their truth, areas, sidecar and the camera clip."""

from __future__ import annotations

import argparse
import math
import time
from datetime import datetime
from pathlib import Path

from PIL import Image

from scripts.samples import areas, clip, photo, record, scene, truth, view
from scripts.samples.story import NO_GPS, PLACES, ROTATED, Place, Visit

METRE_LAT = 1 / 111_320
METRE_LON = 1 / 95_200


def main() -> None:
    args = arguments()
    shown = [
        (place, visit)
        for place in chosen(args.only)
        for visit in place.visits
        if not args.day or visit.day in args.day
    ]
    for place, visit in shown:
        raw = args.raw / visit.day / f"{place.id}.png"
        if args.force or not raw.exists():
            render(place, visit, raw, args)
        develop(place, visit, raw, args.out)
        record.write(args.out, args.raw)
    areas.write(args.out / "areas.geojson")
    if args.clip:
        clip.make(args.out / "camera" / "kerb.mp4", args.raw / "camera")


def chosen(ids: list[str] | None) -> list[Place]:
    """The places asked for, in that order; all without ids."""
    by_id = {place.id: place for place in PLACES}
    return [by_id[name] for name in ids] if ids else list(PLACES)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/make_samples", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("samples"), help="samples/")
    parser.add_argument("--raw", type=Path, default=Path("build/samples"), help="kept renders")
    parser.add_argument("--only", nargs="*", metavar="PLACE", help="p01 … p14; all without it")
    parser.add_argument("--day", nargs="*", help="only these visits, as 2026-11-02")
    parser.add_argument("--preview", action="store_true", help="400×300, two samples")
    parser.add_argument("--force", action="store_true", help="render again what exists")
    parser.add_argument("--clip", action="store_true", help="make the camera clip too")
    parser.add_argument("--samples", type=int, default=24, help="Cycles samples a pixel")
    return parser.parse_args()


def render(place: Place, visit: Visit, raw: Path, args: argparse.Namespace) -> None:
    """One scene as PNG with its boxes beside it; developing it again later is cheap."""
    raw.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    stage = scene.build(place, visit, args.preview)
    built = time.monotonic()
    view.engine(stage, 2 if args.preview else args.samples)
    view.expose(stage, raw.parent)
    where = scene.stand(place, visit)
    truth.write(stage, raw.with_suffix(".json"), *view.size_px(where, args.preview))
    view.render(stage, raw)
    spent = time.monotonic() - built
    print(
        f"DONE {visit.day}/{place.id} build {built - begin:.0f} s render {spent:.0f} s", flush=True
    )


def develop(place: Place, visit: Visit, raw: Path, out: Path) -> None:
    """The photo of a render, with its EXIF."""
    path = out / "patrol" / visit.day / f"{place.id}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = scene.seed(place.id, visit.day, "sensor")
    photo.save(photo.develop(Image.open(raw), rng), path, tags(place, visit))


def tags(place: Place, visit: Visit) -> photo.Tags:
    """Time, place and direction as a phone would have them, a little off."""
    lat, lon, accuracy_m = fix(place, visit)
    at = datetime.fromisoformat(f"{visit.day}T{visit.time}+08:00")
    hidden = (place.id, visit.day) in NO_GPS
    where = scene.stand(place, visit)
    east, north = where.to[0] - where.at[0], where.to[1] - where.at[1]
    bearing = math.degrees(math.atan2(east, north)) + scene.seed(visit.day, place.id).normal(0, 4)
    return photo.Tags(
        at,
        None if hidden else lat,
        None if hidden else lon,
        accuracy_m,
        float(bearing) % 360,
        6 if (place.id, visit.day) in ROTATED else 1,
    )


def fix(place: Place, visit: Visit) -> tuple[float, float, float]:
    """Latitude, longitude and stated accuracy (m) of one photo."""
    rng = scene.seed(place.id, visit.day, "gps")
    north, east = rng.normal(0, 2.0, 2).clip(-4, 4)
    accuracy_m = round(float(rng.uniform(3.0, 8.0)), 1)
    return place.lat + float(north) * METRE_LAT, place.lon + float(east) * METRE_LON, accuracy_m


if __name__ == "__main__":
    main()
