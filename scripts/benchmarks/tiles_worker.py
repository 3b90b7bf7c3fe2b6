"""The contestant tidycity's tiles: MODEL-FOLDER PHOTOS OUT. The whole picture and 2 x 2 tiles."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2

from detect.engines import open_engine
from detect.tiling import TilePlan, detect_tiled
from scripts.benchmarks.contest import serve


def main() -> None:
    model, photos, out = (Path(text) for text in sys.argv[1:4])
    engine = open_engine(model)
    paths = sorted(photos.glob("*.png"))

    def work(first: int, count: int) -> int:
        with out.open("a", encoding="utf-8") as lines:
            for path in paths[first : first + count]:
                found = detect_tiled(cv2.imread(str(path)), engine.detect, TilePlan(2, 2))
                rows = [
                    [*map(float, box), float(score), float(class_id)]
                    for box, score, class_id in zip(
                        found.xyxy, found.score, found.class_id, strict=True
                    )
                ]
                lines.write(json.dumps({"photo": path.name, "rows": rows}) + "\n")
        return count

    serve(work)


if __name__ == "__main__":
    main()
