from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from detect.datum import from_wgs84
from detect.errors import BadInput, UnknownDatum
from detect.sidecar import Sidecar, read_sidecar

CHINA = timezone(timedelta(hours=8))
SQUARE = (31.230416, 121.473701)


def table(tmp_path: Path, text: str, encoding: str = "utf-8", **options) -> Sidecar:
    path = tmp_path / "places.csv"
    path.write_bytes(text.encode(encoding))
    return read_sidecar(path, **options)


def test_a_full_row(tmp_path):
    found = table(
        tmp_path,
        "file,lat,lon,datum,accuracy_m,taken_at\n"
        "a/1.jpg,31.230416,121.473701,wgs84,8,2025-06-01T08:30:00+08:00\n",
    ).find("a/1.jpg")
    assert (found.location.lat, found.location.lon) == SQUARE
    assert (found.location.accuracy_m, found.location.origin) == (8, "sidecar")
    assert found.taken_at == datetime(2025, 6, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_map_coordinates_are_converted(tmp_path, datum):
    lat, lon = from_wgs84(*SQUARE, datum)
    found = table(tmp_path, f"file,lat,lon,datum\n1.jpg,{lat},{lon},{datum.upper()}\n").find(
        "1.jpg"
    )
    assert (found.location.lat, found.location.lon) == pytest.approx(SQUARE, abs=1e-7)


def test_a_datum_for_all_rows_can_be_given(tmp_path):
    lat, lon = from_wgs84(*SQUARE, "gcj02")
    found = table(tmp_path, f"file,lat,lon\n1.jpg,{lat},{lon}\n", datum="gcj02").find("1.jpg")
    assert found.location.lat == pytest.approx(SQUARE[0], abs=1e-7)


def test_places_in_china_without_a_datum_are_refused(tmp_path):
    with pytest.raises(UnknownDatum, match="GCJ-02") as caught:
        table(tmp_path, "file,lat,lon\n1.jpg,31.2,121.4\n")
    assert "column datum" in caught.value.mend


def test_places_elsewhere_need_no_datum(tmp_path):
    assert table(tmp_path, "file,lat,lon\n1.jpg,48.85,2.35\n").find("1.jpg").location.lat == 48.85


BAD_ROWS = """file,lat,lon,datum,taken_at,accuracy_m
good.jpg,31.2,121.4,wgs84,,
,31.2,121.4,wgs84,,
a.jpg,north,121.4,wgs84,,
b.jpg,31.2,,wgs84,,
c.jpg,31.2,121.4,tokyo,,

d.jpg,31.2,121.4,,,
e.jpg,121.4,31.2,wgs84,,
f.jpg,31.2,121.4,wgs84,yesterday,
g.jpg,0,0,wgs84,,
GOOD.jpg,31.3,121.4,wgs84,,
h.jpg,95,200,wgs84,,
i.jpg,,,,,
j.jpg,31.2,121.4,wgs84,,-5
k.jpg,nan,121.4,wgs84,,
"last, with a comma.jpg",31.2,121.4,wgs84,2025/6/1 8:30,3
"""


def test_bad_rows_are_listed_by_line_and_the_others_serve(tmp_path):
    found = table(tmp_path, BAD_ROWS)
    assert sorted(found.rows) == ["good.jpg", "last, with a comma.jpg"]
    said = {problem.line: problem.message for problem in found.problems}
    assert sorted(said) == [3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    assert "no file name" in said[3]
    assert "lat must be a number, got 'north'" in said[4]
    assert "lon must be a number, got ''" in said[5]
    assert "got 'tokyo'" in said[6]
    assert "could be in WGS-84" in said[8]
    assert "swapped" in said[9]
    assert "yesterday" in said[10]
    assert "missing" in said[11]
    assert "already on line 2" in said[12]
    assert "latitude" in said[13]
    assert "neither a place nor a time" in said[14]
    assert "accuracy" in said[15]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [("文件名,纬度,经度,坐标系,拍摄时间", "gb18030"), ("文件,纬度,经度,坐标系,时间", "utf-8-sig")],
)
def test_a_spreadsheet_saved_in_china(tmp_path, head, encoding):
    text = f"{head}\r\n背街.jpg,31.2,121.4,WGS-84,2025/6/1 8:30\r\n"
    found = table(tmp_path, text, encoding, zone=CHINA).find("背街.jpg")
    assert found.location.lat == 31.2
    assert found.taken_at == datetime(2025, 6, 1, 8, 30, tzinfo=CHINA)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(tmp_path, delimiter):
    text = "file,lat,lon\n1.jpg,48.85,2.35\n".replace(",", delimiter)
    assert table(tmp_path, text).find("1.jpg").location.lon == 2.35


def test_a_photo_is_found_by_the_longest_name_the_table_has(tmp_path):
    found = table(tmp_path, "file,lat,lon\n1.jpg,1,1\na/1.jpg,2,2\nEast\\2.JPG,3,3\n")
    assert found.find("a/1.jpg").location.lat == 2
    assert found.find("x/a/1.jpg").location.lat == 2
    assert found.find("b/1.jpg").location.lat == 1
    assert found.find("day.zip!b/1.jpg").location.lat == 1
    assert found.find("day.zip!1.jpg").location.lat == 1
    assert found.find("east/2.jpg").location.lat == 3
    assert found.find("2.jpg") is None


def test_times_alone_are_enough(tmp_path):
    found = table(tmp_path, "file,taken_at\n1.jpg,2025-06-01T08:30Z\n").find("1.jpg")
    assert (found.location, found.taken_at.tzinfo is not None) == (None, True)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("photo_id,lat,lon\n1,2,3\n", "no column 'file'"),
        ("file,lat\n1.jpg,2\n", "only one of"),
        ("file,remark\n1.jpg,dirty\n", "neither a place"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path, text, what):
    with pytest.raises(BadInput, match=what) as caught:
        table(tmp_path, text)
    assert caught.value.code == "bad_sidecar"
    assert caught.value.mend


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"a\0b\0c\0"])
def test_a_file_that_is_no_text(tmp_path, data):
    (tmp_path / "x.csv").write_bytes(data)
    with pytest.raises(BadInput, match="neither UTF-8 nor GB 18030"):
        read_sidecar(tmp_path / "x.csv")


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="could not be read"):
        read_sidecar(tmp_path / "none.csv")
