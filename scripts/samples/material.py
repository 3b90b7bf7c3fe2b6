"""Procedural materials: a short way to write shader graphs, and what rubbish is made of."""

from __future__ import annotations

from functools import partial
from typing import Any

import bpy
import numpy as np

Colour = tuple[float, float, float]
Socket = Any


def srgb(code: str) -> Colour:
    """'#rrggbb' as linear light."""
    values = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return (r, g, b)


class Graph:
    """One material's node tree, written as expressions."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.out = self.tree.nodes.new("ShaderNodeOutputMaterial")
        coords = self.tree.nodes.new("ShaderNodeTexCoord")
        self.at = coords.outputs["Object"]
        self.generated = coords.outputs["Generated"]
        self.solid = self.at
        self.flat = False

    def flatten(self, at: Socket = None) -> None:
        """From here on textures are two-dimensional, which is cheaper."""
        self.flat, self.at = True, at or self.at

    def node(self, kind: str, **inputs: Any) -> Any:
        """A node with inputs by name; a socket links, a value is set."""
        made = self.tree.nodes.new(kind)
        for key, value in inputs.items():
            self.feed(made.inputs[key.replace("_", " ")], value)
        return made

    def feed(self, socket: Any, value: Any) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, tuple) and socket.type == "RGBA":
            socket.default_value = (*value[:3], 1.0)
        else:
            socket.default_value = value

    def noise(
        self, scale: float, detail: float = 3.0, rough: float = 0.5, at: Socket = None
    ) -> Socket:
        made = self.node("ShaderNodeTexNoise", Scale=scale, Detail=detail, Roughness=rough)
        made.noise_dimensions = "2D" if self.flat else "3D"
        self.feed(made.inputs["Vector"], at or self.at)
        return made.outputs[0]

    def cells(
        self, scale: float, at: Socket = None, feature: str = "F1", out: str = "Distance"
    ) -> Socket:
        made = self.tree.nodes.new("ShaderNodeTexVoronoi")
        made.feature = feature
        made.voronoi_dimensions = "2D" if self.flat else "3D"
        self.feed(made.inputs["Scale"], scale)
        self.feed(made.inputs["Vector"], at or self.at)
        return made.outputs[out]

    def stretched(self, x: float, y: float, z: float, at: Socket = None) -> Socket:
        made = self.tree.nodes.new("ShaderNodeMapping")
        made.inputs["Scale"].default_value = (x, y, z)
        self.feed(made.inputs["Vector"], at or self.at)
        return made.outputs[0]

    def shaken(self, amount: float, scale: float, at: Socket = None) -> Socket:
        """Coordinates bent by noise."""
        made = self.node("ShaderNodeTexNoise", Scale=scale, Detail=2.0)
        made.noise_dimensions = "2D" if self.flat else "3D"
        self.feed(made.inputs["Vector"], at or self.at)
        move = self.tree.nodes.new("ShaderNodeVectorMath")
        move.operation = "MULTIPLY_ADD"
        self.feed(move.inputs[0], made.outputs[1])
        move.inputs[1].default_value = (amount, amount, amount)
        self.feed(move.inputs[2], at or self.at)
        return move.outputs[0]

    def axis(self, name: str, at: Socket = None) -> Socket:
        made = self.tree.nodes.new("ShaderNodeSeparateXYZ")
        self.feed(made.inputs[0], at or self.at)
        return made.outputs[name]

    def span(self, value: Socket, low: float, high: float, a: float = 0.0, b: float = 1.0) -> Any:
        """`value` from low..high mapped to a..b, clamped, smooth."""
        made = self.tree.nodes.new("ShaderNodeMapRange")
        made.interpolation_type = "SMOOTHSTEP"
        for socket, v in zip(made.inputs, (value, low, high, a, b), strict=False):
            self.feed(socket, v)
        return made.outputs[0]

    def math(self, operation: str, a: Any, b: Any = 0.0) -> Socket:
        made = self.tree.nodes.new("ShaderNodeMath")
        made.operation = operation
        self.feed(made.inputs[0], a)
        self.feed(made.inputs[1], b)
        return made.outputs[0]

    def mix(self, share: Any, a: Any, b: Any, blend: str = "MIX") -> Socket:
        made = self.tree.nodes.new("ShaderNodeMix")
        made.data_type = "RGBA"
        made.blend_type = blend
        self.feed(made.inputs[0], share)
        self.feed(made.inputs[6], a)
        self.feed(made.inputs[7], b)
        return made.outputs[2]

    def bump(self, height: Socket, distance: float, strength: float = 1.0, on: Any = None) -> Any:
        made = self.node("ShaderNodeBump", Distance=distance, Strength=strength, Height=height)
        if on is not None:
            self.feed(made.inputs["Normal"], on)
        return made.outputs[0]

    def image(self, pixels: Any, name: str) -> Socket:
        """A picture (Pillow, RGB) laid over the object's bounding box, seen from -y."""
        rgba = np.ones((pixels.height, pixels.width, 4), np.float32)
        rgba[..., :3] = np.asarray(pixels.convert("RGB"), np.float32)[::-1] / 255
        data = bpy.data.images.new(name, pixels.width, pixels.height)
        data.pixels.foreach_set(rgba.ravel())
        data.pack()
        made = self.tree.nodes.new("ShaderNodeTexImage")
        made.image = data
        flat = self.tree.nodes.new("ShaderNodeCombineXYZ")
        self.feed(flat.inputs[0], self.axis("X", self.generated))
        self.feed(flat.inputs[1], self.axis("Z", self.generated))
        self.feed(made.inputs["Vector"], flat.outputs[0])
        return made.outputs[0]

    def surface(self, colour: Any, rough: Any = 0.6, normal: Any = None, **inputs: Any) -> Any:
        made = self.node("ShaderNodeBsdfPrincipled", Base_Color=colour, Roughness=rough, **inputs)
        if normal is not None:
            self.feed(made.inputs["Normal"], normal)
        return made.outputs[0]

    def through(self, shader: Socket, colour: Any, share: float, normal: Any = None) -> Socket:
        """Light shining through thin film or a leaf."""
        thin = self.node("ShaderNodeBsdfTranslucent", Color=colour)
        if normal is not None:
            self.feed(thin.inputs["Normal"], normal)
        both = self.tree.nodes.new("ShaderNodeMixShader")
        for socket, v in zip(both.inputs, (share, shader, thin.outputs[0]), strict=True):
            self.feed(socket, v)
        return both.outputs[0]

    def clear(self, shader: Socket, share: float) -> Socket:
        """Part of the light passes straight on."""
        empty = self.node("ShaderNodeBsdfTransparent", Color=(0.95, 0.97, 1.0))
        both = self.tree.nodes.new("ShaderNodeMixShader")
        for socket, v in zip(both.inputs, (share, shader, empty.outputs[0]), strict=True):
            self.feed(socket, v)
        return both.outputs[0]

    def done(self, shader: Socket) -> Any:
        self.feed(self.out.inputs[0], shader)
        return self.material


