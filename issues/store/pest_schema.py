"""The tables of pest inspections. Lines are never changed: a wrong one is voided, with a reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class InspectionRecord(Base):
    """One inspection of one site: when, by whom, how much was looked at (``looked_for``: ",a,b,").

    ``area`` is the office's own id of an area, "" for none.
    """

    __tablename__ = "pest_inspections"
    __table_args__ = (Index("ix_pest_inspections_inspected_at", "inspected_at", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    inspected_at: Mapped[datetime]
    inspector: Mapped[str]
    site: Mapped[str]
    site_kind: Mapped[str] = mapped_column(String(32))
    area: Mapped[str]
    rooms: Mapped[int | None]
    metres: Mapped[float | None]
    facilities: Mapped[int | None]
    looked_for: Mapped[str]
    note: Mapped[str]
    entry_key: Mapped[str | None] = mapped_column(unique=True)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None]
    void_reason: Mapped[str | None]


class FindingRecord(Base):
    """What was found in a room, on the way, at a facility; ``issue`` is the number of one."""

    __tablename__ = "pest_findings"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("pest_inspections.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    room: Mapped[str]
    amount: Mapped[int]
    photo_sha256: Mapped[str | None] = mapped_column(String(64))
    issue: Mapped[str | None]
