from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import yaml
from drawn_sets import scene_picture, sheared, write_set, write_spec

from detect.training.build import build, collect, read_manifest, split_by_scene, tile_textures
from detect.training.dataset import Sample, read_spec
from detect.training.errors import DatasetError
from detect.training.held_out import HeldOut, read_held_out, write_held_out
from detect.training.split import SplitPlan

CLASSES = ["garbage", "litter"]
PLAN = SplitPlan(seed=1, val=0.2, test=0.3)
ALL_TRAIN = HeldOut({}, {}, frozenset())


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    box = (0.5, 0.5, 0.2, 0.2)
    pictures = {f"p{i:02}": (scene_picture(i, 300), [(i % 2, *box)]) for i in range(20)}
    pictures["p20"] = (sheared(scene_picture(4, 300)), [(0, *box)])
    write_set(tmp_path / "sets" / "drawn", pictures)
    spec = read_spec(write_spec(tmp_path / "drawn.yaml"))
    return collect([spec], tmp_path / "sets", CLASSES, tmp_path / "scratch")


def test_near_duplicates_never_cross(samples: list[Sample]) -> None:
    for seed in range(8):
        held = split_by_scene(samples, SplitPlan(seed, 0.2, 0.3))
        assert held.split_of("drawn/p04.png") == held.split_of("drawn/p20.png")
        assert held.test
        assert held.val


def test_a_built_set_has_what_ultralytics_reads(samples: list[Sample], tmp_path: Path) -> None:
    entries = build(samples, CLASSES, split_by_scene(samples, PLAN), tmp_path / "built")
    assert read_manifest(tmp_path / "built") == entries
    data = yaml.safe_load((tmp_path / "built" / "data.yaml").read_text())
    assert data["names"] == {0: "garbage", 1: "litter"}
    for entry in entries:
        image = tmp_path / "built" / "images" / entry.split / entry.file
        assert cv2.imread(str(image)) is not None
        label = tmp_path / "built" / "labels" / entry.split / entry.file
        assert label.with_suffix(".txt").read_text().count("\n") == 1
        assert entry.exhaustive == ("garbage",)


def test_nothing_half_written_is_left(
    samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("detect.training.build.write_yolo", full_disk)
    with pytest.raises(OSError, match="No space"):
        build(samples, CLASSES, ALL_TRAIN, tmp_path / "out" / "built")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_existing_folder_is_not_overwritten(samples: list[Sample], tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    with pytest.raises(DatasetError, match="exists"):
        build(samples, CLASSES, ALL_TRAIN, tmp_path / "built")


def test_no_pictures_and_classes_without_boxes_are_refused(
    samples: list[Sample], tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="no pictures"):
        build([], CLASSES, ALL_TRAIN, tmp_path / "built")
    with pytest.raises(DatasetError, match="no box of bag"):
        build(samples, [*CLASSES, "bag"], ALL_TRAIN, tmp_path / "built")


def test_dropped_pictures_are_left_out(samples: list[Sample], tmp_path: Path) -> None:
    held = HeldOut({}, {"drawn/p01.png": 7}, frozenset({"drawn/p00.png"}))
    entries = {e.file: e for e in build(samples, CLASSES, held, tmp_path / "built")}
    assert "drawn-p00.png" not in entries
    assert (entries["drawn-p01.png"].split, entries["drawn-p01.png"].scene) == ("test", 7)


def test_a_held_out_picture_that_is_missing_is_named(samples: list[Sample], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.png"):
        build(samples, CLASSES, HeldOut({}, {"drawn/gone.png": 1}, frozenset()), tmp_path / "built")


def test_a_split_survives_its_file(tmp_path: Path) -> None:
    held = HeldOut({"d/a": 1}, {"d/b": 2}, frozenset({"d/c"}))
    write_held_out(tmp_path / "h.json", held)
    assert read_held_out(tmp_path / "h.json") == held


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "can't be read"),
        ('{"val": {}, "test": {}}', "can't be read"),
        ('{"val": {"d/a": 1}, "test": {"d/a": 2}, "dropped": []}', "both"),
        ('{"val": {"d/a": 1}, "test": {"d/b": 1}, "dropped": []}', "both"),
    ],
)
def test_a_wrong_split_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "h.json").write_text(text)
    with pytest.raises(DatasetError, match=words):
        read_held_out(tmp_path / "h.json")


def test_textures_become_clean_ground(tmp_path: Path) -> None:
    for surface in ("asphalt", "paving stones"):
        (tmp_path / "t" / surface).mkdir(parents=True)
        for i in range(3):
            cv2.imwrite(str(tmp_path / "t" / surface / f"{i}.png"), scene_picture(i, 100))
    paths = tile_textures(tmp_path / "t", tmp_path / "out", rounds=1)
    assert [p.name for p in paths] == ["asphalt-00.png", "paving-stones-00.png"]
    assert cv2.imread(str(paths[0])).shape == (480, 480, 3)


def test_a_missing_data_set_folder_is_named(tmp_path: Path) -> None:
    spec = read_spec(write_spec(tmp_path / "drawn.yaml"))
    with pytest.raises(DatasetError, match="no folder"):
        collect([spec], tmp_path / "sets", CLASSES, tmp_path / "scratch")


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a manifest"):
        read_manifest(tmp_path)


def test_the_shipped_split_reads() -> None:
    held = read_held_out(Path(__file__).parents[3] / "models" / "street" / "held_out.json")
    assert len(held.test) > 400
