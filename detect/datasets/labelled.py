"""What every label format says, in one shape: a picture's name, its size as stated, its boxes.

Readers give ``LabelledSet``s without opening a picture; ``importing.py`` looks at the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detect.training.errors import DatasetError

Corners = tuple[float, float, float, float]
"""x1, y1, x2, y2."""


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """One box; ``xyxy`` are fractions of the picture, or pixels where ``in_px``."""

    label: str
    xyxy: Corners
    in_px: bool = False


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture as a label file names it. ``size_px`` (width, height) as stated, None if it isn't.

    ``path`` where the format itself fixes the file; else it is looked for by ``name``. ``where``
    is the label file, for messages.
    """

    name: str
    boxes: tuple[LabelledBox, ...]
    where: str
    size_px: tuple[int, int] | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Pictures that somebody looked at. ``names``: all classes, in order.

    ``skipped``: shapes that are no areas (points, lines). ``unlabelled``: pictures of which the
    format says that nobody has labelled them yet.
    """

    format: str
    names: tuple[str, ...]
    pictures: tuple[LabelledPicture, ...]
    skipped: int = 0
    unlabelled: int = 0

    def __post_init__(self) -> None:
        if not self.pictures:
            raise DatasetError(
                f"the {self.format} labels name no labelled picture ({self.unlabelled} unlabelled)",
                mend="Export the labels again, after labelling; an empty set teaches nothing.",
            )


def around(points: list[tuple[float, float]], where: str) -> Corners:
    """The box around a shape's points. Raises DatasetError for fewer than two."""
    if len(points) < 2:
        raise DatasetError(f"{where}: a shape needs two points or more, got {len(points)}")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def number(value: object, where: str) -> float:
    """The value as a finite number. Raises DatasetError."""
    try:
        found = float(str(value))
    except ValueError:
        raise DatasetError(f"{where}: expected a number, got {value!r}") from None
    if found != found or found in (float("inf"), float("-inf")):
        raise DatasetError(f"{where}: the number is not finite: {value!r}")
    return found


def seen_names(pictures: list[LabelledPicture]) -> tuple[str, ...]:
    """The classes that the boxes name, sorted: for formats that list none."""
    return tuple(sorted({box.label for picture in pictures for box in picture.boxes}))
