"""Looking at a large picture whole and piece by piece, so that small things are found too.

The network sees a 4000 px photo at 640 px: a 60 px bottle becomes 10 px and is lost. So large
photos are also cut into overlapping tiles, and what tiles and whole picture show is merged:

- The whole picture always counts, and for things that are large beside a tile it is believed
  first: a tile sees only part of a pile and boxes that part.
- A tile's box that ends at a border inside the picture may be such a part. It is dropped if a whole
  box explains it; two tiles that saw the same part across their border are joined into one box;
  else it is dropped.
- Boxes of one pass never suppress each other: the engine has settled that.

>>> TilePlan(2, 2).boxes(1800, 900).tolist()
[[0, 0, 1000, 500], [800, 0, 1800, 500], [0, 400, 1000, 900], [800, 400, 1800, 900]]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detect.boxes import Boxes, covered, iou, shared_area
from detect.types import Detections, Image

Detect = Callable[[Sequence[Image]], list[Detections]]
TileMode = Literal["auto", "off", "on"]

OVERLAP = 0.2
AUTO_FROM = 2.5  # longer side of the photo, in inputs of the network
_LARGE = 0.5  # of a tile's side: from here on the whole picture's box is better than a tile's
_WITHIN = 0.7  # this much of a box inside another pass's box: the same thing, or a part of it
_EXPLAINED = 0.5  # this much of a cut box inside a whole one: a part of it
_BORDER = 0.005  # of a tile's side: a box that ends this near to the border is cut by it
_MAX_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class TilePlan:
    """A grid of tiles over a picture of any size; neighbours share ``overlap`` of their side."""

    columns: int
    rows: int
    overlap: float = OVERLAP

    def __post_init__(self) -> None:
        if self.columns < 1 or self.rows < 1 or not 0 <= self.overlap < 1:
            raise ValueError(f"a grid has 1 or more tiles and an overlap within 0..1, got {self}")

    @property
    def zoom(self) -> float:
        """How much larger things are in a tile than in the whole picture."""
        return 1 + (max(self.columns, self.rows) - 1) * (1 - self.overlap)

    def boxes(self, width_px: int, height_px: int) -> NDArray[np.int32]:
        """(n, 4) tiles in pixels, all of one size, row by row."""
        tile_w = ceil(width_px / (1 + (self.columns - 1) * (1 - self.overlap)) - 1e-6)
        tile_h = ceil(height_px / (1 + (self.rows - 1) * (1 - self.overlap)) - 1e-6)
        return _grid(
            _starts(width_px, tile_w, self.columns),
            _starts(height_px, tile_h, self.rows),
            tile_w,
            tile_h,
        )


def plan_tiles(
    width_px: int, height_px: int, tile_px: int, overlap: float = OVERLAP
) -> NDArray[np.int32]:
    """(n, 4) square tiles of ``tile_px`` that cover the picture, sharing at least ``overlap``.

    Tiles are as large as the picture where that is smaller.

    >>> plan_tiles(1000, 500, 640, 0.2).tolist()
    [[0, 0, 640, 500], [360, 0, 1000, 500]]
    """
    if min(width_px, height_px, tile_px) < 1 or not 0 <= overlap < 1:
        raise ValueError(
            "sizes must be 1 px or more and overlap within 0..1, "
            f"got {width_px}x{height_px}, {tile_px}, {overlap}"
        )
    step = max(1, int(tile_px * (1 - overlap)))
    tile_w, tile_h = min(tile_px, width_px), min(tile_px, height_px)
    columns, rows = (1 + -(-max(0, side - tile_px) // step) for side in (width_px, height_px))
    return _grid(
        _starts(width_px, tile_w, columns), _starts(height_px, tile_h, rows), tile_w, tile_h
    )


def tile_plan(width_px: int, height_px: int, input_px: int, mode: TileMode) -> TilePlan | None:
    """The tiles for a photo of this size, None for the whole picture alone.

    ``auto``: photos from 2.5 times the input on get 2 x 2 tiles, which show things 1.8 times as
    large for five times the network's work. ``on``: 3 x 3 tiles where the photo has pixels for
    them (2.6 times the input), 2 x 2 from 1.25 times the input on. Photos twice as wide as high,
    or more, get more tiles along the longer side, so that tiles stay near to 4:3.

    >>> tile_plan(4000, 3000, 640, "auto"), tile_plan(1280, 960, 640, "auto")
    (TilePlan(columns=2, rows=2, overlap=0.2), None)
    """
    longer, shorter = max(width_px, height_px), min(width_px, height_px)
    if mode == "off" or longer < input_px * (AUTO_FROM if mode == "auto" else 1.25):
        return None
    across = 3 if mode == "on" and longer >= 2.6 * input_px else 2
    along = across
    if longer >= 2 * shorter:
        along = min(_MAX_COLUMNS, round(across * longer / shorter * 0.75))
    return TilePlan(along, across) if width_px >= height_px else TilePlan(across, along)


def detect_tiled(
    image: Image, detect: Detect, plan: TilePlan | NDArray[np.int32], *, merge_iou: float = 0.5
) -> Detections:
    """What ``detect`` finds in the whole image and in its tiles, merged, in the image's pixels."""
    height_px, width_px = image.shape[:2]
    tiles = plan.boxes(width_px, height_px) if isinstance(plan, TilePlan) else plan
    whole, *pieces = detect([image, *(image[y1:y2, x1:x2] for x1, y1, x2, y2 in tiles)])
    return merge_tiles(whole, pieces, tiles, (width_px, height_px), merge_iou=merge_iou)


