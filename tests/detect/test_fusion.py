from __future__ import annotations

import numpy as np
import pytest

from detect.fusion import fuse
from detect.types import Detections

NAMES = ("bin", "litter")


def seen(*rows):
    """(x1, y1, x2, y2, score, class) each."""
    return Detections.of([r[:4] for r in rows], [r[4] for r in rows], [r[5] for r in rows], NAMES)


def test_what_two_looks_see_is_one_box_between_them():
    first = seen((0, 0, 100, 100, 0.9, 0))
    second = seen((10, 0, 110, 100, 0.3, 0))
    found = fuse([first, second], 0.55)
    np.testing.assert_allclose(found.xyxy, [[2.5, 0, 102.5, 100]], atol=0.01)
    np.testing.assert_allclose(found.score, [0.6], atol=1e-6)
    assert found.names == NAMES


def test_what_one_look_alone_saw_falls_behind():
    first = seen((0, 0, 100, 100, 0.9, 0))
    second = seen((300, 0, 400, 100, 0.6, 0), (0, 0, 100, 100, 0.5, 0))
    found = fuse([first, second, Detections.empty(NAMES)], 0.55)
    np.testing.assert_allclose(found.score, [1.4 / 3, 0.2], atol=1e-6)
    np.testing.assert_allclose(found.xyxy[1], [300, 0, 400, 100])


def test_classes_stay_apart_and_so_do_boxes_of_one_look():
    first = seen((0, 0, 100, 100, 0.9, 0), (0, 0, 100, 98, 0.8, 0))
    second = seen((0, 0, 100, 100, 0.7, 1))
    found = fuse([first, second], 0.55)
    np.testing.assert_allclose(found.score, [0.45, 0.4, 0.35], atol=1e-6)
    assert found.class_id.tolist() == [0, 0, 1]


def test_of_two_in_another_look_the_nearer_one_is_taken():
    first = seen((0, 0, 100, 100, 0.9, 0))
    second = seen((0, 0, 100, 80, 0.6, 0), (0, 0, 100, 99, 0.5, 0))
    found = fuse([first, second], 0.55)
    np.testing.assert_allclose(found.score, [0.7, 0.3], atol=1e-6)


def test_sums_by_hand_hold_for_many_boxes():
    """Against the plain rule, written out box by box."""
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 300, (40, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(20, 80, (40, 2))], 1)
    kinds = rng.integers(0, 2, 40)
    looks = []
    for _ in range(3):
        moved = boxes + rng.normal(0, 4, boxes.shape)
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 5)
        looks.append(Detections.of(moved, rng.uniform(0.01, 1, 40), kinds, NAMES))
    found, wanted = fuse(looks, 0.55), by_hand(looks, 0.55)
    np.testing.assert_allclose(found.score, [row[0] for row in wanted], atol=1e-5)
    np.testing.assert_allclose(found.xyxy, [row[1] for row in wanted], atol=0.01)


def by_hand(looks, min_iou):
    rows = sorted(
        (
            [float(s), n, b.astype(float), int(c)]
            for n, d in enumerate(looks)
            for b, s, c in zip(d.xyxy, d.score, d.class_id, strict=True)
        ),
        key=lambda row: -row[0],
    )
    out = []
    while rows:
        best = rows.pop(0)
        group = [best]
        for look in range(len(looks)):
            rivals = [r for r in rows if r[1] == look != best[1] and r[3] == best[3]]
            near = max(rivals, key=lambda r: overlap(best[2], r[2]), default=None)
            if near is not None and overlap(best[2], near[2]) > min_iou:
                group.append(near)
                rows = [r for r in rows if r is not near]
        total = sum(r[0] for r in group)
        out.append((total / len(looks), sum(r[0] * r[2] for r in group) / total))
    return sorted(out, key=lambda row: -row[0])


def overlap(a, b):
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return shared / (sum(areas) - shared)


def test_no_more_than_asked_for_and_nothing_of_nothing():
    many = seen(*((50 * i, 0, 50 * i + 20, 20, 0.5 + i / 100, 0) for i in range(9)))
    assert len(fuse([many, Detections.empty(NAMES)], 0.5, max_boxes=4)) == 4
    assert len(fuse([Detections.empty(NAMES)] * 2, 0.5)) == 0


@pytest.mark.parametrize("score", [1.0, 0.999999])
def test_scores_stay_within_one(score):
    one = seen((0, 0, 10, 10, score, 0))
    assert fuse([one, one, one], 0.5).score[0] <= 1
