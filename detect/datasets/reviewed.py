"""Labels out of reviews: what people said about single boxes, as a set that training can use.

A confirmed box is an example of its class; the rest of the photo is unknown. A rejected box says
that its class is absent there, and only there: it becomes a picture of its own, in which all but
the box and its margin is grey, and only that class counts as labelled (``per_picture``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detect.datasets.importing import About, renamed_at_the_end, write_yaml
from detect.datasets.labelled import Corners
from detect.datasets.series import Taken, group_series
from detect.drawing import encode_jpeg
from detect.errors import UnreadablePhoto
from detect.photo import decode_photo, read_photo
from detect.training.dataset import IMAGE_SUFFIXES
from detect.training.errors import DatasetError
from detect.training.labels import Boxes, no_boxes, write_yolo
from detect.training.scenes import join
from detect.types import Image

GREY = 114
"""What letterboxing fills with: networks know it as "nothing here"."""
MARGIN = 0.25
LEAST_PART = 0.25
"""Of a confirmed box that reaches into a rejected one's surroundings, to count as shown there."""


@dataclass(frozen=True, slots=True)
class ReviewedBox:
    """One box in fractions: whether it shows the model's class ``label``."""

    label: str
    xyxy: Corners
    present: bool


@dataclass(frozen=True, slots=True)
class ReviewedPhoto:
    """One photo with what was said of it. Photos that share one of ``places`` stay together."""

    path: Path
    sha256: str
    taken: Taken
    places: tuple[str, ...]
    boxes: tuple[ReviewedBox, ...]


@dataclass(slots=True)
class Learned:
    """What came of the reviews."""

    photos: int = 0
    present: Counter[str] = field(default_factory=Counter)
    absent: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Written:
    file: str
    photo: int
    complete: tuple[str, ...]


def write_reviewed(photos: Sequence[ReviewedPhoto], about: About, out: Path) -> Learned:
    """Writes the set to ``out``, which must not exist, and says what came of the reviews.

    Raises DatasetError where nothing was reviewed.
    """
    if out.exists():
        raise DatasetError(f"{out} exists", mend="Remove it, or name another folder.")
    names = sorted({box.label for photo in photos for box in photo.boxes})
    if not names:
        raise DatasetError(
            "no review says anything about a class that a model knows",
            mend="Confirm or reject candidates in the console first.",
        )
    done = Learned()
    with renamed_at_the_end(out) as part:
        for folder in ("images", "labels"):
            (part / folder).mkdir()
        written = [w for n, p in enumerate(photos) for w in _write_photo(part, n, p, names, done)]
        if not written:
            raise DatasetError("none of the reviewed photos can be read any more")
        groups = _groups(photos)
        index = [{"file": w.file, "place": groups[w.photo]} for w in written]
        complete = {w.file: list(w.complete) for w in written if w.complete}
        _write_json(part / "index.json", index)
        _write_json(part / "complete.json", complete)
        write_yaml(part / "data.yaml", {"names": names})
        write_yaml(part / "dataset.yaml", _spec(about, names, written, done))
    return done


def _write_photo(
    part: Path, number: int, photo: ReviewedPhoto, names: Sequence[str], done: Learned
) -> Iterator[_Written]:
    try:
        data = photo.path.read_bytes()
        head = read_photo(data, photo.path.name, hints=None, now=datetime.now(UTC))
        image = decode_photo(data, head, min_side_px=None)
    except (OSError, UnreadablePhoto) as error:
        done.unreadable.append(f"{photo.path.name}: {error}")
        return
    done.photos += 1
    stem = photo.sha256[:16]
    shown = [box for box in photo.boxes if box.present]
    if shown:
        suffix = photo.path.suffix.lower()
        kept = suffix in IMAGE_SUFFIXES
        name = stem + (suffix if kept else ".jpg")
        (part / "images" / name).write_bytes(data if kept else encode_jpeg(image, 95))
        write_yolo(part / "labels" / f"{stem}.txt", _boxes(shown, names))
        done.present.update(box.label for box in shown)
        yield _Written(name, number, ())
    for n, box in enumerate(b for b in photo.boxes if not b.present):
        window = _window(box.xyxy, image)
        name = f"{stem}-not-{n}.jpg"
        (part / "images" / name).write_bytes(encode_jpeg(blinded(image, window), 95))
        inside = [
            ReviewedBox(other.label, cut, True)
            for other in shown
            if other.label == box.label and (cut := _cut(other.xyxy, window)) is not None
        ]
        write_yolo(part / "labels" / f"{stem}-not-{n}.txt", _boxes(inside, names))
        done.absent[box.label] += 1
        yield _Written(name, number, (box.label,))