def merge_tiles(
    whole: Detections,
    pieces: Sequence[Detections],
    tiles: NDArray[np.int32],
    size_px: tuple[int, int],
    *,
    merge_iou: float = 0.5,
) -> Detections:
    """One Detections from the whole picture's and each tile's own (in the tile's pixels).

    ``tiles``: (n, 4) in the picture's pixels; ``size_px``: the picture's width and height.
    """
    seen = _gather(whole, pieces, tiles, size_px)
    kept, score = _merge_whole(seen, tiles, merge_iou)
    boxes, classes = seen.boxes[kept], seen.class_id[kept]
    joined, joined_score, joined_class = _join_cut(seen, kept, tiles)
    return _sorted(
        np.concatenate([boxes, joined]),
        np.concatenate([score, joined_score]),
        np.concatenate([classes, joined_class]),
        whole.names,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """All boxes of all passes in the picture's pixels; ``of_pass`` -1 is the whole picture."""

    boxes: Boxes
    score: NDArray[np.float32]
    class_id: NDArray[np.int32]
    of_pass: NDArray[np.int32]
    cut: NDArray[np.bool_]


def _gather(
    whole: Detections,
    pieces: Sequence[Detections],
    tiles: NDArray[np.int32],
    size_px: tuple[int, int],
) -> _Seen:
    moved = [piece.xyxy + np.tile(tile[:2], 2) for piece, tile in zip(pieces, tiles, strict=True)]
    cuts = [_cut(boxes, tile, size_px) for boxes, tile in zip(moved, tiles, strict=True)]
    parts = [whole, *pieces]
    return _Seen(
        np.concatenate([whole.xyxy, *moved]).astype(np.float32),
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.class_id for part in parts]),
        np.repeat(np.arange(-1, len(pieces)), [len(part) for part in parts]).astype(np.int32),
        np.concatenate([np.zeros(len(whole), np.bool_), *cuts]),
    )


def _cut(boxes: Boxes, tile: NDArray[np.int32], size_px: tuple[int, int]) -> NDArray[np.bool_]:
    """(n,) whether a box ends at a border of its tile that is not the picture's border."""
    x1, y1, x2, y2 = (int(side) for side in tile)
    near_x, near_y = max(2.0, _BORDER * (x2 - x1)), max(2.0, _BORDER * (y2 - y1))
    left = (boxes[:, 0] <= x1 + near_x) & (x1 > 0)
    top = (boxes[:, 1] <= y1 + near_y) & (y1 > 0)
    right = (boxes[:, 2] >= x2 - near_x) & (x2 < size_px[0])
    bottom = (boxes[:, 3] >= y2 - near_y) & (y2 < size_px[1])
    return np.asarray(left | top | right | bottom, np.bool_)


