"""The label formats that can be read, and which of them a folder or file is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from detect.datasets import coco, cvat, label_studio, labelme, voc, yolo
from detect.datasets.labelled import LabelledSet
from detect.training.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Format:
    """How a format is told and read."""

    recognise: Callable[[Path], bool]
    read: Callable[[Path], LabelledSet]


FORMATS: dict[str, Format] = {
    module.NAME: Format(module.recognise, module.read)
    for module in (coco, cvat, label_studio, voc, labelme, yolo)
}


def read_labels(source: Path, name: str = "auto") -> LabelledSet:
    """The labels in ``source``. Raises DatasetError where no format fits, or several do."""
    if not source.exists():
        raise DatasetError(f"{source}: is not there", mend="Name the folder or file of labels.")
    if name == "auto":
        name = _guess(source)
    if name not in FORMATS:
        raise DatasetError(f"no format '{name}'; known are auto, {', '.join(FORMATS)}")
    return FORMATS[name].read(source)


def _guess(source: Path) -> str:
    found = [name for name, module in FORMATS.items() if module.recognise(source)]
    if not found:
        raise DatasetError(
            f"{source}: in none of the formats {', '.join(FORMATS)}",
            mend="Name the folder that the labelling tool exported, or the format with --format.",
        )
    if len(found) > 1:
        raise DatasetError(
            f"{source}: label formats are mixed: {', '.join(found)}",
            mend="Say which one counts with --format, or import each folder by itself.",
        )
    return found[0]
