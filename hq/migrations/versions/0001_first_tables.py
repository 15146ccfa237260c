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
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.Column("card_class", sa.Text(), server_default="", nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Text(), server_default="", nullable=False),
        sa.Column("receipts_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'blocked', 'merged')", name=op.f("ck_account_status_known")),
        sa.PrimaryKeyConstraint("account_ref", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_change_no"), "account", ["change_no"], unique=False)
    op.create_table(
        "accumulator",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("sum_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "programme_id", "month", name=op.f("pk_accumulator")),
    )
    op.create_table(
        "balance",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "issuer", "kind", name=op.f("pk_balance")),
    )
    op.create_table(
        "entry",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("entry_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("booked_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "event_id", "entry_no", name=op.f("pk_entry")),
    )
    op.create_table(
        "headquarters",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hq_gen", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("master_key", sa.LargeBinary(), nullable=False),
        sa.Column("last_change_no", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_headquarters_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_headquarters")),
    )
    op.create_table(
        "inbox",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'deferred', 'repeated', 'rejected')", name=op.f("ck_inbox_outcome_known")
        ),
        sa.PrimaryKeyConstraint("terminal_id", "incarnation", "seq", name=op.f("pk_inbox")),
        sa.UniqueConstraint("terminal_id", "event_id", name=op.f("uq_inbox_terminal_id_event_id")),
    )
    op.create_table(
        "personal_change",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", name=op.f("pk_personal_change")),
    )
    op.create_index(op.f("ix_personal_change_change_no"), "personal_change", ["change_no"], unique=False)
    op.create_table(
        "personal_field",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "field", name=op.f("pk_personal_field")),
    )
    op.create_table(
        "quarantine",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "content_hash", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "store",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store")),
    )
    op.create_table(
        "task",
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("done_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_task")),
    )
    op.create_table(
        "card",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint("status IN ('active', 'blocked')", name=op.f("ck_card_status_known")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_card_account_ref")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_card")),
    )
    op.create_index(op.f("ix_card_account_ref"), "card", ["account_ref"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("terminal_number", sa.Integer(), nullable=True),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"], name=op.f("fk_enrolment_code_store_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "lot",
        sa.Column("lot_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("starts_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("granted_units", sa.BigInteger(), nullable=False),
        sa.Column("remaining_units", sa.BigInteger(), nullable=False),
        sa.Column("matured", sa.Boolean(), nullable=False),
        sa.CheckConstraint("remaining_units BETWEEN 0 AND granted_units", name=op.f("ck_lot_remaining_range")),
        sa.ForeignKeyConstraint(["account_ref"], ["account.account_ref"], name=op.f("fk_lot_account_ref")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_lot")),
    )
    op.create_index(op.f("ix_lot_account_ref"), "lot", ["account_ref"], unique=False)
    op.create_index(
        "ix_lot_to_expire",
        "lot",
        ["expires_at_ms"],
        unique=False,
        postgresql_where=sa.text("remaining_units > 0"),
        sqlite_where=sa.text("remaining_units > 0"),
    )
    op.create_index(
        "ix_lot_to_mature",
        "lot",
        ["starts_at_ms"],
        unique=False,
        postgresql_where=sa.text("NOT matured"),
        sqlite_where=sa.text("NOT matured"),
    )
    op.create_table(
        "terminal",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_number", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("revoked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("durable_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("applied_incarnation", sa.Integer(), nullable=False),
        sa.Column("applied_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("enrolled_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_contact_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_drift_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("durable_seq <= last_seq", name=op.f("ck_terminal_durable_order")),
        sa.CheckConstraint("terminal_number BETWEEN 1 AND 999", name=op.f("ck_terminal_number_range")),
        sa.ForeignKeyConstraint(["store_id"], ["store.store_id"], name=op.f("fk_terminal_store_id")),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminal")),
        sa.UniqueConstraint("terminal_number", name=op.f("uq_terminal_terminal_number")),
    )
    op.create_table(
        "nps_answer",
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("answered_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_nps_answer_score_range")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.terminal_id"], name=op.f("fk_nps_answer_terminal_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_nps_answer")),
    )
    op.create_table(
        "sale",
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
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("earned_units", sa.BigInteger(), nullable=False),
        sa.Column("burned_units", sa.BigInteger(), nullable=False),
        sa.Column("sale_event_id", sa.Text(), server_default="", nullable=False),
        sa.Column("nps_code", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('sale', 'return')", name=op.f("ck_sale_kind_known")),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.terminal_id"], name=op.f("fk_sale_terminal_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_sale")),
    )
    op.create_index(op.f("ix_sale_account_ref"), "sale", ["account_ref"], unique=False)
    op.create_index(op.f("ix_sale_nps_code"), "sale", ["nps_code"], unique=False)
    op.create_index(op.f("ix_sale_terminal_id_business_date"), "sale", ["terminal_id", "business_date"], unique=False)
    op.create_table(
        "award",
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("award_no", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("reason_values", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_award_event_id")),
        sa.PrimaryKeyConstraint("event_id", "award_no", name=op.f("pk_award")),
    )
    op.create_table(
        "payment",
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("payment_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["sale.event_id"], name=op.f("fk_payment_event_id")),
        sa.PrimaryKeyConstraint("event_id", "payment_no", name=op.f("pk_payment")),
    )
