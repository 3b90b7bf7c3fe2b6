"""Furniture put out on the street: sofa, mattress, wardrobe, chairs, a broken table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.samples import material
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, creases, merged, tube
from scripts.samples.stage import Stage

Rng = np.random.Generator
CLOTHS = ("#6b4a3a", "#7f7a70", "#2f3f55", "#8a2f2c", "#b9aa8c", "#4f5a3f", "#3b3a3a")
WOODS = ("#8a5f3a", "#5a3a26", "#b28a58", "#d0c4ae", "#6e6a64")


def sofa(rng: Rng) -> Shape:
    """Two or three seats; slots: cloth, wood."""
    w = float(rng.uniform(1.3, 2.1))
    parts = [box(w, 0.8, 0.22, 0.05).moved(z=0.12), box(w, 0.22, 0.75, 0.08).moved(y=0.36, z=0.12)]
    parts += [box(0.2, 0.8, 0.5, 0.07).moved(x=s * w / 2, z=0.12) for s in (-1, 1)]
    seats = 2 if w < 1.7 else 3
    parts += [
        box(w / seats - 0.1, 0.62, 0.16, 0.06)
        .turned(x=float(rng.normal(0, 0.06)))
        .moved((k - (seats - 1) / 2) * (w - 0.15) / seats, -0.04, 0.33)
        for k in range(seats)
    ]
    shape = merged(parts)
    shape = Shape(
        shape.verts + 0.012 * creases(shape.verts, rng, 5, 0.2)[:, None], shape.faces, shape.slots
    )
    feet = [
        box(0.06, 0.06, 0.12).moved(s * w * 0.42, t * 0.3).painted(1)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    return merged([shape, *feet])


def mattress(rng: Rng) -> Shape:
    """Leaning on something behind it."""
    w, long = float(rng.uniform(0.9, 1.6)), float(rng.uniform(1.7, 2.0))
    shape = box(w, 0.2, long, 0.06)
    bent = shape.verts + 0.03 * creases(shape.verts, rng, 4, 0.5)[:, None] * np.array([0, 1, 0])
    return Shape(bent, shape.faces, shape.slots).turned(x=-float(rng.uniform(0.1, 0.35)))


def wardrobe(rng: Rng) -> Shape:
    """One door hangs open, or is gone; slots: wood, wood inside."""
    w, d, h = (
        float(rng.uniform(0.8, 1.4)),
        float(rng.uniform(0.4, 0.6)),
        float(rng.uniform(0.9, 1.9)),
    )
    sides = [box(0.03, d, h).moved(x=s * w / 2) for s in (-1, 1)]
    boards = [box(w, d, 0.03).moved(z=z) for z in (0.05, h * 0.35, h * 0.65, h - 0.03)]
    back = box(w, 0.02, h).moved(y=d / 2).painted(1)
    doors = [
        box(w / 2, 0.02, h - 0.06)
        .moved(x=w / 4)
        .turned(z=-float(rng.uniform(0, 1.9)))
        .moved(-w / 2, -d / 2, 0.04)
    ]
    if rng.uniform() < 0.6:
        doors.append(box(w / 2, 0.02, h - 0.06).moved(x=w / 4, y=-d / 2, z=0.04))
    return merged([*sides, *(b.painted(1) for b in boards), back, *doors])


def chair(rng: Rng) -> Shape:
    """A wooden chair, upright or tipped over."""
    legs = [
        tube([(s * 0.2, t * 0.2, 0), (s * 0.19, t * 0.19, 0.45)], 0.02, 6).painted(1)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    back = [
        tube([(s * 0.19, 0.19, 0.45), (s * 0.18, 0.26, 0.95)], 0.02, 6).painted(1) for s in (-1, 1)
    ]
    shape = merged(
        [
            box(0.44, 0.44, 0.05, 0.015).moved(z=0.45),
            *legs,
            *back,
            box(0.4, 0.03, 0.2, 0.01).moved(y=0.24, z=0.7),
        ]
    )
    if rng.uniform() < 0.4:
        shape = shape.turned(x=np.pi / 2).moved(z=0.26)
    return shape


def table(rng: Rng) -> Shape:
    """Upside down or on its side."""
    w, d = float(rng.uniform(0.8, 1.4)), float(rng.uniform(0.5, 0.8))
    legs = [
        box(0.05, 0.05, 0.7).moved(s * (w / 2 - 0.06), t * (d / 2 - 0.06)).painted(1)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    shape = merged([*legs, box(w, d, 0.04, 0.01).moved(z=0.7)])
    if rng.uniform() < 0.5:
        return shape.turned(x=np.pi).moved(z=0.74)
    return shape.turned(x=np.pi / 2 + 0.05).moved(z=d / 2)


MAKERS: dict[str, Callable[[Rng], Shape]] = {
    "sofa": sofa,
    "mattress": mattress,
    "wardrobe": wardrobe,
    "chair": chair,
    "table": table,
}


def put(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """One to four pieces side by side."""
    along = x
    for _ in range(int(rng.choice([1, 1, 2, 3, 4]))):
        kind = str(rng.choice(list(MAKERS), p=[0.32, 0.2, 0.2, 0.18, 0.1]))
        shape = MAKERS[kind](rng)
        cloth, wood = str(rng.choice(CLOTHS)), str(rng.choice(WOODS))
        soft = material.plain(f"upholstery {cloth}", srgb(cloth), 0.9, dirt=0.6)
        hard = material.plain(f"wood {wood}", srgb(wood), 0.5, dirt=0.5)
        pale = material.plain("ticking", srgb("#c8c0ac"), 0.9, dirt=0.7)
        mats = {"sofa": [soft, hard], "mattress": [pale], "chair": [soft, hard]}.get(
            kind, [hard, hard]
        )
        wide = float(np.ptp(shape.verts[:, 0]))
        turn = float(rng.normal(0, 0.3) + (np.pi if rng.uniform() < 0.15 else 0))
        at = (along + wide / 2, y + float(rng.normal(0, 0.15)), z)
        stage.add(f"{kind} {int(rng.integers(1 << 30))}", shape, mats, at, (0, 0, turn))
        along += wide + float(rng.uniform(0.05, 0.3))
