"""The list as CSV."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

from issues.exports.columns import CSV_COLUMNS, Listing
from issues.exports.delimited import write_csv
from tests.issues.exports.conftest import EAST


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_come_back_as_written(tmp_path: Path, chinese: Listing, made_row) -> None:
    path = tmp_path / "list.csv"
    assert write_csv(path, [made_row(), made_row(deadline=None)], chinese) == 2
    first, second = read(path)
    assert first["编号"] == "TC-2026-000001"
    assert first["发现时间"] == "2026-03-02 13:00"
    assert (first["纬度"], first["经度"]) == ("30.2801", "120.15")
    assert second["整改时限"] == ""


def test_spreadsheets_see_utf8(tmp_path: Path, listing: Listing, made_row) -> None:
    path = tmp_path / "list.csv"
    write_csv(path, [made_row()], listing)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 2


def test_no_cell_can_run_as_a_formula(tmp_path: Path, chinese: Listing, made_row) -> None:
    bad = '=HYPERLINK("http://x","a")'
    area = dataclasses.replace(EAST, name_zh=bad, unit_zh="+1", leader="@x", phone="-2\r\n=3")
    path = tmp_path / "list.csv"
    write_csv(path, [made_row(area=area, number="=1")], chinese)
    row = read(path)[0]
    assert row["地点/点位"] == "'" + bad
    cells = [row[key] for key in ("编号", "责任单位", "责任人", "电话")]
    assert all(cell.startswith("'") for cell in cells)


def test_south_and_west_are_numbers_not_text(tmp_path: Path, chinese: Listing, made_row) -> None:
    path = tmp_path / "list.csv"
    write_csv(path, [made_row(lat=-33.5, lon=-70.25)], chinese)
    assert (read(path)[0]["纬度"], read(path)[0]["经度"]) == ("-33.5", "-70.25")


def test_an_empty_list_has_its_headings(tmp_path: Path, listing: Listing) -> None:
    path = tmp_path / "list.csv"
    assert write_csv(path, [], listing) == 0
    header = path.read_text("utf-8-sig").strip().split(",")
    assert header == [column.header(listing.words) for column in CSV_COLUMNS]
