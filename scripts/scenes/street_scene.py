"""Whole rendered streets with any mixture of stalls, goods, rubbish and passers-by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from scripts.samples import photo, pile, plant, street, view
from scripts.samples.stage import Stage
from scripts.scenes import arrangement, outline, sprite

Rng = np.random.Generator
SIZE_PX = (512, 384)
DEPTH_M = {"shops": 3.6, "houses": 1.9, "compound": 2.3, "hedge": 1.8, "rural": 2.4}
WANTED = ("fruit", "fruit", "tricycle", "food", "ground", "clothes", "tables", "goods", "furniture")
INNOCENT = ("passers", "parked", "bins")


def render(rng: Rng, out: Path, samples: int, clean: float = 0.3) -> None:
    """Writes a JPEG and its boxes beside it. `clean`: the share of streets without any finding."""
    stage = Stage()
    kind = str(rng.choice(list(DEPTH_M), p=[0.34, 0.2, 0.2, 0.16, 0.1]))
    street.KINDS[kind](stage, rng, int(rng.integers(12)))
    ground = 0.0 if kind == "rural" else street.KERB_M
    middle = furnish(stage, rng, DEPTH_M[kind], ground, clean=bool(rng.uniform() < clean))
    sprite.shine(stage, sprite.weather(rng))
    view.set_up(stage, look(rng, middle))
    stage.scene.render.resolution_x, stage.scene.render.resolution_y = SIZE_PX
    view.engine(stage, samples)
    view.expose(stage, out.parent, float(rng.uniform(0.15, 0.28)))
    outline.write(stage, out.with_suffix(".json"), *SIZE_PX)
    raw = out.with_suffix(".png")
    view.render(stage, raw)
    with Image.open(raw) as picture:
        photo.develop(picture, rng).save(out, quality=90)
    raw.unlink()


def furnish(
    stage: Stage, rng: Rng, depth_m: float, z: float, *, clean: bool
) -> tuple[float, float]:
    """Puts one to three findings, or none, and innocent things along the pavement."""
    spots = [float(x) for x in rng.permutation([-6.5, -2.4, 1.2, 5.2])]
    findings = 0 if clean else int(rng.choice([1, 1, 1, 2, 3]))
    for number in range(findings):
        kind = str(rng.choice(WANTED))
        y = float(rng.uniform(0.8, max(depth_m - 0.7, 0.9)))
        arrangement.put(stage, rng, kind, spots[number], y, z, number)
    middle = (spots[0], 0.9)
    for x in spots[findings:]:
        if rng.uniform() < (0.8 if clean else 0.45):
            arrangement.put(
                stage, rng, str(rng.choice(INNOCENT)), x, float(rng.uniform(0.7, depth_m)), z
            )
    if rng.uniform() < 0.25:
        with stage.untold():
            pile.build(stage, rng, spots[-1], 0.9, z, pile.Recipe(1.6, 0.9, 8, 10, 30, 2))
    if rng.uniform() < 0.4:
        plant.fallen(stage, rng, -7, 7, -0.35, 0, 0.0, 90)
    if rng.uniform() < 0.3:
        plant.tree(stage, rng, float(rng.uniform(-5, 5)), 0.6, z, int(rng.integers(5)))
    return middle


def look(rng: Rng, middle: tuple[float, float]) -> view.View:
    """From the road or along the pavement, at a walker's, a car's or a mast's height."""
    height = float(
        rng.choice(
            [rng.uniform(1.4, 1.7), rng.uniform(1.8, 2.6), rng.uniform(3, 5)], p=[0.6, 0.2, 0.2]
        )
    )
    away = float(rng.uniform(3.2, 8.0))
    side = float(rng.normal(0, 2.2))
    x, y = middle
    return view.View(
        (x + side, y - away, height),
        (x + float(rng.normal(0, 0.6)), y + 0.4, float(rng.uniform(0.6, 1.2))),
        float(rng.normal(0, 1)),
    )
