"""Holds: issues whose evidence stays, whatever the retention says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table of holds."""
    op.create_table(
        "evidence_holds",
        sa.Column("issue_id", sa.String(26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", name="pk_evidence_holds"),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issues.id"],
            name="fk_evidence_holds_issue_id_issues",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("evidence_holds")
