"""Keeps the fingerprints of photos in the store, and finds those that another might be a copy of.

A photo is marked when its bytes are put into the evidence folder; ``mark_missing`` catches up on
photos that were kept before there were fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from detect.errors import UnreadablePhoto
from detect.fingerprint import SIDE_PX, VERSION, fingerprint
from detect.photo import decode_photo, read_photo
from issues.errors import NotFound
from issues.store import Session, Store
from issues.store.verification_table import Marks, Suspect, keep_marks, suspects, unmarked
from issues.verify.photographs import Picture

_NOTHING = Marks(None, frozenset())


def marks_of(data: bytes, now: datetime) -> Marks:
    """The fingerprint of a photo's bytes; without any mark for bytes that can't be read."""
    try:
        photo = read_photo(data, "photo", hints=None, now=now)
        image = decode_photo(data, photo, min_side_px=SIDE_PX)
    except UnreadablePhoto:
        return _NOTHING
    found = fingerprint(image)
    return Marks(found.phash, found.words)


def keep(session: Session, sha256: str, marks: Marks) -> None:
    """Keeps a fingerprint; a second time changes nothing."""
    keep_marks(session, sha256, marks, VERSION)


def mark_missing(store: Store, now: datetime) -> Iterator[str]:
    """Marks every kept photo that isn't yet, one transaction each; gives their hashes.

    A photo whose file is gone is marked as having nothing to find it by.
    """
    with store.reading() as session:
        missing = unmarked(session, VERSION)
    for sha256 in missing:
        try:
            marks = marks_of(store.evidence.read(sha256), now)
        except NotFound:
            marks = _NOTHING
        with store.transaction() as session:
            keep(session, sha256, marks)
        yield sha256


def likely_originals(session: Session, picture: Picture, most: int = 6) -> list[Suspect]:
    """The kept photos that a picture might be a copy of, the likeliest first."""
    asked = []
    for image in (picture.image, np.ascontiguousarray(picture.image[:, ::-1])):
        found = fingerprint(image, asking=True)
        asked.append(Marks(found.phash, found.words))
    return suspects(session, asked, most)
