"""Learned keypoints: another look at a place is recognised, another place is not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.alignment import align_matched
from detect.engines.learned_view import KEYPOINTS, SIDE_PX, LearnedMatcher, shipped_matcher
from detect.errors import ModelError

PATROL = Path(__file__).parents[2] / "samples" / "patrol"


def read(name: str, day: str = "2026-11-02") -> np.ndarray:
    image = cv2.imread(str(PATROL / day / f"{name}.jpg"))
    assert image is not None
    return cv2.resize(image, (640, 480), interpolation=cv2.INTER_AREA)


def support(first: np.ndarray, second: np.ndarray) -> float:
    matcher = shipped_matcher()
    one, other = matcher.points(first), matcher.points(second)
    found = align_matched(one, other, *matcher.pairs(one, other))
    return 0.0 if found is None else found.support


def test_keypoints_lie_in_the_picture_and_are_described():
    found = shipped_matcher().points(read("p05")[:, :320])
    assert 100 < len(found) <= KEYPOINTS
    assert (found.width_px, found.height_px) == (416, SIDE_PX)
    assert ((found.xy >= 0) & (found.xy < [found.width_px, found.height_px])).all()
    assert np.linalg.norm(found.descriptor, axis=1) == pytest.approx(1, abs=1e-3)


def test_a_view_from_aside_at_dusk_is_laid_over_the_first():
    photo = read("p05")
    start = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    end = start + np.array([[0.08, 0.1], [-0.02, 0.0], [-0.05, 0.04], [0.1, -0.08]], np.float32)
    map_there = cv2.getPerspectiveTransform(start, end.astype(np.float32))
    sides = np.diag([640, 480, 1.0])
    seen = cv2.warpPerspective(photo, sides @ map_there @ np.linalg.inv(sides), (640, 480))
    dusk = (255 * (seen * [0.6, 0.45, 0.4] / 255) ** 1.3).astype(np.uint8)
    matcher = shipped_matcher()
    one, other = matcher.points(photo), matcher.points(dusk)
    found = align_matched(one, other, *matcher.pairs(one, other))
    assert found is not None
    assert found.support > 40
    points = np.array([[0.3, 0.4], [0.6, 0.7], [0.5, 0.5]])
    ends = np.concatenate([points, np.ones((3, 1))], axis=1) @ map_there.T
    assert np.abs(found.carry(points) - ends[:, :2] / ends[:, 2:]).max() < 0.02


def test_another_visit_counts_more_than_another_place():
    assert support(read("p05"), read("p05", "2026-11-09")) > 2 * support(read("p05"), read("p09"))


def test_the_same_pictures_always_give_the_same_answer():
    assert len({support(read("p06"), read("p06", "2026-11-09")) for _ in range(3)}) == 1


@pytest.mark.parametrize("shade", [0, 128])
def test_a_plain_picture_agrees_with_nothing(shade):
    plain = np.full((120, 160, 3), shade, np.uint8)
    assert support(plain, read("p05")) == 0
    assert support(plain, plain) == 0


@pytest.mark.parametrize("size", [(1, 1), (7, 900), (33, 33)])
def test_odd_sizes_are_no_trouble(size):
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    assert support(noise, read("p05")) < 10


def test_without_its_networks_it_says_what_is_missing(tmp_path):
    with pytest.raises(ModelError, match="points"):
        LearnedMatcher(tmp_path)
