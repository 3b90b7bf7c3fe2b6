"""The camera, its exposure and the render."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from scripts.samples.shape import Point
from scripts.samples.stage import Stage


@dataclass(frozen=True)
class View:
    """Where a photo is taken from and what it looks at, metres."""

    at: Point
    to: Point
    roll_deg: float = 0.0
    lens_mm: float = 26.0
    portrait: bool = False


def size_px(view: View, preview: bool) -> tuple[int, int]:
    long, short = (400, 300) if preview else (1280, 960)
    return (short, long) if view.portrait else (long, short)


def set_up(stage: Stage, view: View, preview: bool = False) -> None:
    """Puts the camera in place, with a phone's field of view."""
    data = bpy.data.cameras.new("phone")
    data.lens, data.sensor_width, data.sensor_fit = view.lens_mm, 34.6, "AUTO"
    data.clip_start = 0.05
    camera = bpy.data.objects.new("phone", data)
    camera.location = view.at
    aim = Vector(view.to) - Vector(view.at)
    turn = aim.to_track_quat("-Z", "Y").to_euler()
    camera.rotation_euler = turn
    camera.rotation_euler.rotate_axis("Z", np.radians(view.roll_deg))
    stage.scene.collection.objects.link(camera)
    stage.scene.camera = camera
    render = stage.scene.render
    render.resolution_x, render.resolution_y = size_px(view, preview)
    render.resolution_percentage = 100


def engine(stage: Stage, samples: int) -> None:
    """Cycles on the CPU; with few samples the denoiser needs cleaned guides."""
    scene = stage.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.seed = "CPU", samples, 7
    cycles.use_adaptive_sampling, cycles.adaptive_threshold = samples > 8, 0.03
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.denoising_input_passes, cycles.denoising_prefilter = "RGB_ALBEDO_NORMAL", "FAST"
    cycles.denoising_quality = "FAST" if samples == 1 else "BALANCED"
    cycles.use_light_tree = False
    cycles.diffuse_bounces = 1 if samples == 1 else 2
    cycles.max_bounces, cycles.glossy_bounces = 3, 1
    cycles.transparent_max_bounces, cycles.transmission_bounces = 8, 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    scene.render.use_persistent_data = True
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - High Contrast"


def expose(stage: Stage, folder: Path, key: float = 0.21) -> None:
    """Meters a tiny render and sets the exposure as a phone would."""
    scene, probe = stage.scene, folder / "meter.exr"
    kept = (scene.render.resolution_percentage, scene.cycles.samples)
    scene.render.resolution_percentage = max(int(7000 / scene.render.resolution_x), 1)
    scene.cycles.samples = 3
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.filepath = str(probe)
    bpy.ops.render.render(write_still=True)
    loaded = bpy.data.images.load(str(probe), check_existing=False)
    pixels = np.array(loaded.pixels[:]).reshape(-1, 4)[:, :3]
    bpy.data.images.remove(loaded)
    scene.render.image_settings.file_format = "PNG"
    light = np.clip(pixels @ np.array([0.21, 0.72, 0.07]), 1e-3, 4.0)
    scene.view_settings.exposure = float(np.log2(key / np.exp(np.log(light).mean())))
    scene.render.resolution_percentage, scene.cycles.samples = kept


def render(stage: Stage, path: Path) -> None:
    """Writes the picture as a PNG."""
    scene = stage.scene
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.render.image_settings.color_depth = "8"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
