"""Files in a folder: whole, in order, for a clerk or a program; and events of cameras."""

from __future__ import annotations

import json
import zipfile

import pytest
from openpyxl import load_workbook

from issues.feed.deliveries import list_deliveries
from issues.issue import Action
from issues.store.camera_schema import CameraRecord
from issues.store.camera_table import turn_state


def move_two(office) -> None:
    office.move(office.patrol.new, Action.CONFIRM, note="=cmd|' /C calc'!A0")
    office.move(office.patrol.stays, Action.CONFIRM)


@pytest.mark.parametrize("url", ["{tmp}/drop", "file://{tmp}/drop"])
def test_a_zip_of_events(office, tmp_path, url: str) -> None:
    office.add("filedrop", url.format(tmp=tmp_path), options={"pictures": True})
    move_two(office)
    office.run()
    (path,) = (tmp_path / "drop").iterdir()
    with zipfile.ZipFile(path) as archive:
        lines = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
    assert [line["type"] for line in lines] == ["issue.confirmed"] * 2
    assert len(pictures) == 2
    with office.store.reading() as session:
        rows = list_deliveries(session, office.time()).items
    assert {row.reference for row in rows} == {path.name}


def test_a_spreadsheet_of_events(office, tmp_path) -> None:
    office.add("filedrop", str(tmp_path / "drop"), options={"format": "xlsx"})
    move_two(office)
    office.run()
    (path,) = (tmp_path / "drop").iterdir()
    rows = list(load_workbook(path).active.values)
    assert [row[3] for row in rows[1:]] == [office.patrol.new, office.patrol.stays]
    assert not str(rows[1][-1]).startswith("=")


def test_a_folder_that_can_not_be_written_is_tried_again(office, tmp_path) -> None:
    (tmp_path / "drop").write_text("a file stands here")
    office.add("filedrop", str(tmp_path / "drop"))
    move_two(office)
    office.run()
    with office.store.reading() as session:
        assert {row.state for row in list_deliveries(session, office.time()).items} == {"failed"}
    (tmp_path / "drop").unlink()
    office.time.pass_(minutes=1)
    office.run()
    assert len(list((tmp_path / "drop").iterdir())) == 1


def test_cameras_are_told_of_too(office, receiver) -> None:
    office.add("webhook", receiver.url)
    with office.store.transaction() as session:
        session.add(
            CameraRecord(
                id="gate",
                name_zh="东门",
                name_en="East gate",
                url="rtsp://x/1",
                kind="rtsp",
                every_s=10.0,
                active=[],
                categories=[],
                zones=[],
                enabled=True,
                version=1,
                created_at=office.time(),
                updated_at=office.time(),
            )
        )
    for state in ("live", "offline", "offline", "live", "dark"):
        with office.store.transaction() as session:
            turn_state(session, "gate", state, office.time(), worker="w")
    office.run()
    assert receiver.types == ["camera.offline", "camera.online"]
    assert receiver.got[0].json["data"]["camera"]["name_zh"] == "东门"
