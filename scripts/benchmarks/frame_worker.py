"""The contestants of `scripts/bench_frame`: KIND MODEL SIDE. ``ultralytics`` needs it installed.

``network``: OpenVINO alone runs the model's network on one prepared picture. ``tidycity``: the
engine, from BGR pixels to boxes. ``ultralytics``: its predictor over OpenVINO, likewise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from scripts.benchmarks.contest import serve


def main() -> None:
    kind, model, side = sys.argv[1:]
    picture = np.random.default_rng(0).integers(0, 255, (int(side), int(side), 3), np.uint8)
    once = {"network": _network, "tidycity": _tidycity, "ultralytics": _ultralytics}[kind]
    look = once(model, int(side), picture)

    def work(_first: int, count: int) -> int:
        for _ in range(count):
            look()
        return count

    serve(work)


def _network(model: str, side_px: int, picture: np.ndarray) -> Callable[[], Any]:
    import openvino as ov

    from detect.cores import usable_cores

    core = ov.Core()
    network = core.read_model(model)
    network.reshape([1, 3, side_px, side_px])
    threads = {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": usable_cores()}
    request = core.compile_model(network, "CPU", threads).create_infer_request()
    shown = picture.transpose(2, 0, 1)[None].astype(np.float32) / 255
    return lambda: request.infer([shown])


def _tidycity(folder: str, _side_px: int, picture: np.ndarray) -> Callable[[], Any]:
    from detect.engines import open_engine

    engine = open_engine(folder, streams=1)
    return lambda: engine.detect([picture])


def _ultralytics(folder: str, side_px: int, picture: np.ndarray) -> Callable[[], Any]:
    from ultralytics import YOLO

    yolo = YOLO(str(Path(folder)), task="detect")
    return lambda: yolo.predict(picture, imgsz=side_px, device="cpu", verbose=False)


if __name__ == "__main__":
    main()
