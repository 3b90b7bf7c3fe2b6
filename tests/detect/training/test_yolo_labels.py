from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.training.errors import DatasetError
from detect.training.labels import Boxes, no_boxes, read_yolo, write_yolo


def test_boxes_survive_writing_and_reading(tmp_path: Path) -> None:
    boxes = Boxes(np.array([2, 0]), np.array([[0.5, 0.5, 0.2, 0.4], [0.1, 0.9, 0.1, 0.1]]))
    write_yolo(tmp_path / "a.txt", boxes)
    back = read_yolo(tmp_path / "a.txt", classes=3)
    assert back.class_id.tolist() == [2, 0]
    np.testing.assert_allclose(back.xywh, boxes.xywh, atol=1e-6)


def test_an_empty_file_is_a_picture_without_boxes(tmp_path: Path) -> None:
    write_yolo(tmp_path / "a.txt", no_boxes())
    assert len(read_yolo(tmp_path / "a.txt", classes=1)) == 0


def test_corners_are_pixels_and_stay_inside() -> None:
    boxes = Boxes(np.array([0]), np.array([[0.05, 0.5, 0.2, 0.5]]))
    np.testing.assert_allclose(boxes.xyxy_px(200, 100), [[0, 25, 30, 75]])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 0.5 0.5 0.2", "got 4 values"),
        ("0 0.1 0.1 0.2 0.1 0.2 0.2", "polygon"),
        ("0 0.5 0.5 a 0.2", "five numbers"),
        ("0 320 240 64 48", "pixels"),
        ("7 0.5 0.5 0.2 0.2", "class 7"),
        ("0.5 0.5 0.5 0.2 0.2", "class 0.5"),
        ("-1 0.5 0.5 0.2 0.2", "class -1"),
        ("0 0.5 0.5 0 0.2", "no area"),
        ("0 0.95 0.5 0.3 0.2", "outside"),
        ("0 nan 0.5 0.3 0.2", "finite"),
    ],
)
def test_a_bad_line_is_refused_with_file_and_line(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("0 0.5 0.5 0.1 0.1\n" + line + "\n")
    with pytest.raises(DatasetError, match=words) as caught:
        read_yolo(path, classes=3)
    assert "bad.txt:2" in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="label file"):
        read_yolo(tmp_path / "a.txt", classes=1)
