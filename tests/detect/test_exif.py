import math
import struct
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.datum import from_wgs84
from detect.exif import Exif, read_exif
from tests.detect.made_photos import exif

CHINA = timezone(timedelta(hours=8))
SQUARE = (31.230416, 121.473701)


def read(zone=CHINA, **parts) -> Exif:
    return read_exif(exif(**parts).tobytes(), zone)


def test_no_block_says_nothing():
    assert read_exif(b"") == Exif()


@pytest.mark.parametrize(
    "place", [SQUARE, (-33.8688, 151.2093), (40.7128, -74.006), (-22.9, -43.2)]
)
def test_a_place_in_every_quarter_of_the_earth(place):
    found = read(place=place)
    assert (found.location.lat, found.location.lon) == pytest.approx(place, abs=1e-7)
    assert (found.location.origin, found.location.accuracy_m, found.notes) == ("exif", None, ())


def test_accuracy_and_heading_are_read():
    found = read(place=SQUARE, gps={0x1F: 4.5, 0x10: "T", 0x11: 271.25})
    assert (found.location.accuracy_m, found.heading_deg) == (4.5, 271.25)


@pytest.mark.parametrize("name", ["GCJ-02", "gcj02 "])
def test_a_chinese_datum_is_converted_and_said_so(name):
    shifted = from_wgs84(*SQUARE, "gcj02")
    found = read(place=shifted, gps={0x12: name})
    assert (found.location.lat, found.location.lon) == pytest.approx(SQUARE, abs=2e-7)
    assert found.notes == ("datum_converted",)


@pytest.mark.parametrize("name", ["WGS-84", "WGS84", "", "unknown", "CGCS2000"])
def test_datums_that_are_wgs84(name):
    found = read(place=SQUARE, gps={0x12: name})
    assert (found.location.lat, found.notes) == (pytest.approx(SQUARE[0], abs=1e-7), ())


@pytest.mark.parametrize(
    ("gps", "note"),
    [
        ({0x12: "TOKYO"}, "unknown_datum"),
        ({9: "V"}, "gps_void"),
        ({1: ""}, "broken_gps"),
        ({3: "Q"}, "broken_gps"),
        ({2: (95.0, 0.0, 0.0)}, "broken_gps"),
        ({4: (200.0, 0.0, 0.0)}, "broken_gps"),
        ({2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, "gps_zero_zero"),
    ],
)
def test_a_place_that_cannot_be_trusted_is_left_out_with_a_note(gps, note):
    found = read(place=SQUARE, gps=gps)
    assert (found.location, found.notes) == (None, (note,))


def test_a_place_with_zero_denominators_is_broken():
    block = bytearray(exif(place=SQUARE).tobytes())
    lat = block.find(struct.pack("<2I", 31, 1)) if block[6:8] == b"II" else -1
    big = block.find(struct.pack(">2I", 31, 1))
    at = max(lat, big)
    block[at + 4 : at + 8] = bytes(4)
    assert read_exif(bytes(block)).notes == ("broken_gps",)


@pytest.mark.parametrize(
    ("offset", "hours"), [("+08:00", 8), ("+05:30", 5.5), ("-03:00", -3), ("Z", 0)]
)
def test_an_offset_wins_over_the_zone(offset, hours):
    found = read(taken="2025:06:01 08:30:00", offset=offset, zone=ZoneInfo("Asia/Tokyo"))
    assert found.taken_at.utcoffset() == timedelta(hours=hours)
    assert found.taken_at.replace(tzinfo=None).isoformat() == "2025-06-01T08:30:00"


def test_without_an_offset_gps_time_tells_it():
    gps = {0x1D: "2025:06:01", 7: (0.0, 29.0, 58.0)}
    found = read(taken="2025:06:01 08:30:00", gps=gps, zone=UTC)
    assert found.taken_at == datetime(2025, 6, 1, 8, 30, tzinfo=CHINA)


def test_gps_time_that_disagrees_with_every_zone_is_left_alone():
    gps = {0x1D: "2025:06:01", 7: (0.0, 21.0, 0.0)}
    found = read(taken="2025:06:01 08:30:00", gps=gps, zone=UTC)
    assert found.taken_at == datetime(2025, 6, 1, 8, 30, tzinfo=UTC)


def test_without_offset_and_gps_time_the_zone_holds():
    assert read(taken="2025:06:01 08:30:00").taken_at == datetime(2025, 6, 1, 8, 30, tzinfo=CHINA)


def test_gps_time_alone_is_a_time():
    found = read(gps={0x1D: "2025:06:01", 7: (0.0, 30.0, 0.0)})
    assert found.taken_at == datetime(2025, 6, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "    :  :     :  :  ", "", "soon"])
def test_a_time_that_is_none(taken):
    assert read(taken=taken).taken_at is None


def test_a_clock_that_was_never_set_is_not_believed():
    found = read(taken="1980:01:01 00:00:13")
    assert (found.taken_at, found.notes) == (None, ("implausible_time",))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations(orientation):
    assert read(orientation=orientation).orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_orientations_that_do_not_exist_are_upright(orientation):
    assert read(orientation=orientation).orientation == 1


def whole(order: str = ">") -> bytes:
    block = exif(taken="2025:06:01 08:30:00", orientation=6, place=SQUARE)
    block.endian = order
    return block.tobytes()


def test_both_byte_orders_read_the_same():
    little, big = read_exif(whole("<"), CHINA), read_exif(whole(">"), CHINA)
    assert little == big
    assert little.orientation == 6


@pytest.mark.parametrize(
    "block", [b"Exif\0\0", b"Exif\0\0XX*\0", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_a_broken_block_is_a_note(block):
    assert read_exif(block).notes == ("broken_exif",)


def test_what_is_whole_in_a_cut_block_is_kept():
    kept = [read_exif(whole()[:length], CHINA) for length in range(10, len(whole()))]
    assert all("broken_exif" in found.notes for found in kept[:-8])
    assert any(found.orientation == 6 and found.location is None for found in kept)


def check_shape(found: Exif) -> None:
    assert 1 <= found.orientation <= 8
    assert found.taken_at is None or found.taken_at.tzinfo is not None
    if found.location is not None:
        assert math.isfinite(found.location.lat)
        assert math.isfinite(found.location.lon)
    assert found.heading_deg is None or 0 <= found.heading_deg <= 360


@given(st.binary(max_size=400))
def test_any_bytes_give_an_answer(data):
    check_shape(read_exif(data, UTC))
    check_shape(read_exif(b"II*\0\x08\0\0\0" + data, UTC))
    check_shape(read_exif(b"MM\0*\0\0\0\x08" + data, UTC))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=12))
def test_any_damage_gives_an_answer(changes):
    block = bytearray(whole())
    for position, value in changes:
        block[position % len(block)] = value
    check_shape(read_exif(bytes(block), UTC))


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_any_place_is_read_back(lat, lon):
    found = read(place=(lat, lon))
    if abs(lat) < 1e-5 and abs(lon) < 1e-5:
        return
    assert (found.location.lat, found.location.lon) == pytest.approx((lat, lon), abs=1e-6)
