"""How long a rectification list with pictures takes, and how much memory.

Every row has a photo of its own before, four in ten one after. The small pictures are made when a
photo is kept as evidence (decode, look for faces, shrink): what that costs a photo is measured on
some hundred. The first list finds them made, box and all; it is measured as that, and once more as
the first list with other boxes, which are drawn on the small clean pictures. Each runs in a process
of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from issues.catalogue import load_catalogue
from issues.exports.columns import Listing
from issues.exports.delimited import write_csv
from issues.exports.geojson import write_geojson
from issues.exports.pictures import PictureRequest, Pictures
from issues.exports.words import Words
from issues.exports.workbook import PICTURE_PX, Title, picture_requests, write_workbook
from issues.issue import Severity, Status
from issues.rows import AreaRow, FrameRef, IssueRow

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
GOAL_S, GOAL_MB = 30, 500
KINDS = 12


class BenchEvidence:
    """As many different photos as asked for, made of a few files: each sha256 is its own photo."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(folder.glob("*.jpg"))

    def read(self, sha256: str) -> bytes:
        return self._files[int(sha256[:6], 16) % len(self._files)].read_bytes()


class DistinctPictures(Pictures):
    """Pictures that differ in their last bytes, so that no two are stored as one."""

    def jpeg(self, request: PictureRequest, max_side_px: int) -> bytes | None:
        jpeg = super().jpeg(request, max_side_px)
        return jpeg and jpeg + request.sha256.encode()


