"""What a message says: an issue or a camera as JSON, small enough, with links to pictures.

What is kept in the store is what was true when the event was taken up; the links are made anew
for every try, so that they have not run out when it succeeds.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.feed.picture_links import PictureLinks
from api.feed.sender import Parcel
from api.pictures import Pictures
from api.routes import shapes
from detect.errors import TidycityError
from issues.catalogue import Catalogue
from issues.feed.posting import Happening
from issues.feed.public_type import PublicType
from issues.labels import label
from issues.rows import EventRow, FrameRef, IssueRow

log = logging.getLogger("tidycity.feed")

MOST_BYTES = 20_000
NOTE_CHARS = 1000
THUMBNAIL_PX = 160
_LEFT_OUT = {"best", "after"}


@dataclass(frozen=True)
class Describer:
    """Says in JSON what happened; ``describe`` fits ``issues.feed.posting.Describe``."""

    catalogue: Catalogue

    def describe(self, happening: Happening) -> dict[str, Any]:
        """The ``data`` of a message."""
        if happening.type is PublicType.PING:
            return {"ping": "tidycity"}
        if happening.row is None:
            return {"camera": dict(happening.camera or {})}
        row = happening.row
        said = shapes.issue(row, self.catalogue, happening.at).model_dump(
            mode="json", exclude=_LEFT_OUT
        )
        category = self.catalogue.categories.get(row.category)
        said["category"]["open311_code"] = category.open311_code if category else None
        said["status_zh"] = label("status", row.status, "zh")
        said["status_en"] = label("status", row.status, "en")
        data: dict[str, Any] = {"issue": said}
        if happening.event is not None:
            data["event"] = _event(happening.event)
        pictures = _pictures(row, happening.event)
        return data | ({"pictures": pictures} if pictures else {})


def _event(event: EventRow) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at.astimezone(UTC).isoformat(),
        "actor": event.actor,
        "from_status": event.from_status,
        "to_status": event.to_status,
        "reason": event.reason,
        "note": (event.note or "")[:NOTE_CHARS] or None,
        "verdict": event.data.get("verdict"),
    }


def _pictures(row: IssueRow, event: EventRow | None) -> list[dict[str, str]]:
    """Role and hash of the pictures that can be fetched: before, after, evidence of the event."""
    found: dict[str, str] = {}

    def add(role: str, frame: FrameRef | None) -> None:
        if frame is not None and frame.stored:
            found.setdefault(frame.sha256, role)

    add("before", row.best)
    add("after", row.after)
    if event is not None and event.evidence_sha256:
        found.setdefault(event.evidence_sha256, "evidence")
    return [{"role": role, "sha256": sha256} for sha256, role in found.items()]


@dataclass(frozen=True)
class MessageWriter:
    """Writes the body of a webhook: ``{"type", "timestamp", "data"}``, under 20 kB."""

    links: PictureLinks
    pictures: Pictures

    def body(self, parcel: Parcel, now: datetime, *, thumbnail: bool = False) -> bytes:
        """The body; of a message that is too long the least important parts are left out."""
        data = self.data(parcel.data, now)
        if thumbnail and data.get("pictures"):
            shown = self._thumbnail(data["pictures"][0]["sha256"])
            if shown:
                data["pictures"][0]["thumbnail"] = shown
        for left_out in ((), ("thumbnail",), ("pictures",), ("note", "event")):
            written = self._written(parcel, _without(data, left_out))
            if len(written) < MOST_BYTES:
                return written
        number = data.get("issue", {}).get("number")
        return self._written(parcel, {"issue": {"number": number, "id": parcel.issue_id}})

    def data(self, kept: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """The data of a message with fresh links to its pictures."""
        expires = (now + self.links.lifetime).isoformat(timespec="seconds")
        pictures = [
            {**one, "url": self.links.url(one["sha256"], now), "expires_at": expires}
            for one in kept.get("pictures", ())
        ]
        return {**kept, "pictures": pictures} if pictures else dict(kept)

    def _written(self, parcel: Parcel, data: Mapping[str, Any]) -> bytes:
        stamp = parcel.at.astimezone(UTC).isoformat()
        body = {"type": parcel.type, "timestamp": stamp, "data": data}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def _thumbnail(self, sha256: str) -> str | None:
        try:
            jpeg = self.pictures.draw(sha256, THUMBNAIL_PX).jpeg
        except TidycityError as error:
            log.info("no thumbnail of %s: %s", sha256, error)
            return None
        return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def _without(data: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    kept = {name: value for name, value in data.items() if name not in names}
    if "thumbnail" in names and "pictures" in kept:
        kept["pictures"] = [
            {k: v for k, v in one.items() if k != "thumbnail"} for one in kept["pictures"]
        ]
    return kept
