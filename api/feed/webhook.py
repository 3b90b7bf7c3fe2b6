"""Webhooks by the Standard Webhooks specification, and the target that only keeps bodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.feed.answers import outcome_of, outcome_of_error
from api.feed.errors import DeliveryError
from api.feed.fetching import Fetcher
from api.feed.message import MessageWriter
from api.feed.sender import Outcome, Parcel
from api.feed.signing import signed_headers
from issues.feed.target import Target

MEDIA_TYPE = "application/json"


@dataclass(frozen=True)
class WebhookSender:
    """Posts one signed message at a time."""

    fetcher: Fetcher
    writer: MessageWriter
    now: Callable[[], datetime]
    batch: int = 1

    def send(self, target: Target, parcels: Sequence[Parcel]) -> Outcome:
        """Posts the message; the id in its header is the same at every try."""
        (parcel,) = parcels
        now = self.now()
        thumbnail = bool(target.options.get("thumbnail"))
        body = self.writer.body(parcel, now, thumbnail=thumbnail)
        headers = signed_headers(target.secrets, parcel.message_id, body, now)
        headers["Content-Type"] = MEDIA_TYPE
        try:
            answer = self.fetcher.fetch("POST", target.url, headers=headers, body=body)
        except DeliveryError as error:
            return outcome_of_error(error)
        return outcome_of(answer, self.now())


@dataclass(frozen=True)
class RecordSender:
    """Sends nothing: what would be sent is kept with the deliveries, to be looked at."""

    batch: int = 100

    def send(self, _target: Target, _parcels: Sequence[Parcel]) -> Outcome:
        """Nothing can go wrong with it."""
        return Outcome(reference="recorded")
