"""Tables of service requests: what citizens and other systems reported by Open311."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class RequestRecord(Base):
    """One report. ``contact`` holds personal data and never leaves by the API without a key."""

    __tablename__ = "service_requests"
    __table_args__ = (
        Index("ix_service_requests_requested_at", "requested_at", "id"),
        Index("ix_service_requests_state_requested_at", "state", "requested_at"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    service_code: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    address: Mapped[str | None]
    description: Mapped[str]
    media_url: Mapped[str | None]
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    job_id: Mapped[str | None]
    contact: Mapped[dict[str, Any]]
    attributes: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    created_by: Mapped[str]
    requested_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RequestIssueRecord(Base):
    """An issue that a report led to, or told of again."""

    __tablename__ = "service_request_issues"

    request_id: Mapped[str] = mapped_column(
        ForeignKey("service_requests.id", ondelete="CASCADE"), primary_key=True
    )
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"), primary_key=True, index=True)


class RequestUpdateRecord(Base):
    """What was said of a request later (mySociety's servicerequestupdates)."""

    __tablename__ = "service_request_updates"
    __table_args__ = (
        UniqueConstraint("request_id", "update_id"),
        Index("ix_service_request_updates_at", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("service_requests.id", ondelete="CASCADE"))
    update_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(32))
    description: Mapped[str]
    media_url: Mapped[str | None]
    created_by: Mapped[str]
    at: Mapped[datetime]
