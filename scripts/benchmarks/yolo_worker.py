"""The contestant ``yolo predict``: WEIGHTS PHOTOS save|no INPUT-PX. Needs ultralytics only."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ultralytics import YOLO

from scripts.benchmarks.contest import serve


def main() -> None:
    weights, folder, save, input_px = sys.argv[1:]
    yolo = YOLO(weights)
    photos = sorted(Path(folder).glob("*.jpg"))
    with tempfile.TemporaryDirectory(prefix="bench-yolo-") as out:

        def work(first: int, count: int) -> int:
            with tempfile.TemporaryDirectory() as chunk:
                for photo in photos[first : first + count]:
                    (Path(chunk) / photo.name).symlink_to(photo)
                results = yolo.predict(
                    chunk,
                    imgsz=int(input_px),
                    device="cpu",
                    stream=True,
                    verbose=False,
                    save=save == "save",
                    project=out,
                    exist_ok=True,
                )
                return sum(1 for _ in results)

        serve(work)


if __name__ == "__main__":
    main()
