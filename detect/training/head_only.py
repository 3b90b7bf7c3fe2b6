"""Trains the head of a detector alone, on features that the rest gives once for each picture.

The backbone and neck stay as pre-trained, so the network can't learn to see a renderer, and a step
costs a fraction: what is before the head is computed once. Each picture is shown as it was drawn at
first: scaled to 62-100 % of the side, at a place of its own, sometimes mirrored, its light changed.
With `head_only: from`, the head starts as the pre-trained one, each class as the mean of those that
are named for it; without, its layers for classes start anew. Needs the extra `torch`.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")

import torch
from torch import Tensor, nn
from ultralytics import YOLO
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel

from detect.training.build import Entry, read_manifest
from detect.training.errors import DatasetError, RecipeError
from detect.training.labels import Boxes, read_yolo
from detect.training.partial_labels import PartialLabelE2ELoss
from detect.training.recipe import Recipe
from detect.training.scenes import read_image
from detect.training.schedule import progress, rate_factor
from detect.training.weights import check_weights

GREY = 114
SCALE = (0.62, 1.0)
AVERAGED_FROM = 0.5
"""From this part of the run on, the weights that are saved are an average over steps."""
DECAY = 0.95
AT_ONCE = 8

Report = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True)
class Seen:
    """One picture as the head sees it: features a level, labels (n, 5), and its mask (classes,)."""

    features: list[Tensor]
    labels: Tensor
    exhaustive: Tensor
    weight: float


def train_head(recipe: Recipe, built: Path, out: Path, report: Report | None = None) -> Path:
    """Trains as the recipe's `head_only` says and returns `out`/weights/last.pt.

    Raises RecipeError where the weights can't start a detector, DatasetError where the built set
    has no training pictures.
    """
    plan, only = recipe.train, recipe.train.head_only
    check_weights(recipe.weights)
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    network = _network(recipe)
    seen = _features(network, recipe, built)
    head = network.model[-1]
    optimizer = torch.optim.AdamW(head.parameters(), plan.learning_rate, weight_decay=5e-4)
    loss_of: Any = PartialLabelE2ELoss(network)
    steps = int(only["steps"])
    weights = np.array([row.weight for row in seen])
    rng = np.random.default_rng(plan.seed)
    average = _Average(head)
    begun = time.monotonic()
    for step in range(steps):
        part = progress(step, steps)
        if plan.budget_min is not None:
            part = max(part, progress(time.monotonic() - begun, plan.budget_min * 60))
        if part >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = plan.learning_rate * rate_factor(part, plan.warmup, plan.final_rate)
        chosen = [seen[i] for i in rng.choice(len(seen), plan.batch, p=weights / weights.sum())]
        loss_of.set_progress(part)
        loss, _ = loss_of(head(_stacked(chosen)), _batch(chosen, plan.image_px))
        optimizer.zero_grad()
        loss.sum().backward()
        nn.utils.clip_grad_norm_(head.parameters(), 10.0)
        optimizer.step()
        if part > AVERAGED_FROM:
            average.add()
        if report is not None and (step % 20 == 0 or step == steps - 1):
            done = time.monotonic() - begun
            report({"epoch": step, "part": part, "s": done, "loss": float(loss.sum().detach())})
    average.put()
    return _saved(network, out, plan.image_px)


class _Average:
    """A running average of a module's weights."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._kept: dict[str, Tensor] | None = None

    def add(self) -> None:
        now = self._module.state_dict()
        if self._kept is None:
            self._kept = {name: value.detach().clone() for name, value in now.items()}
            return
        for name, value in self._kept.items():
            if value.dtype.is_floating_point:
                value.mul_(DECAY).add_(now[name], alpha=1 - DECAY)

    def put(self) -> None:
        """The average takes the place of the weights, if anything was added."""
        if self._kept is not None:
            self._module.load_state_dict(self._kept)


def _network(recipe: Recipe) -> Any:
    """The recipe's weights with a head for its classes; only the head learns."""
    names = recipe.class_names
    source: Any = YOLO(recipe.weights).model.float()
    network: Any = source
    if made_of := recipe.train.head_only.get("from"):
        network = _with_classes_from(source, names, made_of)
    elif list(source.names.values()) != names:
        network = DetectionModel(deepcopy(source.yaml), ch=3, nc=len(names), verbose=False)
        network.load(source, verbose=False)
    network.names = dict(enumerate(names))
    network.args = get_cfg()
    for parameter in network.parameters():
        parameter.requires_grad = False
    for parameter in network.model[-1].parameters():
        parameter.requires_grad = True
    network.eval()
    network.model[-1].train()
    return network


def _with_classes_from(
    source: Any, names: Sequence[str], made_of: Mapping[str, Sequence[str]]
) -> Any:
    """A copy of a detector whose classes start as means of the detector's own.

    Raises RecipeError where a class has nothing named for it, or what the detector doesn't know.
    """
    known = {name.replace("_", " "): number for number, name in source.names.items()}
    for name in names:
        given = list(made_of.get(name, ()))
        if not given or not set(given) <= set(known):
            raise RecipeError(
                f"head_only: from: {name} wants classes of the weights, got {given}",
                mend=f"The weights know {', '.join(known)}.",
            )
    network = deepcopy(source)
    head = network.model[-1]
    for branch in (head.cv3, head.one2one_cv3):
        for level in branch:
            old = level[-1]
            new = nn.Conv2d(old.in_channels, len(names), 1)
            for i, name in enumerate(names):
                rows = [known[x] for x in made_of[name]]
                new.weight.data[i] = old.weight.data[rows].mean(dim=0)
                new.bias.data[i] = old.bias.data[rows].mean(dim=0)
            level[-1] = new
    head.nc, head.no = len(names), len(names) + 4 * head.reg_max
    network.yaml["nc"] = len(names)
    return network


