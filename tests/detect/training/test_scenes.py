from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_sets import scene_picture, sheared

from detect.training.errors import DatasetError
from detect.training.scenes import (
    Descriptor,
    centred_cosine,
    find_pairs,
    join,
    keypoints,
    propose,
    read_image,
    same_view,
)


def test_a_sheared_copy_is_the_same_view_and_a_stranger_is_not() -> None:
    first, copy, stranger = (
        scene_picture(1, 400),
        sheared(scene_picture(1, 400)),
        scene_picture(2, 400),
    )
    assert same_view(keypoints(first), keypoints(copy))
    assert not same_view(keypoints(first), keypoints(stranger))


def test_a_turned_copy_is_the_same_view() -> None:
    image = scene_picture(3, 400)
    turned = cv2.warpAffine(image, cv2.getRotationMatrix2D((200, 200), 25, 0.9), (400, 400))
    assert same_view(keypoints(image), keypoints(turned))


def test_a_watermark_does_not_join_two_places() -> None:
    mark = scene_picture(9, 60)
    first, second = scene_picture(1, 400), scene_picture(2, 400)
    first[-60:, -60:] = mark
    second[-60:, -60:] = mark
    assert not same_view(keypoints(first), keypoints(second))


def test_a_blank_picture_has_no_keypoints_and_no_view() -> None:
    blank = keypoints(np.full((200, 200, 3), 127, np.uint8))
    assert len(blank.xy) == 0
    assert not same_view(blank, blank)


def test_pairs_are_found_among_files(tmp_path: Path) -> None:
    images = [scene_picture(seed, 400) for seed in range(6)] + [sheared(scene_picture(2, 400))]
    paths = []
    for index, image in enumerate(images):
        paths.append(tmp_path / f"{index}.png")
        cv2.imwrite(str(paths[-1]), image)
    assert find_pairs(paths) == [(2, 6)]
    assert find_pairs(paths[:1]) == []


def test_alike_pictures_pair_without_keypoints_only_where_allowed(tmp_path: Path) -> None:
    vectors = {0: [1.0, 0.0, 0.2], 1: [1.0, 0.0, 0.2], 2: [0.0, 1.0, 0.0], 3: [-1.0, 0.3, 0.0]}
    paths = []
    for index in vectors:
        paths.append(tmp_path / f"{index}.png")
        cv2.imwrite(str(paths[-1]), np.full((40, 40, 3), index, np.uint8))
    descriptor = Descriptor(lambda i: np.array(vectors[int(i[0, 0, 0])], np.float32), alike=0.99)
    assert find_pairs(paths, descriptor) == [(0, 1)]
    assert find_pairs(paths, descriptor, [True, False, True, True]) == []


def test_neighbours_and_pictures_in_a_row_are_proposed() -> None:
    angles = np.radians([0, 120, 240, 1])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    pairs = propose(centred_cosine(vectors), neighbours=1, in_a_row=1)
    assert {(0, 3), (0, 1), (1, 2), (2, 3)} <= pairs
    assert all(i < j for i, j in pairs)


def test_pairs_and_groups_join_to_scenes() -> None:
    scenes = join(6, [(0, 1), (1, 2)], [None, None, "a", "a", None, None])
    assert len({scenes[i] for i in (0, 1, 2, 3)}) == 1
    assert len({scenes[0], scenes[4], scenes[5]}) == 3


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    for name in ("broken.jpg", "empty.jpg", "absent.jpg"):
        with pytest.raises(DatasetError, match=name):
            read_image(tmp_path / name)
