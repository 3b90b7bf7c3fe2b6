from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.scenes.paste import Sprite, compose, hidden, read_sprites, varied
from scripts.scenes.specks import find_groups

BOX = np.array([5.0, 5.0, 45.0, 40.0])


def sprite() -> Sprite:
    """A green block on nothing."""
    pixels = np.zeros((45, 60, 4), np.uint8)
    pixels[5:40, 5:45] = (20, 200, 20, 255)
    return Sprite(pixels, (("stall", BOX),))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), high=st.integers(200, 500), wide=st.integers(200, 500))
def test_boxes_lie_on_what_was_pasted(seed, high, wide):
    photo = np.full((high, wide, 3), 128, np.uint8)
    image, found = compose(np.random.default_rng(seed), photo, [sprite()])
    assert max(image.shape[:2]) == 640
    for row in found:
        x1, y1, x2, y2 = row.xyxy
        assert 0 <= x1 < x2 <= image.shape[1]
        assert 0 <= y1 < y2 <= image.shape[0]
        inside = image[int(y1) : int(y2) + 1, int(x1) : int(x2) + 1].reshape(-1, 3).astype(int)
        colourful = (inside.max(axis=1) - inside.min(axis=1)) > 25
        assert colourful.mean() > 0.5


def test_the_same_seed_makes_the_same_picture():
    photo = np.full((300, 400, 3), 90, np.uint8)
    one, two = (compose(np.random.default_rng(5), photo, [sprite()])[0] for _ in range(2))
    assert (one == two).all()


def test_a_mirrored_sprite_keeps_its_box():
    seen = set()
    for seed in range(12):
        changed = varied(np.random.default_rng(seed), sprite())
        ((_, box),) = changed.boxes
        seen.add(tuple(box))
        solid = np.argwhere(changed.pixels[..., 3] > 0)
        assert box[[1, 0]].tolist() == solid.min(axis=0).tolist()
        assert box[[3, 2]].tolist() == (solid.max(axis=0) + 1).tolist()
    assert seen == {(5, 5, 45, 40), (15, 5, 55, 40)}


def test_what_is_hidden():
    cover = np.array([25.0, 0.0, 100.0, 100.0])
    assert hidden(BOX, cover) == pytest.approx(0.5)
    assert hidden(BOX, np.zeros(4)) == 0


def test_sprites_without_boxes_file_or_alpha_are_passed_over(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), sprite().pixels)
    (tmp_path / "a.json").write_text(
        json.dumps({"findings": [{"class": "stall", "box_px": BOX.tolist()}]}), "utf-8"
    )
    cv2.imwrite(str(tmp_path / "b.png"), sprite().pixels)
    cv2.imwrite(str(tmp_path / "c.png"), sprite().pixels[..., :3])
    (only,) = read_sprites(tmp_path)
    assert only.boxes[0][0] == "stall"


def ground_with_specks(count: int) -> np.ndarray:
    """Plain ground with a row of dark spindles."""
    image = np.full((320, 416, 3), 170, np.uint8)
    for k in range(count):
        cv2.ellipse(image, (120 + 22 * k, 150 + 9 * (k % 3)), (8, 3), 40 * k, 0, 360, (20,) * 3, -1)
    return image


def test_specks_in_a_group_are_found_and_single_ones_are_not():
    ((score, box),) = find_groups(ground_with_specks(8))
    assert 0 < score < 1
    assert box.tolist() == pytest.approx([112, 142, 282, 177], abs=8)
    assert find_groups(ground_with_specks(2)) == []
    assert find_groups(np.full((200, 300, 3), 90, np.uint8)) == []


def test_boxes_come_back_in_the_pixels_of_the_picture():
    (small,) = find_groups(ground_with_specks(8))
    (large,) = find_groups(cv2.resize(ground_with_specks(8), None, fx=2, fy=2))
    assert (large[1] / 2).tolist() == pytest.approx(small[1].tolist(), abs=4)