def _features(network: Any, recipe: Recipe, built: Path) -> list[Seen]:
    """The training pictures through all but the head, at most `head_only: pictures` of them."""
    plan, only = recipe.train, recipe.train.head_only
    entries = [entry for entry in read_manifest(built) if entry.split == "train"]
    if not entries:
        raise DatasetError(f"{built} has no pictures in the split 'train'")
    rng = random.Random(plan.seed)
    rng.shuffle(entries)
    first = set(only.get("first", ()))
    entries.sort(key=lambda entry: entry.dataset not in first)
    if only.get("rare_first"):
        entries.sort(key=lambda entry: -_rarest(_boxes(entry, built, recipe).class_id, recipe))
    body = deepcopy(network).fuse(verbose=False).eval()
    rows: list[Seen] = []
    chosen = entries[: int(only.get("pictures", len(entries)))]
    with torch.inference_mode():
        for start in range(0, len(chosen), AT_ONCE):
            some = chosen[start : start + AT_ONCE]
            drawn = [_drawn(entry, built, recipe, rng) for entry in some]
            levels = _before_head(body, torch.stack([picture for picture, _ in drawn]))
            for i, (entry, (_, labels)) in enumerate(zip(some, drawn, strict=True)):
                mask = [float(name in entry.exhaustive) for name in recipe.class_names]
                rows.append(
                    Seen(
                        [level[i].half() for level in levels],
                        labels,
                        torch.tensor(mask),
                        _weight(labels, recipe),
                    )
                )
    return rows


def _before_head(network: Any, pictures: Tensor) -> list[Tensor]:
    """What the head is given for (n, 3, side, side) pictures, a tensor a level."""
    kept: list[Any] = []
    x: Any = pictures
    for layer in network.model[:-1]:
        if layer.f != -1:
            x = (
                kept[layer.f]
                if isinstance(layer.f, int)
                else [x if j == -1 else kept[j] for j in layer.f]
            )
        x = layer(x)
        kept.append(x)
    return [kept[j] for j in network.model[-1].f]


def _drawn(entry: Entry, built: Path, recipe: Recipe, rng: random.Random) -> tuple[Tensor, Tensor]:
    """(3, side, side) in 0..1 and labels (n, 5): class and centre, size in fractions."""
    side = recipe.train.image_px
    image = read_image(built / "images" / "train" / entry.file)
    boxes = _boxes(entry, built, recipe)
    height_px, width_px = image.shape[:2]
    scale = side / max(height_px, width_px) * rng.uniform(*SCALE)
    w, h = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    left, top = rng.randint(0, side - w), rng.randint(0, side - h)
    canvas = np.full((side, side, 3), GREY, np.float32)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + h, left : left + w] = cv2.resize(image, (w, h), interpolation=how)
    canvas = np.clip(canvas * rng.uniform(0.75, 1.25) + rng.uniform(-15, 15), 0, 255)
    xywh = boxes.xywh * [w, h, w, h] + [left, top, 0, 0]
    if rng.random() < 0.5:
        canvas = canvas[:, ::-1]
        xywh[:, 0] = side - xywh[:, 0]
    labels = np.concatenate([boxes.class_id[:, None], xywh / side], axis=1)
    planes = np.ascontiguousarray(canvas[..., ::-1].transpose(2, 0, 1)) / 255
    return torch.from_numpy(planes).float(), torch.from_numpy(labels).float()


def _boxes(entry: Entry, built: Path, recipe: Recipe) -> Boxes:
    label = (built / "labels" / "train" / entry.file).with_suffix(".txt")
    return read_yolo(label, len(recipe.class_names))


def _weight(labels: Tensor, recipe: Recipe) -> float:
    """How often a picture is drawn: by the rarest class that it shows; empty ones a little less."""
    return _rarest(labels[:, 0].numpy(), recipe) if len(labels) else 0.7


def _rarest(class_id: npt.NDArray[Any], recipe: Recipe) -> float:
    """The weight of the rarest class that is shown, 1 for none."""
    rare: Mapping[str, float] = recipe.train.head_only.get("weights", {})
    return float(max([1.0, *(rare.get(recipe.class_names[int(c)], 1.0) for c in class_id)]))


def _stacked(chosen: Sequence[Seen]) -> list[Tensor]:
    levels = range(len(chosen[0].features))
    return [torch.stack([row.features[level] for row in chosen]).float() for level in levels]


def _batch(chosen: Sequence[Seen], side_px: int) -> dict[str, Tensor]:
    labels = torch.cat([row.labels for row in chosen])
    of = torch.cat([torch.full((len(row.labels),), float(i)) for i, row in enumerate(chosen)])
    return {
        "batch_idx": of,
        "cls": labels[:, :1],
        "bboxes": labels[:, 1:],
        "img": torch.zeros(len(chosen), 3, side_px, side_px),
        "exhaustive": torch.stack([row.exhaustive for row in chosen]),
    }


def _saved(network: Any, out: Path, side_px: int) -> Path:
    folder = out / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    last, part = folder / "last.pt", folder / "last.part"
    network.eval()
    network.criterion = None
    held = {"model": network.half(), "ema": None, "train_args": {"imgsz": side_px}, "epoch": 0}
    try:
        torch.save(held, part)
        part.replace(last)
    finally:
        part.unlink(missing_ok=True)
    return last
