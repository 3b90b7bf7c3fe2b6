"""One arrangement alone on nothing, with its shadow: to be laid over photos of real streets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np

from scripts.samples import view
from scripts.samples.light import Light
from scripts.samples.material import srgb
from scripts.samples.shape import Shape
from scripts.samples.stage import Stage
from scripts.scenes import arrangement, outline

Rng = np.random.Generator
LONG_PX = 260


def render(rng: Rng, png: Path, samples: int) -> str:
    """Writes an RGBA picture, cropped to its subject, and its boxes beside it; returns the kind."""
    stage = Stage()
    kind = arrangement.draw(rng)
    arrangement.put(stage, rng, kind, 0.0, 0.0, 0.0)
    subjects = list(stage.scene.objects)
    ground = np.array([[-9, -9, 0], [9, -9, 0], [9, 9, 0], [-9, 9, 0]], float)
    with stage.untold():
        floor = stage.put(stage.mesh("floor", Shape(ground, [(0, 1, 2, 3)]), []), (0, 0, 0))
    floor.is_shadow_catcher = True
    shine(stage, weather(rng))
    view.set_up(stage, look(rng))
    view.engine(stage, samples)
    stage.scene.cycles.denoising_quality = "FAST"
    stage.scene.render.film_transparent = True
    stage.scene.view_settings.exposure = float(rng.normal(0.2, 0.35))
    side_px, corner = crop(stage, subjects)
    outline.write(stage, png.with_suffix(".json"), side_px, side_px, corner)
    image = stage.scene.render.image_settings
    image.file_format, image.color_mode = "PNG", "RGBA"
    stage.scene.render.filepath = str(png)
    bpy.ops.render.render(write_still=True)
    return kind


def crop(stage: Stage, subjects: list[Any]) -> tuple[int, tuple[float, float]]:
    """Renders only around the subjects, LONG_PX across: the whole picture's side, crop's corner."""
    settings = stage.scene.render
    settings.resolution_x = settings.resolution_y = 1000
    bpy.context.view_layer.update()
    box = outline.extent(stage, subjects)
    assert box is not None
    margin = 0.12 * (box[2:] - box[:2]).max()
    x1, y1, x2, y2 = np.clip(box + np.array([-1, -0.3, 1, 0.7]) * margin, 0, 1)
    side_px = int(min(LONG_PX / max(x2 - x1, y2 - y1), 1600))
    settings.resolution_x = settings.resolution_y = side_px
    settings.use_border = settings.use_crop_to_border = True
    settings.border_min_x, settings.border_max_x = x1, x2
    settings.border_min_y, settings.border_max_y = 1 - y2, 1 - y1
    return side_px, (float(int(x1 * side_px)), float(int(y1 * side_px)))


def look(rng: Rng) -> view.View:
    """From all sides but mostly the street's; from a phone's height up to a mast's."""
    yaw = float(rng.normal(0, 0.9) if rng.uniform() < 0.75 else rng.uniform(-np.pi, np.pi))
    height = float(
        rng.choice(
            [rng.uniform(1.3, 1.8), rng.uniform(1.8, 2.8), rng.uniform(3, 5.5)], p=[0.6, 0.2, 0.2]
        )
    )
    away = float(rng.uniform(3.6, 6.5)) + 0.4 * height
    at = (away * np.sin(yaw), -away * np.cos(yaw), height)
    return view.View(
        at,
        (float(rng.normal(0, 0.15)), 0.0, 0.95),
        float(rng.normal(0, 1)),
        float(rng.uniform(24, 32)),
    )


def shine(stage: Stage, given: Light) -> None:
    """A plain sky and a sun: a quarter of the time that a picture of the sky takes."""
    world = bpy.data.worlds.new("sky")
    stage.scene.world = world
    world.use_nodes = True
    sky = world.node_tree.nodes["Background"]
    sky.inputs[0].default_value, sky.inputs[1].default_value = (0.75, 0.85, 1, 1), given.fill * 0.9
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy, sun.angle, sun.color = given.sun, np.radians(given.soft_deg), srgb(given.sun_code)
    lamp = bpy.data.objects.new("sun", sun)
    lamp.rotation_euler = (0, np.radians(90 - given.height_deg), np.radians(given.azimuth_deg))
    stage.scene.collection.objects.link(lamp)


def weather(rng: Rng) -> Light:
    """Any daylight."""
    soft = rng.uniform() < 0.4
    return Light(
        str(rng.choice(["city", "courtyard"])),
        float(rng.uniform(0, 360)),
        float(rng.uniform(0.6, 1.5) if soft else rng.uniform(3, 7)),
        float(rng.uniform(22, 70)),
        float(rng.uniform(180, 360) if rng.uniform() < 0.7 else rng.uniform(0, 180)),
        str(rng.choice(["#fff1dc", "#ffffff", "#ffd9a8", "#f2f4ff"])),
        soft_deg=float(rng.uniform(8, 25) if soft else rng.uniform(0.5, 1.5)),
        fill=float(rng.uniform(0.7, 1.3)),
    )
