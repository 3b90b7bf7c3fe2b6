"""Checks a checkpoint before a run starts from it, so that a wrong one ends with a clear sentence.

Needs the extra `torch`. Checkpoints are pickles: load only those that you trust.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES

from detect.training.errors import RecipeError


def check_weights(weights: str, resume_classes: int | None = None) -> None:
    """Raises RecipeError where `weights` can't start a detector.

    A network's YAML and the names that ultralytics downloads pass unread. With `resume_classes`,
    the checkpoint must be of a run with that many classes.
    """
    path = Path(weights)
    if path.suffix in (".yaml", ".yml") or (path.name in GITHUB_ASSETS_NAMES and not path.exists()):
        return
    if not path.is_file():
        raise RecipeError(
            f"there are no weights {weights}", mend="Name a checkpoint (.pt) with --weights."
        )
    model = _model_in(_load(path), path)
    if not isinstance(model, DetectionModel):
        raise RecipeError(
            f"{path} holds a {type(model).__name__}, not a YOLO detector",
            mend="Start from a detector's weights, such as yolo26n.pt.",
        )
    count = int(model.model[-1].nc)
    if resume_classes is not None and count != resume_classes:
        raise RecipeError(
            f"{path} has {count} classes, the recipe {resume_classes}: it is another run's",
            mend="Name the folder of this recipe's run, or start anew without --resume.",
        )


def read_model(path: Path) -> nn.Module:
    """The network in a checkpoint, its averaged weights first. Raises RecipeError."""
    return _model_in(_load(path), path)


_FOLDERS = frozenset({"model", "data", "project", "save_dir"})


def slim(checkpoint: Path, out: Path) -> Path:
    """Writes the weights alone, in half precision, without the optimizer: a fifth of the size.

    What ultralytics noted of this machine's folders stays behind.
    """
    model: Any = _model_in(_load(checkpoint), checkpoint).half()
    model.pt_path = None
    noted = getattr(model, "args", {})
    for folder in _FOLDERS & set(noted if isinstance(noted, dict) else vars(noted)):
        noted.pop(folder) if isinstance(noted, dict) else delattr(noted, folder)
    part = out.with_name(out.name + ".part")
    try:
        torch.save({"model": model, "ema": None, "epoch": -1, "optimizer": None}, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return out


def _load(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise RecipeError(f"{path} is no checkpoint that can be read ({error})") from error
    except (AttributeError, ImportError) as error:
        raise RecipeError(f"{path} was made by other software: {error}") from error


def _model_in(held: Any, path: Path) -> nn.Module:
    found = (held.get("ema") or held.get("model")) if isinstance(held, dict) else held
    if not isinstance(found, nn.Module):
        kind = type(found if found is not None else held).__name__
        raise RecipeError(
            f"{path} holds no network but a {kind}",
            mend="Name a checkpoint that ultralytics or `tidycity train` wrote.",
        )
    return found
