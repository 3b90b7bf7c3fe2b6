"""Brings a foreign set into the project's layout: pictures, YOLO labels, dataset.yaml, index.json.

Nothing is half-written: all goes to a folder beside the target, which is renamed at the end.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
import yaml

from detect.datasets.class_map import ClassMap, require_all
from detect.datasets.labelled import Corners, LabelledBox, LabelledPicture, LabelledSet
from detect.datasets.picture_finder import PictureFinder
from detect.datasets.series import group_series, taken
from detect.datasets.soundness import upright_size_px
from detect.training.errors import DatasetError
from detect.training.labels import FRACTION_SLACK, Boxes, no_boxes, write_yolo

Outside = Literal["clip", "drop", "refuse"]
ASPECT_SLACK = 0.02
MUCH_LARGER = 4.0
"""A box reaching this many times beyond its picture is no slip of the mouse: wrong units."""


@dataclass(frozen=True, slots=True)
class About:
    """What a data set's YAML says of it that no label format knows."""

    id: str
    source: str
    licence: str


@dataclass(slots=True)
class Imported:
    """What an import did. ``clipped``, ``dropped``: boxes that reached over the edge."""

    format: str
    pictures: int = 0
    boxes: Counter[str] = field(default_factory=Counter)
    clean: int = 0
    clipped: int = 0
    dropped: int = 0
    skipped_shapes: int = 0
    unlabelled: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A picture that was found whole, with its boxes in fractions within it."""

    file: str
    path: Path
    came_as: str
    boxes: Boxes


def import_set(
    labels: LabelledSet,
    class_map: ClassMap,
    about: About,
    finder: PictureFinder,
    out: Path,
    *,
    outside: Outside = "clip",
    skip_broken: bool = False,
) -> Imported:
    """Writes the set to ``out``, which must not exist, and says what became of it.

    Raises DatasetError: a class the map misses, pictures that are missing or damaged (unless
    ``skip_broken``), boxes in wrong units, boxes outside with ``outside`` "refuse", nothing left.
    """
    if out.exists():
        raise DatasetError(f"{out} exists", mend="Remove it, or name another folder.")
    require_all(class_map, labels.names)
    done = Imported(labels.format, skipped_shapes=labels.skipped, unlabelled=labels.unlabelled)
    ready = _ready(labels, finder, outside, done)
    if done.broken and not skip_broken:
        raise DatasetError(
            f"{len(done.broken)} pictures can't be used; the first: " + "; ".join(done.broken[:5]),
            mend="Mend them, or leave them out with --skip-broken.",
        )
    if not ready:
        raise DatasetError("no picture of the set can be used", mend="See what is broken above.")
    with renamed_at_the_end(out) as part:
        _write(part, ready, labels.names, class_map, about)
    return done


@contextmanager
def renamed_at_the_end(out: Path) -> Iterator[Path]:
    """A folder beside ``out`` to write to; it becomes ``out``, or vanishes where the block raises.

    Raises DatasetError where the disk doesn't take it.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise DatasetError(f"{out}: can't be written ({error.strerror})") from error
    try:
        yield part
        part.chmod(0o755)
        part.rename(out)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise DatasetError(
            f"{out}: can't be written ({error.strerror or error}); nothing was left behind",
            mend="Free some room, or name a folder on another disk.",
        ) from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _ready(
    labels: LabelledSet, finder: PictureFinder, outside: Outside, done: Imported
) -> list[_Ready]:
    ready: list[_Ready] = []
    taken_names: set[str] = set()
    for picture in labels.pictures:
        found = finder.find(picture)
        if isinstance(found, str):
            done.broken.append(found)
            continue
        try:
            size_px = upright_size_px(found)
            boxes = _fit(picture, size_px, labels.names, outside, done)
        except DatasetError as error:
            done.broken.append(error.message)
            continue
        name = _free_name(PurePosixPath(found.as_posix()).name, taken_names)
        ready.append(_Ready(name, found, picture.name, boxes))
        done.pictures += 1
        done.clean += not len(boxes)
        done.boxes.update(labels.names[int(c)] for c in boxes.class_id)
    return ready


def _free_name(name: str, in_use: set[str]) -> str:
    """The name, or the name with a number: labels go by the name without its ending."""
    path, stem, n = PurePosixPath(name), PurePosixPath(name).stem, 1
    while stem.lower() in in_use:
        n += 1
        stem = f"{path.stem}-{n}"
    in_use.add(stem.lower())
    return stem + path.suffix.lower()