def blinded(image: Image, window: Corners) -> Image:
    """The picture with all grey but the window (fractions): scale and place stay as they were."""
    height_px, width_px = image.shape[:2]
    x1, y1, x2, y2 = window
    left, right = int(x1 * width_px), max(int(x1 * width_px) + 1, round(x2 * width_px))
    top, bottom = int(y1 * height_px), max(int(y1 * height_px) + 1, round(y2 * height_px))
    seen = np.full_like(image, GREY)
    seen[top:bottom, left:right] = image[top:bottom, left:right]
    return seen


def _window(box: Corners, image: Image) -> Corners:
    height_px, width_px = image.shape[:2]
    x1, y1, x2, y2 = box
    margin_px = MARGIN * max((x2 - x1) * width_px, (y2 - y1) * height_px)
    dx, dy = margin_px / width_px, margin_px / height_px
    return max(0.0, x1 - dx), max(0.0, y1 - dy), min(1.0, x2 + dx), min(1.0, y2 + dy)


def _cut(box: Corners, window: Corners) -> Corners | None:
    x1, y1 = max(box[0], window[0]), max(box[1], window[1])
    x2, y2 = min(box[2], window[2]), min(box[3], window[3])
    whole = (box[2] - box[0]) * (box[3] - box[1])
    if x2 <= x1 or y2 <= y1 or (x2 - x1) * (y2 - y1) < LEAST_PART * whole:
        return None
    return x1, y1, x2, y2


def _boxes(boxes: Sequence[ReviewedBox], names: Sequence[str]) -> Boxes:
    if not boxes:
        return no_boxes()
    corners = np.array([box.xyxy for box in boxes], np.float64)
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    ids = np.array([names.index(box.label) for box in boxes], np.int64)
    return Boxes(ids, np.concatenate([middle, corners[:, 2:] - corners[:, :2]], axis=1))


def _groups(photos: Sequence[ReviewedPhoto]) -> list[str]:
    """A place a photo: near each other, taken in one go, or of one issue."""
    links = []
    for groups in (group_series([photo.taken for photo in photos]), *_by_place(photos)):
        first: dict[str, int] = {}
        for index, group in enumerate(groups):
            if group is not None:
                links.append((first.setdefault(group, index), index))
    return [f"place-{root}" for root in join(len(photos), links, [None] * len(photos))]


def _by_place(photos: Sequence[ReviewedPhoto]) -> list[list[str | None]]:
    """For each place that several photos may share: who has it."""
    every = sorted({place for photo in photos for place in photo.places})
    return [[place if place in photo.places else None for photo in photos] for place in every]


def _spec(
    about: About, names: Sequence[str], written: Sequence[_Written], done: Learned
) -> Mapping[str, object]:
    return {
        "id": about.id,
        "source": about.source,
        "licence": about.licence,
        "layout": "yolo",
        "names": list(names),
        "class_map": {name: name for name in names},
        "exhaustive": [],
        "per_picture": "complete.json",
        "group": {"index": "index.json", "key": "place", "pattern": "^(.+)$"},
        "use": "all",
        "counts": {"images": len(written), "boxes": dict(done.present)},
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
