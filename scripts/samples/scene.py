"""A place at one visit, put on the stage."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import fields

import numpy as np

from scripts.samples import bag, light, pile, plant, stall, street, vehicle, view, wheelie
from scripts.samples.stage import Stage
from scripts.samples.story import Place, Subject, Visit
from scripts.samples.view import View

Rng = np.random.Generator


def seed(*words: str) -> Rng:
    """The same random numbers for the same words, on every machine."""
    return np.random.default_rng(zlib.crc32("/".join(words).encode()))


def build(place: Place, visit: Visit, preview: bool = False) -> Stage:
    """The scene of one photo; what is constant of the place comes from the place's seed."""
    stage = Stage()
    street.KINDS[place.street](stage, seed(place.id, "street"), place.variant)
    for k, (kind, x, y, turn) in enumerate(place.extras):
        add_extra(stage, seed(place.id, visit.day, str(k)), kind, x, y, turn, base_z(place, y))
    for subject in place.subjects:
        state = visit.states.get(subject.name)
        if state:
            rng = seed(place.id, subject.name, state)
            SUBJECTS[subject.kind](stage, rng, subject, base_z(place, subject.y), state)
    light.set_up(stage, visit.light)
    view.set_up(stage, stand(place, visit), preview)
    return stage


def base_z(place: Place, y: float) -> float:
    return street.KERB_M if y > 0.1 and place.street != "rural" else 0.0


def stand(place: Place, visit: Visit) -> View:
    """Nobody stands twice on the same spot: the place's view, shifted a little."""
    rng = seed(place.id, visit.day, "view")
    dx, dy, dz = rng.normal(0, [0.16, 0.12, 0.03])
    tx, _, tz = rng.normal(0, [0.12, 0.0, 0.04])
    v = place.view
    return View(
        (v.at[0] + dx, v.at[1] + dy, v.at[2] + dz),
        (v.to[0] + tx, v.to[1], v.to[2] + tz),
        v.roll_deg + float(rng.normal(0, 0.8)),
        v.lens_mm,
        v.portrait,
    )


def add_extra(stage: Stage, rng: Rng, kind: str, x: float, y: float, turn: float, z: float) -> None:
    if kind.startswith("scooter"):
        colour = str(rng.choice(["#b8bcc0", "#a02024", "#20364f", "#d9d4c6", "#2c2e30", "#5e8a86"]))
        vehicle.scooter(stage, x, y, z, turn, colour)
    elif kind.startswith("bicycle"):
        vehicle.bicycle(stage, x, y, z, turn, "#1f74c4" if kind.endswith("2") else "#d6b21e")
    elif kind == "car":
        vehicle.car(stage, x, y, turn, str(rng.choice(["#d9dadb", "#22262b", "#7d8186"])))
    elif kind == "fallen":
        plant.fallen(stage, rng, -7, 7, -2.2, 0, 0.0, 90)
        plant.fallen(stage, rng, -7, 7, -0.35, 0, 0.0, 160)
        plant.fallen(stage, rng, -7, 7, 0.15, 3, street.KERB_M, 110)
    elif kind == "tree":
        plant.tree(stage, rng, x, y, z, int(turn))
    elif kind == "drain":
        street.drain(stage, x)


def add_pile(stage: Stage, rng: Rng, subject: Subject, z: float, _state: str) -> None:
    known = {f.name for f in fields(pile.Recipe)}
    recipe = pile.Recipe(**{k: v for k, v in subject.options.items() if k in known})  # type: ignore[arg-type]
    with stage.group(f"litter.pile/{subject.name}"):
        pile.build(stage, rng, subject.x, subject.y, z, recipe)


def add_scatter(stage: Stage, rng: Rng, subject: Subject, z: float, _state: str) -> None:
    with stage.group("litter.scattered/strewn"):
        pile.scatter(stage, rng, subject.x, subject.y, z, **subject.options)  # type: ignore[arg-type]


def add_bagged(stage: Stage, rng: Rng, subject: Subject, z: float, _state: str) -> None:
    count = int(str(subject.options["count"]))
    heap = pile.Heap(subject.x, subject.y, z, 1.6)
    with stage.group(f"litter.bagged/{subject.name}"):
        for k in range(count):
            width = float(rng.uniform(0.38, 0.54))
            x = subject.x + (k % 5 - 2) * 0.4 + float(rng.normal(0, 0.06))
            y = subject.y + (k // 5 - 0.5) * 0.42 + float(rng.normal(0, 0.06))
            rest = heap.lay(x, y, width * 0.5, width * 0.6, 0.5)
            colour = bag.film(["black", "black", "white", "black", "red", "black", "blue"][k % 7])
            bag.put(stage, rng, "tied", x, y, rest - 0.01, width, colour, 0.15)


def add_bins(stage: Stage, rng: Rng, subject: Subject, z: float, state: str) -> None:
    """A row of bins; in the state "overflow" the first `full` ones are heaped."""
    colours = subject.options["colours"]
    assert isinstance(colours, tuple)
    full = int(str(subject.options.get("full", len(colours)))) if state == "overflow" else 0
    turn = float(str(subject.options.get("turn", 0.0)))
    for k, colour in enumerate(colours):
        x = subject.x + (k - (len(colours) - 1) / 2) * 0.7
        y = subject.y + float(rng.normal(0, 0.05))
        angle = turn + float(rng.normal(0, 0.07))
        code = "bin.overflow" if k < full else "bin"
        with stage.group(f"{code}/{subject.name}{k}"):
            lifted = float(rng.uniform(70, 105)) if k < full else 0.0
            if k < full and k % 2 == 1:
                lifted = 262.0
            wheelie.place(stage, x, y, z, colour, angle, lifted)
            if k < full:
                wheelie.fill(stage, rng, x, y, z, angle)


def add_stall(stage: Stage, rng: Rng, subject: Subject, z: float, _state: str) -> None:
    with stage.group(f"stall.mobile/{subject.name}"):
        stall.place(stage, rng, subject.x, subject.y, z, 0.0)


def add_goods(stage: Stage, rng: Rng, subject: Subject, z: float, _state: str) -> None:
    with stage.group(f"clutter.goods/{subject.name}"):
        stall.goods(stage, rng, subject.x, subject.y, z, **subject.options)  # type: ignore[arg-type]


SUBJECTS: dict[str, Callable[[Stage, Rng, Subject, float, str], None]] = {
    "pile": add_pile,
    "scatter": add_scatter,
    "bagged": add_bagged,
    "bins": add_bins,
    "overflow": add_bins,
    "stall": add_stall,
    "goods": add_goods,
}
