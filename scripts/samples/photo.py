"""From a render to a phone photo: lens, sensor, JPEG, EXIF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from PIL.TiffImagePlugin import IFDRational

MAKE, MODEL = "tidycity", "rendered sample"
DESCRIPTION = "Rendered by tidycity, not a photograph"
SOFTWARE = "tidycity make_samples"


@dataclass(frozen=True)
class Tags:
    """What the EXIF says; `lat` and `lon` are WGS-84, None leaves GPS out."""

    taken_at: datetime
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 5.0
    bearing_deg: float = 0.0
    orientation: int = 1


def develop(render: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Vignetting, a trace of sensor noise, a phone's sharpening."""
    pixels = np.asarray(render.convert("RGB"), np.float32) / 255
    h, w = pixels.shape[:2]
    yy, xx = np.mgrid[0:h, 0:w]
    away = np.hypot((xx - w / 2) / w, (yy - h / 2) / h) / 0.707
    pixels *= (1 - 0.16 * away**2.5)[..., None]
    luma = rng.normal(0, 1, (h, w, 1))
    chroma = (
        np.asarray(
            Image.fromarray(
                (rng.normal(128, 40, (h // 2, w // 2, 3)).clip(0, 255)).astype(np.uint8)
            ).resize((w, h)),
            np.float32,
        )
        / 128
        - 1
    )
    strength = 0.011 * (1.25 - pixels.mean(axis=2, keepdims=True))
    pixels = pixels + strength * (luma + 0.9 * chroma)
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + 1.12 * (pixels - grey)
    image = Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))
    return image.filter(ImageFilter.UnsharpMask(1.1, 45, 2))


def save(image: Image.Image, path: Path, tags: Tags, quality: int = 88) -> None:
    """Writes the JPEG; orientation 6 stores the picture a quarter turn back."""
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0110], exif[0x0131] = DESCRIPTION, MAKE, MODEL, SOFTWARE
    exif[0x0112] = tags.orientation
    moment = tags.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif[0x0132] = moment
    inner = exif.get_ifd(0x8769)
    inner[0x9003] = inner[0x9004] = moment
    inner[0x9010] = inner[0x9011] = inner[0x9012] = "+08:00"
    inner[0xA405] = 26
    if tags.lat is not None and tags.lon is not None:
        gps = exif.get_ifd(0x8825)
        gps[0] = b"\x02\x03\x00\x00"
        gps[1], gps[2] = "N", _degrees(tags.lat)
        gps[3], gps[4] = "E", _degrees(tags.lon)
        gps[16], gps[17] = "T", IFDRational(round(tags.bearing_deg * 10) % 3600, 10)
        gps[18] = "WGS-84"
        gps[31] = IFDRational(round(tags.accuracy_m * 10), 10)
    stored = image.transpose(Image.Transpose.ROTATE_90) if tags.orientation == 6 else image
    stored.save(path, "JPEG", quality=quality, subsampling=2, optimize=True, exif=exif)


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = int(value)
    minutes = int((value - whole) * 60)
    seconds = (value - whole - minutes / 60) * 3600
    return (
        IFDRational(whole, 1),
        IFDRational(minutes, 1),
        IFDRational(round(seconds * 10000), 10000),
    )
