from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn_sets import scene_picture, write_set, write_spec

from detect.training.dataset import read_samples, read_spec
from detect.training.errors import DatasetError

CLASSES = ["garbage", "litter"]
DATASETS = Path(__file__).parents[3] / "datasets"


@pytest.mark.parametrize("path", sorted(DATASETS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_yaml_is_right(path: Path) -> None:
    spec = read_spec(path)
    assert spec.id == path.stem
    assert spec.images
    assert set(spec.boxes) == set(spec.names)


def test_boxes_are_mapped_and_exhaustive_classes_kept(tmp_path: Path) -> None:
    spec = read_spec(write_spec(tmp_path / "d.yaml"))
    boxes = [(1, 0.5, 0.5, 0.2, 0.2), (0, 0.3, 0.3, 0.1, 0.1)]
    write_set(tmp_path / "drawn", {"a": (scene_picture(1), boxes)})
    (sample,) = read_samples(spec, tmp_path / "drawn", CLASSES)
    assert sample.boxes.class_id.tolist() == [1, 0]
    assert sample.exhaustive == {"garbage"}


def test_a_class_mapped_to_null_is_dropped(tmp_path: Path) -> None:
    path = write_spec(tmp_path / "d.yaml")
    path.write_text(path.read_text().replace("tin: litter", "tin: null"))
    write_set(tmp_path / "drawn", {"a": (scene_picture(1), [(1, 0.5, 0.5, 0.2, 0.2)])})
    (sample,) = read_samples(read_spec(path), tmp_path / "drawn", ["garbage"])
    assert len(sample.boxes) == 0


def test_absent_rules_add_exhaustive_classes_where_they_hold(tmp_path: Path) -> None:
    rule = "absent:\n  - {when_only: [pile], classes: [litter]}"
    spec = read_spec(write_spec(tmp_path / "d.yaml", more=rule))
    pile, tin = (0, 0.5, 0.5, 0.2, 0.2), (1, 0.5, 0.5, 0.2, 0.2)
    pictures = {"only": (scene_picture(1), [pile]), "tin": (scene_picture(2), [pile, tin])}
    write_set(tmp_path / "drawn", pictures)
    only, tin_too = read_samples(spec, tmp_path / "drawn", CLASSES)
    assert only.exhaustive == {"garbage", "litter"}
    assert tin_too.exhaustive == {"garbage"}


def test_groups_and_train_only_files_are_read(tmp_path: Path) -> None:
    more = (
        "group: {index: index.json, key: origin, pattern: '^(batch_[0-9]+)/'}\n"
        "train_only: marked.json"
    )
    spec = read_spec(write_spec(tmp_path / "d.yaml", more=more))
    folder = write_set(
        tmp_path / "drawn", {"a": (scene_picture(1), []), "b": (scene_picture(2), [])}
    )
    rows = [{"file": "a.png", "origin": "batch_1/x"}, {"file": "b.png", "origin": "batch_2/y"}]
    (folder / "index.json").write_text(json.dumps(rows))
    (folder / "marked.json").write_text(json.dumps([{"file": "b.png"}]))
    first, second = read_samples(spec, folder, CLASSES)
    assert (first.group, second.group) == ("batch_1", "batch_2")
    assert (first.use, second.use) == ("all", "train")


def test_an_entry_outside_the_group_pattern_is_refused(tmp_path: Path) -> None:
    more = "group: {index: index.json, key: origin, pattern: '^(batch_[0-9]+)/'}"
    spec = read_spec(write_spec(tmp_path / "d.yaml", more=more))
    folder = write_set(tmp_path / "drawn", {"a": (scene_picture(1), [])})
    (folder / "index.json").write_text(json.dumps([{"file": "a.png", "origin": "elsewhere"}]))
    with pytest.raises(DatasetError, match=r"a\.png"):
        read_samples(spec, folder, CLASSES)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("licence: none", "", "'licence' is missing"),
        ("tin: litter", "box: litter", "class_map misses tin"),
        ("{pile: garbage, tin: litter}", "{pile: garbage, tin: litter, x: y}", "names x"),
        ("exhaustive: [garbage]", "exhaustive: [garbage]\nuse: test", "use must be"),
        ("exhaustive: [garbage]", "exhaustive: [garbage]\nlayout: voc", "layout must be"),
    ],
)
def test_a_wrong_yaml_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = write_spec(tmp_path / "d.yaml")
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DatasetError, match=words):
        read_spec(path)


def test_yaml_that_is_no_mapping_or_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- a\n")
    (tmp_path / "bad.yaml").write_text("a: [\n")
    for name in ("list.yaml", "bad.yaml", "absent.yaml"):
        with pytest.raises(DatasetError, match=name):
            read_spec(tmp_path / name)


def test_a_class_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    spec = read_spec(write_spec(tmp_path / "d.yaml"))
    write_set(tmp_path / "drawn", {"a": (scene_picture(1), [])})
    with pytest.raises(DatasetError, match="'tin' to 'litter'"):
        read_samples(spec, tmp_path / "drawn", ["garbage"])


def test_missing_labels_and_empty_folders_are_refused(tmp_path: Path) -> None:
    spec = read_spec(write_spec(tmp_path / "d.yaml"))
    folder = write_set(tmp_path / "drawn", {"a": (scene_picture(1), [])})
    (folder / "labels" / "a.txt").unlink()
    with pytest.raises(DatasetError, match="needs an empty label file"):
        read_samples(spec, folder, CLASSES)
    with pytest.raises(DatasetError, match="no pictures"):
        read_samples(spec, tmp_path / "nowhere", CLASSES)
