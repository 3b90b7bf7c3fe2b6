"""The table of what came back as something else: an issue and an earlier one at the same place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class PastRecord(Base):
    """An issue that began where an earlier one of its category was over (``how``)."""

    __tablename__ = "issue_pasts"
    __table_args__ = (UniqueConstraint("issue_id", "earlier_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"))
    earlier_id: Mapped[str] = mapped_column(ForeignKey("issues.id"), index=True)
    how: Mapped[str] = mapped_column(String(16))
    away_m: Mapped[float]
    noted_at: Mapped[datetime]
