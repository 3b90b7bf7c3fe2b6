"""Several engines as one: every picture is decoded once and seen by each model in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from detect.engines.rule import RuleEngine
from detect.model_set import ModelSet
from detect.tiling import TileMode, TilePlan, detect_tiled, tile_plan
from detect.types import Detections, Engine, Image

if TYPE_CHECKING:
    from detect.engines.second_look import SecondLook


class SeveralEngines:
    """Runs the members one after another in the caller's thread. As safe as its members."""

    def __init__(self, members: Sequence[Engine]) -> None:
        self.members = tuple(members)
        self._set = ModelSet([member.model for member in self.members])

    @property
    def model(self) -> ModelSet:
        """The members' models as one."""
        return self._set

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """One Detections an image, in order, in the image's own pixels; raises ModelError."""
        return [self._set.merge(rows) for rows in self._asked(lambda m: m.detect(images), images)]

    def look(self, image: Image, size_px: tuple[int, int], tiles: TileMode) -> Detections:
        """What the members find in one photo: see the function ``look``."""
        (rows,) = self._asked(lambda member: [look(member, image, size_px, tiles)], [image])
        return self._set.merge(rows)

    def _asked(
        self, ask: Callable[[Engine], list[Detections]], images: Sequence[Image]
    ) -> list[tuple[Detections, ...]]:
        """Every member's answers, a picture a row; a network that several rules read runs once."""
        known: dict[int, list[Detections]] = {}
        columns = []
        for member in self.members:
            network = member.things if isinstance(member, RuleEngine) else member
            if id(network) not in known:
                known[id(network)] = ask(network)
            answers = known[id(network)]
            if isinstance(member, RuleEngine):
                answers = [member.read(a, image) for a, image in zip(answers, images, strict=True)]
            columns.append(answers)
        return list(zip(*columns, strict=True))

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Has every member compile its network for pictures of this size."""
        for member in self.members:
            if (warm_up := getattr(member, "warm_up", None)) is not None:
                warm_up(width_px, height_px)


def look(engine: Engine, image: Image, size_px: tuple[int, int], tiles: TileMode) -> Detections:
    """What an engine finds in a photo of ``size_px`` (width, height), decoded as ``image``.

    Each model is asked whether it wants tiles: one that looks for things that fill the picture
    does not, and one with a larger input wants fewer. A model's second look, if it takes one,
    judges what came of all passes.
    """
    if isinstance(engine, SeveralEngines):
        return engine.look(image, size_px, tiles)
    plan = plan_for(engine, size_px, tiles)
    found = engine.detect([image])[0] if plan is None else detect_tiled(image, engine.detect, plan)
    second: SecondLook | None = getattr(engine, "second_look", None)
    return found if second is None else second.judge(image, found)


def plan_for(engine: Engine, size_px: tuple[int, int], tiles: TileMode) -> TilePlan | None:
    """The tiles that one engine's model wants; None: the whole picture alone."""
    if not getattr(engine.model, "tiles", True):
        return None
    return tile_plan(*size_px, engine.model.input_px, tiles)


def min_side_px(engine: Engine, size_px: tuple[int, int], tiles: TileMode) -> int:
    """How large a photo has to be decoded for all the models' sake, longer side."""
    if isinstance(engine, SeveralEngines):
        return max(min_side_px(member, size_px, tiles) for member in engine.members)
    plan = plan_for(engine, size_px, tiles)
    input_px = getattr(engine.model, "largest_px", engine.model.input_px)
    return input_px if plan is None else round(input_px * plan.zoom)
