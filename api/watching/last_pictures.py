"""The last picture of each camera, for people to look at: one small file a camera.

They are a convenience, not evidence: written seldom, replaced whole, never synced, and left out
when the disk is nearly full, so that evidence and the store have the room that is left.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from detect.stream.look import Look

_log = logging.getLogger(__name__)

EVERY_S = 20.0
FOLDER = "cameras"
_QUALITY = 80
_LOOK_AGAIN_S = 30.0


def picture_path(data_dir: Path, camera: str) -> Path:
    """Where a camera's last picture lies. Ids of cameras are plain file names."""
    return data_dir / FOLDER / f"{camera}.jpg"


class LastPictures:
    """Keeps one picture a camera under ``data_dir``; may be called from many threads.

    ``keep_free_mb``: below this much free disk it writes none and says so in the log, once.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        every_s: float = EVERY_S,
        keep_free_mb: int = 500,
        monotonic: Callable[[], float] = time.monotonic,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._data_dir = data_dir
        self._every_s = every_s
        self._keep_free_bytes = keep_free_mb * 1_000_000
        self._monotonic = monotonic
        self._free_bytes = free_bytes
        self._written_s: dict[str, float] = {}
        self._lock = threading.Lock()
        self._room = True
        self._looked_s: float | None = None
        self.left_out = 0

    @property
    def room(self) -> bool:
        """Whether there was room when it last looked."""
        return self._room

    def offer(self, look: Look) -> bool:
        """Keeps this look's picture if it is time for one; whether it did. Raises nothing."""
        if look.image is None or not self._due(look.camera):
            return False
        path = picture_path(self._data_dir, look.camera)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._has_room(path.parent):
                self.left_out += 1
                return False
            _write(path, look.image)
        except OSError as error:
            self._tell(room=False, why=error.strerror or str(error))
            self.left_out += 1
            return False
        return True

    def forget(self, camera: str) -> None:
        """The next look of this camera is kept again, however soon it comes."""
        with self._lock:
            self._written_s.pop(camera, None)

    def _due(self, camera: str) -> bool:
        now_s = self._monotonic()
        with self._lock:
            before_s = self._written_s.get(camera)
            if before_s is not None and now_s - before_s < self._every_s:
                return False
            self._written_s[camera] = now_s
        return True

    def _has_room(self, folder: Path) -> bool:
        now_s = self._monotonic()
        if self._looked_s is None or now_s - self._looked_s >= _LOOK_AGAIN_S:
            self._looked_s = now_s
            free = self._free_bytes(folder)
            self._tell(room=free >= self._keep_free_bytes, why=f"{free / 1e6:.0f} MB are free")
        return self._room

    def _tell(self, *, room: bool, why: str) -> None:
        with self._lock:
            before, self._room = self._room, room
        if before and not room:
            _log.warning("no last pictures of cameras are kept in %s: %s", self._data_dir, why)
        elif room and not before:
            _log.info("last pictures of cameras are kept again: %s", why)


def _write(path: Path, image: np.ndarray) -> None:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise OSError(f"a picture of {image.shape} could not be coded")
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        temporary.write_bytes(data.tobytes())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
