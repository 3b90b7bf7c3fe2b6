"""Surfaces that lie or stand still: asphalt, paving, stone, tile, plaster, brick, soil, bark."""

from __future__ import annotations

from functools import partial
from typing import Any

from scripts.samples.material import Colour, Graph, once, srgb


def asphalt(name: str = "asphalt", patched: bool = True) -> Any:
    """Worn asphalt in world metres: stones, stains, cracks, dust towards the kerb at y = 0."""
    return once(name, partial(_asphalt, patched=patched))


def _asphalt(name: str, patched: bool) -> Any:
    g = Graph(name)
    g.flatten()
    stones = g.span(g.noise(190, 0), 0.25, 0.75)
    grain = g.noise(420, 1)
    tone = g.mix(g.noise(0.55, 3, 0.6), srgb("#565655"), srgb("#787773"))
    tone = g.mix(0.32, tone, stones, "SOFT_LIGHT")
    clumps = g.span(g.noise(75, 1), 0.34, 0.66)
    tone = g.mix(0.4, tone, clumps, "SOFT_LIGHT")
    tone = g.mix(g.span(grain, 0.55, 0.75, 0, 0.4), tone, srgb("#9b978d"))
    bent = g.shaken(0.22, 2.2)
    edge = g.cells(0.3, bent, "DISTANCE_TO_EDGE")
    fine = g.cells(2.3, g.shaken(0.1, 5), "DISTANCE_TO_EDGE")
    where = g.span(g.noise(0.33, 1), 0.6, 0.72, 0, 0.6)
    crack = g.math(
        "MULTIPLY", g.span(edge, 0.001, 0.006, 0.8, 0), g.span(g.noise(0.5, 2), 0.5, 0.6)
    )
    web = g.math("MULTIPLY", g.span(fine, 0.004, 0.016, 0.8, 0), where)
    cracks = g.math("MAXIMUM", crack, web)
    if patched:
        patch = g.span(g.cells(0.16, g.shaken(0.05, 3), "F1", "Distance"), 0.3, 0.303, 1, 0)
        tone = g.mix(g.math("MULTIPLY", patch, 0.55), tone, srgb("#3f3e3c"))
    oil = g.span(g.noise(1.7, 2, 0.55), 0.63, 0.72)
    tone = g.mix(g.math("MULTIPLY", oil, 0.5), tone, srgb("#2c2a28"))
    near = g.span(g.axis("Y"), -0.75, -0.02)
    dust = g.math("MULTIPLY", near, g.span(g.noise(3.3, 3, 0.65), 0.3, 0.62))
    tone = g.mix(g.math("MULTIPLY", dust, 0.6), tone, srgb("#7d7466"))
    tone = g.mix(cracks, tone, srgb("#23211f"))
    normal = g.bump(grain, 0.004, 0.75)
    rough = g.span(oil, 0, 1, 0.85, 0.55)
    return g.done(g.surface(tone, rough, normal, Specular_IOR_Level=0.35))


def paving(name: str, colour: str, second: str, slab_w_m: float, slab_h_m: float) -> Any:
    """Concrete slabs or clay pavers with dirty joints."""
    return once(
        name,
        partial(_paving, colour=colour, second=second, slab_w_m=slab_w_m, slab_h_m=slab_h_m),
    )


def _paving(name: str, colour: str, second: str, slab_w_m: float, slab_h_m: float) -> Any:
    g = Graph(name)
    g.flatten()
    slabs = bricks(g, slab_w_m, slab_h_m, 0.006, srgb(colour), srgb(second), g.at)
    joint = slabs.outputs[1]
    tone = g.mix(0.25, slabs.outputs[0], g.noise(140, 2), "SOFT_LIGHT")
    stain = g.span(g.noise(0.9, 4, 0.65), 0.42, 0.72)
    tone = g.mix(g.math("MULTIPLY", stain, 0.5), tone, srgb("#57514a"))
    spots = g.span(g.noise(9, 2, 0.6), 0.66, 0.72)
    tone = g.mix(g.math("MULTIPLY", spots, 0.55), tone, srgb("#35322e"))
    tone = g.mix(joint, tone, srgb("#4d463c"))
    height = g.math("SUBTRACT", g.math("MULTIPLY", g.noise(160, 2), 0.25), joint)
    normal = g.bump(height, 0.008, 0.8)
    return g.done(g.surface(tone, g.span(stain, 0, 1, 0.62, 0.8), normal))


def bricks(
    g: Graph,
    w_m: float,
    h_m: float,
    joint_m: float,
    a: Colour,
    b: Colour,
    at: Any,
    shift: float = 0.5,
) -> Any:
    made = g.tree.nodes.new("ShaderNodeTexBrick")
    made.offset = shift
    values = {
        "Color1": a,
        "Color2": b,
        "Mortar": (0.1, 0.09, 0.08),
        "Scale": 1.0,
        "Mortar Size": joint_m,
        "Mortar Smooth": 0.2,
        "Bias": 0.0,
        "Brick Width": w_m,
        "Row Height": h_m,
        "Vector": at,
    }
    for key, value in values.items():
        g.feed(made.inputs[key], value)
    return made


def upright(g: Graph) -> Any:
    """(x, z) as flat coordinates for walls that face y."""
    flat = g.tree.nodes.new("ShaderNodeCombineXYZ")
    g.feed(flat.inputs[0], g.math("ADD", g.axis("X"), g.axis("Y")))
    g.feed(flat.inputs[1], g.axis("Z"))
    g.flatten(flat.outputs[0])
    return flat.outputs[0]


