"""Scenes: pictures of one place or one series, found so that they never cross splits.

A descriptor a picture proposes neighbours, as does their order in the folder (a series is stored in
a row). ORB keypoints under an affine fit confirm them, so a rotated, sheared or padded copy is
found; two pictures that are alike beyond the descriptor's own limit need no confirmation (one car
park from many sides). Confirmed pairs and stated groups are joined to scenes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from detect.training.errors import DatasetError
from detect.types import Image

KEYPOINT_SIDE_PX = 400
KEYPOINTS = 400
NEIGHBOURS = 10
IN_A_ROW = 3
MIN_INLIERS = 18
MIN_SPREAD = 0.04  # of the picture: a watermark alone must not join two places
RATIO = 0.8  # best match against second best


@dataclass(frozen=True)
class Descriptor:
    """A vector a picture, and the cosine (mean removed) from which two show one place."""

    describe: Callable[[Image], npt.NDArray[np.float32]]
    alike: float | None = None


@dataclass(frozen=True)
class Keypoints:
    """ORB keypoints of one picture: xy (n, 2) as fractions of the sides, descriptor (n, 32)."""

    xy: npt.NDArray[np.float32]
    descriptor: npt.NDArray[np.uint8]


def read_image(path: Path) -> Image:
    """The picture as (H, W, 3) BGR. Raises DatasetError where it can't be decoded."""
    try:
        raw = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error})") from error
    image = cv2.imdecode(raw, cv2.IMREAD_COLOR) if raw.size else None
    if image is None:
        raise DatasetError(f"{path}: is not a picture that OpenCV can decode (corrupt or empty)")
    return np.asarray(image, np.uint8)


def colour_and_layout(image: Image) -> npt.NDArray[np.float32]:
    """A unit vector of colour (where is left out) and of coarse layout, mean removed."""
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    histogram = np.sqrt(cv2.calcHist([lab], [0, 1, 2], None, [6, 8, 8], [0, 256] * 3).ravel())
    layout = cv2.resize(lab, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    parts = [part - part.mean() for part in (histogram, layout)]
    vector = np.concatenate([part / (np.linalg.norm(part) + 1e-6) for part in parts])
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def keypoints(image: Image) -> Keypoints:
    """ORB keypoints, at most KEYPOINTS, of the picture shrunk to KEYPOINT_SIDE_PX."""
    scale = KEYPOINT_SIDE_PX / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    points, descriptor = cv2.ORB.create(KEYPOINTS, fastThreshold=10).detectAndCompute(grey, None)
    if descriptor is None:
        return Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    sides = np.array(grey.shape[::-1], np.float32)
    xy = np.array([point.pt for point in points], np.float32) / sides
    return Keypoints(xy, np.asarray(descriptor, np.uint8))


def same_view(first: Keypoints, second: Keypoints) -> bool:
    """Whether an affine map carries enough, well-spread keypoints of one onto the other."""
    if min(len(first.xy), len(second.xy)) < MIN_INLIERS:
        return False
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    pairs = matcher.knnMatch(first.descriptor, second.descriptor, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < RATIO * p[1].distance]
    if len(good) < MIN_INLIERS:
        return False
    source = np.array([first.xy[m.queryIdx] for m in good])
    target = np.array([second.xy[m.trainIdx] for m in good])
    _, mask = cv2.estimateAffine2D(source, target, ransacReprojThreshold=0.012)
    inlier = mask.ravel().astype(bool)
    if inlier.sum() < MIN_INLIERS:
        return False
    return min(_spread(source[inlier]), _spread(target[inlier])) >= MIN_SPREAD


COLOUR_AND_LAYOUT = Descriptor(colour_and_layout)


def find_pairs(
    images: Sequence[Path],
    descriptor: Descriptor = COLOUR_AND_LAYOUT,
    may_be_alike: Sequence[bool] | None = None,
    threads: int = 2,
) -> list[tuple[int, int]]:
    """Index pairs (i < j) that show one place. Raises DatasetError naming an unreadable picture.

    `may_be_alike` says for which pictures the descriptor's `alike` may decide alone; pictures that
    have a stated group (a batch, a series) don't need it.
    """

    def features(path: Path) -> tuple[npt.NDArray[np.float32], Keypoints]:
        image = read_image(path)
        return descriptor.describe(image), keypoints(image)

    if len(images) < 2:
        return []
    with ThreadPoolExecutor(threads) as pool:
        rows = list(pool.map(features, images))
        similarity = centred_cosine(np.stack([row[0] for row in rows]))
        alike = _alike(similarity, descriptor.alike, may_be_alike)
        proposals = sorted(propose(similarity) - alike)
        verdicts = pool.map(lambda ij: same_view(rows[ij[0]][1], rows[ij[1]][1]), proposals)
        confirmed = {pair for pair, same in zip(proposals, verdicts, strict=True) if same}
    return sorted(confirmed | alike)


def centred_cosine(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The cosine of every pair of vectors (n, d) after taking their mean away; (n, n)."""
    centred = vectors - vectors.mean(axis=0)
    unit = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9)
    return np.asarray(unit @ unit.T, np.float32)


def propose(
    similarity: npt.NDArray[np.float32], neighbours: int = NEIGHBOURS, in_a_row: int = IN_A_ROW
) -> set[tuple[int, int]]:
    """The pairs (i < j) of nearest neighbours, and of pictures that follow each other closely."""
    total = len(similarity)
    apart = similarity.copy()
    np.fill_diagonal(apart, -np.inf)
    count = min(neighbours, total - 1)
    nearest = np.argpartition(-apart, count - 1, axis=1)[:, :count]
    pairs = {(min(i, int(j)), max(i, int(j))) for i, row in enumerate(nearest) for j in row}
    pairs |= {(i, i + step) for step in range(1, in_a_row + 1) for i in range(total - step)}
    return pairs


def _alike(
    similarity: npt.NDArray[np.float32], limit: float | None, allowed: Sequence[bool] | None
) -> set[tuple[int, int]]:
    if limit is None:
        return set()
    close = np.triu(similarity, 1) >= limit
    if allowed is not None:
        mask = np.asarray(allowed, bool)
        close &= mask[:, None] & mask[None, :]
    return {(int(i), int(j)) for i, j in np.argwhere(close)}


def join(count: int, pairs: Iterable[tuple[int, int]], groups: Sequence[str | None]) -> list[int]:
    """A scene number for each of `count` pictures: pairs and equal groups share one."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first_of: dict[str, int] = {}
    links = list(pairs)
    for index, group in enumerate(groups):
        if group is not None:
            links.append((first_of.setdefault(group, index), index))
    for i, j in links:
        low, high = sorted((root(i), root(j)))
        parent[high] = low
    return [root(i) for i in range(count)]


def _spread(xy: npt.NDArray[np.float32]) -> float:
    return float(cv2.contourArea(cv2.convexHull(xy.astype(np.float32))))
