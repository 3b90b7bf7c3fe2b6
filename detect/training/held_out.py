"""A fixed split as a file: which pictures are held out, with their scenes; all others train.

The split that a published model was measured on must not move when the search for scenes gets
better, so it is kept with the model (`models/<name>/held_out.json`), by file name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detect.training.errors import DatasetError


@dataclass(frozen=True)
class HeldOut:
    """`val` and `test`: "dataset/file" → scene. `dropped`: too like a training picture, unused."""

    val: Mapping[str, int]
    test: Mapping[str, int]
    dropped: frozenset[str]

    def split_of(self, key: str) -> str | None:
        """The split of a picture; None where it is dropped."""
        if key in self.dropped:
            return None
        return "test" if key in self.test else "val" if key in self.val else "train"

    def scene_of(self, key: str) -> int:
        """The picture's scene, -1 for training pictures."""
        return self.test.get(key, self.val.get(key, -1))

    def require_known(self, keys: Sequence[str]) -> None:
        """Raises DatasetError where a held-out picture is not among `keys`."""
        missing = sorted({*self.val, *self.test} - set(keys))
        if missing:
            raise DatasetError(
                f"{len(missing)} held-out pictures are not there, such as {missing[0]}; "
                "the data sets differ from those the split was made for"
            )


def read_held_out(path: Path) -> HeldOut:
    """The split in a JSON file. Raises DatasetError where it can't be read or overlaps itself."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        held = HeldOut(dict(raw["val"]), dict(raw["test"]), frozenset(raw["dropped"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: can't be read as a split ({error})") from error
    if set(held.val) & set(held.test) or set(held.val.values()) & set(held.test.values()):
        raise DatasetError(f"{path}: a picture or a scene stands in both val and test")
    return held


def write_held_out(path: Path, held: HeldOut) -> None:
    """Writes the split, sorted, one picture a line."""
    raw = {
        "val": dict(sorted(held.val.items())),
        "test": dict(sorted(held.test.items())),
        "dropped": sorted(held.dropped),
    }
    part = path.with_suffix(".part")
    part.write_text(json.dumps(raw, indent=0) + "\n", encoding="utf-8")
    part.rename(path)
