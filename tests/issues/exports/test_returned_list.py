"""The list that a unit sends back: nothing touched is nothing done, each change is one move."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from issues.exports.columns import SHEET_COLUMNS, Listing
from issues.exports.gathering import every_issue
from issues.exports.returned_list import apply, plan
from issues.exports.returned_reading import ListError, match_heading, read_list
from issues.exports.words import Words
from issues.exports.workbook import Title, write_workbook
from issues.intake import Intake
from issues.issue import Action, Status
from issues.moves import move
from issues.queries import get_issue
from issues.store import Store
from issues.store.list_select import last_reports
from tests.issues.photos import MONDAY, STREET, Camera, StreetModel, moved

NOW = MONDAY + timedelta(days=9)
NUMBERS = [f"TC-2026-{n:06d}" for n in (1, 2, 3, 4)]
KEYS = [column.key for column in SHEET_COLUMNS]


@pytest.fixture
def store(sqlite_store: Store, catalogue, clock, camera: Camera) -> Store:
    """Four issues, with two units."""
    intake = Intake(sqlite_store, catalogue, StreetModel(), clock=clock)
    for n in range(4):
        intake.record(camera.shoot("litter.pile", at=moved(STREET, 500 * n)))
    intake.record(camera.shoot(at=moved(STREET, 9000), days=8, name="unit/after-1.jpg"))
    with sqlite_store.transaction() as session:
        for number, unit in zip(NUMBERS, itertools.cycle(["环卫一所", "环卫二所"]), strict=False):
            for action, fields in ((Action.CONFIRM, {}), (Action.ASSIGN, {"unit": unit})):
                at = MONDAY + timedelta(hours=2)
                move(session, number, action, "x", catalogue=catalogue, now=at, **fields)
    return sqlite_store


@pytest.fixture
def sent(store, catalogue, tmp_path: Path):
    """Exports the list, lets ``change`` edit it by column, gives its bytes."""

    def make(change=lambda cells: None, lang="zh") -> bytes:
        with store.reading() as session:
            rows = every_issue(session, catalogue)
            feedback = last_reports(session, [row.id for row in rows])
        listing = Listing(Words(lang, catalogue.calendar.zone), catalogue, feedback=feedback)
        path = tmp_path / "list.xlsx"
        write_workbook(path, rows, listing, Title(NOW), pictures=None)
        book = load_workbook(path)
        cells = {
            (sheet.cell(line, 2).value, key): sheet.cell(line, at)
            for sheet in book.worksheets[1:]
            for line in range(4, sheet.max_row + 1)
            for at, key in enumerate(KEYS, 1)
        }
        change(cells)
        out = BytesIO()
        book.save(out)
        return out.getvalue()

    return make


@pytest.fixture
def planned(store, catalogue):
    return lambda data: plan(store, catalogue, read_list(data), now=NOW, lang="zh")


@pytest.fixture
def applied(store, catalogue):
    return lambda data: apply(store, catalogue, read_list(data), "li", now=NOW, lang="zh")


def fill(number: str, **values):
    def change(cells) -> None:
        for key, value in values.items():
            cells[number, key].value = value

    return change


def outcome(report, number: str):
    row = next(row for row in report.rows if row.number == number)
    return row.outcome, row.code


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_list_that_nobody_touched_changes_nothing(sent, applied, lang) -> None:
    report = applied(sent(lang=lang))
    assert report.counts == {"unchanged": 4}
    assert report.columns == ()
    assert len(report.skipped_sheets) == 1


@pytest.mark.parametrize("word", ["已反馈待核查", "已整改", "Reported fixed", "done"])
def test_a_reported_fix_is_one_move_and_only_once(sent, applied, store, catalogue, word) -> None:
    data = sent(fill(NUMBERS[0], status=word, feedback="已清运", fixed_on=date(2026, 3, 5)))
    assert outcome(applied(data), NUMBERS[0]) == ("applied", None)
    with store.reading() as session:
        detail = get_issue(session, catalogue, NUMBERS[0])
    assert detail.row.status is Status.REPORTED_FIXED
    event = detail.events[-1]
    assert (event.kind, event.actor) == ("report_fixed", "li")
    assert event.note == "已清运；整改日期 2026-03-05"
    assert outcome(applied(data), NUMBERS[0]) == ("repeated", None)
    with store.reading() as session:
        assert len(get_issue(session, catalogue, NUMBERS[0]).events) == len(detail.events)


def test_planning_changes_nothing(sent, planned, store, catalogue) -> None:
    data = sent(fill(NUMBERS[0], status="已整改"))
    assert outcome(planned(data), NUMBERS[0]) == ("ready", None)
    with store.reading() as session:
        assert get_issue(session, catalogue, NUMBERS[0]).row.status is Status.ASSIGNED


def test_what_was_reported_stands_in_the_next_list(sent, applied, planned) -> None:
    applied(sent(fill(NUMBERS[0], status="已整改", feedback="已清运")))
    shown = {}
    data = sent(lambda cells: shown.update({n: cells[n, "feedback"].value for n in NUMBERS}))
    assert shown[NUMBERS[0]] == "已清运"
    assert planned(data).counts == {"unchanged": 4}


def test_a_date_alone_says_that_it_was_done(sent, planned) -> None:
    report = planned(sent(fill(NUMBERS[0], fixed_on="2026年3月5日")))
    row = next(row for row in report.rows if row.number == NUMBERS[0])
    assert (row.outcome, row.action, row.by_date) == ("ready", Action.REPORT_FIXED, True)


def test_sending_back_takes_a_reason(sent, applied, store, catalogue) -> None:
    refused = applied(sent(fill(NUMBERS[0], status="退回", feedback="不想干")))
    assert outcome(refused, NUMBERS[0]) == ("refused", "reason_missing")
    applied(sent(fill(NUMBERS[0], status="退回", feedback="点位不明：没有这个门牌")))
    with store.reading() as session:
        event = get_issue(session, catalogue, NUMBERS[0]).events[-1]
    assert (event.kind, event.reason) == ("send_back", "place_unclear")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"status": "差不多了"}, "unknown_status"),
        ({"status": "已销号"}, "office_decides"),
        ({"feedback": "下周处理"}, "nothing_to_do"),
        ({"status": "已整改", "fixed_on": "3月5日"}, "bad_date"),
        ({"status": "已整改", "fixed_on": "2026-12-01"}, "date_to_come"),
        ({"status": "已整改", "fixed_on": "2025-12-01"}, "date_before_found"),
        ({"status": "已整改", "after_files": "IMG_1.jpg"}, "photo_not_found"),
    ],
)
def test_what_can_not_be_taken_is_told(sent, planned, values, code) -> None:
    assert outcome(planned(sent(fill(NUMBERS[1], **values))), NUMBERS[1]) == ("refused", code)


def test_the_photo_after_is_found_by_its_name(sent, applied, store, catalogue) -> None:
    applied(sent(fill(NUMBERS[0], status="已整改", after_files="after-1.jpg")))
    with store.reading() as session:
        row = get_issue(session, catalogue, NUMBERS[0]).row
    assert row.after is not None
    assert row.after.source == "unit/after-1.jpg"


def test_what_changed_since_the_list_was_made_is_refused(sent, planned, store, catalogue) -> None:
    data = sent(fill(NUMBERS[0], status="已整改"))
    with store.transaction() as session:
        move(session, NUMBERS[0], Action.REPORT_FIXED, "y", catalogue=catalogue, now=NOW)
    assert outcome(planned(data), NUMBERS[0]) == ("refused", "changed_since")


def test_an_unknown_number_and_a_lost_one(sent, planned) -> None:
    def change(cells) -> None:
        cells[NUMBERS[0], "number"].value = "TC-1999-000001"
        cells[NUMBERS[1], "number"].value = None
        cells[NUMBERS[1], "status"].value = "已整改"

    codes = sorted(str(row.code) for row in planned(sent(change)).rows if row.code)
    assert codes == ["no_number", "unknown_number"]


def table(*lines) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_row_twice_counts_once_and_two_that_differ_not_at_all(planned) -> None:
    head = ["编号", "状态", "整改情况"]
    same = [NUMBERS[0], "已整改", "清了"]
    report = planned(table(head, same, same))
    assert [(row.outcome, row.code) for row in report.rows] == [
        ("ready", None),
        ("refused", "row_twice"),
    ]
    report = planned(table(head, same, [NUMBERS[0], "已整改", "没清"]))
    assert {row.code for row in report.rows} == {"rows_differ"}


def test_altered_columns_are_told_with_what_they_may_be(planned) -> None:
    head = ["问题编号", "整改情呪", "状态", "领导意见"]
    report = planned(table(["某某单位整改清单"], head, [NUMBERS[0], "清了", "已整改", "阅"]))
    told = {(note.code, note.heading, note.column) for note in report.columns}
    assert ("renamed", "问题编号", "number") in told
    assert ("unknown", "整改情呪", "feedback") in told
    assert ("unknown", "领导意见", None) in told
    assert ("missing", "", "fixed_on") in told
    assert outcome(report, NUMBERS[0]) == ("ready", None)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no", b"number,status\r\n", b"\xd0\xcf\x11\xe0"])
def test_a_file_that_is_no_list(data: bytes) -> None:
    with pytest.raises(ListError) as caught:
        read_list(data)
    assert caught.value.mend


def test_a_spreadsheet_without_numbers() -> None:
    with pytest.raises(ListError) as caught:
        read_list(table(["姓名", "电话"], ["王", "1"]))
    assert caught.value.code == "no_numbers"


@pytest.mark.parametrize("heading", [*(f"x{n}" for n in range(3)), "", "  "])
def test_a_strange_heading_is_nothing(heading: str) -> None:
    assert match_heading(heading) == (None, None)


CHANGES = st.dictionaries(
    st.sampled_from(NUMBERS), st.sampled_from(["已整改", "退回", "", "已派遣", "胡说"]), max_size=4
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(CHANGES, st.randoms(use_true_random=False), st.sampled_from(["zh", "en"]))
def test_columns_and_rows_in_any_order_mean_the_same(
    sent, planned, changes: dict[str, str], shuffle: random.Random, lang
) -> None:
    data = sent(lambda cells: [fill(n, status=s)(cells) for n, s in changes.items()], lang)
    book = load_workbook(BytesIO(data))
    lines = [
        [cell.value for cell in row]
        for at, sheet in enumerate(book.worksheets[1:])
        for row in sheet.iter_rows(min_row=3 if at == 0 else 4)
    ]
    head, *rows = lines
    order = list(range(len(head)))
    shuffle.shuffle(order)
    shuffle.shuffle(rows)
    mixed = table(*([line[i] for i in order] for line in (head, *rows)))
    straight = {r.number: (r.outcome, r.code, r.action, r.note) for r in planned(data).rows}
    assert {
        r.number: (r.outcome, r.code, r.action, r.note) for r in planned(mixed).rows
    } == straight
    untouched = {n for n in NUMBERS if changes.get(n, "已派遣") == "已派遣"}
    if lang == "zh":
        assert {n for n, (o, *_) in straight.items() if o == "unchanged"} >= untouched
