"""A store with the sample patrol's second visit, and an engine that knows the truth of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from detect.engines import open_engine
from detect.types import Detections, Engine, Image
from issues.verify.photographs import Before, Evidence, Picture, open_picture

PATROL = Path(__file__).parents[3] / "samples" / "patrol"
FIRST, SECOND = "2026-11-02", "2026-11-09"
NOW = datetime(2026, 11, 10, tzinfo=UTC)
TRUTH = {
    photo["file"]: photo
    for photo in json.loads((PATROL / "truth.json").read_text("utf-8"))["photos"]
}


def bytes_of(name: str, day: str) -> bytes:
    return (PATROL / day / f"{name}.jpg").read_bytes()


def picture(name: str, day: str, *, now: datetime = NOW) -> Picture:
    return open_picture(bytes_of(name, day), f"{name}.jpg", now=now)


def truth(name: str, day: str) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Categories and normalised boxes of what is really in a photo."""
    photo = TRUTH[f"{day}/{name}.jpg"]
    wide, high = photo["width_px"], photo["height_px"]
    return [
        (one["category"], tuple(np.clip(np.array(one["box_px"]) / [wide, high, wide, high], 0, 1)))
        for one in photo["findings"]
    ]


@dataclass(frozen=True)
class Blind:
    """The real engine, blind to every problem; it still sees what is movable, such as bins."""

    real: Engine

    @property
    def model(self) -> object:
        return self.real.model

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        context = [k for k, one in enumerate(self.real.model.classes) if one.category is None]
        return [found[np.isin(found.class_id, context)] for found in self.real.detect(images)]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    return open_engine(None)


@pytest.fixture(scope="session")
def blind(engine: Engine) -> Blind:
    return Blind(engine)


def evidence(name: str, day: str = FIRST, category: str = "litter.pile") -> Evidence:
    """What is known of a problem from one photo, with the true boxes."""
    shown = picture(name, day)
    found = truth(name, day)
    boxes = tuple(box for code, box in found if code == category) or tuple(b for _, b in found)
    return Evidence(
        category=category,
        categories=frozenset({"litter.pile", "litter.bagged", "litter.scattered", category}),
        place=shown.photo.location,
        last_seen=shown.photo.taken_at,
        reach_m=15.0,
        before=(Before(shown, boxes or ((0.3, 0.4, 0.7, 0.8),)),),
    )
