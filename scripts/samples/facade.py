"""What stands behind the pavement: shops, tiled houses, compound walls, with their fittings."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from scripts.samples import ground, material, sign
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, grid, lathe, merged, panel, skin, tube
from scripts.samples.stage import Stage

SHOPS = [
    ("惠民便利店", "烟酒 · 副食 · 日用百货", "#a3161b", "#f2e6b8"),
    ("老街五金建材", "水暖 电料 油漆 锁具", "#1b4b8f", "#f4f4f0"),
    ("阿芳理发", "剪 烫 染 护理", "#5a2a6a", "#f0e4ee"),
    ("清水粮油店", "米 面 油 杂粮", "#1f6b3a", "#f5efc8"),
    ("东门早餐", "包子 豆浆 油条 馄饨", "#c7791a", "#fff6e0"),
    ("诚信电动车维修", "换胎 充电 配件", "#d8d4c8", "#b0181c"),
    ("小城水果", "新鲜 实惠", "#2c7a3c", "#f6f2d0"),
    ("缝补 · 干洗", "拉链 裤边 皮具", "#30343a", "#e8dcae"),
]
ADS = ["开锁", "通下水道", "招租", "回收家电", "贷款", "搬家"]


def shutter_shape(w: float, h: float) -> Shape:
    """A roller shutter: rounded slats, facing -y, standing on z = 0."""
    rows = int(h / 0.02)
    sheet = grid(w, h, 2, rows)
    z = sheet.verts[:, 1] + h / 2
    y = -0.012 * np.abs(np.sin(z * np.pi / 0.08))
    return merged(
        [
            Shape(np.column_stack([sheet.verts[:, 0], y, z]), sheet.faces),
            box(w, 0.05, 0.07).moved(z=0.0),
        ]
    )


def window_shape(w: float, h: float) -> Shape:
    """A sliding window, its sill at z = 0; slots: frame, glass."""
    f = 0.05
    parts = [
        box(w, 0.08, f),
        box(w, 0.08, f).moved(z=h - f),
        box(f, 0.08, h).moved(x=-w / 2 + f / 2),
        box(f, 0.08, h).moved(x=w / 2 - f / 2),
        box(f, 0.06, h),
        panel(w - f, h - f).moved(y=0.01, z=f / 2).painted(1),
        box(w + 0.16, 0.16, 0.05).moved(z=-0.05),
    ]
    return merged(parts)


def grille_shape(w: float, h: float, out_m: float = 0.22) -> Shape:
    """A burglar grille caging a window."""
    bars = []
    for x in np.linspace(-w / 2, w / 2, int(w / 0.11)):
        bars += [tube([(x, 0, 0), (x, -out_m, 0), (x, -out_m, h), (x, 0, h)], 0.008, 5)]
    for z in np.linspace(0, h, 4):
        bars.append(box(w, 0.02, 0.025).moved(y=-out_m, z=z))
        sides = (-w / 2, w / 2)
        bars += [box(0.02, out_m, 0.02).moved(x=x, y=-out_m / 2, z=z) for x in sides]
    return merged(bars)


def ac_shape() -> Shape:
    """An air conditioner's outdoor unit on its bracket; slots: case, dark, pipe."""
    case = box(0.8, 0.3, 0.56, 0.02)
    fan = lathe([(0.22, 0), (0.22, 0.01), (0.05, 0.012)], 24).turned(x=np.pi / 2)
    rings = [wheel_ring(r) for r in (0.08, 0.14, 0.2)]
    pipe = tube(
        [(0.36, 0.1, 0.2), (0.48, 0.12, 0.15), (0.5, 0.14, -0.4), (0.52, 0.14, -1.6)], 0.022, 7
    )
    feet = [box(0.04, 0.42, 0.04).moved(x=s * 0.28, z=-0.04) for s in (-1, 1)]
    return merged(
        [
            case,
            fan.moved(x=-0.12, y=-0.152, z=0.28).painted(1),
            *[r.moved(x=-0.12, y=-0.165, z=0.28) for r in rings],
            pipe.painted(2),
            *feet,
        ]
    )


