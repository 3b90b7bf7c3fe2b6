"""The photos: how many, how large, and what their EXIF says."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PHOTOS = sorted((SAMPLES / "patrol").glob("*/*.jpg"))
VISITS = ("2026-11-02", "2026-11-09")
EXIF_IFD, GPS_IFD = 0x8769, 0x8825


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def decimal(parts: tuple[Any, ...]) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def apart_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    east = (a[1] - b[1]) * 111_320 * math.cos(math.radians(a[0]))
    return math.hypot((a[0] - b[0]) * 111_320, east)


def gps(path: Path) -> dict[int, Any]:
    with Image.open(path) as image:
        return dict(image.getexif().get_ifd(GPS_IFD))


def test_there_are_two_visits_to_at_least_ten_places():
    places = [{p.stem for p in PHOTOS if p.parent.name == day} for day in VISITS]
    assert places[0] == places[1]
    assert len(places[0]) >= 10
    assert len(PHOTOS) >= 24


def test_an_earlier_visit_saw_what_returned():
    earlier = {p.parent.name for p in PHOTOS} - set(VISITS)
    assert earlier == {"2026-10-26"}


def test_all_samples_stay_small():
    total = sum(p.stat().st_size for p in SAMPLES.rglob("*") if p.is_file())
    assert total <= 12 * 1024 * 1024


@pytest.mark.parametrize("path", PHOTOS, ids=name)
def test_photo_has_full_size_and_is_no_blank(path: Path):
    with Image.open(path) as image:
        assert image.format == "JPEG"
        upright = ImageOps.exif_transpose(image)
    assert sorted(upright.size) == [960, 1280]
    pixels = np.asarray(upright.convert("L"), dtype=float)
    assert 45 < pixels.mean() < 205
    assert pixels.std() > 22


@pytest.mark.parametrize("path", PHOTOS, ids=name)
def test_photo_says_when_it_was_taken_and_that_it_is_rendered(path: Path):
    with Image.open(path) as image:
        exif = image.getexif()
        inner = exif.get_ifd(EXIF_IFD)
    assert exif[0x010E] == "Rendered by tidycity, not a photograph"
    assert (exif[0x010F], exif[0x0110]) == ("tidycity", "rendered sample")
    assert exif[0x0131].startswith("tidycity")
    assert inner[0x9010] == "+08:00"
    assert inner[0x9011] == "+08:00"
    taken = datetime.strptime(f"{inner[0x9003]} +0800", "%Y:%m:%d %H:%M:%S %z")
    assert taken.date().isoformat() == path.parent.name
    assert 7 <= taken.hour < 18


def test_a_visit_is_walked_in_order():
    for day in ("2026-11-02", "2026-11-09"):
        moments = []
        for path in PHOTOS:
            if path.parent.name == day:
                with Image.open(path) as image:
                    moments.append(image.getexif().get_ifd(EXIF_IFD)[0x9003])
        assert moments == sorted(moments)


def test_one_photo_is_stored_rotated_and_one_has_no_gps(sidecar: list[dict[str, str]]):
    rotated = []
    for path in PHOTOS:
        with Image.open(path) as image:
            if image.getexif().get(0x0112, 1) != 1:
                rotated.append((image.getexif()[0x0112], image.size))
    assert rotated == [(6, (1280, 960))]
    assert [name(p) for p in PHOTOS if not gps(p)] == [row["file"] for row in sidecar]


@pytest.mark.parametrize("path", PHOTOS, ids=name)
def test_gps_is_within_ten_metres_of_the_place(path: Path, truth: dict[str, Any]):
    tags = gps(path)
    place = truth["places"][path.stem]
    if not tags:
        pytest.skip("placed by the sidecar")
    assert (tags[1], tags[3], tags[18]) == ("N", "E", "WGS-84")
    assert 2 <= float(tags[31]) <= 10
    assert 0 <= float(tags[17]) < 360
    point = (decimal(tags[2]), decimal(tags[4]))
    assert apart_m(point, (place["lat"], place["lon"])) < 10


def test_visits_to_one_place_are_a_week_and_a_few_metres_apart():
    for first in PHOTOS:
        second = first.parents[1] / VISITS[1] / first.name
        if first.parent.name != VISITS[0] or not gps(first) or not gps(second):
            continue
        points = [(decimal(gps(p)[2]), decimal(gps(p)[4])) for p in (first, second)]
        assert 0.05 < apart_m(*points) < 10
    days = [datetime.fromisoformat(day) for day in VISITS]
    assert days[1] - days[0] == timedelta(days=7)


def test_sidecar_places_the_photo(sidecar: list[dict[str, str]], truth: dict[str, Any]):
    for row in sidecar:
        place = truth["places"][Path(row["file"]).stem]
        assert row["datum"] == "WGS-84"
        assert apart_m((float(row["lat"]), float(row["lon"])), (place["lat"], place["lon"])) < 10
        assert float(row["accuracy_m"]) > 0
        assert datetime.fromisoformat(row["taken_at"]).utcoffset() == timedelta(hours=8)
