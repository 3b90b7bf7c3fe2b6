"""Videos that tell their own way: GPMF and NMEA in a data track."""

from __future__ import annotations

import struct
from datetime import timedelta

import pytest

pytest.importorskip("av", reason="the extra camera is not installed")

from gpmf_video import BEGAN, LAT, LON, STEP, a_video, gps5, gps9, nmea

from detect.gpmf import is_gpmf, payload_fix
from detect.stream.own_track import read_own_track


@pytest.mark.parametrize("kind", [gps5, gps9, nmea])
def test_a_video_tells_where_and_when(tmp_path, kind):
    own = read_own_track(a_video(tmp_path / "a.mp4", [kind(n) for n in range(6)]))
    assert abs((own.began_at - BEGAN).total_seconds()) < 0.05
    assert len(own.track.times_s) == 6
    place = own.track.at(BEGAN + timedelta(seconds=2.5))
    assert (place.lat, place.lon) == pytest.approx((LAT + 2.5 * STEP, LON), abs=2e-6)


@pytest.mark.parametrize("payloads", [[], [b"DEVC junk", b"\xff" * 40], [gps5(0)]])
def test_a_video_without_a_way_has_none(tmp_path, payloads):
    assert read_own_track(a_video(tmp_path / "a.mp4", payloads)) is None


def test_times_without_a_fix_are_passed_over(tmp_path):
    payloads = [gps5(0, fix=0), gps9(1, fix=0), gps5(2), gps5(3), gps5(4)]
    own = read_own_track(a_video(tmp_path / "a.mp4", payloads))
    assert len(own.track.times_s) == 3
    assert abs((own.began_at - BEGAN).total_seconds()) < 0.05


@pytest.mark.parametrize("cut", [3, 30, 120, 200, -1])
def test_what_is_cut_off_is_no_fix(cut):
    assert payload_fix(gps5(0)[:cut]) is None


def test_odd_numbers_are_no_fix():
    whole = gps5(0)
    zero = struct.pack(">5i", 10**7, 10**7, 1000, 1000, 100)
    assert payload_fix(whole.replace(zero, b"\0" * 20)) is None
    assert payload_fix(whole.replace(b"260501", b"269901")) is None
    assert payload_fix(whole.replace(zero, struct.pack(">5i", 1, 1, 1, 1, 1))) is None
    assert is_gpmf(whole)
    assert not is_gpmf(b"$GNRMC,")
