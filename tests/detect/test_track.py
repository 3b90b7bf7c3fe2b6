from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from detect.datum import from_wgs84
from detect.errors import BadInput
from detect.track import Track, read_track

START = datetime(2025, 6, 1, 0, 0, tzinfo=UTC)


def track(tmp_path: Path, points: list[tuple[float, float, str]], **options) -> Track:
    body = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>{time}</time></trkpt>' for lat, lon, time in points
    )
    return written(tmp_path, f"<trk><trkseg>{body}</trkseg></trk>", **options)


def written(tmp_path: Path, body: str, **options) -> Track:
    path = tmp_path / "walk.gpx"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    space = 'xmlns="http://www.topografix.com/GPX/1/1"'
    path.write_text(f'{head}<gpx version="1.1" creator="test" {space}>{body}</gpx>')
    return read_track(path, **options)


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def walk(tmp_path):
    return track(
        tmp_path,
        [(31.0, 121.0, at(0)), (31.001, 121.002, at(100)), (31.002, 121.002, at(600))],
    )


@pytest.mark.parametrize(
    ("seconds", "lat", "lon"),
    [(0, 31, 121), (25, 31.00025, 121.0005), (50, 31.0005, 121.001), (100, 31.001, 121.002)],
)
def test_between_two_points_the_place_is_on_the_line(walk, seconds, lat, lon):
    found = walk.at(START + timedelta(seconds=seconds))
    assert (found.lat, found.lon) == (pytest.approx(lat), pytest.approx(lon))
    assert found.origin == "sidecar"


def test_the_moment_may_be_in_any_zone(walk):
    there = (START + timedelta(seconds=50)).astimezone(timezone(timedelta(hours=8)))
    assert walk.at(there).lat == pytest.approx(31.0005)


def test_a_gap_of_more_than_two_minutes_gives_no_place_but_near_its_ends(walk):
    assert walk.at(START + timedelta(seconds=300)) is None
    assert walk.at(START + timedelta(seconds=111)) is None
    assert walk.at(START + timedelta(seconds=109)).lat == 31.001
    assert walk.at(START + timedelta(seconds=591)).lat == 31.002
    assert walk.at(START + timedelta(seconds=300), gap_s=600).lat == pytest.approx(31.0014)


def test_outside_the_track_there_is_no_place(walk):
    assert walk.at(START - timedelta(seconds=9)).lat == 31
    assert walk.at(START - timedelta(seconds=11)) is None
    assert walk.at(START + timedelta(days=1)) is None


def test_accuracy_grows_with_the_way_between_the_points(walk):
    assert walk.at(START).accuracy_m >= 10
    middle = walk.at(START + timedelta(seconds=50)).accuracy_m
    assert middle == pytest.approx(10 + 221 / 4, abs=2)


def test_points_out_of_order_and_twice_the_same_time(tmp_path):
    walk = track(
        tmp_path, [(31.002, 121, at(60)), (31.0, 121, at(0)), (31.0, 121, at(0)), (31, 121, at(0))]
    )
    assert walk.at(START + timedelta(seconds=30)).lat == pytest.approx(31.001)
    assert walk.span == (START, START + timedelta(seconds=60))


def test_across_the_date_line(tmp_path):
    walk = track(tmp_path, [(0.0, 179.9999, at(0)), (0.0, -179.9999, at(10))])
    assert abs(walk.at(START + timedelta(seconds=5)).lon) == pytest.approx(180)


def test_a_track_in_a_maps_datum(tmp_path):
    lat, lon = from_wgs84(31.2, 121.4, "gcj02")
    walk = track(tmp_path, [(lat, lon, at(0))], datum="gcj02")
    assert walk.at(START).lat == pytest.approx(31.2, abs=1e-7)


def test_a_time_without_a_zone_is_utc(tmp_path):
    assert track(tmp_path, [(31, 121, "2025-06-01T00:00:00")]).span[0] == START


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "no track points"),
        ('<trk><trkseg><trkpt lat="31" lon="121"/></trkseg></trk>', "no track points with a time"),
        ("<trk><trkseg>", "no readable GPX"),
        (
            f'<trk><trkseg><trkpt lat="95" lon="1"><time>{at(0)}</time></trkpt></trkseg></trk>',
            "off",
        ),
        ('<trk><trkseg><trkpt lat="x" lon="1"/></trkseg></trk>', "no readable GPX"),
    ],
)
def test_a_file_that_is_no_track_says_why(tmp_path, body, what):
    with pytest.raises(BadInput, match=what) as caught:
        written(tmp_path, body)
    assert caught.value.code == "bad_track"


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\0", b"not xml", b'<!DOCTYPE x [<!ENTITY a "b">]><gpx>&a;</gpx>']
)
def test_files_that_are_something_else(tmp_path, data):
    (tmp_path / "x.gpx").write_bytes(data)
    with pytest.raises(BadInput):
        read_track(tmp_path / "x.gpx")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="could not be read"):
        read_track(tmp_path / "none.gpx")
