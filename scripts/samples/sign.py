"""Printed things: shop signs, notices, wall slogans, drawn with the font that Blender ships."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import bpy
import numpy as np
from PIL import Image, ImageDraw, ImageFont


@lru_cache(maxsize=16)
def font(size_px: int) -> ImageFont.FreeTypeFont:
    folder = Path(bpy.utils.system_resource("DATAFILES")) / "fonts"
    found = sorted(folder.glob("*CJK*"))
    return ImageFont.truetype(str(found[0]), size_px)


def board(name: str, small: str, ground: str, ink: str, width_px: int = 1024) -> Image.Image:
    """A shop's sign board."""
    made = Image.new("RGB", (width_px, 230), ground)
    pen = ImageDraw.Draw(made)
    pen.rectangle((6, 6, width_px - 7, 223), outline=ink, width=4)
    for offset, shade in ((5, "#00000000"), (0, ink)):
        pen.text(
            (width_px / 2 + offset, 96 + offset), name, font=font(128), fill=shade[:7], anchor="mm"
        )
    pen.text((width_px / 2, 190), small, font=font(38), fill=ink, anchor="mm")
    return made


def notice(rng: np.random.Generator, title: str, ground: str = "#e6e2d4") -> Image.Image:
    """A poster or notice with lines of illegible small print."""
    made = Image.new("RGB", (300, 420), ground)
    pen = ImageDraw.Draw(made)
    dark = "#20304a" if ground[1] in "ed" else "#f0f0ea"
    pen.text(
        (150, 55), title, font=font(56), fill="#b3201c" if ground[1] in "ed" else dark, anchor="mm"
    )
    for row in range(9):
        y = 120 + row * 31
        pen.line((25, y, 25 + int(rng.uniform(150, 250)), y), fill=dark, width=9)
    return made


def slogan(text: str, ground: str, ink: str) -> Image.Image:
    """A painted wall slogan, one square a character."""
    made = Image.new("RGB", (230 * len(text), 230), ground)
    pen = ImageDraw.Draw(made)
    for i, character in enumerate(text):
        pen.text((230 * i + 115, 112), character, font=font(170), fill=ink, anchor="mm")
    return made
