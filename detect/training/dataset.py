"""A data set's YAML (`datasets/*.yaml`) and the samples it describes.

Sets label different things. `exhaustive` names the classes of which a set boxes every instance:
only for those does an unboxed region teach "absent". Boxes of other classes still teach "present".
`per_picture` names a JSON file in the set's folder that adds such classes for single pictures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from detect.training.errors import DatasetError
from detect.training.labels import Boxes, no_boxes, read_yolo

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
USES = ("all", "train")
LAYOUTS = ("yolo", "textures")


@dataclass(frozen=True)
class AbsentRule:
    """Pictures whose boxes are only of `when_only` show none of `classes` (seen by eye, stated)."""

    when_only: frozenset[str]
    classes: frozenset[str]


@dataclass(frozen=True)
class GroupRule:
    """Pictures share a scene when `pattern` takes the same text from their entry's `key`."""

    index: str
    key: str
    pattern: str


@dataclass(frozen=True)
class DatasetSpec:
    """What `datasets/<id>.yaml` says about one data set."""

    id: str
    source: str
    licence: str
    layout: str
    names: tuple[str, ...]
    class_map: Mapping[str, str | None]
    exhaustive: frozenset[str]
    absent: tuple[AbsentRule, ...] = ()
    use: str = "all"
    group: GroupRule | None = None
    train_only: str | None = None
    per_picture: str | None = None
    images: int | None = None
    boxes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """One picture with the model's boxes, before splitting. `exhaustive` as in the module text."""

    dataset: str
    image: Path
    boxes: Boxes
    exhaustive: frozenset[str]
    use: str
    group: str | None = None


def read_spec(path: Path) -> DatasetSpec:
    """The data set that a YAML file describes. Raises DatasetError naming the key at fault."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DatasetError(f"{path}: can't be read as YAML ({error})") from error
    if not isinstance(raw, dict):
        raise DatasetError(f"{path}: expected a mapping, got {type(raw).__name__}")
    for key in ("id", "source", "licence", "names", "class_map", "exhaustive"):
        if key not in raw:
            raise DatasetError(f"{path}: the key '{key}' is missing")
    spec = _spec_from(raw)
    _check_spec(spec, path)
    return spec


def read_samples(spec: DatasetSpec, folder: Path, classes: Sequence[str]) -> list[Sample]:
    """Every picture of a YOLO-layout data set in `folder`, labels mapped to `classes`.

    Raises DatasetError where the folder, a label or a class is missing, or nothing is left.
    """
    reader = SampleReader(spec, folder, classes)
    return [reader.read(image) for image in reader.files]


class SampleReader:
    """Reads a data set picture by picture. ``files`` are its pictures, sorted by name.

    Raises DatasetError as `read_samples` does, for what concerns the whole set.
    """

    def __init__(self, spec: DatasetSpec, folder: Path, classes: Sequence[str]) -> None:
        self._spec, self._folder, self._classes = spec, folder, frozenset(classes)
        self._targets = _target_ids(spec, classes)
        found = (folder / "images").glob("*")
        self.files = sorted(p for p in found if p.suffix.lower() in IMAGE_SUFFIXES)
        if not self.files:
            raise DatasetError(f"{spec.id}: no pictures in {folder / 'images'}")
        self._groups = read_groups(spec, folder)
        marked = _read_marked(folder / spec.train_only) if spec.train_only else frozenset()
        self._marked = marked
        self._complete = _read_complete(folder / spec.per_picture) if spec.per_picture else {}

    def read(self, image: Path) -> Sample:
        """One of the pictures with its boxes. Raises DatasetError for a missing or wrong label."""
        spec = self._spec
        label = self._folder / "labels" / f"{image.stem}.txt"
        if not label.exists():
            raise DatasetError(
                f"{spec.id}: {image.name} has no {label.name}; a picture without objects "
                "needs an empty label file, so that 'clean' and 'not labelled' differ"
            )
        own = read_yolo(label, len(spec.names))
        complete = (
            spec.exhaustive | _absent(spec, own) | self._complete.get(image.name, frozenset())
        )
        return Sample(
            dataset=spec.id,
            image=image,
            boxes=map_boxes(own, self._targets),
            exhaustive=frozenset(complete) & self._classes,
            use="train" if image.name in self._marked else spec.use,
            group=self._groups.get(image.name),
        )


def texture_sample(spec: DatasetSpec, image: Path, classes: Sequence[str]) -> Sample:
    """A picture of clean ground: no boxes, and every class is truly absent."""
    return Sample(spec.id, image, no_boxes(), frozenset(classes), "train")


def map_boxes(boxes: Boxes, targets: Mapping[int, int]) -> Boxes:
    """The boxes whose class has a target, with the target's class id."""
    keep = np.array([int(c) in targets for c in boxes.class_id], bool)
    ids = np.array([targets[int(c)] for c in boxes.class_id[keep]], np.int64)
    return Boxes(ids, boxes.xywh[keep])


