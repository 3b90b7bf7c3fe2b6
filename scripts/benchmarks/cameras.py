"""How many cameras two cores can look through: real RTSP feeds on loopback, the real model.

Each camera sends noisy 1920x1080 H.264 at 25 fps with a key frame every 2 s, and is looked at every
5 s. The server runs on the same machine; its share of the processor is told apart. With
``--beside-yolo`` (a Python with ultralytics and torch) ``yolo track`` gets the same feeds in turns
with us: it decodes and looks at every frame, so it keeps up with a camera when it gets through 25
frames of it a second. Ctrl-C ends it with what it has.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detect.stream.figures import WatchFigures
    from detect.stream.watch import Watch
    from detect.types import Engine

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests/detect/rtsp_server.py"
FPS, GOP, EVERY_S = 25, 50, 5.0
PORT = 8744
PART_S, BEGINNINGS = 25, 5
OPEN = {"user": "", "password": "", "stalled": False}
LATE_SHARE = 0.05
"""Keeping up: no more looks than this late by more than an interval."""
LOOKS = (
    ("cameras", "cameras"),
    ("live", "live"),
    ("minutes", "minutes"),
    ("looks", "looks"),
    ("looks_due", "due"),
    ("late_share", "late"),
    ("cpu_ms", "CPU ms/look"),
    ("decode_ms", "decode ms"),
    ("network_ms", "network ms"),
    ("network_spared", "spared"),
    ("cores_ours", "cores"),
    ("cores_server", "server"),
    ("cameras_per_core", "cameras/core"),
    ("memory_mb", "MB"),
    ("load", "load"),
)
FRAMES = (
    ("cameras", "feeds"),
    ("frames_a_second", "frames/s"),
    ("cpu_ms", "CPU ms/frame"),
    ("cameras_kept_up_with", "kept up with"),
    ("cores_ours", "cores"),
    ("cores_server", "server"),
    ("cameras_per_core", "cameras/core"),
)


def main() -> None:
    """Prints a table a contender, and the memory over time; ``--json``: a line a turn."""
    given = _options()
    turns: list[dict[str, object]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        _take_turns(given, turns)
    except KeyboardInterrupt:
        sys.stderr.write("stopped: what follows are the turns that ended\n")
    if given.json:
        sys.stdout.writelines(json.dumps(turn) + "\n" for turn in turns)
        return
    _table("tidycity watch", LOOKS, [turn for turn in turns if "looks" in turn])
    _table("yolo track", FRAMES, [turn for turn in turns if "frames_a_second" in turn])
    _bound(turns)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _take_turns(given: argparse.Namespace, turns: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        counts = given.cameras
        sys.stderr.write("making the clip…\n")
        clips = given.clip or _make_clips(Path(folder), given)
        with _serving(clips, max(counts)) as server:
            for turn in range(given.rounds):
                for cameras in counts:
                    sys.stderr.write(f"round {turn + 1}: {cameras} cameras\n")
                    turns.append(_watch(given, server, cameras))
                if given.yolo is not None:
                    sys.stderr.write(f"round {turn + 1}: yolo track\n")
                    turns += _yolo(given, server)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cameras", type=int, nargs="+", default=[100], help="how many; several: a turn each"
    )
    parser.add_argument("--minutes", type=float, help="of each of our turns")
    parser.add_argument("--seconds", type=float, default=120, help="the same in seconds")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--every", type=float, default=EVERY_S, help="seconds between looks")
    parser.add_argument(
        "--clip",
        type=Path,
        nargs="+",
        help="H.264 clips longer than all turns, by turns",
    )
    parser.add_argument("--model", help="name or folder, such as street@int8 [the default one]")
    parser.add_argument("--reuse", type=int, default=5, help="looks for which findings are kept")
    parser.add_argument("--workers", type=int, help="threads that look [a core each]")
    parser.add_argument(
        "--beside-yolo", dest="yolo", type=Path, nargs="?", const=Path(sys.executable),
        help="take turns with yolo track; a Python that has ultralytics [this one]",
    )  # fmt: skip
    parser.add_argument("--weights", default="yolo11n.pt", help="weights for yolo track (.pt)")
    parser.add_argument("--yolo-cameras", type=int, default=2, help="feeds for yolo track")
    parser.add_argument("--yolo-seconds", type=float, default=60, help="of each of its turns")
    parser.add_argument("--json", action="store_true", help="a JSON line a turn")
    given = parser.parse_args()
    if given.minutes is not None:
        given.seconds = 60 * given.minutes
    return given


def _make_clips(folder: Path, given: argparse.Namespace) -> list[Path]:
    """The sample camera's clip at 1080p with noise, as long as it takes without coding it twice.

    Several, that begin at other moments: a car doesn't pass all cameras of a city at once.
    """
    each = given.seconds * len(given.cameras) + given.yolo_seconds + 180
    part = folder / "part.mp4"
    _ffmpeg(
        *("-stream_loop", "-1", "-i", ROOT / "samples/camera/kerb.mp4", "-t", PART_S),
        *("-vf", f"fps={FPS},scale=1920:1080,noise=alls=6:allf=t", "-c:v", "libx264"),
        *("-preset", "veryfast", "-g", GOP, "-keyint_min", GOP, "-sc_threshold", "0"),
        *("-b:v", "4M", "-maxrate", "4M", "-bufsize", "8M", "-pix_fmt", "yuv420p", part),
    )
    loops = int(each * given.rounds // PART_S) + 2
    clips = [folder / f"noisy-{n}.mp4" for n in range(BEGINNINGS)]
    _ffmpeg("-stream_loop", loops, "-i", part, "-c", "copy", clips[0])
    for n, clip in enumerate(clips[1:], 1):
        begin_s = 2 * round(PART_S * n / BEGINNINGS / 2)  # a key frame stands there
        _ffmpeg("-ss", begin_s, "-i", clips[0], "-c", "copy", clip)
    return clips


def _ffmpeg(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


@contextmanager
def _serving(clips: Sequence[Path], cameras: int) -> Iterator[subprocess.Popen[str]]:
    mounts = [{"path": f"/{n}", "file": str(clips[n % len(clips)])} | OPEN for n in range(cameras)]
    process = subprocess.Popen(
        ["/usr/bin/python3", str(SERVER), str(PORT), json.dumps(mounts)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()


def _watch(
    given: argparse.Namespace, server: subprocess.Popen[str], cameras: int
) -> dict[str, object]:
    """Our turn: everything from connecting to findings and places, without a store."""
    from api.watching.desk import Desk
    from detect.engines import open_engine
    from detect.stream.address import FeedAddress
    from detect.stream.look import Look
    from detect.stream.watch import Feed, Watch
    from issues.cameras.camera import make_camera
    from issues.catalogue import load_catalogue

    engine, catalogue = open_engine(given.model), load_catalogue()
    desks: dict[str, Desk] = {}

    def take(look: Look) -> None:
        desks[look.camera].take(look)

    with Watch(engine, take, workers=given.workers) as watch:
        for n in range(cameras):
            url = f"rtsp://127.0.0.1:{PORT}/{n}"
            camera = make_camera({"id": f"c{n}", "url": url})
            desks[camera.id] = Desk(camera, catalogue, _finds(engine), {})
            address = FeedAddress.parse(url)
            feed = Feed(camera.id, address, given.every, look_at_motion=False, reuse=given.reuse)
            watch.add(feed)
        _until_connected(watch, cameras)
        return _measured(given, watch, server, cameras)


def _finds(engine: Engine) -> frozenset[str]:
    return frozenset(one.category for one in engine.model.classes if one.category)


def _measured(
    given: argparse.Namespace, watch: Watch, server: subprocess.Popen[str], cameras: int
) -> dict[str, object]:
    before, ours, theirs = _sum(watch), time.process_time(), _cpu_s(server.pid)
    began, memory = time.monotonic(), [_memory_mb()]
    while time.monotonic() - began < given.seconds:
        time.sleep(min(10.0, given.seconds / 12))
        memory.append(_memory_mb())
    after, took_s = _sum(watch), time.monotonic() - began
    ours, theirs = time.process_time() - ours, _cpu_s(server.pid) - theirs
    live = sum(watch.health(camera).usable for camera in watch.cameras)
    looks = {name: getattr(after, name) - getattr(before, name) for name in _FIELDS}
    made, due = max(1, looks["looks"]), took_s / given.every * cameras
    late = (looks["late"] + looks["skipped"]) / max(1, looks["looks"] + looks["skipped"])
    return {
        "contender": "tidycity watch",
        "model": given.model or "default",
        "cameras": cameras,
        "live": live,
        "minutes": round(took_s / 60, 1),
        "looks": looks["looks"],
        "looks_due": round(due),
        "late_share": round(late, 4),
        "keeps_up": late <= LATE_SHARE and live == cameras,
        "nothing_new": looks["nothing_new"],
        "cpu_ms": round(1000 * ours / made, 1),
        "decode_ms": round(1000 * looks["decode_s"] / made, 1),
        "network_ms": round(1000 * looks["network_s"] / made, 1),
        "network_spared": round(looks["reused"] / made, 2),
        "picture_age_s": round(looks["age_s"] / made, 2),
        "cores_ours": round(ours / took_s, 2),
        "cores_server": round(theirs / took_s, 2),
        "cameras_per_core": round(made / due * cameras / max(0.01, ours / took_s), 1),
        "memory_mb": round(max(memory)),
        "memory_over_time_mb": [round(mb) for mb in memory[:: max(1, len(memory) // 10)]],
        "load": round(os.getloadavg()[0], 1),
    }


_FIELDS = ("looks", "late", "skipped", "nothing_new", "reused", "age_s", "decode_s", "network_s")


def _until_connected(watch: Watch, cameras: int, wait_s: float = 120.0) -> None:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if sum(watch.health(c).usable for c in watch.cameras) == cameras:
            return
        time.sleep(0.5)


def _sum(watch: Watch) -> WatchFigures:
    from detect.stream.figures import WatchFigures

    total = WatchFigures()
    for figures in watch.figures().values():
        total.add(figures)
    return total


YOLO = """
import json, os, resource, sys, time
from ultralytics import YOLO
feeds, weights, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
model, began, frames = YOLO(weights), None, 0
for results in model.track(source=feeds, stream=True, verbose=False, imgsz=512, persist=True):
    if began is None:
        began, cpu = time.monotonic(), time.process_time()
    frames += 1
    if time.monotonic() - began > seconds:
        break