def wheel_ring(radius: float) -> Shape:
    a = np.linspace(0, 2 * np.pi, 25)
    return tube([(radius * np.cos(t), 0.0, radius * np.sin(t)) for t in a], 0.004, 4)


class Wall:
    """A façade plane at y = `y`, seen from -y, on a pavement at height z."""

    def __init__(self, stage: Stage, rng: np.random.Generator, y: float, z: float) -> None:
        self.stage, self.rng, self.y, self.z = stage, rng, y, z
        self.white = material.plain("frame white", srgb("#cfd0cc"), 0.4, dirt=0.4)
        self.steel = material.plain("grille steel", srgb("#7d7f80"), 0.4, 0.7, 0.6)
        self.rust = material.plain("grille rust", srgb("#5f4634"), 0.7, 0.2, 0.6)

    def block(
        self,
        x0: float,
        x1: float,
        z0: float,
        z1: float,
        skin_material: Any,
        out: float = 0.0,
        deep: float = 0.3,
    ) -> None:
        """A piece of wall from x0 to x1 and z0 to z1 above the pavement."""
        name = f"block {x0:.2f} {z0:.2f} {self.y:.2f} {out:.2f}"
        shape = box(x1 - x0, deep, z1 - z0).moved(
            (x0 + x1) / 2, self.y + deep / 2 - out, self.z + z0
        )
        self.stage.add(name, shape, [skin_material])

    def window(
        self, x: float, z: float, w: float = 1.5, h: float = 1.4, grille: bool = True
    ) -> None:
        data = self.stage.mesh(
            f"window {w} {h}", window_shape(w, h), [self.white, material.glass()]
        )
        self.stage.put(data, (x, self.y - 0.03, self.z + z))
        if grille:
            bars = self.stage.mesh(f"grille {w} {h}", grille_shape(w + 0.1, h + 0.1), [self.steel])
            rusty = self.rust if self.rng.uniform() < 0.4 else None
            self.stage.put(bars, (x, self.y, self.z + z - 0.05), material=rusty)

    def ac(self, x: float, z: float) -> None:
        mats = [
            material.plain("ac case", srgb("#bdbcb2"), 0.45, dirt=0.5),
            material.plain("black", srgb("#0c0c0d"), 0.5),
            material.plain("pipe wrap", srgb("#c9c6ba"), 0.7, dirt=0.5),
        ]
        self.stage.put(self.stage.mesh("ac", ac_shape(), mats), (x, self.y - 0.2, self.z + z))

    def pipe(self, x: float, top: float) -> None:
        """A drain pipe with clips."""
        parts = [tube([(0, 0, 0.05), (0, 0, top)], 0.05, 12)]
        parts += [
            lathe([(0.058, 0), (0.058, 0.06)], 12).moved(z=z) for z in np.arange(0.5, top, 1.8)
        ]
        mats = [material.plain("pvc", srgb("#c4c2b8"), 0.45, dirt=0.6)]
        self.stage.put(
            self.stage.mesh(f"pipe {top}", merged(parts), mats), (x, self.y - 0.07, self.z)
        )

    def meter_box(self, x: float, z: float) -> None:
        mats = [material.plain("meter box", srgb("#8f9290"), 0.45, 0.3, 0.5)]
        data = self.stage.mesh("meter box", box(0.45, 0.18, 0.6, 0.015), mats)
        self.stage.put(data, (x, self.y - 0.09, self.z + z))

    def poster(self, x: float, z: float, w: float = 0.3, out: float = 0.012) -> None:
        """A notice or a small ad stuck to the wall."""
        word = str(self.rng.choice(ADS))
        paint = str(self.rng.choice(["#e6e2d4", "#dcd7c2", "#b01c1c", "#1d4f96"]))
        name = f"poster {word} {paint}"
        face = material.once(
            name, lambda n: material.picture(n, sign.notice(self.rng, word, paint), 0.6)
        )
        data = self.stage.mesh(f"{name} {w}", panel(w, w * 1.4), [face])
        self.stage.put(data, (x, self.y - out, self.z + z), (0, float(self.rng.normal(0, 0.04)), 0))

    def board(self, x: float, z: float, w: float, which: int) -> None:
        """A shop's sign board."""
        name, small, back, ink = SHOPS[which % len(SHOPS)]
        face = material.once(
            f"sign {name}", lambda n: material.picture(n, sign.board(name, small, back, ink), 0.35)
        )
        frame = material.plain("sign frame", srgb("#8d8f90"), 0.4, 0.6)
        h = w * 0.225
        self.stage.add(
            f"board back {x:.2f} {z}",
            box(w + 0.06, 0.16, h + 0.06, 0.01),
            [frame],
            (x, self.y - 0.1, self.z + z - 0.03),
        )
        self.stage.add(f"board {x:.2f} {z}", panel(w, h), [face], (x, self.y - 0.185, self.z + z))

    def shutter(self, x: float, w: float, h: float, lift_m: float = 0.0) -> None:
        tone = str(self.rng.choice(["#8f9596", "#7b8a94", "#a7a59b", "#6f7f8c"]))
        paint = material.plain(f"shutter {tone}", srgb(tone), 0.4, 0.5, 0.5)
        data = self.stage.mesh(f"shutter {w} {h}", shutter_shape(w, h), [paint])
        self.stage.put(data, (x, self.y + 0.14, self.z + lift_m), material=paint)

    def shop_inside(self, x: float, w: float, h: float) -> None:
        """A dark room with lit shelves behind an open shop front."""
        room = material.plain("room", srgb("#6b675e"), 0.8)
        parts = [
            box(w, 0.1, h).moved(y=3.0),
            box(0.1, 3, h).moved(x=-w / 2, y=1.5),
            box(0.1, 3, h).moved(x=w / 2, y=1.5),
            box(w, 3, 0.05).moved(y=1.5, z=h),
        ]
        self.stage.put(
            self.stage.mesh(f"room {w} {h}", merged(parts), [room]), (x, self.y + 0.2, self.z)
        )
        colours = ["#a3241f", "#c9a227", "#2c64a8", "#d5d2c6", "#2f7a44", "#c46a2a", "#7b4a7a"]
        mats = [material.plain(f"pack {c}", srgb(c), 0.4) for c in colours]
        seed = np.random.default_rng(int(abs(x) * 10))
        packs = []
        for z in np.arange(0.25, h - 0.4, 0.38):
            packs.append(box(w * 0.9, 0.3, 0.02).moved(y=2.7, z=z).painted(3))
            at = -w * 0.44
            while at < w * 0.42:
                pw, ph = seed.uniform(0.06, 0.2), seed.uniform(0.1, 0.3)
                packs.append(
                    box(pw * 0.95, 0.2, ph)
                    .moved(at + pw / 2, 2.68, z + 0.02)
                    .painted(int(seed.integers(len(mats))))
                )
                at += pw
        self.stage.put(
            self.stage.mesh(f"shelf {x:.1f}", merged(packs), mats), (x, self.y + 0.2, self.z)
        )
        counter = box(1.2, 0.5, 0.9, 0.02)
        glass = [material.plain("counter", srgb("#7b5a3a"), 0.4)]
        self.stage.put(
            self.stage.mesh("counter", counter, glass), (x + w * 0.2, self.y + 0.9, self.z)
        )

    def glass_door(self, x: float, w: float, h: float) -> None:
        data = self.stage.mesh(
            f"shop window {w} {h}", window_shape(w, h), [self.steel, material.glass()]
        )
        self.stage.put(data, (x, self.y + 0.12, self.z + 0.05))


