"""One look through a camera: what was seen, how good the picture was, what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np

from detect.observe import ContextBox
from detect.stream.decoding import decode
from detect.stream.health import CameraState, Picture
from detect.stream.packet import CodedPicture
from detect.stream.view import Sketch
from detect.types import Image, Observation


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one look gave. ``at`` is when the picture arrived, aware, by this machine's clock.

    ``state`` is the camera's after this look: only a LIVE look may speak for a clean place.
    ``image`` is (H, W, 3) BGR as the network saw it, None if it couldn't be decoded; ``coded`` is
    the picture as it came, for evidence at full size. ``references`` are the
    views that the camera is known to have, the one that is nearest first.
    """

    camera: str
    at: datetime
    at_s: float
    picture: Picture
    state: CameraState
    observations: tuple[Observation, ...]
    context: tuple[ContextBox, ...]
    coded: CodedPicture
    image: Image | None = field(repr=False)
    full_width_px: int = 0
    full_height_px: int = 0
    sketch: Sketch | None = field(default=None, repr=False)
    references: tuple[Sketch, ...] = field(default=(), repr=False)
    late_s: float = 0.0
    age_s: float = 0.0
    decode_s: float = 0.0
    network_s: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether what it shows, and doesn't show, may be believed."""
        return self.state is CameraState.LIVE and self.picture is Picture.GOOD


def evidence_jpeg(coded: CodedPicture, *, quality: int = 90) -> bytes:
    """The picture at full size as JPEG, without EXIF; a JPEG snapshot as it came.

    Raises UnreadablePhoto.
    """
    if coded.codec == "jpeg":
        return coded.data
    image = decode(coded).image
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of {image.shape} could not be coded as JPEG")
    return np.asarray(data, np.uint8).tobytes()
