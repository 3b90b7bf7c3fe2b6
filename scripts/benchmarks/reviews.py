"""Simulates reviews of photos of a new street, trains on them, measures on its other photos.

Two new streets (`--street`, see new_street.py):

- district: the litter-taco batches that the shipped split holds out, each taken by one person in
  one district, so that no model trained by it has seen district, light or camera. `--weights` is
  the shipped checkpoint.
- city: garbage-piles-latam, piles in another country. The shipped model has trained on them, so
  the experiment first trains a model of its own (`--base-minutes`) on all other sets; `--weights`
  is what that starts from (COCO).

Either is divided by scene (the same views never on both sides) into 100 reviewed photos and the
measured rest. Two ways of reviewing are simulated from the true boxes:

- console: the model's candidates at its threshold are confirmed (IoU 0.5 or more with a true box)
  or rejected; nobody draws what the model missed. `tidycity datasets from-reviews`.
- whole: every box of the class is drawn. `tidycity datasets next`, Label Studio, import.

Both train with the same pictures of the old sets beside them, so that nothing is unlearned; a
third run, `replay`, trains on those alone and shows what training longer does by itself. Pictures
of street-garbage-cn that are held out tell what becomes of garbage, bin and overflow.

Minutes are few, so the backbone stays as it is and only the head that ships is trained. Before and
after are compared on the same drawings of scenes, which tells far smaller gains than two intervals
do.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from detect.boxes import iou
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
from detect.training.held_out import HeldOut, read_held_out
from detect.training.matching import Matches
from detect.training.measure import look
from detect.training.model_release import sha256_of
from detect.training.precision_recall import average_precision, working_point
from detect.training.recipe import Recipe, TrainPlan, read_recipe
from detect.training.trainer import train
from detect.types import Detections
from scripts.benchmarks.new_street import (
    STREETS,
    divide,
    key,
    limits_of,
    others,
    pictures_of,
    read_all,
    scenes_of,
    train_base,
    write_model,
)

OLD, OLD_CLASSES = "street-garbage-cn", ("garbage", "bin", "overflow")
SEED, REPLAY, OLD_MEASURED, DRAWS = 5, 160, 100, 500
NEW = "street-reviewed"
BACKBONE = 11


def main() -> None:
    """Runs the experiment and prints its figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--street", choices=sorted(STREETS), default="district")
    parser.add_argument("--weights", type=Path, required=True, help="what training starts from")
    parser.add_argument("--base-minutes", type=float, default=12, help="city: of its own model")
    parser.add_argument("--base", type=Path, help="city: a base that an earlier run has trained")
    parser.add_argument("--recipe", type=Path, default=Path("models/street/recipe.yaml"))
    parser.add_argument("--work", type=Path, required=True, help="a folder that doesn't exist")
    parser.add_argument("--minutes", type=float, default=2.5, help="of training a run")
    parser.add_argument("--runs", default="whole,replay,console")
    parser.add_argument("--most", type=int, help="measure on so many photos only: a first try")
    given = parser.parse_args()
    given.work.mkdir(parents=True)
    begun = time.monotonic()
    experiment = Experiment(given)
    experiment.base["minutes"] = round((time.monotonic() - begun) / 60, 1)
    print(json.dumps({"base": experiment.base}, indent=1), flush=True)
    for run in given.runs.split(","):
        started = time.monotonic()
        figures = experiment.run(run)
        figures["minutes"] = round((time.monotonic() - started) / 60, 1)
        print(json.dumps({run: figures}, indent=1), flush=True)


