"""The words in which others are told what happened. They are a promise: none is ever renamed."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class PublicType(StrEnum):
    """What a message tells."""

    CREATED = "issue.created"
    CONFIRMED = "issue.confirmed"
    ASSIGNED = "issue.assigned"
    CHANGED = "issue.changed"
    FIXED = "issue.fixed"
    VERIFIED = "issue.verified"
    REWORK = "issue.rework"
    SENT_BACK = "issue.sent_back"
    CLOSED = "issue.closed"
    REOPENED = "issue.reopened"
    REJECTED = "issue.rejected"
    DUPLICATE = "issue.duplicate"
    CAMERA_OFFLINE = "camera.offline"
    CAMERA_ONLINE = "camera.online"
    PING = "feed.ping"


_PLAIN = {
    "found": PublicType.CREATED,
    "split_from": PublicType.CREATED,
    "confirm": PublicType.CONFIRMED,
    "assign": PublicType.ASSIGNED,
    "report_fixed": PublicType.FIXED,
    "rework": PublicType.REWORK,
    "send_back": PublicType.SENT_BACK,
    "close": PublicType.CLOSED,
    "reopen": PublicType.REOPENED,
    "reject": PublicType.REJECTED,
    "duplicate": PublicType.DUPLICATE,
    "camera_offline": PublicType.CAMERA_OFFLINE,
}


def public_type(kind: str, to_status: str | None, data: Mapping[str, Any]) -> PublicType:
    """The public word for an event of the store.

    >>> public_type("verification", None, {"verdict": "verified"}).value
    'issue.verified'
    >>> public_type("hold", "on_hold", {}).value
    'issue.changed'
    """
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind.startswith("camera_"):
        return PublicType.CAMERA_ONLINE
    if kind == "verification" and data.get("verdict") == "verified":
        return PublicType.VERIFIED
    if kind == "returned" and to_status == "reopened":
        return PublicType.REOPENED
    return PublicType.CHANGED
