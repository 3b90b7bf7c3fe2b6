"""A real, untrained YOLO in both forms, for the tests that have torch."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import yaml


def export_tiny_yolo(folder: Path) -> Path:
    """Writes best.pt, model.xml, model.bin and model.yaml of a network with three classes."""
    import torch
    from ultralytics import YOLO

    torch.manual_seed(1)
    spec = folder / "yolo26n.yaml"
    base = Path(__import__("ultralytics").__file__).parent / "cfg/models/26/yolo26.yaml"
    spec.write_text(yaml.safe_dump(yaml.safe_load(base.read_text()) | {"nc": 3}), "utf-8")
    yolo = YOLO(spec)
    _make_sure(yolo.model)
    yolo.save(folder / "best.pt")
    exported = Path(YOLO(folder / "best.pt").export(format="openvino", imgsz=640, dynamic=True))
    for suffix in ("xml", "bin"):
        shutil.copy(next(exported.glob(f"*.{suffix}")), folder / f"model.{suffix}")
    files = ("model.xml", "model.bin")
    card = {
        "id": "untrained",
        "version": "1",
        "input_px": 640,
        "file": "model.xml",
        "output": "raw",
        "classes": [
            {"index": i, "name": name, "category": None, "threshold": 0.3}
            for i, name in yolo.names.items()
        ],
        "sha256": {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in files},
    }
    (folder / "model.yaml").write_text(yaml.safe_dump(card), "utf-8")
    return folder


def _make_sure(model: Any) -> None:
    """Untrained scores are all alike: gives them spread, so that some pass the threshold."""
    import torch

    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = None  # running averages over what follows
    model.train()
    with torch.no_grad():
        for _ in range(2):
            model(torch.rand(2, 3, 16, 16).repeat_interleave(20, 2).repeat_interleave(20, 3))
        head = model.model[-1]
        for part in (*head.cv3, *head.one2one_cv3):
            part[-1].weight.mul_(1.5)
            part[-1].bias.fill_(-3.0)
        for part in (*head.cv2, *head.one2one_cv2):  # boxes that are boxes, about two cells wide
            part[-1].weight.mul_(0.1)
            part[-1].bias.fill_(1.0)
    model.eval()
