"""Whether a camera still shows the place that it is there for, and whether it shows it live.

Pictures are compared block by block (5 by 3) by where their edges are, in a version of 160 px:
light, rain and headlights change the strength of edges, a moved camera changes where they are, a
lorry hides some blocks and leaves the others. Two pictures show one view when enough blocks agree.

Measured on 40 street photos and changed versions of each: of the blocks agreed, in the worst
twentieth, 87 % after shadow and other light, 80 % after headlights, 47 % behind a lorry over 40 %
of the width; and in the best twentieth 33 % after a shift by 6 % of the width, 20 % after a
zoom of 1.25, 14 % after a turn by 8 degrees, none between different places. So the limit is 40 %.

A camera has a few reference views (day, night under infrared light, ...). A look that agrees with
none of them is *moved*, unless light changed so much that nothing can be said; then a new view is
learned when it has stayed the same for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.types import Image

Grey = NDArray[np.float32]
Cells = NDArray[np.bool_]
"""(18, 32): cells of the picture."""

WIDTH_PX, HEIGHT_PX = 160, 90
BLOCK_PX = 32, 30
ACROSS, DOWN = 32, 18
"""Cells by which change is told."""
AGREES = 0.5
"""Correlation of edges from which a block of two pictures shows the same."""
STRUCTURE = 40.0
LEAST_BLOCKS = 4
SAME_VIEW = 0.4
"""The share of blocks that must agree for two pictures to show one view."""
MAX_REFERENCES = 6
LEARN_LOOKS = 24
"""A changed view that agrees with itself for this many looks may be learned."""
MODE_GREY = 35.0
MODE_COLOUR = 12.0
CHANGED_GREY = 5.0
FROZEN_MEAN = 0.15
FROZEN_MAX = 6.0
FROZEN_LOOKS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """What is kept of a picture to compare it: (90, 160) grey and edges, brightness, colour.

    ``sample`` are single pixels, with their noise: only a repeated picture has the same noise.
    ``edges`` are smoothed; ``blocks`` are they with mean 0 and length 1 in
    each block; ``telling`` (15,) says which blocks have structure to be compared.
    """

    grey: Grey
    sample: Grey
    edges: Grey
    blocks: Grey
    telling: NDArray[np.bool_]
    brightness: float
    colour: float

    @classmethod
    def of(cls, grey: Grey, sample: Grey, brightness: float, colour: float) -> Sketch:
        """A sketch of this grey picture, with what follows from it."""
        strength = _strength(grey)
        edges = _edges(strength)
        telling = _upper(_by_block(strength)) >= STRUCTURE
        return cls(grey, sample, edges, _normalised(edges), telling, brightness, colour)


def sketch(image: Image) -> Sketch:
    """The sketch of a picture, (H, W, 3) BGR."""
    small = cv2.resize(image, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    blue, green, red = cv2.split(small)
    most, least = (pick(pick(blue, green), red) for pick in (cv2.max, cv2.min))
    spread = cv2.subtract(most, least)
    single = cv2.resize(image, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_NEAREST)
    sample = cv2.cvtColor(single, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return Sketch.of(grey, sample, float(grey.mean()), float(cv2.mean(spread)[0]))


def agreement(one: Sketch, other: Sketch) -> float:
    """The share of blocks, 0..1, in which two pictures have their edges in the same places.

    Only blocks with structure in ``one`` count; with fewer than four of them nothing can be told,
    and the answer is 1: bare asphalt looks the same wherever the camera points.
    """
    telling = one.telling
    if telling.sum() < LEAST_BLOCKS:
        return 1.0
    same = _by_block(one.blocks * other.blocks).sum(axis=1)
    return float((same[telling] >= AGREES).mean())


def unchanged(before: Sketch, now: Sketch, where: Cells | None = None) -> bool:
    """Whether nothing changed between two looks but noise and the light of the whole picture.

    Compared by cells of 1/32 of the width: what is much smaller is found when the network runs
    again, some looks later. ``where``: the cells that count; None: all.
    """
    apart = now.grey - before.grey
    apart = apart - np.median(apart)
    cells = cv2.resize(np.abs(apart), (ACROSS, DOWN), interpolation=cv2.INTER_AREA)
    return float((cells if where is None else cells[where]).max(initial=0)) < CHANGED_GREY


def cells_of(zones: Iterable[Sequence[tuple[float, float]]]) -> Cells | None:
    """The cells in which something may show that stands in one of these polygons (corners 0..1).

    A cell around them, and four above: things rise above the ground that they stand on. None for
    no polygon: anything anywhere.
    """
    corners = [np.array(zone, np.float64) * (ACROSS * 8, DOWN * 8) for zone in zones]
    if not corners:
        return None
    drawn = np.zeros((DOWN * 8, ACROSS * 8), np.uint8)
    for one in corners:
        cv2.fillPoly(drawn, [np.rint(one).astype(np.int32)], 1)
    cells = cv2.resize(drawn.astype(np.float32), (ACROSS, DOWN), interpolation=cv2.INTER_AREA) > 0
    near = cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8))
    risen = cv2.dilate(near, np.ones((4, 1), np.uint8), anchor=(0, 0))
    return np.asarray(risen > 0, np.bool_)


@dataclass(slots=True, eq=False)
class ViewWatch:
    """Follows one camera's view from look to look. Not for several threads at once."""

    references: list[Sketch] = field(default_factory=list)
    _last: Sketch | None = None
    _still: int = 0
    _strange: deque[Sketch] = field(default_factory=lambda: deque(maxlen=LEARN_LOOKS))

    def look(self, now: Sketch, *, good: bool) -> tuple[bool, bool]:
        """Takes in a look; gives (frozen, moved). ``good``: the picture itself is usable."""
        frozen = self._is_frozen(now)
        moved = False
        if good and not frozen:
            moved = self._is_moved(now)
        self._last = now
        return frozen, moved

    def accept(self) -> None:
        """A person says that the view is right as it is now: older references are dropped."""
        self.references = [self._last] if self._last is not None else []
        self._strange.clear()

    def _is_frozen(self, now: Sketch) -> bool:
        before = self._last
        if before is None:
            return False
        apart = np.abs(now.sample - before.sample)
        same = float(apart.mean()) < FROZEN_MEAN and float(apart.max()) < FROZEN_MAX
        self._still = self._still + 1 if same else 0
        return self._still >= FROZEN_LOOKS

    def _is_moved(self, now: Sketch) -> bool:
        found = _nearest(self.references, now)
        if found is not None:
            self.references.insert(0, self.references.pop(found))
            self._follow_light(now)
            self._strange.clear()
            return False
        if not self.references or self._other_light(now):
            return self._learn(now)
        self._strange.append(now)
        return True

    def _follow_light(self, now: Sketch) -> None:
        """The nearest reference drifts with the day, so that shadows do not pile up."""
        nearest = self.references[0]
        grey = np.asarray(0.98 * nearest.grey + 0.02 * now.grey, np.float32)
        self.references[0] = Sketch.of(
            grey,
            now.sample,
            0.98 * nearest.brightness + 0.02 * now.brightness,
            0.98 * nearest.colour + 0.02 * now.colour,
        )

    def _other_light(self, now: Sketch) -> bool:
        """Whether light alone may explain the difference: much darker, or grey by infrared."""
        return all(
            abs(now.brightness - known.brightness) > MODE_GREY
            or abs(now.colour - known.colour) > MODE_COLOUR
            for known in self.references
        )

    def _learn(self, now: Sketch) -> bool:
        """The first view, or one under other light once it has stayed; True: can't tell yet."""
        self._strange.append(now)
        needed = LEARN_LOOKS if self.references else 1
        if len(self._strange) < needed or not all(
            agreement(one, now) >= SAME_VIEW for one in list(self._strange)[:: max(1, needed // 4)]
        ):
            return bool(self.references)
        self.references.insert(0, now)
        del self.references[MAX_REFERENCES:]
        self._strange.clear()
        return False


def _nearest(references: Sequence[Sketch], now: Sketch) -> int | None:
    """The reference that shows the same view best; None if none does."""
    found = [(agreement(reference, now), i) for i, reference in enumerate(references)]
    same = [pair for pair in found if pair[0] >= SAME_VIEW]
    return max(same)[1] if same else None


def _strength(grey: Grey) -> Grey:
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    return np.asarray(cv2.magnitude(across, cv2.Sobel(grey, cv2.CV_32F, 0, 1)), np.float32)


def _edges(strength: Grey) -> Grey:
    """Where it changes, whatever the strength: gradients over their local mean, smoothed."""
    around = cv2.blur(strength, (15, 15))
    return np.asarray(cv2.GaussianBlur(strength / (around + 4.0), (0, 0), 1.2), np.float32)


def _by_block(pixels: Grey) -> Grey:
    """(90, 160) → (15, 960): a row a block."""
    wide, high = BLOCK_PX
    rows, columns = HEIGHT_PX // high, WIDTH_PX // wide
    cut = pixels.reshape(rows, high, columns, wide).transpose(0, 2, 1, 3)
    return cut.reshape(rows * columns, high * wide)


def _upper(blocks: Grey) -> Grey:
    """Each row's 95th percentile; numpy's own takes four times as long."""
    place = 0.95 * (blocks.shape[1] - 1)
    below = int(place)
    sorted_there = np.partition(blocks, (below, below + 1), axis=1)
    part = np.float32(place - below)
    return np.asarray(
        (1 - part) * sorted_there[:, below] + part * sorted_there[:, below + 1], np.float32
    )


def _normalised(edges: Grey) -> Grey:
    """Each block with mean 0 and length 1; an empty one is all 0 and agrees with nothing."""
    wide, high = BLOCK_PX
    rows, columns = HEIGHT_PX // high, WIDTH_PX // wide
    blocks = _by_block(edges)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(blocks, axis=1, keepdims=True)
    blocks = np.where(length > 1e-3, blocks / np.maximum(length, 1e-3), 0)
    back = blocks.reshape(rows, columns, high, wide).transpose(0, 2, 1, 3)
    return np.asarray(back.reshape(HEIGHT_PX, WIDTH_PX), np.float32)
