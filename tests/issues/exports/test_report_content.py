"""What a report says: sums, order, limits."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from issues.exports.report_content import Limits, ReportContent, compose_report
from issues.issue import Proposal, RejectReason, Status
from issues.rows import PhotoCounts
from tests.issues.exports.conftest import EAST, NOON

PHOTOS = PhotoCounts(10, {"ok": 7, "unusable": 2, "unreadable": 1}, {})
LATER = NOON + timedelta(days=1)


@pytest.fixture
def compose(catalogue):
    def compose(rows, **options) -> ReportContent:
        settings = {"made_at": LATER, "photos": PHOTOS, "bad_photos": (), "areas": {}}
        settings |= {"find_boxes": lambda rows: {}} | options
        return compose_report(rows, catalogue, **settings)

    return compose


def test_rejected_issues_and_duplicates_are_no_issues(compose, made_row) -> None:
    rejected = made_row(status=Status.REJECTED, reject_reason=RejectReason.PERMITTED)
    said = compose([made_row(), rejected, made_row(status=Status.DUPLICATE, duplicate_of="x")])
    assert said.total.issues == 1
    assert len(said.rows) == 1


def test_every_sum_is_the_sum_of_its_lines(compose, made_row) -> None:
    west = dataclasses.replace(EAST, id="g2")
    rows = [
        made_row(observations=3),
        made_row(area=west, category="bin.overflow", group="bin", status=Status.CANDIDATE),
        made_row(area=None, proposal=Proposal.FIXED, recurrences=1, status=Status.REOPENED),
        made_row(area=None, lat=None, lon=None, deadline=NOON),
        made_row(status=Status.CLOSED, closed_at=NOON, recurrences=4, deadline=NOON),
    ]
    said = compose(rows)
    for lines in (said.categories, said.areas):
        for field in dataclasses.fields(said.total):
            of_lines = sum(getattr(line.tally, field.name) for line in lines)
            assert of_lines == getattr(said.total, field.name), field.name
    assert (said.total.open, said.total.closed, said.total.returned) == (4, 1, 1)
    assert (said.total.overdue, said.total.proposed_fixed) == (1, 1)
    assert (said.unplaced, said.no_area) == (1, 1)


def test_categories_stand_in_the_order_of_the_catalogue(compose, made_row) -> None:
    codes = ["unknown.kind", "water.ponding", "bin.overflow", "litter.scattered"]
    said = compose([made_row(category=code) for code in codes])
    assert [line.category for line in said.categories] == [
        "litter.scattered",
        "bin.overflow",
        "water.ponding",
        "unknown.kind",
    ]


def test_the_area_with_most_to_do_is_first_and_none_is_last(compose, made_row) -> None:
    west = dataclasses.replace(EAST, id="g2")
    rows = [made_row(area=None)] * 5 + [made_row()] + [made_row(area=west)] * 2
    said = compose(rows)
    assert [line.area.id if line.area else None for line in said.areas] == ["g2", "g1", None]


def test_what_returned_is_shown_first_then_the_most_certain(compose, made_row) -> None:
    rows = [
        made_row(best_score=0.5),
        made_row(best_score=0.9),
        made_row(best_score=0.1, recurrences=1),
        made_row(proposal=Proposal.FIXED),
        made_row(best=None),
        made_row(status=Status.CLOSED, closed_at=NOON),
    ]
    said = compose(rows)
    assert [shown.row.number[-1] for shown in said.gallery] == ["3", "2", "1"]
    assert [shown.row.number[-1] for shown in said.pairs] == ["4"]


def test_what_the_limits_keep_out_is_counted(compose, made_row) -> None:
    rows = [made_row() for _ in range(5)] + [made_row(proposal=Proposal.FIXED) for _ in range(3)]
    said = compose(rows, limits=Limits(pairs=1, gallery=2, photos=0, rows=6))
    assert (len(said.pairs), said.pairs_left_out) == (1, 2)
    assert (len(said.gallery), said.gallery_left_out) == (2, 3)
    assert (len(said.rows), said.rows_left_out) == (6, 2)
    assert said.bad_photos_left_out == 3


def test_boxes_are_asked_for_once_and_fall_back_to_the_best(compose, made_row) -> None:
    known, other = made_row(best_score=0.9), made_row(best_score=0.1)
    two = ((0.0, 0.0, 0.1, 0.1), (0.5, 0.5, 0.6, 0.6))
    asked = []

    def find(rows):
        asked.append(len(rows))
        return {(known.id, known.best.sha256): two}

    said = compose([known, other], find_boxes=find)
    assert [shown.boxes for shown in said.gallery] == [two, (other.best.box,)]
    assert asked == [2]


def test_nothing_at_all(compose) -> None:
    said = compose([])
    assert said.total.issues == 0
    assert (said.first_seen, said.point_map, said.rows) == (None, None, ())
