"""What a stall is made of: roofs, tables, carts, wares. Fronts face -y, everything stands on z."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.samples import material, rubbish, stall
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, creases, grid, lathe, loft, merged, skin, tube, wheel
from scripts.samples.stage import Stage

Rng = np.random.Generator
CLOTHS = (
    "#a81d22",
    "#1f4f94",
    "#2c7a4b",
    "#c7a53a",
    "#d9d4c6",
    "#d0662a",
    "#274a5f",
    "#6b3f7d",
    "#e4e4e0",
    "#3f7f9f",
    "#b8b6ae",
    "#7c2630",
)
PAINTS = ("#2c64a8", "#a33a2c", "#2f7a44", "#c9a227", "#c8c9ca", "#33373b", "#b4553a", "#dadada")
CRATES = ("#2c64a8", "#a33a2c", "#2f7a44", "#c9a227", "#3b3b3d", "#d3d0c6")
PICTURES = tuple(stall.FRUIT)


def pick(rng: Rng, codes: tuple[str, ...]) -> str:
    return str(rng.choice(codes))


def cloth(rng: Rng, code: str | None = None, thin: float = 0.3) -> object:
    code = code or pick(rng, CLOTHS)
    return material.film(f"cloth {code}", srgb(code), thin)


def steel() -> object:
    return material.plain("steel", srgb("#8d8f90"), 0.35, 0.9)


def umbrella(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """A market umbrella, round or square, of one cloth or two, upright or a little tilted."""
    radius, ribs = float(rng.uniform(0.95, 1.7)), int(rng.choice([4, 6, 8, 8, 10]))
    one = cloth(rng)
    mats = [one, one if rng.uniform() < 0.5 else cloth(rng), steel()]
    high = float(rng.uniform(1.85, 2.5))
    tilt = rng.normal(0, 0.07, 2)
    name = f"umbrella {radius:.2f} {ribs} {int(rng.integers(1 << 20))}"
    turn = (float(tilt[0]), float(tilt[1]), float(rng.uniform(0, 6)))
    stage.add(name, stall.umbrella_shape(radius, ribs), mats, (x, y, z + high), turn)


def gazebo(
    stage: Stage, rng: Rng, x: float, y: float, z: float, w: float = 2.6, d: float = 2.2
) -> None:
    """A folding tent on four legs with a hanging border, sometimes a back wall."""
    high, rise = float(rng.uniform(1.95, 2.3)), float(rng.uniform(0.25, 0.8))
    edge = [
        np.array(
            [
                [sx * w / 2, sy * d / 2, high + drop]
                for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))
            ]
        )
        for drop in (-0.22, 0.0)
    ]
    top = np.array(
        [[sx * 0.04, sy * 0.04, high + rise] for sx, sy in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
    )
    parts = [skin([*edge, top], False, True)]
    if rng.uniform() < 0.35:
        parts.append(
            grid(w, high - 0.3, 2, 2).turned(x=np.pi / 2).moved(y=d / 2, z=(high - 0.3) / 2 + 0.3)
        )
    parts += [
        tube([(sx * w / 2, sy * d / 2, 0), (sx * w / 2, sy * d / 2, high)], 0.022, 7).painted(1)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    stage.add(
        f"gazebo {int(rng.integers(1 << 30))}",
        merged(parts),
        [cloth(rng, thin=0.2), steel()],
        (x, y, z),
    )


def awning(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float) -> None:
    """A sheet stretched over bars, higher at the back."""
    low, high, d = (
        float(rng.uniform(1.75, 2.0)),
        float(rng.uniform(2.1, 2.5)),
        float(rng.uniform(1.2, 2.0)),
    )
    sheet = grid(w, d, 14, 10)
    verts = sheet.verts.copy()
    verts[:, 2] = (
        low
        + (high - low) * (verts[:, 1] / d + 0.5)
        - 0.1 * (1 - (2 * verts[:, 0] / w) ** 2) * rng.uniform(0, 1)
    )
    bars = [
        tube(
            [(sx * w / 2, sy * d / 2, 0), (sx * w / 2, sy * d / 2, high if sy > 0 else low)],
            0.02,
            7,
        ).painted(1)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    stage.add(
        f"awning {int(rng.integers(1 << 30))}",
        merged([Shape(verts, sheet.faces), *bars]),
        [cloth(rng), steel()],
        (x, y, z),
    )


def table(
    stage: Stage, rng: Rng, x: float, y: float, z: float, turn: float, w: float, h: float
) -> None:
    """A folding table, bare or under a cloth that hangs down in front."""
    d = float(rng.uniform(0.55, 0.85))
    top = material.plain(
        f"top {pick(rng, PAINTS)}",
        srgb(pick(rng, ("#b9b4a4", "#6b4a32", "#d6d6d2", "#8a8f94"))),
        0.45,
        dirt=0.4,
    )
    stage.add(
        f"table {int(rng.integers(1 << 30))}",
        stall.table_shape(w, d, h),
        [top, steel()],
        (x, y, z),
        (0, 0, turn),
    )
    if rng.uniform() < 0.5:
        over = loft(
            [(0.1, w + 0.1, d + 0.1, 0.03, 0), (h + 0.005, w + 0.02, d + 0.02, 0.02, 0)],
            3,
            False,
            True,
        )
        stage.add(
            f"tablecloth {int(rng.integers(1 << 30))}",
            over,
            [cloth(rng, thin=0.15)],
            (x, y, z),
            (0, 0, turn),
        )


def crates(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float, rows: int = 1) -> None:
    """Crates and foam boxes side by side over a width, most of them full of fruit or greens."""
    count = max(int(w / 0.53), 1)
    for row in range(rows):
        for k in range(count):
            if rng.uniform() < 0.12:
                continue
            at = (x + (k - (count - 1) / 2) * 0.53, y - 0.38 * row + float(rng.normal(0, 0.02)), z)
            fruit = pick(rng, PICTURES) if rng.uniform() < 0.8 else None
            stall.crate(stage, *at, float(rng.normal(0, 0.06)), fruit, pick(rng, CRATES))


def loose_fruit(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float) -> None:
    """Fruit heaped on a top without a crate."""
    for k in range(max(int(w / 0.45), 1)):
        at = (x - w / 2 + 0.25 + 0.45 * k, y, z + 0.01)
        stage.put(
            stall.fruit_mesh(stage, pick(rng, PICTURES), 0.4, 0.42, 70),
            at,
            (0, 0, float(rng.uniform(0, 3))),
        )


def small_wares(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float, d: float) -> None:
    """Toys, shoes, trinkets, boxes: many small coloured things in rows."""
    shapes: tuple[Callable[[], Shape], ...] = (
        lambda: box(0.12, 0.09, 0.06, 0.01),
        lambda: lathe([(0.04, 0), (0.05, 0.05), (0.03, 0.12), (0.01, 0.15)], 12),
        lambda: loft(
            [(0, 0.1, 0.26, 0.04, 0), (0.05, 0.09, 0.24, 0.04, 0), (0.1, 0.07, 0.1, 0.03, 0.06)], 4
        ),
        lambda: box(0.2, 0.15, 0.04, 0.005),
        lambda: lathe([(0.03, 0), (0.03, 0.16), (0.012, 0.2), (0.012, 0.23)], 10),
    )
    step = float(rng.uniform(0.14, 0.24))
    for u in np.arange(-w / 2 + 0.1, w / 2 - 0.05, step):
        for v in np.arange(-d / 2 + 0.1, d / 2 - 0.05, step * 1.2):
            if rng.uniform() < 0.15:
                continue
            kind, code = int(rng.integers(len(shapes))), pick(rng, (*CLOTHS, *PAINTS))
            paint = material.plain(f"ware {code}", srgb(code), 0.4, dirt=0.1)
            data = stage.mesh(f"ware {kind} {code}", shapes[kind](), [paint])
            at = (x + u + float(rng.normal(0, 0.01)), y + v + float(rng.normal(0, 0.01)), z)
            stage.put(
                data, at, (0, 0, float(rng.uniform(0, 6.3) if kind != 2 else rng.normal(0, 0.2)))
            )


def ground_cloth(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float, d: float) -> None:
    """A sheet on the pavement."""
    sheet = grid(w, d, 30, 24)
    verts = sheet.verts.copy()
    verts[:, 2] = 0.012 + 0.006 * (creases(verts, rng, 6, 0.25) + 1)
    stage.add(
        f"sheet {int(rng.integers(1 << 30))}",
        Shape(verts, sheet.faces),
        [cloth(rng, thin=0.05)],
        (x, y, z),
    )


def clothes_rack(
    stage: Stage, rng: Rng, x: float, y: float, z: float, w: float, turn: float
) -> None:
    """A rail on wheels with garments on hangers."""
    rail = merged(
        [
            tube([(s * w / 2, -0.25, 0), (s * w / 2, 0, 0.1), (s * w / 2, 0.25, 0)], 0.015, 6)
            for s in (-1, 1)
        ]
        + [tube([(-w / 2, 0, 0.1), (-w / 2, 0, 1.55), (w / 2, 0, 1.55), (w / 2, 0, 0.1)], 0.015, 6)]
    )
    stage.add(f"rail {w:.2f}", rail, [steel()], (x, y, z), (0, 0, turn))
    for u in np.arange(-w / 2 + 0.08, w / 2 - 0.05, 0.09):
        long = float(rng.uniform(0.6, 1.0))
        shape = loft(
            [
                (0, 0.05, 0.5, 0.02, 0),
                (long - 0.12, 0.05, 0.42, 0.02, 0),
                (long, 0.03, 0.12, 0.01, 0),
            ],
            3,
        )
        at = (x + u * np.cos(turn), y + u * np.sin(turn), z + 1.5 - long)
        stage.add(
            f"garment {int(rng.integers(1 << 30))}",
            shape,
            [cloth(rng, thin=0.1)],
            at,
            (0, 0, turn + float(rng.normal(0, 0.1))),
        )


def tricycle(stage: Stage, rng: Rng, x: float, y: float, z: float, turn: float) -> float:
    """A cargo tricycle, its bed along +x behind the saddle; returns the height of its bed."""
    bed = float(rng.uniform(0.55, 0.7))
    parts = [wheel(0.25, 0.09, 0.045).moved(x=-1.15, z=0.25).painted(1)]
    parts += [
        wheel(0.25, 0.09, 0.045).moved(x=0.45, y=s * 0.48, z=0.25).painted(1) for s in (-1, 1)
    ]
    parts += [
        box(1.5, 0.95, 0.06).moved(x=0.35, z=bed - 0.06),
        *(box(1.5, 0.03, 0.26).moved(x=0.35, y=s * 0.46, z=bed) for s in (-1, 1)),
        box(0.03, 0.95, 0.26).moved(x=-0.39, z=bed),
        tube([(-1.15, 0, 0.25), (-1.02, 0, 0.95)], 0.03, 7).painted(2),
        tube([(-0.98, -0.33, 1.02), (-1.04, 0, 0.98), (-0.98, 0.33, 1.02)], 0.016, 6).painted(2),
        tube([(-1.05, 0, 0.6), (-0.7, 0, 0.35), (-0.3, 0, 0.45)], 0.035, 7),
        box(0.3, 0.3, 0.12, 0.04).moved(x=-0.58, z=0.62).painted(1),
        box(0.26, 0.24, 0.3, 0.02).moved(x=-0.58, z=0.33),
    ]
    paint = material.plain(f"paint {(code := pick(rng, PAINTS))}", srgb(code), 0.4, dirt=0.5)
    rubber = material.plain("rubber", srgb("#161616"), 0.7)
    stage.add(
        f"tricycle {int(rng.integers(1 << 30))}",
        merged(parts),
        [paint, rubber, steel()],
        (x, y, z),
        (0, 0, turn),
    )
    return z + bed


def food_cart(stage: Stage, rng: Rng, x: float, y: float, z: float, turn: float) -> None:
    """A snack cart: painted box on wheels, glass case, roof on posts, a bright board above."""
    w, d, h = (
        float(rng.uniform(1.2, 2.0)),
        float(rng.uniform(0.65, 0.9)),
        float(rng.uniform(0.75, 0.95)),
    )
    roof = float(rng.uniform(1.8, 2.15))
    parts = [
        box(w, d, h - 0.22, 0.02).moved(z=0.22),
        *(
            wheel(0.2, 0.06, 0.03).moved(s * w * 0.3, t * d * 0.45, 0.2).painted(1)
            for s in (-1, 1)
            for t in (-1, 1)
        ),
        *(
            tube(
                [(s * w * 0.47, t * d * 0.45, h), (s * w * 0.47, t * d * 0.45, roof)], 0.015, 6
            ).painted(2)
            for s in (-1, 1)
            for t in (-1, 1)
        ),
        box(w + 0.16, d + 0.3, 0.06, 0.02).moved(z=roof).painted(3),
    ]
    if rng.uniform() < 0.7:
        parts.append(box(w * 0.9, 0.04, 0.3).moved(y=-d / 2 - 0.1, z=roof - 0.3).painted(3))
    if rng.uniform() < 0.6:
        parts.append(
            lathe([(0.05, 0), (0.24, 0.1), (0.26, 0.1)], 20).moved(x=-w * 0.2, z=h).painted(2)
        )
    paints = [
        material.plain(f"paint {code}", srgb(code), 0.4, dirt=0.3)
        for code in (pick(rng, PAINTS), pick(rng, PAINTS))
    ]
    mats = [paints[0], material.plain("rubber", srgb("#161616"), 0.7), steel(), paints[1]]
    stage.add(f"cart {int(rng.integers(1 << 30))}", merged(parts), mats, (x, y, z), (0, 0, turn))
    if rng.uniform() < 0.6:
        case = box(w * 0.45, d * 0.7, 0.4).moved(x=w * 0.22, z=h)
        stage.add(
            f"case {int(rng.integers(1 << 30))}",
            case,
            [material.film("case", srgb("#c9d4d8"), 0.2, 0.7)],
            (x, y, z),
            (0, 0, turn),
        )


def stool(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """A low plastic stool."""
    shape = loft(
        [(0, 0.3, 0.3, 0.05, 0), (0.26, 0.22, 0.22, 0.05, 0), (0.29, 0.26, 0.26, 0.06, 0)], 4
    )
    code = pick(rng, ("#b0282c", "#2c64a8", "#2f7a44", "#d9d4c6", "#c9722a"))
    data = stage.mesh(f"stool {code}", shape, [material.plain(f"stool {code}", srgb(code), 0.35)])
    stage.put(data, (x, y, z), (0, 0, float(rng.uniform(0, 3))), float(rng.uniform(0.9, 1.5)))


def grill(stage: Stage, rng: Rng, x: float, y: float, z: float, turn: float) -> None:
    """A barbecue: a long trough on legs, glowing coals, skewers across it."""
    w = float(rng.uniform(0.7, 1.2))
    parts = [loft([(0.62, w - 0.1, 0.18, 0.01, 0), (0.8, w, 0.28, 0.01, 0)], 2, True, False)]
    parts += [
        tube([(s * w * 0.42, t * 0.12, 0), (s * w * 0.42, t * 0.1, 0.65)], 0.013, 6)
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    parts += [
        tube([(u, -0.22, 0.81), (u, 0.2, 0.81)], 0.006, 4).painted(1)
        for u in np.arange(-w * 0.4, w * 0.4, 0.05)
        if rng.uniform() < 0.7
    ]
    parts.append(box(w - 0.06, 0.2, 0.01).moved(z=0.76).painted(2))
    mats = [
        material.plain("black iron", srgb("#242322"), 0.6, 0.5),
        material.plain("meat", srgb("#6b3a22"), 0.5),
        material.plain("coal", srgb("#7a3a20"), 0.8),
    ]
    stage.add(f"grill {int(rng.integers(1 << 30))}", merged(parts), mats, (x, y, z), (0, 0, turn))


def carton(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """An open carton beside the stall."""
    data, _, _ = rubbish.MAKERS["carton"](stage, rng)
    stage.put(data, (x, y, z), (0, 0, float(rng.uniform(0, 6))))
