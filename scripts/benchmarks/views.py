"""What a patrol's wide view gives: is garbage or litter seen in it at all, and how often wrongly?

No labelled patrol photos of 1920 x 1080 were to be had. These views are made of held-out real
photos: six side by side, each filling a sixth (640 x 540 px; what has another shape gets grey
margins). Half of the views of a class hold one photo that shows it among five clean ones, half six
clean ones. Pixels are real, the arrangement is not, and a thing is as large as a sixth of the view
shows it. A view counts as found when it holds one candidate of the class or more, wherever it lies:
picture-level precision and recall. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from detect.engines import open_engine
from detect.engines.several import look
from detect.model_folder import load_card
from detect.tiling import TileMode
from detect.training.bootstrap import interval
from detect.training.evaluation import Picture, load_pictures
from detect.training.scenes import read_image
from detect.types import Engine, Image

COLUMNS, ROWS, CELL_W, CELL_H = 3, 2, 640, 540
CLASSES = ("garbage", "litter")
PROBLEMS = ("garbage", "overflow", "litter", "bag")
SETS = {"garbage": "street-garbage-cn", "litter": "litter-taco"}
GREY, SEED, DRAWS = 114, 11, 500


@dataclass(frozen=True)
class View:
    """Six photos side by side; ``shows``: one of them holds the class."""

    photos: tuple[Picture, ...]
    shows: bool

    def image(self) -> Image:
        """(1080, 1920, 3) BGR."""
        cells = [_cell(read_image(photo.path)) for photo in self.photos]
        rows = [np.hstack(cells[r * COLUMNS : (r + 1) * COLUMNS]) for r in range(ROWS)]
        return np.ascontiguousarray(np.vstack(rows))


def main() -> None:
    """Prints precision and recall for each class and way of tiling."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("built", type=Path, help="set that `tidycity datasets build` wrote")
    parser.add_argument("--model", action="append", help="street and street@strict unless given")
    parser.add_argument("--tiles", action="append", choices=get_args(TileMode), help="default: all")
    parser.add_argument(
        "--views", type=int, default=40, help="that show it, and as many that don't"
    )
    parser.add_argument("--picture", type=Path, help="also write one view here, to look at")
    given = parser.parse_args()
    for model in given.model or ["street", "street@strict"]:
        card = load_card(model)
        engine = open_engine(model)
        pictures = load_pictures(given.built, "test", card.class_names)
        for name in CLASSES:
            views = make_views(pictures, card.class_names, name, given.views)
            if given.picture:
                cv2.imwrite(
                    str(given.picture.with_stem(f"{given.picture.stem}-{name}")), views[0].image()
                )
            for mode in given.tiles or get_args(TileMode):
                print(
                    json.dumps(
                        {
                            "model": model,
                            "class": name,
                            "tiles": mode,
                            **measure(engine, views, name, mode),
                        }
                    ),
                    flush=True,
                )


def make_views(
    pictures: Sequence[Picture], names: Sequence[str], wanted: str, count: int
) -> list[View]:
    """``count`` views that show the class and ``count`` that show no problem, in turns."""
    rng = random.Random(SEED)
    problems = [names.index(name) for name in PROBLEMS]
    clean = [
        p
        for p in pictures
        if set(names) <= p.exhaustive and not np.isin(p.truth_class, problems).any()
    ]
    showing = [
        p
        for p in pictures
        if p.dataset == SETS[wanted] and (p.truth_class == names.index(wanted)).any()
    ]
    views = []
    for photo in rng.sample(showing, min(count, len(showing))):
        among = [photo, *rng.sample(clean, COLUMNS * ROWS - 1)]
        rng.shuffle(among)
        views.append(View(tuple(among), True))
        views.append(View(tuple(rng.sample(clean, COLUMNS * ROWS)), False))
    return views


def measure(engine: Engine, views: Sequence[View], name: str, mode: TileMode) -> dict[str, object]:
    """Precision and recall of "the view shows it", with 95 % intervals over drawings of views."""
    said = []
    for view in views:
        image = view.image()
        found = look(engine, image, (image.shape[1], image.shape[0]), mode)
        said.append(bool((found.class_id == found.names.index(name)).any()))
    told, shows = np.array(said), np.array([view.shows for view in views])

    def precision(rows: Sequence[int]) -> float:
        right = (told & shows)[list(rows)].sum()
        return float(right / told[list(rows)].sum()) if told[list(rows)].any() else float("nan")

    def recall(rows: Sequence[int]) -> float:
        shown = shows[list(rows)]
        return float(told[list(rows)][shown].mean()) if shown.any() else float("nan")

    every, each = range(len(views)), list(range(len(views)))
    return {
        "views": len(views),
        "precision": round(precision(every), 3),
        "precision_95": [round(v, 3) for v in interval(each, precision, DRAWS)],
        "recall": round(recall(every), 3),
        "recall_95": [round(v, 3) for v in interval(each, recall, DRAWS)],
    }


def _cell(image: Image) -> Image:
    """The photo in a sixth of the view. Square ones were 4:3 before their set was stretched."""
    height_px, width_px = image.shape[:2]
    if width_px == height_px:
        return np.asarray(cv2.resize(image, (CELL_W, CELL_H)), np.uint8)
    scale = min(CELL_W / width_px, CELL_H / height_px)
    small = cv2.resize(image, (round(width_px * scale), round(height_px * scale)))
    cell = np.full((CELL_H, CELL_W, 3), GREY, np.uint8)
    top, left = (CELL_H - small.shape[0]) // 2, (CELL_W - small.shape[1]) // 2
    cell[top : top + small.shape[0], left : left + small.shape[1]] = small
    return cell


if __name__ == "__main__":
    main()
