"""The ground of a street and the five kinds of surroundings that the places stand in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.samples import facade, ground, material, plant
from scripts.samples.material import srgb
from scripts.samples.shape import Array, Shape, box, creases, grid, merged
from scripts.samples.stage import Stage

KERB_M = 0.14


def road(stage: Stage, patched: bool = True, line: bool = True) -> None:
    """Asphalt for y < 0, its wear line along the kerb."""
    stage.add("road", Shape(*_plane(-70, 70, -40, 0.02, 0.0)), [ground.asphalt(patched=patched)])
    if line:
        strip = grid(80, 0.15, 2, 2).moved(y=-2.35, z=0.004)
        stage.add("edge line", strip, [ground.road_paint()])


def _plane(
    x0: float, x1: float, y0: float, y1: float, z: float
) -> tuple[Array, list[tuple[int, ...]]]:
    verts = np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]], dtype=float)
    return verts, [(0, 1, 2, 3)]


def kerb(stage: Stage, rng: np.random.Generator) -> None:
    """Granite kerb stones of one metre, none quite in line."""
    grey = ground.stone("kerb", "#94918a")
    stones = []
    for x in np.arange(-24, 24, 1.0):
        stone = box(0.988, 0.15, 0.34, 0.018)
        stones.append(
            stone.turned(x=rng.normal(0, 0.012), z=rng.normal(0, 0.004)).moved(
                x + 0.5, 0.075 + rng.normal(0, 0.004), KERB_M - 0.335 + rng.normal(0, 0.004)
            )
        )
    stage.add("kerb", merged(stones), [grey])
    chips = rng.uniform(-1, 1, (260, 2)) * np.array([9, 0.10]) + np.array([0, -0.12])
    pieces = []
    for x, y in chips:
        size = abs(rng.normal(0, 0.004)) + 0.002
        pieces.append(box(size * 2, size * 1.4, size).turned(z=rng.uniform(0, 6)).moved(x, y, 0.0))
    stage.add("gutter grit", merged(pieces), [grey])


def pavement(stage: Stage, depth_m: float, kind: str) -> None:
    """Paving from the kerb back to the façade."""
    surfaces = {
        "grey": ("#8d8a83", "#7b7973", 0.4, 0.2),
        "slab": ("#98948a", "#89857b", 0.5, 0.5),
        "red": ("#8f5a4a", "#7d5346", 0.2, 0.1),
        "buff": ("#a2927a", "#8f8069", 0.3, 0.15),
    }
    if kind == "concrete":
        surface = ground.stone("concrete pavement", "#96928a", 0.35)
    elif kind == "soil":
        surface = ground.soil()
    else:
        surface = ground.paving(f"paving {kind}", *surfaces[kind])
    stage.add("pavement", Shape(*_plane(-70, 70, 0.14, depth_m + 0.5, KERB_M)), [surface])


def drain(stage: Stage, x: float) -> None:
    """A gully grate in the gutter."""
    bars = [box(0.03, 0.36, 0.03).moved(x=k * 0.055, z=0.0) for k in range(-6, 7)]
    frame = [box(0.78, 0.04, 0.032).moved(y=s * 0.2) for s in (-1, 1)]
    iron = material.plain("iron", srgb("#2d2a27"), 0.6, 0.6, 0.6)
    stage.add(f"drain {x}", merged([*bars, *frame]), [iron], (x, -0.26, -0.012))
    pit = material.plain("pit", (0.004, 0.004, 0.004), 0.9)
    stage.add(f"pit {x}", grid(0.74, 0.38, 2, 2), [pit], (x, -0.26, 0.004))


def shops(stage: Stage, rng: np.random.Generator, variant: int) -> None:
    skins = [
        ground.tile("tile cream", "#b8b09c", "#aca48f", 0.2, 0.1),
        ground.tile("tile pale", "#a9aeb0", "#b5b8b6", 0.3, 0.15),
        ground.plaster("plaster ochre", "#b7a888", 0.3),
    ]
    fronts = ["cgcchccoc", "ccocghcgc", "gchccoccg"][variant % 3]
    kind = ["grey", "red", "slab"][variant % 3]
    road(stage)
    kerb(stage, rng)
    pavement(stage, 7.6, kind)
    facade.shops(stage, rng, 4.2, KERB_M, fronts, skins[variant % 3], variant * 3)
    for x in (-9.5, 9.0):
        plant.tree(stage, rng, x, 0.75, KERB_M, variant)
    facade.pole(stage, -5.2 + variant % 4, 0.5, KERB_M)


def houses(stage: Stage, rng: np.random.Generator, variant: int) -> None:
    skins = [
        ground.tile("tile white", "#c6c7c2", "#bcbdb8", 0.1, 0.1),
        ground.tile("tile buff", "#b59f86", "#a8927b", 0.2, 0.06),
        ground.plaster("plaster grey", "#a9a79e", 0.5),
        ground.brick("brick red"),
    ]
    road(stage, line=variant % 2 == 0)
    kerb(stage, rng)
    pavement(stage, 2.6, ["concrete", "grey", "buff", "slab"][variant % 4])
    facade.houses(stage, rng, 2.6, KERB_M, skins[variant % 4], ground.stone("plinth", "#77736b"))
    facade.pole(stage, 5.6 - variant, 0.45, KERB_M)
    spots = np.column_stack(
        [rng.uniform(-9, 9, 40), np.full(40, 2.56) - rng.uniform(0, 0.06, 40), np.full(40, KERB_M)]
    )
    plant.weeds(stage, rng, spots, 0.09)


def compound(stage: Stage, rng: np.random.Generator, variant: int) -> None:
    skins = [
        ground.plaster("plaster white", "#c2beb2", 0.6),
        ground.brick("brick compound", "#8f5240", "#774334"),
        ground.plaster("plaster yellow", "#bba67a", 0.5),
    ]
    words = ["共建共享美好家园", "", "爱护环境人人有责"][variant % 3]
    road(stage, line=False)
    kerb(stage, rng)
    pavement(stage, 3.0, ["slab", "soil", "red"][variant % 3])
    facade.compound(
        stage, rng, 3.0, KERB_M, skins[variant % 3], ground.stone("coping", "#8b877e"), words
    )
    for x in (-11, -6, -1.5, 4, 8.5, 13):
        plant.tree(
            stage, rng, x + float(rng.normal(0, 0.6)), 5.0 + float(rng.uniform(0, 2)), 0, variant
        )
    facade.far_blocks(stage, rng)
    spots = np.column_stack(
        [rng.uniform(-9, 9, 70), 2.95 - rng.exponential(0.12, 70), np.full(70, KERB_M)]
    )
    plant.weeds(stage, rng, spots, 0.11)


def hedge(stage: Stage, rng: np.random.Generator, variant: int) -> None:
    road(stage)
    kerb(stage, rng)
    pavement(stage, 2.4, ["red", "grey", "slab"][variant % 3])
    stage.add(
        "bed", Shape(*_plane(-70, 70, 2.4, 90, KERB_M + 0.02)), [ground.soil("bed", "#5c4f3a")]
    )
    edge = merged(
        [box(0.99, 0.1, 0.2, 0.012).moved(x + 0.5, 2.4, KERB_M - 0.1) for x in range(-20, 20)]
    )
    stage.add("bed edge", edge, [ground.stone("bed stone", "#a39f96")])
    plant.hedge(stage, rng, -20, 20, 2.95, KERB_M, 0.85, 0.9)
    for x in (-12, -7.4, -2.6, 2.4, 7.2, 12):
        plant.tree(stage, rng, x + float(rng.normal(0, 0.3)), 3.9, KERB_M, variant)
    for x in (-10, -5, 0.5, 5.5, 10.5):
        plant.tree(stage, rng, x, 9 + float(rng.normal(0, 0.5)), KERB_M, variant + 1)
    facade.far_blocks(stage, rng)
    wall = ground.plaster("far wall", "#b5ad9c", 0.4)
    facade.compound(stage, rng, 14.0, KERB_M, wall, ground.stone("coping", "#8b877e"), "", 44, 2.4)


def rural(stage: Stage, rng: np.random.Generator, variant: int) -> None:
    road(stage, line=False)
    verge = grid(60, 14, 240, 90)
    bumps = 0.05 * creases(verge.verts, rng, 14, 1.3) + 0.02 * creases(verge.verts, rng, 14, 0.4)
    verts = verge.verts + np.array([0, 7, 0])
    verts[:, 2] = np.abs(bumps) * np.clip(verts[:, 1] * 1.2, 0, 1) + 0.1 * np.clip(
        verts[:, 1] - 2.4, 0, 5
    )
    stage.add("verge", Shape(verts, verge.faces), [ground.soil("verge", "#80705a")], sharp_deg=180)
    spots = np.column_stack(
        [rng.uniform(-9, 9, 900), np.abs(rng.normal(0, 2.2, 900)) + 0.15, np.zeros(900)]
    )
    spots[:, 2] = 0.1 * np.clip(spots[:, 1] - 2.4, 0, 5)
    plant.weeds(stage, rng, spots, 0.2)
    facade.compound(
        stage,
        rng,
        6.2,
        0.2,
        ground.brick("old brick", "#7d4a3a", "#66402f"),
        ground.stone("coping", "#8b877e"),
        "",
        14,
        1.9,
    )
    for x in (-12, -8, -3.4, 2.2, 6.6, 11):
        plant.tree(stage, rng, x, 3.4 + float(rng.normal(0, 0.4)), 0.1, variant)
    for x in np.arange(-24, 24, 5.0):
        plant.tree(stage, rng, float(x), 12 + float(rng.normal(0, 1)), 0.3, variant + 2)
    facade.pole(stage, -6.0, 1.6, 0.0)


KINDS: dict[str, Callable[[Stage, np.random.Generator, int], None]] = {
    "shops": shops,
    "houses": houses,
    "compound": compound,
    "hedge": hedge,
    "rural": rural,
}
