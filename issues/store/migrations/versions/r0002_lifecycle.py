"""The whole lifecycle: units, reworks, supervision, extensions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_issues_unit_zh": ["unit_zh"],
    "ix_issues_supervised_at": ["supervised_at"],
    "ix_issues_on_hold_until": ["on_hold_until"],
    "ix_issues_status_deadline": ["status", "deadline"],
}
LATER = ("assigned", "reported_fixed", "rework", "sent_back", "on_hold")


def new_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("held_from", sa.String(length=16), nullable=True),
        sa.Column("unit_zh", sa.Text(), nullable=True),
        sa.Column("unit_en", sa.Text(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report_photo_id", sa.BigInteger(), nullable=True),
        sa.Column("reworks", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("paper_fixes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("extensions", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("supervised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supervisor", sa.Text(), nullable=True),
        sa.Column("on_hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=True),
    )


def upgrade() -> None:
    for column in new_columns():
        op.add_column("issues", column)
    for name, columns in INDEXES.items():
        op.create_index(name, "issues", columns, unique=False)


def downgrade() -> None:
    """Statuses that the older program doesn't know become "confirmed"; history stays."""
    issues = sa.table("issues", sa.column("status", sa.String))
    op.execute(issues.update().where(issues.c.status.in_(LATER)).values(status="confirmed"))
    for name in INDEXES:
        op.drop_index(name, table_name="issues")
    for column in reversed(new_columns()):
        op.drop_column("issues", column.name)
