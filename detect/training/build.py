"""Builds one training set out of several data sets: splits by scene, writes what ultralytics reads.

`<out>/images/<split>/`, `<out>/labels/<split>/`, `data.yaml`, and `manifest.json` (data set, split,
scene and exhaustive classes a picture). All is written beside `<out>` and renamed at the end.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml

from detect.datasets.duplicates import find_duplicates
from detect.training.dataset import (
    IMAGE_SUFFIXES,
    DatasetSpec,
    Sample,
    read_samples,
    texture_sample,
)
from detect.training.errors import DatasetError
from detect.training.held_out import HeldOut
from detect.training.labels import write_yolo
from detect.training.scenes import COLOUR_AND_LAYOUT, Descriptor, find_pairs, join, read_image
from detect.training.split import SplitPlan, assign, leaks
from detect.types import Image

TEXTURE_SIDE_PX = 120
TEXTURE_GRID = 4


@dataclass(frozen=True)
class Entry:
    """One picture of a built set. `file` is the name under images/<split>/."""

    file: str
    dataset: str
    split: str
    scene: int
    exhaustive: tuple[str, ...]


def collect(
    specs: Sequence[DatasetSpec], root: Path, classes: Sequence[str], scratch: Path
) -> list[Sample]:
    """The samples of all data sets under `root`/<id>; textures are tiled into `scratch`."""
    samples: list[Sample] = []
    for spec in specs:
        folder = root / spec.id
        if not folder.is_dir():
            raise DatasetError(f"{spec.id}: no folder {folder}; name the right one with --root")
        if spec.layout == "textures":
            tiles = tile_textures(folder, scratch / spec.id)
            samples += [texture_sample(spec, path, classes) for path in tiles]
        else:
            samples += read_samples(spec, folder, classes)
    return samples


def split_by_scene(
    samples: Sequence[Sample], plan: SplitPlan, descriptor: Descriptor = COLOUR_AND_LAYOUT
) -> HeldOut:
    """Finds the scenes among `samples` and holds whole ones out, as the plan says."""
    keys = [_key(s) for s in samples]
    groups = [_group(s) for s in samples]
    images = [s.image for s in samples]
    pairs = set(find_pairs(images, descriptor, [g is None for g in groups]))
    pairs |= {(pair.first, pair.second) for pair in find_duplicates(images)}
    scenes = join(len(samples), sorted(pairs), groups)
    splits = assign(scenes, keys, [s.dataset for s in samples], [s.use for s in samples], plan)
    if crossing := leaks(scenes, splits):
        raise DatasetError(f"scenes {crossing[:5]} stand in several splits")
    rows = list(zip(keys, scenes, splits, strict=True))
    return HeldOut(
        val={key: scene for key, scene, split in rows if split == "val"},
        test={key: scene for key, scene, split in rows if split == "test"},
        dropped=frozenset(),
    )


def build(
    samples: Sequence[Sample], classes: Sequence[str], held: HeldOut, out: Path
) -> list[Entry]:
    """Writes the set to `out`, which must not exist, and returns its manifest.

    Raises DatasetError where there are no pictures, a class has no box, or one held out is missing.
    """
    if not samples:
        raise DatasetError("no pictures to build a set of")
    if out.exists():
        raise DatasetError(f"{out} exists; remove it or name another folder")
    _require_boxes(samples, classes)
    held.require_known([_key(s) for s in samples])
    kept = [s for s in samples if held.split_of(_key(s)) is not None]
    entries = [
        Entry(
            file=_file_name(s),
            dataset=s.dataset,
            split=held.split_of(_key(s)) or "train",
            scene=held.scene_of(_key(s)),
            exhaustive=tuple(sorted(s.exhaustive)),
        )
        for s in kept
    ]
    _write(kept, entries, classes, out)
    return entries


def read_manifest(folder: Path) -> list[Entry]:
    """The manifest of a built set. Raises DatasetError where there is none."""
    path = folder / "manifest.json"
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Entry(**{**row, "exhaustive": tuple(row["exhaustive"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(
            f"{path}: not a manifest that 'tidycity datasets build' wrote ({error})"
        ) from error


def tile_textures(folder: Path, out: Path, rounds: int = 2) -> list[Path]:
    """Clean-ground pictures, each TEXTURE_GRID squared crops of one surface, some mirrored."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    paths = []
    for surface in sorted(p for p in folder.iterdir() if p.is_dir()):
        crops = sorted(p for p in surface.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        per_picture = TEXTURE_GRID**2
        for number in range(max(1, len(crops) // per_picture) * rounds):
            chosen = [crops[i] for i in rng.integers(0, len(crops), per_picture)]
            path = out / f"{surface.name.replace(' ', '-')}-{number:02d}.png"
            cv2.imwrite(str(path), _tile([read_image(p) for p in chosen], rng))
            paths.append(path)
    return paths


def _tile(crops: Sequence[Image], rng: np.random.Generator) -> Image:
    side = (TEXTURE_SIDE_PX, TEXTURE_SIDE_PX)
    squares = [cv2.resize(crop, side, interpolation=cv2.INTER_AREA) for crop in crops]
    squares = [np.rot90(s, int(rng.integers(4))) for s in squares]
    rows = [
        np.concatenate(squares[i : i + TEXTURE_GRID], axis=1)
        for i in range(0, TEXTURE_GRID**2, TEXTURE_GRID)
    ]
    return np.concatenate(rows, axis=0)


def _key(sample: Sample) -> str:
    return f"{sample.dataset}/{sample.image.name}"


def _group(sample: Sample) -> str | None:
    return None if sample.group is None else f"{sample.dataset}/{sample.group}"


def _file_name(sample: Sample) -> str:
    return f"{sample.dataset}-{sample.image.name}"


def _require_boxes(samples: Sequence[Sample], classes: Sequence[str]) -> None:
    seen: set[int] = set()
    for sample in samples:
        seen.update(int(c) for c in sample.boxes.class_id)
    if missing := [name for i, name in enumerate(classes) if i not in seen]:
        raise DatasetError(
            f"no box of {', '.join(missing)} in any data set; "
            "leave the class out or add a set that labels it"
        )


def _write(
    samples: Sequence[Sample], entries: Sequence[Entry], classes: Sequence[str], out: Path
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for sample, entry in zip(samples, entries, strict=True):
            image = part / "images" / entry.split / entry.file
            label = (part / "labels" / entry.split / entry.file).with_suffix(".txt")
            image.parent.mkdir(parents=True, exist_ok=True)
            label.parent.mkdir(parents=True, exist_ok=True)
            _link(sample.image.resolve(), image)
            write_yolo(label, sample.boxes)
        (part / "manifest.json").write_text(json.dumps([asdict(e) for e in entries], indent=0))
        (part / "data.yaml").write_text(yaml.safe_dump(_data_yaml(out, classes), sort_keys=False))
        part.rename(out)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source)
    except OSError:  # a file system or a user without symbolic links
        shutil.copyfile(source, target)


def _data_yaml(out: Path, classes: Sequence[str]) -> Mapping[str, object]:
    return {
        "path": str(out.resolve()),
        **{split: f"images/{split}" for split in ("train", "val", "test")},
        "names": dict(enumerate(classes)),
    }
