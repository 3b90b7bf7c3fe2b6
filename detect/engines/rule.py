"""An engine that runs no network of its own: a rule reads what another engine finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import yaml
from pydantic import ValidationError

from detect.boxes import suppress
from detect.errors import ModelError
from detect.model_folder import ModelCard
from detect.scene_rules import RULES, SceneRule, things_in
from detect.types import Detections, Engine, Image

_SAME = 0.3
"""Groups of one class that overlap more are one, the surer."""


class RuleEngine:
    """What a model's rule makes of the things that another engine names. As safe as that one."""

    def __init__(self, card: ModelCard, things: Engine) -> None:
        """Raises ModelError where the card's rule doesn't exist or its numbers are wrong."""
        self._card = card
        self.things = things
        self._rule = _read(card)
        self._limits = np.array([row.threshold for row in card.classes], np.float32)

    @property
    def model(self) -> ModelCard:
        """The rule's card."""
        return self._card

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """One Detections an image, in order, in the image's own pixels; raises ModelError."""
        found = self.things.detect(images)
        return [self.read(things, image) for things, image in zip(found, images, strict=True)]

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Has the other engine compile its network for pictures of this size."""
        if (warm_up := getattr(self.things, "warm_up", None)) is not None:
            warm_up(width_px, height_px)

    def read(self, things: Detections, image: Image) -> Detections:
        """What the rule makes of things that were found in ``image`` before."""
        height, width = image.shape[:2]
        names = self._card.class_names
        groups = [g for g in self._rule.groups(things_in(things)) if g.name in names]
        if not groups:
            return Detections.empty(names)
        boxes = np.clip([g.box for g in groups], 0, [width, height] * 2).astype(np.float32)
        score = np.array([g.score for g in groups], np.float32)
        class_id = np.array([names.index(g.name) for g in groups], np.int32)
        enough = np.flatnonzero(score >= self._limits[class_id])
        order = enough[np.argsort(-score[enough], kind="stable")]
        kept = order[suppress(boxes[order], score[order], class_id[order], _SAME)]
        return Detections(boxes[kept], score[kept], class_id[kept], names)


def _read(card: ModelCard) -> SceneRule:
    kind = RULES.get(card.rule or "")
    if kind is None:
        raise ModelError(
            f"model {card.id} wants the rule {card.rule!r}, which doesn't exist",
            code="bad_card",
            mend=f"In model.yaml, name one of {', '.join(sorted(RULES))}.",
        )
    try:
        return kind.model_validate(yaml.safe_load(card.weights.read_text("utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ModelError(
            f"{card.weights} doesn't hold the numbers of the rule {card.rule}: {error}",
            code="bad_card",
            mend="Get the model's folder again; detect/scene_rules.py says what a rule takes.",
        ) from error
