"""``tidycity retention`` and drives on the command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from patrol_cli import Command

from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.issue import Action, RejectReason
from issues.moves import move
from issues.store import open_store
from tests.api.patrol import NOW, START, FakeModel, look, place


@pytest.fixture
def rejected(tmp_path: Path) -> tuple[Path, str, Path]:
    """A data folder with one issue that was rejected long ago: folder, number, its picture."""
    data = tmp_path / "office"
    store = open_store(None, data)
    intake = Intake(store, load_catalogue(), FakeModel())
    photo = look("a.jpg", START, place(0), "litter.pile", 1)
    (number,) = intake.record(photo).new_issues
    reason = next(iter(RejectReason))
    with store.transaction() as session:
        move(
            session,
            number,
            Action.REJECT,
            "li",
            catalogue=load_catalogue(),
            now=NOW - timedelta(days=2000),
            reason=reason,
        )
    assert photo.photo is not None
    path = store.evidence.path(photo.photo.sha256)
    store.close()
    return data, number, path


def test_plan_hold_release_apply(tidycity: Command, rejected: tuple[Path, str, Path]) -> None:
    data, number, path = rejected
    told = tidycity("--data", data, "retention", "plan", "--json").lines[0]
    assert (told["done"], told["pictures"]) == (False, 1)
    assert told["picture_bytes"] == path.stat().st_size
    assert tidycity("--data", data, "retention", "hold", number, "--reason", "12").code == 0
    assert number in tidycity("--data", data, "retention", "holds").out
    assert tidycity("--data", data, "retention", "apply", "--yes").code == 0
    assert path.exists()
    assert tidycity("--data", data, "retention", "release", number).code == 0
    never = tidycity("--data", data, "retention", "apply", "--yes", TIDYCITY_KEEP_REJECTED_DAYS="0")
    assert never.code == 0
    assert path.exists()
    assert "thrown away" in tidycity("--data", data, "retention", "apply", "--yes").out
    assert not path.exists()


def test_a_video_needs_a_track(tidycity: Command, tmp_path: Path) -> None:
    video = tmp_path / "drive.mp4"
    video.write_bytes(b"x")
    done = tidycity("analyze", video)
    assert done.code == 2
    assert "needs the track of its way" in done.err


def test_a_video_that_says_where_it_was_needs_none(
    tidycity: Command, tiny: Path, tmp_path: Path
) -> None:
    pytest.importorskip("av", reason="the extra camera is not installed")
    from gpmf_video import LAT, a_video, gps5

    video = a_video(tmp_path / "drive.mp4", [gps5(n) for n in range(6)], size_px=(320, 240))
    done = tidycity("--data", tmp_path / "data", "analyze", video, "--model", tiny, "--json")
    assert done.code == 0, done.err
    photos = [line for line in done.lines if line["type"] == "photo"]
    assert len(photos) >= 4
    assert photos[0]["location"]["lat"] == pytest.approx(LAT, abs=1e-3)
