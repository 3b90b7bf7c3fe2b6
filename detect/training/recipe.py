"""A training recipe (`models/<name>/recipe.yaml`): classes, data sets, split, network, schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from detect.model_folder import CarefulPlan
from detect.training.chips import chip_plan
from detect.training.errors import RecipeError
from detect.training.split import SplitPlan

HEADS = ("both", "raw")
PRECISIONS = ("auto", "fp32", "bf16")
T = TypeVar("T")


@dataclass(frozen=True)
class ClassPlan:
    """One class of the model; `category` is the catalogue's code, None for context only."""

    name: str
    category: str | None
    names: Mapping[str, str]
    status: str = "experimental"


@dataclass(frozen=True)
class TrainPlan:
    """How to train. Sizes in pixels; `budget_min` ends the run on time whatever the machine's load.

    With `budget_min`, learning rate and losses follow the clock; without it, they follow `epochs`.
    `freeze` layers from the first on don't learn; `keep_statistics` keeps batch norm's means.
    `chips`: see detect.training.chips. `head` "raw" trains only the one-to-many head, which is
    faster; such a checkpoint can't be exported with the end2end head.
    With `first_px`, pictures grow from that side to `image_px` over the first 60 % of the run.
    With `validate_min`, the run is judged on val so often; weights/best.pt is the best so judged,
    and `patience` judgements in a row without a better one end the run.
    `head_only` (steps, pictures, first, rare_first, weights, from) trains the head alone: see
    detect.training.head_only; augmentation, freeze and the like are then its own.
    """

    epochs: int = 60
    budget_min: float | None = None
    image_px: int = 640
    first_px: int | None = None
    batch: int = 16
    learning_rate: float = 1e-3
    final_rate: float = 0.02
    warmup: float = 0.05
    weight_decay: float = 5e-4
    freeze: int = 0
    keep_statistics: bool = False
    close_mosaic: float = 0.3
    precision: str = "auto"
    processes: int = 1
    threads: int = 2
    workers: int = 1
    seed: int = 0
    device: str = "cpu"
    augment: Mapping[str, float] = field(default_factory=dict)
    chips: Mapping[str, Any] = field(default_factory=dict)
    head: str = "both"
    validate_min: float | None = None
    patience: int | None = None
    head_only: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """All that `tidycity train` needs besides the folder of data sets.

    `careful` (looks, min_iou): how `NAME@careful` looks at a picture; a release chooses thresholds
    for it and measures it. See `detect.model_folder.CarefulPlan`.
    """

    model: str
    weights: str
    classes: tuple[ClassPlan, ...]
    datasets: tuple[str, ...]
    split: SplitPlan
    train: TrainPlan
    status: str = "experimental"
    careful: Mapping[str, Any] = field(default_factory=dict)

    @property
    def class_names(self) -> list[str]:
        return [plan.name for plan in self.classes]


def read_recipe(path: Path) -> Recipe:
    """The recipe in a YAML file. Raises RecipeError naming an unknown, missing or wrong key."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: can't be read as YAML ({error})") from error
    if not isinstance(raw, dict):
        raise RecipeError(f"{path}: expected a mapping, got {type(raw).__name__}")
    _refuse_unknown(raw, Recipe, str(path))
    for key in ("model", "weights", "classes", "datasets", "split"):
        if not raw.get(key):
            raise RecipeError(f"{path}: the key '{key}' is missing or empty")
    classes = tuple(_typed(ClassPlan, row, f"{path}: classes") for row in raw["classes"])
    names = [plan.name for plan in classes]
    if len(set(names)) < len(names):
        raise RecipeError(f"{path}: a class is named twice: {', '.join(names)}")
    train = _typed(TrainPlan, raw.get("train") or {}, f"{path}: train")
    _check_train(train, path)
    return Recipe(
        model=str(raw["model"]),
        weights=str(raw["weights"]),
        classes=classes,
        datasets=tuple(raw["datasets"]),
        split=_typed(SplitPlan, raw["split"], f"{path}: split"),
        train=train,
        status=str(raw.get("status", "experimental")),
        careful=_careful(raw.get("careful") or {}, path),
    )


def _careful(raw: Any, path: Path) -> Mapping[str, Any]:
    """The plan as it stands, once it is known to be one."""
    if raw:
        try:
            CarefulPlan.model_validate({**raw, "thresholds": {}})
        except (ValidationError, TypeError) as error:
            raise RecipeError(f"{path}: careful: {_first(error)}") from error
    return dict(raw)


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"expected a mapping ({error})"
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _typed(kind: type[T], raw: Any, where: str) -> T:
    if not isinstance(raw, dict):
        raise RecipeError(f"{where}: expected a mapping, got {raw!r}")
    _refuse_unknown(raw, kind, where)
    try:
        return kind(**raw)
    except TypeError as error:
        raise RecipeError(f"{where}: {error}") from error


def _refuse_unknown(raw: Mapping[str, Any], kind: type, where: str) -> None:
    legal = [f.name for f in fields(kind)]
    if unknown := [key for key in raw if key not in legal]:
        raise RecipeError(f"{where}: unknown key {unknown[0]!r}; legal are {', '.join(legal)}")


def _check_head_only(only: Mapping[str, Any], path: Path) -> None:
    if not only:
        return
    legal = ("steps", "pictures", "first", "weights", "from", "rare_first")
    if unknown := [key for key in only if key not in legal]:
        raise RecipeError(
            f"{path}: head_only: unknown key {unknown[0]!r}; legal are {', '.join(legal)}"
        )
    if int(only.get("steps", 0)) < 1 or int(only.get("pictures", 1)) < 1:
        raise RecipeError(f"{path}: head_only wants steps, and pictures if given, of 1 or more")


def _check_train(train: TrainPlan, path: Path) -> None:
    if train.head not in HEADS:
        raise RecipeError(f"{path}: head must be one of {', '.join(HEADS)}, got '{train.head}'")
    if train.chips:
        chip_plan(train.chips)
    if train.precision not in PRECISIONS:
        raise RecipeError(f"{path}: precision must be one of {', '.join(PRECISIONS)}")
    for side_px in (train.image_px, train.first_px or 32):
        if side_px % 32 or side_px <= 0:
            raise RecipeError(f"{path}: picture sides must be multiples of 32, got {side_px}")
    if min(train.epochs, train.batch, train.threads, train.processes) < 1 or train.workers < 0:
        raise RecipeError(
            f"{path}: epochs, batch, threads and processes must be 1 or more, workers 0 or more"
        )
    if train.budget_min is not None and train.budget_min <= 0:
        raise RecipeError(f"{path}: budget_min must be above 0, got {train.budget_min}")
    _check_head_only(train.head_only, path)
    if train.validate_min is not None and train.validate_min <= 0:
        raise RecipeError(f"{path}: validate_min must be above 0, got {train.validate_min}")
    if train.patience is not None and (train.patience < 1 or train.validate_min is None):
        raise RecipeError(f"{path}: patience must be 1 or more and wants validate_min beside it")
    if train.learning_rate <= 0:
        raise RecipeError(f"{path}: learning_rate must be above 0, got {train.learning_rate}")
