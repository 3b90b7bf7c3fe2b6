"""CPU time a photo with one model, with two, with all of a set.

CPU time of the whole process, not the clock: it says the same on a machine that others use too.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from pathlib import Path

from detect.batch import analyze_photos
from detect.cores import usable_cores
from detect.engines import open_engine
from detect.sources import find_photos


def main() -> None:
    args = arguments()
    print(f"{platform.machine()}, {usable_cores()} cores, {os.uname().release}")
    names = args.models.split("+")
    photos = list(find_photos([args.photos]))
    for count in range(1, len(names) + 1):
        chosen = "+".join(names[:count])
        rounds = [cpu_ms(chosen, args.photos, len(photos)) for _ in range(args.rounds)]
        middle = statistics.median(rounds)
        print(f"{chosen:24} {middle:7.1f} ms CPU a photo (median of {args.rounds} rounds)")


def cpu_ms(models: str, folder: Path, count: int) -> float:
    """Milliseconds of CPU for each photo, networks compiled before."""
    engine = open_engine(models, threads=1)
    for _ in analyze_photos(list(find_photos([folder]))[:2], engine, workers=1):
        pass
    begin = time.process_time()
    found = sum(1 for _ in analyze_photos(find_photos([folder]), engine, workers=1))
    spent = time.process_time() - begin
    if found != count:
        raise SystemExit(f"{count} photos, {found} results")
    return 1000 * spent / count


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench_models", description=__doc__)
    parser.add_argument("--models", default="street+stall+pest")
    parser.add_argument("--photos", type=Path, default=Path("samples/patrol"))
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