def shops(
    stage: Stage,
    rng: np.random.Generator,
    y: float,
    z: float,
    fronts: str,
    skin_material: Any,
    first: int = 0,
) -> None:
    """A row of shops, centred on x = 0; `fronts` says c(losed), h(alf), o(pen) or g(lass)."""
    wall = Wall(stage, rng, y, z)
    bay, half = 3.7, len(fronts) * 3.7 / 2
    step = ground.stone("step", "#8f8b83")
    for k, front in enumerate(fronts):
        x0 = k * bay - half
        x = x0 + bay / 2
        wall.block(x0 - 0.22, x0 + 0.22, 0, 3.05, skin_material)
        wall.block(x0 + 0.22, x0 + bay - 0.22, 0, 0.1, step, 0.25, 0.6)
        w = 3.26
        if front in "ch":
            lift = 0.1 if front == "c" else 1.5
            wall.shutter(x, w, 2.95, lift)
        if front in "ho":
            wall.shop_inside(x, w, 2.9)
        if front == "g":
            wall.glass_door(x, w, 2.9)
        wall.block(x0 + 0.22, x0 + bay - 0.22, 2.95, 3.05, skin_material)
        wall.board(x, 3.0, 3.3, first + k)
        if front == "c":
            for _ in range(int(rng.integers(1, 4))):
                wall.poster(
                    x + float(rng.uniform(-1.3, 1.3)), float(rng.uniform(0.7, 1.6)), 0.2, -0.12
                )
        wall.poster(x0 + 0.02, float(rng.uniform(1.0, 1.5)), 0.24)
        for storey in range(2):
            wall.window(x - 0.3, 4.55 + storey * 3, 1.8, 1.4, bool(rng.uniform() < 0.7))
            if rng.uniform() < 0.6:
                wall.ac(x + 1.3, 4.3 + storey * 3)
    wall.block(-half - 0.22, half + 0.22, 3.05, 10.0, skin_material)
    wall.block(
        -half - 0.22, half + 0.22, 0, 10.0, material.plain("dark room", (0.01, 0.01, 0.01)), -3.5
    )
    for x in np.arange(-half, half, bay * 2):
        wall.pipe(float(x) + 0.3, 9.5)


