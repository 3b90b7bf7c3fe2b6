"""Plastic bags: tied, with ears, thrown away as film, and woven sacks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from scripts.samples import material
from scripts.samples.shape import Shape, creases, grid, merged, normals, skin
from scripts.samples.stage import Stage

# name: (colour, share of light let through, share that passes clear)
FILMS: dict[str, tuple[str, float, float]] = {
    "white": ("#dcdedd", 0.30, 0.0),
    "cream": ("#cfc8b4", 0.30, 0.0),
    "black": ("#0d0d0f", 0.03, 0.0),
    "red": ("#b3141c", 0.30, 0.0),
    "pink": ("#cf5f86", 0.35, 0.0),
    "blue": ("#2f6fa8", 0.35, 0.12),
    "green": ("#2f8a4d", 0.30, 0.0),
    "yellow": ("#d1a62c", 0.30, 0.0),
    "clear": ("#b9c2c4", 0.35, 0.30),
    "violet": ("#6d4a94", 0.30, 0.0),
}
STREET_MIX = {
    "white": 30,
    "cream": 9,
    "black": 15,
    "red": 14,
    "pink": 5,
    "blue": 9,
    "green": 4,
    "yellow": 4,
    "clear": 8,
    "violet": 2,
}


def colour(rng: np.random.Generator, mix: dict[str, int] | None = None) -> Any:
    """A film material drawn from the mix."""
    mix = mix or STREET_MIX
    names = list(mix)
    weights = np.array([mix[n] for n in names], dtype=float)
    return film(str(rng.choice(names, p=weights / weights.sum())))


def film(name: str) -> Any:
    code, thin, clear = FILMS[name]
    return material.film(f"film {name}", material.srgb(code), thin, clear)


def tied(rng: np.random.Generator, tall: float = 1.0) -> Shape:
    """A full bag of about unit width, its neck gathered and tied, standing on z = 0."""
    around, up = 112, 74
    u = np.linspace(0, 2 * np.pi, around, endpoint=False)
    neck_at = 0.80
    outlines = []
    pleats = rng.integers(9, 15)
    phases = rng.uniform(0, 6.3, 3)
    lean = rng.normal(0, 0.09, 2)
    for v in np.linspace(0, 1, up):
        if v < neck_at:
            t = v / neck_at
            body = np.sin(np.pi * min(t * 0.62 + 0.06, 0.5)) if t < 0.7 else 1.0
            radius = 0.5 * body * (1 - 0.86 * _smooth((t - 0.52) / 0.48)) + 0.012
            z = tall * 0.78 * (1 - np.cos(np.pi * min(t, 1.0) * 0.95)) / 2
        else:
            t = (v - neck_at) / (1 - neck_at)
            radius = 0.055 + 0.14 * t**0.8
            z = tall * 0.77 + 0.19 * t
        gather = _smooth((v - 0.38) / 0.4)
        flow = (
            0.11
            * gather
            * (
                np.abs(np.sin(pleats * u / 2 + phases[0] + v))
                - 0.6
                + 0.6 * np.abs(np.sin((pleats * 2 + 1) * u / 2 + phases[1]))
            )
        )
        r = radius * (1 + flow * (2.6 if v > neck_at else 1.5))
        shift = lean * v**1.5
        outlines.append(
            np.column_stack(
                [r * np.cos(u) + shift[0], r * np.sin(u) + shift[1], np.full(around, z)]
            )
        )
    shape = skin(outlines, cap_first=True, cap_last=False)
    out = normals(shape)
    lumps = creases(shape.verts, rng, 10, 0.34)
    fine = creases(shape.verts, rng, 16, 0.10)
    stuffed = np.clip(1.2 - shape.verts[:, 2] / (tall * 0.8), 0.25, 1)
    move = 0.075 * lumps * stuffed + 0.032 * fine
    verts = shape.verts + out * move[:, None]
    verts[:, 2] = np.where(verts[:, 2] < 0.05, 0.05 * np.tanh(verts[:, 2] / 0.05), verts[:, 2])
    return Shape(verts, shape.faces)


def eared(rng: np.random.Generator) -> Shape:
    """A shopping bag knotted by its two handles."""
    body = tied(rng, rng.uniform(0.65, 0.9))
    top = body.verts[:, 2].max()
    ears = []
    for side in (-1, 1):
        sheet = grid(0.16, 0.42, 10, 22)
        bend = sheet.verts[:, 1] + 0.21
        width = 1.1 - 2.0 * np.abs(bend / 0.42 - 0.5) ** 1.5
        verts = np.column_stack(
            [
                side * (0.03 + bend * 0.85),
                sheet.verts[:, 0] * width,
                top - 0.16 + bend * 0.75 - 1.9 * bend**2,
            ]
        )
        verts += 0.05 * creases(verts, rng, 12, 0.09)[:, None] * rng.normal(0.6, 0.3, 3)
        ears.append(Shape(verts, sheet.faces).turned(z=rng.uniform(-0.5, 0.5)))
    return merged([body, *ears])


def thrown(rng: np.random.Generator) -> Shape:
    """An empty bag lying crumpled, about unit width."""
    sheet = grid(1.0, rng.uniform(0.7, 1.0), 64, 56)
    flat = sheet.verts
    coarse = creases(flat, rng, 7, 0.30)
    fine = creases(flat, rng, 18, 0.085)
    pull = np.column_stack([creases(flat, rng, 8, 0.22), creases(flat, rng, 8, 0.22)])
    distance = np.hypot(flat[:, 0], flat[:, 1])
    outline = 1 - 0.35 * np.abs(creases(flat, rng, 5, 0.4))
    verts = flat.copy()
    verts[:, :2] = flat[:, :2] * outline[:, None] * 0.85 + 0.16 * pull
    height = 0.16 * (coarse + 0.8) * np.clip(1.15 - distance * 1.5, 0.12, 1) + 0.05 * fine
    verts[:, 2] = height - np.percentile(height, 6)
    verts[:, 2] = np.maximum(verts[:, 2], 0.004)
    return Shape(verts, sheet.faces)


def sack(rng: np.random.Generator) -> Shape:
    """A woven sack lying on its side, one end tied, about 0.9 long."""
    body = tied(rng, 1.55).scaled(0.62)
    return body.turned(x=-np.pi / 2 + 0.12).moved(y=-0.45, z=0.27)


@lru_cache(maxsize=32)
def shape_of(kind: str, which: int) -> Shape:
    """One of the six shapes of a kind."""
    make = {"tied": tied, "eared": eared, "thrown": thrown, "sack": sack}[kind]
    return make(np.random.default_rng([which, len(kind), ord(kind[0])]))


def put(
    stage: Stage,
    rng: np.random.Generator,
    kind: str,
    x: float,
    y: float,
    z: float,
    width_m: float,
    film_material: Any,
    tilt: float = 0.25,
) -> None:
    """One bag; six meshes a kind are shared by all bags of a scene."""
    which = int(rng.integers(6))
    data = stage.mesh(f"bag {kind} {which}", shape_of(kind, which), [film("white")], 180)
    turn = (rng.normal(0, tilt), rng.normal(0, tilt), rng.uniform(0, 6.3))
    size = (
        width_m * rng.uniform(0.85, 1.15),
        width_m * rng.uniform(0.85, 1.15),
        width_m * rng.uniform(0.75, 1.05),
    )
    stage.put(data, (x, y, z), turn, size, film_material)


def _smooth(t: float) -> float:
    t = float(np.clip(t, 0, 1))
    return t * t * (3 - 2 * t)
