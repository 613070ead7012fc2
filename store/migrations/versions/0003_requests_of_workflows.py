"""requests of workflows

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registration_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("callback_id", sa.String(length=255), nullable=False),
        sa.Column("received_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=255), server_default="", nullable=False),
        sa.Column("first_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("last_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("webinar_input", sa.String(length=512), server_default="", nullable=False),
        sa.Column("account_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("webinar_id", sa.String(length=32), server_default="", nullable=False),
        sa.Column("occurrence_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("due_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sendings", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("must_go_alone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("outcome", sa.String(length=32), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("registrant_id", sa.String(length=128), server_default="", nullable=False),
        sa.Column("join_url", sa.Text(), server_default="", nullable=False),
        sa.Column("is_blocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("blocked_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("expires_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("completing_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("completed_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_registration_request_portal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_request")),
        sa.UniqueConstraint(
            "portal_id", "callback_id", name=op.f("uq_registration_request_portal_id_callback_id")
        ),
    )
    with op.batch_alter_table("registration_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_registration_request_contact", ["portal_id", "contact_id"], unique=False
        )
        batch_op.create_index(
            "ix_registration_request_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_registration_request_email", ["portal_id", "email"], unique=False)
        batch_op.create_index(
            "ix_registration_request_webinar", ["portal_id", "webinar_id", "sent_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("registration_request", schema=None) as batch_op:
        batch_op.drop_index("ix_registration_request_webinar")
        batch_op.drop_index("ix_registration_request_email")
        batch_op.drop_index(
            "ix_registration_request_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_registration_request_contact")

    op.drop_table("registration_request")