took, cpu = time.monotonic() - began, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
told = {"frames": frames, "seconds": took, "cpu": cpu, "mb": peak}
print(json.dumps(told), flush=True)
os._exit(0)
"""


def _yolo(given: argparse.Namespace, server: subprocess.Popen[str]) -> list[dict[str, object]]:
    """The other's turn, on as many feeds as it is given."""
    weights = Path(given.weights).resolve() if Path(given.weights).exists() else given.weights
    with tempfile.TemporaryDirectory() as folder:
        feeds = Path(folder) / "feeds.streams"
        lines = [f"rtsp://127.0.0.1:{PORT}/{n}" for n in range(given.yolo_cameras)]
        feeds.write_text("\n".join(lines), "utf-8")
        environment = os.environ | {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
        command = [given.yolo, "-c", YOLO, feeds, weights, given.yolo_seconds]
        theirs, began = _cpu_s(server.pid), time.monotonic()
        done = subprocess.run(
            [str(part) for part in command], env=environment, capture_output=True, text=True,
            check=False, cwd=folder, timeout=given.yolo_seconds + 300,
        )  # fmt: skip
        server_cores = (_cpu_s(server.pid) - theirs) / (time.monotonic() - began)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        sys.stderr.write(done.stderr[-2000:])
        return []
    told = json.loads(lines[-1])
    rate, cores = told["frames"] / told["seconds"], told["cpu"] / told["seconds"]
    return [
        {
            "contender": "yolo track",
            "cameras": given.yolo_cameras,
            "frames_a_second": round(rate, 1),
            "cpu_ms": round(1000 * told["cpu"] / max(1, told["frames"]), 1),
            "cameras_kept_up_with": round(rate / FPS, 2),
            "cores_ours": round(cores, 2),
            "cores_server": round(server_cores, 2),
            "cameras_per_core": round(rate / FPS / max(0.01, cores), 2),
            "memory_mb": round(told["mb"]),
        }
    ]


def _table(
    title: str, columns: tuple[tuple[str, str], ...], turns: list[dict[str, object]]
) -> None:
    if not turns:
        return
    rows = [[name for _, name in columns]]
    rows += [[str(turn[key]) for key, _ in columns] for turn in turns]
    wide = [max(len(row[n]) for row in rows) for n in range(len(columns))]
    sys.stdout.write(f"\n{title}\n")
    for row in rows:
        cells = (cell.rjust(size) for cell, size in zip(row, wide, strict=True))
        sys.stdout.write("  ".join(cells) + "\n")


def _bound(turns: list[dict[str, object]]) -> None:
    """Which counts were kept up with, and memory over time."""
    ours = [turn for turn in turns if "looks" in turn]
    for turn in ours:
        says = "keeps up" if turn["keeps_up"] else "does not keep up"
        sys.stdout.write(
            f"\n{turn['cameras']} cameras: {says}; memory over time, MB: "
            f"{turn['memory_over_time_mb']}\n"
        )


def _cpu_s(pid: int) -> float:
    """Seconds of processor that a process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb() -> float:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


if __name__ == "__main__":
    main()
