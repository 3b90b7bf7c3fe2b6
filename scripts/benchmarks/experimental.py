"""What the experimental models find on real pictures, and on rendered ones apart.

Real: the few pictures of stalls and clutter that are listed by hand (`models/*/by_hand.yaml`; those
that train are left out), web close-ups of pests, photos of streets and of litter that show none of
these (what is found there is false), the held-out parts of the street model's split. Rendered:
whole streets, traces, the sample patrol. With --choose, thresholds are chosen on val first: best F1
among real street photos where val shows the class, raised until at most 1 in 200 of these shows a
candidate of the class. Prints JSON as in the models' metrics.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image, ImageOps

from detect.model_folder import ModelCard, load_card
from detect.training.evaluation import (
    Picture,
    evaluate_class,
    load_pictures,
    on_clean,
    picture_size,
)
from detect.training.held_out import HeldOut, read_held_out
from detect.training.measure import look
from detect.training.model_release import write_card
from detect.types import Detections

ROOT = Path(__file__).parents[2]
STREETS, LITTER = "street-garbage-cn", "litter-taco"
OF_PATROL = {"stall.mobile": "stall", "clutter.goods": "goods"}
OF_STREETS = frozenset({"stall", "tables", "goods", "furniture"})
CLEAN_SHARE = 1 / 200
STEP = 0.005
DRAWS = 300


@dataclass(frozen=True)
class Part:
    """Pictures with what the model sees in them."""

    pictures: list[Picture]
    found: list[Detections]


def main() -> None:
    given = _options()
    card = load_card(given.model)
    sets = _sets(card, given)
    parts = {name: Part(p, look(card.folder, p)) for name, p in sets.items() if p}
    limits = {row.name: row.threshold for row in card.classes}
    reported = {row.name for row in card.classes if row.category is not None}
    if given.choose:
        limits = _chosen(card, parts, limits)
        _write(card.folder, limits)
    report: dict[str, Any] = {"model": card.id, "version": card.version, "thresholds": limits}
    for name, part in parts.items():
        split, what = name.split(" ", 1)
        if "without" in what:
            made = _without(part, {n: limit for n, limit in limits.items() if n in reported})
        else:
            made = _with(card, part, limits)
        report.setdefault(split, {})[what] = made
    text = json.dumps(report, indent=1, ensure_ascii=False)
    if given.output is not None:
        given.output.write_text(text + "\n", encoding="utf-8")
    print(text)


def _sets(card: ModelCard, given: argparse.Namespace) -> dict[str, list[Picture]]:
    """The pictures to measure on, by split and what they are."""
    held = read_held_out(ROOT / "models" / "street" / "held_out.json")
    sets = {
        f"{split} {what}": _free(card, given.data, held, split, dataset)
        for split, what, dataset in (
            ("val", "streets without", STREETS),
            ("test", "streets without", STREETS),
            ("test", "litter photos without", LITTER),
        )
    }
    if given.built is not None:
        for split in ("val", "test"):
            pictures = load_pictures(given.built, split, card.class_names)
            rendered = [p for p in pictures if "rendered" in p.dataset or "pasted" in p.dataset]
            sets[f"{split} rendered"] = rendered
            sets[f"{split} web"] = [p for p in pictures if p not in rendered]
    sets["test by hand"] = _by_hand(card, given.data)
    if OF_STREETS & set(card.class_names):
        sets["test sample patrol"] = _patrol(card, given.scratch)
        if given.rendered is not None:
            sets["test rendered streets"] = _rendered(card, given.rendered)
    return sets


def _free(card: ModelCard, data: Path, held: HeldOut, split: str, dataset: str) -> list[Picture]:
    """Held-out photos of a data set, of which none shows what an experimental model looks for."""
    skip = {
        name
        for listed in _hand("*")
        if listed["of"] == dataset
        for name in (*listed["pictures"], *listed.get("unsure", ()))
    }
    keys: Mapping[str, int] = held.val if split == "val" else held.test
    names = [(key.split("/", 1)[1], scene) for key, scene in sorted(keys.items())
             if key.startswith(dataset + "/")]  # fmt: skip
    return [
        _picture(card, data / dataset / "images" / name, [], scene, dataset)
        for name, scene in names
        if name not in skip
    ]


def _by_hand(card: ModelCard, data: Path) -> list[Picture]:
    """Pictures that are listed for the model, without those that train."""
    pictures = []
    for listed in _hand(card.id):
        trains = set(listed.get("trains", ()))
        for name, rows in listed["pictures"].items():
            if name in trains:
                continue
            path = data / listed["of"] / "images" / name
            sides = np.array([*picture_size(path)] * 2, float)
            boxes = [(row["class"], np.array(row["box"]) * sides) for row in rows]
            pictures.append(_picture(card, path, boxes, len(pictures), "by hand"))
    return pictures


def _patrol(card: ModelCard, scratch: Path) -> list[Picture]:
    """The sample patrol, turned upright into ``scratch``."""
    folder = ROOT / "samples" / "patrol"
    told = json.loads((folder / "truth.json").read_text("utf-8"))["photos"]
    pictures = []
    for number, photo in enumerate(told):
        path = scratch / photo["file"].replace("/", "-")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            ImageOps.exif_transpose(Image.open(folder / photo["file"])).save(path, quality=95)
        boxes = [
            (OF_PATROL[row["category"]], np.array(row["box_px"], float))
            for row in photo["findings"]
            if row["category"] in OF_PATROL
        ]
        pictures.append(_picture(card, path, boxes, number // 2, "patrol"))
    return pictures


def _rendered(card: ModelCard, folder: Path) -> list[Picture]:
    pictures = []
    for scene, path in enumerate(sorted(folder.glob("*.jpg"))):
        rows = json.loads(path.with_suffix(".json").read_text("utf-8"))["findings"]
        boxes = [(row["class"], np.array(row["box_px"], float)) for row in rows]
        pictures.append(_picture(card, path, boxes, scene, "rendered"))
    return pictures


def _picture(
    card: ModelCard, path: Path, boxes: Sequence[tuple[str, Any]], scene: int, dataset: str
) -> Picture:
    known = [(name, box) for name, box in boxes if name in card.class_names]
    corners = np.array([box for _, box in known], float).reshape(-1, 4)
    ids = np.array([card.class_names.index(name) for name, _ in known], np.int64)
    return Picture(path, dataset, scene, frozenset(card.class_names), corners, ids)


def _chosen(
    card: ModelCard, parts: Mapping[str, Part], limits: Mapping[str, float]
) -> dict[str, float]:
    """Thresholds by the rule in the module's text; classes that are off stay off."""
    streets = parts["val streets without"]
    chosen = dict(limits)
    for row in card.classes:
        shown = [
            part for name, part in parts.items()
            if name.startswith("val") and any(row.index in p.truth_class for p in part.pictures)
        ]  # fmt: skip
        if limits[row.name] >= 1:
            continue
        pictures = [p for part in [*shown, streets] for p in part.pictures]
        found = [d for part in [*shown, streets] for d in part.found]
        best = 0.0
        if shown:
            result = evaluate_class(row.name, row.index, pictures, found, None, draws=0)
            best = result.point.threshold
        false = sorted((float(s) for d in streets.found for s in d.score[d.class_id == row.index]),
                       reverse=True)  # fmt: skip
        allowed = int(len(streets.pictures) * CLEAN_SHARE)
        floor = false[allowed] + STEP if len(false) > allowed else 0.0
        chosen[row.name] = round(min(0.95, max(best, floor)), 2)
    return chosen


