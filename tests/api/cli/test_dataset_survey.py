"""tidycity datasets check, stats and show on drawn sets with planted faults."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_dataset_exchange import tidycity

SPEC = """
id: ours
source: a test
licence: none
names: [rubbish, tin]
class_map: {rubbish: garbage, tin: litter}
exhaustive: [garbage, litter]
"""


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for n in range(5):
        rng = np.random.default_rng(n)
        image = cv2.resize(rng.integers(0, 255, (12, 16, 3), np.uint8), (160, 120))
        cv2.imwrite(str(folder / "images" / f"p{n}.jpg"), image)
        (folder / "labels" / f"p{n}.txt").write_text(f"{n % 2} 0.5 0.5 0.2 0.2\n" if n else "")
    (folder / "dataset.yaml").write_text(SPEC)
    return folder


def test_a_sound_set_passes(ours: Path, tmp_path: Path) -> None:
    page = tmp_path / "out" / "page.html"
    done = tidycity("datasets", "check", ours, "--html", page)
    assert (done.returncode, "5 pictures" in done.stdout) == (0, True), done.stderr
    assert "Nothing was found" in page.read_text("utf-8")


def test_faults_stand_in_text_json_and_page(ours: Path, tmp_path: Path) -> None:
    (ours / "labels" / "p1.txt").write_text("0 80 60 20 20\n")
    (ours / "images" / "p9.jpg").write_bytes((ours / "images" / "p2.jpg").read_bytes())
    (ours / "labels" / "p9.txt").write_text("")
    page = tmp_path / "page.html"
    done = tidycity("datasets", "check", ours, "--html", page)
    assert done.returncode == 2
    assert "p1.txt:1" in done.stderr
    html = page.read_text("utf-8")
    assert html.count('src="data:image/jpeg;base64,') == 2
    assert "http" not in html
    raw = json.loads(tidycity("datasets", "check", ours, "--json").stdout)
    assert raw["counts"] == {"bad_label": 1, "conflict": 1, "duplicate": 1}


def test_counts_are_told_and_drawn(ours: Path, tmp_path: Path) -> None:
    page = tmp_path / "stats.html"
    done = tidycity("datasets", "stats", ours, "--html", page)
    assert done.stdout.splitlines()[1].split("\t") == ["ours", "5", "2", "2"]
    html = page.read_text("utf-8")
    assert html.count("<svg") == 5
    raw = json.loads(tidycity("datasets", "stats", ours, "--json").stdout)
    assert raw["empty"] == {"ours": 1}
    assert raw["sizes"]["garbage"] == [0, 0, 0, 2, 0, 0]
    assert raw["centres"][4][4] == 4


def test_a_contact_sheet_shows_what_was_asked_for(ours: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    done = tidycity("datasets", "show", ours, "--out", sheet, "--class", "litter")
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(sheet)).shape == (256, 480, 3)
    wrong = tidycity("datasets", "show", ours, "--out", sheet, "--class", "cars")
    assert (wrong.returncode, "garbage, litter" in wrong.stderr) == (2, True)
