"""tidycity datasets import and export, as a person runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import yaml

RUN = "from api.cli import main; main()"


def tidycity(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, "--lang", "en", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def a_set(root: Path) -> Path:
    for kind in ("images", "labels"):
        (root / kind).mkdir(parents=True)
    rng = np.random.default_rng(1)
    for name, line in (("a", "0 0.5 0.5 0.2 0.2\n0 0.95 0.5 0.3 0.2\n"), ("b", "")):
        cv2.imwrite(str(root / "images" / f"{name}.jpg"), rng.integers(0, 255, (90, 120, 3)))
        (root / "labels" / f"{name}.txt").write_text(line)
    (root / "data.yaml").write_text("names: [rubbish]\n")
    return root


def test_a_set_goes_in_and_out_again(tmp_path: Path) -> None:
    source = a_set(tmp_path / "theirs")
    first = tidycity("datasets", "import", source, "--out", tmp_path / "ours")
    assert first.returncode == 2
    assert "rubbish: null" in first.stderr
    (tmp_path / "map.yaml").write_text("rubbish: litter.pile\n")
    done = tidycity(
        *("datasets", "import", source, "--out", tmp_path / "ours", "--json"),
        *("--classes", tmp_path / "map.yaml", "--licence", "ours", "--source", "the office"),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["pictures"], told["boxes"], told["clipped"]) == (2, {"rubbish": 2}, 1)
    spec = yaml.safe_load((tmp_path / "ours" / "dataset.yaml").read_text("utf-8"))
    assert spec["class_map"] == {"rubbish": "garbage"}
    assert (spec["licence"], spec["counts"]["images"], len(spec["sha256"])) == ("ours", 2, 64)
    out = tidycity("datasets", "export", tmp_path / "ours", "-o", tmp_path / "ls")
    assert out.returncode == 0, out.stderr
    assert sorted(p.name for p in (tmp_path / "ls").iterdir()) == ["data.yaml", "images", "labels"]


def test_a_broken_picture_ends_with_its_name(tmp_path: Path) -> None:
    source = a_set(tmp_path / "theirs")
    (source / "images" / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "map.yaml").write_text("rubbish: garbage\n")
    asked = ("datasets", "import", source, "--classes", tmp_path / "map.yaml")
    refused = tidycity(*asked, "--out", tmp_path / "ours")
    assert refused.returncode == 2
    assert "b.jpg" in refused.stderr
    assert not (tmp_path / "ours").exists()
    told = tidycity(*asked, "--out", tmp_path / "ours", "--skip-broken")
    assert told.returncode == 3
    assert "b.jpg" in told.stderr
