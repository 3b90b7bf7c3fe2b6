"""What is known of cameras' views, a file a camera: a restarted or another worker goes on from it.

``<data_dir>/cameras/<id>.view``. Written after a place was taken up or given up, now and then, and
when a camera is let go; replaced whole. Without it a worker takes the first picture for the view.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from api.watching.desk import Desk
from detect.errors import BadInput
from detect.stream.look import Look
from detect.stream.remembered import Remembered, packed, unpacked
from issues.cameras.camera import Camera

_log = logging.getLogger(__name__)

FOLDER = "cameras"
EVERY_S = 300.0
SOON_S = 5.0


@dataclass(slots=True)
class _Written:
    """What was last kept of a camera: when, which places, how many views."""

    at_s: float
    places: frozenset[str]
    views: int


class KeptViews:
    """Keeps views under ``data_dir``; may be called from many threads, for one camera from one."""

    def __init__(self, data_dir: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder = data_dir / FOLDER
        self._monotonic = monotonic
        self._written: dict[str, _Written] = {}

    def read(self, camera: Camera) -> Remembered:
        """What is known of a camera; nothing where another address was watched under its id."""
        path = view_path(self._folder, camera.id)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return Remembered()
        except OSError as error:
            _log.warning("%s can't be read: %s", path, error.strerror)
            return Remembered()
        if data[:4] != _mark(camera):
            return Remembered()
        try:
            return unpacked(data[4:])
        except BadInput as error:
            _log.warning("%s: %s %s", path, error, error.mend)
            return Remembered()

    def offer(self, look: Look, desk: Desk) -> bool:
        """Keeps what is known after this look if it is time to; whether it did. Raises nothing."""
        if not look.usable:
            return False
        now_s = self._monotonic()
        places, views = frozenset(desk.ground.places), len(look.references)
        before = self._written.get(look.camera)
        if before is not None:
            changed = places != before.places or views != before.views
            if now_s - before.at_s < (SOON_S if changed else EVERY_S):
                return False
        self._written[look.camera] = _Written(now_s, places, views)
        return self._write(look, desk)

    def let_go(self, camera: str) -> None:
        """The next look of this camera is kept, whenever it comes."""
        self._written.pop(camera, None)

    def _write(self, look: Look, desk: Desk) -> bool:
        path = view_path(self._folder, look.camera)
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(_mark(desk.camera) + packed(look.references, desk.ground))
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            _log.warning("the view of %s is not kept: %s", look.camera, error.strerror)
            return False
        return True


def view_path(folder: Path, camera: str) -> Path:
    """The file of a camera's view. Ids of cameras are plain file names."""
    return folder / f"{camera}.view"


def _mark(camera: Camera) -> bytes:
    """Tells the address that was watched."""
    return zlib.crc32(camera.url.encode()).to_bytes(4, "big")
