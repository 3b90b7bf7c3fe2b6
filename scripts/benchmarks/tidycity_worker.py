"""The contestant tidycity: MODEL FOLDER-OF-PHOTOS TILES."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from detect.batch import analyze_photos
from detect.engines import open_engine
from detect.sources import find_photos
from scripts.benchmarks.contest import serve


def main() -> None:
    model, folder, tiles = sys.argv[1:]
    engine = open_engine(model)
    sources = list(find_photos([Path(folder)]))

    def work(first: int, count: int) -> int:
        chosen = sources[first : first + count]
        results = analyze_photos(
            chosen, engine, tiles=tiles, keep_bytes=True, now=datetime.now(UTC)
        )
        return sum(result.status == "ok" for result in results)

    serve(work)


if __name__ == "__main__":
    main()
