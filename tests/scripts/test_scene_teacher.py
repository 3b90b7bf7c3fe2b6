from __future__ import annotations

import numpy as np
import pytest

from detect.types import Detections
from scripts.scenes.teacher import back, by_hand, doubtful, merged, sure, without_bins

NAMES = ("person", "dining_table")
CLASSES = {"person": 0, "dining table": 1, "suitcase": 2}


def test_a_mirrored_look_is_turned_back():
    found = Detections.of([[10, 20, 30, 40]], [0.9], [0], NAMES)
    assert back(found, 100).xyxy.tolist() == [[70, 20, 90, 40]]


def test_looks_are_merged_and_the_better_score_stands():
    image = np.zeros((50, 100, 3), np.uint8)
    first = Detections.of([[0, 0, 20, 40]], [0.5], [0], NAMES)
    second = Detections.of([[0, 0, 21, 40], [60, 0, 90, 40]], [0.7, 0.4], [0, 1], NAMES)
    rows = merged([first, second], image)
    assert [(row[0], row[1]) for row in rows] == [("person", 0.7), ("dining_table", 0.4)]
    assert rows[0][2:] == pytest.approx([0, 0, 0.21, 0.8], abs=1e-4)


def test_what_the_teacher_is_sure_of_and_what_it_doubts():
    told = [
        ["person", 0.9, 0, 0, 1, 1],
        ["dining_table", 0.2, 0, 0, 1, 1],
        ["zebra", 0.9, 0, 0, 1, 1],
        ["suitcase", 0.05, 0, 0, 1, 1],
    ]
    assert sure(told, CLASSES) == [(0, 0, 0, 1, 1)]
    assert doubtful(told, CLASSES) == {1}


def test_a_bin_is_no_suitcase():
    bins = np.array([[0.1, 0.1, 0.5, 0.5]])
    rows = [(2, 0.1, 0.1, 0.5, 0.45), (2, 0.6, 0.6, 0.9, 0.9), (0, 0.1, 0.1, 0.5, 0.5)]
    assert without_bins(rows, bins, {2}) == rows[1:]
    assert without_bins(rows, np.zeros((0, 4)), {2}) == rows


def test_pictures_that_measure_never_train():
    listed = by_hand("street-garbage-cn")
    assert listed.trains
    assert not set(listed.trains) & listed.kept_out
    assert "00201.webp" in listed.kept_out
