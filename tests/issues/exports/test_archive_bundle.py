"""The archive bundle: everything in it, nothing half-written, the same bytes for the same store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PIL import Image as PillowImage

from issues.exports.archive import ArchiveOrder, write_archive
from issues.exports.archive_manifest import ArchiveError, verify_archive
from issues.exports.columns import Listing
from issues.exports.json_lines import write_json_lines
from issues.exports.words import Words
from issues.intake import Intake
from issues.issue import Action
from issues.moves import move
from issues.queries import EVERYTHING, IssueFilter
from issues.store import Store
from tests.issues.exports.test_gathering import with_pixels
from tests.issues.photos import MONDAY, STREET, Camera, StreetModel, moved

NOW = MONDAY + timedelta(days=9)
ONE = "TC-2026-000001"


@pytest.fixture
def store(sqlite_store: Store, catalogue, clock, camera: Camera) -> Store:
    intake = Intake(sqlite_store, catalogue, StreetModel(), clock=clock)
    for n in range(3):
        intake.record(with_pixels(camera.shoot("litter.pile", at=moved(STREET, 400 * n)), n))
    with sqlite_store.transaction() as session:
        move(session, ONE, Action.CONFIRM, "<李>", catalogue=catalogue, now=NOW, note="<b>看</b>")
    return sqlite_store


@pytest.fixture
def bundle(store, catalogue, tmp_path: Path):
    def make(name="a.zip", lang="zh", which=EVERYTHING, **order):
        listing = Listing(Words(lang, catalogue.calendar.zone), catalogue)
        path = tmp_path / "out" / name
        asked = ArchiveOrder(which, NOW, **order)
        write_archive(path, store, catalogue, listing, asked)
        return path

    return make


def manifest(path: Path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everything_is_in_it(bundle, lang) -> None:
    path = bundle(lang=lang)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        lines = archive.read("history.jsonl").decode().splitlines()
        page = archive.read(f"issues/{ONE}.html").decode()
        book = load_workbook(BytesIO(archive.read("rectification-list.xlsx")))
    assert {"index.html", "rectification-list.xlsx", f"issues/{ONE}.html"} <= names
    assert len([name for name in names if name.startswith("photos/")]) == 3
    assert [json.loads(line)["issue"]["number"][-1] for line in lines] == ["1", "2", "3"]
    assert json.loads(lines[0])["history"][-1]["kind"] == "confirm"
    assert len(book.sheetnames) == 2
    assert "&lt;b&gt;看" in page
    assert "<b>看" not in page
    assert ("立案" if lang == "zh" else "Confirm") in page


def test_the_manifest_says_what_it_is(bundle, store) -> None:
    found = manifest(bundle(which=IssueFilter(numbers=(ONE,))))
    assert found["counts"] == {"issues": 1, "photos": 1, "missing_photos": 0}
    assert found["filter"] == {"numbers": [ONE]}
    assert (found["photos"], found["originals_included"]) == ("blurred", False)
    assert len(found["store_id"]) == 16
    assert {"name", "size_bytes", "sha256"} == set(found["files"][0])


def test_originals_only_when_asked_for(bundle, store) -> None:
    found = manifest(bundle(photos="originals"))
    assert found["originals_included"]
    assert "must not be handed out" in found["notes"][0]
    names = [f for f in found["files"] if f["name"].startswith("photos/")]
    assert all(Path(f["name"]).stem == f["sha256"] for f in names)
    with zipfile.ZipFile(bundle("b.zip")) as archive:
        for name in (n for n in archive.namelist() if n.startswith("photos/")):
            with PillowImage.open(BytesIO(archive.read(name))) as image:
                assert not image.getexif()


def test_the_same_store_and_time_give_the_same_bytes(bundle) -> None:
    assert bundle("a.zip").read_bytes() == bundle("b.zip").read_bytes()


def test_a_whole_archive_is_whole(bundle) -> None:
    found = verify_archive(bundle())
    assert found.whole
    assert found.files == len(manifest(bundle())["files"])


def rewritten(path: Path, change) -> Path:
    other = path.with_name("other.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            for part in change(name, old.read(name)):
                new.writestr(*part)
    return other


def test_what_was_changed_lost_or_added_is_told(bundle) -> None:
    def change(name, data):
        if name == "index.html":
            yield name, data + b" "
            yield "extra.txt", b"x"
        elif name != "history.jsonl":
            yield name, data

    found = verify_archive(rewritten(bundle(), change))
    assert not found.whole
    assert (found.changed, found.missing, found.unlisted) == (
        ("index.html",),
        ("history.jsonl",),
        ("extra.txt",),
    )


def test_damaged_bytes_are_told(bundle) -> None:
    path = bundle()
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = next(i for i in archive.infolist() if i.filename.startswith("photos/"))
    data[at.header_offset + 200] ^= 255
    path.write_bytes(data)
    assert verify_archive(path).changed == (at.filename,)


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all"])
def test_what_is_no_archive(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    with pytest.raises(ArchiveError):
        verify_archive(path)


def test_a_zip_without_manifest(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", "{}")
    with pytest.raises(ArchiveError) as caught:
        verify_archive(path)
    assert caught.value.code == "no_manifest"


def test_a_lost_photo_is_told_and_stops_nothing(bundle, store) -> None:
    for photo in list(store.evidence.root.rglob("*.jpg"))[:1]:
        photo.unlink()
    found = manifest(bundle(photos="originals"))
    assert found["counts"]["missing_photos"] == 1
    assert len(found["missing_photos"]) == 1


def test_killed_halfway_it_leaves_what_was_there(bundle, store, tmp_path: Path) -> None:
    path = bundle()
    before = path.read_bytes()
    script = f"""
        import sys, time
        from pathlib import Path
        from issues.exports import archive
        from issues.exports.columns import Listing
        from issues.exports.words import Words
        from issues.catalogue import load_catalogue
        from issues.queries import EVERYTHING
        from issues.store import open_store
        from datetime import datetime, UTC
        def slow(n, of):
            print(n, flush=True)
            time.sleep(60)
        table = load_catalogue()
        order = archive.ArchiveOrder(EVERYTHING, datetime.now(UTC))
        store = open_store(None, Path({str(tmp_path / "data")!r}))
        path = Path({str(path)!r})
        archive.write_archive(path, store, table, Listing(Words("zh"), table), order, progress=slow)
    """
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline().strip() == "1"
    os.kill(run.pid, signal.SIGKILL)
    run.wait(10)
    run.stdout.close()
    time.sleep(0)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.glob("*.zip")] == [path.name]


def test_json_lines_hold_the_history(store, catalogue, tmp_path: Path) -> None:
    with store.reading() as session:
        assert write_json_lines(tmp_path / "a.jsonl", session, catalogue) == 3
    first = json.loads((tmp_path / "a.jsonl").read_text("utf-8").splitlines()[0])
    assert first["schema"] == "tidycity.issue/1"
    assert first["issue"]["status"] == "confirmed"
    assert [event["kind"] for event in first["history"]] == ["found", "confirm"]
    assert first["observations"][0]["category"] == "litter.pile"