def make_photos(folder: Path, megapixels: float) -> None:
    """Photos with the texture of asphalt, so that they have the size of real ones."""
    folder.mkdir(exist_ok=True)
    height = int((megapixels * 1e6 * 3 / 4) ** 0.5)
    for kind in range(KINDS):
        random = np.random.default_rng(kind)
        shape = random.integers(0, 255, (12, 16, 3)).astype(np.uint8)
        ground = cv2.resize(shape, (height * 4 // 3, height), interpolation=cv2.INTER_CUBIC)
        grain = cv2.resize(
            random.normal(0, 40, (height // 2, height * 2 // 3)).astype(np.float32),
            (height * 4 // 3, height),
        )
        photo = np.clip(ground.astype(np.float32) + grain[..., None], 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{kind}.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, 88])


def make_rows(count: int) -> list[IssueRow]:
    """Issues of 25 units, each with photos of its own."""
    areas = [
        AreaRow(f"g{n}", "grid", f"第{n}网格", f"Grid {n}", f"环卫{n}所", f"Unit {n}", "王", "138")
        for n in range(25)
    ]
    return [_row(n, areas[n % len(areas)]) for n in range(count)]


def _row(n: int, area: AreaRow) -> IssueRow:
    seen = NOW - timedelta(minutes=n)
    sha256 = hashlib.sha256(f"before {n}".encode()).hexdigest()
    before = FrameRef(n, sha256, f"{n}.jpg", seen, (0.3, 0.4, 0.6, 0.7), 0.8, True)
    later = hashlib.sha256(f"after {n}".encode()).hexdigest()
    after = dataclasses.replace(before, sha256=later, box=None)
    return IssueRow(
        id=f"id-{n}",
        number=f"TC-2026-{n:06d}",
        status=Status.CONFIRMED,
        proposal=None,
        category="litter.pile",
        group="litter",
        severity=Severity.NORMAL,
        lat=30.0 + n * 1e-5,
        lon=120.0,
        accuracy_m=8.0,
        area=area,
        first_seen=seen,
        last_seen=seen,
        cleared_at=None,
        observations=2,
        photos=1,
        recurrences=0,
        best_score=0.8,
        confirmed_at=seen,
        closed_at=None,
        deadline=seen + timedelta(days=1),
        reject_reason=None,
        duplicate_of=None,
        experimental=False,
        suspected=False,
        best=before,
        after=after if n % 10 < 4 else None,
        version=1,
        created_at=seen,
        updated_at=seen,
    )


def export(kind: str, rows: list[IssueRow], folder: Path) -> dict[str, float]:
    """One export: seconds, peak memory of this process, size of the file."""
    catalogue = load_catalogue()
    listing = Listing(Words("zh", catalogue.calendar.zone), catalogue)
    path = folder / f"list.{kind}"
    started, busy = time.perf_counter(), time.process_time()
    if kind == "csv":
        write_csv(path, rows, listing)
    elif kind == "geojson":
        write_geojson(path, rows, catalogue, made_at=NOW)
    else:
        pictures = DistinctPictures(BenchEvidence(folder / "photos"), cache=folder / "cache")
        write_workbook(path, rows, listing, Title(NOW, "东湖市创卫办"), pictures=pictures)
    return {
        "seconds": time.perf_counter() - started,
        "cpu_s": time.process_time() - busy,
        "peak_mb": _peak_mb(),
        "file_mb": path.stat().st_size / 1e6,
    }


def fill_cache(folder: Path, rows: list[IssueRow]) -> None:
    """Puts the pictures of every photo where intake leaves them: clean, and with the box."""
    pictures = Pictures(BenchEvidence(folder / "photos"), cache=folder / "cache")
    kinds = [pictures.jpeg(PictureRequest(f"{n:06x}" + "0" * 58), PICTURE_PX) for n in range(KINDS)]
    for row in rows:
        for request in picture_requests(row, {}).values():
            jpeg = kinds[int(request.sha256[:6], 16) % KINDS]
            path = pictures.kept_at(request, PICTURE_PX)
            if jpeg is not None and path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(jpeg)
                path.with_name(f"{request.sha256}-clean.jpg").write_bytes(jpeg)


def forget_boxes(folder: Path) -> None:
    """Leaves only the small clean pictures, as if boxes had changed."""
    for path in (folder / "cache").rglob("*.jpg"):
        if not path.stem.endswith("-clean"):
            path.unlink()


def make_cold(folder: Path, count: int) -> dict[str, float]:
    """Pictures of photos that were never shown before: seconds and CPU seconds a photo."""
    evidence = BenchEvidence(folder / "photos")
    pictures = Pictures(evidence, cache=folder / "cold")
    asked = [hashlib.sha256(f"cold {n}".encode()).hexdigest() for n in range(count)]
    box = ((0.3, 0.4, 0.6, 0.7), "litter")
    started, busy = time.perf_counter(), time.process_time()
    done = sum(pictures.shelve(sha256, evidence.read(sha256), [box]) for sha256 in asked)
    return {
        "made": done,
        "seconds": (time.perf_counter() - started) / count,
        "cpu_s": (time.process_time() - busy) / count,
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """The most memory that this process ever held (Linux)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1024


def _alone(rows: int, kind: str, folder: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "--rows", str(rows), "--one", kind, folder]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    took: dict[str, float] = json.loads(run.stdout)
    return took


def main() -> None:
    """Makes the photos, runs each measurement in its own process, prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--cold", type=int, default=100, help="photos that are made anew")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        kind, folder = chosen.one
        if kind == "cold":
            print(json.dumps(make_cold(Path(folder), chosen.rows)))
        else:
            print(json.dumps(export(kind, make_rows(chosen.rows), Path(folder))))
        return
    with tempfile.TemporaryDirectory() as name:
        make_photos(Path(name) / "photos", chosen.megapixels)
        size_mb = sum(p.stat().st_size for p in Path(name).rglob("*.jpg")) / KINDS / 1e6
        print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}", flush=True)
        cold = _alone(chosen.cold, "cold", name)
        print(
            f"at intake, {chosen.cold} photos of {chosen.megapixels:g} MP ({size_mb:.1f} MB): "
            f"{cold['seconds'] * 1e3:.0f} ms each, {cold['cpu_s'] * 1e3:.0f} ms of CPU, "
            f"{cold['peak_mb']:.0f} MB at most",
            flush=True,
        )
        fill_cache(Path(name), make_rows(chosen.rows))
        print(f"{chosen.rows:,} rows, medians of {chosen.runs}")
        for title, kind in (
            ("XLSX, as intake left it", "xlsx"),
            ("XLSX, boxes to be drawn", "xlsx-boxes"),
            ("CSV", "csv"),
            ("GeoJSON", "geojson"),
        ):
            runs = []
            for _ in range(chosen.runs):
                if kind == "xlsx-boxes":
                    forget_boxes(Path(name))
                runs.append(_alone(chosen.rows, kind.split("-")[0], name))
            took = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                f"{title:24} {took['seconds']:7.1f} s, {took['cpu_s']:6.1f} s of CPU,"
                f" {took['peak_mb']:5.0f} MB at most, {took['file_mb']:6.1f} MB file",
                flush=True,
            )
    print(f"goal for XLSX at 10,000 rows: {GOAL_S} s, {GOAL_MB} MB")


if __name__ == "__main__":
    main()