def _with(card: ModelCard, part: Part, limits: Mapping[str, float]) -> dict[str, Any]:
    rows = {}
    for row in card.classes:
        shows = [bool((p.truth_class == row.index).any()) for p in part.pictures]
        if not any(shows):
            continue
        limit = limits[row.name]
        says = [bool(((d.class_id == row.index) & (d.score >= limit)).any()) for d in part.found]
        result = evaluate_class(row.name, row.index, part.pictures, part.found, limit, DRAWS)
        rows[row.name] = {
            "pictures": result.pictures,
            "boxes": result.labelled,
            "ap50": round(result.precision.ap50, 4),
            "ap50_interval": [round(bound, 4) for bound in result.ap50_interval],
            "ap": round(result.precision.ap, 4),
            "precision": round(result.point.precision, 4),
            "recall": round(result.point.recall, 4),
            "pictures_shown": sum(shows),
            "pictures_found": sum(a and b for a, b in zip(shows, says, strict=True)),
            "other_pictures_flagged": sum(b and not a for a, b in zip(shows, says, strict=True)),
        }
    return {"pictures": len(part.pictures), "classes": rows}


def _without(part: Part, limits: Mapping[str, float]) -> dict[str, Any]:
    clean = on_clean(part.pictures, part.found, limits)
    return {
        "pictures": clean.pictures,
        "candidates": clean.candidates,
        "pictures_with_candidates": clean.pictures_with_candidates,
        "candidates_per_100": round(clean.per_100, 1),
    }


def _write(folder: Path, limits: Mapping[str, float]) -> None:
    data = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    for row in data["classes"]:
        row["threshold"] = limits[row["name"]]
    write_card(folder, data)


def _hand(model: str) -> list[dict[str, Any]]:
    """What is listed by hand for a model (* for all), a data set each."""
    listed: list[dict[str, Any]] = []
    for path in sorted((ROOT / "models").glob(f"{model}/by_hand.yaml")):
        told = yaml.safe_load(path.read_text("utf-8"))
        listed += [part for part in told.get("sets", [told]) if "pictures" in part]
    return listed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/measure_experimental", description=__doc__)
    parser.add_argument("model", help="stall, clutter, pest, or a folder with such a model")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--built", type=Path, help="built set: web and rendered, val and test")
    parser.add_argument("--rendered", type=Path, help="renders of `make_scenes streets`")
    parser.add_argument("--scratch", type=Path, default=Path("/tmp/tidycity-patrol"))
    parser.add_argument("--choose", action="store_true", help="choose thresholds, write them")
    parser.add_argument("--output", "-o", type=Path, help="also write the figures here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
