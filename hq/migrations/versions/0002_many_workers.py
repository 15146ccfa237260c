"""Tables with one key each, partitioned copies for reports, and room for holds, leases, documents, replay and backups.

On PostgreSQL tables are altered in place; those that become partitioned are copied. SQLite cannot drop a key or change a CHECK, so
there every table that changes is copied. Cursors of tills have another form from here on, so that each till begins anew: on
PostgreSQL changes are numbered by transactions now.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BATCH_ROWS = 500
_FOREIGN_KEYS = {
    "enrolment_code": "store_id",
    "terminal": "store_id",
    "card": "account_ref",
    "lot": "account_ref",
    "nps_answer": "terminal_id",
}
_LINE_COLUMNS = ("line_no", "quantity_milli", "refund_minor", "tax_minor", "earned_units", "burned_units")


def upgrade() -> None:
    """From the first tables to these, with everything that is in them."""
    connection = op.get_bind()
    # Those that refer to others go first.
    columns = {name: _set_aside(name) for name in ("payment", "award", "sale")}
    _create_new()
    if connection.dialect.name == "postgresql":
        _alter()
    else:
        # The library's SQLite has no hash function of its own.
        _give_sqlite_sha256(connection)
        _copy_on_sqlite()
    for name, table, column, condition in (
        ("ix_account_merged_into", "account", "merged_into", "merged_into <> ''"),
        ("ix_task_open", "task", "code", "done_at_ms IS NULL"),
        ("ix_unseen_return_open", "unseen_return", "event_id", "settled_at_ms IS NULL"),
        ("ix_hold_open", "hold", "issuer", "state = 'held'"),
        ("ix_inbox_kept", "inbox", "received_at_ms", "body IS NOT NULL"),
    ):
        only = sa.text(condition)
        op.create_index(name, table, [column], unique=False, postgresql_where=only, sqlite_where=only)
    _make_for_reports(columns)
    _fill(connection)


def _create_new() -> None:
    op.create_table(
        "backup",
        sa.Column(
            "backup_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("taken_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("verified_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("backup_id", name=op.f("pk_backup")),
    )
    op.create_table(
        "booked_event",
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_booked_event")),
    )
    op.create_table(
        "claim",
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_claim")),
    )
    op.create_table(
        "document",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_change_no_kind_key"), "document", ["change_no", "kind", "key"], unique=False)
    op.create_table(
        "hold",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("auth_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('held', 'captured', 'voided')", name=op.f("ck_hold_state_known")),
        sa.PrimaryKeyConstraint("account_ref", "auth_id", name=op.f("pk_hold")),
    )
    op.create_table(
        "lease",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("lease_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("holder", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("recalled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("issued_at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_lease_units_range")),
        sa.PrimaryKeyConstraint("account_ref", "lease_id", name=op.f("pk_lease")),
    )
    op.create_index(
        "ix_lease_holder",
        "lease",
        ["holder"],
        unique=False,
        postgresql_where=sa.text("units > 0"),
        sqlite_where=sa.text("units > 0"),
    )
    op.create_table(
        "nonce",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "nonce", name=op.f("pk_nonce")),
    )
    op.create_index(op.f("ix_nonce_seen_at_ms"), "nonce", ["seen_at_ms"], unique=False)
    op.create_table(
        "overdraft_cause",
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_ref", "issuer", "cause", name=op.f("pk_overdraft_cause")),
    )
    op.create_table(
        "programme_set",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_programme_set")),
    )
    op.create_table(
        "receipt",
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receipt_number", name=op.f("pk_receipt")),
    )
    op.create_table(
        "return_line",
        sa.Column("sale_event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("return_event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("earned_units", sa.BigInteger(), nullable=False),
        sa.Column("burned_units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sale_event_id", "return_event_id", "line_no", name=op.f("pk_return_line")),
    )
    op.create_table(
        "terminal_day",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("sales", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returns", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sales_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("returns_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("issued_units", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("burned_units", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("terminal_id", "business_date", name=op.f("pk_terminal_day")),
    )
    op.create_table(
        "unseen_return",
        sa.Column("sale_receipt_number", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("settled_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sale_receipt_number", "event_id", name=op.f("pk_unseen_return")),
    )


def _alter() -> None:
    """PostgreSQL changes its tables in place."""
    for table, column in _FOREIGN_KEYS.items():
        op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey")
    op.alter_column("inbox", "body", existing_type=sa.LargeBinary(), nullable=True)
    for table, columns in _added().items():
        for added in columns:
            op.add_column(table, added)
    for table, condition in (
        ("account", "status IN ('active', 'frozen', 'blocked', 'merged')"),
        ("card", "status IN ('active', 'blocked', 'replaced')"),
    ):
        op.drop_constraint(op.f(f"ck_{table}_status_known"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_status_known"), table, condition)
    for table in ("account", "personal_change"):
        op.drop_index(op.f(f"ix_{table}_change_no"), table_name=table)
        _index_changes(table)
    op.drop_index(op.f("ix_lot_account_ref"), table_name="lot")
    op.drop_constraint(op.f("ck_terminal_number_range"), "terminal", type_="check")
    op.create_check_constraint(op.f("ck_terminal_number_range"), "terminal", "terminal_number BETWEEN 1 AND 99999")
    op.drop_constraint(op.f("pk_lot"), "lot", type_="primary")
    op.create_primary_key(op.f("pk_lot"), "lot", ["account_ref", "lot_id"])
    op.drop_index("ix_lot_to_mature", table_name="lot")
    _index_lots_to_mature()
    for table in ("account", "personal_change"):
        # Transactions are numbered from here on; what is older counts as of this one.
        op.execute(f"UPDATE {table} SET change_no = pg_current_xact_id()::text::bigint")  # noqa: S608


def _added() -> dict[str, list[sa.Column[object]]]:
    return {
        "headquarters": [sa.Column("policy", sa.Text(), server_default="", nullable=False)],
        "terminal": [
            sa.Column("earlier_events", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
            sa.Column("reported_gen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
            sa.Column("replayed_incarnation", sa.Integer(), server_default=sa.text("0"), nullable=False),
            sa.Column("replayed_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
            sa.Column("replay_differences", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
            sa.Column("stale_views", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        ],
        "account": [sa.Column("offline_burning", sa.Boolean(), server_default=sa.text("true"), nullable=False)],
        "personal_change": [sa.Column("erased_at_ms", sa.BigInteger(), nullable=True)],
    }


def _index_changes(table: str) -> None:
    op.create_index(op.f(f"ix_{table}_change_no_account_ref"), table, ["change_no", "account_ref"], unique=False)


def _index_lots_to_mature() -> None:
    op.create_index(
        "ix_lot_to_mature",
        "lot",
        ["starts_at_ms"],
        unique=False,
        postgresql_where=sa.text("NOT matured AND remaining_units > 0"),
        sqlite_where=sa.text("NOT matured AND remaining_units > 0"),
    )


def _copy_on_sqlite() -> None:
    for table in ("headquarters", "personal_change"):
        for column in _added()[table]:
            op.add_column(table, column)
    op.drop_index(op.f("ix_personal_change_change_no"), table_name="personal_change")
    _index_changes("personal_change")
    # Those that refer to others first, while their keys still hold.
    for name, definition in _rebuilt_on_sqlite().items():
        _copy(name, definition)
    _index_changes("account")
    op.create_index(op.f("ix_card_account_ref"), "card", ["account_ref"], unique=False)
    _index_lots_to_mature()
    op.create_index(
        "ix_lot_to_expire", "lot", ["expires_at_ms"], unique=False, sqlite_where=sa.text("remaining_units > 0")
    )


def _rebuilt_on_sqlite() -> dict[str, list[sa.schema.SchemaItem]]:
    added = _added()
    return {
        "enrolment_code": [
            sa.Column("code_hash", sa.LargeBinary(), nullable=False),
            sa.Column("store_id", sa.Text(), nullable=False),
            sa.Column("terminal_number", sa.Integer(), nullable=True),
            sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
            sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
            sa.Column("public_key", sa.LargeBinary(), nullable=True),
            sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=True),
            sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
        ],
        "card": [
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("account_ref", sa.Text(), nullable=False),
            sa.Column("status", sa.Text(), server_default="active", nullable=False),
            sa.CheckConstraint("status IN ('active', 'blocked', 'replaced')", name=op.f("ck_card_status_known")),
            sa.PrimaryKeyConstraint("number", name=op.f("pk_card")),
        ],
        "lot": [
            sa.Column("account_ref", sa.Text(), nullable=False),
            sa.Column("lot_id", sa.Uuid(as_uuid=False), nullable=False),
            sa.Column("issuer", sa.Text(), nullable=False),
            sa.Column("programme_id", sa.Text(), nullable=False),
            sa.Column("starts_at_ms", sa.BigInteger(), nullable=False),
            sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
            sa.Column("granted_units", sa.BigInteger(), nullable=False),
            sa.Column("remaining_units", sa.BigInteger(), nullable=False),
            sa.Column("matured", sa.Boolean(), nullable=False),
            sa.CheckConstraint("remaining_units BETWEEN 0 AND granted_units", name=op.f("ck_lot_remaining_range")),
            sa.PrimaryKeyConstraint("account_ref", "lot_id", name=op.f("pk_lot")),
        ],
        "nps_answer": [
            sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
            sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
            sa.Column("score", sa.Integer(), nullable=False),
            sa.Column("comment", sa.Text(), nullable=True),
            sa.Column("language", sa.Text(), nullable=False),
            sa.Column("answered_at_ms", sa.BigInteger(), nullable=False),
            sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_nps_answer_score_range")),
            sa.PrimaryKeyConstraint("event_id", name=op.f("pk_nps_answer")),
        ],
        "inbox": [
            sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
            sa.Column("incarnation", sa.Integer(), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=True),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("outcome", sa.Text(), nullable=False),
            sa.Column("hash", sa.LargeBinary(), nullable=False),
            sa.Column("body", sa.LargeBinary(), nullable=True),
            sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
            sa.CheckConstraint(
                "outcome IN ('accepted', 'deferred', 'repeated', 'rejected')", name=op.f("ck_inbox_outcome_known")
            ),
            sa.PrimaryKeyConstraint("terminal_id", "incarnation", "seq", name=op.f("pk_inbox")),
            sa.UniqueConstraint("terminal_id", "event_id", name=op.f("uq_inbox_terminal_id_event_id")),
        ],
        "account": [
            sa.Column("account_ref", sa.Text(), nullable=False),
            sa.Column("status", sa.Text(), server_default="active", nullable=False),
            sa.Column("card_class", sa.Text(), server_default="", nullable=False),
            sa.Column("provisional", sa.Boolean(), nullable=False),
            *added["account"],
            sa.Column("merged_into", sa.Text(), server_default="", nullable=False),
            sa.Column("receipts_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
            sa.Column("change_no", sa.BigInteger(), nullable=False),
            sa.CheckConstraint(
                "status IN ('active', 'frozen', 'blocked', 'merged')", name=op.f("ck_account_status_known")
            ),
            sa.PrimaryKeyConstraint("account_ref", name=op.f("pk_account")),
        ],
        "terminal": [
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
            *added["terminal"],
            sa.CheckConstraint("durable_seq <= last_seq", name=op.f("ck_terminal_durable_order")),
            sa.CheckConstraint("terminal_number BETWEEN 1 AND 99999", name=op.f("ck_terminal_number_range")),
            sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminal")),
            sa.UniqueConstraint("terminal_number", name=op.f("uq_terminal_terminal_number")),
        ],
    }


def _copy(name: str, definition: list[sa.schema.SchemaItem]) -> None:
    """The same rows in a table of this definition; columns that the old one lacks get their defaults."""
    listed = ", ".join(_set_aside(name))
    op.create_table(name, *definition)
    op.execute(f"INSERT INTO {name} ({listed}) SELECT {listed} FROM {name}_before")  # noqa: S608 - names of ours
    op.execute(f"DROP TABLE {name}_before")


def _set_aside(name: str) -> list[str]:
    """Put the rows in a temporary table, drop the old one with the names of its keys, and give the names of its columns."""
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)]
    op.execute(f"CREATE TEMPORARY TABLE {name}_before AS SELECT * FROM {name}")  # noqa: S608 - a name of ours
    op.drop_table(name)
    return columns


def _make_for_reports(columns: dict[str, list[str]]) -> None:
    """Sales with their payments and awards; on PostgreSQL in the partition for what has none, until somebody makes the months'."""
    for name, definition in _for_reports().items():
        op.create_table(name, *definition, postgresql_partition_by="RANGE (business_date)")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"CREATE TABLE {name}_default PARTITION OF {name} DEFAULT")
    for indexed in (["account_ref"], ["nps_code"], ["terminal_id", "business_date"]):
        op.create_index(op.f("_".join(["ix_sale", *indexed])), "sale", indexed, unique=False)
    listed = ", ".join(columns["sale"])
    op.execute(f"INSERT INTO sale ({listed}) SELECT {listed} FROM sale_before")  # noqa: S608 - names of ours
    for of_sale in ("payment", "award"):
        _fill_from_sale(of_sale)
    op.execute("DROP TABLE sale_before")


