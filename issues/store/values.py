"""What a photo's results become in the tables: plain dictionaries of columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from detect.types import Observation
from issues.place import cell_of
from issues.store.photo_table import ReadFrom

if TYPE_CHECKING:
    from issues.intake import Head, Result


_NO_HEAD = dict.fromkeys(
    (
        *("sha256", "format", "width_px", "height_px", "taken_at", "time_origin"),
        *("lat", "lon", "accuracy_m", "location_origin", "heading_deg"),
    )
)


def photo_values(
    result: Result, read: ReadFrom, batch_id: int | None, now: datetime
) -> dict[str, Any]:
    """The columns of ``photos`` that every photo has, the unreadable ones too."""
    return {
        "batch_id": batch_id,
        "source": result.source,
        "status": result.status,
        "reason_code": result.reason_code,
        "message": result.message,
        "size_bytes": read.size_bytes,
        "notes": [],
        "context": [
            {"name": c.name, "box": [float(v) for v in c.xyxy], "score": float(c.score)}
            for c in result.context
        ],
        "model_id": read.model_id,
        "model_version": read.model_version,
        "recorded_at": now,
        **_NO_HEAD,
    }


def head_values(photo: Head) -> dict[str, Any]:
    """The columns of ``photos`` that come from the photo's own head."""
    at = photo.location
    return {
        "sha256": photo.sha256,
        "size_bytes": photo.size_bytes,
        "format": photo.format,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "taken_at": photo.taken_at,
        "time_origin": photo.time_origin,
        "lat": at.lat if at else None,
        "lon": at.lon if at else None,
        "accuracy_m": at.accuracy_m if at else None,
        "location_origin": at.origin if at else None,
        "heading_deg": photo.heading_deg,
        "notes": list(photo.notes),
    }


def coverage_values(
    photo_id: int, result: Result, photo: Head, covers: Collection[str]
) -> dict[str, Any]:
    """The columns of ``coverage``. ``covers``: the categories that the model could have found."""
    at = photo.location
    usable = result.status == "ok"
    return {
        "photo_id": photo_id,
        "frame_sha256": photo.sha256,
        "source": result.source,
        "taken_at": photo.taken_at,
        "lat": at.lat if at else None,
        "lon": at.lon if at else None,
        "accuracy_m": at.accuracy_m if at else None,
        "heading_deg": photo.heading_deg,
        "cell": cell_of(at.lat, at.lon) if at else None,
        "usable": usable,
        "reason": None if usable else result.reason_code,
        "categories": f",{','.join(sorted(covers))},",
    }


def observation_values(
    photo_id: int, observations: Sequence[Observation], belongs: Sequence[str | None]
) -> list[dict[str, Any]]:
    """The columns of ``observations``. ``belongs``: the id of each one's issue."""
    return [
        {
            "photo_id": photo_id,
            "issue_id": issue_id,
            "category": o.category,
            "x1": float(o.xyxy[0]),
            "y1": float(o.xyxy[1]),
            "x2": float(o.xyxy[2]),
            "y2": float(o.xyxy[3]),
            "score": float(o.score),
            "experimental": o.experimental,
        }
        for o, issue_id in zip(observations, belongs, strict=True)
    ]
