"""``tidycity analyze`` as a person runs it: photos on disk, a process, its words and codes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from patrol_cli import Command, photo


def patrol(folder: Path, count: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    for n in range(count):
        place = (31.2330 + n * 0.01, 117.2830)
        (folder / f"{n:03}.jpg").write_bytes(photo(place=place, seed=n))
    return folder


def test_a_folder_becomes_issues(tidycity: Command, tmp_path: Path) -> None:
    done = tidycity("analyze", patrol(tmp_path / "p"), "--json")
    assert done.code == 0, done.err
    *photos, summary = done.lines
    assert [p["source"] for p in photos] == ["000.jpg", "001.jpg", "002.jpg"]
    assert summary["findings"] == {"litter.pile": 3}
    assert len(summary["issues"]["new"]) == 3
    first = photos[0]
    assert first["location"]["lat"] == 31.2330
    assert first["taken_at"] == "2026-11-02T09:00:00+08:00"
    box = first["observations"][0]["box_px"]
    assert max(abs(a - b) for a, b in zip(box, [64, 320, 96, 352], strict=True)) < 2


def test_again_analyses_nothing_twice(tidycity: Command, tmp_path: Path) -> None:
    folder = patrol(tmp_path / "p")
    tidycity("analyze", folder)
    (folder / "copy.jpg").write_bytes((folder / "000.jpg").read_bytes())
    done = tidycity("analyze", folder, "--json")
    *photos, summary = done.lines
    assert summary["skipped"] == 3
    assert summary["duplicates"] == 1
    assert [p["source"] for p in photos] == ["copy.jpg"]
    assert photos[0]["duplicate_of"]
    assert summary["issues"]["new"] == []


def test_bad_photos_are_results_with_reasons(tidycity: Command, tmp_path: Path) -> None:
    folder = patrol(tmp_path / "p", 1)
    good = (folder / "000.jpg").read_bytes()
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture at all")
    (folder / "half.jpg").write_bytes(good[: len(good) // 2])
    (folder / "x.zip").write_bytes(b"PK\x03\x04 not really")
    done = tidycity("analyze", folder, "--json")
    assert done.code == 3, done.err
    reasons = {p["source"]: p["reason"] for p in done.lines[:-1] if p["status"] != "ok"}
    assert reasons["empty.jpg"] == "empty_file"
    assert reasons["text.jpg"] == "not_an_image"
    assert reasons["half.jpg"] == "truncated"
    assert reasons["x.zip"] == "bad_zip"
    assert done.lines[-1]["findings"] == {"litter.pile": 1}


def test_archives_are_read_and_traversal_is_not(tidycity: Command, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "patrol.zip", "w") as archive:
        archive.writestr("street/a.jpg", photo())
        archive.writestr("../../evil.jpg", photo(seed=5))
    done = tidycity("analyze", tmp_path / "patrol.zip", "--json")
    states = {p["source"]: (p["status"], p["reason"]) for p in done.lines[:-1]}
    assert states["patrol.zip!street/a.jpg"] == ("ok", None)
    assert ("unreadable", "unsafe_member") in states.values()
    assert not (tmp_path.parent / "evil.jpg").exists()


def test_fixed_and_returned(tidycity: Command, tmp_path: Path) -> None:
    folder = tmp_path / "visits"
    folder.mkdir()
    visits = {"1": ("2026:10:26 09:00:00", 1), "2": ("2026:11:02 09:00:00", 0)}
    for name, (taken, found) in visits.items():
        (folder / f"{name}.jpg").write_bytes(photo(found, taken, seed=int(name)))
    summary = tidycity("analyze", folder, "--json").lines[-1]
    assert summary["issues"]["proposed_fixed"] == summary["issues"]["new"]
    (folder / "3.jpg").write_bytes(photo(1, "2026:11:09 09:00:00", seed=3))
    done = tidycity("analyze", folder, "--json").lines[-1]
    assert done["issues"]["reopened"] == summary["issues"]["new"]
    assert done["issues"]["new"] == []


def test_photos_without_place(tidycity: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo(place=None))
    done = tidycity(
        "analyze", tmp_path / "a.jpg", "--at", "31.2330,117.2830", "--datum", "gcj02", "--json"
    )
    place = done.lines[0]["location"]
    assert place["origin"] == "manual"
    assert 0.001 < abs(place["lat"] - 31.2330) < 0.01, "GCJ-02 is converted, never stored"


def test_coordinates_without_datum_are_refused(tidycity: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo(place=None))
    done = tidycity("analyze", tmp_path / "a.jpg", "--at", "31.2330,117.2830")
    assert done.code == 2
    assert "datum" in done.err
    assert "gcj02" in done.err


def test_named_point(tidycity: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(photo(place=None))
    (tmp_path / "points.csv").write_text("name,lat,lon,datum\n东门,31.5,117.5,wgs84\n", "utf-8")
    given = ("analyze", tmp_path / "a.jpg", "--points", tmp_path / "points.csv", "--json")
    assert tidycity(*given, "--point", "东门").lines[0]["location"]["lat"] == 31.5
    wrong = tidycity(*given, "--point", "西门")
    assert wrong.code == 2
    assert "东门" in wrong.err


def test_nothing_found_says_so(tidycity: Command, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    done = tidycity("analyze", tmp_path / "none")
    assert done.code == 4
    assert "no photos found" in done.err


def test_summary_for_people_in_chinese(tidycity: Command, tmp_path: Path) -> None:
    done = tidycity("--lang", "zh", "analyze", patrol(tmp_path / "p"))
    assert done.code == 0, done.err
    assert "已分析 3 张照片" in done.out
    assert "暴露垃圾" in done.out
    assert "不在任何责任区内" in done.out


def test_unwritable_store_is_told(tidycity: Command, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    done = tidycity("analyze", patrol(tmp_path / "p"))
    assert done.code == 5, done.err
    assert "→" in done.err


def test_unknown_model_is_told(tidycity: Command, tmp_path: Path) -> None:
    done = tidycity("analyze", patrol(tmp_path / "p"), "--model", "nonesuch")
    assert done.code == 6, done.err
