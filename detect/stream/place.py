"""What a camera shows of a place where something was found, now that the network finds nothing.

Three things look alike to a detector that finds nothing: a heap that is gone, a heap behind a
parked lorry, and a heap in a light in which the network overlooks it. They are told apart by where
edges are and which way they run, cell by cell (32 by 18), beside two pictures that are kept: the
place as it looked while the finding was seen, and as it looked before it came.

- Looks as before it came: *clear*.
- Looks as it did with the finding: *as found*, and the network overlooked it.
- The ground around it is hidden, too: *covered*. Vehicles and people stand in front of more than
  just the heap; taking a heap away changes the heap alone.
- What is there hasn't kept still for some looks: *covered*, too. Nobody stands as still as ground.
- The whole picture is so different that nothing follows (fog, another light): *untold*.
- Else it differs from both, keeps still, and nothing is in front: *clear*.

What counts is measured beside the camera's own: how alike cells are while the finding is seen (a
swaying tree never is), and how alike the whole picture is now (rain and dusk lower all cells).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.types import Image

Field = NDArray[np.float32]
"""(180, 320, 2): which way edges run, and how strong they are for their surroundings."""
Kept = NDArray[np.float16]
"""A field in half the memory; cv2 converts it ten times as fast as numpy does."""
Cells = NDArray[np.float32]
Box = tuple[float, float, float, float]

WIDTH_PX, HEIGHT_PX = 320, 180
ACROSS, DOWN = 32, 18
FLOOR = 12.0
"""Gradients below this are noise."""
FLAT = 0.04
"""Cells whose edges are weaker than this in both pictures are alike: bare ground is, too."""
FOLLOW = 0.1
FOLLOW_BARE = 0.02
STEADY = 0.4
"""Cells that are less alike than this while the finding is seen tell nothing."""
LOST = 0.5
"""A cell is disturbed when it is less than this part as alike as usual."""
COVERED_SHARE = 0.12
HIDDEN_SHARE = 0.4
"""So much of the ground around it lost, and what looks bare may be a lorry's side."""
TELLS_LEAST = 0.5
"""The whole picture must be this much as alike as usual for anything to be told."""
AS_FOUND = 0.75
BARE = 0.55
DIFFERENT = 0.6
STILL = 0.75
STILL_LOOKS = 10
STILL_LONG = 60
"""Looks that something must keep still that is neither the finding nor the known ground."""
LEAST_BARE = 12
"""Looks before the finding from which the bare ground is known."""


class Showing(StrEnum):
    """What is to be seen of a place."""

    CLEAR = "clear"
    AS_FOUND = "as_found"
    COVERED = "covered"
    UNTOLD = "untold"