def once(name: str, make: Any) -> Any:
    """The material of this name, made the first time it is asked for in a scene."""
    return bpy.data.materials.get(name) or make(name)


def plain(
    name: str, colour: Colour, rough: float = 0.5, metal: float = 0.0, dirt: float = 0.25
) -> Any:
    """Paint, plastic or metal with some grime."""
    return once(name, partial(_plain, colour=colour, rough=rough, metal=metal, dirt=dirt))


def _plain(name: str, colour: Colour, rough: float, metal: float, dirt: float) -> Any:
    g = Graph(name)
    grime = g.span(g.noise(6, 3, 0.65), 0.45, 0.75)
    fine = g.noise(60, 2)
    shade = g.mix(g.math("MULTIPLY", grime, dirt), colour, (0.09, 0.075, 0.055))
    gloss = g.math("ADD", g.math("MULTIPLY", grime, 0.25), rough)
    normal = g.bump(fine, 0.0006, 0.6)
    return g.done(g.surface(shade, gloss, normal, Metallic=metal))


def film(name: str, colour: Colour, thin: float = 0.25, clear: float = 0.0) -> Any:
    """Plastic bag film: glossy, crumpled in the small, letting some light through."""
    return once(name, partial(_film, colour=colour, thin=thin, clear=clear))


