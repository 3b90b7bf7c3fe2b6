"""Stalls, tables, goods, furniture, and the innocent things that look like them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scripts.samples import bag, stall, vehicle, wheelie
from scripts.samples.stage import Stage
from scripts.scenes import furniture, person, wares

Rng = np.random.Generator
Place = Callable[[Stage, Rng, float, float, float], None]


def fruit_stall(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Table and crates, mostly under an umbrella, tent or sheet."""
    w, h = float(rng.uniform(1.2, 2.4)), float(rng.uniform(0.45, 0.8))
    roofed(stage, rng, x, y + 0.2, z, w)
    if rng.uniform() < 0.75:
        wares.table(stage, rng, x, y, z, 0, w, h)
        if rng.uniform() < 0.6:
            wares.crates(stage, rng, x, y, z + h, w)
        else:
            wares.loose_fruit(stage, rng, x, y, z + h, w)
    if rng.uniform() < 0.75:
        wares.crates(stage, rng, x, y - 0.65, z, w + 0.5, int(rng.integers(1, 3)))
    trimmings(stage, rng, x, y, z, w)


def tricycle_stall(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Wares sold from the bed of a tricycle."""
    turn = float(rng.choice([0, np.pi]) + rng.normal(0, 0.15))
    bed = wares.tricycle(stage, rng, x, y, z, turn)
    mid = (x + 0.35 * np.cos(turn), y + 0.35 * np.sin(turn))
    if rng.uniform() < 0.55:
        wares.loose_fruit(stage, rng, *mid, bed + 0.12, 1.3)
    elif rng.uniform() < 0.6:
        wares.crates(stage, rng, *mid, bed, 1.5)
    else:
        wares.small_wares(stage, rng, *mid, bed + 0.2, 1.4, 0.8)
    if rng.uniform() < 0.45:
        wares.umbrella(stage, rng, mid[0], mid[1] + 0.3, z + 0.1)
    if rng.uniform() < 0.4:
        wares.crates(stage, rng, x, y - 0.9, z, 1.2)
    vendor(stage, rng, x + float(rng.uniform(-0.6, 0.9)), y + float(rng.choice([0.85, -0.95])), z)


def food_stall(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """A snack cart, sometimes with an umbrella and stools."""
    wares.food_cart(stage, rng, x, y, z, float(rng.normal(0, 0.15)))
    if rng.uniform() < 0.3:
        wares.umbrella(stage, rng, x + 0.3, y + 0.2, z + 0.25)
    for _ in range(int(rng.integers(0, 4))):
        wares.stool(
            stage, rng, x + float(rng.uniform(-1.4, 1.4)), y - float(rng.uniform(0.7, 1.3)), z
        )
    vendor(stage, rng, x + float(rng.uniform(-0.5, 0.5)), y + 0.8, z)


def ground_stall(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Wares on a sheet on the ground, the vendor on a stool behind it."""
    w, d = float(rng.uniform(1.2, 2.6)), float(rng.uniform(0.8, 1.4))
    wares.ground_cloth(stage, rng, x, y, z, w, d)
    if rng.uniform() < 0.6:
        wares.small_wares(stage, rng, x, y, z + 0.02, w, d)
    else:
        for row in (-0.25, 0.2):
            wares.loose_fruit(stage, rng, x, y + row, z + 0.015, w)
    if rng.uniform() < 0.7:
        sx = x + float(rng.uniform(-0.5, 0.5))
        wares.stool(stage, rng, sx, y + d / 2 + 0.35, z)
        vendor(stage, rng, sx, y + d / 2 + 0.35, z, sits=True)


def clothes_stall(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """One to three rails of clothes, sometimes with a table or a tent."""
    for k in range(int(rng.integers(1, 4))):
        wares.clothes_rack(
            stage,
            rng,
            x + (k - 1) * 1.5,
            y + float(rng.normal(0, 0.15)),
            z,
            float(rng.uniform(1.0, 1.6)),
            float(rng.normal(0, 0.25)),
        )
    if rng.uniform() < 0.5:
        wares.table(stage, rng, x, y - 0.8, z, 0, 1.5, 0.65)
        wares.small_wares(stage, rng, x, y - 0.8, z + 0.66, 1.4, 0.5)
    if rng.uniform() < 0.35:
        wares.gazebo(stage, rng, x, y, z, 3.2, 2.4)
    vendor(stage, rng, x + float(rng.uniform(-1.5, 1.5)), y + 0.7, z)


def outdoor_tables(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Tables and stools on the pavement, sometimes a barbecue, umbrellas, guests."""
    for k in range(int(rng.integers(1, 4))):
        tx, ty = x + (k - 1) * 1.6 + float(rng.normal(0, 0.1)), y + float(rng.normal(0, 0.3))
        h = float(rng.uniform(0.48, 0.75))
        wares.table(
            stage, rng, tx, ty, z, float(rng.uniform(-0.4, 0.4)), float(rng.uniform(0.7, 1.1)), h
        )
        for _ in range(int(rng.integers(2, 5))):
            a = float(rng.uniform(0, 6.3))
            sx, sy = tx + 0.75 * np.cos(a), ty + 0.65 * np.sin(a)
            wares.stool(stage, rng, sx, sy, z)
            if rng.uniform() < 0.25:
                person.put(stage, rng, sx, sy, z, a - np.pi / 2, sits=True)
        if rng.uniform() < 0.4:
            wares.umbrella(stage, rng, tx, ty, z)
    if rng.uniform() < 0.45:
        wares.grill(stage, rng, x + float(rng.choice([-2.4, 2.4])), y, z, float(rng.uniform(0, 1)))


def goods(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Cartons, crates and sacks stacked on the pavement."""
    w = float(rng.uniform(1.0, 3.4))
    stall.goods(stage, rng, x, y, z, w)
    for _ in range(int(rng.choice([0, 0, 2, 5]))):
        shade = bag.film(str(rng.choice(["cream", "white", "yellow"])))
        at = (x + float(rng.uniform(-w / 2, w / 2)), y - 0.45 + float(rng.normal(0, 0.1)))
        bag.put(stage, rng, "sack", *at, z, float(rng.uniform(0.9, 1.1)), shade, 0.08)


def discarded(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    furniture.put(stage, rng, x, y, z)


def passers(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """People on foot, some under umbrellas of their own."""
    for _ in range(int(rng.integers(1, 4))):
        px, py = x + float(rng.normal(0, 0.9)), y + float(rng.normal(0, 0.4))
        person.put(stage, rng, px, py, z, float(rng.uniform(0, 6.3)))
        if rng.uniform() < 0.5:
            code = wares.pick(rng, wares.CLOTHS)
            mats = [wares.cloth(rng, code), wares.cloth(rng, code), wares.steel()]
            shape = stall.umbrella_shape(float(rng.uniform(0.45, 0.6))).scaled(1, 1, 0.5)
            stage.add(
                f"hand umbrella {int(rng.integers(1 << 30))}",
                shape,
                mats,
                (px + 0.15, py, z + 1.95),
            )


def parked(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Scooters, shared bicycles, an empty tricycle or a car."""
    kind = int(rng.integers(4))
    if kind == 0:
        vehicle.car(
            stage,
            x,
            y,
            float(rng.uniform(0, 6.3)),
            str(rng.choice(["#d9dadb", "#22262b", "#7d8186", "#7a1f24"])),
        )
    elif kind == 1:
        wares.tricycle(stage, rng, x, y, z, float(rng.uniform(0, 6.3)))
    for k in range(int(rng.integers(1, 5)) if kind > 1 else 0):
        turn = 1.4 + float(rng.normal(0, 0.15))
        if kind == 2:
            vehicle.scooter(
                stage, x + k * 0.7, y, z, turn, str(rng.choice(["#b8bcc0", "#a02024", "#20364f"]))
            )
        else:
            vehicle.bicycle(
                stage, x + k * 0.65, y, z, turn, str(rng.choice(["#1f74c4", "#d6b21e"]))
            )


def bins(stage: Stage, rng: Rng, x: float, y: float, z: float) -> None:
    """Closed wheelie bins in a row."""
    for k in range(int(rng.integers(1, 5))):
        wheelie.place(
            stage,
            x + k * 0.7,
            y,
            z,
            str(rng.choice(["green", "blue", "grey"])),
            float(rng.normal(0, 0.1)),
            0.0,
        )


def vendor(stage: Stage, rng: Rng, x: float, y: float, z: float, *, sits: bool = False) -> None:
    """A vendor on seven of ten stalls, sometimes customers in front."""
    if rng.uniform() < 0.7:
        person.put(stage, rng, x, y, z, float(rng.normal(0, 0.5)), sits=sits)
    for _ in range(int(rng.choice([0, 0, 0, 1, 2]))):
        at = (x + float(rng.normal(0, 0.9)), y - 1.9 + float(rng.normal(0, 0.25)))
        person.put(stage, rng, *at, z, np.pi + float(rng.normal(0, 0.6)))


def roofed(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float) -> None:
    kind = rng.uniform()
    if kind < 0.45:
        wares.umbrella(stage, rng, x + float(rng.normal(0, 0.2)), y, z)
    elif kind < 0.62:
        wares.gazebo(stage, rng, x, y, z, w + 0.5)
    elif kind < 0.75:
        wares.awning(stage, rng, x, y, z, w + 0.4)


def trimmings(stage: Stage, rng: Rng, x: float, y: float, z: float, w: float) -> None:
    """What stands around a stall: vendor, stool, cartons."""
    vendor(stage, rng, x + float(rng.uniform(-0.5, 0.5)), y + 0.8, z)
    for _ in range(int(rng.integers(0, 4))):
        side = float(rng.choice([-1, 1]))
        wares.carton(
            stage,
            rng,
            x + side * (w / 2 + float(rng.uniform(0.2, 0.5))),
            y + float(rng.uniform(-0.4, 0.7)),
            z,
        )


KINDS: dict[str, tuple[str | None, float, Place]] = {
    "fruit": ("stall", 0.24, fruit_stall),
    "tricycle": ("stall", 0.13, tricycle_stall),
    "food": ("stall", 0.12, food_stall),
    "ground": ("stall", 0.09, ground_stall),
    "clothes": ("stall", 0.07, clothes_stall),
    "tables": ("tables", 0.1, outdoor_tables),
    "goods": ("goods", 0.1, goods),
    "furniture": ("furniture", 0.08, discarded),
    "passers": (None, 0.03, passers),
    "parked": (None, 0.03, parked),
    "bins": (None, 0.01, bins),
}
"""Name → class of its box (None: no box, it is there to mislead), share among sprites, maker."""


def put(stage: Stage, rng: Rng, kind: str, x: float, y: float, z: float, number: int = 0) -> None:
    """An arrangement of one kind; its box belongs to the group `class/number`."""
    name, _, place = KINDS[kind]
    if name is None:
        with stage.untold():
            place(stage, rng, x, y, z)
        return
    with stage.group(f"{name}/{number}"):
        place(stage, rng, x, y, z)


def draw(rng: Rng) -> str:
    """A kind by its share."""
    shares = np.array([share for _, share, _ in KINDS.values()])
    return str(rng.choice(list(KINDS), p=shares / shares.sum()))
