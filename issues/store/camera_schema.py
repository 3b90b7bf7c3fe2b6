"""Tables of cameras: what they are, how they fare, what they said, and who watches them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class CameraRecord(Base):
    """A camera. ``url`` holds no password; ``credentials`` is a name in the office's secrets."""

    __tablename__ = "cameras"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    url: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    credentials: Mapped[str | None]
    every_s: Mapped[float]
    active: Mapped[list[Any]]
    categories: Mapped[list[Any]]
    zones: Mapped[list[Any]]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    heading_deg: Mapped[float | None]
    enabled: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CameraStateRecord(Base):
    """How a camera fares now; one row a camera, written by the worker that watches it."""

    __tablename__ = "camera_states"

    camera_id: Mapped[str] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    worker: Mapped[str | None]
    last_look: Mapped[datetime | None]
    last_usable: Mapped[datetime | None]
    fault_code: Mapped[str | None]
    message: Mapped[str | None]
    figures: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class CameraEventRecord(Base):
    """One change of a camera's state. Lines are never changed."""

    __tablename__ = "camera_events"
    __table_args__ = (Index("ix_camera_events_camera_id_id", "camera_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str | None] = mapped_column(String(16))
    actor: Mapped[str]
    data: Mapped[dict[str, Any]]


class CameraHourRecord(Base):
    """What a camera looked at in one hour: coverage, summed. No row: nobody looked."""

    __tablename__ = "camera_hours"

    camera_id: Mapped[str] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    looks: Mapped[int]
    usable: Mapped[int]
    late: Mapped[int]
    skipped: Mapped[int]
    by_picture: Mapped[dict[str, Any]]


class CameraMemoryRecord(Base):
    """What is remembered of a category in a zone, so that another worker can go on from it."""

    __tablename__ = "camera_memories"
    __table_args__ = (UniqueConstraint("camera_id", "zone", "category"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    zone: Mapped[str]
    category: Mapped[str]
    memory: Mapped[dict[str, Any]]
    issue_id: Mapped[str | None] = mapped_column(ForeignKey("issues.id"), index=True)
    updated_at: Mapped[datetime]


class CameraStatementRecord(Base):
    """What a camera said of one issue: seen, or gone, with the frame that shows it."""

    __tablename__ = "camera_statements"
    __table_args__ = (
        Index("ix_camera_statements_issue_id_photo_id", "issue_id", "photo_id"),
        UniqueConstraint("camera_id", "zone", "category", "at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"))
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id"), index=True)
    camera_id: Mapped[str]
    zone: Mapped[str]
    category: Mapped[str]
    kind: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    since: Mapped[datetime]
    looks: Mapped[int]


class CameraWorkerRecord(Base):
    """A process that watches cameras. One that is not ``seen_at`` for a while is dead."""

    __tablename__ = "camera_workers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    draining: Mapped[bool]
    most: Mapped[int | None]


class CameraLeaseRecord(Base):
    """Which worker watches a camera, until when unless it says so again."""

    __tablename__ = "camera_leases"

    camera_id: Mapped[str] = mapped_column(
        ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True
    )
    worker: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(index=True)
