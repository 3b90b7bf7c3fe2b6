"""People as plain figures: enough of a person for a scene, nobody in particular."""

from __future__ import annotations

import numpy as np

from scripts.samples import material
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, lathe, loft, merged, tube
from scripts.samples.stage import Stage

COATS = (
    "#22324f",
    "#7a1f24",
    "#3d4a33",
    "#8c8c88",
    "#c9c4b6",
    "#2b2b2d",
    "#b5652a",
    "#4f7fa8",
    "#a86f86",
)
TROUSERS = ("#1d1f26", "#2f3b55", "#5b5348", "#77756e", "#3a2f2a")
SKIN = ("#c79a77", "#b68563", "#d8ae8c")


def standing_shape(rng: np.random.Generator) -> Shape:
    """A standing figure of 1.7 m facing -y; slots: coat, trousers, skin, hair."""
    step = float(rng.uniform(0.02, 0.14))
    lift = [float(v) for v in rng.uniform(-0.1, 0.9, 2)]
    parts = []
    for side, ahead in ((-1, step), (1, -step)):
        parts += [
            tube(
                [(0.09 * side, ahead, 0.0), (0.09 * side, ahead / 2, 0.45), (0.08 * side, 0, 0.88)],
                0.07,
                9,
                1.2,
            ).painted(1),
            loft([(0, 0.09, 0.26, 0.04, -0.05), (0.08, 0.08, 0.2, 0.04, -0.03)], 4)
            .moved(0.09 * side, ahead)
            .painted(3),
        ]
    parts.append(torso().moved(z=0.82))
    for side, up in zip((-1, 1), lift, strict=True):
        elbow = (0.26 * side, -0.05 - 0.14 * up, 1.16 + 0.08 * up)
        hand = (0.22 * side, -0.1 - 0.4 * up, 0.92 + 0.36 * up)
        parts += [
            tube([(0.2 * side, 0, 1.38), elbow, hand], 0.055, 8, 0.75),
            ball(0.05).moved(*hand).painted(2),
        ]
    return merged([*parts, head().moved(z=1.44)])


def sitting_shape(rng: np.random.Generator) -> Shape:
    """A figure on a low stool, 1.15 m high, facing -y; slots as standing_shape."""
    parts = []
    for side in (-1, 1):
        knee = (0.14 * side, -0.42, 0.42)
        parts.append(
            tube([(0.08 * side, 0, 0.34), knee, (0.13 * side, -0.4, 0.02)], 0.075, 9, 0.8).painted(
                1
            )
        )
        hand = (0.16 * side, -0.4, 0.5 + float(rng.uniform(0, 0.25)))
        parts += [
            tube([(0.2 * side, 0, 0.86), (0.26 * side, -0.1, 0.6), hand], 0.055, 8, 0.75),
            ball(0.05).moved(*hand).painted(2),
        ]
    return merged([*parts, torso().moved(z=0.3), head().moved(z=0.92)])


def torso() -> Shape:
    rows = [
        (0, 0.3, 0.2),
        (0.2, 0.3, 0.2),
        (0.45, 0.38, 0.22),
        (0.58, 0.34, 0.18),
        (0.63, 0.12, 0.1),
    ]
    return loft([(z, w, d, 0.09, 0) for z, w, d in rows], 5)


def head() -> Shape:
    """Neck, face and hair, the chin at z = 0.03."""
    face = ball(0.1).scaled(0.85, 1, 1.2).moved(z=0.14)
    hair = ball(0.107).scaled(0.88, 1, 1.1).moved(y=0.022, z=0.17)
    return merged(
        [tube([(0, 0, -0.02), (0, 0, 0.08)], 0.05, 8).painted(2), face.painted(2), hair.painted(3)]
    )


def ball(radius: float) -> Shape:
    return lathe([(radius * np.sin(t), -radius * np.cos(t)) for t in np.linspace(0, np.pi, 9)], 14)


def put(
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    y: float,
    z: float,
    turn: float,
    *,
    sits: bool = False,
) -> None:
    """One person, looking towards -y turned by `turn`; belongs to no box."""
    shape = sitting_shape(rng) if sits else standing_shape(rng)
    coat, legs, skin = (str(rng.choice(codes)) for codes in (COATS, TROUSERS, SKIN))
    hair = "#17130f" if rng.uniform() < 0.8 else "#8c8a86"
    mats = [material.plain(f"cloth {code}", srgb(code), 0.85, dirt=0.1) for code in (coat, legs)]
    mats += [
        material.plain(f"skin {skin}", srgb(skin), 0.5, dirt=0.0),
        material.plain(f"hair {hair}", srgb(hair), 0.6, dirt=0.0),
    ]
    tall = float(rng.uniform(0.9, 1.06))
    with stage.untold():
        data = stage.mesh(f"person {int(rng.integers(1 << 30))}", shape, mats, 180)
        stage.put(data, (x, y, z), (0, 0, turn), tall)
