"""Whether a picture is perhaps a photo of a screen: the screen's grid leaves a fine, even pattern.

A camera that looks at a screen sees the coloured stripes of its pixels, or, where they are too
fine, coloured moiré: in any piece of the picture some frequency of the colour stands far above its
neighbours, and so almost everywhere. Streets hardly have fine coloured patterns (brightness has
them: fences, tiles, blinds), and where they do, it is in a part of the picture. What was shrunk
much has lost it: no suspicion proves nothing, and a suspicion is for a person to look at.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from detect.types import Image

SUSPECT = 0.25
"""From this share of the pieces on a picture is suspected (``scripts/bench_screens``)."""

_PIECE_PX = 128
_LEAST_PIECES = 4
_MOST_PIECES_A_SIDE = 6
_LOWEST = 0.12
_STANDS_OUT = 3.0
_AROUND_BINS = 13
_NOISE = 10.0
_BLOCK_PX = 16
_SEAM_BINS = 2.5


def screen_pattern(image: Image) -> float:
    """The share of pieces of a (H, W, 3) BGR picture that hold an even coloured pattern, 0..1.

    0 for pictures too small to tell. Look at the pixels as the camera made them:
    enlarging or shrinking changes the answer.

    >>> screen_pattern(np.zeros((60, 80, 3), np.uint8))
    0.0
    """
    colours = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)[:, :, 1:].astype(np.float32)
    pieces = _pieces(colours)
    if len(pieces) < _LEAST_PIECES:
        return 0.0
    told = [max(_stands_out(piece[:, :, k]) for k in (0, 1)) >= _STANDS_OUT for piece in pieces]
    return float(np.mean(told))


def _pieces(colours: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    rows, columns = (_starts(side) for side in colours.shape[:2])
    return [colours[y : y + _PIECE_PX, x : x + _PIECE_PX] for y in rows for x in columns]


def _starts(side_px: int) -> list[int]:
    most = min(_MOST_PIECES_A_SIDE, side_px // _PIECE_PX)
    if most < 1:
        return []
    return [int(start) for start in np.linspace(0, side_px - _PIECE_PX, most)]


def _stands_out(piece: NDArray[np.float32]) -> float:
    """How far the strongest fine frequency stands above those around it, in nats."""
    power = np.abs(np.fft.rfft2((piece - piece.mean()) * _window())) ** 2
    smooth = cv2.blur(power.astype(np.float32), (3, 3), borderType=cv2.BORDER_REFLECT_101)
    level = np.log(smooth + _NOISE)
    around = cv2.blur(level, (_AROUND_BINS, _AROUND_BINS), borderType=cv2.BORDER_REFLECT_101)
    return float((level - around)[_fine()].max())


def _window() -> NDArray[np.float64]:
    one = np.hanning(_PIECE_PX)
    return np.outer(one, one)


def _fine() -> NDArray[np.bool_]:
    """The frequencies that are looked at: not the coarse ones, nor those of JPEG's blocks.

    Colour is stored in blocks of 16 pixels, whose seams and cosines stand at their multiples.
    """
    down, across = np.fft.fftfreq(_PIECE_PX)[:, None], np.fft.rfftfreq(_PIECE_PX)[None]
    seams = _near_block(down) & _near_block(across)
    return np.asarray((np.hypot(down, across) > _LOWEST) & ~seams, np.bool_)


def _near_block(frequency: NDArray[np.floating]) -> NDArray[np.bool_]:
    bins = np.abs(frequency * _PIECE_PX)
    apart = _PIECE_PX / _BLOCK_PX
    return np.asarray(np.abs(bins - apart * np.round(bins / apart)) <= _SEAM_BINS, np.bool_)
