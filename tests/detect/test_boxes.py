from __future__ import annotations

import numpy as np
import pytest

from detect.boxes import area, covered, iou, sound, suppress


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ([0, 0, 10, 10], [0, 0, 10, 10], 1.0),
        ([0, 0, 10, 10], [5, 0, 15, 10], 1 / 3),
        ([0, 0, 10, 10], [10, 10, 20, 20], 0.0),
        ([0, 0, 10, 10], [30, 30, 40, 40], 0.0),
        ([5, 5, 5, 5], [5, 5, 5, 5], 0.0),
    ],
)
def test_iou(one, other, wanted):
    assert iou(boxes(one), boxes(other))[0, 0] == pytest.approx(wanted)


def test_covered_is_of_the_first():
    small, large = boxes([2, 2, 4, 4]), boxes([0, 0, 10, 10])
    assert covered(small, large)[0, 0] == 1
    assert covered(large, small)[0, 0] == pytest.approx(0.04)


def test_shapes_of_empty_inputs():
    none = boxes()
    assert iou(none, boxes([0, 0, 1, 1])).shape == (0, 1)
    assert covered(boxes([0, 0, 1, 1]), none).shape == (1, 0)
    assert area(none).shape == (0,)
    assert suppress(none, np.zeros(0, np.float32), np.zeros(0, np.int32), 0.5).shape == (0,)


def test_suppress_keeps_the_surest_of_one_class():
    found = boxes([0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60])
    score = np.array([0.5, 0.9, 0.7, 0.3], np.float32)
    class_id = np.array([0, 0, 1, 0], np.int32)
    assert suppress(found, score, class_id, 0.5).tolist() == [1, 2, 3]
    assert suppress(found, score, class_id, 0.95).tolist() == [1, 2, 0, 3]
    assert suppress(found, score, class_id, 0.95, max_boxes=2).tolist() == [1, 2]


def test_suppress_agrees_with_the_definition():
    rng = np.random.default_rng(7)
    corner = rng.uniform(0, 80, (60, 2)).astype(np.float32)
    found = np.concatenate([corner, corner + rng.uniform(5, 30, (60, 2))], axis=1).astype(
        np.float32
    )
    score = rng.uniform(0, 1, 60).astype(np.float32)
    class_id = rng.integers(0, 2, 60).astype(np.int32)
    kept: list[int] = []
    for i in sorted(range(60), key=lambda i: -score[i]):
        if all(
            class_id[i] != class_id[k] or iou(found[[i]], found[[k]])[0, 0] <= 0.4 for k in kept
        ):
            kept.append(i)
    assert suppress(found, score, class_id, 0.4).tolist() == kept


def test_what_is_no_box():
    some = boxes([0, 0, 1, 1], [2, 0, 1, 1], [0, 2, 1, 1], [0, 0, np.nan, 1], [0, 0, np.inf, 1])
    assert sound(some).tolist() == [True, False, False, False, False]
    assert sound(boxes([3, 3, 3, 3])).tolist() == [True]
