"""Sample points: files told by line, what is on record, marks kept within bounds, sheets."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.resources import files

import pytest
from openpyxl import load_workbook

from issues.errors import NotFound, QueryError
from issues.exports.bulletin_sheet import sheet_page, write_sheet
from issues.exports.bulletin_words import BulletinWords
from issues.scoring.point_file import read_sample_points
from issues.scoring.sample_points import (
    Checklist,
    SamplePoint,
    assess,
    latest_assessment,
    list_sample_points,
    load_checklist,
    on_record,
    put_sample_points,
)
from issues.scoring.table_file import TableError, checked
from tests.issues.photos import MONDAY, STREET, moved

SHIPPED = files("issues.scoring").joinpath("checklist.yaml").read_text("utf-8")
CHECKLIST = load_checklist()
MARKET = SamplePoint(
    code="m-1", kind="market", name_zh="东门菜场", lat=STREET[0], lon=STREET[1], radius_m=100
)
HEAD = "code,kind,name_zh,lat,lon,datum,radius_m\n"


def test_the_shipped_checklist_has_clauses_ten_to_fifteen():
    assert {item.clause for item in CHECKLIST.items} == {"10", "11", "12", "13", "14", "15"}
    assert "toilet" in {item.code for item in CHECKLIST.of("market")}
    assert "toilet" not in {item.code for item in CHECKLIST.of("back_lane")}


def test_its_categories_are_the_catalogues(catalogue):
    known = {*catalogue.categories, *catalogue.groups}
    named = {code for item in CHECKLIST.items for code in item.categories}
    assert all(any(k == code or k.startswith(f"{code}.") for k in known) for code in named)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("points: 5, kinds", "points: none, kinds", "points"),
        ("kinds: [site,", "kinds: [moon,", "moon"),
        ("code: dead_corner", "code: road_clean", "listed twice"),
        ("recent_days: 30", "recently: 30", "recently"),
    ],
)
def test_mistakes_in_a_checklist_are_told_by_line(before, after, said):
    assert before in SHIPPED
    with pytest.raises(TableError, match=r"office.yaml, line \d+") as caught:
        checked(Checklist, SHIPPED.replace(before, after, 1), "office.yaml")
    assert said in caught.value.message


def test_points_from_csv_and_yaml_are_the_same(tmp_path):
    table = tmp_path / "points.csv"
    table.write_text(f"\ufeff{HEAD}m-1,market,东门菜场,31.2304,121.4737,WGS-84,80\n", "utf-8")
    listed = tmp_path / "points.yaml"
    listed.write_text(
        "points:\n- {code: m-1, kind: market, name_zh: 东门菜场, lat: 31.2304, lon: 121.4737, "
        "datum: wgs84, radius_m: 80}\n",
        "utf-8",
    )
    (point,) = read_sample_points(table)
    assert [point] == read_sample_points(listed)
    assert (point.lat, point.lon, point.radius_m) == (31.2304, 121.4737, 80)


def test_points_of_a_chinese_map_are_moved(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(f"{HEAD}m-1,market,菜场,31.2304,121.4737,gcj02,80\n", "utf-8")
    (point,) = read_sample_points(path)
    assert 0.001 < abs(point.lon - 121.4737) < 0.01


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("m-1,market,菜场,31.2,121.4,,80", "line 3: datum"),
        ("m-1,moon,菜场,31.2,121.4,wgs84,80", "line 3: kind"),
        ("m-1,market,菜场,310.2,121.4,wgs84,80", "line 3: lat"),
        ("m-1,market,,31.2,121.4,wgs84,80", "needs a name"),
        ("m-1,market,菜场,31.2,121.4,wgs84,1", "line 3: radius_m"),
    ],
)
def test_mistakes_in_points_are_told_by_line(tmp_path, row, said):
    path = tmp_path / "points.csv"
    path.write_text(f"{HEAD}m-0,market,好,31.2,121.4,wgs84,80\n{row}\n", "utf-8")
    with pytest.raises(TableError) as caught:
        read_sample_points(path)
    assert said in caught.value.message
    assert "datum" in caught.value.mend


@pytest.mark.parametrize("text", ["", HEAD])
def test_a_file_without_points(tmp_path, text):
    (tmp_path / "points.csv").write_text(text)
    with pytest.raises(TableError, match="holds no sample points"):
        read_sample_points(tmp_path / "points.csv")


@pytest.fixture
def town(store, intake, camera):
    """A pile in reach, a bin beyond, a look in reach; the market as a sample point."""
    intake.record(camera.shoot("litter.pile", at=moved(STREET, 60)))
    intake.record(camera.shoot("bin.overflow", at=moved(STREET, 160)))
    intake.record(camera.shoot(at=moved(STREET, 10), days=2))
    with store.transaction() as session:
        put_sample_points(session, [MARKET], MONDAY)


def known_at(store, catalogue, days=3.0):
    with store.reading() as session:
        return on_record(session, catalogue, CHECKLIST, "m-1", MONDAY + timedelta(days=days))


@pytest.mark.usefixtures("town")
def test_what_is_on_record_lies_within_the_radius(store, catalogue):
    known = known_at(store, catalogue)
    by_code = {line.item.code: line.open for line in known.lines}
    assert by_code["dead_corner"] == ("TC-2026-000001",)
    assert by_code["bins"] == ()
    assert (known.photos, known.last_look) == (2, MONDAY + timedelta(days=2))
    assert known_at(store, catalogue, days=90).photos == 0


@pytest.mark.usefixtures("town")
def test_marks_are_kept_with_what_was_on_record(store, catalogue):
    with store.transaction() as session:
        args = (session, catalogue, CHECKLIST, "m-1")
        marks = {"dead_corner": (4.0, "一堆"), "bins": (5.0, ""), "toilet": (None, "")}
        assess(*args, marks, actor="li", now=MONDAY)
        done = assess(*args, {"bins": (3.0, "")}, actor="li", now=MONDAY, note="第二次")
    with store.reading() as session:
        assert latest_assessment(session, "m-1") == done
    assert (done.score, done.out_of, done.note) == (3, 5, "第二次")
    assert done.known["open"]["dead_corner"] == ["TC-2026-000001"]


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("marks", [{"bins": (6.0, "")}, {"bins": (-1.0, "")}, {"moon": (1.0, "")}])
def test_marks_that_the_checklist_does_not_allow(store, catalogue, marks):
    with pytest.raises(QueryError), store.transaction() as session:
        assess(session, catalogue, CHECKLIST, "m-1", marks, actor="li", now=MONDAY)
    with store.reading() as session:
        assert latest_assessment(session, "m-1") is None


def test_points_are_replaced_as_a_whole(store):
    other = MARKET.model_copy(update={"code": "m-2"})
    with store.transaction() as session:
        put_sample_points(session, [MARKET, other], MONDAY)
        put_sample_points(session, [other.model_copy(update={"radius_m": 50})], MONDAY)
        assert [(p.code, p.radius_m) for p in list_sample_points(session)] == [("m-2", 50)]
        with pytest.raises(TableError, match="listed twice: m-1"):
            put_sample_points(session, [MARKET, MARKET], MONDAY)
        with pytest.raises(NotFound):
            latest_assessment(session, "m-9")


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sheet(store, catalogue, tmp_path, lang):
    words = BulletinWords(lang, catalogue.calendar.zone)
    known = known_at(store, catalogue)
    with store.transaction() as session:
        marks = {"dead_corner": (4.0, "=1+1 <b>")}
        done = assess(session, catalogue, CHECKLIST, "m-1", marks, actor="li", now=MONDAY)
    page = sheet_page(known, done, words)
    assert "TC-2026-000001" in page
    assert "<script" not in page
    assert "=1+1 &lt;b&gt;" in page
    assert {"zh": "合计 4 / 10", "en": "Total 4 of 10"}[lang] in page
    blank = sheet_page(known, None, words)
    assert len(re.findall("<tr>", blank)) == len(known.lines) + 1
    assert "=1+1" not in blank
    write_sheet(tmp_path / "sheet.xlsx", known, done, words)
    sheet = load_workbook(tmp_path / "sheet.xlsx").active
    marks = {row[1].value: row[4].value for row in sheet.iter_rows(min_row=4)}
    corner = next(item for item in CHECKLIST.items if item.code == "dead_corner")
    assert marks[corner.zh if lang == "zh" else corner.en] == 4


def test_an_unseen_point_is_not_called_clear(store, catalogue):
    with store.transaction() as session:
        put_sample_points(session, [MARKET], MONDAY)
    page = sheet_page(known_at(store, catalogue), None, BulletinWords("zh"))
    assert "从未巡查" in page
    assert "未见相关问题" not in page
