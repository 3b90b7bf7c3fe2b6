"""Droppings by classical vision: dark, slender specks of one size, lying in a group.

What the pest model is compared with; not part of the product. Works where the ground is plain.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LONG_PX = 416
MIN_GROUP = 5


def find_groups(image: NDArray[np.uint8]) -> list[tuple[float, NDArray[np.float64]]]:
    """Score and x1, y1, x2, y2 (pixels) of each group of specks, best first."""
    scale = LONG_PX / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    specks = _specks(np.asarray(small, np.uint8))
    groups = [group for group in _groups(specks) if len(group) >= MIN_GROUP]
    found = [(_score(group), _bounds(group) / scale) for group in groups]
    return sorted(found, key=lambda row: -row[0])


def _specks(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 4) middle x, y, length and slenderness of dark spindles."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    around = cv2.GaussianBlur(grey, (0, 0), 18)
    spread = cv2.GaussianBlur(np.abs(grey - around), (0, 0), 25) + 4
    dark = ((around - grey) > 2.2 * spread).astype(np.uint8)
    rows = []
    contours, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        if len(contour) < 5:
            continue
        (x, y), sides, _ = cv2.minAreaRect(contour)
        long, thick = max(sides) + 1, min(sides) + 1
        filled = cv2.contourArea(contour) / max(long * thick, 1.0)
        if 5 <= long <= 34 and 1.6 <= long / thick <= 5 and filled > 0.35:
            rows.append((x, y, long, long / thick))
    return np.array(rows, float).reshape(-1, 4)


def _groups(specks: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Specks within four lengths of each other and of like length belong together."""
    left = list(range(len(specks)))
    groups = []
    while left:
        group, front = [], [left.pop()]
        while front:
            one = front.pop()
            group.append(one)
            apart = np.hypot(*(specks[left, :2] - specks[one, :2]).T) if left else np.zeros(0)
            ratio = specks[left, 2] / specks[one, 2] if left else np.zeros(0)
            close = (apart < 5 * specks[one, 2]) & (ratio > 0.5) & (ratio < 2)
            joined = [left[k] for k in np.flatnonzero(close)]
            front += joined
            left = [k for k in left if k not in joined]
        groups.append(specks[group])
    return groups


def _score(group: NDArray[np.float64]) -> float:
    """More specks, and of more even length, are surer."""
    even = 1 / (1 + 3 * float(np.std(group[:, 2]) / np.mean(group[:, 2])))
    return float(even * len(group) / (len(group) + 6))


def _bounds(group: NDArray[np.float64]) -> NDArray[np.float64]:
    reach = group[:, 2:3] / 2
    return np.concatenate([(group[:, :2] - reach).min(axis=0), (group[:, :2] + reach).max(axis=0)])
