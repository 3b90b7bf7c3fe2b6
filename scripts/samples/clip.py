"""A fixed camera's clip: a clean kerb, a car passes, bags are left and stay."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from scripts.samples import facade, light, pile, plant, street, vehicle, view, wheelie
from scripts.samples.scene import seed
from scripts.samples.stage import Stage

Frame = NDArray[np.float32]
SIZE_PX = (768, 432)
FPS = 8
LENGTH_S = 25
PASS_FRAMES = 10
FAR_M = 400.0
PASSES_S = (3.0, 8.5, 17.0)
BAGS_AT_S, PILE_AT_S = 9.4, 13.0


def make(path: Path, raw: Path, samples: int = 4) -> None:
    """Renders what is missing and encodes the clip."""
    raw.mkdir(parents=True, exist_ok=True)
    names = ("clean", *car_names(), "bags", "pile")
    todo = [name for name in names if not (raw / f"{name}.png").exists()]
    stage: Stage | None = None
    state = ""
    for name in todo:
        wanted = "clean" if name.startswith("car") else name
        if stage is None or wanted != state:
            stage, state = build(wanted), wanted
            view.engine(stage, samples)
            expose(stage, raw)
        along = int(name[3:]) / (PASS_FRAMES - 1) if name.startswith("car") else None
        move_car(stage, along)
        view.render(stage, raw / f"{name}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    encode(path, raw)


def car_names() -> list[str]:
    return [f"car{k:02d}" for k in range(PASS_FRAMES)]


def build(state: str) -> Stage:
    """The kerb as a camera on a pole sees it."""
    stage = Stage()
    street.houses(stage, seed("clip", "street"), 1)
    wheelie.place(stage, 1.6, 1.6, street.KERB_M, "green", -0.1)
    vehicle.scooter(stage, -3.6, 1.7, street.KERB_M, 0.3, "#20364f")
    plant.fallen(stage, seed("clip", "leaves"), -7, 7, -0.4, 0, 0, 80)
    facade.bollard(stage, 3.0, 0.4, street.KERB_M)
    rng = seed("clip", "pile")
    few = pile.Recipe(0.9, 0.6, 6, 2, 0, 0)
    many = pile.Recipe(2.4, 1.1, 26, 26, 80, 3)
    if state in ("bags", "pile"):
        pile.build(stage, rng, -0.6, 1.3, street.KERB_M, few)
    if state == "pile":
        pile.build(stage, rng, -0.3, 1.1, street.KERB_M, many)
    vehicle.car(stage, FAR_M, -2.1, 0.0, "#d9dadb")
    light.set_up(stage, light.HAZY)
    view.set_up(stage, view.View((-2.2, -4.6, 3.4), (0.0, 0.9, 0.35), 0.3, 28))
    render = stage.scene.render
    render.resolution_x, render.resolution_y = SIZE_PX
    return stage


def move_car(stage: Stage, along: float | None) -> None:
    """The car at a share of its way past the camera; out of sight without one."""
    (car,) = (o for o in stage.scene.objects if o.name.startswith("car #"))
    car.location.x = FAR_M if along is None else -9.0 + 18.0 * along


def expose(stage: Stage, raw: Path) -> None:
    """One exposure for the whole clip."""
    memory = raw / "exposure.txt"
    if not memory.exists():
        view.expose(stage, raw)
        memory.write_text(str(stage.scene.view_settings.exposure), encoding="utf-8")
    stage.scene.view_settings.exposure = float(memory.read_text(encoding="utf-8"))


def frames(raw: Path) -> list[Frame]:
    """All frames as linear compositions of the renders, values 0..255."""
    still = {name: _load(raw / f"{name}.png") for name in ("clean", "bags", "pile")}
    cars = [_load(raw / f"{name}.png") for name in car_names()]
    masks = [_mask(car, still["clean"]) for car in cars]
    out = []
    for n in range(FPS * LENGTH_S):
        now = n / FPS
        name = "clean" if now < BAGS_AT_S else "bags" if now < PILE_AT_S else "pile"
        frame = still[name]
        for start in PASSES_S:
            k = round((now - start) * FPS)
            if 0 <= k < PASS_FRAMES:
                frame = cars[k] * masks[k] + frame * (1 - masks[k])
        out.append(frame)
    return out


def encode(path: Path, raw: Path) -> None:
    """H.264 with the noise and slow light changes of a street camera."""
    rng = seed("clip", "noise")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "25", "preset": "slow", "movflags": "+faststart"}
        for n, frame in enumerate(frames(raw)):
            glow = 1 + 0.025 * np.sin(n / FPS * 0.55) + 0.01 * np.sin(n / FPS * 1.9)
            noisy = frame * glow + rng.normal(0, 2.2, (*frame.shape[:2], 1))
            pixels = noisy.clip(0, 255).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def _load(path: Path) -> Frame:
    return np.asarray(Image.open(path).convert("RGB"), np.float32)


def _mask(shot: Frame, still: Frame) -> Frame:
    """Where a shot differs from the empty street, soft at the edge: 0..1, (h, w, 1)."""
    apart = np.abs(shot - still).max(axis=2)
    hard = Image.fromarray(((apart > 14) * 255).astype(np.uint8))
    closed = hard.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.MaxFilter(9))
    soft = closed.filter(ImageFilter.GaussianBlur(1.5))
    return (np.asarray(soft, np.float32) / 255)[..., None]