def _fit(
    picture: LabelledPicture,
    size_px: tuple[int, int],
    names: Sequence[str],
    outside: Outside,
    done: Imported,
) -> Boxes:
    stated = picture.size_px or size_px
    if abs(stated[0] / stated[1] / (size_px[0] / size_px[1]) - 1) > ASPECT_SLACK:
        raise DatasetError(
            f"{picture.where}: states {stated[0]}×{stated[1]} px, {picture.name} has "
            f"{size_px[0]}×{size_px[1]} (turned after labelling?)"
        )
    rows, ids = [], []
    for box in picture.boxes:
        corners = _within(_fractions(box, stated), picture, outside, done)
        if corners is not None:
            x1, y1, x2, y2 = corners
            rows.append([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1])
            ids.append(names.index(box.label))
    if not rows:
        return no_boxes()
    return Boxes(np.array(ids, np.int64), np.array(rows, np.float64))


def _fractions(box: LabelledBox, size_px: tuple[int, int]) -> Corners:
    if not box.in_px:
        return box.xyxy
    (width, height), (x1, y1, x2, y2) = size_px, box.xyxy
    return x1 / width, y1 / height, x2 / width, y2 / height


def _within(
    corners: Corners, picture: LabelledPicture, outside: Outside, done: Imported
) -> Corners | None:
    """The part of a box within the picture; None where nothing is left or it is dropped."""
    if max(corners) > MUCH_LARGER or min(corners) < 1 - MUCH_LARGER:
        raise DatasetError(
            f"{picture.where}: a box of {picture.name} reaches to {max(corners):.3g} times its "
            "side: pixels where fractions are due, or labels of another picture size"
        )
    x1, y1, x2, y2 = (min(1.0, max(0.0, v)) for v in corners)
    over = max(-min(corners), max(corners) - 1)
    if over > FRACTION_SLACK and outside == "refuse":
        raise DatasetError(
            f"{picture.where}: a box of {picture.name} lies outside by {over:.0%} of its side"
        )
    if x2 - x1 <= 1e-6 or y2 - y1 <= 1e-6 or (over > FRACTION_SLACK and outside == "drop"):
        done.dropped += 1
        return None
    done.clipped += over > 1e-6
    return x1, y1, x2, y2


def _write(
    part: Path,
    ready: Sequence[_Ready],
    names: Sequence[str],
    class_map: ClassMap,
    about: About,
) -> None:
    for folder in ("images", "labels"):
        (part / folder).mkdir()
    digest, rows = hashlib.sha256(), []
    groups = group_series([taken(r.path) for r in ready])
    for item, group in sorted(zip(ready, groups, strict=True), key=lambda pair: pair[0].file):
        target = part / "images" / item.file
        shutil.copyfile(item.path, target)
        label = part / "labels" / f"{target.stem}.txt"
        write_yolo(label, item.boxes)
        sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
        digest.update(f"{item.file} {sha256}\n".encode() + label.read_bytes())
        row = {"file": item.file, "came_as": item.came_as, "sha256": sha256}
        rows.append(row | ({"series": group} if group else {}))
    text = json.dumps(rows, ensure_ascii=False, indent=0)
    (part / "index.json").write_text(text + "\n", encoding="utf-8")
    write_yaml(part / "data.yaml", {"names": list(names)})
    count = Counter(names[int(c)] for item in ready for c in item.boxes.class_id)
    spec: dict[str, object] = {
        "id": about.id,
        "source": about.source,
        "licence": about.licence,
        "layout": "yolo",
        "names": list(names),
        "class_map": {name: class_map.targets[name] for name in names},
        "exhaustive": sorted(class_map.complete),
        "use": "all",
        "counts": {"images": len(ready), "boxes": dict(count)},
        "sha256": digest.hexdigest(),
    }
    if any(groups):
        spec["group"] = {"index": "index.json", "key": "series", "pattern": "^(.+)$"}
    write_yaml(part / "dataset.yaml", spec)


def write_yaml(path: Path, value: Mapping[str, object]) -> None:
    """Writes a mapping as YAML, keys in the order given, Chinese as it is."""
    text = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=110)
    path.write_text(text, encoding="utf-8")
