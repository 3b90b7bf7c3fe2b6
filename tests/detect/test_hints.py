from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detect.hints import PlaceHints
from detect.sidecar import Sidecar, SidecarRow
from detect.track import Track
from detect.types import Location

NOON = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
FROM_TABLE = Location(30, 120, 5, "sidecar")
FROM_EXIF = Location(31, 121, 4, "exif")
FIXED = Location(32, 122)
TRACK = Track(Path("w.gpx"), (NOON.timestamp(),), ((33.0, 123.0),))
TABLE = Sidecar(
    Path("t.csv"),
    {
        "place.jpg": SidecarRow("place.jpg", 2, FROM_TABLE, None),
        "time.jpg": SidecarRow("time.jpg", 3, None, NOON),
    },
)


@pytest.mark.parametrize(
    ("name", "exif", "taken_at", "expected_lat"),
    [
        ("place.jpg", FROM_EXIF, NOON, 30),
        ("place.jpg", None, None, 30),
        ("time.jpg", FROM_EXIF, NOON, 31),
        ("other.jpg", FROM_EXIF, NOON, 31),
        ("other.jpg", None, NOON, 33),
        ("other.jpg", None, NOON + timedelta(hours=1), 32),
        ("other.jpg", None, None, 32),
    ],
)
def test_the_strongest_source_of_a_place_wins(name, exif, taken_at, expected_lat):
    hints = PlaceHints(TABLE, TRACK, FIXED)
    assert hints.place(name, exif, taken_at).lat == expected_lat


def test_without_any_source_there_is_no_place():
    assert PlaceHints().place("a.jpg", None, NOON) is None
    assert PlaceHints(TABLE, TRACK).place("a.jpg", None, None) is None


def test_the_table_wins_over_exif_in_time_too():
    hints = PlaceHints(TABLE)
    assert hints.time("time.jpg", NOON + timedelta(days=2)) == (NOON, "sidecar")
    assert hints.time("place.jpg", NOON) == (NOON, "exif")
    assert hints.time("other.jpg", None) == (None, None)


def test_a_time_from_the_table_finds_the_place_on_the_track():
    hints = PlaceHints(TABLE, TRACK)
    taken_at, _ = hints.time("time.jpg", None)
    assert hints.place("time.jpg", None, taken_at).lat == 33
