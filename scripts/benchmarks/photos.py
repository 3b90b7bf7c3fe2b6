"""Photos a second of tidycity beside ``yolo predict``, on the same photos and the same weights.

Both have their network loaded and warm; they take turns, a chunk of photos each, and medians over
the chunks are compared. ``yolo predict`` runs in its own process with ultralytics' own settings:
once as the command does (it draws the boxes and saves every picture), once without saving.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from detect.model_folder import load_card
from scripts.benchmarks.contest import Contestant
from scripts.benchmarks.large_photos import make_photos

GOAL_RATIO, GOAL_MB = 6, 400
HERE = Path(__file__).parent


def main() -> None:
    options = _options()
    torch_python = _torch_python(options.torch_python)
    with tempfile.TemporaryDirectory(prefix="bench-photos-") as folder:
        photos = options.folder or Path(folder) / "photos"
        print(f"making {options.photos} photos of 12 megapixels …", flush=True)
        paths = make_photos(photos, options.photos)
        size_mb = sum(path.stat().st_size for path in paths) / len(paths) / 1e6
        models = options.model or [_export(torch_python, options.weights, Path(folder) / "model")]
        input_px = load_card(models[0]).input_px
        yolo = (torch_python, options.weights, photos, input_px)
        contestants = [
            *(_tidycity(f"tidycity {_short(model)}", model, photos, "off") for model in models),
            _tidycity(f"tidycity {_short(models[0])}, tiles", models[0], photos, "auto"),
            _yolo("yolo predict", *yolo, save=True),
            _yolo("yolo predict save=False", *yolo, save=False),
        ]
        print(f"{size_mb:.1f} MB a photo, {_cores()} cores, load {_load()}", flush=True)
        _take_turns(contestants, options.photos, options.chunk)
    _tell(contestants)


def _take_turns(contestants: list[Contestant], photos: int, chunk: int) -> None:
    for contestant in contestants:
        contestant.start()
        contestant.turn(0, 2, counts=False)
    for first in range(0, photos, chunk):
        count = min(chunk, photos - first)
        for contestant in contestants:
            contestant.turn(first, count)
        print(f"{first + count}/{photos}, load {_load()}", flush=True)
    for contestant in contestants:
        contestant.stop()


def _tell(contestants: Sequence[Contestant]) -> None:
    ours, *_, command, unsaved = contestants
    print(f"{'':26}{'photos/s':>9}{'CPU ms a photo':>16}{'peak MB':>9}")
    for one in contestants:
        print(f"{one.name:26}{one.photos_per_s:9.1f}{one.cpu_ms:16.0f}{one.peak_mb:9.0f}")
    for other in (command, unsaved):
        print(
            f"{ours.name} is {ours.photos_per_s / other.photos_per_s:.1f} times as fast as "
            f"{other.name}, for {ours.cpu_ms / other.cpu_ms:.2f} of its processor time"
        )
    print(f"goals: {GOAL_RATIO} times, {GOAL_MB} MB")


def _short(model: str | Path) -> str:
    return Path(model).name


def _tidycity(name: str, model: str | Path, photos: Path, tiles: str) -> Contestant:
    worker = [sys.executable, "-m", "scripts.benchmarks.tidycity_worker"]
    return Contestant(name, [*worker, str(model), str(photos), tiles])


def _yolo(
    name: str, python: str, weights: Path, photos: Path, input_px: int, *, save: bool
) -> Contestant:
    command = [python, "-m", "scripts.benchmarks.yolo_worker", str(weights), str(photos)]
    return Contestant(name, [*command, "save" if save else "no", str(input_px)], _QUIET)


def _export(python: str, weights: Path, folder: Path) -> Path:
    """The same weights as an OpenVINO model's folder, by ultralytics' own export."""
    print(f"exporting {weights} …", flush=True)
    command = [python, "-m", "scripts.benchmarks.export_weights", str(weights), str(folder)]
    subprocess.run(
        command, check=True, capture_output=True, env=os.environ | _QUIET, cwd=HERE.parents[1]
    )
    return folder


_QUIET = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}


def _torch_python(given: str | None) -> str:
    if given is not None:
        return given
    if importlib.util.find_spec("ultralytics") is None:
        raise SystemExit(
            "bench_photos: ultralytics is not installed here. Run `scripts/setup torch`, or name "
            "a Python that has it: --torch-python /path/to/python"
        )
    return sys.executable


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench_photos", description=__doc__)
    parser.add_argument("--weights", type=_file, required=True, help="a .pt that both run")
    parser.add_argument(
        "--model",
        action="append",
        help="these weights exported, a name or folder (default: do it now); may be given again",
    )
    parser.add_argument("--torch-python", help="a Python with ultralytics (default: this one)")
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--chunk", type=int, default=20, help="photos a turn")
    parser.add_argument("--folder", type=Path, help="keep the photos here for the next time")
    return parser.parse_args()


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return Path(text).resolve()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    main()
