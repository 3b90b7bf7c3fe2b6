"""YOLO: a text file a picture, `class cx cy w h` (or a polygon) in fractions; names in data.yaml.

Known layouts: ``images/`` beside ``labels/``, with or without folders for splits under them or
above them, and text files right beside their pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from detect.datasets.labelled import (
    Corners,
    LabelledBox,
    LabelledPicture,
    LabelledSet,
    around,
    number,
)
from detect.training.dataset import IMAGE_SUFFIXES
from detect.training.errors import DatasetError

NAME = "yolo"


def recognise(source: Path) -> bool:
    """Whether ``source`` is a folder in which a picture has a text file of labels."""
    if not source.is_dir():
        return False
    if (source / "data.yaml").is_file() or (source / "labels").is_dir():
        return True
    pictures = (p for p in source.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    return any(p.with_suffix(".txt").is_file() for p in pictures)


def read(source: Path) -> LabelledSet:
    """The set in a folder. Raises DatasetError naming file and line."""
    names = _names(source)
    found = sorted(p for p in source.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    pictures, unlabelled = [], 0
    for path in found:
        label = _label_of(path)
        if label is None:
            unlabelled += 1
            continue
        boxes = tuple(_boxes(label, names))
        name = path.relative_to(source).as_posix()
        pictures.append(LabelledPicture(name, boxes, str(label), path=path))
    if not found:
        raise DatasetError(f"{source}: holds no picture", mend="Name the folder above images/.")
    return LabelledSet(NAME, names, tuple(pictures), unlabelled=unlabelled)


def _names(source: Path) -> tuple[str, ...]:
    for name in ("data.yaml", "data.yml"):
        if (source / name).is_file():
            return _yaml_names(source / name)
    for folder in (source, source / "labels"):
        path = folder / "classes.txt"
        if path.is_file():
            return tuple(line.strip() for line in path.read_text("utf-8-sig").splitlines() if line)
    raise DatasetError(
        f"{source}: nothing says what the class numbers mean",
        mend="Put data.yaml with 'names: [first, second]' or classes.txt there.",
    )


def _yaml_names(path: Path) -> tuple[str, ...]:
    try:
        raw: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DatasetError(f"{path}: can't be read as YAML ({error})") from error
    names = raw.get("names") if isinstance(raw, dict) else None
    if isinstance(names, dict):
        if sorted(names) != list(range(len(names))):
            raise DatasetError(f"{path}: 'names' must count 0, 1, 2 …, got {sorted(names)[:8]}")
        names = [names[key] for key in sorted(names)]
    if not isinstance(names, list) or not names:
        raise DatasetError(f"{path}: 'names' must list the classes")
    return tuple(str(name) for name in names)


def _label_of(picture: Path) -> Path | None:
    parts = list(picture.with_suffix(".txt").parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            other = Path(*parts[:index], "labels", *parts[index + 1 :])
            return other if other.is_file() else None
    beside = picture.with_suffix(".txt")
    return beside if beside.is_file() else None


def _boxes(path: Path, names: tuple[str, ...]) -> list[LabelledBox]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: can't be read as a label file ({error})") from error
    return [
        _box(line.split(), f"{path}:{n}", names)
        for n, line in enumerate(lines, start=1)
        if line.strip()
    ]


def _box(parts: list[str], where: str, names: tuple[str, ...]) -> LabelledBox:
    if len(parts) != 5 and (len(parts) < 7 or len(parts) % 2 == 0):
        hint = ": predictions with a score, not labels" if len(parts) == 6 else ""
        raise DatasetError(f"{where}: expected 'class cx cy w h', got {len(parts)} values{hint}")
    values = [number(part, where) for part in parts]
    if values[0] != int(values[0]) or not 0 <= values[0] < len(names):
        raise DatasetError(
            f"{where}: class {values[0]:g} is not one of 0..{len(names) - 1}",
            mend="Name it in data.yaml's 'names', or mend the label.",
        )
    return LabelledBox(names[int(values[0])], _corners(values[1:], where))


def _corners(values: list[float], where: str) -> Corners:
    if max(values) > 2:
        raise DatasetError(
            f"{where}: {' '.join(f'{v:g}' for v in values[:4])} look like pixels where fractions "
            "of the picture are due",
            mend="Divide by the picture's width and height.",
        )
    if len(values) > 4:
        return around(list(zip(values[::2], values[1::2], strict=True)), where)
    cx, cy, w, h = values
    return cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
