"""Issues linked to their past; indexes for lists, counts and periods."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "ix_issues_deadline": ("issues", ["deadline", "id"]),
    "ix_issues_best_score": ("issues", ["best_score", "id"]),
    "ix_issues_recurrences": ("issues", ["recurrences", "id"]),
    "ix_issues_listed": (
        "issues",
        [
            *("status", "category", "area_id", "proposal", "category_group", "deadline"),
            *("lat", "lon", "last_seen", "id"),
        ],
    ),
    "ix_issues_began": (
        "issues",
        ["first_seen", "status", "recurrences", "category", "area_id", "cell"],
    ),
    "ix_photos_source": ("photos", ["source"]),
    "ix_coverage_cell_usable_taken_at": ("coverage", ["cell", "usable", "taken_at"]),
}


def upgrade() -> None:
    op.create_table(
        "issue_pasts",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("issue_id", sa.String(length=26), nullable=False),
        sa.Column("earlier_id", sa.String(length=26), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("away_m", sa.Double(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_issue_pasts_issue_id_issues")
        ),
        sa.ForeignKeyConstraint(
            ["earlier_id"], ["issues.id"], name=op.f("fk_issue_pasts_earlier_id_issues")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_pasts")),
        sa.UniqueConstraint("issue_id", "earlier_id", name="uq_issue_pasts_issue_id_earlier_id"),
    )
    op.create_index("ix_issue_pasts_earlier_id", "issue_pasts", ["earlier_id"])
    op.drop_index("ix_issues_deadline", table_name="issues")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    known = sa.text("proposal IS NOT NULL")
    op.create_index(
        "ix_issues_proposal",
        "issues",
        ["proposal", "last_seen", "id"],
        sqlite_where=known,
        postgresql_where=known,
    )


def downgrade() -> None:
    op.drop_index("ix_issues_proposal", table_name="issues")
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table_name=table)
    op.create_index("ix_issues_deadline", "issues", ["deadline"])
    op.drop_table("issue_pasts")
