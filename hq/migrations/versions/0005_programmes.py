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
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("coupon_id", "auth_id", name=op.f("pk_coupon_use")),
    )
