"""Train, val and test by whole scenes: seeded, the same on every machine."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detect.training.errors import DatasetError

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class SplitPlan:
    """How much of each data set to hold out, and the seed that decides which scenes.

    `held_out` names a file beside the recipe that fixes the split instead (`held_out.py`).
    """

    seed: int
    val: float
    test: float
    held_out: str | None = None

    def __post_init__(self) -> None:
        if self.val <= 0 or self.test <= 0 or self.val + self.test >= 0.9:
            raise DatasetError(
                f"split: val {self.val} and test {self.test} must be above 0 and leave "
                "a tenth or more for training"
            )


def assign(
    scenes: Sequence[int],
    keys: Sequence[str],
    datasets: Sequence[str],
    uses: Sequence[str],
    plan: SplitPlan,
) -> list[str]:
    """A split for each picture; pictures of one scene always share it.

    `keys` name pictures stably ("dataset/file"); `uses` is "all" or "train": one picture that may
    only train keeps its whole scene in training. Each data set is filled apart, by the data set
    that has most pictures in the scene.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for index, scene in enumerate(scenes):
        members[scene].append(index)
    owner = {scene: _majority([datasets[i] for i in rows]) for scene, rows in members.items()}
    free = {s for s, rows in members.items() if all(uses[i] == "all" for i in rows)}
    split_of = dict.fromkeys(members, "train")
    for dataset in sorted(set(owner.values())):
        total = sum(len(rows) for s, rows in members.items() if owner[s] == dataset)
        order = sorted(
            (s for s in free if owner[s] == dataset),
            key=lambda s: _rank(plan.seed, min(keys[i] for i in members[s])),
        )
        split_of.update(_fill(order, members, total, plan))
    return [split_of[scene] for scene in scenes]


def leaks(scenes: Sequence[int], splits: Sequence[str]) -> list[int]:
    """The scenes that stand in more than one split (none, if all is well)."""
    seen: dict[int, set[str]] = defaultdict(set)
    for scene, split in zip(scenes, splits, strict=True):
        seen[scene].add(split)
    return sorted(scene for scene, where in seen.items() if len(where) > 1)


def _fill(
    order: Sequence[int], members: Mapping[int, Sequence[int]], total: int, plan: SplitPlan
) -> dict[int, str]:
    """Hands scenes out in order: to test, then to val, as long as they fit with a little slack."""
    wanted = {"test": plan.test * total, "val": plan.val * total}
    given = {"test": 0, "val": 0}
    split_of: dict[int, str] = {}
    for scene in order:
        size = len(members[scene])
        for split in ("test", "val"):
            if given[split] < wanted[split] and given[split] + size <= wanted[split] * 1.25:
                split_of[scene] = split
                given[split] += size
                break
    return split_of


def _majority(names: Sequence[str]) -> str:
    return max(sorted(set(names)), key=names.count)


def _rank(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()
