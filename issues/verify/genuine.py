"""Is the photo genuine? No copy of an older one, taken after the problem was last seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from detect.likeness import Likeness, likeness
from detect.photo import Photo
from issues.verify.photographs import Picture
from issues.verify.rules import Rules
from issues.verify.verification import Reason

_AHEAD = timedelta(minutes=10)
_PART = 0.92


@dataclass(frozen=True, slots=True)
class Reuse:
    """The older photo that a picture is a copy of, and how it was copied."""

    sha256: str
    reason: Reason
    share: float


def reused(after: Picture, older: Iterable[Picture], rules: Rules) -> tuple[Reuse | None, float]:
    """The first older photo that this is a copy of, and how like the likest one it is, 0..1."""
    most = 0.0
    for picture in older:
        if picture.sha256 == after.sha256:
            return Reuse(picture.sha256, Reason.SAME_FILE, 1.0), 1.0
        found = likeness(
            picture.image,
            after.image,
            features=(picture.features, after.features),
            mirrored=after.mirrored,
        )
        if found is None or found.overlap < rules.copy_overlap:
            continue
        most = max(most, found.share)
        if found.share >= rules.copy_share:
            return Reuse(picture.sha256, _how(found), found.share), found.share
    return None, most


def _how(found: Likeness) -> Reason:
    if found.mirrored:
        return Reason.MIRRORED_COPY
    return Reason.PART_OF_OLDER if found.shrunk < _PART else Reason.COPY


def taken(photo: Photo, last_seen: datetime, now: datetime, rules: Rules) -> Reason:
    """What the photo's own time says: after the problem was last seen, before, or nothing."""
    if {"future_time", "implausible_time"} & set(photo.notes) or photo.taken_at > now + _AHEAD:
        return Reason.TIME_IMPLAUSIBLE
    if photo.time_origin == "file":
        return Reason.TIME_UNKNOWN
    if photo.taken_at > last_seen:
        return Reason.TAKEN_AFTER
    if photo.taken_at < last_seen - rules.clock_slack:
        return Reason.TAKEN_BEFORE
    return Reason.TIME_IMPLAUSIBLE
