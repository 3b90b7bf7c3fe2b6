"""A rendered street as a camera sends it: H.264 with noise, through the decoder that looks use."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from detect.stream.decoding import decode
from detect.stream.packet import CodedPicture

CLIP = Path(__file__).parents[1] / "samples/camera/kerb.mp4"
HEAP = (0.29, 0.32, 0.62, 0.64)
"""Where the clip's pile lies in its end."""
LOOK_PX = 512
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def frames():
    """The street without and with the pile, (432, 768, 3) BGR."""
    import av

    with av.open(str(CLIP)) as file:
        shown = [frame.to_ndarray(format="bgr24") for frame in file.decode(video=0)]
    return shown[8], shown[-8]


def coded(images: Sequence[np.ndarray], sigma: float = 4.0, seed: int = 0) -> list[CodedPicture]:
    """Each picture with its own noise as a key frame of one H.264 stream."""
    import av

    chance = np.random.default_rng(seed)
    shape = images[0].shape[0] + 64, images[0].shape[1] + 64, 1
    noise = chance.normal(0, sigma, shape).astype(np.float32)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("libx264", rate=5, options={"preset": "ultrafast", "crf": "27"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt, stream.gop_size = "yuv420p", 1
        for image in images:
            y, x = chance.integers(0, 64, 2)
            grain = noise[y : y + image.shape[0], x : x + image.shape[1]]
            seen = np.clip(image + grain, 0, 255).astype(np.uint8)
            made.mux(stream.encode(av.VideoFrame.from_ndarray(seen, format="bgr24")))
        made.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as read:
        parameters = read.streams.video[0].codec_context.extradata
        packets = [bytes(packet) for packet in read.demux(video=0) if packet.size]
    return [
        CodedPicture("h264", parameters, data, AT, float(n), n) for n, data in enumerate(packets)
    ]


def looked(images: Sequence[np.ndarray], **options):
    """The pictures as a look gives them."""
    return [decode(one, longer_side_px=LOOK_PX).image for one in coded(images, **options)]


def dimmed(image, factor=0.5):
    return (image * factor).astype(np.uint8)


def _part(image, box):
    height, width = image.shape[:2]
    return [round(side * n) for side, n in zip(box, (width, height, width, height), strict=True)]


def behind_a_truck(image, at=0.0):
    """A box van parked before the pile, ``at`` to the side of it."""
    seen = image.copy()
    x1, y1, x2, y2 = _part(image, (0.2 + at, 0.1, 0.72 + at, 0.74))
    seen[y1:y2, x1:x2] = (188, 186, 180)
    for x in range(x1, x2, 24):
        seen[y1:y2, x : x + 2] = (150, 148, 140)
    low = y2 - (y2 - y1) // 6
    seen[low:y2, x1:x2] = (32, 32, 34)
    for x in (x1 + 50, x2 - 50):
        cv2.circle(seen, (x, y2), 26, (20, 20, 20), -1)
    return seen


def behind_a_person(image, sway=0):
    """Somebody who stands before the pile, as wide as it is, and can't stand still."""
    seen = image.copy()
    x1, _, x2, y2 = _part(image, HEAP)
    middle, half = (x1 + x2) // 2 + sway, (x2 - x1) // 2
    top = int(0.02 * image.shape[0])
    cv2.ellipse(seen, (middle, top + 40), (34, 42), 0, 0, 360, (120, 150, 200), -1)
    cv2.rectangle(seen, (middle - half, top + 75), (middle + half, y2 - 60), (110, 52, 38), -1)
    for side in (-1, 1):
        cv2.line(seen, (middle + side * 50, y2 - 60), (middle + side * 56, y2 + 20), (40,) * 3, 60)
        cv2.line(seen, (middle + side * 20, top + 80), (middle + side * 24, y2 - 60), (160,) * 3, 3)
    return seen


def in_headlights(image, at=0.45):
    """Dusk, and two lamps that shine on the pile."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    light = sum(
        np.exp(-(((x - (at + side) * width) / 60) ** 2) - ((y - 0.55 * height) / 40) ** 2)
        for side in (-0.08, 0.08)
    )
    return np.clip(image * 0.4 + 190 * light[..., None], 0, 255).astype(np.uint8)


def in_rain(image, seed=0):
    chance = np.random.default_rng(seed)
    seen = np.clip(image * 0.8 + 20, 0, 255).astype(np.uint8)
    for x, y in chance.integers(0, (image.shape[1], image.shape[0]), (500, 2)):
        cv2.line(seen, (int(x), int(y)), (int(x) + 2, int(y) + 14), (185, 185, 185), 1)
    return cv2.GaussianBlur(seen, (3, 3), 0)


def under_a_tree(image, wind):
    """Twigs with leaves beside and above the pile; ``wind`` moves them."""
    seen, chance = image.copy(), np.random.default_rng(5)
    x1, y1, x2, _ = _part(image, HEAP)
    for x, y in zip(
        chance.integers(x1 - 90, x2, 260), chance.integers(0, y1 - 12, 260), strict=True
    ):
        push = int(wind * (5 + y % 7))
        cv2.ellipse(seen, (int(x) + push, int(y)), (9, 4), int(x) % 90, 0, 360, (40, 110, 50), -1)
    return seen


def shifted(image, share):
    move = np.float32([[1, 0, share * image.shape[1]], [0, 1, 0]])
    return cv2.warpAffine(image, move, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT)
