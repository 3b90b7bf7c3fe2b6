"""A message to one target, to see whether it arrives."""

from __future__ import annotations

from datetime import datetime

from issues.feed.deliveries import DeliveryRow, list_deliveries
from issues.feed.posting import Describe, Happening, add_message
from issues.feed.public_type import PublicType
from issues.feed.targets import get_target
from issues.store import Session


def ping(session: Session, target: int | str, describe: Describe, now: datetime) -> DeliveryRow:
    """Puts a test message to a target beside its other deliveries. Raises NotFound."""
    found = get_target(session, target)
    subject = f"ping-{found.id}-{now.timestamp():.6f}"
    add_message(session, [found], Happening(PublicType.PING, now), subject, describe, now)
    return list_deliveries(session, now, subject=subject).items[0]
