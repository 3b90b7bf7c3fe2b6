"""Tiled inference beside SAHI: the same weights and photos, taking turns in one run.

Both report everything from a score of 0.05 on, and average precision of one class is counted from
that by the same code. Decoding the photo is in both times.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import yaml

from detect.boxes import Boxes
from detect.model_folder import load_card
from detect.training.bootstrap import interval
from detect.training.matching import Matches, match, pool
from detect.training.model_release import low_threshold_copy, write_card
from detect.training.precision_recall import average_precision
from detect.types import Image
from scripts.benchmarks.contest import Contestant

LEAST = 0.05
GOAL_RATIO, GOAL_POINTS = 5, 1.0
QUIET = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}


def contest(
    model: str | None,
    weights: Path,
    python: str,
    photos: Sequence[tuple[Image, Boxes]],
    class_id: int,
    chunk: int,
    slices: str,
) -> None:
    """Runs both over the photos, whose labels are of one class, and prints what came of it."""
    card = load_card(model)
    with tempfile.TemporaryDirectory(prefix="bench-sahi-") as scratch:
        folder = Path(scratch)
        (folder / "photos").mkdir()
        for index, (image, _) in enumerate(photos):
            cv2.imwrite(str(folder / "photos" / f"{index:04}.png"), image)
        low = _all_from(low_threshold_copy(card.folder, folder))
        ours, theirs = folder / "ours.jsonl", folder / "theirs.jsonl"
        worker = [sys.executable, "-m", "scripts.benchmarks.tiles_worker"]
        sahi = [python, "-m", "scripts.benchmarks.sahi_worker"]
        told = [str(card.input_px), str(LEAST), str(card.nms_iou), slices]
        contestants = [
            Contestant("tidycity", [*worker, str(low), str(folder / "photos"), str(ours)]),
            Contestant(
                "SAHI",
                [*sahi, str(weights.resolve()), str(folder / "photos"), str(theirs), *told],
                QUIET,
            ),
        ]
        _take_turns(contestants, len(photos), chunk)
        labels = [boxes for _, boxes in photos]
        seen = [_read(path, labels, class_id) for path in (ours, theirs)]
    _tell(contestants, seen)


def _all_from(folder: Path) -> Path:
    card = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    for row in card["classes"]:
        row["threshold"] = LEAST
    write_card(folder, card)
    return folder


def _take_turns(contestants: Sequence[Contestant], photos: int, chunk: int) -> None:
    for contestant in contestants:
        contestant.start()
        contestant.turn(0, 1, counts=False)
    for first in range(0, photos, chunk):
        for contestant in contestants:
            contestant.turn(first, min(chunk, photos - first))
        print(f"{min(first + chunk, photos)}/{photos}", file=sys.stderr, flush=True)
    for contestant in contestants:
        contestant.stop()


def _read(path: Path, labels: Sequence[Boxes], class_id: int) -> list[Matches]:
    """One Matches a photo; of a photo that was looked at twice, the last look counts."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found = {row["photo"]: np.array(row["rows"], np.float64).reshape(-1, 6) for row in rows}
    matches = []
    for index, truth in enumerate(labels):
        mine = found[f"{index:04}.png"]
        mine = mine[mine[:, 5] == class_id]
        matches.append(match(mine[:, :4], mine[:, 4], truth.astype(np.float64)))
    return matches


def _tell(contestants: Sequence[Contestant], seen: Sequence[list[Matches]]) -> None:
    print(f"{'':12}{'AP50':>8}{'AP':>8}{'ms a photo':>12}{'CPU ms':>9}")
    for one, matches in zip(contestants, seen, strict=True):
        figures = average_precision(pool(matches))
        print(
            f"{one.name:12}{figures.ap50:8.3f}{figures.ap:8.3f}"
            f"{1000 / one.photos_per_s:12.0f}{one.cpu_ms:9.0f}"
        )

    def gain(rows: Sequence[int]) -> float:
        both = [average_precision(pool([part[r] for r in rows])).ap50 for part in seen]
        return 100 * (both[0] - both[1])

    every = range(len(seen[0]))
    low, high = interval(list(every), gain, 300)
    ours, theirs = contestants
    print(
        f"AP50 of tidycity less SAHI's: {gain(every):+.1f} points (95 %: {low:+.1f} to {high:+.1f})"
    )
    print(
        f"tidycity is {ours.photos_per_s / theirs.photos_per_s:.1f} times as fast, "
        f"for {ours.cpu_ms / theirs.cpu_ms:.2f} of the processor time"
    )
    print(f"goals: within {GOAL_POINTS:g} point (or better), {GOAL_RATIO} times")
