"""Photos of a screen, made from real photos: its subpixels, the lens, the sensor's mosaic, JPEG.

Simulated: no screen was photographed for it. The screen's red, green and blue stripes are drawn
with the gaps between them, seen a little from aside at 0.7 to 1.8 camera pixels a screen pixel.
"""

from __future__ import annotations

import random

import cv2
import numpy as np

from detect.types import Image

SCREEN_PX = 520
CAMERA_PX = 700
_SUB = 3


def recaptured(image: Image, rng: random.Random, *, shrunk: float = 1.0) -> Image:
    """The photo, shown on a screen and taken again; ``shrunk``: what a messenger made of that."""
    screen = _screen(image)
    side = screen.shape[0]
    pitch = rng.uniform(0.7, 1.8)
    wide = CAMERA_PX / pitch * _SUB
    corners = np.array([[0, 0], [CAMERA_PX, 0], [CAMERA_PX, CAMERA_PX], [0, CAMERA_PX]], np.float32)
    turn = np.deg2rad(rng.uniform(-6, 6))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shown = ((corners / CAMERA_PX - 0.5) * wide) @ turned.T + side / 2
    shown += [[rng.uniform(-0.05, 0.05) * wide for _ in range(2)] for _ in range(4)]
    to_screen = cv2.getPerspectiveTransform(corners, shown.astype(np.float32))
    blurred = cv2.GaussianBlur(screen, (0, 0), rng.uniform(0.35, 0.6) * _SUB / pitch)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    light = cv2.warpPerspective(blurred, to_screen, (CAMERA_PX, CAMERA_PX), flags=flags)
    seen = _through_mosaic(light, rng)
    if shrunk < 1:
        seen = cv2.resize(seen, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(75, 93)])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _screen(image: Image) -> cv2.typing.MatLike:
    """The light of a screen that shows the picture: three stripes a pixel, dark between rows."""
    shown = cv2.resize(image, (SCREEN_PX, SCREEN_PX), interpolation=cv2.INTER_AREA)
    light = (shown.astype(np.float32) / 255) ** 2.2
    whole = np.zeros((SCREEN_PX * _SUB, SCREEN_PX * _SUB, 3), np.float32)
    for stripe, channel in enumerate((2, 1, 0)):
        for row in range(_SUB - 1):
            whole[row::_SUB, stripe::_SUB, channel] = light[:, :, channel]
        whole[_SUB - 1 :: _SUB, stripe::_SUB, channel] = 0.3 * light[:, :, channel]
    return whole * 3.0


def _through_mosaic(light: cv2.typing.MatLike, rng: random.Random) -> Image:
    """What a sensor with a Bayer mosaic makes of it: noise, demosaicing, gamma."""
    grain = np.random.Generator(np.random.PCG64(rng.getrandbits(32)))
    noisy = light + grain.normal(0, 0.01, light.shape)
    raw = np.zeros(light.shape[:2], np.float32)
    raw[0::2, 0::2], raw[1::2, 1::2] = noisy[0::2, 0::2, 2], noisy[1::2, 1::2, 0]
    raw[0::2, 1::2], raw[1::2, 0::2] = noisy[0::2, 1::2, 1], noisy[1::2, 0::2, 1]
    mosaic = np.clip(65535 * raw, 0, 65535).astype(np.uint16)
    plain = cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2BGR).astype(np.float32) / 65535
    return np.clip(255 * plain ** (1 / 2.2), 0, 255).astype(np.uint8)
