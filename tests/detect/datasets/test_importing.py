"""Foreign sets come in whole, with the same box whatever the format; wrong ones don't come in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from foreign_sets import BOX_PX, HEIGHT_PX, SETS, WIDTH_PX, coco, picture, yolo

from detect.datasets.class_map import ClassMap, read_class_map, same_names
from detect.datasets.exporting import FORMATS, Drawn, export_set
from detect.datasets.formats import read_labels
from detect.datasets.importing import About, Imported, Outside, import_set
from detect.datasets.labelled import LabelledBox, LabelledPicture, LabelledSet
from detect.datasets.picture_finder import PictureFinder
from detect.training.dataset import read_samples, read_spec
from detect.training.errors import DatasetError

MAP = ClassMap({"pile": "garbage", "tin": "litter"}, frozenset({"garbage", "litter"}))
ABOUT = About("theirs", "a test", "none")


def bring(
    source: Path, out: Path, *, name: str = "auto", outside: Outside = "clip", skip: bool = False
) -> Imported:
    return import_set(
        read_labels(source, name),
        MAP,
        ABOUT,
        PictureFinder(source),
        out,
        outside=outside,
        skip_broken=skip,
    )


@pytest.mark.parametrize("name", SETS)
def test_every_format_gives_the_same_box(name: str, tmp_path: Path) -> None:
    done = bring(SETS[name](tmp_path / "src"), tmp_path / "theirs")
    assert (done.format, done.pictures, done.clean, done.boxes) == (name, 2, 1, {"pile": 1})
    spec = read_spec(tmp_path / "theirs" / "dataset.yaml")
    samples = read_samples(spec, tmp_path / "theirs", ["garbage", "litter"])
    assert [s.image.name for s in samples] == ["a.jpg", "b.jpg"]
    corners = samples[0].boxes.xyxy_px(WIDTH_PX, HEIGHT_PX)
    np.testing.assert_allclose(corners, [BOX_PX], atol=0.01)
    assert samples[0].boxes.class_id.tolist() == [0]
    assert samples[1].exhaustive == {"garbage", "litter"}
    assert len(spec.names) == len(set(spec.names))
    assert done.skipped_shapes == (name in {"coco", "labelme", "cvat"})
    assert done.unlabelled == (name == "label-studio")


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_exported_comes_back(name: str, tmp_path: Path) -> None:
    source = yolo(tmp_path / "src")
    folder = source / "train" / "images"
    drawn = [
        Drawn("a.jpg", folder / "a.jpg", (LabelledBox("pile", (0.1, 0.1, 0.3, 0.5)),)),
        Drawn("b.jpg", folder / "b.jpg", ()),
    ]
    export_set(drawn, ["pile", "tin"], tmp_path / "out", name)
    done = bring(tmp_path / "out", tmp_path / "back")
    assert (done.format, done.pictures, done.boxes) == (name, 2, {"pile": 1})
    spec = read_spec(tmp_path / "back" / "dataset.yaml")
    boxes = read_samples(spec, tmp_path / "back", ["garbage", "litter"])[0].boxes
    np.testing.assert_allclose(boxes.xyxy_px(WIDTH_PX, HEIGHT_PX), [BOX_PX], atol=0.02)
    original = (folder / "a.jpg").read_bytes()
    assert (tmp_path / "back" / "images" / "a.jpg").read_bytes() == original


def test_a_models_boxes_are_no_answers_yet(tmp_path: Path) -> None:
    source = yolo(tmp_path / "src") / "train" / "images" / "a.jpg"
    drawn = [Drawn("a.jpg", source, (LabelledBox("pile", (0.1, 0.1, 0.3, 0.5)),))]
    export_set(drawn, ["pile"], tmp_path / "out", "label-studio", submitted=False)
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
    assert tasks[0]["predictions"][0]["result"][0]["value"]["x"] == pytest.approx(10)
    with pytest.raises(DatasetError, match="no labelled picture"):
        read_labels(tmp_path / "out")
    assert "pile" in (tmp_path / "out" / "tasks.config.xml").read_text()


def nothing_left(tmp_path: Path) -> None:
    assert sorted(p.name for p in tmp_path.iterdir()) == ["src"]


def test_a_cut_off_picture_is_named_and_nothing_stays(tmp_path: Path) -> None:
    source = yolo(tmp_path / "src")
    path = source / "train" / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(DatasetError, match=r"a\.jpg: is no whole picture"):
        bring(source, tmp_path / "theirs")
    nothing_left(tmp_path)
    done = bring(source, tmp_path / "theirs", skip=True)
    assert (done.pictures, len(done.broken)) == (1, 1)


def test_pixels_where_fractions_are_due_are_refused(tmp_path: Path) -> None:
    source = yolo(tmp_path / "src")
    (source / "train" / "labels" / "a.txt").write_text("0 40 30 40 40\n")
    with pytest.raises(DatasetError, match=r"a\.txt:1: .*pixels where fractions"):
        bring(source, tmp_path / "theirs")
    nothing_left(tmp_path)


def test_fractions_where_pixels_are_due_are_refused(tmp_path: Path) -> None:
    source = coco(tmp_path / "src")
    path = source / "instances.json"
    raw = json.loads(path.read_text())
    raw["annotations"][0]["bbox"] = [0.1, 0.1, 0.2, 0.4]
    path.write_text(json.dumps(raw))
    with pytest.raises(DatasetError, match="fractions where COCO has pixels"):
        bring(source, tmp_path / "theirs")


def test_labels_of_another_picture_size_are_refused(tmp_path: Path) -> None:
    source = coco(tmp_path / "src")
    path = source / "instances.json"
    path.write_text(path.read_text().replace('"width": 200', '"width": 100'))
    with pytest.raises(DatasetError, match="states 100×100 px"):
        bring(source, tmp_path / "theirs")


@pytest.mark.parametrize(
    ("outside", "boxes", "clipped", "dropped"), [("clip", 2, 1, 1), ("drop", 1, 0, 2)]
)
def test_boxes_outside_are_clipped_or_dropped_and_counted(
    outside: Outside, boxes: int, clipped: int, dropped: int, tmp_path: Path
) -> None:
    source = yolo(tmp_path / "src")
    lines = "0 0.2 0.3 0.2 0.4\n0 0.95 0.5 0.3 0.2\n1 1.4 0.5 0.2 0.2\n"
    (source / "train" / "labels" / "a.txt").write_text(lines)
    done = bring(source, tmp_path / "theirs", outside=outside)
    assert (done.boxes.total(), done.clipped, done.dropped) == (boxes, clipped, dropped)
    with pytest.raises(DatasetError, match="lies outside by"):
        bring(source, tmp_path / "other", outside="refuse")


def test_mixed_formats_must_be_told_apart(tmp_path: Path) -> None:
    source = yolo(tmp_path / "src")
    coco(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "instances.json", source)
    with pytest.raises(DatasetError, match="formats are mixed: coco, yolo"):
        bring(source, tmp_path / "theirs")
    assert bring(source, tmp_path / "theirs", name="yolo").pictures == 2


def test_labels_of_pictures_that_are_not_there_are_named(tmp_path: Path) -> None:
    source = coco(tmp_path / "src")
    (source / "images" / "b.jpg").unlink()
    with pytest.raises(DatasetError, match=r"no picture b\.jpg"):
        bring(source, tmp_path / "theirs")


@pytest.mark.parametrize("text", ["{", "[]", '{"images": []}'])
def test_broken_or_unknown_files_are_in_no_format(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DatasetError, match="in none of the formats"):
        read_labels(tmp_path / "labels.json")


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>'
    (tmp_path / "annotations.xml").write_text(bomb)
    with pytest.raises(DatasetError, match="document type"):
        read_labels(tmp_path, "cvat")


def test_an_empty_set_is_no_set(tmp_path: Path) -> None:
    source = yolo(tmp_path / "src")
    for path in source.glob("train/labels/*.txt"):
        path.unlink()
    with pytest.raises(DatasetError, match="no labelled picture"):
        read_labels(source)


def test_a_set_is_never_overwritten(tmp_path: Path) -> None:
    bring(yolo(tmp_path / "src"), tmp_path / "theirs")
    with pytest.raises(DatasetError, match="exists"):
        bring(tmp_path / "src", tmp_path / "theirs")


def test_a_disk_that_fills_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = yolo(tmp_path / "src")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DatasetError, match="No space left"):
        bring(source, tmp_path / "theirs")
    nothing_left(tmp_path)


def test_pictures_of_one_name_stay_apart(tmp_path: Path) -> None:
    import cv2

    source = yolo(tmp_path / "src")
    (source / "val" / "images").mkdir(parents=True)
    (source / "val" / "labels").mkdir()
    cv2.imwrite(str(source / "val" / "images" / "a.png"), picture(9))
    (source / "val" / "labels" / "a.txt").write_text("1 0.5 0.5 0.1 0.1\n")
    assert bring(source, tmp_path / "theirs").pictures == 3
    names = sorted(p.name for p in (tmp_path / "theirs" / "labels").iterdir())
    assert names == ["a-2.txt", "a.txt", "b.txt"]


KNOWN = {"garbage": "garbage", "litter": "litter", "litter.pile": "garbage"}


def test_a_map_goes_to_classes_or_categories(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("classes: {pile: litter.pile, tin: litter, car: null}\ncomplete: [litter]\n")
    found = read_class_map(path, KNOWN)
    assert found.targets == {"pile": "garbage", "tin": "litter", "car": None}
    assert found.complete == {"litter"}
    path.write_text("pile: garbage\ntin: null\n")
    assert read_class_map(path, KNOWN).complete == {"garbage"}
    path.write_text("pile: rubbish\n")
    with pytest.raises(DatasetError, match="'pile' goes to 'rubbish'"):
        read_class_map(path, KNOWN)
    path.write_text("classes: {pile: garbage}\ncomplete: [litter]\n")
    with pytest.raises(DatasetError, match="nothing maps to"):
        read_class_map(path, KNOWN)
    path.write_text("- pile\n")
    with pytest.raises(DatasetError, match="one a line"):
        read_class_map(path, KNOWN)


def test_a_map_that_misses_a_class_is_refused(tmp_path: Path) -> None:
    labels = read_labels(yolo(tmp_path / "src"))
    short = ClassMap({"pile": "garbage"}, frozenset())
    with pytest.raises(DatasetError, match="misses tin"):
        import_set(labels, short, ABOUT, PictureFinder(tmp_path / "src"), tmp_path / "theirs")
    with pytest.raises(DatasetError) as caught:
        same_names(["garbage", "car"], KNOWN)
    assert "car: null" in caught.value.mend
    assert same_names(["garbage"], KNOWN).targets == {"garbage": "garbage"}


def test_a_name_can_not_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"x")
    finder = PictureFinder(tmp_path / "src")
    asked = LabelledPicture("../secret.jpg", (), "labels")
    assert isinstance(finder.find(asked), str)
    assert LabelledSet("x", (), (asked,)).pictures == (asked,)
