"""Weights as an OpenVINO model's folder with a card: WEIGHTS FOLDER. Needs ultralytics."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

import yaml
from ultralytics import YOLO

THRESHOLD = 0.25  # as ultralytics' own


def main() -> None:
    weights, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copy(weights, scratch))
        yolo = YOLO(copy)
        exported = Path(yolo.export(format="openvino", imgsz=640, dynamic=True))
        for suffix in ("xml", "bin"):
            shutil.copy(next(exported.glob(f"*.{suffix}")), folder / f"model.{suffix}")
    files = ("model.xml", "model.bin")
    card = {
        "id": weights.stem,
        "version": "bench",
        "input_px": 640,
        "file": "model.xml",
        "output": "raw",
        "nms_iou": 0.7,
        "classes": [
            {
                "index": index,
                "name": str(name),
                "category": f"class.{index}",
                "threshold": THRESHOLD,
            }
            for index, name in yolo.names.items()
        ],
        "sha256": {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in files},
    }
    (folder / "model.yaml").write_text(yaml.safe_dump(card, allow_unicode=True), "utf-8")


if __name__ == "__main__":
    main()
