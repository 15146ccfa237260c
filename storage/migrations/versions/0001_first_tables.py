"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "account",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("card_class", sa.Text(), server_default="", nullable=False),
        sa.Column("receipts_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("provisional", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("includes_incarnation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("includes_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("provisional IN (0, 1)", name=op.f("ck_account_provisional_flag")),
        sa.CheckConstraint(
            "receipts_count BETWEEN 0 AND 1000000000000000", name=op.f("ck_account_receipts_count_range")
        ),
        sa.PrimaryKeyConstraint("account_ref", name=op.f("pk_account")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("utc_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(prev_hash) = 32 AND length(hash) = 32", name=op.f("ck_event_hash_length")),
        sa.CheckConstraint("seq BETWEEN 1 AND 1000000000000000", name=op.f("ck_event_seq_range")),
        sa.PrimaryKeyConstraint("terminal_id", "incarnation", "seq", name=op.f("pk_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_event_id")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "product",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column("product_class", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), server_default="", nullable=False),
        sa.Column("department", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("sold_by_weight", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "product_class IN ('regulated', 'medicine', 'high_margin', 'general')", name=op.f("ck_product_class_known")
        ),
        sa.CheckConstraint("price_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_product_price_minor_range")),
        sa.CheckConstraint("sold_by_weight IN (0, 1)", name=op.f("ck_product_weight_flag")),
        sa.CheckConstraint("tax_rate_bp BETWEEN 0 AND 10000", name=op.f("ck_product_tax_rate_bp_range")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_product")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "programme_set",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_programme_set")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shift",
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("staff_ref", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("opened_at_ms", sa.Integer(), nullable=False),
        sa.Column("closed_at_ms", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_shift")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "terminal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("terminal_number", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_hlc", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("trusted_ms", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("acked_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("durable_seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hq_gen", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("last_contact_ms", sa.Integer(), nullable=True),
        sa.Column("sync_state", sa.Text(), server_default="ok", nullable=False),
        sa.Column("nps_url", sa.Text(), server_default="", nullable=False),
        sa.Column("nps_key", sa.LargeBinary(), nullable=True),
        sa.Column("hq_public_key", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "acked_seq <= last_seq AND durable_seq <= acked_seq", name=op.f("ck_terminal_acknowledged_order")
        ),
        sa.CheckConstraint("id = 1", name=op.f("ck_terminal_single_row")),
        sa.CheckConstraint("incarnation BETWEEN 1 AND 1000000000000000", name=op.f("ck_terminal_incarnation_range")),
        sa.CheckConstraint("last_seq BETWEEN 0 AND 1000000000000000", name=op.f("ck_terminal_last_seq_range")),
        sa.CheckConstraint("length(last_hash) = 32", name=op.f("ck_terminal_hash_length")),
        sa.CheckConstraint("terminal_number BETWEEN 1 AND 999", name=op.f("ck_terminal_terminal_number_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        "accumulator",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("sum_minor", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_accumulator_account_ref")),
        sa.PrimaryKeyConstraint("account_ref", "programme_id", "month", name=op.f("pk_accumulator")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "card",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint("status IN ('active', 'blocked')", name=op.f("ck_card_status_known")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_card_account_ref")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_card")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_card_account_ref"), "card", ["account_ref"], unique=False)
    op.create_table(
        "entry",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("entry_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Text(), server_default="", nullable=False),
        sa.Column("booked_at_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('issued', 'available', 'pending', 'leased', 'redeemed', 'expired', 'overdraft', 'write_off')",
            name=op.f("ck_entry_kind_known"),
        ),
        sa.CheckConstraint("units <> 0", name=op.f("ck_entry_moves_something")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_entry_account_ref")),
        sa.PrimaryKeyConstraint("account_ref", "event_id", "entry_no", name=op.f("pk_entry")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lot",
        sa.Column("lot_id", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("starts_at_ms", sa.Integer(), nullable=False),
        sa.Column("expires_at_ms", sa.Integer(), nullable=True),
        sa.Column("granted_units", sa.Integer(), nullable=False),
        sa.Column("remaining_units", sa.Integer(), nullable=False),
        sa.Column("matured", sa.Integer(), nullable=False),
        sa.CheckConstraint("granted_units BETWEEN 0 AND 1000000000000000", name=op.f("ck_lot_granted_units_range")),
        sa.CheckConstraint("matured IN (0, 1)", name=op.f("ck_lot_matured_flag")),
        sa.CheckConstraint("remaining_units BETWEEN 0 AND granted_units", name=op.f("ck_lot_remaining_range")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_lot_account_ref")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_lot_account_ref"), "lot", ["account_ref"], unique=False)
    op.create_index(
        "ix_lot_expiring",
        "lot",
        ["expires_at_ms"],
        unique=False,
        sqlite_where=sa.text("remaining_units > 0 AND expires_at_ms IS NOT NULL"),
    )
    op.create_index("ix_lot_maturing", "lot", ["starts_at_ms"], unique=False, sqlite_where=sa.text("matured = 0"))
    op.create_table(
        "overdraft",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("units BETWEEN 0 AND 1000000000000000", name=op.f("ck_overdraft_units_range")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_overdraft_account_ref")),
        sa.PrimaryKeyConstraint("account_ref", "issuer", name=op.f("pk_overdraft")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "personal_field",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at_ms", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("confirmed_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("version BETWEEN 0 AND 1000000000000000", name=op.f("ck_personal_field_version_range")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_personal_field_account_ref")),
        sa.PrimaryKeyConstraint("account_ref", "field", name=op.f("pk_personal_field")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_personal_field_unconfirmed",
        "personal_field",
        ["changed_at_ms"],
        unique=False,
        sqlite_where=sa.text("version > confirmed_version"),
    )
    op.create_table(
        "product_cost",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("cost_minor", sa.Integer(), nullable=False),
        sa.CheckConstraint("cost_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_product_cost_cost_minor_range")),
        sa.ForeignKeyConstraint(["code"], ["product.code"], name=op.f("fk_product_cost_code"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_product_cost")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sale",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("card_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("staff_ref", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.Text(), nullable=False),
        sa.Column("utc_ms", sa.Integer(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("foreign_receipt", sa.Text(), server_default="", nullable=False),
        sa.Column("sale_event_id", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("burn_units", sa.Integer(), nullable=False),
        sa.Column("burn_worth_minor", sa.Integer(), nullable=False),
        sa.Column("burn_as", sa.Text(), nullable=False),
        sa.Column("earned_units", sa.Integer(), nullable=False),
        sa.Column("asks_nps", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("standing", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("burn_as IN ('price_reduction', 'tender')", name=op.f("ck_sale_burn_as_known")),
        sa.CheckConstraint("kind IN ('sale', 'return')", name=op.f("ck_sale_kind_known")),
        sa.CheckConstraint("mode IN ('till', 'beside')", name=op.f("ck_sale_mode_known")),
        sa.CheckConstraint("asks_nps IN (0, 1)", name=op.f("ck_sale_asks_nps_flag")),
        sa.CheckConstraint("burn_units BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_burn_units_range")),
        sa.CheckConstraint(
            "burn_worth_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_burn_worth_minor_range")
        ),
        sa.CheckConstraint("earned_units BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_earned_units_range")),
        sa.CheckConstraint("total_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_total_minor_range")),
        sa.ForeignKeyConstraint(["event_id"], ["event.event_id"], name=op.f("fk_sale_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_sale")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_sale_receipt_number")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_sale_account", "sale", ["account_ref", "utc_ms"], unique=False, sqlite_where=sa.text("account_ref <> ''")
    )
    op.create_index(op.f("ix_sale_business_date"), "sale", ["business_date"], unique=False)
    op.create_index(
        "ix_sale_returns", "sale", ["sale_event_id"], unique=False, sqlite_where=sa.text("sale_event_id <> ''")
    )
    op.create_table(
        "award",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("award_no", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason_values", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("units BETWEEN 0 AND 1000000000000000", name=op.f("ck_award_units_range")),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_award_event_id")),
        sa.PrimaryKeyConstraint("event_id", "award_no", name=op.f("pk_award")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "payment",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("payment_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("given_minor", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('cash', 'card', 'points', 'rounding', 'foreign')", name=op.f("ck_payment_kind_known")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_payment_event_id")),
        sa.PrimaryKeyConstraint("event_id", "payment_no", name=op.f("pk_payment")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "print_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("is_copy", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("queued_at_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'printed', 'failed')", name=op.f("ck_print_job_state_known")),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_print_job_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        "ix_print_job_waiting", "print_job", ["id"], unique=False, sqlite_where=sa.text("state <> 'printed'")
    )
    op.create_table(
        "return_line",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.Integer(), nullable=False),
        sa.Column("refund_minor", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.Integer(), nullable=False),
        sa.Column("earned_units", sa.Integer(), nullable=False),
        sa.Column("burned_units", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "burned_units BETWEEN 0 AND 1000000000000000", name=op.f("ck_return_line_burned_units_range")
        ),
        sa.CheckConstraint(
            "earned_units BETWEEN 0 AND 1000000000000000", name=op.f("ck_return_line_earned_units_range")
        ),
        sa.CheckConstraint("quantity_milli BETWEEN 1 AND 10000000", name=op.f("ck_return_line_quantity_milli_range")),
        sa.CheckConstraint(
            "refund_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_return_line_refund_minor_range")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_return_line_event_id")),
        sa.PrimaryKeyConstraint("event_id", "line_no", name=op.f("pk_return_line")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sale_line",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("product_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("product_class", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), server_default="", nullable=False),
        sa.Column("department", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity_milli", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", sa.Integer(), nullable=False),
        sa.Column("list_minor", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("burn_minor", sa.Integer(), nullable=False),
        sa.Column("payable_minor", sa.Integer(), nullable=False),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Text(), server_default="", nullable=False),
        sa.Column("sold_by_weight", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("burn_units", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_line_amount_minor_range")),
        sa.CheckConstraint("burn_minor BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_line_burn_minor_range")),
        sa.CheckConstraint("burn_units BETWEEN 0 AND 1000000000000000", name=op.f("ck_sale_line_burn_units_range")),
        sa.CheckConstraint(
            "payable_minor = amount_minor - burn_minor AND payable_minor >= 0", name=op.f("ck_sale_line_payable_sum")
        ),
        sa.CheckConstraint("quantity_milli BETWEEN 1 AND 10000000", name=op.f("ck_sale_line_quantity_milli_range")),
        sa.CheckConstraint("tax_minor BETWEEN 0 AND payable_minor", name=op.f("ck_sale_line_tax_range")),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_sale_line_event_id")),
        sa.PrimaryKeyConstraint("event_id", "line_no", name=op.f("pk_sale_line")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
