"""Marks of members; what coupons were used and reserved."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """What is new."""
    op.create_table(
        "account_mark",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("since_date", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "name", "value", name=op.f("pk_account_mark")),
    )
    op.create_table(
        "coupon_use",
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("auth_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("state IN ('held', 'used', 'voided', 'freed')", name=op.f("ck_coupon_use_state_known")),
        sa.PrimaryKeyConstraint("coupon_id", "auth_id", name=op.f("pk_coupon_use")),
    )
    op.create_index(op.f("ix_coupon_use_event_id"), "coupon_use", ["event_id"])
    op.create_table(
        "cause_day",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("by_customers_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("by_shop_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("returned_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "business_date", "cause", name=op.f("pk_cause_day")),
    )
