"""Verifications and the fingerprints of photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BANDS = ("band0", "band1", "band2", "band3")


def upgrade() -> None:
    """Makes the tables of verification."""
    op.create_table(
        "photo_fingerprints",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("phash", sa.BigInteger(), nullable=True),
        *(sa.Column(band, sa.Integer(), nullable=True) for band in BANDS),
        sa.PrimaryKeyConstraint("id", name="pk_photo_fingerprints"),
        sa.UniqueConstraint("sha256", name="uq_photo_fingerprints_sha256"),
    )
    for band in BANDS:
        op.create_index(f"ix_photo_fingerprints_{band}", "photo_fingerprints", [band])
    op.create_table(
        "fingerprint_words",
        sa.Column("word", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("fingerprint_id", BIG_KEY, nullable=False),
        sa.PrimaryKeyConstraint("word", "fingerprint_id", name="pk_fingerprint_words"),
        sa.ForeignKeyConstraint(
            ["fingerprint_id"],
            ["photo_fingerprints.id"],
            name="fk_fingerprint_words_fingerprint_id_photo_fingerprints",
        ),
    )
    op.create_index("ix_fingerprint_words_fingerprint_id", "fingerprint_words", ["fingerprint_id"])
    _make_verifications()


def _make_verifications() -> None:
    op.create_table(
        "verifications",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("issue_id", sa.String(26), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("region", sa.JSON(), nullable=False),
        sa.Column("before_sha256", sa.String(64), nullable=True),
        sa.Column("after_sha256", sa.String(64), nullable=False),
        sa.Column("reused_sha256", sa.String(64), nullable=True),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_verifications"),
        sa.UniqueConstraint(
            "issue_id", "idempotency_key", name="uq_verifications_issue_id_idempotency_key"
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_verifications_issue_id_issues"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_verifications_event_id_events"
        ),
    )
    op.create_index("ix_verifications_issue_id_id", "verifications", ["issue_id", "id"])
    op.create_index("ix_verifications_after_sha256", "verifications", ["after_sha256"])


def downgrade() -> None:
    """Drops them again."""
    for table in ("verifications", "fingerprint_words", "photo_fingerprints"):
        op.drop_table(table)
