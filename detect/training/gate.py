"""What an evaluation must reach: `litter.ap50=0.6`, `mean.ap50=0.8`, `clean.candidates_per_100=5`.

Every figure is a least, but `clean.candidates_per_100`, which is a most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detect.training.errors import DatasetError
from detect.training.measure import MEAN

FIGURES = ("ap50", "ap", "precision", "recall", "f1", "image_precision", "image_recall")
CLEAN, PER_100 = "clean", "candidates_per_100"
_LEAST = re.compile(rf"^([a-z_]+)\.({'|'.join(FIGURES)})=(0?\.\d+|1(?:\.0*)?|0)$")
_MOST = re.compile(rf"^({CLEAN})\.({PER_100})=(\d+(?:\.\d*)?|\.\d+)$")


@dataclass(frozen=True)
class Requirement:
    """A figure and its bound; the class "mean" is of the means, "clean" of clean pictures."""

    name: str
    figure: str
    bound: float


def parse_requirement(text: str) -> Requirement:
    """The requirement in `class.figure=value`. Raises DatasetError with an example."""
    match = _LEAST.match(text) or _MOST.match(text)
    if match is None:
        raise DatasetError(
            f"can't read the requirement '{text}'",
            mend="Write class.figure=value, such as litter.ap50=0.6; "
            f"figures are {', '.join(FIGURES)}, and {CLEAN}.{PER_100} as a most.",
        )
    return Requirement(match.group(1), match.group(2), float(match.group(3)))


def missed(report: Mapping[str, Any], requirements: Sequence[Requirement]) -> list[str]:
    """A sentence for each requirement that the report does not reach.

    Raises DatasetError where a class was not measured.
    """
    sentences = []
    for need in requirements:
        row = _row(report, need)
        value = None if row is None else row.get(need.figure)
        if value is None:
            known = ", ".join([*report["classes"], MEAN, CLEAN])
            raise DatasetError(
                f"'{need.name}.{need.figure}' was not measured", mend=f"Name one of {known}."
            )
        if need.name == CLEAN and value > need.bound:
            sentences.append(f"{CLEAN}.{PER_100} is {value:.1f}, above {need.bound:g}")
        elif need.name != CLEAN and value < need.bound:
            sentences.append(f"{need.name}.{need.figure} is {value:.3f}, below {need.bound:g}")
    return sentences


def _row(report: Mapping[str, Any], need: Requirement) -> Mapping[str, Any] | None:
    if need.name in (MEAN, CLEAN):
        return report.get(need.name)
    row: Mapping[str, Any] | None = report["classes"].get(need.name)
    return row
