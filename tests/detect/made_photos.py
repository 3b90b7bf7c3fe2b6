"""Photos made in memory for tests: pictures with known pixels, and EXIF by Pillow's writer."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO

import numpy as np
from PIL import Image as PillowImage

RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 220), (128, 128, 128)


def quarters(width: int = 64, height: int = 48) -> PillowImage.Image:
    """An upright picture: red top left, green top right, blue bottom left, grey bottom right."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    picture[height // 2 :, width // 2 :] = GREY
    return PillowImage.fromarray(picture)


def corners(image: np.ndarray) -> list[tuple[int, int, int]]:
    """The colours (RGB) a quarter in from each corner: top left, top right, bottom left, right."""
    height, width = image.shape[:2]
    return [
        tuple(int(c) for c in image[y, x, ::-1])
        for y in (height // 4, height * 3 // 4)
        for x in (width // 4, width * 3 // 4)
    ]


def is_upright(image: np.ndarray, tolerance: int = 40) -> bool:
    """Whether the quarters stand where ``quarters`` put them."""
    found = np.array(corners(image), int)
    return bool((np.abs(found - np.array([RED, GREEN, BLUE, GREY])) <= tolerance).all())


def stored_turned(upright: PillowImage.Image, orientation: int) -> PillowImage.Image:
    """How a camera stores the picture so that this EXIF orientation turns it upright."""
    turn = PillowImage.Transpose
    back = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_90,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_270,
    }
    return upright.transpose(back[orientation]) if orientation in back else upright


def dms(degrees: float) -> tuple[Fraction, Fraction, Fraction]:
    """Degrees, minutes and seconds as EXIF's rationals."""
    seconds = Fraction(abs(degrees)).limit_denominator(10**9) * 3600
    return (
        Fraction(int(seconds // 3600)),
        Fraction(int(seconds % 3600 // 60)),
        (seconds % 60).limit_denominator(100_000),
    )


def exif(
    *,
    taken: str | None = None,
    offset: str | None = None,
    orientation: int | None = None,
    place: tuple[float, float] | None = None,
    gps: dict[int, object] | None = None,
) -> PillowImage.Exif:
    """An EXIF block; ``gps`` adds or overrides tags of the GPS directory."""
    block = PillowImage.Exif()
    if orientation is not None:
        block[0x0112] = orientation
    times = block.get_ifd(0x8769)
    if taken is not None:
        times[0x9003] = taken
    if offset is not None:
        times[0x9011] = offset
    where = block.get_ifd(0x8825)
    if place is not None:
        where |= {1: "N" if place[0] >= 0 else "S", 2: dms(place[0])}
        where |= {3: "E" if place[1] >= 0 else "W", 4: dms(place[1])}
    where.update(gps or {})
    return block


def encoded(
    picture: PillowImage.Image | None = None,
    kind: str = "JPEG",
    block: PillowImage.Exif | bytes | None = None,
    **options: object,
) -> bytes:
    """The picture (default: the quarters) in a format, with an EXIF block."""
    out = BytesIO()
    if block is not None:
        options["exif"] = block
    if kind == "JPEG":
        options = {"quality": 95, "subsampling": 0} | options
    (picture or quarters()).save(out, kind, **options)
    return out.getvalue()
