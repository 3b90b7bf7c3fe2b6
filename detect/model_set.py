"""Several models that look at the same photos: one model to everybody who asks.

A set's id and version are its members' joined by ``+``: ``street+stall``, ``1+1``. They tell apart
what was looked at by which set, so that a run can be resumed, and a photo is looked at again when
a member is added or replaced. Findings carry the id and version of the member that made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detect.errors import ModelError
from detect.model_folder import JOINT
from detect.types import Detections, Model, ModelClass


@dataclass(frozen=True)
class MemberClass:
    """One class of a member; ``name`` is the member's, with ``model:`` where two have the same."""

    name: str
    category: str | None
    threshold: float
    experimental: bool
    model_id: str
    model_version: str


class ModelSet:
    """The members as one ``Model``: their classes one after another, in the members' order."""

    def __init__(self, members: Sequence[Model]) -> None:
        """Raises ModelError where a model stands twice, or two members find the same category."""
        self.members = tuple(members)
        _refuse_twice(self.members)
        taken = [row.name for member in self.members for row in member.classes]
        self.classes: tuple[MemberClass, ...] = tuple(
            _class_of(member, row, clash=taken.count(row.name) > 1)
            for member in self.members
            for row in member.classes
        )
        counts = (len(member.classes) for member in self.members)
        self.first = tuple(accumulate(counts, initial=0))[:-1]

    @property
    def id(self) -> str:
        return JOINT.join(member.id for member in self.members)

    @property
    def version(self) -> str:
        return JOINT.join(member.version for member in self.members)

    @property
    def input_px(self) -> int:
        """The largest of the members'."""
        return max(member.input_px for member in self.members)

    def merge(self, found: Sequence[Detections]) -> Detections:
        """One Detections from one of each member (in the pixels of one picture), best first.

        Boxes of different members never suppress each other: they say different things.
        """
        if len(found) != len(self.members):
            raise ValueError(f"{len(self.members)} members, got {len(found)} Detections")
        score = np.concatenate([part.score for part in found])
        order = np.argsort(-score, kind="stable")
        moved: list[NDArray[np.int32]] = [
            (part.class_id + first).astype(np.int32)
            for part, first in zip(found, self.first, strict=True)
        ]
        return Detections.of(
            np.concatenate([part.xyxy for part in found])[order],
            score[order],
            np.concatenate(moved)[order],
            tuple(row.name for row in self.classes),
        ).seen_twice(_second(found, order))


def speaker(model: Model, class_id: int) -> tuple[str, str]:
    """Id and version of the model that a class belongs to."""
    if isinstance(model, ModelSet):
        row = model.classes[class_id]
        return row.model_id, row.model_version
    return model.id, model.version


def _second(found: Sequence[Detections], order: NDArray[np.intp]) -> NDArray[np.float32] | None:
    """The members' second scores in one order; None where no member takes a second look."""
    if all(part.second is None for part in found):
        return None
    rows = [np.full(len(p), np.nan, np.float32) if p.second is None else p.second for p in found]
    return np.concatenate(rows)[order]


def names_in(text: str | Path | None) -> list[str | Path | None]:
    """The models that ``street+stall`` names; a folder whose own name holds a + is one model.

    >>> names_in("street+stall"), names_in(None)
    (['street', 'stall'], [None])
    """
    if not isinstance(text, str) or JOINT not in text or Path(text).exists():
        return [text]
    return [part.strip() for part in text.split(JOINT) if part.strip()]


def _class_of(member: Model, row: ModelClass, *, clash: bool) -> MemberClass:
    name = f"{member.id}:{row.name}" if clash else row.name
    return MemberClass(
        name, row.category, row.threshold, row.experimental, member.id, member.version
    )


def _refuse_twice(members: Sequence[Model]) -> None:
    owner: dict[str, str] = {}
    for number, member in enumerate(members):
        if member.id in {other.id for other in members[:number]}:
            raise ModelError(
                f"the model {member.id} is named twice",
                code="models_overlap",
                mend="Name each model once.",
            )
        for category in {row.category for row in member.classes if row.category is not None}:
            if category in owner:
                raise ModelError(
                    f"the models {owner[category]} and {member.id} both find {category}",
                    code="models_overlap",
                    mend="Run one of them: each category needs one model that speaks for it.",
                )
            owner[category] = member.id
