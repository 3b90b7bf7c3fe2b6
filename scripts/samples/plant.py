"""Street trees, hedges, weeds and fallen leaves."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from scripts.samples import ground, material
from scripts.samples.shape import Array, Point, Shape, box, merged, tube
from scripts.samples.stage import Stage


def leaves(centres: Array, rng: np.random.Generator, size_m: float, droop: float = 0.3) -> Shape:
    """One folded leaf (two triangles) at each centre."""
    n = len(centres)
    long = rng.normal(size=(n, 3))
    long[:, 2] -= droop
    long /= np.linalg.norm(long, axis=1, keepdims=True)
    wide = np.cross(long, rng.normal(size=(n, 3)))
    wide /= np.linalg.norm(wide, axis=1, keepdims=True) + 1e-9
    size = size_m * rng.uniform(0.6, 1.3, (n, 1))
    tip, root = centres + long * size, centres
    left = centres + long * size * 0.5 + wide * size * 0.36
    right = centres + long * size * 0.5 - wide * size * 0.36
    verts = np.stack([root, left, tip, right], axis=1).reshape(-1, 3)
    faces = [(4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3) for i in range(n)]
    return Shape(verts, faces)  # type: ignore[arg-type]


def tree_shapes(rng: np.random.Generator, height_m: float, crown_m: float) -> tuple[Shape, Shape]:
    """Trunk with branches, and leaves."""
    fork = height_m * rng.uniform(0.34, 0.42)
    path: list[Point] = [(0, 0, -0.1), (0, 0, 0.1)]
    x = y = 0.0
    for z in np.linspace(0.5, fork, 6):
        x, y = x + rng.normal(0, 0.03), y + rng.normal(0, 0.03)
        path.append((x, y, float(z)))
    wood = [tube(path, 0.14, 14, 0.72)]
    tips = []
    for k in range(7):
        angle = k * 2.4 + rng.uniform(-0.4, 0.4)
        reach, rise = crown_m * rng.uniform(0.45, 0.9), (height_m - fork) * rng.uniform(0.45, 0.95)
        start = np.array(path[-1 - k % 2])
        end = start + np.array([np.cos(angle) * reach, np.sin(angle) * reach, rise])
        middle = (start + end) / 2 + np.array([0, 0, rise * 0.18]) + rng.normal(0, 0.15, 3)
        wood.append(tube([tuple(start), tuple(middle), tuple(end)], 0.075, 8, 0.3))
        tips += [end, middle, (middle + end) / 2]
        for _ in range(4):
            twig = middle + (end - middle) * rng.uniform(0, 0.9)
            away = twig + rng.normal(0, crown_m * 0.24, 3) + np.array([0, 0, 0.2])
            wood.append(tube([tuple(twig), tuple(away)], 0.025, 5, 0.4))
            tips.append(away)
    spread = crown_m * 0.26
    centres = [tip + rng.normal(0, spread, (230, 3)) * np.array([1, 1, 0.75]) for tip in tips]
    return merged(wood), leaves(np.concatenate(centres), rng, 0.15)


def tree(
    stage: Stage, rng: np.random.Generator, x: float, y: float, z: float, kind: int = 0
) -> None:
    """One of three trees, turned at random; meshes are shared."""
    seed = np.random.default_rng([kind, 5])
    name = f"tree {kind}"
    if f"{name} wood" not in _known():
        wood, green = tree_shapes(seed, seed.uniform(6.0, 7.5), seed.uniform(2.1, 2.7))
        shade = [("#2e4a1c", "#5b7a2e"), ("#3a5220", "#74863a"), ("#254420", "#4a6b32")][kind % 3]
        stage.mesh(f"{name} wood", wood, [ground.bark()])
        stage.mesh(f"{name} green", green, [material.leaf(f"leaf {kind}", *shade)], 180)
    turn, size = (0.0, 0.0, float(rng.uniform(0, 6.3))), float(rng.uniform(0.9, 1.1))
    for part in ("wood", "green"):
        stage.put(_known()[f"{name} {part}"], (x, y, z), turn, size)


def _known() -> Any:
    return bpy.data.meshes


def hedge(
    stage: Stage,
    rng: np.random.Generator,
    x0: float,
    x1: float,
    y: float,
    z: float,
    height_m: float = 0.8,
    depth_m: float = 0.8,
) -> None:
    """A clipped hedge from x0 to x1."""
    seed = np.random.default_rng(9)
    count = 9000
    centres = seed.uniform(-0.5, 0.5, (count, 3))
    face = seed.integers(0, 6, count)
    for axis in range(3):
        for side in (0, 1):
            hit = face == axis * 2 + side
            centres[hit, axis] = (side - 0.5) * (1 + seed.normal(0, 0.05, hit.sum()))
    centres[:, 2] += 0.5
    scaled = centres * np.array([2.0, depth_m, height_m])
    scaled[:, 2] += 0.03 * np.sin(scaled[:, 0] * 5) * (scaled[:, 2] > height_m * 0.8)
    shade = material.leaf("hedge leaf", "#1f3a14", "#4c6a26")
    data = stage.mesh(f"hedge {height_m}", leaves(scaled, seed, 0.055, 0.0), [shade], 180)
    dark = material.plain("hedge heart", (0.012, 0.016, 0.008), 0.9)
    heart = stage.mesh(
        f"hedge heart {height_m}", box(1.98, depth_m * 0.86, height_m * 0.94), [dark]
    )
    for x in np.arange(x0 + 1, x1, 2.0):
        flip = float(np.pi * rng.integers(2))
        stage.put(data, (float(x), y, z), (0, 0, flip), (1.0, 1.0, float(rng.uniform(0.94, 1.06))))
        stage.put(heart, (float(x), y, z))


def weeds(stage: Stage, rng: np.random.Generator, spots: Array, size_m: float = 0.14) -> None:
    """Grass tufts at the given points (n, 3)."""
    for k in range(3):
        name = f"tuft {k}"
        seed = np.random.default_rng([k, 3])
        blades = []
        for _ in range(34):
            a, lean, high = seed.uniform(0, 6.3), seed.uniform(0.1, 0.9), seed.uniform(0.5, 1.2)
            root = np.array([*seed.normal(0, 0.15, 2), 0])
            out = np.array([np.cos(a), np.sin(a), 0])
            side = np.array([-np.sin(a), np.cos(a), 0]) * 0.028
            mid = root + out * lean * 0.35 + np.array([0, 0, high * 0.6])
            tip = root + out * lean + np.array([0, 0, high])
            verts = np.array([root - side, root + side, mid + side * 0.8, mid - side * 0.8, tip])
            blades.append(Shape(verts, [(0, 1, 2, 3), (3, 2, 4)]))
        stage.mesh(name, merged(blades), [material.leaf("grass", "#48592a", "#8a8a4c")], 180)
    for spot in spots:
        data = _known()[f"tuft {int(rng.integers(3))}"]
        size = size_m * float(rng.uniform(0.5, 1.4))
        stage.put(data, tuple(spot), (0, 0, float(rng.uniform(0, 6.3))), size)


def fallen(
    stage: Stage,
    rng: np.random.Generator,
    x0: float,
    x1: float,
    y0: float,
    y1: float,
    z: float,
    count: int,
) -> None:
    """Dry leaves on the ground, as one mesh."""
    centres = np.column_stack(
        [rng.uniform(x0, x1, count), rng.uniform(y0, y1, count), np.full(count, z + 0.006)]
    )
    outline = np.array([(0, 0), (0.3, 0.24), (0.6, 0.26), (1, 0), (0.6, -0.26), (0.3, -0.24)])
    verts = np.empty((count, len(outline), 3))
    for k, centre in enumerate(centres):
        size, angle = rng.uniform(0.03, 0.07), rng.uniform(0, 6.3)
        flat = outline * np.array([size, size * rng.uniform(0.6, 1.2)])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        verts[k, :, :2] = centre[:2] + flat @ turn.T
        curl = 0.2 * size * np.abs(outline[:, 1]) / 0.26 + rng.uniform(0, 0.2, 6) * size
        verts[k, :, 2] = z + 0.003 + curl
    faces = [tuple(range(6 * k, 6 * k + 6)) for k in range(count)]
    shade = material.leaf("dry leaf", "#49331b", "#8a6d34")
    shape = Shape(verts.reshape(-1, 3), faces)
    stage.add(f"fallen {x0:.2f} {y0:.2f}", shape, [shade], sharp_deg=180)
