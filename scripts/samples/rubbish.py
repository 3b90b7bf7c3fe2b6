"""Single things people drop: bottles, cans, cups, food boxes, cartons, paper, peel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from scripts.samples import material
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, creases, grid, lathe, loft, merged
from scripts.samples.stage import Stage

Maker = Callable[[Stage, np.random.Generator], tuple[Any, float, float]]


def bottle(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A drink bottle lying on its side: (mesh, radius, thickness) as all makers here."""
    which = int(rng.integers(4))
    label, cap = [
        ("#c3272b", "#c3272b"),
        ("#1f5fa8", "#e8e8e8"),
        ("#2c8a4b", "#2c8a4b"),
        ("#e0a020", "#d8d8d8"),
    ][which]
    body = [
        (0.022, 0),
        (0.031, 0.008),
        (0.031, 0.05),
        (0.029, 0.055),
        (0.031, 0.06),
        (0.031, 0.075),
    ]
    wrap = [(0.0315, 0.075), (0.0315, 0.135)]
    neck = [(0.031, 0.135), (0.03, 0.155), (0.022, 0.185), (0.0125, 0.2), (0.0125, 0.205)]
    top = [(0.015, 0.203), (0.015, 0.222)]
    parts = [lathe(body), lathe(wrap).painted(1), lathe(neck), lathe(top).painted(2)]
    shape = merged(parts)
    dent = 0.006 * creases(shape.verts * 6, rng, 6, 0.35)
    shape = Shape(shape.verts + dent[:, None] * np.array([1, 0.4, 0.0]), shape.faces, shape.slots)
    shape = shape.turned(x=np.pi / 2).moved(y=0.11, z=0.031)
    clear = material.film("bottle", srgb("#aebfc4"), 0.3, 0.45)
    mats = [
        clear,
        material.plain(f"label {label}", srgb(label), 0.35),
        material.plain(f"cap {cap}", srgb(cap), 0.4),
    ]
    return stage.mesh(f"bottle {which}", shape, mats), 0.11, 0.06