def weathered(g: Graph, tone: Any, strength: float = 0.6) -> Any:
    """Rain streaks from above and splashes from below."""
    streaks = g.span(g.noise(1, 3, 0.6, g.stretched(5, 0.35, 1)), 0.48, 0.75)
    tone = g.mix(g.math("MULTIPLY", streaks, strength * 0.6), tone, srgb("#5a554c"))
    low = g.math("ADD", g.axis("Z", g.solid), g.math("MULTIPLY", g.noise(2.5, 3, 0.6), -0.9))
    return g.mix(g.span(low, -0.5, 0.35, strength, 0), tone, srgb("#4d463c"))


def tile(name: str, colour: str, second: str, w_m: float = 0.2, h_m: float = 0.1) -> Any:
    """Glazed facing tiles."""

    def make(name: str) -> Any:
        g = Graph(name)
        made = bricks(g, w_m, h_m, 0.004, srgb(colour), srgb(second), upright(g), 0.0)
        joint = made.outputs[1]
        tone = weathered(g, g.mix(joint, made.outputs[0], srgb("#8a857b")), 0.55)
        normal = g.bump(g.math("MULTIPLY", joint, -1.0), 0.004, 0.8)
        return g.done(g.surface(tone, g.span(g.noise(3, 2), 0.3, 0.7, 0.25, 0.5), normal))

    return once(name, make)


def brick(name: str = "brick", a: str = "#8a4a36", b: str = "#6f3a2c") -> Any:
    def make(name: str) -> Any:
        g = Graph(name)
        made = bricks(g, 0.25, 0.07, 0.008, srgb(a), srgb(b), upright(g))
        joint = made.outputs[1]
        tone = g.mix(joint, made.outputs[0], srgb("#8c857a"))
        tone = g.mix(g.span(g.noise(1.2, 3, 0.6), 0.45, 0.75, 0, 0.6), tone, srgb("#4f423a"))
        height = g.math("SUBTRACT", g.math("MULTIPLY", g.noise(50, 2), 0.3), joint)
        tone = weathered(g, tone, 0.6)
        return g.done(g.surface(tone, 0.85, g.bump(height, 0.008, 0.9)))

    return once(name, make)


def plaster(name: str, colour: str, peel: float = 0.4) -> Any:
    """Painted render, peeling in places to grey cement."""

    def make(name: str) -> Any:
        g = Graph(name)
        upright(g)
        tone = g.mix(g.noise(0.7, 3, 0.6), srgb(colour), tuple(c * 0.8 for c in srgb(colour)))
        loss = g.span(g.noise(1.1, 5, 0.62), 0.6, 0.62)
        tone = g.mix(g.math("MULTIPLY", loss, peel), tone, srgb("#8b867c"))
        tone = weathered(g, tone)
        height = g.math("SUBTRACT", g.math("MULTIPLY", g.noise(60, 3), 0.3), loss)
        return g.done(g.surface(tone, 0.85, g.bump(height, 0.004, 0.7)))

    return once(name, make)


def stone(name: str, colour: str, grain: float = 0.5) -> Any:
    """Granite or concrete, for kerbs, poles and drains."""

    def make(name: str) -> Any:
        g = Graph(name)
        speck = g.noise(330, 0)
        tone = g.mix(grain, srgb(colour), g.span(speck, 0.3, 0.7), "SOFT_LIGHT")
        stain = g.span(g.noise(1.8, 4, 0.65), 0.42, 0.72)
        tone = g.mix(g.math("MULTIPLY", stain, 0.6), tone, srgb("#4a443c"))
        return g.done(g.surface(tone, 0.75, g.bump(speck, 0.003, 0.7)))

    return once(name, make)


def soil(name: str = "soil", colour: str = "#7b6a52") -> Any:
    def make(name: str) -> Any:
        g = Graph(name)
        g.flatten()
        tone = g.mix(g.noise(1.5, 4, 0.65), srgb(colour), srgb("#4e4232"))
        grit = g.span(g.noise(70, 1), 0.3, 0.7)
        tone = g.mix(0.3, tone, grit, "SOFT_LIGHT")
        green = g.span(g.noise(0.8, 3, 0.6), 0.52, 0.66)
        tone = g.mix(g.math("MULTIPLY", green, 0.5), tone, srgb("#525a30"))
        height = g.math("ADD", g.noise(18, 3, 0.65), g.math("MULTIPLY", g.noise(2, 2), 2.0))
        return g.done(g.surface(tone, 0.95, g.bump(height, 0.03, 0.9)))

    return once(name, make)


def bark(name: str = "bark", whitewash_m: float = 1.1) -> Any:
    """Trunk bark, its foot whitewashed as along most Chinese streets."""

    def make(name: str) -> Any:
        g = Graph(name)
        ridges = g.noise(1, 3, 0.65, g.stretched(22, 22, 4))
        tone = g.mix(ridges, srgb("#3f352b"), srgb("#85796a"))
        edge = g.math("ADD", g.axis("Z"), g.math("MULTIPLY", g.noise(9, 2), 0.05))
        wash = g.span(edge, whitewash_m, whitewash_m + 0.04, 1, 0)
        wash = g.math("MULTIPLY", wash, g.span(g.noise(12, 3, 0.6), 0.3, 0.5, 0.6, 1))
        tone = g.mix(wash, tone, srgb("#cfccc2"))
        return g.done(g.surface(tone, 0.9, g.bump(ridges, 0.02, 0.9)))

    return once(name, make)


def road_paint(name: str = "road paint", colour: str = "#cfcdc4") -> Any:
    """Worn marking paint."""

    def make(name: str) -> Any:
        g = Graph(name)
        worn = g.span(g.noise(7, 5, 0.7), 0.42, 0.6)
        shader = g.surface(
            g.mix(g.noise(30, 2), srgb(colour), srgb("#9a978f")),
            0.7,
            Alpha=g.span(worn, 0, 1, 1, 0.1),
        )
        return g.done(shader)

    return once(name, make)
