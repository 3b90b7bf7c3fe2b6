"""Puts a model into its folder: card data, network and metrics, all or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from detect.model_folder import LookPlan
from detect.training.recipe import Recipe

LOW_THRESHOLD = 0.01
CHECKPOINT = "checkpoint.pt"  # the weights that further training starts from


def card_data(
    recipe: Recipe,
    folder: Path,
    version: str,
    input_px: int,
    head: str,
    thresholds: Mapping[str, float],
    nms_iou: float = 0.6,
    strict: Mapping[str, float] | None = None,
    careful: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What model.yaml says of the network in `folder`, in the order that people read it."""
    data: dict[str, Any] = {
        "id": recipe.model,
        "version": version,
        "task": "detect",
        "status": recipe.status,
        "input_px": input_px,
        "file": "model.xml",
        "output": head,
    }
    if head == "raw":
        data["nms_iou"] = nms_iou
    data["normalised_in_graph"] = False
    data["classes"] = [
        {
            "index": index,
            "name": plan.name,
            "category": plan.category,
            "threshold": round(float(thresholds[plan.name]), 2),
            **({} if strict is None else {"strict": round(float(strict[plan.name]), 2)}),
            "names": dict(plan.names),
            "status": plan.status,
        }
        for index, plan in enumerate(recipe.classes)
    ]
    if careful:
        data["careful"] = dict(careful)
    data["sha256"] = {name: sha256_of(folder / name) for name in ("model.xml", "model.bin")}
    return data


def write_card(folder: Path, data: Mapping[str, Any]) -> None:
    """Writes model.yaml, first beside it."""
    text = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=100)
    _replace(folder / "model.yaml", text)


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Writes metrics.json, first beside it."""
    _replace(folder / "metrics.json", json.dumps(metrics, indent=1, ensure_ascii=False) + "\n")


def low_threshold_copy(
    folder: Path, parent: Path, file: str | None = None, looks: Sequence[LookPlan] = ()
) -> Path:
    """A copy of a model's folder whose classes report from LOW_THRESHOLD on, for measuring.

    It takes no second look. `file` are the weights that run, if not the card's own: a variant's;
    `looks` those of a careful one.
    """
    copy = Path(tempfile.mkdtemp(prefix="measure-", dir=parent))
    data = yaml.safe_load((folder / "model.yaml").read_text(encoding="utf-8"))
    data.pop("second_look", None)
    data["file"] = file or data["file"]
    data["looks"] = [look.model_dump() for look in looks]
    for row in data["classes"]:
        row["threshold"] = LOW_THRESHOLD
    for name in data["sha256"]:
        shutil.copyfile(folder / name, copy / name)
    write_card(copy, data)
    return copy


def sha256_of(path: Path) -> str:
    """The file's sha256 in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _replace(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
