"""The table of holds: issues whose evidence must stay, whatever the retention says."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base


class HoldRecord(Base):
    """One issue that is kept for an archive, an inquiry, a court: who asked, when and why."""

    __tablename__ = "evidence_holds"

    issue_id: Mapped[str] = mapped_column(
        String(26), ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]
