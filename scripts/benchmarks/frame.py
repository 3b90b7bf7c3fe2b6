"""Milliseconds for one frame with all cores: the network alone, the engine, and ultralytics.

ultralytics runs the same network with OpenVINO, from a folder as its own export writes it. All have
their network loaded and warm and take turns; medians over the turns are compared.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import openvino as ov
import yaml

from detect.cores import usable_cores
from detect.model_folder import ModelCard, load_card
from detect.training.model_release import write_card
from scripts.benchmarks.contest import Contestant

GOAL_MS = 6
QUIET = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_frame", description=__doc__)
    parser.add_argument("--model", action="append", help="default: street and street@int8")
    parser.add_argument("--side", type=int, default=640, help="the frame's sides, pixels")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--frames", type=int, default=20, help="frames a turn")
    parser.add_argument("--torch-python", help="a Python with ultralytics; without: not compared")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-frame-") as scratch:
        contestants = []
        for number, model in enumerate(given.model or ["street", "street@int8"]):
            card, folder = load_card(model), Path(scratch) / str(number)
            folder.mkdir()
            contestants += _ours(model, card, folder, given.side)
            if given.torch_python:
                contestants.append(_theirs(model, card, folder, given))
        for contestant in contestants:
            contestant.start()
            contestant.turn(0, 3, counts=False)
        for _ in range(given.turns):
            for contestant in contestants:
                contestant.turn(0, given.frames)
        for contestant in contestants:
            contestant.stop()
    print(f"one frame of {given.side} x {given.side} px, {usable_cores()} cores")
    for one in contestants:
        wall_ms = one.median(lambda row: 1000 * row["wall_s"] / row["photos"])
        print(f"{one.name:36}{wall_ms:8.1f} ms{one.cpu_ms:8.1f} ms of processor time")
    print(f"goal: {GOAL_MS} ms for the network")


def _ours(model: str, card: ModelCard, folder: Path, side_px: int) -> list[Contestant]:
    """The network alone, and the engine with the model as it is but for the input's size."""
    copy = yaml.safe_load((card.folder / "model.yaml").read_text(encoding="utf-8"))
    copy |= {"input_px": side_px, "file": card.file, "second_look": None}
    for path in card.folder.glob("*.*"):
        (folder / path.name).symlink_to(path)
    (folder / "model.yaml").unlink()
    write_card(folder, copy)
    return [
        Contestant(f"network of {model}", _worker("network", card.weights, side_px)),
        Contestant(f"tidycity {model}", _worker("tidycity", folder, side_px)),
    ]


def _theirs(model: str, card: ModelCard, folder: Path, given: argparse.Namespace) -> Contestant:
    """ultralytics over the same network, in a folder that it takes for its own export."""
    exported = folder / "same_openvino_model"
    exported.mkdir()
    network = ov.Core().read_model(card.weights)
    network.reshape([1, 3, given.side, given.side])
    ov.save_model(network, exported / "same.xml", compress_to_fp16=False)
    names = dict(enumerate(card.class_names))
    said = {"task": "detect", "stride": 32, "batch": 1, "imgsz": [given.side] * 2, "names": names}
    (exported / "metadata.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    command = _worker("ultralytics", exported, given.side)
    return Contestant(f"ultralytics, {model}", [given.torch_python, *command[1:]], QUIET)


def _worker(kind: str, model: Path, side_px: int) -> list[str]:
    worker = [sys.executable, "-m", "scripts.benchmarks.frame_worker"]
    return [*worker, kind, str(model), str(side_px)]


if __name__ == "__main__":
    main()
