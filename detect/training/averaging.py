"""The mean of two trainings of one network: often better than either, and never slower to run.

Weights that went on from the same start lie in one basin, so that their mean is a network as well
(Wortsman et al., "Model soups", 2022). Needs the extra `torch`.
"""

from __future__ import annotations

from pathlib import Path

import torch

from detect.training.errors import RecipeError
from detect.training.weights import read_model


def average_checkpoints(first: Path, second: Path, share: float, out: Path) -> Path:
    """Writes (1 - share) x first + share x second to `out`, complete or not at all.

    A head that only the second has stays as it is there. Raises RecipeError for a share outside 0
    to 1, for files that are no checkpoints, and for networks of different shape.
    """
    if not 0 <= share <= 1:
        raise RecipeError(f"the second's share is a number from 0 to 1, got {share}")
    model = read_model(second).float()
    old, new = read_model(first).float().state_dict(), model.state_dict()
    for name, value in new.items():
        if name not in old or not value.dtype.is_floating_point:
            continue
        if old[name].shape != value.shape:
            raise RecipeError(
                f"{first} and {second} are different networks: {name} is "
                f"{tuple(old[name].shape)} in one and {tuple(value.shape)} in the other",
                mend="Average two trainings of one network with the same classes.",
            )
        new[name] = torch.lerp(old[name], value, share)
    model.load_state_dict(new)
    part = out.with_name(out.name + ".part")
    try:
        torch.save({"model": model.half(), "ema": None, "epoch": -1, "optimizer": None}, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return out
