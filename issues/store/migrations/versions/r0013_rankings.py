"""Indexes for rankings, risk and coverage; the last look at each cell, kept by trigger (SQLite)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from issues.store import cell_looks

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_issues_spots": (
        "issues",
        ["cell", "first_seen", "status", "recurrences", "category", "category_group", "area_id"],
    ),
    "ix_issues_chronic": ("issues", ["recurrences", "last_seen", "id", "status"]),
    "ix_issues_seen": ("issues", ["last_seen", "first_seen", "status", "cell"]),
    "ix_coverage_looks": ("coverage", ["taken_at", "cell", "usable", "lat", "lon"]),
}
RISK = [
    *("status", "proposal", "confirmed_at", "on_hold_until", "deadline", "supervised_at"),
    *("reported_at", "last_look", "recurrences", "paper_fixes", "severity", "category"),
    *("category_group", "area_id", "lat", "lon", "id"),
]
OPEN = (
    "status IN ('assigned', 'candidate', 'confirmed', 'on_hold', 'reopened', "
    "'reported_fixed', 'rework', 'sent_back')"
)


def upgrade() -> None:
    """Makes the indexes, and what is kept of looks from the looks that are stored."""
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    some = sa.text(OPEN)
    op.create_index("ix_issues_open", "issues", RISK, sqlite_where=some, postgresql_where=some)
    op.drop_index("ix_coverage_taken_at", table_name="coverage")
    cell_looks.make(op.get_bind())


def downgrade() -> None:
    """Takes them away."""
    cell_looks.drop(op.get_bind())
    op.create_index("ix_coverage_taken_at", "coverage", ["taken_at"])
    op.drop_index("ix_issues_open", table_name="issues")
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
