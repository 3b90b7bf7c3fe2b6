"""Signatures of webhooks, by the Standard Webhooks specification 1.0.0."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from issues.feed.targets import SECRET_PREFIX

TOLERANCE_S = 300


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a body under one secret: ``v1,`` and base64."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def signed_headers(
    secrets: Sequence[str], message_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """The three headers of a webhook; one signature for each secret that is valid now."""
    timestamp = int(now.timestamp())
    signed = " ".join(signature(secret, message_id, timestamp, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether a webhook was signed with this secret within the last five minutes.

    A receiver must also refuse a ``webhook-id`` that it has had.
    """
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_S:
        return False
    expected = signature(secret, message_id, int(stamp), body).encode()
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, one) for one in given)
