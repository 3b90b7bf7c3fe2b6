"""A message to one target, to see whether it arrives."""

from __future__ import annotations

from datetime import datetime

from api.feed.sender import Parcel
from api.feed.service import Feed
from api.feed.signing import signed_headers
from issues.feed.deliveries import DeliveryRow, list_deliveries
from issues.feed.posting import Describe, Happening, add_message
from issues.feed.public_type import PublicType
from issues.feed.target import TargetKind
from issues.feed.targets import get_target
from issues.identity import new_id
from issues.store import Session


def ping(session: Session, target: int | str, describe: Describe, now: datetime) -> DeliveryRow:
    """Puts a test message to a target beside its other deliveries. Raises NotFound."""
    found = get_target(session, target)
    subject = f"ping-{found.id}-{now.timestamp():.6f}"
    add_message(session, [found], Happening(PublicType.PING, now), subject, describe, now)
    return list_deliveries(session, now, subject=subject).items[0]


def shown(feed: Feed, target: int | str) -> str:
    """The request that a test message would be, as text; nothing is sent, nothing kept.

    Raises NotFound.
    """
    now = feed.now()
    with feed.store.reading() as session:
        found = get_target(session, target, now)
    data = feed.describer.describe(Happening(PublicType.PING, now))
    parcel = Parcel(0, f"msg_{new_id(now)}", PublicType.PING.value, now, None, data, 1)
    body = feed.writer.body(parcel, now)
    headers = signed_headers(found.secrets, parcel.message_id, body, now)
    if found.kind is not TargetKind.WEBHOOK:
        headers = {}
    lines = [f"POST {found.url}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join([*lines, "", body.decode()])
