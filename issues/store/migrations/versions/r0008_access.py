"""Roles, units and expiry of keys; the audit log."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RANK = (("admin", "admin"), ("review", "reviewer"), ("read", "viewer"), ("upload", "inspector"))
KEPT_DAYS = 30
"""Lines younger than this can't be deleted, whatever the retention says."""

REFUSED = "lines of the audit log are never changed"
SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
    "CREATE TRIGGER audit_kept BEFORE DELETE ON audit "
    f"WHEN OLD.at > datetime('now', '-{KEPT_DAYS} days') "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
)
POSTGRES_TRIGGERS = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN RAISE EXCEPTION '{REFUSED}'; END $$",
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_kept BEFORE DELETE ON audit FOR EACH ROW "
    f"WHEN (OLD.at > now() - interval '{KEPT_DAYS} days') EXECUTE FUNCTION audit_refuse()",
)


def key_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("role", sa.String(16), nullable=False, server_default="viewer"),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("hint", sa.String(12), nullable=False, server_default=""),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    """A key's role is what its scopes come to; its scopes stay, so that none loses a right."""
    for column in key_columns():
        op.add_column("api_keys", column)
    _give_roles()
    op.create_table(
        "audit",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_actor_id", "audit", ["actor", "id"])
    op.create_index("ix_audit_subject_id", "audit", ["subject", "id"])
    for statement in _triggers():
        op.execute(statement)


def downgrade() -> None:
    """Back to scopes alone: the audit log goes, and keys of roles that had none stop working."""
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")
    for column in reversed(key_columns()):
        op.drop_column("api_keys", column.name)


def _triggers() -> tuple[str, ...]:
    postgres = op.get_bind().dialect.name == "postgresql"
    return POSTGRES_TRIGGERS if postgres else SQLITE_TRIGGERS


def _give_roles() -> None:
    keys = sa.table(
        "api_keys", sa.column("id", sa.Integer), sa.column("scopes"), sa.column("role", sa.String)
    )
    connection = op.get_bind()
    for key_id, scopes in connection.execute(sa.select(keys.c.id, keys.c.scopes)).all():
        held = json.loads(scopes) if isinstance(scopes, str) else scopes
        role = next((role for scope, role in RANK if scope in held), "viewer")
        connection.execute(keys.update().where(keys.c.id == key_id).values(role=role))
