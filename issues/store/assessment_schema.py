"""The tables of scoring: entries by hand, sample points and their assessments.

None of their lines is ever changed: an entry is withdrawn by a date and a name, a sheet is filled
in anew. The indexes at the end let figures of a period be read without reading all history.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, EventRecord


class ScoreEntryRecord(Base):
    """Points that a person entered for a place: by which rule, for which day, why, who."""

    __tablename__ = "score_entries"
    __table_args__ = (Index("ix_score_entries_level_place", "level", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(16))
    place: Mapped[str]
    code: Mapped[str]
    day: Mapped[date] = mapped_column(Date)
    reason: Mapped[str]
    actor: Mapped[str]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class SamplePointRecord(Base):
    """A place that an assessment looks at: a market, a back lane, an old estate, …"""

    __tablename__ = "sample_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str]
    name_en: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    radius_m: Mapped[float]
    note: Mapped[str]
    in_force: Mapped[bool]
    updated_at: Mapped[datetime]


class AssessmentRecord(Base):
    """One sheet as a person filled it in, with what the system knew of the place then."""

    __tablename__ = "assessments"
    __table_args__ = (Index("ix_assessments_point_id_id", "point_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("sample_points.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    marks: Mapped[dict[str, Any]]
    known: Mapped[dict[str, Any]]
    score: Mapped[float]
    out_of: Mapped[float]
    note: Mapped[str]


Index("ix_events_kind_at", EventRecord.kind, EventRecord.at)
