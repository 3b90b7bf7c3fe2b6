"""Everything that is wrong in labelled sets, found in one pass that stops at nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np

from detect.boxes import iou
from detect.datasets.duplicates import Marks, Pair, marks, pair_up
from detect.datasets.soundness import upright_size_px
from detect.training.dataset import DatasetSpec, Sample, SampleReader
from detect.training.errors import DatasetError
from detect.training.held_out import HeldOut

SAME_BOX_IOU = 0.5


class Kind(StrEnum):
    """What can be wrong. The first three keep a set from being used."""

    UNREADABLE = "unreadable"
    BAD_LABEL = "bad_label"
    LEAK = "leak"
    CONFLICT = "conflict"
    NO_BOXES = "no_boxes"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near_duplicate"
    COUNT = "count"

    @property
    def serious(self) -> bool:
        """Whether training or measuring on the set would go wrong."""
        return self in {Kind.UNREADABLE, Kind.BAD_LABEL, Kind.LEAK}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: in which pictures ("dataset/file"), and what exactly."""

    kind: Kind
    pictures: tuple[str, ...]
    message: str


@dataclass(slots=True)
class Survey:
    """What was looked at and what was found. ``samples`` are those that can be used."""

    samples: list[Sample] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    empty: int = 0

    @property
    def serious(self) -> bool:
        """Whether anything was found that must be mended first."""
        return any(finding.kind.serious for finding in self.findings)

    def counts(self) -> dict[str, int]:
        """How often each kind was found, kinds in order."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind.value: found[kind] for kind in Kind if found[kind]}


def key_of(sample: Sample) -> str:
    """A picture's name as splits have it: "dataset/file"."""
    return f"{sample.dataset}/{sample.image.name}"


def survey(
    specs: Sequence[DatasetSpec],
    root: Path | Mapping[str, Path],
    classes: Sequence[str],
    held: HeldOut | None = None,
    threads: int = 2,
) -> Survey:
    """Looks at every picture and label of the YOLO-layout sets among ``specs``.

    ``root`` holds a folder a set, or names the folders. ``held``: the split to look for leaks in.
    """
    result = Survey()
    for spec in specs:
        folder = root / spec.id if isinstance(root, Path) else root[spec.id]
        if spec.layout == "yolo":
            _read(spec, folder, classes, result)
    looked: list[Marks] = []
    with ThreadPoolExecutor(threads) as pool:
        usable = []
        for sample, mark in zip(result.samples, pool.map(_marks, result.samples), strict=True):
            if isinstance(mark, str):
                result.findings.append(Finding(Kind.UNREADABLE, (key_of(sample),), mark))
            else:
                usable.append(sample)
                looked.append(mark)
    result.samples = usable
    result.empty = sum(not len(sample.boxes) for sample in usable)
    _absent_classes(result, classes)
    _twins(result, pair_up(looked), classes, held)
    result.findings.sort(key=lambda finding: list(Kind).index(finding.kind))
    return result


def _read(spec: DatasetSpec, folder: Path, classes: Sequence[str], result: Survey) -> None:
    try:
        reader = SampleReader(spec, folder, classes)
    except DatasetError as error:
        result.findings.append(Finding(Kind.BAD_LABEL, (spec.id,), error.message))
        return
    for path in reader.files:
        try:
            result.samples.append(reader.read(path))
        except DatasetError as error:
            where = (f"{spec.id}/{path.name}",)
            result.findings.append(Finding(Kind.BAD_LABEL, where, error.message))
    if spec.images not in (None, len(reader.files)):
        message = f"its YAML counts {spec.images} pictures, there are {len(reader.files)}"
        result.findings.append(Finding(Kind.COUNT, (spec.id,), message))


def _marks(sample: Sample) -> Marks | str:
    try:
        upright_size_px(sample.image)
        return marks(sample.image)
    except DatasetError as error:
        return error.message


def _absent_classes(result: Survey, classes: Sequence[str]) -> None:
    seen = {int(c) for sample in result.samples for c in sample.boxes.class_id}
    for class_id, name in enumerate(classes):
        if class_id not in seen:
            message = f"no set has a box of {name}"
            result.findings.append(Finding(Kind.NO_BOXES, (), message))


def _twins(
    result: Survey, pairs: Sequence[Pair], classes: Sequence[str], held: HeldOut | None
) -> None:
    for pair in pairs:
        first, second = result.samples[pair.first], result.samples[pair.second]
        names = (key_of(first), key_of(second))
        kind = Kind.DUPLICATE if pair.exact else Kind.NEAR_DUPLICATE
        same = "the same file twice" if pair.exact else "almost the same picture"
        result.findings.append(Finding(kind, names, same))
        if difference := conflict(first, second, classes):
            result.findings.append(Finding(Kind.CONFLICT, names, difference))
        splits = [held.split_of(name) for name in names] if held else []
        if len({s for s in splits if s}) > 1:
            message = f"one in {splits[0]}, the other in {splits[1]}"
            result.findings.append(Finding(Kind.LEAK, names, message))


def conflict(first: Sample, second: Sample, classes: Sequence[str]) -> str:
    """How the labels of two copies of a picture contradict each other; "" where they don't.

    A box without its like in the other picture contradicts it only where that picture says that
    it boxes all of the class; boxes of two classes in one place always do.
    """
    said: dict[str, None] = {}
    for one, other in ((first, second), (second, first)):
        mine, theirs = (np.asarray(s.boxes.xyxy_px(1, 1), np.float32) for s in (one, other))
        overlaps = iou(mine, theirs) if len(mine) and len(theirs) else None
        for row, class_id in enumerate(one.boxes.class_id):
            name = classes[int(class_id)]
            there: set[int] = set()
            if overlaps is not None:
                close = overlaps[row] >= SAME_BOX_IOU
                there = {int(c) for c in other.boxes.class_id[close]}
            if int(class_id) in there:
                continue
            if there and name in other.exhaustive:
                said[f"{name} against {classes[min(there)]} in one place"] = None
            elif name in other.exhaustive:
                said[f"{name} boxed in {key_of(one)} alone"] = None
    return "; ".join(said)


def groups_of(findings: Sequence[Finding]) -> dict[Kind, list[Finding]]:
    """Findings by kind, kinds in order."""
    found: dict[Kind, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.kind].append(finding)
    return {kind: found[kind] for kind in Kind if kind in found}
