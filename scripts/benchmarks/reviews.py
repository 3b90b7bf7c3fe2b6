"""Simulates reviews of photos of a new street, trains on them, measures on its other photos.

The new street: the litter-taco batches that the shipped split holds out, each taken by one person
in one district, so that no model trained by it has seen district, light or camera. They are divided
by scene (the same views never on both sides) into 100 reviewed photos and the measured rest. Two
ways of reviewing are simulated from the true boxes:

- console: the model's candidates at its threshold are confirmed (IoU 0.5 or more with a true box)
  or rejected; nobody draws what the model missed. `tidycity datasets from-reviews`.
- whole: every litter box is drawn. `tidycity datasets next`, Label Studio, import.

Both train with the same pictures of the old sets beside them, so that nothing is unlearned; a
third run, `replay`, trains on those alone and shows what training longer does by itself. Pictures
of street-garbage-cn that are held out tell what becomes of garbage, bin and overflow.

Minutes are few, so the backbone stays as it is and only the head that ships is trained; what is
drawn as a whole is also shown as windows around the litter, three times a pass. Before and after
are compared on the same drawings of scenes, which tells far smaller gains than two intervals do.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from detect.boxes import iou
from detect.datasets.duplicates import find_duplicates
from detect.datasets.importing import About
from detect.datasets.reviewed import ReviewedBox, ReviewedPhoto, write_reviewed
from detect.datasets.series import Taken
from detect.training.bootstrap import interval
from detect.training.build import build
from detect.training.dataset import Sample, read_samples, read_spec
from detect.training.evaluation import (
    Picture,
    class_matches,
    load_pictures,
    mean_interval,
    picture_size,
    pool,
)
from detect.training.export import export_openvino
from detect.training.held_out import HeldOut, read_held_out
from detect.training.matching import Matches
from detect.training.measure import look
from detect.training.model_release import card_data, sha256_of, write_card
from detect.training.precision_recall import average_precision, working_point
from detect.training.recipe import Recipe, read_recipe
from detect.training.scenes import find_pairs, join
from detect.training.trainer import train
from detect.types import Detections

STREET, OLD, CLASS = "litter-taco", "street-garbage-cn", "litter"
OLD_CLASSES = ("garbage", "bin", "overflow")
SEED, REVIEWED, REPLAY, OLD_MEASURED, DRAWS = 5, 100, 160, 100, 500
SIDE_PX, TRAIN_PX = 512, 448
NEW = "street-reviewed"
BACKBONE = 11
WINDOWS = {"datasets": [NEW], "zoom": [0.6, 1.2], "repeat": 3, "focus": 0.7}


def main() -> None:
    """Runs the experiment and prints its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", type=Path, required=True, help="the model's checkpoint")
    parser.add_argument("--recipe", type=Path, default=Path("models/street/recipe.yaml"))
    parser.add_argument("--work", type=Path, required=True, help="a folder that doesn't exist")
    parser.add_argument("--minutes", type=float, default=2.5, help="of training a run")
    parser.add_argument("--runs", default="whole,replay,console")
    parser.add_argument("--most", type=int, help="measure on so many photos only: a first try")
    given = parser.parse_args()
    given.work.mkdir(parents=True)
    begun = time.monotonic()
    experiment = Experiment(
        given.data, given.recipe, given.weights, given.work, given.minutes, given.most
    )
    experiment.base["minutes"] = round((time.monotonic() - begun) / 60, 1)
    print(json.dumps({"base": experiment.base}, indent=1), flush=True)
    for run in given.runs.split(","):
        started = time.monotonic()
        figures = experiment.run(run)
        figures["minutes"] = round((time.monotonic() - started) / 60, 1)
        print(json.dumps({run: figures}, indent=1), flush=True)


