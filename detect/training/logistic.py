"""Logistic regression on few principal components, in numpy: small, exact, the same every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COMPONENTS = 96
_STEPS = 30
_ENOUGH = 1e-6


@dataclass(frozen=True)
class Fitted:
    """The probability is the sigmoid of ``rows @ weight + bias``; weight is (f,)."""

    weight: Floats
    bias: float

    def logit(self, rows: npt.NDArray[np.floating]) -> Floats:
        """(n,) log odds."""
        return np.asarray(rows, np.float64) @ self.weight + self.bias


def fit(
    rows: npt.NDArray[np.floating],
    true: npt.NDArray[np.bool_],
    penalty: float,
    components: int = COMPONENTS,
    apart: int = 0,
) -> Fitted:
    """Fits (n, f) rows to (n,) truths. Both truths weigh the same in sum.

    The last ``apart`` columns stay out of the principal components and are always used. Raises
    ValueError where all truths are alike.
    """
    return fit_each(rows, true, [penalty], components, apart)[0]


def fit_each(
    rows: npt.NDArray[np.floating],
    true: npt.NDArray[np.bool_],
    penalties: Sequence[float],
    components: int = COMPONENTS,
    apart: int = 0,
) -> list[Fitted]:
    """As ``fit``, once for each penalty; the components, which take the time, are found once."""
    if true.all() or not true.any():
        raise ValueError("there must be true and false rows to tell apart")
    mean, spread = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
    scale = 1 / np.where(spread < 1e-6, np.inf, spread)
    scaled = (rows.astype(np.float64) - mean) * scale
    basis = _basis(scaled, components, apart)
    projected = scaled @ basis
    fitted = []
    for penalty in penalties:
        inner = _newton(projected, true, penalty)
        weight = (basis @ inner[:-1]) * scale
        fitted.append(Fitted(weight, float(inner[-1] - mean @ weight)))
    return fitted


def _basis(scaled: Floats, components: int, apart: int) -> Floats:
    """(f, c) directions: the strongest of the first columns, each of unit spread, and the rest."""
    width = scaled.shape[1] - apart
    first = scaled[:, :width]
    values, vectors = np.linalg.eigh(first.T @ first / len(first))
    kept = np.argsort(values)[::-1][: min(components, width, len(scaled) - 1)]
    kept = kept[values[kept] > 1e-9]
    basis = np.zeros((scaled.shape[1], len(kept) + apart))
    basis[:width, : len(kept)] = vectors[:, kept] / np.sqrt(values[kept])
    basis[width:, len(kept) :] = np.eye(apart)
    return basis


def _newton(rows: Floats, true: npt.NDArray[np.bool_], penalty: float) -> Floats:
    """(c + 1,) weights and bias: iterated least squares; the bias is not held back."""
    inputs = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    share = true.mean()
    each = np.where(true, 0.5 / share, 0.5 / (1 - share)) / len(rows)
    hold = np.diag([*[penalty] * rows.shape[1], 1e-9])
    weight = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        told = 1 / (1 + np.exp(-np.clip(inputs @ weight, -30, 30)))
        slope = inputs.T @ (each * (told - true)) + hold @ weight
        bend = (inputs * (each * np.maximum(told * (1 - told), 1e-6))[:, None]).T @ inputs + hold
        step = np.linalg.solve(bend, slope)
        weight = weight - step
        if np.abs(step).max() < _ENOUGH:
            break
    return weight
