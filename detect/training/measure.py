"""Measures a model's folder as the engine runs it, and chooses its thresholds.

`detect.training.breakdown` adds the parts of a split, `detect.training.gate` compares with what is
required.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from detect.engines import open_engine
from detect.model_folder import ModelCard, load_card
from detect.training.evaluation import (
    ClassResult,
    CleanResult,
    Picture,
    class_matches,
    detect_all,
    evaluate_class,
    image_level,
    load_pictures,
    mean_interval,
    on_clean,
)
from detect.training.matching import pool
from detect.training.model_release import low_threshold_copy
from detect.training.precision_recall import strictest
from detect.training.scenes import read_image
from detect.types import Detections

ROUND = 4
STRICT_RECALL = 0.6
"""What strict thresholds must still find of a class's boxes on val."""
MEAN = "mean"


def look(model: str | Path, pictures: Sequence[Picture]) -> list[Detections]:
    """What the model sees in each picture, from a low score on, by its own engine.

    `model` is a name or folder, with @ a variant (see `load_card`).
    """
    card = load_card(model)
    with tempfile.TemporaryDirectory() as scratch:
        low = low_threshold_copy(card.folder, Path(scratch), card.file, card.looks)
        engine = open_engine(low)
        return detect_all(pictures, lambda image: engine.detect([image])[0])


def choose_thresholds(
    names: Sequence[str], pictures: Sequence[Picture], detections: Sequence[Detections]
) -> dict[str, float]:
    """Each class's threshold of best F1 at IoU 0.5 (see `best_f1`), meant for the val split."""
    return {
        name: evaluate_class(name, i, pictures, detections, None, draws=0).point.threshold
        for i, name in enumerate(names)
    }


def choose_strict(
    thresholds: Mapping[str, float],
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    recall: float = STRICT_RECALL,
) -> dict[str, float]:
    """Each class's strict threshold (see `strictest`), meant for the val split."""
    return {
        name: strictest(
            pool(class_matches(name, i, pictures, detections)), threshold, recall
        ).threshold
        for i, (name, threshold) in enumerate(thresholds.items())
    }


def strict_figures(
    card: ModelCard, pictures: Sequence[Picture], detections: Sequence[Detections], draws: int
) -> dict[str, Any]:
    """Precision, recall and false candidates at the strict thresholds, for metrics.json."""
    report = measure(card.strict(), pictures, detections, draws=draws)
    kept = ("threshold", "precision", "recall", "image_precision", "image_recall")
    classes = {name: {key: row[key] for key in kept} for name, row in report["classes"].items()}
    return {"classes": classes, "clean": report["clean"]}


def measure(
    card: ModelCard,
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    mean_of: Sequence[str] = ("garbage", "bin", "overflow"),
    draws: int = 500,
) -> dict[str, Any]:
    """Every figure of one split, as metrics.json holds them."""
    results = [
        evaluate_class(row.name, row.index, pictures, detections, row.threshold, draws)
        for row in card.classes
    ]
    report: dict[str, Any] = {
        "pictures": len(pictures),
        "scenes": len({picture.scene for picture in pictures}),
        "classes": {
            result.name: {
                **_class_figures(result),
                **_image_figures(result, row.index, pictures, detections),
            }
            for result, row in zip(results, card.classes, strict=True)
            if result.labelled
        },
    }
    ids = {row.name: row.index for row in card.classes if row.name in mean_of}
    if len(ids) == len(mean_of):
        ap50, ap, bounds = mean_interval(ids, pictures, detections, draws)
        report[MEAN] = {
            "of": list(ids),
            "ap50": round(ap50, ROUND),
            "ap50_interval": _rounded(bounds),
            "ap": round(ap, ROUND),
        }
    limits = {row.name: row.threshold for row in card.classes if row.category is not None}
    report["clean"] = _clean_figures(on_clean(pictures, detections, limits), draws)
    return report


def evaluate_folder(
    model: str | Path, built: Path, split: str, draws: int = 500
) -> tuple[dict[str, Any], list[Picture], list[Detections]]:
    """The report on one split of a built set, with what it was made of."""
    card = load_card(model)
    pictures = load_pictures(built, split, card.class_names)
    detections = look(model, pictures)
    return measure(card, pictures, detections, draws=draws), pictures, detections


def count_on_frames(
    folder: Path, frames: Sequence[Path], progress: Callable[[], None] = lambda: None
) -> int:
    """How many candidates the model proposes on pictures that are known to be clean."""
    card = load_card(folder)
    engine = open_engine(folder)
    wanted = {row.name for row in card.classes if row.category is not None}
    total = 0
    for path in frames:
        found = engine.detect([read_image(path)])[0]
        total += sum(found.names[i] in wanted for i in found.class_id)
        progress()
    return total


def _class_figures(result: ClassResult) -> dict[str, Any]:
    return {
        "pictures": result.pictures,
        "boxes": result.labelled,
        "ap50": round(result.precision.ap50, ROUND),
        "ap50_interval": _rounded(result.ap50_interval),
        "ap": round(result.precision.ap, ROUND),
        "ap_interval": _rounded(result.ap_interval),
        "threshold": result.point.threshold,
        "precision": round(result.point.precision, ROUND),
        "recall": round(result.point.recall, ROUND),
        "f1": round(result.point.f1, ROUND),
    }


def _image_figures(
    result: ClassResult, class_id: int, pictures: Sequence[Picture], found: Sequence[Detections]
) -> dict[str, Any]:
    precision, recall = image_level(result.name, class_id, pictures, found, result.point.threshold)
    return {
        "image_precision": None if math.isnan(precision) else round(precision, ROUND),
        "image_recall": None if math.isnan(recall) else round(recall, ROUND),
    }


def _clean_figures(clean: CleanResult, draws: int) -> dict[str, Any]:
    return {
        "pictures": clean.pictures,
        "candidates": clean.candidates,
        "pictures_with_candidates": clean.pictures_with_candidates,
        "candidates_per_100": None if not clean.pictures else round(clean.per_100, 1),
        "per_100_interval": _rounded(clean.interval(draws)),
    }


def _rounded(bounds: tuple[float, float]) -> list[float] | None:
    """JSON knows no NaN: an interval that was not drawn is null."""
    return None if math.isnan(bounds[0]) else [round(bound, ROUND) for bound in bounds]
