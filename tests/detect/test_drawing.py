from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from detect.drawing import (
    GROUP_COLOURS,
    DrawnBox,
    crop_around,
    draw_boxes,
    drawable,
    encode_jpeg,
    thumbnail,
)


def plain(height: int = 300, width: int = 400, grey: int = 128) -> np.ndarray:
    return np.full((height, width, 3), grey, np.uint8)


def test_a_box_is_drawn_where_it_is_and_the_clean_picture_stays_clean():
    image = plain()
    drawn = draw_boxes(image, [DrawnBox((0.25, 0.25, 0.75, 0.75), group="litter")])
    assert (image == 128).all()
    assert np.abs(drawn[75, 200].astype(int) - GROUP_COLOURS["litter"]).max() < 60
    assert (drawn[150, 200] == 128).all()
    assert (drawn[10, 10] == 128).all()


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_every_colour_shows_on_any_ground(grey):
    for group in [*GROUP_COLOURS, "unknown"]:
        drawn = draw_boxes(plain(grey=grey), [DrawnBox((0.2, 0.2, 0.8, 0.8), group=group)])
        assert np.abs(drawn.astype(int) - grey).max() > 100


@pytest.mark.parametrize(
    "xyxy", [(0.3, 0.5, 0.6, 0.9), (0.0, 0.0, 1.0, 1.0), (0.98, 0.0, 1.0, 0.02), (1, 1, 1, 1)]
)
@pytest.mark.parametrize("label", ["garbage 0.91", "x" * 300, "暴露垃圾 0.91", ""])
def test_labels_stay_in_the_picture(xyxy, label):
    image = plain()
    drawn = draw_boxes(image, [DrawnBox(xyxy, label, "litter", plain="garbage")])
    assert drawn.shape == image.shape
    without = draw_boxes(image, [DrawnBox(xyxy, "", "litter")])
    assert (drawn != without).any() == bool(label)


def test_a_label_is_ink_on_its_groups_colour():
    drawn = draw_boxes(plain(600, 800), [DrawnBox((0.3, 0.5, 0.6, 0.9), "garbage", "bin")])
    patch = drawn[270:299, 241:300].reshape(-1, 3)
    assert (np.abs(patch.astype(int) - GROUP_COLOURS["bin"]).max(1) < 5).mean() > 0.3
    assert patch.max() > 240 or patch.min() < 40


def test_a_label_without_a_font_falls_back():
    assert drawable("暴露垃圾 0.9", "garbage 0.9", has_font=False) == "garbage 0.9"
    assert drawable("暴露垃圾 0.9", has_font=False) == "0.9"
    assert drawable("暴露垃圾 0.9", "garbage", has_font=True) == "暴露垃圾 0.9"
    assert drawable("garbage", has_font=False) == "garbage"


def test_a_picture_of_one_pixel():
    assert draw_boxes(plain(1, 1), [DrawnBox((0, 0, 1, 1), "x", "bin")]).shape == (1, 1, 3)


def test_jpeg_bytes_hold_pixels_and_no_exif():
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    data = encode_jpeg(cv2.GaussianBlur(noise, (0, 0), 2))
    with PillowImage.open(BytesIO(data)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (80, 60), {})
    assert len(encode_jpeg(noise, quality=20)) < len(encode_jpeg(noise, quality=95))


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4, 3))]
)
def test_what_is_no_picture_is_not_encoded(image):
    with pytest.raises(ValueError, match="a picture is"):
        encode_jpeg(image)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((300, 400), (150, 200)),
        ((400, 300), (200, 150)),
        ((100, 50), (100, 50)),
        ((1, 900), (1, 200)),
    ],
)
def test_thumbnails_keep_the_shape_and_never_grow(size, expected):
    image = plain(*size)
    small = thumbnail(image, 200)
    assert small.shape == (*expected, 3)
    assert small is not image


def test_a_crop_has_its_margin():
    image = plain(1000, 1000)
    image[400:600, 400:600] = 0
    crop = crop_around(image, (0.4, 0.4, 0.6, 0.6), 0.5)
    assert crop.shape == (400, 400, 3)
    assert (crop[100:300, 100:300] == 0).all()
    assert (crop[:99] == 128).all()


unit = st.floats(0, 1)


@given(unit, unit, unit, unit, st.floats(0, 3), st.integers(1, 50), st.integers(1, 50))
def test_any_box_gives_a_crop_inside_the_picture(a, b, c, d, margin, height, width):
    box = (min(a, b), min(c, d), max(a, b), max(c, d))
    crop = crop_around(plain(height, width), box, margin)
    assert 1 <= crop.shape[0] <= height
    assert 1 <= crop.shape[1] <= width
