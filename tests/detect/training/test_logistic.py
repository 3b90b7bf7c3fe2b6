"""Logistic regression on principal components: finds what tells two groups apart."""

from __future__ import annotations

import numpy as np
import pytest

from detect.training.logistic import fit


def cloud(seed: int, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """40 columns of which two say what is true, one constant; 1 in 4 is true."""
    rng = np.random.default_rng(seed)
    true = rng.random(count) < 0.25
    rows = rng.normal(0, 1, (count, 40))
    rows[:, 3] += np.where(true, 2.5, -0.5)
    rows[:, 39] += np.where(true, -2.0, 0.5)
    rows[:, 7] = 5.0
    return rows, true


def told_apart(logit: np.ndarray, true: np.ndarray) -> float:
    return float((logit[true][:, None] > logit[~true][None]).mean())


@pytest.mark.parametrize("apart", [0, 5])
def test_it_tells_true_from_false_on_rows_it_never_saw(apart: int) -> None:
    fitted = fit(*cloud(1), penalty=0.01, components=38, apart=apart)
    rows, true = cloud(2)
    assert told_apart(fitted.logit(rows), true) > 0.95
    assert fitted.weight[7] == 0


def test_few_components_hide_what_columns_apart_keep() -> None:
    rows, true = cloud(3)
    alike = np.repeat(np.random.default_rng(0).normal(0, 1, (400, 1)), 60, axis=1)
    wide = np.concatenate([alike, rows], axis=1)
    narrow = fit(wide, true, penalty=0.01, components=1)
    kept = fit(wide, true, penalty=0.01, components=1, apart=1)
    assert told_apart(kept.logit(wide), true) > told_apart(narrow.logit(wide), true) + 0.1


def test_a_heavy_penalty_says_nothing_and_one_sided_truth_is_refused() -> None:
    rows, true = cloud(4)
    assert np.abs(fit(rows, true, penalty=1e6).weight).max() < 1e-3
    with pytest.raises(ValueError, match="true and false"):
        fit(rows, np.zeros(len(rows), bool), penalty=0.1)
