"""Outbox, targets, deliveries, requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feed_messages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.String(length=26), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_messages")),
    )
    op.create_index("ix_feed_messages_created_at", "feed_messages", ["created_at"], unique=False)
    op.create_table(
        "feed_outbox",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_outbox")),
    )
    op.create_table(
        "feed_targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("held_until", MOMENT, nullable=True),
        sa.Column("last_success_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_feed_targets_name")),
    )
    op.create_table(
        "service_requests",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("media_url", sa.Text(), nullable=True),
        sa.Column("photo_sha256", sa.String(length=64), nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("contact", sa.JSON(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_requests")),
    )
    op.create_index(
        "ix_service_requests_requested_at", "service_requests", ["requested_at", "id"], unique=False
    )
    op.create_index(
        "ix_service_requests_state_requested_at",
        "service_requests",
        ["state", "requested_at"],
        unique=False,
    )
    op.create_table(
        "feed_deliveries",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("tried_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["feed_messages.id"],
            name=op.f("fk_feed_deliveries_message_id_feed_messages"),
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["feed_targets.id"],
            name=op.f("fk_feed_deliveries_target_id_feed_targets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_deliveries")),
        sa.UniqueConstraint(
            "target_id", "message_id", name=op.f("uq_feed_deliveries_target_id_message_id")
        ),
    )
    op.create_index(
        "ix_feed_deliveries_due",
        "feed_deliveries",
        ["target_id", "state", "next_try_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_feed_deliveries_message_id"), "feed_deliveries", ["message_id"], unique=False
    )
    op.create_index(
        "ix_feed_deliveries_order",
        "feed_deliveries",
        ["target_id", "subject", "state", "id"],
        unique=False,
    )
    op.create_index("ix_feed_deliveries_state_id", "feed_deliveries", ["state", "id"], unique=False)
    op.create_table(
        "service_request_updates",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("request_id", sa.String(length=26), nullable=False),
        sa.Column("update_id", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("media_url", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_requests.id"],
            name=op.f("fk_service_request_updates_request_id_service_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_request_updates")),
        sa.UniqueConstraint(
            "request_id", "update_id", name=op.f("uq_service_request_updates_request_id_update_id")
        ),
    )
    op.create_index(
        "ix_service_request_updates_at", "service_request_updates", ["at", "id"], unique=False
    )
    op.create_table(
        "feed_links",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.String(length=26), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("external_status", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("next_check_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_feed_links_issue_id_issues")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["feed_targets.id"],
            name=op.f("fk_feed_links_target_id_feed_targets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_links")),
        sa.UniqueConstraint("target_id", "issue_id", name=op.f("uq_feed_links_target_id_issue_id")),
    )
    op.create_index(op.f("ix_feed_links_issue_id"), "feed_links", ["issue_id"], unique=False)
    op.create_index("ix_feed_links_next_check_at", "feed_links", ["next_check_at"], unique=False)
    op.create_table(
        "service_request_issues",
        sa.Column("request_id", sa.String(length=26), nullable=False),
        sa.Column("issue_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_service_request_issues_issue_id_issues")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["service_requests.id"],
            name=op.f("fk_service_request_issues_request_id_service_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("request_id", "issue_id", name=op.f("pk_service_request_issues")),
    )
    op.create_index(
        op.f("ix_service_request_issues_issue_id"),
        "service_request_issues",
        ["issue_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("service_request_issues")
    op.drop_table("feed_links")
    op.drop_table("service_request_updates")
    op.drop_table("feed_deliveries")
    op.drop_table("service_requests")
    op.drop_table("feed_targets")
    op.drop_table("feed_outbox")
    op.drop_table("feed_messages")