def _fill_from_sale(name: str) -> None:
    """Payments and awards get the day of their sale."""
    columns = [column.name for column in _for_reports()[name] if isinstance(column, sa.Column)][1:]
    old = ", ".join(f"old.{column}" for column in columns)
    rows = (
        f"SELECT sale.business_date, {old} FROM {name}_before old JOIN sale_before sale ON sale.event_id = old.event_id"  # noqa: S608
    )
    op.execute(f"INSERT INTO {name} (business_date, {', '.join(columns)}) {rows}")
    op.execute(f"DROP TABLE {name}_before")


def _for_reports() -> dict[str, list[sa.schema.SchemaItem]]:
    return {
        "sale": [
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
            sa.CheckConstraint("kind IN ('sale', 'return')", name=op.f("ck_sale_kind_known")),
            sa.PrimaryKeyConstraint("business_date", "event_id", name=op.f("pk_sale")),
        ],
        "payment": [
            sa.Column("business_date", sa.Text(), nullable=False),
            sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
            sa.Column("payment_no", sa.Integer(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("amount_minor", sa.BigInteger(), nullable=False),
            sa.Column("reference", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("business_date", "event_id", "payment_no", name=op.f("pk_payment")),
        ],
        "award": [
            sa.Column("business_date", sa.Text(), nullable=False),
            sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
            sa.Column("award_no", sa.Integer(), nullable=False),
            sa.Column("line_no", sa.Integer(), nullable=False),
            sa.Column("programme_id", sa.Text(), nullable=False),
            sa.Column("rule_id", sa.Text(), nullable=False),
            sa.Column("units", sa.BigInteger(), nullable=False),
            sa.Column("reason_code", sa.Text(), nullable=False),
            sa.Column("reason_values", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("business_date", "event_id", "award_no", name=op.f("pk_award")),
        ],
    }


def _give_sqlite_sha256(connection: sa.Connection) -> None:
    import hashlib

    driver = connection.connection.driver_connection
    assert driver is not None
    driver.create_function("sha256", 1, lambda content: hashlib.sha256(content).digest(), deterministic=True)


def _fill(connection: sa.Connection) -> None:
    """What the new tables know of events that were booked before there were any."""
    op.execute("UPDATE terminal SET reported_gen = (SELECT hq_gen FROM headquarters)")
    op.execute(
        "UPDATE terminal SET earlier_events = (SELECT count(*) FROM inbox WHERE inbox.terminal_id = terminal.terminal_id"
        " AND inbox.incarnation < terminal.incarnation)"
    )
    op.execute(
        "INSERT INTO booked_event (event_id, terminal_id, incarnation, seq, body_hash)"
        " SELECT sale.event_id, sale.terminal_id, sale.incarnation, sale.seq, sha256(inbox.body) FROM sale JOIN inbox"
        " ON inbox.terminal_id = sale.terminal_id AND inbox.incarnation = sale.incarnation AND inbox.seq = sale.seq"
    )
    op.execute(_ENROLMENTS)
    op.execute(
        "INSERT INTO receipt (receipt_number, event_id, terminal_id, incarnation, seq)"
        " SELECT receipt_number, event_id, terminal_id, incarnation, seq FROM sale WHERE true"
        " ORDER BY utc_ms, event_id ON CONFLICT DO NOTHING"
    )
    op.execute(_DAYS)
    _fill_returned_lines(connection)


_ENROLMENTS = """
INSERT INTO booked_event (event_id, terminal_id, incarnation, seq, body_hash)
SELECT inbox.event_id, inbox.terminal_id, inbox.incarnation, inbox.seq, sha256(inbox.body)
FROM inbox JOIN terminal ON terminal.terminal_id = inbox.terminal_id
WHERE inbox.kind = 'enrolment' AND inbox.outcome = 'accepted'
AND (inbox.incarnation, inbox.seq) <= (terminal.applied_incarnation, terminal.applied_seq)
AND NOT EXISTS (SELECT 1 FROM task WHERE task.terminal_id = inbox.terminal_id
    AND task.incarnation = inbox.incarnation AND task.seq = inbox.seq AND task.done_at_ms IS NULL)
ORDER BY inbox.received_at_ms, inbox.seq
ON CONFLICT DO NOTHING
"""
_DAYS = """
INSERT INTO terminal_day (terminal_id, business_date, sales, returns, sales_minor, returns_minor, issued_units, burned_units)
SELECT terminal_id, business_date,
    sum(CASE WHEN kind = 'sale' THEN 1 ELSE 0 END), sum(CASE WHEN kind = 'return' THEN 1 ELSE 0 END),
    sum(CASE WHEN kind = 'sale' THEN total_minor ELSE 0 END), sum(CASE WHEN kind = 'return' THEN total_minor ELSE 0 END),
    sum(CASE WHEN kind = 'sale' THEN earned_units ELSE 0 END), sum(CASE WHEN kind = 'sale' THEN burned_units ELSE 0 END)
FROM sale GROUP BY terminal_id, business_date
"""


def _fill_returned_lines(connection: sa.Connection) -> None:
    """The lines of returns are in their events only."""
    returns = sa.text(
        "SELECT inbox.body FROM sale JOIN inbox ON inbox.terminal_id = sale.terminal_id"
        " AND inbox.incarnation = sale.incarnation AND inbox.seq = sale.seq WHERE sale.kind = 'return'"
    )
    table = sa.table(
        "return_line",
        sa.column("sale_event_id", sa.Uuid(as_uuid=False)),
        sa.column("return_event_id", sa.Uuid(as_uuid=False)),
        *(sa.column(name) for name in _LINE_COLUMNS),
    )
    for bodies in connection.execute(returns).partitions(_BATCH_ROWS):
        lines = [line for (body,) in bodies for line in _returned_lines(json.loads(bytes(body)))]
        if lines:
            connection.execute(table.insert(), lines)


def _returned_lines(event: dict[str, object]) -> list[dict[str, object]]:
    ids = {"sale_event_id": event["sale_event_id"], "return_event_id": event["event_id"]}
    lines = event["lines"]
    assert isinstance(lines, list)
    by_number = {line["line_no"]: line for line in lines}
    return [{**ids, **{name: line[name] for name in _LINE_COLUMNS}} for line in by_number.values()]
