"""The rectification list as a spreadsheet, read back with another library."""

from __future__ import annotations

import dataclasses
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image as PillowImage

from issues.exports import workbook as module
from issues.exports.columns import SHEET_COLUMNS, Listing
from issues.exports.errors import ExportError
from issues.exports.pictures import Pictures
from issues.exports.workbook import Title, write_workbook
from issues.issue import Proposal, Status
from tests.issues.exports.conftest import EAST, NOON, FakeEvidence, street_jpeg

TITLE = Title(NOON, "东湖市创卫办")
WEST = dataclasses.replace(EAST, id="g2", unit_zh="西区/环卫:二所", unit_en="West/Cleaning: 2")


@pytest.fixture
def write(tmp_path: Path, evidence: FakeEvidence):
    def write(rows, listing: Listing, **options):
        path = tmp_path / "list.xlsx"
        options.setdefault("pictures", Pictures(evidence))
        write_workbook(path, rows, listing, TITLE, **options)
        return load_workbook(path)

    return write


def listed(book):
    """The sheet of the first unit: behind the overview."""
    return book.worksheets[1]


def cells(sheet: Worksheet, row: int) -> dict[str, object]:
    values = [cell.value for cell in sheet[row]]
    return dict(zip((column.key for column in SHEET_COLUMNS), values, strict=True))