def edge_field(image: Image) -> Field:
    """Where edges are and which way they run, whatever the light; (H, W, 3) BGR → (180, 320, 2)."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.resize(grey, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    around = cv2.blur(strength, (31, 31))
    weight = cv2.divide(
        cv2.max(cv2.subtract(strength, FLOOR), 0.0),
        cv2.multiply(cv2.add(strength, 1e-3), cv2.add(around, 2 * FLOOR)),
    )
    cv2.multiply(across, weight, dst=across)
    both = cv2.merge((across, cv2.multiply(down, weight, dst=down)))
    return np.asarray(cv2.GaussianBlur(both, (7, 7), 1.2), np.float32)


def likeness(one: Field, other: Field) -> Cells:
    """How alike two pictures are, (18, 32), 1: the same or both bare; 0: nothing in common."""
    same = _by_cell(cv2.multiply(one, other))
    size = _by_cell(cv2.multiply(one, one)) + _by_cell(cv2.multiply(other, other))
    return np.clip((2 * same + FLAT) / (size + FLAT), 0, 1)


@dataclass(slots=True, eq=False)
class Place:
    """How a place looks while something is found in it, and looked before."""

    found: Kept
    usual: Cells
    boxes: tuple[Box, ...]
    bare: Kept | None = None
    looks: int = 1
    last: Kept | None = None
    still: int = 0

    def saw(self, now: Field, boxes: Sequence[Box]) -> None:
        """Takes in a look in which the finding is seen."""
        alike = likeness(now, _whole(self.found))
        follow = max(FOLLOW, 1 / (self.looks + 1))
        self.usual = (1 - follow) * self.usual + follow * alike if self.looks > 1 else alike
        self.found = _mixed(self.found, now, follow)
        self.boxes, self.looks, self.last = tuple(boxes), self.looks + 1, None
        self.still = 0

    def showing(self, now: Field) -> Showing:
        """What a look shows of the place in which the network finds nothing."""
        inside, around = _inside(self.boxes), _around(self.boxes)
        as_found = likeness(now, _whole(self.found))
        still = self._keeps_still(now, inside)
        rest = ~(inside | around) & (self.usual >= STEADY)
        if rest.sum() < ACROSS:
            return Showing.UNTOLD
        light = float(np.median(as_found[rest] / self.usual[rest]))
        if light < TELLS_LEAST:
            return Showing.UNTOLD
        light = min(1.0, light)
        with_it = float(as_found[inside].mean()) / light
        usual = float(self.usual[inside].mean())
        without = self._as_bare(now, inside, light)
        told = around & (self.usual >= STEADY)
        lost = as_found[told] < LOST * light * self.usual[told]
        hidden = float(lost.mean()) if told.any() else 0.0
        if without is not None and without >= BARE and without > with_it + 0.1:
            return Showing.CLEAR if hidden < HIDDEN_SHARE else Showing.COVERED
        if with_it >= AS_FOUND * usual and (without is None or with_it >= without):
            return Showing.AS_FOUND
        enough = STILL_LOOKS if without is None else STILL_LONG
        covered = hidden >= COVERED_SHARE or still < enough
        return Showing.COVERED if covered else Showing.CLEAR

    def _keeps_still(self, now: Field, inside: NDArray[np.bool_]) -> int:
        """For how many looks what is inside has been the same."""
        before, self.last = self.last, _half(now)
        if before is not None:
            same = likeness(now, _whole(before))[inside].mean()
            enough = STILL * self.usual[inside].mean()
            self.still = self.still + 1 if same >= enough else 0
        return self.still

    def _as_bare(self, now: Field, inside: NDArray[np.bool_], light: float) -> float | None:
        """How much it looks as before the finding came; None: unknown, or no different."""
        if self.bare is None:
            return None
        bare = _whole(self.bare)
        apart = likeness(bare, _whole(self.found))[inside].mean()
        if float(apart) > DIFFERENT * float(self.usual[inside].mean()):
            return None
        return float(likeness(now, bare)[inside].mean()) / light


@dataclass(slots=True, eq=False)
class Ground:
    """One camera's places, by name. Not for several threads at once."""

    bare: Kept | None = None
    looks: int = 0
    places: dict[str, Place] = field(default_factory=dict)

    def look(self, now: Field) -> None:
        """Takes in a usable look, after its places were asked about."""
        follow = max(FOLLOW_BARE, 1 / (self.looks + 1))
        self.bare = _half(now) if self.bare is None else _mixed(self.bare, now, follow)
        self.looks += 1

    def saw(self, name: str, now: Field, boxes: Sequence[Box]) -> None:
        """A usable look in which something is found at a place."""
        place = self.places.get(name)
        if place is not None:
            place.saw(now, boxes)
            return
        bare = self.bare if self.looks >= LEAST_BARE else None
        usual = np.ones((DOWN, ACROSS), np.float32)
        self.places[name] = Place(_half(now), usual, tuple(boxes), bare)

    def showing(self, name: str, now: Field) -> Showing | None:
        """What is to be seen of a place in which nothing is found now; None: it isn't known."""
        place = self.places.get(name)
        return None if place is None else place.showing(now)

    def forget(self, name: str) -> None:
        """A place of which nothing is remembered any more."""
        self.places.pop(name, None)


def _mixed(kept: Kept, now: Field, follow: float) -> Kept:
    return _half(cv2.addWeighted(_whole(kept), 1 - follow, now, follow, 0.0))


def _half(field: NDArray[Any]) -> Kept:
    return np.asarray(cv2.convertFp16(field).view(np.float16), np.float16)


def _whole(kept: Kept) -> Field:
    return np.asarray(cv2.convertFp16(kept.view(np.int16)), np.float32)


def _by_cell(pixels: Field) -> Cells:
    """(180, 320, 2) → (18, 32): each cell's mean of both summed."""
    cells = cv2.resize(pixels, (ACROSS, DOWN), interpolation=cv2.INTER_AREA)
    return np.asarray(cells.sum(axis=2), np.float32)


def _inside(boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """The cells that boxes fill by half at least; the middle one of a box that fills none."""
    cells = np.zeros((DOWN, ACROSS), bool)
    for x1, y1, x2, y2 in boxes:
        left, right = round(x1 * ACROSS), round(x2 * ACROSS)
        top, bottom = round(y1 * DOWN), round(y2 * DOWN)
        if right <= left:
            left = min(ACROSS - 1, int((x1 + x2) / 2 * ACROSS))
            right = left + 1
        if bottom <= top:
            top = min(DOWN - 1, int((y1 + y2) / 2 * DOWN))
            bottom = top + 1
        cells[top:bottom, left:right] = True
    return cells


def _around(boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """A band of two cells around boxes, a cell away: what was taken away may have stuck out."""
    inside = _inside(boxes).astype(np.uint8)
    near = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    far = cv2.dilate(inside, np.ones((7, 7), np.uint8))
    return np.asarray((far > 0) & (near == 0), bool)