def read_groups(spec: DatasetSpec, folder: Path) -> dict[str, str]:
    """File name → group text, by the set's group rule; empty without one."""
    if spec.group is None:
        return {}
    path = folder / spec.group.index
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{spec.id}: the group index {path} can't be read ({error})") from error
    groups = {}
    for row in rows:
        match = re.search(spec.group.pattern, str(row.get(spec.group.key, "")))
        if match is None:
            raise DatasetError(f"{path}: {row.get('file')} does not match {spec.group.pattern!r}")
        groups[str(row["file"])] = match.group(1)
    return groups


def _read_marked(path: Path) -> frozenset[str]:
    try:
        return frozenset(str(row["file"]) for row in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: can't be read as a list of files ({error})") from error


def _read_complete(path: Path) -> dict[str, frozenset[str]]:
    """File name → classes of which that picture's boxes are complete, beyond the whole set's."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): frozenset(classes) for name, classes in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path}: can't be read as 'picture: [classes]' ({error})") from error


def _absent(spec: DatasetSpec, own: Boxes) -> frozenset[str]:
    shown = {spec.names[int(c)] for c in own.class_id}
    rules = (rule.classes for rule in spec.absent if shown <= rule.when_only)
    return frozenset().union(*rules)


def _target_ids(spec: DatasetSpec, classes: Sequence[str]) -> dict[int, int]:
    targets = {}
    for own_id, name in enumerate(spec.names):
        target = spec.class_map[name]
        if target is None:
            continue
        if target not in classes:
            raise DatasetError(
                f"{spec.id}: class_map sends '{name}' to '{target}', "
                f"which is not a class of the model ({', '.join(classes)})"
            )
        targets[own_id] = classes.index(target)
    return targets


def _spec_from(raw: Mapping[str, Any]) -> DatasetSpec:
    group = raw.get("group")
    counts = raw.get("counts") or {}
    return DatasetSpec(
        id=str(raw["id"]),
        source=str(raw["source"]),
        licence=str(raw["licence"]),
        layout=str(raw.get("layout", "yolo")),
        names=tuple(raw["names"] or ()),
        class_map=dict(raw["class_map"] or {}),
        exhaustive=frozenset(raw["exhaustive"] or ()),
        absent=tuple(
            AbsentRule(frozenset(rule["when_only"]), frozenset(rule["classes"]))
            for rule in raw.get("absent") or ()
        ),
        use=str(raw.get("use", "all")),
        group=GroupRule(**group) if group else None,
        train_only=raw.get("train_only"),
        per_picture=raw.get("per_picture"),
        images=counts.get("images"),
        boxes=counts.get("boxes") or {},
    )


def _check_spec(spec: DatasetSpec, path: Path) -> None:
    if missing := [name for name in spec.names if name not in spec.class_map]:
        raise DatasetError(
            f"{path}: class_map misses {', '.join(missing)}; map each to a model class or to null"
        )
    if unknown := [name for name in spec.class_map if name not in spec.names]:
        raise DatasetError(f"{path}: class_map names {', '.join(unknown)}, not listed in 'names'")
    if spec.use not in USES:
        raise DatasetError(f"{path}: use must be one of {', '.join(USES)}, got '{spec.use}'")
    if spec.layout not in LAYOUTS:
        raise DatasetError(f"{path}: layout must be one of {', '.join(LAYOUTS)}")
