"""NMEA logs: what counts as a fix, and what is passed over."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.errors import BadInput
from detect.nmea import checksum, fixes, is_nmea
from detect.track import read_track


def rmc(
    clock: str = "021545.20",
    lat: str = "3016.4460,N",
    lon: str = "12009.3060,E",
    date: str = "010526",
    *,
    status: str = "A",
    talker: str = "GN",
) -> str:
    body = f"{talker}RMC,{clock},{status},{lat},{lon},5.1,84.4,{date},,,A"
    return f"${body}*{checksum(body):02X}"


def test_one_fix() -> None:
    ((at, lat, lon),) = fixes([rmc()])
    assert at == datetime(2026, 5, 1, 2, 15, 45, 200_000, UTC)
    assert (lat, lon) == pytest.approx((30.2741, 120.1551), abs=1e-6)


def test_south_and_west_and_other_systems() -> None:
    lines = [rmc(lat="3016.4460,S", lon="12009.3060,W", talker=talker) for talker in ("BD", "GP")]
    assert [(round(lat, 4), round(lon, 4)) for _, lat, lon in fixes(lines)] == [
        (-30.2741, -120.1551)
    ] * 2


@pytest.mark.parametrize(
    "line",
    [
        rmc(status="V"),
        rmc()[:-2] + "00",
        rmc(lat="9916.4460,N"),
        rmc(date="320526"),
        rmc(clock="02"),
        rmc(lat=",N"),
        "$GNGGA,021545.20,3016.4460,N,12009.3060,E,1,12,0.8,20.0,M,,M,,*5B",
        "",
        "$GNRMC",
        "noise \x00 $$$",
    ],
)
def test_what_is_no_fix(line: str) -> None:
    assert list(fixes([line])) == []


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    list(fixes([text, f"$GNRMC,{text}"]))
    is_nmea(text)


def test_a_log_is_a_track(tmp_path: Path) -> None:
    path = tmp_path / "drive.log"
    lines = ["# dashcam", rmc("021545.00"), "$GNGSV,junk", rmc("021547.00", lat="3016.4520,N")]
    path.write_text("\r\n".join(lines))
    track = read_track(path)
    here = track.at(datetime(2026, 5, 1, 2, 15, 46, tzinfo=UTC))
    assert here is not None
    assert here.lat == pytest.approx(30.27415, abs=1e-6)


def test_a_log_without_a_fix(tmp_path: Path) -> None:
    path = tmp_path / "drive.nmea"
    path.write_text(rmc(status="V"))
    with pytest.raises(BadInput, match="no track points"):
        read_track(path)
