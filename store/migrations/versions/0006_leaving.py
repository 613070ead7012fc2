"""leaving

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_erasure_portal_id")
        ),
        sa.PrimaryKeyConstraint("portal_id", "account_id", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_due_at"), ["due_at"], unique=False)

    op.create_table(
        "past_effect",
        sa.Column("portal_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("payload_digest", sa.String(length=40), server_default="", nullable=False),
        sa.Column("applied_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("until", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["portal_id"], ["portal.portal_id"], name=op.f("fk_past_effect_portal_id")
        ),
        sa.PrimaryKeyConstraint("portal_id", "digest", name=op.f("pk_past_effect")),
    )
    with op.batch_alter_table("past_effect", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_past_effect_until"), ["until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("past_effect", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_past_effect_until"))

    op.drop_table("past_effect")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_due_at"))

    op.drop_table("erasure")
