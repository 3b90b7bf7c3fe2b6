"""Heaps: things laid one upon another over a height map, so that nothing hangs in the air."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scripts.samples import bag, rubbish
from scripts.samples.stage import Stage

CELL_M = 0.025


@dataclass
class Heap:
    """Heights of what already lies around (x, y), over a ground at z."""

    x: float
    y: float
    ground_m: float
    reach_m: float = 2.2
    tops: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        n = int(2 * self.reach_m / CELL_M)
        self.tops = np.zeros((n, n))
        side = (np.arange(n) + 0.5) * CELL_M - self.reach_m
        self._dx, self._dy = np.meshgrid(side, side)

    def lay(self, x: float, y: float, radius_m: float, thick_m: float, sink: float = 0.2) -> float:
        """The z on which a thing of this size comes to rest; its dome is added to the heap."""
        away = np.hypot(self._dx - (x - self.x), self._dy - (y - self.y)) / radius_m
        under = away < 0.75
        if not under.any():
            return self.ground_m
        rest = float(np.percentile(self.tops[under], 52))
        rest = max(rest - sink * thick_m if rest > 0.01 else 0.0, 0.0)
        inside = away < 1
        dome = rest + thick_m * np.sqrt(np.clip(1 - away[inside] ** 2, 0, 1))
        self.tops[inside] = np.maximum(self.tops[inside], dome)
        return self.ground_m + rest

    def slope(self, x: float, y: float) -> tuple[float, float]:
        """The heap's tilt about the x and y axes near a point, softened."""
        i = int(np.clip((y - self.y + self.reach_m) / CELL_M, 5, len(self.tops) - 6))
        j = int(np.clip((x - self.x + self.reach_m) / CELL_M, 5, len(self.tops) - 6))
        dy = (self.tops[i + 4, j] - self.tops[i - 4, j]) / (8 * CELL_M)
        dx = (self.tops[i, j + 4] - self.tops[i, j - 4]) / (8 * CELL_M)
        return float(np.clip(np.arctan(dy), -0.9, 0.9)), float(np.clip(-np.arctan(dx), -0.9, 0.9))


@dataclass(frozen=True)
class Recipe:
    """What a heap is made of, spread over width × depth metres."""

    width_m: float
    depth_m: float
    bags: int = 14
    thrown: int = 12
    loose: int = 40
    cartons: int = 2
    sacks: int = 0
    bag_m: tuple[float, float] = (0.26, 0.5)
    colours: tuple[str, ...] = ()
    fringe: float = 1.2


LOOSE = {"paper": 30, "bottle": 10, "cup": 8, "food_box": 9, "peel": 20, "can": 5, "foam": 3}


def build(
    stage: Stage, rng: np.random.Generator, x: float, y: float, z: float, recipe: Recipe
) -> Heap:
    """A garbage pile: bags first, the largest below, film and loose rubbish over and around it."""
    heap = Heap(x, y, z, max(recipe.width_m, recipe.depth_m) * 1.2 + 0.5)
    mix = {name: recipe.colours.count(name) for name in recipe.colours} or None
    for _ in range(recipe.cartons):
        item(stage, rng, heap, *spot(rng, recipe, 0.75), str(rng.choice(["carton", "flattened"])))
    for _ in range(recipe.sacks):
        px, py = spot(rng, recipe, 0.8)
        rest = heap.lay(x + px, y + py, 0.38, 0.36)
        shade = bag.film(str(rng.choice(["cream", "white", "yellow"])))
        bag.put(stage, rng, "sack", x + px, y + py, rest, rng.uniform(0.85, 1.1), shade, 0.08)
    for width in sorted(rng.uniform(*recipe.bag_m, recipe.bags), reverse=True):
        px, py = spot(rng, recipe, 1.0)
        kind = str(rng.choice(["tied", "eared"], p=[0.55, 0.45]))
        rest = heap.lay(x + px, y + py, width * 0.5, width * 0.66, 0.3)
        bag.put(stage, rng, kind, x + px, y + py, rest - 0.01, width, bag.colour(rng, mix), 0.4)
    for _ in range(recipe.thrown):
        px, py = spot(rng, recipe, 1.15)
        width = rng.uniform(0.16, 0.42)
        rest = heap.lay(x + px, y + py, width * 0.45, width * 0.2)
        bag.put(stage, rng, "thrown", x + px, y + py, rest, width, bag.colour(rng, mix), 0.2)
    names = list(LOOSE)
    odds = np.array([LOOSE[n] for n in names], dtype=float)
    for _ in range(recipe.loose):
        kind = str(rng.choice(names, p=odds / odds.sum()))
        item(stage, rng, heap, *spot(rng, recipe, recipe.fringe), kind)
    return heap


def spot(rng: np.random.Generator, recipe: Recipe, spread: float) -> tuple[float, float]:
    """A point of the pile's ellipse, denser in its middle."""
    angle, away = rng.uniform(0, 2 * np.pi), rng.beta(1.7, 1.25) * spread / 2
    return float(np.cos(angle) * away * recipe.width_m), float(
        np.sin(angle) * away * recipe.depth_m
    )


def item(
    stage: Stage, rng: np.random.Generator, heap: Heap, dx: float, dy: float, kind: str
) -> None:
    """One loose thing laid on the heap, following its slope."""
    data, radius, thick = rubbish.MAKERS[kind](stage, rng)
    x, y = heap.x + dx, heap.y + dy
    tilt_x, tilt_y = heap.slope(x, y)
    rest = heap.lay(x, y, radius, thick, 0.1)
    turn = (tilt_x * 0.7, tilt_y * 0.7, float(rng.uniform(0, 6.3)))
    upside = kind in ("carton",) and rng.uniform() < 0.3
    stage.put(
        data,
        (x, y, rest + 0.002 + (thick if upside else 0)),
        (turn[0] + (np.pi if upside else 0), *turn[1:]),
        float(rng.uniform(0.9, 1.15)),
    )


def scatter(
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    y: float,
    z: float,
    width_m: float,
    depth_m: float,
    count: int,
) -> None:
    """Litter strewn thinly over a strip, some of it in small clusters."""
    heap = Heap(x, y, z, max(width_m, depth_m))
    names = ["paper", "bottle", "cup", "food_box", "can", "thrown", "peel", "foam"]
    odds = np.array([26, 13, 11, 9, 8, 15, 10, 4]) / 96
    centres = [
        (rng.uniform(-0.45, 0.45) * width_m, rng.uniform(-0.4, 0.4) * depth_m) for _ in range(4)
    ]
    for _ in range(count):
        if rng.uniform() < 0.55:
            cx, cy = centres[int(rng.integers(4))]
            px, py = cx + rng.normal(0, 0.22), cy + rng.normal(0, 0.12)
        else:
            px, py = rng.uniform(-0.5, 0.5) * width_m, rng.uniform(-0.5, 0.5) * depth_m
        py = float(np.clip(py, -depth_m / 2, depth_m / 2))
        kind = str(rng.choice(names, p=odds))
        if kind == "thrown":
            width = rng.uniform(0.16, 0.32)
            rest = heap.lay(x + px, y + py, width * 0.45, width * 0.2)
            bag.put(stage, rng, kind, x + px, y + py, rest, width, bag.colour(rng), 0.08)
        else:
            item(stage, rng, heap, px, py, kind)