class Experiment:
    """The street, its two parts, the old pictures, and what the model is worth before."""

    def __init__(
        self,
        data: Path,
        recipe: Path,
        weights: Path,
        work: Path,
        minutes: float,
        most: int | None = None,
    ) -> None:
        plan = read_recipe(recipe)
        schedule = replace(
            plan.train,
            budget_min=minutes,
            learning_rate=4e-4,
            warmup=0.1,
            image_px=TRAIN_PX,
            first_px=None,
            freeze=BACKBONE,
            head="raw",
            close_mosaic=1.0,
            seed=SEED,
            chips=WINDOWS,
        )
        self.recipe: Recipe = replace(plan, weights=str(weights), train=schedule)
        self.work, self.names = work, plan.class_names
        held = read_held_out(recipe.parent / str(plan.split.held_out))
        everything = _samples(data, plan)
        street = [s for s in everything if s.dataset == STREET and _held(s, held)]
        self.scenes = _scenes(street)
        self.reviewed, self.measured = _divide(street, self.scenes)
        rng = random.Random(SEED)
        known = [s for s in everything if held.split_of(_key(s)) == "train"]
        old = [s for s in everything if s.dataset == OLD and held.split_of(_key(s)) == "test"]
        self.replay = rng.sample(known, REPLAY)
        self.old = rng.sample(old, min(OLD_MEASURED, len(old)))[:most]
        self.measured = self.measured[:most]
        self.pictures = self._built("measure", [])
        self.before = look(self._folder(weights, "base"), self.pictures)
        self.base = {"reviewed": len(self.reviewed), **self._figures(self.before)}

    def run(self, name: str) -> dict[str, object]:
        """One way of reviewing: its labels, a training on them, the figures afterwards."""
        added = {"whole": self._whole, "console": self._console, "replay": list}[name]()
        self._built(name, added)
        last = train(self.recipe, self.work / name, self.work / f"{name}-run")
        after = look(self._folder(last, f"{name}-model"), self.pictures)
        figures = self._figures(after) | self._gain(after)
        return {
            "added_pictures": len(added),
            "added_boxes": _boxes(added),
            "passes": _passes(self.work / f"{name}-run"),
            **figures,
        }

    def _whole(self) -> list[Sample]:
        told = frozenset({CLASS})
        return [replace(s, dataset=NEW, exhaustive=told, use="train") for s in self.reviewed]

    def _console(self) -> list[Sample]:
        folder = self._folder(Path(self.recipe.weights), "reviewer")
        pictures = [_picture(sample) for sample in self.reviewed]
        limit = _threshold(self.recipe, CLASS)
        seen = [found[found.score >= limit] for found in look(folder, pictures)]
        photos = [
            ReviewedPhoto(s.image, sha256_of(s.image), Taken(), (), _judge(p, f, self.names))
            for s, p, f in zip(self.reviewed, pictures, seen, strict=True)
        ]
        told = [photo for photo in photos if photo.boxes]
        out = self.work / "reviews"
        write_reviewed(told, About("reviews", "simulated", "none"), out)
        spec = read_spec(out / "dataset.yaml")
        return [replace(s, use="train", group=None) for s in read_samples(spec, out, self.names)]

    def _built(self, name: str, added: Sequence[Sample]) -> list[Picture]:
        """Writes the set with the added pictures for training; gives those that are measured."""
        test = {_key(s): self.scenes[_key(s)] for s in self.measured}
        test |= {_key(s): 100_000 + n for n, s in enumerate(self.old)}
        val = {_key(s): 200_000 + n for n, s in enumerate(self.replay[:4])}
        samples = [*self.replay, *self.measured, *self.old, *added]
        build(samples, self.names, HeldOut(val, test, frozenset()), self.work / name)
        return load_pictures(self.work / name, "test", self.names)

    def _folder(self, checkpoint: Path, name: str) -> Path:
        folder = self.work / f"{name}-openvino"
        if not folder.exists():
            export_openvino(checkpoint, folder, SIDE_PX, "raw")
            limits = {c: _threshold(self.recipe, c) for c in self.names}
            write_card(folder, card_data(self.recipe, folder, "0", SIDE_PX, "raw", limits))
        return folder

    def _figures(self, found: Sequence[Detections]) -> dict[str, object]:
        low, high = interval(self._street_scenes(), lambda rows: self._ap50(found, rows), DRAWS)
        ids = {name: self.names.index(name) for name in OLD_CLASSES}
        mean, _, _ = mean_interval(ids, self.pictures, found, 0)
        limit = _threshold(self.recipe, CLASS)
        point = working_point(self._pooled(found), limit)
        return {
            "measured": len(self.measured),
            "litter_ap50": round(self._ap50(found), 4),
            "interval": [round(low, 4), round(high, 4)],
            "precision": round(point.precision, 4),
            "recall": round(point.recall, 4),
            "old_classes_map50": round(mean, 4),
        }

    def _gain(self, after: Sequence[Detections]) -> dict[str, object]:
        """The difference, drawn over scenes in pairs: both models on the same drawing."""

        def gain(rows: Sequence[int]) -> float:
            return self._ap50(after, rows) - self._ap50(self.before, rows)

        every = range(len(self._street_scenes()))
        low, high = interval(self._street_scenes(), gain, DRAWS)
        return {"gain": round(gain(every), 4), "gain_interval": [round(low, 4), round(high, 4)]}

    def _street_scenes(self) -> list[int]:
        return [p.scene for p in self.pictures if CLASS in p.exhaustive and p.dataset == STREET]

    def _ap50(self, found: Sequence[Detections], rows: Sequence[int] | None = None) -> float:
        return average_precision(self._pooled(found, rows)).ap50

    def _pooled(self, found: Sequence[Detections], rows: Sequence[int] | None = None) -> Matches:
        pairs = [(p, f) for p, f in zip(self.pictures, found, strict=True) if p.dataset == STREET]
        chosen = pairs if rows is None else [pairs[r] for r in rows]
        parts = class_matches(
            CLASS, self.names.index(CLASS), [p for p, _ in chosen], [f for _, f in chosen]
        )
        return pool(parts)