def houses(
    stage: Stage,
    rng: np.random.Generator,
    y: float,
    z: float,
    skin_material: Any,
    base: Any,
    half: float = 19.0,
) -> None:
    """A tiled block of flats: barred windows, air conditioners, drain pipes."""
    wall = Wall(stage, rng, y, z)
    wall.block(-half, half, 0, 11.0, skin_material)
    wall.block(-half, half, 0, 0.55, base, 0.04, 0.1)
    for x in np.arange(-half + 1.6, half, 3.4):
        for storey in range(3):
            wall.window(
                float(x), 1.25 + storey * 3.0, 1.5, 1.4, storey < 2 or bool(rng.uniform() < 0.5)
            )
            if rng.uniform() < 0.55:
                wall.ac(float(x) + 1.45, (2.2 if storey == 0 else 0.9) + storey * 3.0)
        if rng.uniform() < 0.5:
            wall.pipe(float(x) - 1.4, 10.8)
        if rng.uniform() < 0.35:
            wall.meter_box(float(x) + 1.3, 1.35)
        if rng.uniform() < 0.6:
            wall.poster(float(x) + 1.2, float(rng.uniform(0.9, 1.3)), 0.28)
    cable = [
        (float(x), y - 0.06, z + 3.55 + 0.05 * float(np.sin(x * 2.1)))
        for x in np.arange(-half, half, 0.5)
    ]
    stage.add("wall cable", tube(cable, 0.012, 5), [material.plain("rubber", srgb("#161616"), 0.7)])