def can(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    which = int(rng.integers(3))
    code = ["#b01218", "#1a7a3c", "#c9a437"][which]
    side = lathe([(0.026, 0), (0.033, 0.008), (0.033, 0.108), (0.027, 0.118)])
    lid = lathe([(0.027, 0.117), (0.026, 0.1185), (0.01, 0.116)]).painted(1)
    shape = merged([side, lid]).turned(x=np.pi / 2).moved(y=0.06, z=0.033)
    mats = [
        material.plain(f"can {code}", srgb(code), 0.3, 0.6),
        material.plain("tin", srgb("#b8b8b8"), 0.3, 1.0),
    ]
    return stage.mesh(f"can {which}", shape, mats), 0.06, 0.066


def cup(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A paper or milk-tea cup with its lid on, tipped over."""
    which = int(rng.integers(3))
    code = ["#d9d4c8", "#b9764a", "#7d9c5b"][which]
    side = lathe([(0.028, 0), (0.045, 0.13), (0.047, 0.132), (0.045, 0.134)], 24)
    lid = lathe([(0.047, 0.13), (0.047, 0.138), (0.040, 0.142)], 24).painted(1)
    straw = lathe([(0.004, 0.14), (0.004, 0.2)], 6).painted(1)
    shape = merged([side, lid, straw]).turned(x=np.pi / 2 - 0.1).moved(y=0.08, z=0.045)
    mats = [
        material.paper(f"cup {code}", srgb(code), srgb("#b7302a") if which == 0 else None),
        material.plain("lid", srgb("#dddddd"), 0.3),
    ]
    return stage.mesh(f"cup {which}", shape, mats), 0.08, 0.09


def food_box(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A foam or plastic take-away box, its lid open."""
    which = int(rng.integers(3))
    tray = loft(
        [
            (0.05, 0.17, 0.14, 0.03, 0),
            (0.0, 0.14, 0.11, 0.03, 0),
            (0.004, 0.13, 0.1, 0.03, 0),
            (0.048, 0.16, 0.13, 0.03, 0),
        ],
        4,
        False,
        False,
    )
    inside = loft([(0.004, 0.13, 0.1, 0.03, 0), (0.0041, 0.12, 0.09, 0.03, 0)], 4).painted(1)
    lid = loft([(0.0, 0.175, 0.145, 0.03, 0), (0.025, 0.15, 0.12, 0.03, 0)], 4, False, True)
    lid = lid.turned(x=rng.uniform(1.7, 2.6)).moved(y=0.09 + 0.06, z=0.06)
    colour = ["#e4e2db", "#d9d7cf", "#2a2a2a"][which]
    mats = [
        material.plain(f"foam {colour}", srgb(colour), 0.5, dirt=0.35),
        material.plain("leftovers", srgb("#7a4f22"), 0.35),
    ]
    return stage.mesh(f"food box {which}", merged([tray, inside, lid]), mats), 0.11, 0.06


def carton(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A carton with open flaps and a strip of tape."""
    which = int(rng.integers(5))
    seed = np.random.default_rng([which, 77])
    w, d, h = seed.uniform(0.25, 0.5), seed.uniform(0.2, 0.36), seed.uniform(0.14, 0.32)
    body = loft(
        [
            (0, w, d, 0, 0),
            (h, w, d, 0, 0),
            (h, w - 0.01, d - 0.01, 0, 0),
            (0.01, w - 0.01, d - 0.01, 0, 0),
        ],
        1,
        True,
        True,
    )
    flaps = []
    for k in range(4):
        long, deep = (w, d / 2) if k % 2 == 0 else (d, w / 2.4)
        flap = grid(long * 0.98, deep, 2, 2).moved(y=deep / 2).turned(x=seed.uniform(-1.1, 1.2))
        away = d / 2 if k % 2 == 0 else w / 2
        flaps.append(flap.moved(y=away, z=h).turned(z=k * np.pi / 2))
    tape = box(0.05, d + 0.004, h * 0.7).moved(z=h * 0.3 - 0.001).painted(1)
    shape = merged([body, *flaps, tape])
    squash = 0.02 * creases(shape.verts, seed, 5, 0.4)
    shape = Shape(shape.verts + squash[:, None], shape.faces, shape.slots)
    mats = [material.carton(), material.plain("tape", srgb("#b79a63"), 0.3)]
    return stage.mesh(f"carton {which}", shape, mats, 30), max(w, d) * 0.55, h


def flattened(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A flattened carton."""
    which = int(rng.integers(3))
    seed = np.random.default_rng([which, 78])
    sheet = grid(seed.uniform(0.4, 0.75), seed.uniform(0.3, 0.5), 26, 20)
    verts = sheet.verts.copy()
    verts[:, 2] = 0.012 + 0.035 * (creases(verts, seed, 5, 0.35) + 0.8) * 0.5
    return (
        stage.mesh(f"flat carton {which}", Shape(verts, sheet.faces), [material.carton()]),
        0.3,
        0.03,
    )


def paper(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A crumpled sheet, napkin or wrapper."""
    which = int(rng.integers(8))
    seed = np.random.default_rng([which, 79])
    sheet = grid(seed.uniform(0.1, 0.24), seed.uniform(0.08, 0.2), 22, 18)
    verts = sheet.verts.copy()
    rise = creases(verts, seed, 8, 0.05) + 0.5 * creases(verts, seed, 8, 0.02)
    verts[:, 2] = 0.02 * (rise - rise.min())
    verts[:, :2] *= 0.75 + 0.2 * creases(verts, seed, 4, 0.1)[:, None]
    code, ink = [
        ("#d8d6cf", None),
        ("#dedbd2", "#a8322c"),
        ("#c9c4b4", "#35507c"),
        ("#d9c27a", None),
        ("#d6d2cc", None),
        ("#b8322e", "#e0d9b8"),
        ("#e1ddd6", None),
        ("#4a79a8", "#e8e8e8"),
    ][which]
    mats = [material.paper(f"paper {code} {ink}", srgb(code), srgb(ink) if ink else None)]
    return stage.mesh(f"paper {which}", Shape(verts, sheet.faces), mats, 180), 0.09, 0.03


def peel(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """Fruit peel and kitchen scraps."""
    which = int(rng.integers(4))
    seed = np.random.default_rng([which, 80])
    sheet = grid(0.07, 0.05, 12, 10)
    verts = sheet.verts.copy()
    verts[:, 2] = 0.02 + 0.02 * creases(verts, seed, 4, 0.04) - 9 * (verts[:, 0] ** 2)
    verts[:, 2] -= verts[:, 2].min()
    code = ["#c9781e", "#5f7a2c", "#b8a23a", "#6b4a2c"][which]
    mats = [material.plain(f"peel {code}", srgb(code), 0.45)]
    return stage.mesh(f"peel {which}", Shape(verts, sheet.faces), mats, 180), 0.04, 0.02


def foam(stage: Stage, rng: np.random.Generator) -> tuple[Any, float, float]:
    """A broken piece of packing foam."""
    which = int(rng.integers(4))
    seed = np.random.default_rng([which, 81])
    w, d, h = seed.uniform(0.12, 0.42), seed.uniform(0.1, 0.25), seed.uniform(0.03, 0.09)
    shape = box(w, d, h, 0.01)
    verts = shape.verts + 0.012 * creases(shape.verts, seed, 6, 0.08)[:, None]
    mats = [material.plain("packing foam", srgb("#e6e5e0"), 0.8, dirt=0.3)]
    return stage.mesh(f"foam {which}", Shape(verts, shape.faces), mats), w * 0.5, h


MAKERS: dict[str, Maker] = {
    "bottle": bottle,
    "can": can,
    "cup": cup,
    "food_box": food_box,
    "carton": carton,
    "flattened": flattened,
    "paper": paper,
    "peel": peel,
    "foam": foam,
}
