"""A real RTSP server for tests (GStreamer's), and clips for it to serve."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")


@dataclass(frozen=True)
class Mount:
    """What is served under one path. ``stalled``: it is announced, and nothing ever comes."""

    path: str
    file: str
    user: str = ""
    password: str = ""
    stalled: bool = False


def missing() -> str | None:
    """Why no RTSP server can be had here; None if one can."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"no {SYSTEM_PYTHON}"
    test = (
        "import gi; gi.require_version('GstRtspServer', '1.0'); "
        "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
        "assert all(map(Gst.ElementFactory.find, ('qtdemux', 'h264parse', 'rtph264pay')))"
    )
    done = subprocess.run([SYSTEM_PYTHON, "-c", test], capture_output=True, check=False)
    return None if done.returncode == 0 else "GStreamer's RTSP server is not installed"


needs_rtsp = pytest.mark.skipif(bool(why := missing()), reason=why or "")


class RtspServer:
    """Serves mounts on a port of its own; may be killed and started again."""

    def __init__(self, mounts: Sequence[Mount], port: int | None = None) -> None:
        self.mounts = tuple(mounts)
        self.port = port or free_port()
        self._process: subprocess.Popen[str] | None = None

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> RtspServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        what = json.dumps([asdict(mount) for mount in self.mounts])
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), str(self.port), what],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_clip(
    path: Path,
    *,
    seconds: float = 30.0,
    size: tuple[int, int] = (320, 180),
    fps: int = 8,
    gop: int = 8,
    seed: int = 0,
    frozen: bool = False,
    heap: bool = False,
) -> Path:
    """An H.264 clip of a street of blocks with noise and a moving car; deterministic.

    ``heap``: something red lies there all the time.
    """
    import av

    width_px, height_px = size
    chance = np.random.default_rng(seed)
    ground = chance.integers(60, 130, (height_px // 10, width_px // 10, 3), np.uint8)
    ground = ground.repeat(10, 0).repeat(10, 1)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        stream.gop_size = gop
        for i in range(int(seconds * fps)):
            image = ground.astype(np.int16)
            if heap:
                image[110:150, 200:260] = (30, 30, 250)
            if not frozen:
                image = image + chance.integers(-9, 10, image.shape, np.int16)
                x = (i * 5) % (width_px - 40)
                image[height_px // 2 : height_px // 2 + 24, x : x + 40] = (90, 60, 60)
            frame = av.VideoFrame.from_ndarray(
                np.clip(image, 0, 255).astype(np.uint8), format="bgr24"
            )
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def wait_for(what: object, seconds: float = 15.0) -> bool:
    """Whether ``what()`` became true within the time."""
    assert callable(what)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return bool(what())
