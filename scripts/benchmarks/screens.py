"""Photos of a screen: how many are suspected, and how many real photos are suspected wrongly.

Needs the labelled pictures in ../shared/data. The photos of a screen are simulated (``recapture``);
no screen was photographed. ``--half 0`` is for choosing the limit, ``--half 1`` is reported.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from detect.screen import SUSPECT, screen_pattern
from detect.types import Image
from scripts.benchmarks.recapture import recaptured
from scripts.benchmarks.verify import DATA, half_of, wilson
from scripts.benchmarks.view_change import compressed

FOLDERS = ("street-garbage-cn", "litter-taco")
out = sys.stdout.write


def photos(half: int, count: int) -> list[Path]:
    """Real photos of a half, far apart in their folders."""
    found = [path for name in FOLDERS for path in sorted((DATA / name / "images").glob("*.webp"))]
    mine = [path for path in found if half_of(f"{path.parent.parent.name}/{path.name}") == half]
    return mine[:: max(1, len(mine) // count)][:count]


def read(path: Path) -> Image:
    """The picture's pixels."""
    return np.asarray(cv2.imread(str(path)), np.uint8)


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--half", type=int, default=1, choices=(0, 1))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--photos", type=int, default=300)
    options.add_argument("--recaptures", type=int, default=50)
    given = options.parse_args()
    if not DATA.is_dir():
        out(f"bench_screens needs {DATA}, which is not there: nothing measured\n")
        return
    cv2.setNumThreads(1)
    chosen = photos(given.half, given.photos)
    started = time.process_time()
    told = [screen_pattern(read(path)) for path in chosen]
    spent = time.process_time() - started
    wrong = sum(one >= SUSPECT for one in told)
    out(f"half {given.half}, seed {given.seed}: suspected from {SUSPECT} of the pieces on\n")
    out(f"real photos suspected {wilson(wrong, len(told))}; ")
    out(f"{1000 * spent / max(1, len(told)):.0f} ms of processor time each, reading included\n")
    rng = random.Random(given.seed)
    # The labelled pictures are WebP; phones write JPEG, whose blocks are a pattern too.
    sent = [screen_pattern(compressed(read(path), rng.randint(35, 92))) for path in chosen]
    wrong = sum(one >= SUSPECT for one in sent)
    out(f"the same as JPEG of quality 35 to 92: suspected {wilson(wrong, len(sent))}\n")
    for shrunk in (1.0, 0.7):
        step = max(1, len(chosen) // given.recaptures)
        made = [recaptured(read(path), rng, shrunk=shrunk) for path in chosen[::step]]
        caught = sum(screen_pattern(image) >= SUSPECT for image in made)
        out(f"simulated photos of a screen, shrunk to {shrunk:g}: {wilson(caught, len(made))}\n")


if __name__ == "__main__":
    main()
