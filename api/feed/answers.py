"""What the answer of a receiver means for a delivery."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from api.feed.errors import DeliveryError
from api.feed.fetching import Answer
from api.feed.sender import Outcome

_TOLD_CHARS = 300
_STRAINED = frozenset({408, 425, 429})
_SECRETS = re.compile(
    r"(whsec_|tck_|v1,)[A-Za-z0-9+/=_-]+|((?:api_key|signature|token|password|secret)=)[^&\s\"']+",
    re.I,
)


def redacted(text: str) -> str:
    """Text of a receiver or an error, in one short printable line and without secrets.

    >>> redacted("no: api_key=abc&x=1")
    'no: api_key=…&x=1'
    """
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * _TOLD_CHARS])
    hidden = _SECRETS.sub(lambda found: (found[1] or found[2]) + "…", line)
    return " ".join(hidden.split())[:_TOLD_CHARS]


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` header asks for: a number or a date.

    >>> retry_after_s("120", datetime(2026, 3, 2, tzinfo=UTC))
    120.0
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())


def outcome_of(answer: Answer, now: datetime) -> Outcome:
    """The outcome for an HTTP answer: 2xx is delivered, 410 wants no more, the rest is retried."""
    if answer.ok:
        return Outcome(status=answer.status)
    said = redacted(answer.text)
    return Outcome(
        error=f"HTTP {answer.status}" + (f": {said}" if said else ""),
        status=answer.status,
        retry_after_s=retry_after_s(answer.headers.get("retry-after"), now),
        gone=answer.status == 410,
        strained=answer.status >= 500 or answer.status in _STRAINED,
    )


def outcome_of_error(error: DeliveryError) -> Outcome:
    """The outcome where there was no answer."""
    return Outcome(
        error=redacted(f"{error.code}: {error.message}"),
        permanent=error.code == "bad_url",
        strained=error.code in ("unreachable", "timed_out", "unknown_host", "address_refused"),
    )
