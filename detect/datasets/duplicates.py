"""Pictures that are the same picture: byte for byte, or nearly (compressed anew, smaller, lighter).

Small versions are compared pixel for pixel, all with all. A hash of the pattern would be quicker,
but of a wall or a sky most of its bits are noise, and those are the copies that keypoints miss too.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.training.errors import DatasetError

SAME = 0.985
SIDE_PX = 32
_BLOCK = 512
_LEAST_CONTRAST = 2.0


@dataclass(frozen=True, slots=True)
class Marks:
    """What is compared of one picture: its bytes' hash, and a small version.

    ``small`` is (SIDE_PX * SIDE_PX * 3,) with mean 0 and length 1; all 0 for a flat picture.
    """

    sha256: str
    small: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, by index (first < second), that are the same one."""

    first: int
    second: int
    exact: bool


def marks(path: Path) -> Marks:
    """The marks of a picture. Raises DatasetError where it can't be decoded."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error})") from error
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise DatasetError(f"{path}: is not a picture that OpenCV can decode (corrupt or empty)")
    return Marks(hashlib.sha256(data).hexdigest(), small(np.asarray(image, np.uint8)))


def find_duplicates(paths: Sequence[Path], threads: int = 2) -> list[Pair]:
    """All pairs among ``paths``, in order. Raises DatasetError naming an unreadable picture."""
    with ThreadPoolExecutor(threads) as pool:
        return pair_up(list(pool.map(marks, paths)))


def pair_up(found: Sequence[Marks]) -> list[Pair]:
    """All pairs among pictures whose marks are known."""
    by_bytes: dict[str, list[int]] = defaultdict(list)
    for index, mark in enumerate(found):
        by_bytes[mark.sha256].append(index)
    exact = {pair for same in by_bytes.values() for pair in combinations(same, 2)}
    pairs = [Pair(i, j, True) for i, j in exact]
    pairs += [Pair(i, j, False) for i, j in _alike(found) if (i, j) not in exact]
    return sorted(pairs, key=lambda pair: (pair.first, pair.second))


def small(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The small version of a (H, W, 3) picture, as ``Marks`` has it."""
    shrunk = cv2.resize(image, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    vector = np.asarray(shrunk, np.float32).ravel()
    vector -= vector.mean()
    spread = float(np.linalg.norm(vector)) / SIDE_PX
    return vector / (spread * SIDE_PX) if spread > _LEAST_CONTRAST else np.zeros_like(vector)


def _alike(found: Sequence[Marks]) -> list[tuple[int, int]]:
    if len(found) < 2:
        return []
    table = np.stack([mark.small for mark in found])
    pairs = []
    for start in range(0, len(table), _BLOCK):
        close = table[start : start + _BLOCK] @ table[start:].T >= SAME
        rows, columns = np.nonzero(np.triu(close, 1))
        pairs += [(start + int(i), start + int(j)) for i, j in zip(rows, columns, strict=True)]
    return pairs
