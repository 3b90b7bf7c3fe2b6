"""What things standing together say: rules over a model that names people, umbrellas, wares, seats.

Pure functions from the things found in one picture to groups of them, each with a box and a score.
The numbers of a rule stand in its model's folder (``rule.yaml``), so that they are measured, signed
and replaced with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from detect.types import Detections

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that a model named in a picture."""

    name: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Group:
    """What a rule makes of things: the class it stands for, how sure, and the box around them."""

    name: str
    score: float
    box: Box


class SceneRule(Protocol):
    """A rule with its numbers: from the things in a picture to groups of them."""

    def groups(self, things: Sequence[Thing]) -> list[Group]:
        """What the rule makes of the things in one picture; the box of a group is in pixels."""
        ...


class StallRule(BaseModel):
    """An umbrella with people, wares or seats around it; wares in a heap; seats in company.

    ``alone``: what an umbrella counts for with nothing near; ``heap``: as many wares (their scores
    added) make a full heap; ``unattended``: what a heap counts for with nobody near; ``joins``: the
    score from which on a thing near widens the group's box.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alone: float = Field(default=0.4, ge=0, le=1)
    heap: float = Field(default=3, gt=0)
    unattended: float = Field(default=0.2, ge=0, le=1)
    joins: float = Field(default=0.25, ge=0, le=1)

    def groups(self, things: Sequence[Thing]) -> list[Group]:
        """Stalls and outdoor tables, one for each thing that could be the middle of one."""
        makers: Mapping[str, Callable[[Thing, list[Thing]], Group]] = {
            "umbrella": self._under,
            "wares": self._heap,
            "seats": self._company,
        }
        return [
            makers[thing.name](thing, [t for t in things if t is not thing and near(thing, t)])
            for thing in things
            if thing.name in makers
        ]

    def _under(self, umbrella: Thing, around: list[Thing]) -> Group:
        goods = [t for t in around if t.name in {"person", "wares", "seats"}]
        best = max((t.score for t in goods), default=0.0)
        score = umbrella.score * (self.alone + (1 - self.alone) * best)
        return Group("stall", score, self._around(umbrella, goods))

    def _heap(self, ware: Thing, around: list[Thing]) -> Group:
        heap = [ware, *(t for t in around if t.name == "wares")]
        people = [t for t in around if t.name == "person"]
        seller = max((t.score for t in people), default=self.unattended)
        score = seller * min(sum(t.score for t in heap) / self.heap, 1.0)
        return Group("stall", score, self._around(ware, heap))

    def _company(self, seat: Thing, around: list[Thing]) -> Group:
        others = [t for t in around if t.name == "seats"]
        score = seat.score * min(sum(t.score for t in others), 1.0)
        return Group("tables", score, self._around(seat, others))

    def _around(self, middle: Thing, others: Sequence[Thing]) -> Box:
        return union([middle.box, *(t.box for t in others if t.score >= self.joins)])


class ClutterRule(BaseModel):
    """Furniture, boards and cartons that nobody is using.

    ``counts``: which things stand for which class, and what their scores are multiplied by.
    A person who covers ``used`` or more of a piece uses it: it then counts the less, the surer the
    person is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    counts: Mapping[str, Mapping[str, float]] = Field(
        default_factory=lambda: {"furniture": {"furniture": 1.0}, "goods": {"goods": 1.0}}
    )
    used: float = Field(default=0.25, gt=0, le=1)

    def groups(self, things: Sequence[Thing]) -> list[Group]:
        """Pieces, one for each thing that stands for a class."""
        people = [t for t in things if t.name == "person"]
        return [
            Group(name, thing.score * share * (1 - self._use(thing, people)), thing.box)
            for name, pieces in self.counts.items()
            for thing in things
            if (share := pieces.get(thing.name, 0.0)) > 0
        ]

    def _use(self, piece: Thing, people: Sequence[Thing]) -> float:
        users = (p.score for p in people if covered(piece.box, p.box) >= self.used)
        return max(users, default=0.0)


RULES: Mapping[str, type[StallRule] | type[ClutterRule]] = MappingProxyType(
    {"stall": StallRule, "clutter": ClutterRule}
)
"""The rules that a card may name."""


def things_in(found: Detections) -> list[Thing]:
    """A model's findings as things, in its order."""
    return [
        Thing(found.names[class_id], float(score), (box[0], box[1], box[2], box[3]))
        for class_id, score, box in zip(
            found.class_id, found.score, found.xyxy.tolist(), strict=True
        )
    ]


def near(thing: Thing, other: Thing) -> bool:
    """Whether the other's middle lies in the thing's box, grown by its width, and more below."""
    x1, y1, x2, y2 = thing.box
    wide, high = x2 - x1, y2 - y1
    x, y = (other.box[0] + other.box[2]) / 2, (other.box[1] + other.box[3]) / 2
    return x1 - wide <= x <= x2 + wide and y1 - high <= y <= y2 + 2 * high + wide


def union(boxes: Sequence[Box]) -> Box:
    """The smallest box around all."""
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return min(x1), min(y1), max(x2), max(y2)


def covered(box: Box, by: Box) -> float:
    """The share of a box that another covers, 0..1; 0 for a box without area."""
    wide = min(box[2], by[2]) - max(box[0], by[0])
    high = min(box[3], by[3]) - max(box[1], by[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(wide, 0.0) * max(high, 0.0) / area if area > 0 else 0.0
