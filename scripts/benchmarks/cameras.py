"""How many cameras two cores can look through: real RTSP feeds on loopback, the real model.

Each camera sends noisy 1920x1080 H.264 at 25 fps with a key frame every 2 s, and is looked at every
5 s. The server runs on the same machine; its share of the processor is told apart. With ``--yolo``
(a Python with ultralytics and torch) ``yolo track`` gets the same feeds: it decodes and looks at
every frame, so it keeps up with a camera when it gets through 25 frames of it a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests/detect/rtsp_server.py"
FPS, GOP, EVERY_S = 25, 50, 5.0
PORT = 8744


def main() -> None:
    """Prints a line a contender."""
    given = _options()
    with tempfile.TemporaryDirectory() as folder:
        clip = given.clip or _make_clip(Path(folder) / "noisy.mp4", given.seconds + 60)
        with _serving(clip, given.cameras) as server:
            for _ in range(given.rounds):
                _watch(given, server)
                if given.yolo is not None:
                    _yolo(given, server)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120, help="of each contender's turn")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clip", type=Path, help="H.264 clip, longer than all turns together")
    parser.add_argument("--model", help="name or folder of the model [the default one]")
    parser.add_argument("--reuse", type=int, default=5, help="looks for which findings are kept")
    parser.add_argument("--yolo", type=Path, help="Python with ultralytics, to compare with")
    parser.add_argument("--weights", type=Path, help="weights for yolo track (.pt)")
    parser.add_argument("--yolo-cameras", type=int, default=2, help="feeds for yolo track")
    return parser.parse_args()


def _make_clip(path: Path, seconds: float) -> Path:
    """The sample camera's clip at 1080p with noise, as long as it takes without coding it twice."""
    minute = path.with_name("minute.mp4")
    _ffmpeg(
        *("-stream_loop", "-1", "-i", ROOT / "samples/camera/kerb.mp4", "-t", "60"),
        *("-vf", f"fps={FPS},scale=1920:1080,noise=alls=6:allf=t", "-c:v", "libx264"),
        *("-preset", "veryfast", "-g", GOP, "-keyint_min", GOP, "-sc_threshold", "0"),
        *("-b:v", "4M", "-maxrate", "4M", "-bufsize", "8M", "-pix_fmt", "yuv420p", minute),
    )
    _ffmpeg("-stream_loop", str(int(seconds // 60) + 1), "-i", minute, "-c", "copy", path)
    return path


def _ffmpeg(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


@contextmanager
def _serving(clip: Path, cameras: int) -> Iterator[subprocess.Popen[str]]:
    mounts = [
        {"path": f"/{n}", "file": str(clip), "user": "", "password": "", "stalled": False}
        for n in range(cameras)
    ]
    process = subprocess.Popen(
        ["/usr/bin/python3", str(SERVER), str(PORT), json.dumps(mounts)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _watch(given: argparse.Namespace, server: subprocess.Popen[str]) -> None:
    """Our turn: everything from connecting to findings, without a store."""
    from detect.engines import open_engine
    from detect.stream.address import FeedAddress
    from detect.stream.figures import WatchFigures
    from detect.stream.watch import Feed, Watch

    engine = open_engine(given.model)
    with Watch(engine, lambda _: None) as watch:
        for n in range(given.cameras):
            address = FeedAddress.parse(f"rtsp://127.0.0.1:{PORT}/{n}")
            watch.add(Feed(f"c{n}", address, EVERY_S, look_at_motion=False, reuse=given.reuse))
        _until_connected(watch, given.cameras)
        before, ours, theirs = _sum(watch), time.process_time(), _cpu_s(server.pid)
        began, peak_mb = time.monotonic(), 0.0
        while time.monotonic() - began < given.seconds:
            time.sleep(2)
            peak_mb = max(peak_mb, _memory_mb())
        after, took_s = _sum(watch), time.monotonic() - began
        ours, theirs = time.process_time() - ours, _cpu_s(server.pid) - theirs
        live = sum(watch.health(camera).usable for camera in watch.cameras)
    looks = WatchFigures()
    for name in looks.__dataclass_fields__:
        setattr(looks, name, getattr(after, name) - getattr(before, name))
    due = took_s / EVERY_S * given.cameras
    _tell(
        contender="tidycity watch",
        cameras=given.cameras,
        live=live,
        seconds=round(took_s),
        looks=looks.looks,
        looks_due=round(due),
        late_share=round((looks.late + looks.skipped) / max(1, looks.looks + looks.skipped), 4),
        nothing_new=looks.nothing_new,
        network_spared=round(looks.reused / max(1, looks.looks), 2),
        decode_ms=round(1000 * looks.decode_s / max(1, looks.looks), 1),
        network_ms=round(1000 * looks.network_s / max(1, looks.looks), 1),
        picture_age_s=round(looks.age_s / max(1, looks.looks), 2),
        cores_ours=round(ours / took_s, 2),
        cores_server=round(theirs / took_s, 2),
        cameras_per_core=round(looks.looks / due * given.cameras / max(0.01, ours / took_s), 1),
        memory_mb=round(peak_mb),
        load=round(os.getloadavg()[0], 1),
    )


def _until_connected(watch: object, cameras: int, wait_s: float = 120.0) -> None:
    from detect.stream.watch import Watch

    assert isinstance(watch, Watch)
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        if sum(watch.health(c).usable for c in watch.cameras) == cameras:
            return
        time.sleep(0.5)


def _sum(watch: object) -> object:
    from detect.stream.figures import WatchFigures
    from detect.stream.watch import Watch

    assert isinstance(watch, Watch)
    total = WatchFigures()
    for figures in watch.figures().values():
        total.add(figures)
    return total


YOLO = """
import json, sys, time
from ultralytics import YOLO
feeds, weights, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
model, began, frames = YOLO(weights), None, 0
for results in model.track(source=feeds, stream=True, verbose=False, imgsz=512, persist=True):
    began = began or time.monotonic()
    frames += 1
    if time.monotonic() - began > seconds:
        break
took = time.monotonic() - began
print(json.dumps({"frames": frames, "seconds": took, "cpu": time.process_time()}), flush=True)
import os; os._exit(0)
"""


def _yolo(given: argparse.Namespace, server: subprocess.Popen[str]) -> None:
    """The other's turn, on as many feeds as it is given."""
    with tempfile.TemporaryDirectory() as folder:
        feeds = Path(folder) / "feeds.streams"
        lines = [f"rtsp://127.0.0.1:{PORT}/{n}" for n in range(given.yolo_cameras)]
        feeds.write_text("\n".join(lines), "utf-8")
        environment = os.environ | {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
        command = [given.yolo, "-c", YOLO, feeds, given.weights, min(given.seconds, 60)]
        theirs = _cpu_s(server.pid)
        began = time.monotonic()
        done = subprocess.run(
            [str(part) for part in command], env=environment, capture_output=True, text=True,
            check=False, cwd=folder,
        )  # fmt: skip
    if done.returncode != 0 or not done.stdout.strip():
        sys.stderr.write(done.stderr[-2000:])
        return
    told = json.loads(done.stdout.strip().splitlines()[-1])
    rate = told["frames"] / told["seconds"]
    cores = told["cpu"] / (time.monotonic() - began)
    _tell(
        contender="yolo track",
        cameras=given.yolo_cameras,
        frames_a_second=round(rate, 1),
        cameras_kept_up_with=round(rate / FPS, 2),
        cores_ours=round(cores, 2),
        cores_server=round((_cpu_s(server.pid) - theirs) / (time.monotonic() - began), 2),
        cameras_per_core=round(rate / FPS / max(0.01, cores), 2),
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


def _tell(**figures: object) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
