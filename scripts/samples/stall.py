"""A mobile stall: umbrella, folding table, fruit in crates, and goods stacked on the pavement."""

from __future__ import annotations

from typing import Any

import numpy as np

from scripts.samples import ground, material, pile, rubbish
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, creases, lathe, loft, merged, skin, tube
from scripts.samples.stage import Stage

FRUIT = {
    "orange": ("#d9781a", 0.037),
    "apple": ("#a3241f", 0.038),
    "greens": ("#4f7a2c", 0.045),
    "yam": ("#8a4a3a", 0.05),
    "pear": ("#b9a13c", 0.04),
}


def umbrella_shape(radius_m: float, ribs: int = 8) -> Shape:
    """A big market umbrella with a valance; slots: two cloths in turn, pole."""
    outlines = []
    around = ribs * 6
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    sag = 1 - 0.07 * (1 - np.abs(np.cos(angle * ribs / 2)))
    for t in (0.02, 0.25, 0.5, 0.75, 1.0):
        r = radius_m * t * (1 - (1 - sag) * t)
        z = 0.62 * (1 - t**1.4) - 0.05 * t * (1 - sag) * 4
        outlines.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), z]))
    r = radius_m * sag * 1.005
    hang = -0.2 + 0.03 * np.cos(angle * ribs)
    outlines.append(np.column_stack([r * np.cos(angle), r * np.sin(angle), hang]))
    cloth = skin(outlines)
    slots = [int((i % around) // 6) % 2 for i in range(len(cloth.faces))]
    cloth = Shape(cloth.verts, cloth.faces, slots)
    bars = [
        tube(
            [(0, 0, 0.3), (np.cos(a) * radius_m * 0.6, np.sin(a) * radius_m * 0.6, 0.26)], 0.006, 5
        )
        for a in np.linspace(0, 2 * np.pi, ribs, endpoint=False)
    ]
    pole = tube([(0, 0, -2.05), (0, 0, 0.62)], 0.022, 10)
    return merged([cloth, merged(bars).painted(2), pole.painted(2)])


def table_shape(w: float, d: float, h: float) -> Shape:
    """A folding table; slots: top, legs."""
    parts = [box(w, d, 0.03, 0.008).moved(z=h - 0.03)]
    for s in (-1, 1):
        x = s * (w / 2 - 0.12)
        for a in (-1, 1):
            leg = tube([(x, a * d * 0.42, 0), (x, -a * d * 0.3, h - 0.03)], 0.011, 7)
            parts += [leg.painted(1)]
        parts.append(tube([(x, -d * 0.4, 0.012), (x, d * 0.4, 0.012)], 0.011, 7).painted(1))
    return merged(parts)


def crate_shape(w: float = 0.5, d: float = 0.35, h: float = 0.26) -> Shape:
    """A slatted plastic crate, open above."""
    parts = [box(w, d, 0.015)]
    for k in range(4):
        z = 0.02 + k * (h - 0.03) / 3.6
        for s in (-1, 1):
            parts.append(box(w, 0.012, 0.045, 0.003).moved(y=s * d / 2, z=z))
            parts.append(box(0.012, d, 0.045, 0.003).moved(x=s * w / 2, z=z))
    post = box(0.03, 0.03, h, 0.004)
    parts += [post.moved(x=x, y=y) for x in (-w / 2, w / 2) for y in (-d / 2, d / 2)]
    return merged(parts)


def crate(
    stage: Stage,
    x: float,
    y: float,
    z: float,
    turn: float,
    fruit: str | None,
    colour: str = "#2c64a8",
) -> None:
    """A crate, filled with fruit where a kind is named."""
    plastic = material.plain(f"crate {colour}", srgb(colour), 0.4, dirt=0.4)
    stage.put(stage.mesh(f"crate {colour}", crate_shape(), [plastic]), (x, y, z), (0, 0, turn))
    if fruit:
        stage.put(fruit_mesh(stage, fruit, 0.46, 0.31, 110), (x, y, z + 0.14), (0, 0, turn))


def fruit_mesh(stage: Stage, fruit: str, w: float, d: float, count: int) -> Any:
    """A bed of fruit as one mesh."""
    code, r = FRUIT[fruit]
    seed = np.random.default_rng([count, ord(fruit[0])])
    heap = pile.Heap(0, 0, 0, 0.6)
    balls = []
    for _ in range(count):
        x, y = seed.uniform(-w / 2 + r, w / 2 - r), seed.uniform(-d / 2 + r, d / 2 - r)
        rest = heap.lay(x, y, r, r * 1.9, 0.45)
        a = np.linspace(0, np.pi, 8)
        ball = lathe([(r * np.sin(t), r - r * np.cos(t)) for t in a], 12)
        long = 1.6 if fruit in ("yam", "greens") else 1.0
        ball = ball.moved(z=-r).scaled(1, long, 1).turned(*seed.uniform(0, 6, 3)).moved(z=r)
        verts = ball.verts + 0.004 * creases(ball.verts * 9, seed, 4, 0.3)[:, None]
        balls.append(Shape(verts, ball.faces).moved(x, y, rest))
    skin_material = material.plain(f"fruit {fruit}", srgb(code), 0.35, dirt=0.2)
    return stage.mesh(f"fruit {fruit} {count} {w}", merged(balls), [skin_material])


def place(
    stage: Stage, rng: np.random.Generator, x: float, y: float, z: float, turn: float = 0.0
) -> None:
    """The whole stall, its front towards -y."""
    cloth_a, cloth_b = ("#a81d22", "#d9d4c6") if rng.uniform() < 0.5 else ("#1f4f94", "#c7a53a")
    mats = [
        material.film(f"cloth {cloth_a}", srgb(cloth_a), 0.3),
        material.film(f"cloth {cloth_b}", srgb(cloth_b), 0.3),
        material.plain("steel", srgb("#8d8f90"), 0.35, 0.9),
    ]
    stage.add(
        "umbrella", umbrella_shape(1.25), mats, (x + 0.1, y + 0.45, z + 2.05), (0.05, 0.04, 0.3)
    )
    stage.add(
        "umbrella foot",
        lathe([(0.24, 0), (0.22, 0.09), (0.04, 0.1)], 24),
        [ground.stone("concrete", "#8a8780")],
        (x + 0.1, y + 0.45, z),
    )
    top = material.plain("table top", srgb("#b9b4a4"), 0.4, dirt=0.4)
    legs = material.plain("steel", srgb("#8d8f90"), 0.35, 0.9)
    stage.add("table", table_shape(1.7, 0.75, 0.62), [top, legs], (x, y, z), (0, 0, turn))
    for k, fruit in enumerate(("orange", "apple", "pear")):
        crate(
            stage,
            x - 0.56 + k * 0.55,
            y + 0.02,
            z + 0.62,
            float(rng.normal(0, 0.04)),
            fruit,
            ["#2c64a8", "#a33a2c", "#2f7a44"][k],
        )
    for k, fruit in enumerate(("greens", "yam", None, "orange")):
        at = (x - 0.9 + k * 0.62, y - 0.62 + float(rng.normal(0, 0.04)))
        crate(stage, *at, z, float(rng.normal(0, 0.12)), fruit, "#2c64a8")
    stool = loft(
        [(0, 0.3, 0.3, 0.05, 0), (0.24, 0.22, 0.22, 0.05, 0), (0.26, 0.26, 0.26, 0.06, 0)], 4
    )
    red = material.plain("stool", srgb("#b0282c"), 0.35)
    stage.add("stool", stool, [red], (x + 0.4, y + 0.95, z), (0, 0, 0.4))
    scale = merged(
        [
            box(0.3, 0.28, 0.1, 0.02),
            box(0.32, 0.26, 0.015, 0.005).moved(z=0.12),
            box(0.05, 0.05, 0.25).moved(y=0.16),
            box(0.2, 0.04, 0.1, 0.01).moved(y=0.16, z=0.25),
        ]
    )
    stage.add(
        "scale",
        scale,
        [material.plain("steel", srgb("#8d8f90"), 0.35, 0.9)],
        (x + 1.15, y - 0.1, z),
        (0, 0, -0.2),
    )
    for k in range(3):
        data, _, _ = rubbish.MAKERS["carton"](stage, rng)
        stage.put(
            data, (x + 1.2 + 0.15 * k, y + 0.5 + 0.3 * k, z), (0, 0, float(rng.uniform(0, 6)))
        )


def goods(
    stage: Stage, rng: np.random.Generator, x: float, y: float, z: float, width_m: float = 2.4
) -> None:
    """Cartons, crates and bundles stacked on the pavement."""
    along = -width_m / 2
    tape = material.plain("tape", srgb("#b79a63"), 0.3)
    while along < width_m / 2:
        w = float(rng.uniform(0.38, 0.6))
        if rng.uniform() < 0.3:
            for k in range(int(rng.integers(2, 5))):
                crate(
                    stage,
                    x + along + w / 2,
                    y + float(rng.normal(0, 0.02)),
                    z + k * 0.255,
                    float(rng.normal(0, 0.05)),
                    None,
                    str(rng.choice(["#2c64a8", "#a33a2c", "#c9a227"])),
                )
        else:
            top = z
            for _ in range(int(rng.integers(1, 5))):
                h, d = float(rng.uniform(0.22, 0.4)), float(rng.uniform(0.35, 0.5))
                wide = w * float(rng.uniform(0.85, 1.0))
                name = f"closed carton {wide:.3f} {h:.3f}"
                shape = merged(
                    [box(wide, d, h, 0.008), box(0.055, d + 0.003, h + 0.002).moved(z=0).painted(1)]
                )
                dented = shape.verts + 0.008 * creases(shape.verts, rng, 4, 0.3)[:, None]
                stage.add(
                    name,
                    Shape(dented, shape.faces, shape.slots),
                    [material.carton(f"carton {int(rng.integers(3))}"), tape],
                    (
                        x + along + w / 2 + float(rng.normal(0, 0.02)),
                        y + float(rng.normal(0, 0.03)),
                        top,
                    ),
                    (0, 0, float(rng.normal(0, 0.06))),
                )
                top += h
        along += w + float(rng.uniform(0.0, 0.08))
    planks = [
        box(0.1, 0.03, 1.9).turned(x=-0.22).moved(x=k * 0.13, y=0.32 - 0.03 * k) for k in range(3)
    ]
    stage.add("planks", merged(planks), [material.carton("plank")], (x + width_m / 2 + 0.25, y, z))
