"""Search by a trigram index of photos' names; counts kept by trigger (SQLite)."""

from __future__ import annotations

from alembic import op

from issues.store import search

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_issues_unit_en", "issues", ["unit_en"])
    search.make(op.get_bind())


def downgrade() -> None:
    search.drop(op.get_bind())
    op.drop_index("ix_issues_unit_en", table_name="issues")
