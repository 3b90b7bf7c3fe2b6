"""Renders training scenes: `sprites`, whole `streets`, or `traces` of pests, each from its seed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.scenes import sprite, street_scene, trace_scene

Maker = Callable[[np.random.Generator, Path, int], object]
KINDS: dict[str, tuple[str, Maker]] = {
    "sprites": (".png", sprite.render),
    "streets": (".jpg", street_scene.render),
    "traces": (".jpg", trace_scene.render),
}


def main() -> None:
    args = arguments()
    suffix, render = KINDS[args.kind]
    args.out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + args.minutes * 60
    for number in range(args.first, args.first + args.count):
        path = args.out / f"{args.kind}-{number:05d}{suffix}"
        if path.exists():
            continue
        begin = time.monotonic()
        if begin > until:
            break
        render(np.random.default_rng([args.seed, number]), path, args.samples)
        print(f"DONE {path.name} {time.monotonic() - begin:.1f} s", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/make_scenes", description=__doc__)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("out", type=Path, help="folder for the pictures and their boxes")
    parser.add_argument("--first", type=int, default=0, help="number of the first scene")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="another seed, other scenes")
    parser.add_argument("--samples", type=int, default=6, help="Cycles samples a pixel")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long")
    return parser.parse_args()


if __name__ == "__main__":
    main()
