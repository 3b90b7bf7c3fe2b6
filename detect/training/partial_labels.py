"""A detection loss that learns from sets which label different classes.

ultralytics counts every unboxed place as "absent" for every class. Here a picture counts as absent
only for its exhaustive classes; of other classes only its boxes count. Needs the extra `torch`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from ultralytics.utils.loss import E2ELoss, v8DetectionLoss

from detect.training.schedule import one_to_many_share


class MaskedBCE(nn.Module):  # type: ignore[misc]
    """Binary cross-entropy, unreduced, that leaves out negatives of classes not exhaustive.

    `exhaustive` is (B, 1, C) with 1 where a class is boxed exhaustively, set before each batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.exhaustive: Tensor | None = None

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The loss (B, anchors, C) of logits against soft targets of the same shape."""
        loss = nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="none")
        if self.exhaustive is None:
            return loss
        counts = torch.where(targets > 0, torch.ones_like(loss), self.exhaustive.to(loss.dtype))
        return loss * counts


class PartialLabelLoss(v8DetectionLoss):  # type: ignore[misc]
    """The detection loss with a mask from `batch["exhaustive"]`, (B, C)."""

    def __init__(self, model: nn.Module, **kwargs: Any) -> None:
        super().__init__(model, **kwargs)
        self.bce = MaskedBCE()

    def get_assigned_targets_and_loss(
        self, preds: dict[str, Tensor], batch: dict[str, Any], **kwargs: Any
    ) -> tuple[Any, ...]:
        """As ultralytics', with the picture's mask in place."""
        mask = batch.get("exhaustive")
        self.bce.exhaustive = None if mask is None else mask.to(self.device)[:, None, :]
        result = super().get_assigned_targets_and_loss(preds, batch, **kwargs)
        return tuple(result)


class PartialLabelE2ELoss(E2ELoss):  # type: ignore[misc]
    """YOLO26's two heads under the partial-label loss; the run's progress shifts their weights."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model, loss_fn=PartialLabelLoss)

    def set_progress(self, part: float) -> None:
        """Moves weight from the one-to-many to the one-to-one head; `part` is 0 to 1."""
        self.o2m = one_to_many_share(part)
        self.o2o = 1.0 - self.o2m

    def update(self) -> None:
        """Nothing: `set_progress` does it, batch by batch."""
