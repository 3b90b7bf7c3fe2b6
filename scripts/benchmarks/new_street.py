"""The new streets of `scripts/experiment_reviews`: their pictures, and a model that saw none."""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from detect.datasets.duplicates import find_duplicates
from detect.model_folder import load_card
from detect.training.build import build
from detect.training.dataset import Sample, read_samples, read_spec
from detect.training.evaluation import load_pictures
from detect.training.export import export_openvino
from detect.training.held_out import HeldOut
from detect.training.measure import choose_thresholds, look
from detect.training.model_release import card_data, write_card
from detect.training.recipe import Recipe
from detect.training.scenes import find_pairs, join
from detect.training.trainer import train

REVIEWED = 100
LIMIT = 0.35
"""The threshold of a class that the shipped model has none for."""


@dataclass(frozen=True)
class Street:
    """Pictures of one data set, labelled for one class, that a model has not trained on.

    `unseen_by`: "shipped", of those pictures only what the shipped split holds out is used; "own",
    a model is trained without the set, and all of it is used. Sides in pixels.
    """

    dataset: str
    class_name: str
    unseen_by: str
    side_px: int
    train_px: int
    windows: Mapping[str, Any] = field(default_factory=dict)


STREETS = {
    "district": Street(
        "litter-taco",
        "litter",
        "shipped",
        side_px=512,
        train_px=448,
        windows={"zoom": [0.6, 1.2], "repeat": 3, "focus": 0.7},
    ),
    "city": Street("garbage-piles-latam", "garbage", "own", side_px=416, train_px=416),
}


def key(sample: Sample) -> str:
    """The picture as a split names it: "dataset/file"."""
    return f"{sample.dataset}/{sample.image.name}"


def read_all(data: Path, plan: Recipe) -> list[Sample]:
    """Every labelled picture of the recipe's data sets."""
    samples: list[Sample] = []
    for name in plan.datasets:
        spec = read_spec(Path("datasets") / f"{name}.yaml")
        if spec.layout == "yolo":
            samples += read_samples(spec, data / name, plan.class_names)
    return samples


def pictures_of(street: Street, samples: Sequence[Sample], held: HeldOut) -> list[Sample]:
    """The street's pictures that the model to begin with has not trained on."""
    mine = [replace(s, use="all") for s in samples if s.dataset == street.dataset]
    if street.unseen_by == "own":
        return mine
    return [s for s in mine if held.split_of(key(s)) in {"val", "test"}]


def others(street: Street, samples: Sequence[Sample], held: HeldOut) -> list[Sample]:
    """What trains the model to begin with: the training split, without the street's pictures."""
    train_split = [s for s in samples if held.split_of(key(s)) == "train"]
    if street.unseen_by == "own":
        return [s for s in train_split if s.dataset != street.dataset]
    return train_split


def scenes_of(pictures: Sequence[Sample]) -> Mapping[str, int]:
    """Key → scene: pictures of the same view and near-duplicates are one scene."""
    images = [s.image for s in pictures]
    pairs = set(find_pairs(images)) | {(p.first, p.second) for p in find_duplicates(images)}
    roots = join(len(images), sorted(pairs), [None] * len(images))
    return {key(s): root for s, root in zip(pictures, roots, strict=True)}


def divide(
    pictures: Sequence[Sample], scenes: Mapping[str, int], seed: int
) -> tuple[list[Sample], list[Sample]]:
    """REVIEWED pictures of whole scenes chosen by chance, and the rest."""
    order = sorted(set(scenes.values()))
    random.Random(seed).shuffle(order)
    reviewed: list[Sample] = []
    for scene in order:
        members = [s for s in pictures if scenes[key(s)] == scene]
        if len(reviewed) + len(members) <= REVIEWED:
            reviewed += members
    chosen = {key(s) for s in reviewed}
    return reviewed, [s for s in pictures if key(s) not in chosen]


def limits_of(model: str, names: Sequence[str]) -> dict[str, float]:
    """The shipped model's thresholds."""
    limits = {row.name: row.threshold for row in load_card(model).classes}
    return {name: limits.get(name, LIMIT) for name in names}


def train_base(
    street: Street,
    plan: Recipe,
    known: Sequence[Sample],
    samples: Sequence[Sample],
    held: HeldOut,
    given: argparse.Namespace,
) -> tuple[Path, dict[str, float]]:
    """A model that has never seen the street: its checkpoint, and thresholds chosen on val."""
    built = given.work / "base"
    val = [s for s in samples if key(s) in held.val and s.dataset != street.dataset]
    part = HeldOut({key(s): held.val[key(s)] for s in val}, {}, frozenset())
    build([*known, *val], plan.class_names, part, built)
    schedule = replace(
        plan.train,
        budget_min=given.base_minutes,
        image_px=street.train_px,
        first_px=320,
        head="raw",
    )
    recipe = replace(plan, weights=str(given.weights), train=schedule)
    last = given.base or train(recipe, built, given.work / "base-run")
    limits = dict.fromkeys(plan.class_names, LIMIT)
    folder = write_model(recipe, last, given.work / "base-thresholds", street.side_px, limits)
    pictures = load_pictures(built, "val", plan.class_names)
    return last, choose_thresholds(plan.class_names, pictures, look(folder, pictures))


def write_model(
    recipe: Recipe, checkpoint: Path, folder: Path, side_px: int, limits: Mapping[str, float]
) -> Path:
    """A folder that an engine opens, once made."""
    if not folder.exists():
        export_openvino(checkpoint, folder, side_px, "raw")
        write_card(folder, card_data(recipe, folder, "0", side_px, "raw", dict(limits)))
    return folder
