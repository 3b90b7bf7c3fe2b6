"""The table of the audit log: who did what, when, from where. Lines are never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class AuditRecord(Base):
    """One change, or one look at an unblurred picture. The database refuses to change a line."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_actor_id", "actor", "id"),
        Index("ix_audit_subject_id", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    key_id: Mapped[int]
    role: Mapped[str] = mapped_column(String(16))
    action: Mapped[str]
    subject: Mapped[str]
    address: Mapped[str]
    request_id: Mapped[str]
    detail: Mapped[dict[str, Any]]
