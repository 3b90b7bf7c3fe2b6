import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.datum import DATUMS, from_wgs84, in_china, parse_datum, to_wgs84


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = math.radians(a[0] - b[0]) * 6371000
    east = math.radians(a[1] - b[1]) * 6371000 * math.cos(math.radians(a[0]))
    return math.hypot(north, east)


def test_the_shift_is_the_published_one():
    lat, lon = from_wgs84(40, 120, "gcj02")
    assert (lat, lon) == (pytest.approx(40.0013048, abs=5e-8), pytest.approx(120.0056757, abs=5e-8))


@pytest.mark.parametrize(
    ("lat", "lon"), [(39.9087, 116.3975), (31.2304, 121.4737), (23.1291, 113.2644), (43.8, 87.6)]
)
def test_the_shifts_are_of_the_known_size_in_chinese_cities(lat, lon):
    gcj02, bd09 = from_wgs84(lat, lon, "gcj02"), from_wgs84(lat, lon, "bd09")
    assert 100 < metres((lat, lon), gcj02) < 800
    assert 600 < metres(gcj02, bd09) < 1500


@given(
    st.floats(0.8293, 55.8271),
    st.floats(72.004, 137.8347),
    st.sampled_from(DATUMS),
)
def test_there_and_back_inside_china_is_the_same_place(lat, lon, datum):
    back = to_wgs84(*from_wgs84(lat, lon, datum), datum)
    assert metres((lat, lon), back) < 0.01


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(DATUMS))
def test_any_point_on_earth_gives_a_point_near_it(lat, lon, datum):
    moved = to_wgs84(lat, lon, datum)
    assert all(math.isfinite(degrees) for degrees in moved)
    assert abs(moved[0] - lat) < 0.03
    assert abs(moved[1] - lon) < 0.03
    if datum == "wgs84":
        assert moved == (lat, lon)


@pytest.mark.parametrize("place", [(48.8566, 2.3522), (-33.87, 151.2), (40.7, -74.0), (0.0, 0.0)])
@pytest.mark.parametrize("datum", DATUMS)
def test_outside_china_nothing_moves(place, datum):
    assert not in_china(*place)
    assert from_wgs84(*place, datum) == place
    assert to_wgs84(*place, datum) == place


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("WGS-84", "wgs84"),
        (" wgs 84 ", "wgs84"),
        ("CGCS2000", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("火星坐标", "gcj02"),
        ("BD09LL", "bd09"),
        ("百度", "bd09"),
        ("TOKYO", None),
        ("", None),
    ],
)
def test_words_for_a_datum(text, datum):
    assert parse_datum(text) == datum
