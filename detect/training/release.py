"""From a checkpoint to a model's folder: exported, thresholds chosen on val, measured on test.

Needs the extra `torch`. Everything is made in a folder beside the target and moved when complete.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detect.model_folder import CAREFUL, load_card
from detect.training.evaluation import Picture, load_pictures
from detect.training.export import export_openvino
from detect.training.measure import (
    STRICT_RECALL,
    choose_strict,
    choose_thresholds,
    evaluate_folder,
    look,
    measure,
    strict_figures,
)
from detect.training.model_release import (
    CHECKPOINT,
    LOW_THRESHOLD,
    card_data,
    write_card,
    write_metrics,
)
from detect.training.recipe import Recipe
from detect.training.weights import slim
from detect.types import Detections

MOVED = ("model.xml", "model.bin", "model.yaml", "metrics.json", CHECKPOINT)
CURVES = "curves.csv"
KEPT_COLUMNS = ("epoch", "time")  # and the losses; ultralytics' own validation is not run


@dataclass(frozen=True)
class ReleasePlan:
    """What a release needs besides recipe and checkpoint."""

    version: str
    input_px: int = 640
    head: str = "raw"
    nms_iou: float = 0.6
    draws: int = 500


def release(
    recipe: Recipe, checkpoint: Path, built: Path, folder: Path, plan: ReleasePlan
) -> dict[str, Any]:
    """Fills `folder` with network, card and metrics; returns the metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".release-", dir=folder.parent))
    try:
        export_openvino(checkpoint, part, plan.input_px, plan.head)
        slim(checkpoint, part / CHECKPOINT)
        metrics = card_and_metrics(recipe, built, part, plan)
        for name in MOVED:
            (part / name).replace(folder / name)
        keep_curves(checkpoint.parent.parent / "results.csv", folder / CURVES)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return metrics


def keep_curves(results: Path, out: Path) -> bool:
    """Writes the losses that a run kept beside its checkpoints; False without such a file."""
    if not results.is_file():
        return False
    with results.open(encoding="utf-8", newline="") as lines:
        rows = [{key.strip(): value.strip() for key, value in r.items()} for r in DictReader(lines)]
    if not rows:
        return False
    names = [n for n in rows[0] if n in KEPT_COLUMNS or n.startswith("train/")]
    text = "\n".join([",".join(names), *(",".join(row[n] for n in names) for row in rows)])
    part = out.with_name(out.name + ".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(out)
    return True


def card_and_metrics(
    recipe: Recipe, built: Path, folder: Path, plan: ReleasePlan
) -> dict[str, Any]:
    """Writes model.yaml and metrics.json beside the network that already lies in `folder`."""
    names = recipe.class_names
    _card(recipe, folder, plan, dict.fromkeys(names, LOW_THRESHOLD))
    pictures = load_pictures(built, "val", names)
    seen = look(folder, pictures)
    thresholds = choose_thresholds(names, pictures, seen)
    strict = choose_strict(thresholds, pictures, seen)
    careful, carefully = _careful(recipe, folder, plan, pictures)
    _card(recipe, folder, plan, thresholds, strict, careful)
    test, held_out, found = evaluate_folder(folder, built, "test", plan.draws)
    metrics = {
        "model": recipe.model,
        "version": plan.version,
        "thresholds": {
            "rule": "best F1 at IoU 0.5 on val; within half a point of the best, the highest",
            "values": thresholds,
        },
        "strict": {
            "rule": f"the highest that finds {STRICT_RECALL:g} of the boxes on val, or threshold",
            "values": strict,
            "test": strict_figures(load_card(folder), held_out, found, plan.draws),
        },
        "val": measure(load_card(folder), pictures, seen, draws=0),
        "test": test,
    }
    if careful:
        val = measure(load_card(f"{folder}@{CAREFUL}"), pictures, carefully, draws=0)
        metrics["careful"] = {"val": val, **_careful_figures(folder, built, plan)}
    write_metrics(folder, metrics)
    return metrics


def _careful(
    recipe: Recipe, folder: Path, plan: ReleasePlan, pictures: Sequence[Picture]
) -> tuple[dict[str, Any], list[Detections]]:
    """The card's part on several looks, with thresholds chosen on val, and what they saw there.

    Both are empty without a plan.
    """
    if not recipe.careful:
        return {}, []
    names = recipe.class_names
    low = dict.fromkeys(names, LOW_THRESHOLD)
    _card(recipe, folder, plan, low, None, {**recipe.careful, "thresholds": low})
    seen = look(f"{folder}@{CAREFUL}", pictures)
    thresholds = choose_thresholds(names, pictures, seen)
    strict = choose_strict(thresholds, pictures, seen)
    chosen = {
        **recipe.careful,
        "thresholds": {name: round(float(limit), 2) for name, limit in thresholds.items()},
        "strict": {name: round(float(limit), 2) for name, limit in strict.items()},
    }
    return chosen, seen


def _careful_figures(folder: Path, built: Path, plan: ReleasePlan) -> dict[str, Any]:
    """Test, also at the strict thresholds, of `NAME@careful`."""
    model = f"{folder}@{CAREFUL}"
    test, held_out, found = evaluate_folder(model, built, "test", plan.draws)
    strict = strict_figures(load_card(model), held_out, found, plan.draws)
    return {"test": test, "strict": strict}


def _card(
    recipe: Recipe,
    folder: Path,
    plan: ReleasePlan,
    thresholds: dict[str, float],
    strict: dict[str, float] | None = None,
    careful: dict[str, Any] | None = None,
) -> None:
    data = card_data(
        recipe,
        folder,
        plan.version,
        plan.input_px,
        plan.head,
        thresholds,
        plan.nms_iou,
        strict,
        careful,
    )
    write_card(folder, data)
