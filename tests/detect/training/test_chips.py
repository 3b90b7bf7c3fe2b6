"""Windows cut around small things: where they lie and which boxes go with them."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.training.chips import LEAST_PX, ChipPlan, chip_plan, cut_chip
from detect.training.errors import RecipeError


@given(
    st.integers(40, 500),
    st.integers(40, 500),
    st.floats(0, 0.9),
    st.floats(0, 0.9),
    st.floats(0.3, 3),
    st.integers(0, 10**6),
)
def test_a_chip_has_its_size_and_shows_the_box_it_was_drawn_for(
    width: int, height: int, x: float, y: float, zoom: float, seed: int
) -> None:
    box = np.array([[x * width, y * height, x * width + 8, y * height + 8]])
    box = np.minimum(box, [width, height, width, height])
    image = np.zeros((height, width, 3), np.uint8)
    plan = ChipPlan(("set",), (zoom, zoom), focus=1.0)
    chip, seen, kept = cut_chip(image, box, 64, plan, random.Random(seed))
    assert chip.shape == (64, 64, 3)
    assert len(seen) == len(kept) <= 1
    assert (seen >= 0).all()
    assert (seen <= 64).all()
    assert ((seen[:, 2:] - seen[:, :2]) >= LEAST_PX).all()


def test_what_is_drawn_stays_under_its_box() -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:130, 200:240] = 255
    box = np.array([[200.0, 100, 240, 130]])
    shown = 0
    for seed in range(20):
        plan = ChipPlan(("set",), (0.8, 2.0), focus=1.0)
        chip, seen, kept = cut_chip(image, box, 128, plan, random.Random(seed))
        if not len(kept):
            continue
        x1, y1, x2, y2 = seen[0].round().astype(int)
        inside = chip[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2]
        assert inside.min(initial=255) > 200
        outside = chip.copy()
        outside[max(0, y1 - 2) : y2 + 2, max(0, x1 - 2) : x2 + 2] = 0
        assert not (outside == 255).any()
        shown += 1
    assert shown > 10


def test_a_box_cut_to_less_than_a_quarter_is_not_labelled() -> None:
    image = np.zeros((100, 1000, 3), np.uint8)
    box = np.array([[0.0, 0, 1000, 100]])
    kept = cut_chip(image, box, 100, ChipPlan(("set",), (1, 1)), random.Random(0))[2]
    assert len(kept) == 0


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"datasets": ["a"], "zoom": [2, 1]},
        {"datasets": ["a"], "zoom": [0, 1]},
        {"datasets": ["a"], "repeat": 0},
        {"datasets": ["a"], "focus": 2},
        {"datasets": ["a"], "zom": [1, 2]},
    ],
)
def test_impossible_plans_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="chips"):
        chip_plan(raw)
