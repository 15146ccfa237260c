"""Marks of members; what coupons were used and reserved; what causes got; the discounts of receipts, for reports."""

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
        sa.Column("by_customers_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("by_shop_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returned_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "business_date", "cause", name=op.f("pk_cause_day")),
    )
    op.create_table(
        "discount",
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("discount_no", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason_values", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("business_date", "event_id", "discount_no", name=op.f("pk_discount")),
        postgresql_partition_by="RANGE (business_date)",
    )
    op.create_table(
        "draw_seed",
        sa.Column("seed_hash", sa.Text(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("seed_hash", name=op.f("pk_draw_seed")),
    )
    op.create_table(
        "draw_result",
        sa.Column("seed_hash", sa.Text(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.Column("prizes", sa.Text(), nullable=False),
        sa.Column("booked", sa.Integer(), nullable=False),
        sa.Column("held_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seed_hash", name=op.f("pk_draw_result")),
    )
    op.create_table(
        "budget",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("allotted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("counted >= 0 AND allotted >= 0", name=op.f("ck_budget_sums_range")),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_budget")),
    )
    op.create_table(
        "allotment",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("allotted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "incarnation", "rule", name=op.f("pk_allotment")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE discount_default PARTITION OF discount DEFAULT")
    op.create_table(
        "contract",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("sale_event_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("programme_id", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_on", sa.Text(), server_default="", nullable=False),
        sa.Column("store_id", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("parts", sa.Text(), server_default="[]", nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lowered_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "contract_id", name=op.f("pk_contract")),
    )
    owing = sa.text("total_minor > paid_minor + lowered_minor")
    op.create_index("ix_contract_owing", "contract", ["opened_on"], postgresql_where=owing, sqlite_where=owing)
    _know_instalments()


_KINDS = "kind IN ('sale', 'return', 'instalment')"
_OF_SALE = (
    "business_date, event_id, terminal_id, incarnation, seq, kind, receipt_number, account_ref, store_id, staff_ref, shift_id, utc_ms,"
    " total_minor, earned_units, burned_units, sale_event_id, nps_code"
)


def _know_instalments() -> None:
    """Payments on contracts stand among the receipts."""
    name = op.f("ck_sale_kind_known")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(name, "sale", type_="check")
        op.create_check_constraint(name, "sale", _KINDS)
        return
    # SQLite cannot change a check.
    op.rename_table("sale", "sale_before")
    op.create_table(
        "sale",
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("staff_ref", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("utc_ms", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("earned_units", sa.BigInteger(), nullable=False),
        sa.Column("burned_units", sa.BigInteger(), nullable=False),
        sa.Column("sale_event_id", sa.Text(), server_default="", nullable=False),
        sa.Column("nps_code", sa.Text(), nullable=True),
        sa.CheckConstraint(_KINDS, name=name),
        sa.PrimaryKeyConstraint("business_date", "event_id", name=op.f("pk_sale")),
    )
    op.execute(f"INSERT INTO sale ({_OF_SALE}) SELECT {_OF_SALE} FROM sale_before")  # noqa: S608 - names of ours
    op.drop_table("sale_before")
    for indexed in (["account_ref"], ["nps_code"], ["terminal_id", "business_date"]):
        op.create_index(op.f("_".join(["ix_sale", *indexed])), "sale", indexed, unique=False)
