"""Inspections in a store, and what is counted from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.errors import NotFound
from issues.pest.counting import counted_in
from issues.pest.entry_sheet import read_entry_sheet
from issues.pest.inspection import Finding, Inspection, InspectionError, check_inspection
from issues.pest.recording import list_inspections, record_inspection, void_inspection
from issues.pest.report import pest_report
from issues.pest.standards import load_standards
from issues.store.pest_table import PestFilter

NOW = datetime(2026, 5, 1, 4, tzinfo=UTC)
TABLE = load_standards()
VISIT = Inspection(
    inspected_at=NOW - timedelta(days=1),
    site="东湖酒楼",
    site_kind="restaurant",
    looked_for=("rodent", "roach"),
    rooms=80,
)
DROPPINGS, HOLE, ROACH = (
    Finding("rodent.dropping", "后厨1"),
    Finding("rodent.hole", "后厨1 "),
    Finding("roach.live", "库房"),
)


def measure(report, code: str, part=None):
    return next(one for one in part or report.total if one.code == code)


ALWAYS = PestFilter()


def report_of(store, which=ALWAYS):
    with store.reading() as session:
        return pest_report(session, TABLE, which)


def enter(store, inspection, **more):
    with store.transaction() as session:
        return record_inspection(session, TABLE, inspection, "li", now=NOW, **more)


def test_a_room_with_several_traces_counts_once(store) -> None:
    enter(store, replace(VISIT, findings=(DROPPINGS, HOLE, ROACH)))
    report = report_of(store)
    signs = measure(report, "rodent_signs")
    assert (signs.rate.numerator, signs.rate.denominator.amount) == (1, 80)
    assert signs.grade.level == "B"
    assert measure(report, "roach").rate.numerator == 1
    assert measure(report, "ootheca").rate.numerator == 0


def test_what_nobody_looked_for_has_no_rate(store) -> None:
    enter(store, VISIT)
    report = report_of(store)
    for code in ("fly", "proofing", "rodent_path"):
        assert measure(report, code).rate is None
        assert measure(report, code).grade is None


def test_an_empty_period_has_no_rates_at_all(store) -> None:
    report = report_of(store)
    assert report.inspections == 0
    assert {one.rate for one in report.total} == {None}
    assert report.by_area == {}


def test_photos_give_a_numerator_only(store, intake, camera) -> None:
    intake.record(camera.shoot("pest.rodent.dropping"))
    report = report_of(store)
    assert report.photo_candidates == {"pest.rodent.dropping": 1}
    assert {one.rate for one in report.total} == {None}


def test_walks_are_counted_by_the_kilometre(store) -> None:
    walk = replace(
        VISIT,
        site_kind="street",
        rooms=None,
        metres=2500.0,
        looked_for=("rodent",),
        findings=(Finding("rodent.hole", amount=4), Finding("rodent.track")),
    )
    enter(store, walk)
    path = measure(report_of(store), "rodent_path")
    assert (path.rate.numerator, path.rate.per_km) == (5, 2.0)
    assert (path.grade.level, path.grade.unchecked) == ("B", True)


def test_sound_facilities_are_those_without_fault(store) -> None:
    faults = (Finding("proofing.gap", amount=2), Finding("proofing.door"))
    enter(store, replace(VISIT, looked_for=("proofing",), facilities=100, findings=faults))
    assert measure(report_of(store), "proofing").rate.numerator == 97


def test_periods_sites_and_voided_ones(store) -> None:
    enter(store, replace(VISIT, findings=(DROPPINGS,)))
    key, _ = enter(store, replace(VISIT, site="学校", site_kind="school", rooms=20))
    enter(store, replace(VISIT, inspected_at=NOW - timedelta(days=40)))
    recent = PestFilter(since=NOW - timedelta(days=7), until=NOW)
    report = report_of(store, recent)
    assert report.inspections == 2
    assert measure(report, "roach").rate.denominator.amount == 100
    school = measure(report, "roach", report.by_site["school"])
    assert (school.rate.denominator.amount, school.grade.level) == (20, None)
    with store.transaction() as session:
        void_inspection(session, key, "li", "录入重复", now=NOW)
    assert report_of(store, recent).inspections == 1
    with store.reading() as session:
        voided = list_inspections(session, PestFilter(voided=True))
    assert [one.void_reason for one in voided if one.voided_at] == ["录入重复"]
    with pytest.raises(NotFound), store.transaction() as session:
        void_inspection(session, 999, "li", "x", now=NOW)


def test_the_same_entry_twice_is_one(store) -> None:
    assert enter(store, VISIT, entry_key="k") == (1, True)
    assert enter(store, VISIT, entry_key="k") == (1, False)
    assert report_of(store).inspections == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rooms": None}, "denominator_missing"),
        ({"rooms": 0}, "bad_amount"),
        ({"metres": -3.0}, "bad_amount"),
        ({"site": " "}, "site_missing"),
        ({"site_kind": "palace"}, "unknown_site_kind"),
        ({"looked_for": ()}, "looked_for_missing"),
        ({"inspected_at": NOW + timedelta(hours=1)}, "bad_time"),
        ({"inspected_at": datetime(2026, 1, 1)}, "bad_time"),  # noqa: DTZ001
        ({"findings": (Finding("rodent.dropping"),)}, "room_missing"),
        ({"findings": (Finding("fly", "1"),)}, "not_looked_for"),
        ({"findings": (Finding("dragon", "1"),)}, "unknown_kind"),
        ({"findings": (DROPPINGS, ROACH), "rooms": 1}, "more_than_all"),
        ({"looked_for": ("proofing",), "findings": (Finding("proofing.gap"),)}, "more_than_all"),
        ({"rooms": None, "metres": 9.0, "findings": (ROACH,)}, "denominator_missing"),
        ({"metres": 9.0, "findings": (Finding("roach.live"),)}, "room_missing"),
    ],
)
def test_what_can_not_be_counted_is_refused(changes, code: str) -> None:
    with pytest.raises(InspectionError) as caught:
        check_inspection(replace(VISIT, **changes), TABLE, NOW)
    assert caught.value.code == code
    assert caught.value.mend


def test_an_unknown_area_is_refused(store) -> None:
    with pytest.raises(InspectionError) as caught:
        enter(store, replace(VISIT, area="nowhere"))
    assert caught.value.code == "unknown_area"


ROOMS = st.integers(1, 12)
KINDS = st.sampled_from(sorted(k for k in TABLE.kinds if not k.startswith("proofing")))


@given(ROOMS, st.lists(st.tuples(KINDS, st.integers(1, 12)), max_size=30))
def test_never_more_positive_rooms_than_rooms(rooms: int, found) -> None:
    findings = tuple(Finding(kind, str(room % rooms)) for kind, room in found)
    visit = replace(VISIT, rooms=rooms, looked_for=("rodent", "roach", "fly"), findings=findings)
    check_inspection(visit, TABLE, NOW)
    for measure in TABLE.measures.values():
        rate = counted_in(measure, visit)
        assert (rate is None) == (measure.counts != "rooms")
        if rate is not None:
            positive = {f.room for f in findings if f.kind in measure.kinds}
            assert rate.numerator == len(positive)


CSV = """检查时间,检查场所,场所类型,检查项目,检查间数,面积(平方米),发现,房间号,数量
2026-04-29 09:00,东湖酒楼,餐饮,鼠、蟑螂,80,,鼠粪,后厨1,
2026-04-29 09:00,东湖酒楼,餐饮,鼠、蟑螂,80,,蟑螂成虫、若虫,库房,3
2026/4/29,实验小学,学校托幼,鼠,,100,,,
2026-04-30,某店,餐饮,鼠,,,鼠粪,1,
昨天,某店,餐饮,鼠,3,,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_of_visits(encoding: str) -> None:
    sheet = read_entry_sheet(CSV.encode(encoding), TABLE, zone=UTC, now=NOW)
    first, second = (visit for _, visit in sheet.visits)
    assert (first.rooms, len(first.findings), first.site_kind) == (80, 2, "restaurant")
    assert first.findings[1] == Finding("roach.live", "库房", 3)
    assert (second.rooms, second.findings) == (7, ())
    assert [(p.line, p.code) for p in sheet.problems] == [
        (5, "denominator_missing"),
        (6, "bad_value"),
    ]


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_table(data: bytes) -> None:
    with pytest.raises(InspectionError) as caught:
        read_entry_sheet(data, TABLE, zone=UTC, now=NOW)
    assert caught.value.code == "bad_table"
