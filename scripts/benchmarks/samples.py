"""What the model finds in the rendered sample patrol, and whether its story comes out.

Rendered pictures say little about real streets: this shows whether the demo works, not how good
the model is (docs/models.md has that).
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from detect.batch import PhotoResult, analyze_photos
from detect.engines import open_engine
from detect.hints import PlaceHints
from detect.sidecar import read_sidecar
from detect.sources import find_photos
from issues.catalogue import load_catalogue
from issues.intake import Intake
from issues.queries import list_issues
from issues.rows import IssueRow
from issues.store import open_store

PATROL = Path(__file__).parents[2] / "samples" / "patrol"
SAME = 0.4
"""Intersection over union from which a box is the one in the truth."""


def iou(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two xyxy boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return shared / (sum(areas) - shared) if shared else 0.0


def matches(
    result: PhotoResult, truth: dict[str, Any], covered: frozenset[str]
) -> list[tuple[str, bool]]:
    """For every true finding of a category that the model knows: was it found?"""
    size = (truth["width_px"], truth["height_px"]) * 2
    found = [
        (o.category, [v * s for v, s in zip(o.xyxy, size, strict=True)])
        for o in result.observations
    ]
    return [
        (
            one["category"],
            any(c == one["category"] and iou(b, one["box_px"]) >= SAME for c, b in found),
        )
        for one in truth["findings"]
        if one["category"] in covered
    ]


def outcome(rows: Sequence[IssueRow]) -> str:
    """What the issues at a place say happened there, in the words of ``truth.json``."""
    if not rows:
        return "clean"
    if any(row.recurrences for row in rows):
        return "returned"
    if all(row.proposal for row in rows):
        return "fixed"
    return "persists" if any(row.photos > 1 for row in rows) else "new"


def categories_shown(truth: dict[str, Any]) -> dict[str, set[str]]:
    """Place → the categories that truly stand there in some photo; a closed bin is none."""
    shown: dict[str, set[str]] = {name: set() for name in truth["places"]}
    for photo in truth["photos"]:
        shown[photo["place"]] |= {one["category"] for one in photo["findings"]} - {"bin"}
    return shown


def main() -> None:
    """Prints both tables."""
    truth = json.loads((PATROL / "truth.json").read_text("utf-8"))
    catalogue, engine = load_catalogue(), open_engine()
    covered = frozenset(c.category for c in engine.model.classes if c.category)
    hints = PlaceHints(sidecar=read_sidecar(PATROL / "locations.csv"))
    seen: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    by_file = {photo["file"]: photo for photo in truth["photos"]}
    with TemporaryDirectory() as folder:
        store = open_store(None, Path(folder))
        intake = Intake(store, catalogue, engine.model)
        for result in analyze_photos(list(find_photos([PATROL])), engine, hints=hints):
            photo = by_file[result.source]
            for category, found in matches(result, photo, covered):
                seen[category] += 1
                hit[category] += found
            done = intake.record(result)
            numbers[photo["place"]] |= {*done.new_issues, *done.seen_again, *done.reopened}
        with store.reading() as session:
            rows = {r.number: r for r in list_issues(session, catalogue, limit=1000).items}
        store.close()
    out = sys.stdout.write
    for category in sorted(seen):
        out(f"{category:18} {hit[category]:3} of {seen[category]:3} found\n")
    shown = categories_shown(truth)
    judged = {name for name, true in shown.items() if not true or true & covered}
    right = false = 0
    for name, place in truth["places"].items():
        here = [rows[n] for n in sorted(numbers[name]) if n in rows]
        true = [row for row in here if row.category in shown[name]]
        false += len(here) - len(true)
        if name not in judged:
            out(f"{name} {place['name_en']:28} not judged: shows only what no model has learned\n")
            continue
        got = outcome(true if shown[name] else here)
        right += got == place["expected"]
        mark = "" if got == place["expected"] else "   <- differs"
        out(f"{name} {place['name_en']:28} expected {place['expected']:9} got {got}{mark}\n")
    out(f"{right} of {len(judged)} places come out as the story has them; ")
    out(f"{false} candidates name what is not there\n")


if __name__ == "__main__":
    main()
