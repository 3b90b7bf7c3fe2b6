"""Laying one photo over another: the same place is found, another never is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.alignment import align, matched
from detect.local_features import local_features

PATROL = Path(__file__).parents[2] / "samples" / "patrol"


def read(name: str, day: str = "2026-11-02") -> np.ndarray:
    image = cv2.imread(str(PATROL / day / f"{name}.jpg"))
    assert image is not None
    return cv2.resize(image, (640, 480), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return read("p05")


def seen_from(image: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture with its corners moved to these normalised points, and the map."""
    height, width = image.shape[:2]
    start = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(start, corners.astype(np.float32))
    sides = np.diag([width, height, 1.0])
    warped = cv2.warpPerspective(image, sides @ matrix @ np.linalg.inv(sides), (width, height))
    return warped, matrix


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(-0.12, 0.12), min_size=8, max_size=8))
def test_a_view_from_elsewhere_is_laid_over_the_first(photo, moves):
    start = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    warped, matrix = seen_from(photo, start + np.array(moves).reshape(4, 2))
    found = align(local_features(photo), local_features(warped))
    assert found is not None
    assert found.support > 20
    points = np.array([[0.3, 0.4], [0.6, 0.7], [0.5, 0.5]])
    ends = np.concatenate([points, np.ones((3, 1))], axis=1) @ matrix.T
    assert np.abs(found.carry(points) - ends[:, :2] / ends[:, 2:]).max() < 0.02


@pytest.mark.parametrize("name", ["p05", "p06", "p11"])
def test_two_visits_of_a_place_agree(name):
    first, second = read(name), read(name, "2026-11-09")
    found = align(local_features(first), local_features(second))
    assert found is not None
    assert found.support >= 6
    assert found.spread > 0.05


def test_other_places_don_t_agree():
    looks = [local_features(read(f"p{n:02}")) for n in (1, 2, 5, 8, 12)]
    for one, other in pairwise(looks):
        found = align(one, other)
        assert found is None or found.support < 3


def test_what_lies_on_movable_things_counts_little(photo):
    features = local_features(photo)
    everything = ((0.0, 0.0, 1.0, 1.0),)
    free, loose = align(features, features), align(features, features, movable=(everything, ()))
    assert free is not None
    assert loose is not None
    assert loose.fixed_cells == 0
    assert loose.cells == free.cells
    assert loose.support < free.support / 3


def test_a_box_is_carried_along(photo):
    found = align(local_features(photo), local_features(photo))
    assert found is not None
    assert found.carry_box((0.2, 0.3, 0.5, 0.6)) == pytest.approx((0.2, 0.3, 0.5, 0.6), abs=1e-3)


def test_the_same_pictures_give_the_same_answer(photo):
    other = local_features(read("p05", "2026-11-09"))
    one, two = (align(local_features(photo), other) for _ in range(2))
    assert one is not None
    assert two is not None
    assert (one.agreeing, one.cells) == (two.agreeing, two.cells)
    assert np.array_equal(one.matrix, two.matrix)


@pytest.mark.parametrize("side", [1, 8, 40])
def test_a_picture_without_anything_in_it_agrees_with_nothing(photo, side):
    empty = local_features(np.full((side, side, 3), 90, np.uint8))
    assert len(empty) == 0
    assert align(local_features(photo), empty) is None
    assert align(empty, local_features(photo)) is None
    assert len(matched(empty, empty)[0]) == 0


def test_boxes_pick_keypoints(photo):
    features = local_features(photo)
    left = features.inside([(0.0, 0.0, 0.5, 1.0)])
    assert 0 < left.sum() < len(features)
    assert (features.xy[left, 0] <= features.width_px / 2).all()
