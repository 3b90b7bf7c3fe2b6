"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_table(
        "areas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit_zh", sa.Text(), nullable=False),
        sa.Column("unit_en", sa.Text(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("geometry", sa.Text(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_areas"),
    )
    op.create_index("ix_areas_in_force_code", "areas", ["in_force", "code"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "evidence",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_evidence"),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("found_as", sa.Text(), nullable=True),
        sa.Column("category_group", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("proposal", sa.String(length=16), nullable=True),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_look", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observations", sa.Integer(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("best_score", sa.Double(), nullable=False),
        sa.Column("best_observation_id", sa.BigInteger(), nullable=True),
        sa.Column("recurrences", sa.Integer(), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after_photo_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reject_reason", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.String(length=26), nullable=True),
        sa.Column("experimental", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name="fk_issues_area_id_areas"),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["issues.id"], name="fk_issues_duplicate_of_issues"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_issues"),
        sa.UniqueConstraint("number", name="uq_issues_number"),
    )
    op.create_index("ix_issues_area_id", "issues", ["area_id"], unique=False)
    op.create_index(
        "ix_issues_cell_lat_lon", "issues", ["cell", "lat", "lon", "accuracy_m"], unique=False
    )
    op.create_index("ix_issues_deadline", "issues", ["deadline"], unique=False)
    op.create_index("ix_issues_duplicate_of", "issues", ["duplicate_of"], unique=False)
    op.create_index("ix_issues_first_seen", "issues", ["first_seen", "id"], unique=False)
    op.create_index("ix_issues_last_seen", "issues", ["last_seen", "id"], unique=False)
    op.create_index("ix_issues_lat_lon", "issues", ["lat", "lon"], unique=False)
    op.create_index(
        "ix_issues_status_last_seen", "issues", ["status", "last_seen", "id"], unique=False
    )
    op.create_table(
        "photos",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_origin", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("location_origin", sa.Text(), nullable=True),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_photos_batch_id_batches"),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
        sa.UniqueConstraint(
            "sha256", "model_id", "model_version", name="uq_photos_sha256_model_id_model_version"
        ),
    )
    op.create_index("ix_photos_batch_id_status", "photos", ["batch_id", "status"], unique=False)
    op.create_index("ix_photos_status_id", "photos", ["status", "id"], unique=False)
    op.create_table(
        "coverage",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("photo_id", BIG_KEY, nullable=True),
        sa.Column("frame_sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("heading_deg", sa.Double(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("usable", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name="fk_coverage_photo_id_photos"),
        sa.PrimaryKeyConstraint("id", name="pk_coverage"),
    )
    op.create_index(
        "ix_coverage_cell_lat_lon", "coverage", ["cell", "lat", "lon", "accuracy_m"], unique=False
    )
    op.create_index("ix_coverage_photo_id", "coverage", ["photo_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("issue_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("from_status", sa.String(length=16), nullable=True),
        sa.Column("to_status", sa.String(length=16), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_events_issue_id_issues"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint(
            "issue_id", "idempotency_key", name="uq_events_issue_id_idempotency_key"
        ),
    )
    op.create_index("ix_events_issue_id_id", "events", ["issue_id", "id"], unique=False)
    op.create_table(
        "observations",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("photo_id", BIG_KEY, nullable=False),
        sa.Column("issue_id", sa.String(length=26), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("x1", sa.Double(), nullable=False),
        sa.Column("y1", sa.Double(), nullable=False),
        sa.Column("x2", sa.Double(), nullable=False),
        sa.Column("y2", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("experimental", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_observations_issue_id_issues"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name="fk_observations_photo_id_photos"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_observations"),
    )
    op.create_index("ix_observations_category", "observations", ["category", "id"], unique=False)
    op.create_index("ix_observations_issue_id", "observations", ["issue_id"], unique=False)
    op.create_index("ix_observations_photo_id", "observations", ["photo_id"], unique=False)
    op.create_table(
        "photo_sources",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("photo_id", BIG_KEY, nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name="fk_photo_sources_photo_id_photos"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_photo_sources"),
        sa.UniqueConstraint(
            "address",
            "model_id",
            "model_version",
            name="uq_photo_sources_address_model_id_model_version",
        ),
    )
    op.create_index("ix_photo_sources_photo_id", "photo_sources", ["photo_id"], unique=False)


def downgrade() -> None:
    op.drop_table("photo_sources")
    op.drop_table("observations")
    op.drop_table("events")
    op.drop_table("coverage")
    op.drop_table("photos")
    op.drop_table("issues")
    op.drop_table("evidence")
    op.drop_table("counters")
    op.drop_table("batches")
    op.drop_table("areas")
    op.drop_table("api_keys")
