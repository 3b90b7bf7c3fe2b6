"""Killed at any moment and resumed: the same findings as an undisturbed run, none twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patrol_cli import Command, photo

PHOTOS = 40
COMMAND = [sys.executable, "-c", "from api.cli import main; main()"]


@pytest.fixture(scope="module")
def patrol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patrol")
    for n in range(PHOTOS):
        place = (31.2330 + (n % 20) * 0.01, 117.2830)
        taken = f"2026:11:{2 + n // 20 * 7:02} 09:{n % 20:02}:00"
        (folder / f"{n:03}.jpg").write_bytes(photo(n % 3, taken, place, seed=n))
    return folder


def what_is_known(data: Path) -> dict[str, list[tuple]]:
    """Everything that matters in the store, without ids and times of recording."""
    with sqlite3.connect(data / "tidycity.sqlite") as db:
        return {
            "photos": db.execute(
                "select source, sha256, status from photos order by source"
            ).fetchall(),
            "observations": db.execute(
                "select p.source, o.category, round(o.x1, 4), round(o.y1, 4) from observations o"
                " join photos p on p.id = o.photo_id order by 1, 2, 3, 4"
            ).fetchall(),
            "issues": db.execute(
                "select category, round(lat, 6), round(lon, 6), status, proposal, observations,"
                " photos, recurrences, first_seen, last_seen from issues order by 2, 3"
            ).fetchall(),
        }


@pytest.mark.parametrize("seed", [1])
def test_killed_and_resumed(
    patrol: Path, tidycity: Command, environment: dict[str, str], tmp_path: Path, seed: int
) -> None:
    assert tidycity("--data", tmp_path / "whole", "analyze", patrol).code == 0
    chance = random.Random(seed)
    data = tmp_path / "broken"
    kills = 0
    for _ in range(40):
        run = subprocess.Popen(
            [*COMMAND, "--data", str(data), "analyze", str(patrol), "--json"],
            env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert run.stdout is not None
        for _line in range(chance.randint(1, 12)):
            if not run.stdout.readline():
                break
        time.sleep(chance.random() * 0.03)
        run.send_signal(signal.SIGKILL)
        run.stdout.close()
        if run.wait() == 0:
            break
        kills += 1
    assert tidycity("--data", data, "analyze", patrol).code == 0
    assert kills >= 2
    assert what_is_known(data) == what_is_known(tmp_path / "whole")


def test_first_ctrl_c_ends_after_the_photo_in_hand(
    patrol: Path, environment: dict[str, str], tmp_path: Path, tidycity: Command
) -> None:
    run = subprocess.Popen(
        [*COMMAND, "analyze", str(patrol), "--json"],
        env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    first = run.stdout.readline()
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130, err
    assert "run the same command again" in err
    done = len((first + out).splitlines()) - 1
    again = tidycity("analyze", patrol, "--json").lines[-1]
    assert again["skipped"] == done
    assert again["photos"] == PHOTOS
