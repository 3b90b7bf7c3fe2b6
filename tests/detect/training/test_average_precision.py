"""Our figures against hand-counted ones and against pycocotools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.training.evaluation import Picture
from detect.training.matching import iou, match, pool
from detect.training.precision_recall import average_precision, best_f1, working_point
from detect.types import Detections

BOX = np.array([[0.0, 0, 10, 10]])


def test_iou_of_pairs() -> None:
    boxes = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]])
    np.testing.assert_allclose(iou(boxes, boxes[:1]).ravel(), [1, 1 / 3, 0])


def test_a_second_detection_of_one_box_is_false() -> None:
    found = match(np.repeat(BOX, 2, axis=0), np.array([0.5, 0.9]), BOX)
    assert found.score.tolist() == [0.9, 0.5]
    assert found.hit[0].tolist() == [True, False]


def test_perfect_detections_have_average_precision_one() -> None:
    result = average_precision(match(BOX, np.array([0.8]), BOX))
    assert (result.ap50, result.ap) == (pytest.approx(1), pytest.approx(1))


def test_nothing_found_is_zero_and_nothing_labelled_is_no_number() -> None:
    none = np.zeros((0, 4))
    assert average_precision(match(none, np.zeros(0), BOX)).ap50 == 0
    assert np.isnan(average_precision(match(BOX, np.array([0.5]), none)).ap50)
    assert np.isnan(average_precision(pool([])).ap50)


def test_a_false_alarm_above_the_hit_halves_precision() -> None:
    boxes = np.array([[50.0, 50, 60, 60], [0, 0, 10, 10]])
    assert average_precision(match(boxes, np.array([0.9, 0.5]), BOX)).ap50 == pytest.approx(0.5)


def test_working_point_counts() -> None:
    boxes = np.array([[50.0, 50, 60, 60], [0, 0, 10, 10]])
    found = match(boxes, np.array([0.4, 0.5]), np.concatenate([BOX, BOX + 200]))
    point = working_point(found, 0.45)
    assert (point.precision, point.recall) == (1, 0.5)
    assert working_point(found, 0.3).precision == 0.5
    assert working_point(found, 0.99).f1 == 0


def test_best_f1_prefers_the_higher_of_two_equal_thresholds() -> None:
    boxes = np.array([[0.0, 0, 10, 10], [50, 50, 60, 60]])
    point = best_f1(match(boxes, np.array([0.8, 0.31]), BOX))
    assert point.threshold == pytest.approx(0.8)
    assert point.f1 == 1


def random_case(seed: int) -> tuple[list[Picture], list[Detections]]:
    rng = np.random.default_rng(seed)
    pictures, detections = [], []
    for index in range(12):
        count = int(rng.integers(0, 6))
        corner = rng.uniform(0, 80, (count, 2))
        truth = np.concatenate([corner, corner + rng.uniform(8, 40, (count, 2))], axis=1)
        near = truth[rng.random(count) < 0.8] + rng.normal(0, 3, (1, 4))
        far = rng.uniform(0, 60, (int(rng.integers(0, 5)), 2))
        boxes = np.concatenate([near, np.concatenate([far, far + 20], axis=1), near[:1] + 1])
        boxes = np.concatenate([boxes[:, :2], np.maximum(boxes[:, 2:], boxes[:, :2] + 1)], axis=1)
        score = np.round(rng.random(len(boxes)), 2)
        exhaustive = frozenset({"bin"} if index % 4 else {"litter"})
        pictures.append(
            Picture(Path(f"{index}"), "d", index, exhaustive, truth, np.zeros(count, np.int64))
        )
        detections.append(Detections.of(boxes, score, np.zeros(len(boxes), np.int32), ["bin"]))
    return pictures, detections


@pytest.mark.parametrize("seed", range(8))
def test_we_agree_with_pycocotools(seed: int) -> None:
    pytest.importorskip("pycocotools", reason="pycocotools is not installed (extra torch)")
    from detect.training.coco_check import coco_average_precision
    from detect.training.evaluation import evaluate_class

    pictures, detections = random_case(seed)
    ours = evaluate_class("bin", 0, pictures, detections, 0.5, draws=0).precision
    theirs = coco_average_precision("bin", 0, pictures, detections)
    assert ours.ap50 == pytest.approx(theirs.ap50, abs=1e-6)
    assert ours.ap == pytest.approx(theirs.ap, abs=1e-6)