def compound(
    stage: Stage,
    rng: np.random.Generator,
    y: float,
    z: float,
    skin_material: Any,
    cap: Any,
    words: str = "",
    half: float = 22.0,
    height_m: float = 2.3,
) -> None:
    """A compound wall with piers, coping and perhaps a painted slogan."""
    wall = Wall(stage, rng, y, z)
    wall.block(-half, half, 0, height_m, skin_material, 0, 0.24)
    wall.block(-half, half, height_m, height_m + 0.1, cap, 0.06, 0.36)
    for x in np.arange(-half, half, 4.0):
        wall.block(float(x) - 0.2, float(x) + 0.2, 0, height_m + 0.02, skin_material, 0.09, 0.3)
    if words:
        for i, character in enumerate(words):
            face = material.picture(
                f"slogan {i}", sign.slogan(character, "#b9372f", "#e8dfc4"), 0.6
            )
            at = (i - (len(words) - 1) / 2) * 1.25
            stage.add(f"slogan {i}", panel(0.8, 0.8), [face], (at, y - 0.1, z + 1.15))
    for bay in (-8, -4, 0, 4):
        wall.poster(
            bay - half % 4 + float(rng.uniform(0.5, 3.4)), float(rng.uniform(0.8, 1.5)), 0.26
        )


def far_blocks(stage: Stage, rng: np.random.Generator) -> None:
    """Blocks of flats in the distance, their windows drawn by the material."""
    for k, (x, y, w, d, h) in enumerate(
        (
            (-46, 16, 16, 14, 21),
            (48, 20, 18, 14, 18),
            (-30, 42, 26, 12, 24),
            (24, 46, 30, 12, 21),
            (0, 60, 24, 12, 30),
            (-58, -8, 14, 16, 15),
            (60, -6, 14, 16, 18),
        )
    ):
        tone = str(rng.choice(["#b9b09c", "#a8a79f", "#b39a84", "#9ca3a6"]))
        shape = box(w, d, h).moved(x, y, 0)
        stage.add(f"far block {k}", shape, [material.once(f"far {tone}", partial(_far, code=tone))])


def _far(name: str, code: str) -> Any:
    g = material.Graph(name)
    made = ground.bricks(
        g, 3.0, 3.0, 0.62, (0.03, 0.04, 0.05), (0.09, 0.1, 0.11), ground.upright(g), 0.0
    )
    joint = made.outputs[1]
    wall = g.mix(g.noise(0.3, 4), srgb(code), srgb("#8a857c"))
    return g.done(g.surface(g.mix(joint, made.outputs[0], wall), 0.7))


def pole(stage: Stage, x: float, y: float, z: float, wires: bool = True) -> None:
    """A concrete utility pole with its wires along the street."""
    data = stage.mesh(
        "pole", lathe([(0.17, 0), (0.11, 9.0)], 18), [ground.stone("pole", "#95928a")]
    )
    stage.put(data, (x, y, z))
    if wires:
        black = material.plain("rubber", srgb("#161616"), 0.7)
        for k in range(6):
            high = 6.2 + 0.28 * k
            path = [
                (float(t), y + 0.06 * k, high + 0.0022 * (t - x) ** 2 - 0.4 * (k % 2))
                for t in np.linspace(x - 30, x + 30, 31)
            ]
            stage.add(f"wire {x} {k}", tube(path, 0.014, 4), [black])


def bollard(stage: Stage, x: float, y: float, z: float) -> None:
    """A black and yellow crash post."""
    a = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    outlines = [
        np.column_stack([0.055 * np.cos(a), 0.055 * np.sin(a), np.full(18, h)])
        for h in np.linspace(0, 0.85, 8)
    ]
    shape = skin(outlines, False, True)
    slots = [int(i // 18) % 2 for i in range(len(shape.faces))]
    mats = [
        material.plain("post yellow", srgb("#cf9f14"), 0.4, dirt=0.5),
        material.plain("post black", srgb("#141414"), 0.5),
    ]
    stage.put(stage.mesh("bollard", Shape(shape.verts, shape.faces, slots), mats), (x, y, z))