def _merge_whole(
    seen: _Seen, tiles: NDArray[np.int32], merge_iou: float
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Indices and scores of the uncut boxes to keep: large ones of the whole picture go first."""
    candidates = np.flatnonzero(~seen.cut)
    sides = seen.boxes[:, 2:] - seen.boxes[:, :2]
    tile_sides = tiles[0, 2:] - tiles[0, :2] if len(tiles) else np.ones(2)
    large = (seen.of_pass == -1) & (sides >= _LARGE * tile_sides).any(axis=1)
    order = candidates[np.lexsort((-seen.score[candidates], ~large[candidates]))]
    score = seen.score.copy()
    kept: list[int] = []
    for index in order:
        others = np.asarray(kept, np.intp)
        rivals = others[
            (seen.class_id[others] == seen.class_id[index])
            & (seen.of_pass[others] != seen.of_pass[index])
        ]
        box = seen.boxes[index : index + 1]
        overlap = iou(box, seen.boxes[rivals])[0]
        same = (overlap > merge_iou) | (covered(box, seen.boxes[rivals])[0] > _WITHIN)
        if not same.any():
            kept.append(int(index))
        elif overlap.max() > merge_iou:  # two looks at one thing: the surer one counts
            twin = rivals[overlap.argmax()]
            score[twin] = max(score[twin], score[index])
    indices = np.asarray(kept, np.intp)
    return indices, score[indices]


def _join_cut(
    seen: _Seen, kept: NDArray[np.intp], tiles: NDArray[np.int32]
) -> tuple[Boxes, NDArray[np.float32], NDArray[np.int32]]:
    """Boxes of things that several tiles saw a part of, and no pass as a whole."""
    cut = [int(i) for i in np.flatnonzero(seen.cut) if not _explained(seen, int(i), kept)]
    groups: list[list[int]] = []
    for index in cut:
        near = [g for g in groups if any(_same_part(seen, index, other, tiles) for other in g)]
        groups = [g for g in groups if g not in near]
        groups.append([index, *(other for group in near for other in group)])
    joined = [group for group in groups if len(group) > 1]
    boxes = np.zeros((len(joined), 4), np.float32)
    for row, group in enumerate(joined):
        boxes[row, :2] = seen.boxes[group, :2].min(axis=0)
        boxes[row, 2:] = seen.boxes[group, 2:].max(axis=0)
    score = np.asarray([seen.score[group].max() for group in joined], np.float32)
    return boxes, score, np.asarray([seen.class_id[group[0]] for group in joined], np.int32)


def _explained(seen: _Seen, index: int, kept: NDArray[np.intp]) -> bool:
    rivals = kept[seen.class_id[kept] == seen.class_id[index]]
    shares = covered(seen.boxes[index : index + 1], seen.boxes[rivals])
    return bool((shares > _EXPLAINED).any())


def _same_part(seen: _Seen, one: int, other: int, tiles: NDArray[np.int32]) -> bool:
    """Whether two cut boxes of two tiles agree on what lies in the strip that both tiles see."""
    if seen.class_id[one] != seen.class_id[other] or seen.of_pass[one] == seen.of_pass[other]:
        return False
    boxes = seen.boxes[[one, other]]
    rivals = tiles[seen.of_pass[[other, one]]].astype(np.float32)
    in_strip = [float(shared_area(boxes[i : i + 1], rivals[i : i + 1])[0, 0]) for i in (0, 1)]
    both = float(shared_area(boxes[:1], boxes[1:])[0, 0])
    return both > 0 and both >= 0.5 * max(in_strip)


def _sorted(
    boxes: Boxes, score: NDArray[np.float32], class_id: NDArray[np.int32], names: Sequence[str]
) -> Detections:
    order = np.argsort(-score, kind="stable")
    return Detections.of(boxes[order], score[order], class_id[order], names)


def _starts(side_px: int, tile_px: int, count: int) -> NDArray[np.int32]:
    """Where ``count`` tiles begin: evenly spread, the first at 0, the last ending at the border."""
    return np.rint(np.linspace(0, side_px - tile_px, count)).astype(np.int32)


def _grid(
    lefts: NDArray[np.int32], tops: NDArray[np.int32], tile_w: int, tile_h: int
) -> NDArray[np.int32]:
    x1, y1 = (side.ravel() for side in np.meshgrid(lefts, tops))
    return np.stack([x1, y1, x1 + tile_w, y1 + tile_h], axis=1).astype(np.int32)