class Experiment:
    """The street, its two parts, the old pictures, and what the model is worth before."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.street, self.work = STREETS[given.street], given.work
        plan = read_recipe(given.recipe)
        self.names = plan.class_names
        held = read_held_out(given.recipe.parent / str(plan.split.held_out))
        everything = read_all(given.data, plan)
        street = pictures_of(self.street, everything, held)
        self.scenes = scenes_of(street)
        self.reviewed, self.measured = divide(street, self.scenes, SEED)
        known = others(self.street, everything, held)
        self.weights, self.limits = given.weights, limits_of(plan.model, self.names)
        if self.street.unseen_by == "own":
            self.weights, self.limits = train_base(
                self.street, plan, known, everything, held, given
            )
        self.recipe = replace(
            plan, weights=str(self.weights), train=self._schedule(plan.train, given.minutes)
        )
        rng = random.Random(SEED)
        old = [s for s in everything if s.dataset == OLD and held.split_of(key(s)) == "test"]
        self.replay = rng.sample(known, REPLAY)
        self.old = rng.sample(old, min(OLD_MEASURED, len(old)))[: given.most]
        self.measured = self.measured[: given.most]
        self.pictures = self._built("measure", [])
        self.before = look(self._folder(self.weights, "base"), self.pictures)
        self.base = {"reviewed": len(self.reviewed), **self._figures(self.before)}

    def _schedule(self, plan: TrainPlan, minutes: float) -> TrainPlan:
        return replace(
            plan,
            budget_min=minutes,
            learning_rate=4e-4,
            warmup=0.1,
            image_px=self.street.train_px,
            first_px=None,
            freeze=BACKBONE,
            head="raw",
            close_mosaic=1.0,
            seed=SEED,
            chips={**self.street.windows, "datasets": [NEW]} if self.street.windows else {},
        )

    def run(self, name: str) -> dict[str, object]:
        """One way of reviewing: its labels, a training on them, the figures afterwards."""
        added = {"whole": self._whole, "console": self._console, "replay": list}[name]()
        self._built(name, added)
        recipe = self.recipe if added else _without_windows(self.recipe)
        last = train(recipe, self.work / name, self.work / f"{name}-run")
        after = look(self._folder(last, f"{name}-model"), self.pictures)
        figures = self._figures(after) | self._gain(after)
        return {
            "added_pictures": len(added),
            "added_boxes": _boxes(added),
            "passes": _passes(self.work / f"{name}-run"),
            **figures,
        }

    def _whole(self) -> list[Sample]:
        told = frozenset({self.street.class_name})
        return [replace(s, dataset=NEW, exhaustive=told, use="train") for s in self.reviewed]

    def _console(self) -> list[Sample]:
        folder = self._folder(Path(self.recipe.weights), "reviewer")
        pictures = [self._picture(sample) for sample in self.reviewed]
        limit = self.limits[self.street.class_name]
        seen = [found[found.score >= limit] for found in look(folder, pictures)]
        photos = [
            ReviewedPhoto(s.image, sha256_of(s.image), Taken(), (), self._judge(p, f))
            for s, p, f in zip(self.reviewed, pictures, seen, strict=True)
        ]
        told = [photo for photo in photos if photo.boxes]
        out = self.work / "reviews"
        write_reviewed(told, About("reviews", "simulated", "none"), out)
        spec = read_spec(out / "dataset.yaml")
        return [replace(s, use="train", group=None) for s in read_samples(spec, out, self.names)]

    def _built(self, name: str, added: Sequence[Sample]) -> list[Picture]:
        """Writes the set with the added pictures for training; gives those that are measured."""
        test = {key(s): self.scenes[key(s)] for s in self.measured}
        test |= {key(s): 100_000 + n for n, s in enumerate(self.old)}
        val = {key(s): 200_000 + n for n, s in enumerate(self.replay[:4])}
        samples = [*self.replay, *self.measured, *self.old, *added]
        build(samples, self.names, HeldOut(val, test, frozenset()), self.work / name)
        return load_pictures(self.work / name, "test", self.names)

    def _folder(self, checkpoint: Path, name: str) -> Path:
        folder = self.work / f"{name}-openvino"
        return write_model(self.recipe, checkpoint, folder, self.street.side_px, self.limits)

    def _figures(self, found: Sequence[Detections]) -> dict[str, object]:
        mine = self._matched(found)
        low, high = interval(self._street_scenes(), lambda rows: _ap50(mine, rows), DRAWS)
        ids = {name: self.names.index(name) for name in OLD_CLASSES}
        old = [i for i, p in enumerate(self.pictures) if p.dataset == OLD]
        mean, _, _ = mean_interval(ids, [self.pictures[i] for i in old], [found[i] for i in old], 0)
        limit = self.limits[self.street.class_name]
        point = working_point(pool(mine), limit)
        return {
            "measured": len(self.measured),
            f"{self.street.class_name}_ap50": round(_ap50(mine), 4),
            "interval": [round(low, 4), round(high, 4)],
            "precision": round(point.precision, 4),
            "recall": round(point.recall, 4),
            "old_classes_map50": round(mean, 4),
        }

    def _gain(self, after: Sequence[Detections]) -> dict[str, object]:
        """The difference, drawn over scenes in pairs: both models on the same drawing."""
        old, new = self._matched(self.before), self._matched(after)

        def gain(rows: Sequence[int]) -> float:
            return _ap50(new, rows) - _ap50(old, rows)

        low, high = interval(self._street_scenes(), gain, DRAWS)
        every = range(len(new))
        return {"gain": round(gain(every), 4), "gain_interval": [round(low, 4), round(high, 4)]}

    def _street_scenes(self) -> list[int]:
        return [p.scene for p in self.pictures if p.dataset == self.street.dataset]

    def _matched(self, found: Sequence[Detections]) -> list[Matches]:
        """What was found on the street against what is there, a picture each."""
        mine, name = self.street.dataset, self.street.class_name
        pairs = [(p, f) for p, f in zip(self.pictures, found, strict=True) if p.dataset == mine]
        return class_matches(
            name, self.names.index(name), [p for p, _ in pairs], [f for _, f in pairs]
        )

    def _picture(self, sample: Sample) -> Picture:
        width_px, height_px = picture_size(sample.image)
        corners = sample.boxes.xyxy_px(width_px, height_px)
        ids = sample.boxes.class_id
        return Picture(
            sample.image, sample.dataset, 0, frozenset({self.street.class_name}), corners, ids
        )

    def _judge(self, picture: Picture, found: Detections) -> tuple[ReviewedBox, ...]:
        """What a reviewer says of each candidate, who knows the true boxes."""
        class_id = self.names.index(self.street.class_name)
        mine = found[found.class_id == class_id]
        width_px, height_px = picture_size(picture.path)
        truth = picture.truth_xyxy[picture.truth_class == class_id].astype(np.float32)
        overlap = iou(mine.xyxy, truth) if len(truth) and len(mine) else np.zeros((len(mine), 1))
        sides = np.array([width_px, height_px, width_px, height_px], np.float32)
        corners = (mine.xyxy / sides).clip(0, 1)
        return tuple(
            ReviewedBox(
                self.street.class_name,
                (float(x1), float(y1), float(x2), float(y2)),
                bool(best >= 0.5),
            )
            for (x1, y1, x2, y2), best in zip(corners, overlap.max(axis=1), strict=True)
        )


def _ap50(parts: Sequence[Matches], rows: Sequence[int] | None = None) -> float:
    return average_precision(pool(parts if rows is None else [parts[row] for row in rows])).ap50


def _without_windows(recipe: Recipe) -> Recipe:
    """For a run without reviewed pictures, which are those shown as windows."""
    return replace(recipe, train=replace(recipe.train, chips={}))


def _passes(run: Path) -> int:
    """How often the run came through its pictures, the last pass begun counted."""
    return int(json.loads((run / "progress.json").read_text(encoding="utf-8"))["epoch"])


def _boxes(samples: Sequence[Sample]) -> int:
    return sum(len(sample.boxes) for sample in samples)


if __name__ == "__main__":
    main()
