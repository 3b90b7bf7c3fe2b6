"""Trying one camera out: connect, wait for a picture, say how good it is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from api.i18n import t
from detect.errors import UnreadablePhoto
from detect.quality import assess
from detect.stream.address import FeedAddress
from detect.stream.decoding import decode
from detect.stream.look import evidence_jpeg
from detect.stream.reader import FeedReader
from issues.cameras.registry import get_camera
from issues.cameras.secrets import credentials_of, read_secrets
from issues.errors import NotFound
from issues.store import Store

_LOOK_PX = 640


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: words for a person, and the picture as JPEG if there was one."""

    message: str
    jpeg: bytes | None


def look_once(
    store: Store, camera: str, secrets_file: Path | None, *, wait_s: float = 20.0
) -> Trial:
    """Looks once through a camera of the store, or an address. Raises CameraError, BadInput."""
    address = _address(store, camera, secrets_file)
    reader = FeedReader(address)
    reader.start()
    began_s = time.monotonic()
    try:
        while time.monotonic() - began_s < wait_s:
            picture = reader.newest.take()
            if picture is not None:
                break
            time.sleep(0.05)
        else:
            fault = reader.facts.fault
            return Trial(_no_picture(address, wait_s) if fault is None else _told(fault), None)
    finally:
        reader.stop()
    took_s = time.monotonic() - began_s
    try:
        decoded = decode(picture, longer_side_px=_LOOK_PX)
    except UnreadablePhoto as error:
        return Trial(str(error), None)
    unusable = assess(decoded.image)
    words = t(
        "{address}: {width}x{height} px, {codec}, first picture after {seconds:.1f} s; {quality}",
        address=address,
        width=decoded.full_width_px,
        height=decoded.full_height_px,
        codec=picture.codec,
        seconds=took_s,
        quality=t("usable") if unusable is None else unusable.value,
    )
    return Trial(words, evidence_jpeg(picture))


def _address(store: Store, camera: str, secrets_file: Path | None) -> FeedAddress:
    if "://" in camera or camera.startswith("/"):
        return FeedAddress.parse(camera)
    with store.reading() as session:
        try:
            kept = get_camera(session, camera).camera
        except NotFound:
            if Path(camera).exists():
                return FeedAddress.parse(camera)
            raise
    found = credentials_of(kept.credentials, read_secrets(secrets_file))
    return kept.address(found.user, found.password) if found else kept.address()


def _told(fault: Exception) -> str:
    mend = getattr(fault, "mend", "")
    return f"{fault}. {mend}"


def _no_picture(address: FeedAddress, wait_s: float) -> str:
    return t("{address}: no picture within {seconds:g} s", address=address, seconds=wait_s)
