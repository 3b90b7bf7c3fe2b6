"""Planted faults are found, each of its kind, and what is sound is left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from foreign_sets import picture

from detect.datasets.duplicates import find_duplicates
from detect.datasets.survey import Kind, Survey, groups_of, survey
from detect.training.build import split_by_scene
from detect.training.dataset import DatasetSpec, read_samples
from detect.training.held_out import HeldOut
from detect.training.split import SplitPlan

SPEC = DatasetSpec(
    id="one",
    source="a test",
    licence="none",
    layout="yolo",
    names=("garbage", "litter"),
    class_map={"garbage": "garbage", "litter": "litter"},
    exhaustive=frozenset({"garbage", "litter"}),
)
CLASSES = ["garbage", "litter"]
LINE = "0 0.5 0.5 0.2 0.2\n"


def save(folder: Path, name: str, image: np.ndarray, lines: str, quality: int = 95) -> Path:
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    path = folder / "images" / f"{name}.jpg"
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    (folder / "labels" / f"{name}.txt").write_text(lines)
    return path


def scene(seed: int) -> np.ndarray:
    return picture(seed, 320, 240)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for seed in range(6):
        save(tmp_path / "one", f"p{seed}", scene(seed), LINE if seed else "")
    save(tmp_path / "one", "p6", scene(6), "1 0.3 0.3 0.1 0.1\n")
    return tmp_path


def look(root: Path, held: HeldOut | None = None, *others: DatasetSpec) -> Survey:
    return survey([SPEC, *others], root, CLASSES, held)


def test_a_sound_set_has_no_findings(root: Path) -> None:
    result = look(root)
    assert (result.findings, result.empty, len(result.samples)) == ([], 1, 7)
    assert not result.serious


@pytest.mark.parametrize(
    "lines",
    ["0 40 40 20 20\n", "0 0.99 0.5 0.3 0.2\n", "7 0.5 0.5 0.1 0.1\n", "0 0.5 0.5\n", "0 a b c d"],
)
def test_bad_labels_are_found_and_the_rest_is_still_looked_at(root: Path, lines: str) -> None:
    (root / "one" / "labels" / "p3.txt").write_text(lines)
    (root / "one" / "labels" / "p4.txt").unlink()
    result = look(root)
    assert [f.pictures for f in result.findings] == [("one/p3.jpg",), ("one/p4.jpg",)]
    assert {f.kind for f in result.findings} == {Kind.BAD_LABEL}
    assert (result.serious, len(result.samples)) == (True, 5)


def test_half_a_picture_is_found(root: Path) -> None:
    path = root / "one" / "images" / "p2.jpg"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = look(root)
    assert [(f.kind, f.pictures) for f in result.findings] == [(Kind.UNREADABLE, ("one/p2.jpg",))]


def test_a_class_without_boxes_and_a_wrong_count(root: Path) -> None:
    (root / "one" / "labels" / "p6.txt").write_text("")
    result = survey([replace(SPEC, images=9)], root, CLASSES)
    assert [f.kind for f in result.findings] == [Kind.NO_BOXES, Kind.COUNT]
    assert not result.serious


def altered(image: np.ndarray, how: str) -> tuple[np.ndarray, int]:
    if how == "smaller":
        return cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA), 90
    if how == "lighter":
        return np.clip(image.astype(np.float32) * 1.1 + 8, 0, 255).astype(np.uint8), 90
    return image, 35


@pytest.mark.parametrize("how", ["smaller", "lighter", "compressed"])
def test_near_duplicates_are_found_however_they_came_about(root: Path, how: str) -> None:
    image, quality = altered(scene(3), how)
    save(root / "one", "q", image, LINE, quality)
    found = groups_of(look(root).findings)
    assert [f.pictures for f in found[Kind.NEAR_DUPLICATE]] == [("one/p3.jpg", "one/q.jpg")]
    assert list(found) == [Kind.NEAR_DUPLICATE], "the labels agree: no conflict"


def test_sources_that_contradict_each_other(root: Path) -> None:
    other = replace(SPEC, id="two")
    save(root / "two", "same", scene(1), "1 0.5 0.5 0.2 0.2\n")
    save(root / "two", "clean", scene(2), "")
    found = groups_of(look(root, None, other).findings)
    said = {f.pictures: f.message for f in found[Kind.CONFLICT]}
    assert said["one/p1.jpg", "two/same.jpg"].startswith("garbage against litter")
    assert said["one/p2.jpg", "two/clean.jpg"] == "garbage boxed in one/p2.jpg alone"
    silent = replace(other, exhaustive=frozenset())
    again = groups_of(look(root, None, silent).findings)
    assert [f.pictures for f in again[Kind.CONFLICT]] == [("one/p1.jpg", "two/same.jpg")]


def test_a_picture_on_both_sides_of_the_split_leaks(root: Path) -> None:
    save(root / "one", "q", scene(3), LINE)
    held = HeldOut(val={"one/p3.jpg": 1}, test={"one/p5.jpg": 2}, dropped=frozenset())
    result = look(root, held)
    assert result.serious
    assert [f.message for f in result.findings if f.kind is Kind.LEAK] == [
        "one in val, the other in train"
    ]
    assert Kind.LEAK not in groups_of(
        look(root, replace(held, dropped=frozenset({"one/q.jpg"}))).findings
    )


def test_flat_pictures_are_no_duplicates_of_each_other(tmp_path: Path) -> None:
    paths = [
        save(tmp_path, f"f{grey}", np.full((60, 80, 3), grey, np.uint8), "") for grey in (40, 200)
    ]
    assert find_duplicates(paths) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_near_duplicates_never_cross_splits(tmp_path: Path, seed: int) -> None:
    """Skies and walls too, where no keypoints hold: only the pattern tells."""
    rng = np.random.default_rng(seed)
    folder = tmp_path / "one"
    for n in range(16):
        soft = cv2.resize(rng.integers(0, 255, (5, 5, 3), np.uint8), (320, 240))
        image = scene(seed * 100 + n) if n % 2 else np.asarray(soft, np.uint8)
        save(folder, f"a{n:02}", image, LINE)
        save(folder, f"z{n:02}", altered(image, "smaller")[0], LINE, 60)
    samples = read_samples(SPEC, folder, CLASSES)
    held = split_by_scene(samples, SplitPlan(seed=seed, val=0.2, test=0.3))
    assert held.val
    assert held.test
    for n in range(16):
        pair = {held.split_of(f"one/{kind}{n:02}.jpg") for kind in "az"}
        assert len(pair) == 1, f"picture {n} crosses"
