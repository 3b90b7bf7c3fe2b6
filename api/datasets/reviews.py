"""From the store to a labelled set, and from the store to what to label next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detect.datasets.exporting import Drawn
from detect.datasets.labelled import LabelledBox
from detect.datasets.reviewed import ReviewedBox, ReviewedPhoto
from detect.datasets.selection import choose, uncertainty
from detect.datasets.series import Taken
from detect.errors import UnreadablePhoto
from detect.photo import decode_photo, read_photo
from detect.training.scenes import COLOUR_AND_LAYOUT, Descriptor
from issues.errors import NotFound
from issues.reviews import WaitingPhoto, judged_photos, waiting_photos

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from detect.types import Image
    from issues.evidence import EvidenceStore
    from issues.store import Store

EYES_PX = 256


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """Categories → the model's class names, and each category's threshold."""

    names: Mapping[str, str]
    thresholds: Mapping[str, float]


def reviewed(store: Store, names: Mapping[str, str]) -> tuple[list[ReviewedPhoto], int]:
    """The judged photos, and how many boxes are of categories that no model knows."""
    with store.reading() as session:
        judged = judged_photos(session)
    photos, unknown = [], 0
    for photo in judged:
        boxes = tuple(
            ReviewedBox(names[b.category], b.box, b.present)
            for b in photo.boxes
            if b.category in names
        )
        unknown += len(photo.boxes) - len(boxes)
        if not boxes or not store.evidence.has(photo.sha256):
            continue
        photos.append(
            ReviewedPhoto(
                path=store.evidence.path(photo.sha256),
                sha256=photo.sha256,
                taken=Taken(photo.lat, photo.lon, photo.taken_at),
                places=tuple(sorted({b.issue for b in photo.boxes})),
                boxes=boxes,
            )
        )
    return photos, unknown


def next_to_label(
    store: Store,
    plan: ClassPlan,
    count: int,
    *,
    pool: int,
    now: datetime,
    seen: Sequence[Path] = (),
    descriptor: Descriptor = COLOUR_AND_LAYOUT,
) -> list[Drawn]:
    """The photos to label first, with what was found in them, best first.

    Seen are the judged photos and the pictures ``seen``. At most ``pool`` newest photos are looked
    at; what can't be decoded is left out.
    """
    with store.reading() as session:
        judged = [photo.sha256 for photo in judged_photos(session)]
        waiting = waiting_photos(session, judged, pool)
    looked = [(photo, _eyes(store.evidence, photo.sha256, descriptor, now)) for photo in waiting]
    ready = [(photo, vector) for photo, vector in looked if vector is not None]
    if not ready:
        return []
    known = [_eyes(store.evidence, key, descriptor, now) for key in judged[-pool:]]
    known += [_describe(path, descriptor, now) for path in seen]
    vectors = np.stack([vector for _, vector in ready])
    found = [vector for vector in known if vector is not None]
    seen_vectors = np.stack(found) if found else np.zeros((0, vectors.shape[1]), np.float32)
    unsure = np.array([_unsure(photo, plan) for photo, _ in ready], np.float64)
    order = choose(vectors, unsure, seen_vectors, count)
    return [_drawn(ready[i][0], store.evidence, plan, n) for n, i in enumerate(order, start=1)]


def _unsure(photo: WaitingPhoto, plan: ClassPlan) -> float:
    return uncertainty(
        [
            (f.score, plan.thresholds[f.category])
            for f in photo.findings
            if f.category in plan.thresholds
        ]
    )


def _drawn(photo: WaitingPhoto, evidence: EvidenceStore, plan: ClassPlan, place: int) -> Drawn:
    path = evidence.path(photo.sha256)
    boxes = tuple(
        LabelledBox(plan.names[f.category], f.box)
        for f in photo.findings
        if f.category in plan.names
    )
    return Drawn(f"{place:04d}-{photo.sha256[:16]}{path.suffix}", path, boxes)


def _eyes(
    evidence: EvidenceStore, sha256: str, descriptor: Descriptor, now: datetime
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None:
    try:
        return _describe(evidence.path(sha256), descriptor, now)
    except NotFound:
        return None


def _describe(
    path: Path, descriptor: Descriptor, now: datetime
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None:
    try:
        data = path.read_bytes()
        head = read_photo(data, path.name, hints=None, now=now)
        image: Image = decode_photo(data, head, min_side_px=EYES_PX)
    except (OSError, UnreadablePhoto):
        return None
    return descriptor.describe(image)
