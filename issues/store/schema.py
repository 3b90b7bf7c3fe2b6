"""The tables. Times are UTC; boxes are normalised xyxy; cells are H3 (``issues/place.py``).

``photos`` and ``observations`` say what was found, ``coverage`` what was looked at, ``issues`` is
what follows from them and from the decisions in ``events`` (``issues/timeline.py``): the columns of
``issues`` can be computed again at any time, the lines of ``events`` are never changed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

BigKey = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. SQLite has no zones: there it is kept naive, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; refuses naive times, which could mean anything."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the store takes aware times only, got {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Aware again, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """For SQLite a single call: a page of a list has hundreds of times."""
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _of_text(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(f"{kept}+00:00")


class Base(DeclarativeBase):
    """The parent of all tables; names of constraints are fixed so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcTime,
        str: Text,
        int: Integer,
        float: Double,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class BatchRecord(Base):
    """One run over some photos: who started it on what, and when it ended."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    model_id: Mapped[str]
    model_version: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class PhotoRecord(Base):
    """One photo as one model saw it; unreadable ones too, with a reason and without sha256."""

    __tablename__ = "photos"
    __table_args__ = (
        UniqueConstraint("sha256", "model_id", "model_version"),
        Index("ix_photos_batch_id_status", "batch_id", "status"),
        Index("ix_photos_status_id", "status", "id"),
        Index("ix_photos_source", "source"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    source: Mapped[str]
    status: Mapped[str] = mapped_column(String(16))
    reason_code: Mapped[str | None]
    message: Mapped[str | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str | None]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    taken_at: Mapped[datetime | None]
    time_origin: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    location_origin: Mapped[str | None]
    heading_deg: Mapped[float | None]
    notes: Mapped[list[Any]]
    context: Mapped[list[Any]]
    model_id: Mapped[str]
    model_version: Mapped[str]
    recorded_at: Mapped[datetime]


class SourceRecord(Base):
    """Where a photo was read from, so that a run can be resumed without reading it again."""

    __tablename__ = "photo_sources"
    __table_args__ = (UniqueConstraint("address", "model_id", "model_version"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    address: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    model_id: Mapped[str]
    model_version: Mapped[str]
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id"), index=True)
    final: Mapped[bool]


class CoverageRecord(Base):
    """A place was looked at: when, by which frame, for what (``categories``: ",a,b,"), how well."""

    __tablename__ = "coverage"
    __table_args__ = (
        Index("ix_coverage_cell_lat_lon", "cell", "lat", "lon", "accuracy_m"),
        Index("ix_coverage_cell_usable_taken_at", "cell", "usable", "taken_at"),
        Index("ix_coverage_looks", "taken_at", "cell", "usable", "lat", "lon"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photos.id"), index=True)
    frame_sha256: Mapped[str] = mapped_column(String(64))
    source: Mapped[str]
    taken_at: Mapped[datetime]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    heading_deg: Mapped[float | None]
    cell: Mapped[int | None] = mapped_column(BigInteger)
    usable: Mapped[bool]
    reason: Mapped[str | None]
    categories: Mapped[str]


class AreaRecord(Base):
    """A responsibility area. ``geometry`` is GeoJSON, WGS-84; replaced ones stay, not in force."""

    __tablename__ = "areas"
    __table_args__ = (Index("ix_areas_in_force_code", "in_force", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    level: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    unit_zh: Mapped[str]
    unit_en: Mapped[str]
    leader: Mapped[str]
    phone: Mapped[str]
    geometry: Mapped[str]
    in_force: Mapped[bool]
    imported_at: Mapped[datetime]


LISTED_COLUMNS = (
    *("status", "category", "area_id", "proposal", "category_group", "deadline"),
    *("lat", "lon", "last_seen", "id"),
)
"""What filters ask for: one pass over this index answers them (``issues/store/issue_page.py``)."""

PROPOSED: dict[str, Any] = dict.fromkeys(
    ("sqlite_where", "postgresql_where"), text("proposal IS NOT NULL")
)
"""Few issues are proposed as fixed: only they are in that index."""

OPEN_ONLY: dict[str, Any] = dict.fromkeys(
    ("sqlite_where", "postgresql_where"),
    text(
        "status IN ('assigned', 'candidate', 'confirmed', 'on_hold', 'reopened', "
        "'reported_fixed', 'rework', 'sent_back')"
    ),
)
"""Open issues are few beside those that are over: return visits and risk ask for them alone."""

RISK_COLUMNS = (
    *("status", "proposal", "confirmed_at", "on_hold_until", "deadline", "supervised_at"),
    *("reported_at", "last_look", "recurrences", "paper_fixes", "severity", "category"),
    *("category_group", "area_id", "lat", "lon", "id"),
)
"""What the risk of an open issue stands on (``issues/store/round_select.py``)."""

SPOT_COLUMNS = (
    *("cell", "first_seen", "status", "recurrences", "category", "category_group", "area_id"),
)
"""What counts by cell ask for, in the order of the cells (``issues/store/past_select.py``)."""

BEGAN_COLUMNS = ("first_seen", "status", "recurrences", "category", "area_id", "cell")
"""What counts by period and place ask for (``issues/store/past_select.py``)."""


class IssueRecord(Base):
    """One problem at one place. ``found_as`` is set where a person changed the category.

    ``unit_zh``, ``unit_en``: who it was assigned to. ``held_from``: the status before a hold.
    ``paper_fixes``: fixes that were reported and, as photos or a person say, never made.
    """

    __tablename__ = "issues"
    __table_args__ = (
        Index("ix_issues_cell_lat_lon", "cell", "lat", "lon", "accuracy_m"),
        Index("ix_issues_status_last_seen", "status", "last_seen", "id"),
        Index("ix_issues_last_seen", "last_seen", "id"),
        Index("ix_issues_first_seen", "first_seen", "id"),
        Index("ix_issues_lat_lon", "lat", "lon"),
        Index("ix_issues_status_deadline", "status", "deadline"),
        Index("ix_issues_deadline", "deadline", "id"),
        Index("ix_issues_best_score", "best_score", "id"),
        Index("ix_issues_recurrences", "recurrences", "id"),
        Index("ix_issues_listed", *LISTED_COLUMNS),
        Index("ix_issues_proposal", "proposal", "last_seen", "id", **PROPOSED),
        Index("ix_issues_began", *BEGAN_COLUMNS),
        Index("ix_issues_spots", *SPOT_COLUMNS),
        Index("ix_issues_open", *RISK_COLUMNS, **OPEN_ONLY),
        Index("ix_issues_chronic", "recurrences", "last_seen", "id", "status"),
        Index("ix_issues_seen", "last_seen", "first_seen", "status", "cell"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    category: Mapped[str]
    found_as: Mapped[str | None]
    category_group: Mapped[str]
    status: Mapped[str] = mapped_column(String(16))
    held_from: Mapped[str | None] = mapped_column(String(16))
    proposal: Mapped[str | None] = mapped_column(String(16))
    severity: Mapped[str] = mapped_column(String(16))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[float | None]
    cell: Mapped[int | None] = mapped_column(BigInteger)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    last_look: Mapped[datetime]
    observations: Mapped[int]
    photos: Mapped[int]
    best_score: Mapped[float]
    best_observation_id: Mapped[int | None] = mapped_column(BigInteger)
    recurrences: Mapped[int]
    cleared_at: Mapped[datetime | None]
    after_photo_id: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    deadline: Mapped[datetime | None]
    reject_reason: Mapped[str | None]
    duplicate_of: Mapped[str | None] = mapped_column(ForeignKey("issues.id"), index=True)
    experimental: Mapped[bool]
    unit_zh: Mapped[str | None] = mapped_column(index=True)
    unit_en: Mapped[str | None] = mapped_column(index=True)
    assigned_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    report_photo_id: Mapped[int | None] = mapped_column(BigInteger)
    reworks: Mapped[int] = mapped_column(default=0, server_default="0")
    paper_fixes: Mapped[int] = mapped_column(default=0, server_default="0")
    extensions: Mapped[int] = mapped_column(default=0, server_default="0")
    supervised_at: Mapped[datetime | None] = mapped_column(index=True)
    supervisor: Mapped[str | None]
    on_hold_until: Mapped[datetime | None] = mapped_column(index=True)
    verdict: Mapped[str | None] = mapped_column(String(16))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ObservationRecord(Base):
    """One finding in one photo, and the issue that it belongs to."""

    __tablename__ = "observations"
    __table_args__ = (Index("ix_observations_category", "category", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photos.id"), index=True)
    issue_id: Mapped[str | None] = mapped_column(ForeignKey("issues.id"), index=True)
    category: Mapped[str]
    x1: Mapped[float]
    y1: Mapped[float]
    x2: Mapped[float]
    y2: Mapped[float]
    score: Mapped[float]
    experimental: Mapped[bool]


class EventRecord(Base):
    """One line of history. ``as_of`` is the time of the photos that a decision was made on."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("issue_id", "idempotency_key"),
        Index("ix_events_issue_id_id", "issue_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str]
    from_status: Mapped[str | None] = mapped_column(String(16))
    to_status: Mapped[str | None] = mapped_column(String(16))
    as_of: Mapped[datetime | None]
    reason: Mapped[str | None]
    note: Mapped[str | None]
    evidence_sha256: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None]


class EvidenceRecord(Base):
    """A photo whose original bytes are in the evidence folder."""

    __tablename__ = "evidence"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    extension: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    stored_at: Mapped[datetime]


class KeyRecord(Base):
    """An API key: only its hash is kept, and its first characters, by which people know it."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    role: Mapped[str] = mapped_column(String(16), server_default="viewer")
    unit: Mapped[str | None]
    hint: Mapped[str] = mapped_column(String(12), server_default="")
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class CounterRecord(Base):
    """The last number given out, by name ("issue-2026")."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
