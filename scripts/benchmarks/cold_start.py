"""From process start to the first result of a 12-megapixel photo, and peak memory, without torch.

Each try is a new process. The first has no compiled network in its cache, the others have: that is
what the first run on a machine, and every later one, feel like.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scripts.benchmarks.large_photos import make_photos

GOAL_S, GOAL_MB = 2.5, 400
BATCH = 40


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench_cold_start", description=__doc__)
    parser.add_argument("--model", help="name or folder of a model (default: the default one)")
    parser.add_argument("--tries", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="keep the photos here for the next time")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _look(options.child, options.model)
        return
    with tempfile.TemporaryDirectory(prefix="bench-cold-") as scratch:
        photos = make_photos(options.folder or Path(scratch) / "photos", BATCH)
        cache = Path(scratch) / "cache"
        rows = [_try(photos[0], options.model, cache) for _ in range(options.tries + 1)]
        _tell("first run, nothing compiled", rows[:1])
        _tell("later runs", rows[1:])
        many = _try(photos[0].parent, options.model, cache)
        print(f"{many['photos']} photos: peak {many['peak_mb']:.0f} MB")
        print(f"goals: {GOAL_S} s, {GOAL_MB} MB; load {os.getloadavg()[0]:.1f}")


def _try(path: Path, model: str | None, cache: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "scripts.benchmarks.cold_start", "--child", str(path)]
    if model is not None:
        command += ["--model", model]
    env = os.environ | {"TIDYCITY_CACHE": str(cache), "BENCH_STARTED": repr(time.time())}
    done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def _tell(name: str, rows: list[dict[str, Any]]) -> None:
    wall = statistics.median(row["wall_s"] for row in rows)
    cpu = statistics.median(row["cpu_s"] for row in rows)
    peak = max(row["peak_mb"] for row in rows)
    print(f"{name}: {wall:.2f} s ({cpu:.2f} s of processor time), peak {peak:.0f} MB")


def _look(path: Path, model: str | None) -> None:
    """The child: looks at what it is given and tells when the first result was there."""
    from detect.batch import analyze_photos
    from detect.engines import open_engine
    from detect.sources import find_photos

    first_s = first_cpu_s = 0.0
    photos = 0
    for result in analyze_photos(find_photos([path]), open_engine(model), keep_bytes=True):
        if not photos:
            first_s = time.time() - float(os.environ["BENCH_STARTED"])
            first_cpu_s = time.process_time()
        photos += result.status == "ok"
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps({"wall_s": first_s, "cpu_s": first_cpu_s, "photos": photos, "peak_mb": peak_mb})
    )


if __name__ == "__main__":
    main()