def _film(name: str, colour: Colour, thin: float, clear: float) -> Any:
    g = Graph(name)
    bent = g.shaken(0.05, 9)
    folds = g.cells(17, bent, "DISTANCE_TO_EDGE")
    small = g.cells(46, g.shaken(0.03, 20), "F1")
    height = g.math("ADD", folds, g.math("MULTIPLY", small, 0.35))
    normal = g.bump(height, 0.022, 0.8)
    dust = g.span(g.noise(7, 3, 0.65), 0.5, 0.78)
    shade = g.mix(g.math("MULTIPLY", dust, 0.35), colour, (0.22, 0.18, 0.13))
    tone = g.mix(g.span(g.noise(3, 2), 0.35, 0.7, 0.0, 0.3), shade, (0.02, 0.02, 0.02), "MULTIPLY")
    gloss = g.span(dust, 0.0, 1.0, 0.24, 0.5)
    shader = g.surface(tone, gloss, normal, Specular_IOR_Level=0.6)
    shader = g.through(shader, tone, thin, normal)
    return g.done(g.clear(shader, clear) if clear else shader)


def paper(name: str, colour: Colour, print_colour: Colour | None = None) -> Any:
    return once(name, partial(_paper, colour=colour, print_colour=print_colour))


def _paper(name: str, colour: Colour, print_colour: Colour | None) -> Any:
    g = Graph(name)
    shade: Any = colour
    if print_colour:
        area = g.span(g.cells(9, g.shaken(0.02, 6), "F1"), 0.38, 0.42)
        shade = g.mix(area, print_colour, colour)
    stain = g.span(g.noise(9, 3, 0.6), 0.5, 0.8)
    shade = g.mix(g.math("MULTIPLY", stain, 0.5), shade, (0.16, 0.11, 0.06))
    shader = g.surface(shade, 0.75, g.bump(g.noise(45, 2), 0.004, 0.6))
    return g.done(g.through(shader, shade, 0.15))


def carton(name: str = "carton") -> Any:
    """Corrugated board, stained and rubbed."""

    def make(name: str) -> Any:
        g = Graph(name)
        tint = g.mix(g.noise(4, 3, 0.6), srgb("#a98256"), srgb("#8a6540"))
        stain = g.span(g.noise(5, 3, 0.7), 0.55, 0.75)
        shade = g.mix(g.math("MULTIPLY", stain, 0.55), tint, (0.08, 0.055, 0.035))
        ribs = g.noise(1, 1, at=g.stretched(160, 3, 3))
        return g.done(g.surface(shade, 0.8, g.bump(ribs, 0.0012, 0.5)))

    return once(name, make)


def leaf(name: str, dark: str, light: str) -> Any:
    def make(name: str) -> Any:
        g = Graph(name)
        shade = g.mix(g.span(g.noise(2.2, 2), 0.35, 0.65), srgb(dark), srgb(light))
        shader = g.surface(shade, 0.45, Specular_IOR_Level=0.35)
        return g.done(g.through(shader, shade, 0.35))

    return once(name, make)


def glass(name: str = "window") -> Any:
    def make(name: str) -> Any:
        g = Graph(name)
        tint = g.mix(g.noise(1.3, 1), (0.012, 0.018, 0.02), (0.05, 0.06, 0.06))
        wave = g.bump(g.noise(1.2, 1), 0.01, 0.3)
        return g.done(g.surface(tint, 0.06, wave, Specular_IOR_Level=0.7))

    return once(name, make)


def picture(name: str, pixels: Any, rough: float = 0.45) -> Any:
    """A printed face: shop sign, poster, bin emblem."""
    g = Graph(name)
    seen = g.image(pixels, name)
    dust = g.span(g.noise(3, 3, 0.7), 0.45, 0.8)
    shade = g.mix(g.math("MULTIPLY", dust, 0.3), seen, (0.2, 0.18, 0.15))
    return g.done(g.surface(shade, rough))
