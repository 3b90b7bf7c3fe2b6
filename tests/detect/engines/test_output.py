from __future__ import annotations

import numpy as np
import pytest

from detect.engines.output import OutputReader
from detect.errors import ModelError
from detect.letterbox import Fit
from detect.model_folder import CardClass, ModelCard

FIT = Fit(0.5, 0, 10, 1280, 920)  # a 1280 x 920 picture in a 640 x 480 canvas


def reader(output="raw", thresholds=(0.5, 0.7), nms_iou=0.6):
    classes = tuple(
        CardClass(index=i, name=name, category=None, threshold=threshold)
        for i, (name, threshold) in enumerate(zip("ab", thresholds, strict=True))
    )
    return OutputReader(
        ModelCard(id="m", version="1", input_px=640, file="m.xml", output=output,
                  nms_iou=nms_iou, classes=classes, folder="."),
    )  # fmt: skip


def raw(*columns):
    """(1, 6, n) from columns of cx, cy, w, h, score of a, score of b."""
    return np.array(columns, np.float32).reshape(-1, 6).T[None]


def end2end(*rows):
    return np.array(rows, np.float32).reshape(-1, 6)[None]


def test_raw_boxes_are_of_the_picture():
    found = reader().read(raw([100, 110, 20, 40, 0.9, 0.1]), FIT)
    assert found.xyxy.tolist() == [[180, 160, 220, 240]]
    assert found.class_id.tolist() == [0]


def test_end2end_boxes_are_of_the_picture():
    found = reader("end2end").read(end2end([90, 90, 110, 130, 0.9, 1]), FIT)
    assert found.xyxy.tolist() == [[180, 160, 220, 240]]
    assert found.class_id.tolist() == [1]


@pytest.mark.parametrize("output", ["raw", "end2end"])
def test_each_class_has_its_own_threshold(output):
    scores = [(0.49, 0), (0.5, 0), (0.69, 1), (0.7, 1)]
    if output == "raw":
        columns = [
            [50 * i + 20, 50, 9, 9, *((s, 0) if c == 0 else (0, s))]
            for i, (s, c) in enumerate(scores)
        ]
        found = reader().read(raw(*columns), FIT)
    else:
        rows = [[50 * i, 50, 50 * i + 9, 59, s, c] for i, (s, c) in enumerate(scores)]
        found = reader("end2end").read(end2end(*rows), FIT)
    assert found.score.tolist() == pytest.approx([0.7, 0.5])
    assert found.class_id.tolist() == [1, 0]


def test_doubles_are_suppressed_within_a_class():
    same = [[100, 100, 40, 40, 0.9, 0], [101, 100, 40, 40, 0.8, 0], [100, 100, 40, 40, 0, 0.75]]
    found = reader().read(raw(*same), FIT)
    assert found.class_id.tolist() == [0, 1]


@pytest.mark.parametrize("bad", [[5, 5, -4, 4], [5, 5, np.nan, 4], [np.inf, 5, 4, 4]])
def test_boxes_that_are_none_are_dropped(bad):
    assert len(reader().read(raw([*bad, 0.9, 0]), FIT)) == 0


@pytest.mark.parametrize(
    "row",
    [[9, 5, 5, 9, 0.9, 0], [5, 5, 9, 9, 0.9, 7], [5, 5, 9, 9, 0.9, -1], [5, 5, 9, 9, np.nan, 0]],
)
def test_rows_that_are_none_are_dropped(row):
    assert len(reader("end2end").read(end2end(row), FIT)) == 0


def test_scores_above_one_by_rounding():
    assert reader().read(raw([9, 9, 4, 4, 1.0001, 0]), FIT).score.tolist() == [1]


@pytest.mark.parametrize("output", ["raw", "end2end"])
def test_nothing_passes(output):
    empty = np.zeros((1, 6, 100) if output == "raw" else (1, 300, 6), np.float32)
    assert len(reader(output).read(empty, FIT)) == 0


@pytest.mark.parametrize(
    ("output", "shape", "fits"),
    [
        ("raw", (1, 6, 8400), True),
        ("raw", (1, 6, None), True),
        ("raw", (None, 6, None), True),
        ("raw", (1, 84, 8400), False),
        ("raw", (1, 300, 6), False),
        ("raw", (1, 6), False),
        ("end2end", (1, 300, 6), True),
        ("end2end", (1, 6, 8400), False),
    ],
)
def test_the_card_must_describe_the_network(output, shape, fits):
    if fits:
        reader(output).check(shape)
    else:
        with pytest.raises(ModelError, match="its card says"):
            reader(output).check(shape)
