"""Ground seen from close above, with droppings, a burrow, or only what resembles them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from scripts.samples import ground, material, photo, view
from scripts.samples.material import srgb
from scripts.samples.shape import Shape, box, creases, grid, lathe, tube
from scripts.samples.stage import Stage
from scripts.scenes import outline, sprite

Rng = np.random.Generator
SIZE_PX = (416, 320)
GRAIN_M = 0.6  # how wide a look droppings can still be told in


def render(rng: Rng, out: Path, samples: int) -> str:
    """Writes a JPEG and its boxes beside it; returns what was put there."""
    stage = Stage()
    kind = str(rng.choice(["droppings", "hole", "nothing"], p=[0.5, 0.3, 0.2]))
    wide_m = float(rng.uniform(0.3, GRAIN_M) if kind == "droppings" else rng.uniform(0.5, 1.6))
    if kind == "hole":
        hole(stage, rng, wide_m)
    else:
        stage.add("floor", flat(4.0), [surface(rng)])
    if kind == "droppings":
        droppings(stage, rng, wide_m)
    with stage.untold():
        misleading(stage, rng, wide_m)
    sprite.shine(stage, sprite.weather(rng))
    view.set_up(stage, look(rng, wide_m))
    stage.scene.render.resolution_x, stage.scene.render.resolution_y = SIZE_PX
    stage.scene.camera.data.clip_start = 0.01
    view.engine(stage, samples)
    stage.scene.view_settings.exposure = float(rng.normal(-0.2, 0.4))
    outline.write(stage, out.with_suffix(".json"), *SIZE_PX)
    raw = out.with_suffix(".png")
    view.render(stage, raw)
    with Image.open(raw) as picture:
        photo.develop(picture, rng).save(out, quality=90)
    raw.unlink()
    return kind


def flat(side_m: float) -> Shape:
    return grid(side_m, side_m, 2, 2)


def surface(rng: Rng) -> object:
    """Concrete, paving, floor tiles, wood or soil."""
    makers: tuple[Callable[[], object], ...] = (
        lambda: ground.stone(
            "concrete floor", str(rng.choice(["#96928a", "#7d7a74", "#b3afa6"])), 0.35
        ),
        lambda: ground.paving(
            "slabs",
            *rng.choice([["#8d8a83", "#7b7973"], ["#a2927a", "#8f8069"], ["#b9b6ae", "#a9a59b"]]),
            0.4,
            0.4,
        ),
        lambda: material.plain(
            "lino",
            srgb(str(rng.choice(["#cfcabd", "#8e9a94", "#b8a98c", "#dedcd6"]))),
            0.4,
            dirt=0.4,
        ),
        lambda: ground.soil("soil floor", str(rng.choice(["#7b6a52", "#94866c", "#655541"]))),
        lambda: material.carton("board floor"),
    )
    return makers[int(rng.integers(len(makers)))]()


def droppings(stage: Stage, rng: Rng, wide_m: float) -> None:
    """A loose group of spindles, 10 to 18 mm long, all lying down; one box a group."""
    tone = str(rng.choice(["#17120e", "#241a12", "#33271b", "#0f0d0c"]))
    matt = material.plain(f"dropping {tone}", srgb(tone), float(rng.uniform(0.45, 0.9)), dirt=0.15)
    cx, cy = rng.uniform(-0.3, 0.3, 2) * wide_m * np.array([1, 0.7])
    spread, size = float(rng.uniform(0.04, 0.22)) * wide_m, float(rng.uniform(0.009, 0.016))
    with stage.group("droppings/0"):
        for k in range(int(rng.integers(5, 36))):
            data = stage.mesh(f"dropping {k % 6} {tone}", spindle(rng), [matt])
            x, y = cx + rng.normal(0, spread), cy + rng.normal(0, spread * 0.8)
            if abs(x) > wide_m * 0.47 or abs(y) > wide_m * 0.34:
                continue
            stage.put(
                data,
                (float(x), float(y), size * 0.16),
                (0, 0, float(rng.uniform(0, 6.3))),
                size * float(rng.uniform(0.75, 1.2)),
            )


def spindle(rng: Rng) -> Shape:
    """A blunt spindle of length 1 along x, a little bent and uneven."""
    thick = float(rng.uniform(0.15, 0.2))
    t = np.linspace(0, np.pi, 10)
    shape = lathe(
        [
            (thick * float(np.sin(a)) ** 0.7 if 0 < a < np.pi else 0.01, -0.5 * float(np.cos(a)))
            for a in t
        ],
        10,
    ).turned(y=np.pi / 2)
    verts = shape.verts.copy()
    verts[:, 1] += float(rng.normal(0, 0.25)) * (verts[:, 0] ** 2 - 0.1)
    verts += 0.02 * creases(verts, rng, 4, 0.15)[:, None]
    return Shape(verts, shape.faces)


def hole(stage: Stage, rng: Rng, wide_m: float) -> None:
    """A burrow of 5 to 10 cm in soil or a crack's edge, loose earth thrown out on one side."""
    radius = float(rng.uniform(0.025, 0.05))
    side = wide_m * 2.4
    sheet = grid(side, side, 170, 170)
    # More vertices where the hole is.
    verts = sheet.verts * (0.25 + 0.75 * (np.abs(sheet.verts) / (side / 2)) ** 1.2)
    away_x = float(rng.uniform(-0.2, 0.2)) * wide_m
    verts[:, 0] += away_x
    turn = float(rng.uniform(0, 6.3))
    long = float(rng.uniform(1.0, 1.5))
    dx, dy = verts[:, 0] - away_x, verts[:, 1]
    u, v = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
    ragged = 1 + 0.16 * creases(verts, rng, 6, 0.04)
    r = np.hypot(u / long, v) / (radius * ragged)
    earth = np.exp(-(((u - radius * 2.6) / (radius * 2.2)) ** 2) - (v / (radius * 2.4)) ** 2)
    bumps = 0.006 * creases(verts, rng, 10, 0.3) + 0.004 * creases(verts, rng, 8, 0.03) * (
        0.4 + 2.5 * earth
    )
    verts[:, 2] = bumps + radius * float(rng.uniform(0.3, 1.0)) * earth * np.clip(r - 0.9, 0, 1)
    verts[:, 2] -= radius * 4.5 * np.clip(1.15 - r, 0, 1) ** 0.6
    tone = str(rng.choice(["#7b6a52", "#94866c", "#655541", "#84725f"]))
    stage.add("earth", Shape(verts, sheet.faces), [ground.soil("earth", tone)], sharp_deg=180)
    ring = np.linspace(0, 6.283, 40)
    rim = np.column_stack([radius * long * np.cos(ring), radius * np.sin(ring), np.full(40, -0.01)])
    cos, sin = np.cos(turn), np.sin(turn)
    rim = rim @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) + [away_x, 0, 0]
    with stage.group("hole/0"):
        rim_m = stage.add("rim", Shape(rim, [(0, 1, 2)]), [])
        rim_m.hide_render = True


