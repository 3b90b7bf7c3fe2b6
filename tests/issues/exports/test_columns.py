"""What stands in each column."""

from __future__ import annotations

import dataclasses

import pytest

from issues.exports.columns import CSV_COLUMNS, SHEET_COLUMNS, Listing, column_of
from issues.exports.words import Words
from issues.issue import Proposal, Status

BY_KEY = {column.key: column for column in CSV_COLUMNS} | {c.key: c for c in SHEET_COLUMNS}

OFFICE_HEADERS = """
    序号 编号 问题类别 问题描述 地点/点位 坐标 责任单位 责任人 电话 发现时间 交办时间 整改时限
    整改前照片 整改后照片 状态 整改情况 整改日期 整改后照片文件名 复核结果 备注 版本（请勿改动）
"""


def test_the_columns_are_those_that_an_office_expects() -> None:
    assert [column.header(Words("zh")) for column in SHEET_COLUMNS] == OFFICE_HEADERS.split()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_heading_leads_back_to_its_column(lang) -> None:
    for key, column in BY_KEY.items():
        assert column_of(f" {column.header(Words(lang)).upper()} ") == key
    assert column_of("colour") is None


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("category", "暴露垃圾", "Exposed garbage pile"),
        ("event_code", "0102", "0102"),
        (
            "description",
            "巡查发现暴露垃圾：1 张照片、1 处标注",
            "Exposed garbage pile: 1 sighting on 1 photo",
        ),
        ("place", "城东一网格", "East 1"),
        ("unit", "环卫一所", "Cleaning No. 1"),
        ("leader", "王建国", "王建国"),
        ("status", "已立案", "Confirmed"),
        ("coordinates", "30.280100, 120.150000 ±8\u00a0米", "30.280100, 120.150000 ±8\u00a0m"),
        ("lat", 30.2801, 30.2801),
        ("remark", "", ""),
    ],
)
def test_values_in_both_languages(listing: Listing, made_row, key, zh, en) -> None:
    wanted = zh if listing.words.lang == "zh" else en
    assert BY_KEY[key].value(made_row(), listing) == wanted


def test_an_issue_without_place(chinese: Listing, made_row) -> None:
    row = made_row(lat=None, lon=None, accuracy_m=None, area=None)
    values = {
        key: BY_KEY[key].value(row, chinese) for key in ("coordinates", "lat", "lon", "place")
    }
    assert values == {"coordinates": "无位置信息", "lat": None, "lon": None, "place": ""}


def test_an_issue_outside_every_area(chinese: Listing, made_row) -> None:
    row = made_row(area=None)
    values = [BY_KEY[key].value(row, chinese) for key in ("place", "unit", "leader", "phone")]
    assert values == ["不在任何责任区域内", "", "", ""]


def test_a_category_that_the_catalogue_lacks(chinese: Listing, made_row) -> None:
    row = made_row(category="old.kind")
    assert BY_KEY["category"].value(row, chinese) == "Old.kind"
    assert BY_KEY["event_code"].value(row, chinese) is None


def test_the_description_says_what_a_reader_must_know(catalogue, made_row) -> None:
    row = made_row(
        recurrences=2, proposal=Proposal.FIXED, status=Status.CANDIDATE, experimental=True
    )
    note = BY_KEY["description"].value(row, Listing(Words("en"), catalogue))
    assert note == (
        "Exposed garbage pile: 1 sighting on 1 photo; returned 2 times; "
        "not seen on a later photo of the place: verify, then close; "
        "to be confirmed by a person; experimental category, check by eye"
    )


def test_coordinates_in_the_datum_of_chinese_maps(chinese: Listing, made_row) -> None:
    row = made_row(lat=40.0, lon=120.0)
    shifted = dataclasses.replace(chinese, datum="gcj02")
    assert BY_KEY["lat"].value(row, shifted) == pytest.approx(40.0013048, abs=1e-6)
    assert str(BY_KEY["coordinates"].value(row, shifted)).startswith("40.001305, 120.005676")
