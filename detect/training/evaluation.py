"""How good a model is on the pictures of one split, class by class, with intervals by scene.

A class is measured only on pictures whose set boxes it exhaustively: elsewhere a detection can't
be called false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image

from detect.training.bootstrap import interval
from detect.training.build import read_manifest
from detect.training.errors import DatasetError
from detect.training.labels import read_yolo
from detect.training.matching import Floats, Matches, match, pool
from detect.training.precision_recall import (
    AveragePrecision,
    WorkingPoint,
    average_precision,
    best_f1,
    working_point,
)
from detect.training.scenes import read_image
from detect.types import Detections, Image


@dataclass(frozen=True)
class Picture:
    """A labelled picture of a built set: truth_xyxy (n, 4) in pixels, truth_class (n,)."""

    path: Path
    dataset: str
    scene: int
    exhaustive: frozenset[str]
    truth_xyxy: Floats
    truth_class: npt.NDArray[np.int64]


@dataclass(frozen=True)
class ClassResult:
    """One class: how many pictures and boxes it was measured on, and how well."""

    name: str
    pictures: int
    labelled: int
    precision: AveragePrecision
    ap50_interval: tuple[float, float]
    ap_interval: tuple[float, float]
    point: WorkingPoint


@dataclass(frozen=True)
class CleanResult:
    """What is proposed on pictures that show no problem: candidates, and pictures with any."""

    counts: tuple[int, ...]
    scenes: tuple[int, ...]

    @property
    def pictures(self) -> int:
        """How many pictures show nothing."""
        return len(self.counts)

    @property
    def candidates(self) -> int:
        """How many candidates stand on them."""
        return sum(self.counts)

    @property
    def pictures_with_candidates(self) -> int:
        """On how many of them any stands."""
        return sum(count > 0 for count in self.counts)

    @property
    def per_100(self) -> float:
        """False candidates on 100 clean pictures."""
        return 100 * self.candidates / self.pictures if self.pictures else float("nan")

    def interval(self, draws: int = 500) -> tuple[float, float]:
        """The 95 % interval of `per_100`, scenes drawn again; for no candidate, the rule of three.

        Zero candidates on n pictures still allow a rate of 3 / n.
        """
        if self.pictures and not self.candidates:
            return 0.0, 300 / self.pictures
        return interval(
            self.scenes, lambda rows: 100 * float(np.mean([self.counts[r] for r in rows])), draws
        )


def load_pictures(built: Path, split: str, names: Sequence[str]) -> list[Picture]:
    """The pictures of one split of a built set. Raises DatasetError where the split is empty."""
    entries = [entry for entry in read_manifest(built) if entry.split == split]
    if not entries:
        raise DatasetError(f"{built} has no pictures in the split '{split}'")
    pictures = []
    for entry in entries:
        path = built / "images" / split / entry.file
        label = (built / "labels" / split / entry.file).with_suffix(".txt")
        boxes = read_yolo(label, len(names))
        width, height = picture_size(path)
        pictures.append(
            Picture(
                path,
                entry.dataset,
                entry.scene,
                frozenset(entry.exhaustive),
                boxes.xyxy_px(width, height),
                boxes.class_id,
            )
        )
    return pictures


def detect_all(
    pictures: Sequence[Picture], predict: Callable[[Image], Detections]
) -> list[Detections]:
    """The detections in each picture, in order."""
    return [predict(read_image(picture.path)) for picture in pictures]


def evaluate_class(
    name: str,
    class_id: int,
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    threshold: float | None,
    draws: int = 500,
) -> ClassResult:
    """One class over the pictures that label it. Without a threshold, that of best F1 is taken."""
    parts = class_matches(name, class_id, pictures, detections)
    pooled = pool(parts)
    scenes = [picture.scene for picture in pictures if name in picture.exhaustive]

    def drawn(pick: Callable[[AveragePrecision], float]) -> tuple[float, float]:
        return interval(
            scenes, lambda rows: pick(average_precision(pool([parts[r] for r in rows]))), draws
        )

    return ClassResult(
        name=name,
        pictures=len(parts),
        labelled=pooled.labelled,
        precision=average_precision(pooled),
        ap50_interval=drawn(lambda result: result.ap50),
        ap_interval=drawn(lambda result: result.ap),
        point=best_f1(pooled) if threshold is None else working_point(pooled, threshold),
    )


def class_matches(
    name: str, class_id: int, pictures: Sequence[Picture], detections: Sequence[Detections]
) -> list[Matches]:
    """The matches of one class in each picture that labels it, in order."""
    return [
        _match_one(picture, found, class_id)
        for picture, found in zip(pictures, detections, strict=True)
        if name in picture.exhaustive
    ]


def mean_interval(
    class_ids: Mapping[str, int],
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    draws: int = 500,
) -> tuple[float, float, tuple[float, float]]:
    """The mean of the classes' AP50, of their AP, and the interval of the mean AP50.

    Only pictures that label all the classes are taken, so that one drawing serves them all.
    """
    chosen = [i for i, p in enumerate(pictures) if set(class_ids) <= p.exhaustive]
    parts = {
        name: [_match_one(pictures[i], detections[i], class_id) for i in chosen]
        for name, class_id in class_ids.items()
    }

    def means(rows: Sequence[int]) -> tuple[float, float]:
        each = [average_precision(pool([column[r] for r in rows])) for column in parts.values()]
        return float(np.mean([e.ap50 for e in each])), float(np.mean([e.ap for e in each]))

    ap50, ap = means(range(len(chosen)))
    scenes = [pictures[i].scene for i in chosen]
    return ap50, ap, interval(scenes, lambda rows: means(rows)[0], draws)


def on_clean(
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    thresholds: Mapping[str, float],
) -> CleanResult:
    """What the classes in `thresholds` propose on pictures that label them all and show none."""
    counts, scenes = [], []
    for picture, found in zip(pictures, detections, strict=True):
        if not set(thresholds) <= picture.exhaustive:
            continue
        ids = [i for i, name in enumerate(found.names) if name in thresholds]
        if np.isin(picture.truth_class, ids).any():
            continue
        counts.append(count_candidates(found, thresholds))
        scenes.append(picture.scene)
    return CleanResult(tuple(counts), tuple(scenes))


def image_level(
    name: str,
    class_id: int,
    pictures: Sequence[Picture],
    detections: Sequence[Detections],
    threshold: float,
) -> tuple[float, float]:
    """Precision and recall of "this picture shows the class", whatever the boxes.

    NaN where no picture is said to show it, or none does.
    """
    both = said = shown = 0
    for picture, found in zip(pictures, detections, strict=True):
        if name not in picture.exhaustive:
            continue
        says = bool(((found.class_id == class_id) & (found.score >= threshold)).any())
        shows = bool((picture.truth_class == class_id).any())
        both, said, shown = both + (says and shows), said + says, shown + shows
    nan = float("nan")
    return (both / said if said else nan), (both / shown if shown else nan)


def count_candidates(found: Detections, thresholds: Mapping[str, float]) -> int:
    """How many detections stand at or above their class's threshold."""
    limit = np.array([thresholds.get(name, np.inf) for name in found.names])
    return int((found.score >= limit[found.class_id]).sum())


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, from the header. Raises DatasetError where it is no picture."""
    try:
        with PIL.Image.open(path) as header:
            return header.size
    except (OSError, PIL.Image.DecompressionBombError) as error:
        raise DatasetError(f"{path}: is not a picture ({error})") from error


def _match_one(picture: Picture, found: Detections, class_id: int) -> Matches:
    mine = found.class_id == class_id
    return match(
        found.xyxy[mine].astype(np.float64),
        found.score[mine].astype(np.float64),
        picture.truth_xyxy[picture.truth_class == class_id],
    )
