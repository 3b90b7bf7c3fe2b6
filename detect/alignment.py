"""Whether two photos show one place, and where a region of the first lies in the second.

Every pair of matched keypoints proposes how the second picture was moved, turned and scaled; the
proposal that most others agree with is widened to an affine and then a plane-to-plane map. Nothing
is drawn by lot, so the same two pictures always give the same answer.

What counts is not how many keypoints agree but over how much of both pictures they lie: the printed
sticker on a bin is the same in a thousand streets, and gives fifty keypoints on one spot. So
agreeing keypoints are counted by cells of the picture, and those on movable things apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.local_features import LocalFeatures, NormalBox

Matrix = NDArray[np.float64]

MOVABLE_WEIGHT = 0.2
"""What agreement on a movable thing counts beside agreement on what stays."""

RATIO = 0.88
"""The best match's distance over the second best's, in either direction, at the most."""

MOST_MATCHES = 500
_FEW = 5
_CELLS_A_SIDE = 32
_PROPOSALS = 8
_TURN_RAD = 0.5
_SCALE_LOG2 = 1.0
_LARGEST_LOG2 = 2.3
_FIRST, _AFFINE, _PLANE = 0.08, 0.035, 0.02  # of the picture's diagonal
_PLANE_FROM = 10  # cells: on fewer, a plane-to-plane map bends to meet any stray pair


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How a second picture lies over a first.

    ``matrix`` (3, 3) takes normalised points of the first to normalised points of the second.
    ``matches``: keypoints that look alike; ``agreeing``: those that fit the map; ``cells``: in how
    many cells of the picture (32 a side) they lie, the fewer of both; ``fixed_cells``: the same
    without keypoints on movable things; ``spread``: the share of the picture that they span, the
    smaller of both; ``residual``: how far they are off in the middle, of the diagonal.
    """

    matrix: Matrix
    matches: int
    agreeing: int
    cells: int
    fixed_cells: int
    spread: float
    residual: float

    @property
    def support(self) -> float:
        """How much speaks for one place: cells on fixed things, and a little for movable ones."""
        return self.fixed_cells + MOVABLE_WEIGHT * max(0, self.cells - self.fixed_cells)

    def carry(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Normalised points (n, 2) of the first picture in the second."""
        return _mapped(self.matrix, points)

    def carry_box(self, box: NormalBox) -> NormalBox:
        """The upright box around a box of the first picture, in the second; may lie outside."""
        x1, y1, x2, y2 = box
        corners = self.carry(np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64))
        low, high = corners.min(axis=0), corners.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def align(
    first: LocalFeatures,
    second: LocalFeatures,
    *,
    movable: tuple[Sequence[NormalBox], Sequence[NormalBox]] = ((), ()),
) -> Alignment | None:
    """The map from the first picture to the second that most of both agrees with; None: none.

    ``movable`` are normalised boxes, in the first and in the second picture, of things that may
    stand elsewhere tomorrow: bins, vehicles, the problem itself.
    """
    i, j = matched(first, second)
    if len(i) < _FEW:
        return None
    pairs = _Pairs.of(
        first, second, i, j, first.inside(movable[0])[i] | second.inside(movable[1])[j]
    )
    best: Alignment | None = None
    for proposal in pairs.proposals():
        found = pairs.settled(proposal)
        if found is not None and (best is None or _rank(found) > _rank(best)):
            best = found
    return best


def align_matched(
    first: LocalFeatures,
    second: LocalFeatures,
    i: NDArray[np.intp],
    j: NDArray[np.intp],
    *,
    movable: tuple[Sequence[NormalBox], Sequence[NormalBox]] = ((), ()),
) -> Alignment | None:
    """As ``align``, of given pairs, most of them right: keypoint ``i[k]`` shows what ``j[k]`` does.

    Scale and turn of the keypoints aren't looked at; the plane-to-plane map that most pairs agree
    with begins it. The same pairs always give the same answer.
    """
    if len(i) < _FEW:
        return None
    loose = first.inside(movable[0])[i] | second.inside(movable[1])[j]
    pairs = _Pairs.of(first, second, i, j, loose)
    most_px = _PLANE * pairs.diagonal_px / 2
    _, agree = cv2.findHomography(pairs.first, pairs.second, cv2.USAC_MAGSAC, most_px)
    if agree is None or agree.sum() < _FEW:
        return None
    return pairs.settled(np.asarray(agree.ravel() > 0))


def matched(
    first: LocalFeatures, second: LocalFeatures, ratio: float = RATIO
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Keypoints that are each other's best match, clearly better than the second best."""
    if min(len(first), len(second)) < 2:
        none = np.zeros(0, np.intp)
        return none, none
    alike = first.descriptor @ second.descriptor.T
    rows = np.arange(len(first))
    to = alike.argmax(axis=1)
    back = alike.argmax(axis=0)
    nearest = alike[rows, to]
    second_best = np.maximum(
        np.partition(alike, -2, axis=1)[:, -2], np.partition(alike, -2, axis=0)[-2][to]
    )
    share = np.maximum(1 - nearest, 0) / np.maximum(1 - second_best, 1e-9)
    good = np.flatnonzero((back[to] == rows) & (share < ratio**2))
    good = good[np.argsort(share[good], kind="stable")[:MOST_MATCHES]]
    return good, to[good]


def _rank(found: Alignment) -> tuple[float, int]:
    return found.support, found.agreeing


def _mapped(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    ends = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    depth = np.where(np.abs(ends[:, 2:]) < 1e-9, 1e-9, ends[:, 2:])
    return np.asarray(ends[:, :2] / depth, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Matched keypoints, in pixels of both pictures, with what they say of the move between them.

    ``move`` (n,) complex: scale and turn that one keypoint's size and angle propose.
    """

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    move: NDArray[np.complex128]
    movable: NDArray[np.bool_]
    size_first: tuple[int, int]
    size_second: tuple[int, int]

    @classmethod
    def of(
        cls,
        first: LocalFeatures,
        second: LocalFeatures,
        i: NDArray[np.intp],
        j: NDArray[np.intp],
        movable: NDArray[np.bool_],
    ) -> _Pairs:
        scale = second.size_px[j].astype(np.float64) / first.size_px[i]
        turn = second.angle_rad[j].astype(np.float64) - first.angle_rad[i]
        return cls(
            first.xy[i].astype(np.float64),
            second.xy[j].astype(np.float64),
            scale * np.exp(1j * turn),
            movable,
            (first.width_px, first.height_px),
            (second.width_px, second.height_px),
        )

    @property
    def diagonal_px(self) -> float:
        return float(np.hypot(*self.size_second))

    def proposals(self) -> list[NDArray[np.bool_]]:
        """(n,) masks of pairs that agree with one pair's move, the widest agreement first."""
        start = self.first[:, 0] + 1j * self.first[:, 1]
        end = self.second[:, 0] + 1j * self.second[:, 1]
        off = np.abs(self.move[:, None] * (start[None] - start[:, None]) + end[:, None] - end[None])
        between = self.move[None] / self.move[:, None]
        agree = (
            (off < _FIRST * self.diagonal_px)
            & (np.abs(np.angle(between)) < _TURN_RAD)
            & (np.abs(np.log2(np.abs(between))) < _SCALE_LOG2)
        )
        plausible = np.abs(np.log2(np.abs(self.move))) < _LARGEST_LOG2
        count = np.where(plausible, agree.sum(axis=1), 0)
        order = np.argsort(-count, kind="stable")[:_PROPOSALS]
        return [agree[k] for k in order if count[k] >= _FEW]

    def settled(self, agree: NDArray[np.bool_]) -> Alignment | None:
        """The widened map that a proposal ends in, None where it falls apart."""
        bound = agree
        matrix: Matrix | None = None
        for limit in (_FIRST / 2, _AFFINE, _AFFINE, _PLANE, _PLANE):
            matrix = self._fit(agree, plane=limit == _PLANE)
            if matrix is None:
                return None
            off = np.hypot(*(_mapped(matrix, self.first) - self.second).T)
            agree = (off < limit * self.diagonal_px) & self._same_move(bound)
            if agree.sum() < _FEW:
                return None
        if matrix is None or not _sane(matrix, self.size_first):
            return None
        return self._alignment(matrix, agree)

    def _same_move(self, bound: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Pairs whose own scale and turn are about those of the proposal."""
        middle = np.median(np.log2(np.abs(self.move[bound])))
        turn = np.angle(self.move[bound] / np.abs(self.move[bound])).astype(np.float64)
        about = np.exp(1j * np.angle(np.exp(1j * turn).sum()))
        near = np.abs(np.angle(self.move / about)) < 1.5 * _TURN_RAD
        return np.asarray(near & (np.abs(np.log2(np.abs(self.move)) - middle) < 1.5), np.bool_)

    def _fit(self, agree: NDArray[np.bool_], *, plane: bool) -> Matrix | None:
        start, end = self.first[agree], self.second[agree]
        if plane and self._cells(start, end) >= _PLANE_FROM:
            found, _ = cv2.findHomography(start, end, 0)
            return None if found is None else np.asarray(found, np.float64)
        wide = np.concatenate([start, np.ones((len(start), 1))], axis=1)
        solved, _, rank, _ = np.linalg.lstsq(wide, end, rcond=None)
        if rank < 3:
            return None
        return np.vstack([solved.T, [0.0, 0.0, 1.0]])

    def _alignment(self, matrix: Matrix, agree: NDArray[np.bool_]) -> Alignment:
        start, end = self.first[agree], self.second[agree]
        off = np.hypot(*(_mapped(matrix, start) - end).T)
        fixed = ~self.movable[agree]
        to_first = np.diag([1 / self.size_first[0], 1 / self.size_first[1], 1.0])
        to_second = np.diag([1 / self.size_second[0], 1 / self.size_second[1], 1.0])
        return Alignment(
            matrix=np.asarray(to_second @ matrix @ np.linalg.inv(to_first), np.float64),
            matches=len(self.first),
            agreeing=int(agree.sum()),
            cells=self._cells(start, end),
            fixed_cells=self._cells(start[fixed], end[fixed]),
            spread=min(_hull(start, self.size_first), _hull(end, self.size_second)),
            residual=float(np.median(off) / self.diagonal_px),
        )

    def _cells(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> int:
        return min(_occupied(start, self.size_first), _occupied(end, self.size_second))


def _occupied(points: NDArray[np.float64], size_px: tuple[int, int]) -> int:
    """In how many cells of the picture the points lie."""
    side_px = max(size_px) / _CELLS_A_SIDE
    return len({(int(x // side_px), int(y // side_px)) for x, y in points})


def _hull(points: NDArray[np.float64], size_px: tuple[int, int]) -> float:
    if len(points) < 3:
        return 0.0
    area = cv2.contourArea(cv2.convexHull(points.astype(np.float32)))
    return float(area / (size_px[0] * size_px[1]))


def _sane(matrix: Matrix, first: tuple[int, int]) -> bool:
    """Whether a map could come from a camera: no mirror, no fold, no absurd change of size."""
    corners = np.array([[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]) * first
    ends = _mapped(matrix, corners).astype(np.float32)
    area = cv2.contourArea(ends, oriented=True) / (0.16 * first[0] * first[1])
    return bool(cv2.isContourConvex(ends) and 1 / 40 < area < 40)
