"""Weather and time of day: a world picture that lights, a sky that is seen, a sun."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from scripts.samples.material import srgb
from scripts.samples.stage import Stage


@dataclass(frozen=True)
class Light:
    """Sun azimuth is measured from +x towards +y: 270 shines from behind the camera."""

    world: str = "city"
    turn_deg: float = 0.0
    sun: float = 3.0
    height_deg: float = 45.0
    azimuth_deg: float = 250.0
    sun_code: str = "#fff1dc"
    sky_code: str = "#a9c3dd"
    haze_code: str = "#dfe3e4"
    soft_deg: float = 0.6
    fill: float = 1.0
    cool: float = 0.0


OVERCAST = Light("city", 40, 1.0, 60, 240, "#f2f4ff", "#c4c9cd", "#d8dadb", 25, 1.2)
NOON = Light("courtyard", 0, 7.5, 52, 235, "#fff3e0", "#8fb4dc", "#d5dfe6", 0.6, 0.8)
MORNING = Light("city", 90, 6.5, 29, 300, "#ffe6c2", "#a7c2da", "#e6e2d8", 0.8, 0.7)
LATE = Light("city", 180, 6.0, 23, 215, "#ffd9a8", "#9db4cc", "#e8dcc8", 0.9, 0.7)
HAZY = Light("city", 120, 3.2, 42, 290, "#fff2df", "#bfc9d0", "#dcdcd8", 6, 1.0)
SHADE = Light("city", 200, 5.0, 38, 70, "#fff4e4", "#a5c0dc", "#dfe4e6", 0.7, 1.2)


def set_up(stage: Stage, light: Light) -> None:
    """Lights the scene."""
    world = bpy.data.worlds.new("world")
    stage.scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    folder = Path(bpy.utils.system_resource("DATAFILES")) / "studiolights" / "world"
    coords = tree.nodes.new("ShaderNodeTexCoord")
    turn = tree.nodes.new("ShaderNodeMapping")
    turn.inputs["Rotation"].default_value = (0, 0, np.radians(light.turn_deg))
    picture = tree.nodes.new("ShaderNodeTexEnvironment")
    picture.image = bpy.data.images.load(str(folder / f"{light.world}.exr"))
    tree.links.new(coords.outputs["Generated"], turn.inputs[0])
    tree.links.new(turn.outputs[0], picture.inputs[0])
    lit = tree.nodes.new("ShaderNodeBackground")
    lit.inputs[1].default_value = light.fill
    tree.links.new(picture.outputs[0], lit.inputs[0])
    seen = tree.nodes.new("ShaderNodeBackground")
    seen.inputs[1].default_value = 1.5
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.0, 0.55
    ramp.color_ramp.elements[0].color = (*srgb(light.haze_code), 1)
    ramp.color_ramp.elements[1].color = (*srgb(light.sky_code), 1)
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(coords.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs[2], ramp.inputs[0])
    tree.links.new(ramp.outputs[0], seen.inputs[0])
    path = tree.nodes.new("ShaderNodeLightPath")
    mixed = tree.nodes.new("ShaderNodeMixShader")
    tree.links.new(path.outputs["Is Camera Ray"], mixed.inputs[0])
    tree.links.new(lit.outputs[0], mixed.inputs[1])
    tree.links.new(seen.outputs[0], mixed.inputs[2])
    out = tree.nodes.new("ShaderNodeOutputWorld")
    tree.links.new(mixed.outputs[0], out.inputs[0])
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy, sun.angle, sun.color = light.sun, np.radians(light.soft_deg), srgb(light.sun_code)
    lamp = bpy.data.objects.new("sun", sun)
    lamp.rotation_euler = (0, np.radians(90 - light.height_deg), np.radians(light.azimuth_deg))
    stage.scene.collection.objects.link(lamp)
