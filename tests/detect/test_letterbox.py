from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.letterbox import canvas_size, letterbox


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((4000, 3000), (640, 480)),
        ((3000, 4000), (480, 640)),
        ((6000, 4000), (640, 480)),
        ((1920, 1080), (640, 384)),
        ((1080, 1920), (384, 640)),
        ((8000, 1500), (640, 384)),
        ((640, 640), (640, 640)),
        ((1, 1), (640, 640)),
    ],
)
def test_canvas(size, wanted):
    assert canvas_size(*size, 640) == wanted


@settings(deadline=None)
@given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from([320, 416, 512, 640, 1280]))
def test_canvases_are_few_and_hold_every_picture(width, height, input_px):
    canvas_w, canvas_h = canvas_size(width, height, input_px)
    assert max(canvas_w, canvas_h) == input_px
    assert canvas_w % 32 == canvas_h % 32 == 0
    assert len({canvas_size(w, 100, input_px) for w in range(1, 400)}) <= 5


def test_picture_lies_in_the_middle_and_bars_are_grey():
    canvas = np.zeros((480, 640, 3), np.uint8)
    fit = letterbox(np.full((400, 600, 3), 200, np.uint8), canvas)
    assert (fit.left_px, fit.top_px) == (0, 26)
    assert (canvas[:26] == 114).all()
    assert (canvas[27:452] == 200).all()
    assert (canvas[454:] == 114).all()


def test_a_used_canvas_keeps_nothing_of_the_last_picture():
    canvas = np.full((480, 640, 3), 255, np.uint8)
    letterbox(np.zeros((100, 300, 3), np.uint8), canvas)
    assert canvas.max() == 114


@settings(deadline=None)
@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.lists(st.floats(0, 1), min_size=4, max_size=4),
)
def test_boxes_come_back(width, height, shares):
    canvas_w, canvas_h = canvas_size(width, height, 64)
    canvas = np.empty((canvas_h, canvas_w, 3), np.uint8)
    fit = letterbox(np.broadcast_to(np.uint8(9), (height, width, 3)), canvas)
    x1, x2 = sorted([shares[0] * width, shares[1] * width])
    y1, y2 = sorted([shares[2] * height, shares[3] * height])
    box = np.array([[x1, y1, x2, y2]], np.float32)
    drawn = box * fit.scale + np.tile([fit.left_px, fit.top_px], 2)
    assert (drawn >= -0.5).all()
    assert (drawn <= [canvas_w + 0.5, canvas_h + 0.5] * 2).all()
    np.testing.assert_allclose(fit.restore(drawn), box, atol=0.05 / fit.scale + 0.01)


def test_restore_stays_within_the_picture():
    fit = letterbox(np.zeros((400, 600, 3), np.uint8), np.empty((480, 640, 3), np.uint8))
    assert fit.restore(np.array([[-50.0, -50, 900, 900]])).tolist() == [[0, 0, 600, 400]]
    assert fit.restore(np.zeros((0, 4))).shape == (0, 4)


def test_shrinking_by_much_loses_no_thin_line():
    image = np.zeros((3000, 4000, 3), np.uint8)
    image[:, 1003] = 255
    canvas = np.empty((480, 640, 3), np.uint8)
    letterbox(image, canvas)
    assert canvas[240].max() > 20