def misleading(stage: Stage, rng: Rng, wide_m: float) -> None:
    """Pebbles, seeds, butts, leaves, twigs; round dark stones and lids that are no holes."""
    for _ in range(int(rng.integers(0, 26))):
        kind = str(
            rng.choice(
                ["pebble", "butt", "leaf", "twig", "seed", "lid"],
                p=[0.4, 0.14, 0.2, 0.14, 0.08, 0.04],
            )
        )
        x, y = rng.uniform(-0.5, 0.5, 2) * wide_m * np.array([1.0, 0.75])
        z = 0.0
        shape, code = trinket(rng, kind)
        paint = material.plain(f"{kind} {code}", srgb(code), 0.7, dirt=0.2)
        stage.add(
            f"{kind} {int(rng.integers(1 << 30))}",
            shape,
            [paint],
            (float(x), float(y), z),
            (0, 0, float(rng.uniform(0, 6.3))),
        )


def trinket(rng: Rng, kind: str) -> tuple[Shape, str]:
    if kind == "pebble":
        r = float(rng.uniform(0.003, 0.018))
        ball = lathe(
            [(r * np.sin(a), r * 0.5 - r * 0.6 * np.cos(a)) for a in np.linspace(0, np.pi, 8)], 12
        )
        verts = (
            ball.verts * rng.uniform(0.7, 1.3, 3)
            + r * 0.25 * creases(ball.verts / r, rng, 4, 0.9)[:, None]
        )
        return Shape(verts, ball.faces), str(
            rng.choice(["#8f8a80", "#6f675c", "#a59f94", "#57524b", "#b39c82", "#33302c"])
        )
    if kind == "butt":
        return lathe([(0.004, 0), (0.004, float(rng.uniform(0.015, 0.03)))], 10).turned(
            y=np.pi / 2
        ).moved(z=0.004), str(rng.choice(["#d8d3c6", "#c08a4a"]))
    if kind == "leaf":
        sheet = grid(float(rng.uniform(0.02, 0.07)), float(rng.uniform(0.015, 0.04)), 10, 8)
        verts = sheet.verts.copy()
        half = np.abs(verts).max(axis=0)
        verts[:, 1] *= np.sqrt(np.clip(1 - (verts[:, 0] / half[0]) ** 2, 0.02, 1))
        verts[:, 2] = 0.004 + 0.004 * creases(verts, rng, 4, 0.03)
        return Shape(verts, sheet.faces), str(
            rng.choice(["#6b4f24", "#8a6a2c", "#4a5a24", "#3f2d1a", "#a8842f"])
        )
    if kind == "twig":
        long = float(rng.uniform(0.03, 0.14))
        bend = float(rng.normal(0, 0.01))
        return tube([(0, 0, 0.003), (long / 2, bend, 0.004), (long, 0, 0.003)], 0.002, 6), str(
            rng.choice(["#4a3826", "#6b5a44", "#2f251b"])
        )
    if kind == "seed":
        shape = spindle(rng).scaled(0.01, 0.016, 0.008).moved(z=0.002)
        return shape, str(rng.choice(["#c9b48a", "#8a6a3a", "#dcd6c8"]))
    r = float(rng.uniform(0.012, 0.04))
    if rng.uniform() < 0.5:
        return lathe([(r, 0), (r, 0.008), (r * 0.9, 0.011)], 24), str(
            rng.choice(["#1c1c1d", "#a8322c", "#d8d8d4"])
        )
    return box(r * 2, r * 1.4, 0.008, 0.003), str(rng.choice(["#1c1c1d", "#6b4a32", "#d8d8d4"]))


def look(rng: Rng, wide_m: float) -> view.View:
    """A phone held over the ground, tilted up to half a right angle."""
    away = wide_m * 26 / 34.6 * 0.95
    tilt, yaw = float(rng.uniform(0.02, 0.75)), float(rng.uniform(0, 6.3))
    flat_m = away * np.sin(tilt)
    at = (flat_m * np.cos(yaw), flat_m * np.sin(yaw), away * float(np.cos(tilt)))
    return view.View((float(at[0]), float(at[1]), at[2]), (0.0, 0.0, 0.0))
