"""Tables of the tracker feed: what happened, who is to be told, and what became of telling them.

``feed_outbox`` gets a line in the transaction of the event itself. The dispatcher makes a message
of it, kept once, and one delivery for every target that wants it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class OutboxRecord(Base):
    """An event that no dispatcher has taken up yet. ``source``: issue or camera."""

    __tablename__ = "feed_outbox"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str]
    event_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class MessageRecord(Base):
    """What is told: one event in public words. ``id`` is the idempotency key of all deliveries."""

    __tablename__ = "feed_messages"
    __table_args__ = (Index("ix_feed_messages_created_at", "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str]
    issue_id: Mapped[str | None] = mapped_column(String(26))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class TargetRecord(Base):
    """Who is told. ``held_until``: after failures it is left alone till then, then asked once."""

    __tablename__ = "feed_targets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    url: Mapped[str]
    filter: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    secrets: Mapped[list[Any]]
    enabled: Mapped[bool]
    paused_reason: Mapped[str | None]
    failures: Mapped[int]
    held_until: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DeliveryRecord(Base):
    """One message to one target. ``subject`` is what the order is kept for: an issue, a camera."""

    __tablename__ = "feed_deliveries"
    __table_args__ = (
        UniqueConstraint("target_id", "message_id"),
        Index("ix_feed_deliveries_due", "target_id", "state", "next_try_at"),
        Index("ix_feed_deliveries_order", "target_id", "subject", "state", "id"),
        Index("ix_feed_deliveries_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("feed_targets.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(ForeignKey("feed_messages.id"), index=True)
    subject: Mapped[str]
    type: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    next_try_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    response_status: Mapped[int | None]
    reference: Mapped[str | None]
    created_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


class LinkRecord(Base):
    """What an issue is called at a target, and how it stands there."""

    __tablename__ = "feed_links"
    __table_args__ = (
        UniqueConstraint("target_id", "issue_id"),
        Index("ix_feed_links_next_check_at", "next_check_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    target_id: Mapped[int] = mapped_column(ForeignKey("feed_targets.id", ondelete="CASCADE"))
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"), index=True)
    external_id: Mapped[str | None]
    token: Mapped[str | None]
    external_status: Mapped[str | None]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
