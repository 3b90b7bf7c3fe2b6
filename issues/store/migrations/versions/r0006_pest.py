"""Pest inspections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pest_inspections",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("inspected_at", MOMENT, nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("site_kind", sa.String(length=32), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=True),
        sa.Column("metres", sa.Double(), nullable=True),
        sa.Column("facilities", sa.Integer(), nullable=True),
        sa.Column("looked_for", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("voided_by", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pest_inspections"),
        sa.UniqueConstraint("entry_key", name="uq_pest_inspections_entry_key"),
    )
    op.create_index(
        "ix_pest_inspections_inspected_at",
        "pest_inspections",
        ["inspected_at", "id"],
        unique=False,
    )
    op.create_table(
        "pest_findings",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("inspection_id", BIG_KEY, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("issue", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_id"],
            ["pest_inspections.id"],
            name="fk_pest_findings_inspection_id_pest_inspections",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pest_findings"),
    )
    op.create_index(
        "ix_pest_findings_inspection_id", "pest_findings", ["inspection_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("pest_findings")
    op.drop_table("pest_inspections")
