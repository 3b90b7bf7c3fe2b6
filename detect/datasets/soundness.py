"""Whether a picture file is whole, and how large the upright picture is."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image as PillowImage

from detect.training.errors import DatasetError

_TURNING = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112


def upright_size_px(path: Path) -> tuple[int, int]:
    """(width, height) as seen, after decoding every pixel. Raises DatasetError.

    OpenCV gives a picture even for half a JPEG, grey where it ends; Pillow doesn't.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PillowImage.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)
            with PillowImage.open(path) as picture:
                turned = picture.getexif().get(_ORIENTATION) in _TURNING
                picture.load()
                width_px, height_px = picture.size
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: is not there") from error
    except (
        *(OSError, ValueError, SyntaxError, EOFError, MemoryError),
        *(PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning),
    ) as error:
        raise DatasetError(
            f"{path}: is no whole picture ({error})",
            mend="Copy it again from where it came, or leave it out with --skip-broken.",
        ) from error
    return (height_px, width_px) if turned else (width_px, height_px)
