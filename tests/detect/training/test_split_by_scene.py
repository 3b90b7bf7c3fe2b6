from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.training.errors import DatasetError
from detect.training.split import SplitPlan, assign, leaks

PLAN = SplitPlan(seed=3, val=0.1, test=0.2)


def split_of(scenes: list[int], plan: SplitPlan = PLAN, use: str = "all") -> list[str]:
    keys = [f"d/{i:05}.png" for i in range(len(scenes))]
    return assign(scenes, keys, ["d"] * len(scenes), [use] * len(scenes), plan)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(0, 99))
def test_no_scene_ever_crosses(scenes: list[int], seed: int) -> None:
    splits = split_of(scenes, SplitPlan(seed, 0.1, 0.2))
    assert leaks(scenes, splits) == []


def test_shares_come_close_to_the_plan() -> None:
    scenes = np.random.default_rng(0).integers(0, 400, 1000).tolist()
    shares = Counter(split_of(scenes))
    assert shares["test"] == pytest.approx(200, rel=0.3)
    assert shares["val"] == pytest.approx(100, rel=0.3)


def test_the_same_seed_gives_the_same_split_and_another_does_not() -> None:
    scenes = list(range(300))
    assert split_of(scenes) == split_of(scenes)
    assert split_of(scenes) != split_of(scenes, SplitPlan(4, 0.1, 0.2))


def test_a_new_picture_of_another_scene_moves_few_others() -> None:
    scenes = list(range(300))
    before, after = split_of(scenes), split_of([*scenes, 300])[:300]
    assert sum(a != b for a, b in zip(before, after, strict=True)) < 6


def test_train_only_pictures_keep_their_whole_scene_in_training() -> None:
    scenes = [0, 0, 1, 1, 2, 2]
    uses = ["all", "train", "train", "all", "train", "all"]
    keys = [f"d/{i}" for i in range(6)]
    assert set(assign(scenes, keys, ["d"] * 6, uses, PLAN)) == {"train"}


def test_a_scene_too_large_to_hold_out_trains() -> None:
    splits = split_of([0] * 90 + list(range(1, 11)))
    assert set(splits[:90]) == {"train"}
    assert "test" in splits


def test_each_data_set_is_filled_apart() -> None:
    scenes = list(range(200))
    names = ["a"] * 100 + ["b"] * 100
    splits = assign(scenes, [f"{n}/{i}" for i, n in enumerate(names)], names, ["all"] * 200, PLAN)
    assert Counter(splits[:100])["test"] == pytest.approx(20, abs=5)
    assert Counter(splits[100:])["test"] == pytest.approx(20, abs=5)


def test_a_leak_is_seen() -> None:
    assert leaks([1, 1, 2], ["train", "test", "test"]) == [1]


@pytest.mark.parametrize(("val", "test"), [(0, 0.2), (0.2, 0), (0.5, 0.5)])
def test_an_impossible_plan_is_refused(val: float, test: float) -> None:
    with pytest.raises(DatasetError, match="split"):
        SplitPlan(0, val, test)
