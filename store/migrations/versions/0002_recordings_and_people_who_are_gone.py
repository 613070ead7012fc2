"""recordings and people who are gone

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gone_address",
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("contact_id", sa.String(length=32), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_gone_address_portal_id")
        ),
        sa.PrimaryKeyConstraint("portal_id", "digest", name=op.f("pk_gone_address")),
    )
    with op.batch_alter_table("gone_address", schema=None) as batch_op:
        batch_op.create_index("ix_gone_address_contact", ["portal_id", "contact_id"], unique=False)

    op.create_table(
        "gone_contact",
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_gone_contact_portal_id")
        ),
        sa.PrimaryKeyConstraint("portal_id", "contact_id", "kind", name=op.f("pk_gone_contact")),
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column(
            "occurrence_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("uuid", sa.String(length=128), nullable=False),
        sa.Column("described_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("started_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("share_url", sa.Text(), server_default="", nullable=False),
        sa.Column("trashed_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("recovered_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.String(length=128), server_default="", nullable=False),
        sa.Column("planned_run", sa.String(length=36), server_default="", nullable=False),
        sa.Column("problem", sa.String(length=32), server_default="", nullable=False),
        sa.Column("event_text", sa.Text(), server_default="", nullable=False),
        sa.Column("entries", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["occurrence_pk"], ["occurrence.id"], name=op.f("fk_recording_occurrence_pk")
        ),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_recording_portal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("portal_id", "uuid", name=op.f("uq_recording_portal_id_uuid")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recording_occurrence_pk"), ["occurrence_pk"], unique=False
        )

    op.create_table(
        "recording_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "recording_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("file_id", sa.String(length=128), nullable=False),
        sa.Column("file_type", sa.String(length=16), nullable=False),
        sa.Column("size", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completed_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("trashed_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("recovered_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("listed_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("missed_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("missed_reads", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_pk"], ["recording.id"], name=op.f("fk_recording_file_recording_pk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_file")),
        sa.UniqueConstraint(
            "recording_pk", "file_id", name=op.f("uq_recording_file_recording_pk_file_id")
        ),
    )
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("recordings_due_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("recordings_problem", sa.Text(), server_default="", nullable=False)
        )
        batch_op.drop_column("listed_registrants")

    with op.batch_alter_table("occurrence_person", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "is_released_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False
            )
        )
        batch_op.add_column(
            sa.Column(
                "lead_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("join_url", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_occurrence_person_lead_pk"), ["lead_pk"], unique=False)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("other_addresses", sa.JSON(), nullable=True))

    with op.batch_alter_table("portal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hash_key", sa.LargeBinary(), nullable=True))
        batch_op.add_column(
            sa.Column("bin_read_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("bin_after", sa.String(length=255), server_default="", nullable=False)
        )

    with op.batch_alter_table("webinar", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("auto_recording", sa.String(length=16), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("webinar", schema=None) as batch_op:
        batch_op.drop_column("auto_recording")

    with op.batch_alter_table("portal", schema=None) as batch_op:
        batch_op.drop_column("bin_after")
        batch_op.drop_column("bin_read_at")
        batch_op.drop_column("hash_key")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("other_addresses")

    with op.batch_alter_table("occurrence_person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_occurrence_person_lead_pk"))
        batch_op.drop_column("join_url")
        batch_op.drop_column("lead_pk")
        batch_op.drop_column("is_released_by_hand")

    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("listed_registrants", sa.INTEGER(), nullable=True))
        batch_op.drop_column("recordings_problem")
        batch_op.drop_column("recordings_due_at")

    op.drop_table("recording_file")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recording_occurrence_pk"))

    op.drop_table("recording")
    op.drop_table("gone_contact")
    with op.batch_alter_table("gone_address", schema=None) as batch_op:
        batch_op.drop_index("ix_gone_address_contact")

    op.drop_table("gone_address")
