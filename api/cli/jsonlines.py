"""The JSON lines of ``tidycity analyze --json`` (docs/cli.md names every field)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.cli.tally import Tally
    from detect.batch import PhotoResult
    from detect.photo import Photo
    from issues.rows import Recorded

Json = dict[str, Any]


def photo_line(result: PhotoResult, recorded: Recorded) -> Json:
    """One photo: what it is, what was found (boxes of the upright photo), what changed."""
    photo = result.photo
    return {
        "type": "photo",
        "source": result.source,
        "status": result.status,
        "reason": result.reason_code,
        "message": result.message,
        **(_header(photo) if photo else {}),
        "observations": [
            {
                "category": o.category,
                "score": round(o.score, 4),
                "experimental": o.experimental,
                **({} if o.second_score is None else {"second": round(o.second_score, 4)}),
                **_box(o.xyxy, photo),
            }
            for o in result.observations
        ],
        "context": [
            {"name": c.name, "score": round(c.score, 4), **_box(c.xyxy, photo)}
            for c in result.context
        ],
        "duplicate_of": recorded.duplicate_of,
        "issues": {
            "new": recorded.new_issues,
            "seen_again": recorded.seen_again,
            "proposed_fixed": recorded.proposed_fixed,
            "reopened": recorded.reopened,
        },
        "seconds": round(result.seconds, 4),
    }


def _header(photo: Photo) -> Json:
    place = photo.location
    return {
        "sha256": photo.sha256,
        "format": photo.format,
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
        "time_origin": photo.time_origin,
        "location": place
        and {
            "lat": place.lat,
            "lon": place.lon,
            "accuracy_m": place.accuracy_m,
            "origin": place.origin,
        },
        "notes": photo.notes,
    }


def _box(xyxy: Sequence[float], photo: Photo | None) -> Json:
    if photo is None:
        return {"box": list(xyxy)}
    size = (photo.width_px, photo.height_px) * 2
    return {
        "box_px": [round(v * s, 1) for v, s in zip(xyxy, size, strict=True)],
        "box": [round(float(v), 5) for v in xyxy],
    }


def summary_line(tally: Tally, *, stopped: bool) -> Json:
    """The last line: the counts of the run."""
    return {
        "type": "summary",
        "stopped": stopped,
        "photos": tally.total,
        "analysed": tally.analysed,
        "skipped": tally.skipped,
        "duplicates": tally.duplicates,
        "unusable": tally.unusable,
        "unreadable": tally.unreadable,
        "unplaced": tally.unplaced,
        "findings": dict(sorted(tally.findings.items())),
        "issues": {
            "new": sorted(tally.new),
            "seen_again": sorted(tally.seen_again),
            "proposed_fixed": sorted(tally.proposed_fixed),
            "reopened": sorted(tally.reopened),
        },
        "problems": [
            {"source": source, "reason": reason, "message": message}
            for source, reason, message in tally.problems
        ],
    }