def media(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as file:
        return [file.read(name) for name in file.namelist() if name.startswith("xl/media/")]


def test_title_range_and_count_stand_on_top(write, chinese: Listing, made_row) -> None:
    sheet = listed(write([made_row(), made_row()], chinese))
    assert sheet["A1"].value == "东湖市创卫办整改清单 · 环卫一所"
    assert sheet["C2"].value == (
        "发现时间 2026-03-02 至 2026-03-02　·　共 2 件　·　坐标系 WGS-84　·　制表 2026-03-02 12:00"
    )
    assert [cell.value for cell in sheet[3]] == [c.header(chinese.words) for c in SHEET_COLUMNS]


def test_dates_and_numbers_are_real(write, listing: Listing, made_row) -> None:
    row = cells(listed(write([made_row(recurrences=2)], listing)), 4)
    assert row["first_seen"] == datetime(2026, 3, 2, 13, 0)  # noqa: DTZ001
    assert row["deadline"] == datetime(2026, 3, 4, 13, 0)  # noqa: DTZ001
    assert row["serial"] == 1
    assert row["fixed_on"] is None


def test_an_overview_and_a_sheet_a_unit(write, chinese: Listing, made_row) -> None:
    rows = [made_row(), made_row(area=WEST), made_row(area=None), made_row(area=WEST)]
    book = write(rows, chinese)
    assert book.sheetnames == ["汇总", "环卫一所", "西区-环卫-二所", "未落实责任单位"]
    assert [sheet.max_row - 3 for sheet in book.worksheets[1:]] == [1, 2, 1]
    assert book["西区-环卫-二所"]["A1"].value == "东湖市创卫办整改清单 · 西区/环卫:二所"


def test_the_overview_counts_and_links(write, chinese: Listing, made_row) -> None:
    rows = [
        made_row(deadline=NOON - timedelta(days=1)),
        made_row(area=WEST, status=Status.CLOSED),
        made_row(area=WEST, status=Status.REPORTED_FIXED),
    ]
    sheet = write(rows, chinese)["汇总"]
    assert [c.value for c in sheet[4]] == [
        *("责任单位", "问题数", "未销号", "待核查"),
        *("已销号", "超期", "明细"),
    ]
    assert [c.value for c in sheet[5]][:6] == ["环卫一所", 1, 1, 0, 0, 1]
    assert [c.value for c in sheet[6]][:6] == ["西区/环卫:二所", 2, 1, 1, 1, 0]
    assert [c.value for c in sheet[7]][:6] == ["合计", 3, 2, 1, 1, 1]
    assert sheet["G6"].hyperlink.location == "'西区-环卫-二所'!A1"


def test_whom_it_was_assigned_to_comes_before_the_area(write, chinese, made_row) -> None:
    row = made_row(unit_zh="市政公司", unit_en="Municipal works")
    sheet = listed(write([row], chinese))
    assert sheet.title == "市政公司"
    assert (cells(sheet, 4)["leader"], cells(sheet, 4)["phone"]) == (None, None)


def test_units_may_fill_in_the_pale_cells_only(write, listing: Listing, made_row) -> None:
    sheet = listed(write([made_row()], listing))
    assert sheet.protection.sheet
    keys = [column.key for column in SHEET_COLUMNS]
    unlocked = {k for k, cell in zip(keys, sheet[4], strict=True) if not cell.protection.locked}
    assert unlocked == {"status", "feedback", "fixed_on", "after_files", "remark"}
    rules = {v.type: str(v.sqref) for v in sheet.data_validations.dataValidation}
    assert rules == {"list": "O4", "date": "Q4"}
    choices = next(v for v in sheet.data_validations.dataValidation if v.type == "list").formula1
    assert listing.words.label("status", Status.REPORTED_FIXED) in choices
    assert sheet.column_dimensions["U"].hidden


def test_it_prints_on_a4_with_headings_on_every_page(write, listing: Listing, made_row) -> None:
    sheet = listed(write([made_row()], listing))
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.fitToWidth in {None, 1}  # one page wide is Excel's default
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$3"
    assert sheet.freeze_panes == "C4"
    assert sheet.auto_filter.ref == "A3:U4"


def test_before_and_after_stand_in_their_row(
    write, chinese: Listing, made_row, evidence: FakeEvidence, tmp_path: Path
) -> None:
    row = made_row(proposal=Proposal.FIXED)
    after = dataclasses.replace(row.best, sha256=evidence.add(street_jpeg(99)), box=None)
    sheet = listed(write([made_row(), dataclasses.replace(row, after=after)], chinese))
    keys = [column.key for column in SHEET_COLUMNS]
    places = {(i.anchor._from.row, keys[i.anchor._from.col]) for i in sheet._images}
    assert places == {(3, "before"), (4, "before"), (4, "after")}
    for jpeg in media(tmp_path / "list.xlsx"):
        assert b"Exif" not in jpeg
        with PillowImage.open(BytesIO(jpeg)) as image:
            assert max(image.size) == module.PICTURE_PX


def test_a_picture_on_two_sheets_is_stored_once(write, chinese, made_row, tmp_path: Path) -> None:
    row = made_row()
    write([row, made_row(area=WEST, best=row.best)], chinese)
    assert len(media(tmp_path / "list.xlsx")) == 1


def test_a_missing_photo_is_said(write, chinese: Listing, made_row, evidence) -> None:
    row = made_row()
    del evidence.photos[row.best.sha256]
    assert cells(listed(write([row], chinese)), 4)["before"] == "照片缺失"


def test_without_pictures(write, chinese: Listing, made_row, tmp_path: Path) -> None:
    sheet = listed(write([made_row()], chinese, pictures=None))
    assert cells(sheet, 4)["before"] is None
    assert not media(tmp_path / "list.xlsx")


def test_all_boxes_of_a_photo_are_drawn(write, chinese: Listing, made_row, tmp_path: Path) -> None:
    row = made_row()
    write([row], chinese)
    one = media(tmp_path / "list.xlsx")
    boxes = {(row.id, row.best.sha256): [(0.0, 0.0, 0.1, 0.1), (0.2, 0.3, 0.6, 0.8)]}
    write([row], chinese, boxes=boxes)
    assert media(tmp_path / "list.xlsx") != one


def test_text_that_looks_like_a_formula_stays_text(write, chinese: Listing, made_row) -> None:
    area = dataclasses.replace(
        EAST, name_zh="=1+1", unit_zh="{=1}", leader="http://x", phone="\x01+8"
    )
    sheet = listed(write([made_row(area=area)], chinese))
    row = cells(sheet, 4)
    assert (row["place"], row["unit"], row["leader"], row["phone"]) == (
        "=1+1",
        "{=1}",
        "http://x",
        "+8",
    )
    assert {cell.data_type for cell in sheet[4]} <= {"s", "n", "d", "inlineStr"}


def test_an_empty_list_is_a_list(write, listing: Listing) -> None:
    sheet = listed(write([], listing))
    assert sheet.max_row >= 3
    assert sheet.auto_filter.ref == "A3:U4"


@pytest.mark.parametrize("limit", ["ROWS_LIMIT", "PICTURED_ROWS_LIMIT"])
def test_too_many_rows_are_refused_before_any_work(
    tmp_path: Path, chinese: Listing, made_row, evidence, monkeypatch, limit: str
) -> None:
    monkeypatch.setattr(module, limit, 2)
    pictures = Pictures(evidence) if limit == "PICTURED_ROWS_LIMIT" else None
    with pytest.raises(ExportError) as caught:
        write_workbook(tmp_path / "x.xlsx", [made_row()] * 3, chinese, TITLE, pictures=pictures)
    assert caught.value.code == "too_many_rows"
    assert not list(tmp_path.iterdir())


def test_a_folder_in_its_place_is_an_error_that_leaves_nothing(
    tmp_path: Path, chinese: Listing, made_row
) -> None:
    (tmp_path / "list.xlsx").mkdir()
    with pytest.raises(ExportError) as caught:
        write_workbook(tmp_path / "list.xlsx", [made_row()], chinese, TITLE, pictures=None)
    assert caught.value.code == "cannot_write"
    assert [path.name for path in tmp_path.iterdir()] == ["list.xlsx"]


def test_progress_counts_every_picture_once(write, chinese: Listing, made_row) -> None:
    row = made_row()
    seen: list[tuple[int, int]] = []
    write([row, made_row(best=row.best)], chinese, progress=lambda n, of: seen.append((n, of)))
    assert seen == [(1, 1)]
