"""Cameras: what they are, how they fare, what they said, who watches them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOW = sa.DateTime(timezone=True)
TABLES = (
    "cameras",
    "camera_states",
    "camera_events",
    "camera_hours",
    "camera_memories",
    "camera_statements",
    "camera_workers",
    "camera_leases",
)


def upgrade() -> None:
    """Makes the tables of cameras."""
    _make_cameras()
    _make_camera_states()
    _make_camera_events()
    _make_camera_hours()
    _make_camera_memories()
    _make_camera_statements()
    _make_camera_workers()
    _make_camera_leases()


def downgrade() -> None:
    """Drops them."""
    for table in TABLES[::-1]:
        op.drop_table(table)


def _make_cameras() -> None:
    op.create_table(
        "cameras",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("credentials", sa.Text(), nullable=True),
        sa.Column("every_s", sa.Double(), nullable=False),
        sa.Column("active", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", NOW, nullable=False),
        sa.Column("updated_at", NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cameras"),
    )


def _make_camera_states() -> None:
    op.create_table(
        "camera_states",
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", NOW, nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("last_look", NOW, nullable=True),
        sa.Column("last_usable", NOW, nullable=True),
        sa.Column("fault_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("updated_at", NOW, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_states"),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_camera_states_camera_id_cameras",
            ondelete="CASCADE",
        ),
    )


def _make_camera_events() -> None:
    op.create_table(
        "camera_events",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("from_state", sa.String(16), nullable=True),
        sa.Column("to_state", sa.String(16), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_camera_events"),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_camera_events_camera_id_cameras",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_camera_events_camera_id_id", "camera_events", ["camera_id", "id"])


def _make_camera_hours() -> None:
    op.create_table(
        "camera_hours",
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("hour", NOW, nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("usable", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("by_picture", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "hour", name="pk_camera_hours"),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_camera_hours_camera_id_cameras",
            ondelete="CASCADE",
        ),
    )


def _make_camera_memories() -> None:
    op.create_table(
        "camera_memories",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("issue_id", sa.String(26), nullable=True),
        sa.Column("updated_at", NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_camera_memories"),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_camera_memories_camera_id_cameras",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_camera_memories_issue_id_issues"
        ),
        sa.UniqueConstraint(
            "camera_id", "zone", "category", name="uq_camera_memories_camera_id_zone_category"
        ),
    )
    op.create_index("ix_camera_memories_issue_id", "camera_memories", ["issue_id"])


def _make_camera_statements() -> None:
    op.create_table(
        "camera_statements",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("issue_id", sa.String(26), nullable=False),
        sa.Column("photo_id", BIG_KEY, nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("at", NOW, nullable=False),
        sa.Column("since", NOW, nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_camera_statements"),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_camera_statements_issue_id_issues"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name="fk_camera_statements_photo_id_photos"
        ),
        sa.UniqueConstraint(
            "camera_id",
            "zone",
            "category",
            "at",
            name="uq_camera_statements_camera_id_zone_category_at",
        ),
    )
    op.create_index(
        "ix_camera_statements_issue_id_photo_id", "camera_statements", ["issue_id", "photo_id"]
    )
    op.create_index("ix_camera_statements_photo_id", "camera_statements", ["photo_id"])


def _make_camera_workers() -> None:
    op.create_table(
        "camera_workers",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", NOW, nullable=False),
        sa.Column("seen_at", NOW, nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_camera_workers"),
    )


def _make_camera_leases() -> None:
    op.create_table(
        "camera_leases",
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("worker", sa.String(64), nullable=False),
        sa.Column("until", NOW, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_leases"),
        sa.ForeignKeyConstraint(
            ["camera_id"],
            ["cameras.id"],
            name="fk_camera_leases_camera_id_cameras",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_camera_leases_until", "camera_leases", ["until"])