def _samples(data: Path, plan: Recipe) -> list[Sample]:
    samples: list[Sample] = []
    for name in plan.datasets:
        spec = read_spec(Path("datasets") / f"{name}.yaml")
        if spec.layout == "yolo":
            samples += read_samples(spec, data / name, plan.class_names)
    return samples


def _key(sample: Sample) -> str:
    return f"{sample.dataset}/{sample.image.name}"


def _held(sample: Sample, held: HeldOut) -> bool:
    return held.split_of(_key(sample)) in {"val", "test"}


def _scenes(street: Sequence[Sample]) -> Mapping[str, int]:
    images = [s.image for s in street]
    pairs = set(find_pairs(images)) | {(p.first, p.second) for p in find_duplicates(images)}
    roots = join(len(images), sorted(pairs), [None] * len(images))
    return {_key(s): root for s, root in zip(street, roots, strict=True)}


def _divide(
    street: Sequence[Sample], scenes: Mapping[str, int]
) -> tuple[list[Sample], list[Sample]]:
    """REVIEWED pictures of whole scenes chosen by chance, and the rest."""
    order = sorted(set(scenes.values()))
    random.Random(SEED).shuffle(order)
    reviewed: list[Sample] = []
    for scene in order:
        members = [s for s in street if scenes[_key(s)] == scene]
        if len(reviewed) + len(members) <= REVIEWED:
            reviewed += members
    chosen = {_key(s) for s in reviewed}
    return reviewed, [s for s in street if _key(s) not in chosen]


def _picture(sample: Sample) -> Picture:
    width_px, height_px = picture_size(sample.image)
    corners = sample.boxes.xyxy_px(width_px, height_px)
    ids = sample.boxes.class_id
    return Picture(sample.image, sample.dataset, 0, frozenset({CLASS}), corners, ids)


def _judge(picture: Picture, found: Detections, names: Sequence[str]) -> tuple[ReviewedBox, ...]:
    """What a reviewer says of each litter candidate, who knows the true boxes."""
    class_id = names.index(CLASS)
    mine = found[found.class_id == class_id]
    width_px, height_px = picture_size(picture.path)
    truth = picture.truth_xyxy[picture.truth_class == class_id].astype(np.float32)
    overlap = iou(mine.xyxy, truth) if len(truth) and len(mine) else np.zeros((len(mine), 1))
    sides = np.array([width_px, height_px, width_px, height_px], np.float32)
    corners = (mine.xyxy / sides).clip(0, 1)
    return tuple(
        ReviewedBox(CLASS, (float(x1), float(y1), float(x2), float(y2)), bool(best >= 0.5))
        for (x1, y1, x2, y2), best in zip(corners, overlap.max(axis=1), strict=True)
    )


def _threshold(recipe: Recipe, name: str) -> float:
    """The threshold of the shipped model, where it has one."""
    from detect.model_folder import load_card

    limits = {row.name: row.threshold for row in load_card(recipe.model).classes}
    return limits.get(name, 0.35)


def _passes(run: Path) -> int:
    """How often the run came through its pictures, the last pass begun counted."""
    return int(json.loads((run / "progress.json").read_text(encoding="utf-8"))["epoch"])


def _boxes(samples: Sequence[Sample]) -> int:
    return sum(len(sample.boxes) for sample in samples)


if __name__ == "__main__":
    main()
