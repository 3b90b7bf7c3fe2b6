"""Tables of verification: the fingerprints of photos, and what was found of reported fixes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base, BigKey


class FingerprintRecord(Base):
    """The marks of one kept photo. ``phash`` is 64 bits as a signed number, in four bands."""

    __tablename__ = "photo_fingerprints"
    __table_args__ = (
        UniqueConstraint("sha256"),
        Index("ix_photo_fingerprints_band0", "band0"),
        Index("ix_photo_fingerprints_band1", "band1"),
        Index("ix_photo_fingerprints_band2", "band2"),
        Index("ix_photo_fingerprints_band3", "band3"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[int]
    phash: Mapped[int | None] = mapped_column(BigInteger)
    band0: Mapped[int | None]
    band1: Mapped[int | None]
    band2: Mapped[int | None]
    band3: Mapped[int | None]


class FingerprintWordRecord(Base):
    """One word of one photo's fingerprint: the index by which parts of photos are found."""

    __tablename__ = "fingerprint_words"
    __table_args__ = (Index("ix_fingerprint_words_fingerprint_id", "fingerprint_id"),)

    word: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo_fingerprints.id"), primary_key=True
    )


class VerificationRecord(Base):
    """What verification found of one after photo. Never changed; people overrule by events."""

    __tablename__ = "verifications"
    __table_args__ = (
        UniqueConstraint("issue_id", "idempotency_key"),
        Index("ix_verifications_issue_id_id", "issue_id", "id"),
        Index("ix_verifications_after_sha256", "after_sha256"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    issue_id: Mapped[str] = mapped_column(ForeignKey("issues.id"))
    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    origin: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[Any]]
    scores: Mapped[dict[str, Any]]
    region: Mapped[list[Any]]
    before_sha256: Mapped[str | None] = mapped_column(String(64))
    after_sha256: Mapped[str] = mapped_column(String(64))
    reused_sha256: Mapped[str | None] = mapped_column(String(64))
    model_id: Mapped[str]
    model_version: Mapped[str]
    idempotency_key: Mapped[str | None]
