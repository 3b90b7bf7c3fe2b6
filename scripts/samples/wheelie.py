"""Wheelie bins of 120 and 240 litres: closed, filled above the rim, standing in rows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from scripts.samples import bag, material, pile, rubbish, sign
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, lathe, loft, merged, panel, tube, wheel
from scripts.samples.stage import Stage

PAINT = {
    "green": "#12683a",
    "blue": "#17509a",
    "grey": "#3c4043",
    "red": "#a3161b",
    "orange": "#c9661c",
}
WORDS = {
    "green": ("厨余垃圾", "Food Waste"),
    "blue": ("可回收物", "Recyclable"),
    "grey": ("其他垃圾", "Residual Waste"),
    "red": ("有害垃圾", "Harmful Waste"),
    "orange": ("其他垃圾", "Residual Waste"),
}
RIM_M = 0.93


def body() -> Shape:
    """A 240 l bin without its lid, its front towards -y."""
    rings = [
        (0.06, 0.44, 0.46, 0.05, 0.03),
        (0.10, 0.47, 0.50, 0.05, 0.03),
        (0.62, 0.53, 0.61, 0.05, 0.0),
        (0.80, 0.55, 0.66, 0.05, -0.01),
        (0.82, 0.575, 0.69, 0.05, -0.01),
        (0.88, 0.575, 0.69, 0.05, -0.01),
        (RIM_M - 0.02, 0.585, 0.71, 0.05, -0.01),
        (RIM_M, 0.58, 0.70, 0.05, -0.01),
        (RIM_M, 0.53, 0.65, 0.04, -0.01),
        (0.5, 0.47, 0.55, 0.04, 0.0),
        (0.3, 0.44, 0.5, 0.04, 0.0),
    ]
    shell = loft(rings, 5)
    ribs = [box(0.03, 0.02, 0.16, 0.006).moved(x=s * 0.2, y=-0.345, z=0.68) for s in (-1, 1)]
    comb = box(0.5, 0.05, 0.05, 0.012).moved(y=-0.365, z=0.86)
    tyre = wheel(0.1, 0.05, 0.035).painted(1)
    hub = lathe([(0.065, -0.02), (0.065, 0.02)], 16).turned(x=np.pi / 2).painted(1)
    wheels = [
        part.turned(z=np.pi / 2).moved(x=s * 0.24, y=0.30, z=0.1)
        for s in (-1, 1)
        for part in (tyre, hub)
    ]
    axle = tube([(-0.24, 0.3, 0.1), (0.24, 0.3, 0.1)], 0.012).painted(1)
    grip = tube(
        [(-0.2, 0.36, 0.93), (-0.2, 0.43, 0.95), (0.2, 0.43, 0.95), (0.2, 0.36, 0.93)], 0.016
    )
    return merged([shell, *ribs, comb, *wheels, axle, grip])


def lid() -> Shape:
    """The lid, its hinge on the x axis at the origin, closed towards -y."""
    rings = [
        (-0.045, 0.60, 0.73, 0.05, -0.37),
        (0.0, 0.60, 0.73, 0.05, -0.37),
        (0.03, 0.57, 0.69, 0.06, -0.37),
        (0.055, 0.40, 0.48, 0.08, -0.36),
    ]
    top = loft(rings, 5, False, True)
    under = loft([(-0.02, 0.585, 0.715, 0.05, -0.37), (-0.0199, 0.58, 0.71, 0.05, -0.37)], 5)
    ridges = [box(0.03, 0.5, 0.012, 0.004).moved(x=s * 0.13, y=-0.36, z=0.05) for s in (-1, 1)]
    lip = box(0.3, 0.06, 0.025, 0.01).moved(y=-0.745, z=-0.02)
    hinge = tube([(-0.25, 0.0, -0.01), (0.25, 0.0, -0.01)], 0.02)
    return merged([top, under, *ridges, lip, hinge])


def place(
    stage: Stage,
    x: float,
    y: float,
    z: float,
    colour: str,
    turn: float = 0.0,
    open_deg: float = 0.0,
    size: float = 1.0,
) -> None:
    """One bin; `open_deg` tips the lid back (270 hangs behind the bin)."""
    paint = material.plain(f"bin {colour}", srgb(PAINT[colour]), 0.42, dirt=0.45)
    rubber = material.plain("rubber", srgb("#161616"), 0.7)
    stage.put(stage.mesh(f"bin {colour}", body(), [paint, rubber]), (x, y, z), (0, 0, turn), size)
    hinge = np.array([0, 0.345, RIM_M + 0.015]) * size
    hx, hy = np.cos(turn) * hinge[0] - np.sin(turn) * hinge[1], np.cos(turn) * hinge[1]
    stage.put(
        stage.mesh(f"lid {colour}", lid(), [paint]),
        (x + hx, y + hy, z + hinge[2]),
        (-np.radians(open_deg), 0, turn),
        size,
    )
    face = material.once(
        f"emblem {colour}", lambda name: material.picture(name, emblem(colour), 0.4)
    )
    ahead = 0.328 * size
    stage.put(
        stage.mesh(f"emblem {colour}", panel(0.27, 0.36), [face]),
        (x + np.sin(turn) * ahead, y - np.cos(turn) * ahead, z + 0.27 * size),
        (0.105, 0, turn),
        size,
    )


def fill(
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    y: float,
    z: float,
    turn: float = 0.0,
    size: float = 1.0,
    bags: int = 9,
    colours: tuple[str, ...] = (),
) -> None:
    """Bags heaped above the rim, film hanging over it."""
    mix = dict.fromkeys(colours, 1) if colours else None
    heap = pile.Heap(x, y, z + (RIM_M - 0.16) * size, 0.8)

    def at(reach: float) -> tuple[float, float]:
        a, b = rng.uniform(-0.22, 0.22) * reach * size, rng.uniform(-0.28, 0.26) * reach * size
        return x + a * np.cos(turn) - b * np.sin(turn), y + a * np.sin(turn) + b * np.cos(turn)

    for width in sorted(rng.uniform(0.24, 0.38, bags), reverse=True):
        px, py = at(1.0)
        rest = heap.lay(px, py, width * 0.5, width * 0.6, 0.3)
        kind = str(rng.choice(["tied", "eared"]))
        bag.put(stage, rng, kind, px, py, rest, width, bag.colour(rng, mix), 0.4)
    for _ in range(6):
        px, py = at(1.1)
        width = rng.uniform(0.2, 0.34)
        rest = heap.lay(px, py, width * 0.4, width * 0.2)
        bag.put(stage, rng, "thrown", px, py, rest, width, bag.colour(rng, mix), 0.5)
    for _ in range(7):
        px, py = at(0.9)
        pile.item(
            stage,
            rng,
            heap,
            px - x,
            py - y,
            str(rng.choice(["paper", "cup", "food_box", "bottle"])),
        )
    if rng.uniform() < 0.6:
        data, _, _ = rubbish.MAKERS["flattened"](stage, rng)
        px, py = at(0.7)
        stage.put(data, (px, py, z + RIM_M * size + 0.08), (1.2, 0.2, turn + 0.4), 0.8)


@lru_cache(maxsize=8)
def emblem(colour: str) -> Image.Image:
    """The printed face of a bin: the throw-away figure in a ring, and the kind of waste."""
    ground = tuple(int(PAINT[colour][i : i + 2], 16) for i in (1, 3, 5))
    made = Image.new("RGB", (270, 360), ground)
    pen = ImageDraw.Draw(made)
    white = (225, 228, 225)
    pen.ellipse((45, 15, 225, 195), outline=white, width=9)
    pen.ellipse((112, 45, 136, 69), fill=white)
    pen.polygon(
        [
            (105, 75),
            (140, 75),
            (148, 120),
            (136, 175),
            (122, 175),
            (124, 128),
            (112, 175),
            (97, 175),
            (104, 120),
        ],
        fill=white,
    )
    pen.line([(138, 82), (168, 100), (180, 92)], fill=white, width=10)
    pen.polygon([(160, 125), (196, 125), (190, 172), (166, 172)], fill=white)
    chinese, english = WORDS[colour]
    pen.text((135, 242), chinese, font=sign.font(52), fill=white, anchor="mm")
    pen.text((135, 305), english, font=sign.font(30), fill=white, anchor="mm")
    return made
