"""Last pictures of cameras as they leave: faces blurred, kept in memory until a newer one comes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore, Lock

from api.pictures import Drawn
from issues.errors import NotFound

FOLDER = "cameras"
KEPT = 256


@dataclass(frozen=True, slots=True)
class Taken:
    """Which picture there is: a tag that changes with it, and when it was written."""

    tag: str
    at: datetime


class CameraPictures:
    """Serves ``<data_dir>/cameras/<id>.jpg``; two are blurred at a time."""

    def __init__(self, data_dir: Path, *, blur_faces: bool) -> None:
        self._folder = data_dir / FOLDER
        self._blur_faces = blur_faces
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._lock = Lock()
        self._turn = BoundedSemaphore(2)

    def taken(self, camera: str) -> Taken | None:
        """The picture that there is of a camera; None: none yet."""
        try:
            status = self._path(camera).stat()
        except OSError:
            return None
        what = f"{camera}-{status.st_mtime_ns}-{status.st_size}-{self._blur_faces}"
        tag = hashlib.sha256(what.encode()).hexdigest()[:24]
        return Taken(tag, datetime.fromtimestamp(status.st_mtime, UTC))

    def draw(self, camera: str) -> Drawn:
        """The picture as a JPEG. Raises NotFound, ModelError."""
        taken = self.taken(camera)
        if taken is None:
            raise _none_yet(camera)
        with self._lock:
            kept = self._kept.get(camera)
        if kept is not None and kept[0] == taken.tag:
            return Drawn(kept[1], taken.tag)
        try:
            data = self._path(camera).read_bytes()
        except OSError as error:
            raise _none_yet(camera) from error
        with self._turn:
            jpeg = _blurred(data) if self._blur_faces else data
        with self._lock:
            self._kept[camera] = (taken.tag, jpeg)
            self._kept.move_to_end(camera)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return Drawn(jpeg, taken.tag)

    def forget(self, camera: str) -> None:
        """Deletes a camera's picture and what is known of its view, if there is any."""
        path = self._path(camera)
        path.unlink(missing_ok=True)
        path.with_suffix(".view").unlink(missing_ok=True)
        with self._lock:
            self._kept.pop(camera, None)

    def _path(self, camera: str) -> Path:
        """The file; an id that is no plain file name is looked for under a name that can't be."""
        plain = camera.replace("/", "").replace("\\", "").replace("\0", "").lstrip(".")
        return self._folder / f"{plain if plain == camera else '-'}.jpg"


def _none_yet(camera: str) -> NotFound:
    return NotFound(
        f"there is no picture of camera {camera} yet",
        code="no_picture",
        mend="A worker (`tidycity watch`) keeps one within half a minute of its first look.",
    )


def _blurred(data: bytes) -> bytes:
    import cv2
    import numpy as np

    from detect.drawing import encode_jpeg
    from detect.privacy import blur_faces

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise NotFound(
            "the last picture can't be read",
            code="no_picture",
            mend="The worker writes another within half a minute.",
        )
    return encode_jpeg(blur_faces(np.asarray(image, np.uint8))[0], quality=82)
