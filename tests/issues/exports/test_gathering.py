"""From a real store to the files: two patrols, read and written."""

from __future__ import annotations

import csv
import hashlib
import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from detect.types import Unusable
from issues.exports import gathering
from issues.exports.columns import Listing
from issues.exports.delimited import write_csv
from issues.exports.gathering import TO_RECTIFY, boxes_by_frame, every_issue
from issues.exports.pictures import Pictures
from issues.exports.report import write_report
from issues.exports.report_content import gather_report
from issues.exports.words import Words
from issues.exports.workbook import Title, write_workbook
from issues.intake import Intake
from issues.issue import Action
from issues.moves import move
from issues.store import Store
from tests.issues.exports.conftest import street_jpeg
from tests.issues.photos import MONDAY, STREET, Camera, Result, StreetModel, moved

LATER = MONDAY + timedelta(days=9)


def with_pixels(result: Result, seed: int) -> Result:
    """The same photo with bytes that are a picture."""
    data = street_jpeg(seed)
    sha256 = hashlib.sha256(data).hexdigest()
    seen = tuple(replace(o, frame_sha256=sha256) for o in result.observations)
    coverage = replace(result.coverage, frame_sha256=sha256)
    photo = replace(result.photo, sha256=sha256)
    return replace(result, data=data, photo=photo, observations=seen, coverage=coverage)


@pytest.fixture
def store(sqlite_store: Store, catalogue, clock, camera: Camera) -> Store:
    """Three places on Monday; a week on one is clear, one still dirty; two photos are no good."""
    intake = Intake(sqlite_store, catalogue, StreetModel(), clock=clock)
    seeds = itertools.count()
    for photo in (
        camera.shoot("litter.pile", "litter.pile", at=STREET),
        camera.shoot("bin.overflow", at=moved(STREET, 500)),
        camera.shoot("litter.scattered", at=None),
        camera.shoot("litter.pile", at=STREET, days=7, score=0.5),
        camera.shoot(at=moved(STREET, 500), days=7),
        camera.shoot(at=moved(STREET, 900), unusable=Unusable.DARK),
    ):
        intake.record(with_pixels(photo, next(seeds)))
    intake.record(camera.fail())
    return sqlite_store


def confirm(store: Store, catalogue, number: str) -> None:
    with store.transaction() as session:
        move(session, number, Action.CONFIRM, "test", catalogue=catalogue, now=LATER)


def test_every_issue_is_read_however_many_pages(store, catalogue, monkeypatch) -> None:
    monkeypatch.setattr(gathering, "_PAGE", 1)
    with store.reading() as session:
        rows = every_issue(session, catalogue)
    assert [row.number[-1] for row in rows] == ["1", "2", "3"]


def test_only_what_a_person_confirmed_is_to_be_rectified(store, catalogue) -> None:
    confirm(store, catalogue, "TC-2026-000002")
    with store.reading() as session:
        rows = every_issue(session, catalogue, TO_RECTIFY)
    assert [row.number for row in rows] == ["TC-2026-000002"]


def test_all_boxes_in_the_best_photo_are_found(store, catalogue) -> None:
    with store.reading() as session:
        rows = every_issue(session, catalogue)
        boxes = boxes_by_frame(session, rows)
    best = rows[0].best
    assert boxes[rows[0].id, best.sha256] == (best.box,)
    assert {sha256 for _, sha256 in boxes} == {row.best.sha256 for row in rows}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_of_two_patrols(store, catalogue, tmp_path: Path, lang) -> None:
    with store.reading() as session:
        content = gather_report(session, catalogue, made_at=LATER)
    assert (content.total.open, content.total.proposed_fixed) == (3, 1)
    assert (content.unplaced, content.photos.total) == (1, 7)
    assert {photo.status for photo in content.bad_photos} == {"unusable", "unreadable"}
    assert content.point_map is not None
    path = tmp_path / "report.html"
    pictures = Pictures(store.evidence, cache=tmp_path / "cache")
    write_report(path, content, catalogue, Words(lang), pictures=pictures)
    text = path.read_text("utf-8")
    assert text.count("data:image/jpeg") == 4
    assert "TC-2026-000002" in text


def test_the_lists_of_two_patrols(store, catalogue, tmp_path: Path) -> None:
    with store.reading() as session:
        rows = every_issue(session, catalogue)
        boxes = boxes_by_frame(session, rows)
    listing = Listing(Words("zh", catalogue.calendar.zone), catalogue)
    pictures = Pictures(store.evidence)
    title = Title(LATER, "创卫办")
    write_workbook(tmp_path / "a.xlsx", rows, listing, title, pictures=pictures, boxes=boxes)
    sheets = load_workbook(tmp_path / "a.xlsx").worksheets[1:]
    written = {sheet.cell(n, 2).value for sheet in sheets for n in range(4, sheet.max_row + 1)}
    assert written == {row.number for row in rows}
    assert sum(len(sheet._images) for sheet in sheets) == 4
    assert write_csv(tmp_path / "a.csv", rows, listing) == 3
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [line["状态"] for line in csv.DictReader(file)] == ["待核实"] * 3
