"""The tables of HQ, as SQLAlchemy Core metadata for PostgreSQL, and SQLite to try it out. Migrations create them; a test compares.

Money is in minor units, points in units, times in UTC milliseconds. The inbox and the ledger are append-only. Names, phones and
birthdays are in ``personal_field`` and nowhere else.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _number(name: str, *, default: int | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=None if default is None else text(str(default)))


def _moment(name: str) -> Column[int]:
    """A time that may not have come."""
    return Column(name, BigInteger)


def _uuid(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Uuid(as_uuid=False), nullable=nullable)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


# HQ itself: one row. ``hq_gen`` grows when HQ was restored from a backup. ``last_change_no`` numbers changes of accounts;
# its row is locked until the transaction that took numbers commits, so that a reader never sees a later number before an earlier.
headquarters = Table(
    "headquarters",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _number("hq_gen", default=1),
    _bytes("private_key"),
    _bytes("master_key"),
    _number("last_change_no", default=0),
    CheckConstraint("id = 1", name="single_row"),
)

store = Table(
    "store",
    metadata,
    Column("store_id", Text, primary_key=True),
    _text("name", default=""),
)

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("store_id", Text, ForeignKey("store.store_id"), nullable=False),
    # The till that may come back under this code; NULL: a new till.
    Column("terminal_number", Integer),
    _number("expires_at_ms"),
    _moment("used_at_ms"),
    Column("public_key", LargeBinary),
    _uuid("terminal_id", nullable=True),
)

terminal = Table(
    "terminal",
    metadata,
    Column("terminal_id", Uuid(as_uuid=False), primary_key=True),
    Column("terminal_number", Integer, nullable=False, unique=True),
    Column("store_id", Text, ForeignKey("store.store_id"), nullable=False),
    _bytes("public_key"),
    Column("incarnation", Integer, nullable=False),
    Column("revoked", Boolean, nullable=False, server_default=text("false")),
    # The end of the chain of this incarnation, as received.
    _number("last_seq", default=0),
    _bytes("last_hash"),
    _number("durable_seq", default=0),
    # How far the ledger has got.
    Column("applied_incarnation", Integer, nullable=False),
    _number("applied_seq", default=0),
    _number("enrolled_at_ms"),
    _moment("last_contact_ms"),
    # The till's clock less ours, at the last contact.
    _number("clock_drift_ms", default=0),
    CheckConstraint("terminal_number BETWEEN 1 AND 999", name="number_range"),
    CheckConstraint("durable_seq <= last_seq", name="durable_order"),
)

# Every event as it came, for ever. ``event_id`` is NULL where the event has none that counts: unreadable, or seen before.
inbox = Table(
    "inbox",
    metadata,
    _uuid("terminal_id"),
    Column("incarnation", Integer, nullable=False),
    _number("seq"),
    _uuid("event_id", nullable=True),
    _text("kind"),
    _text("outcome"),
    _bytes("hash"),
    _bytes("body"),
    _number("received_at_ms"),
    PrimaryKeyConstraint("terminal_id", "incarnation", "seq"),
    UniqueConstraint("terminal_id", "event_id"),
    CheckConstraint("outcome IN ('accepted', 'deferred', 'repeated', 'rejected')", name="outcome_known"),
)

# What a person should look at.
task = Table(
    "task",
    metadata,
    Column("task_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("code"),
    _uuid("terminal_id"),
    Column("incarnation", Integer, nullable=False),
    _number("seq"),
    _number("created_at_ms"),
    _moment("done_at_ms"),
)

# What a till sent that was shut out.
quarantine = Table(
    "quarantine",
    metadata,
    _uuid("terminal_id"),
    _bytes("content_hash"),
    _bytes("content"),
    _number("received_at_ms"),
    PrimaryKeyConstraint("terminal_id", "content_hash"),
)

account = Table(
    "account",
    metadata,
    Column("account_ref", Text, primary_key=True),
    _text("status", default="active"),
    _text("card_class", default=""),
    Column("provisional", Boolean, nullable=False),
    # The account that took this one's cards and points over.
    _text("merged_into", default=""),
    _number("receipts_count", default=0),
    _number("change_no"),
    Index(None, "change_no"),
    CheckConstraint("status IN ('active', 'blocked', 'merged')", name="status_known"),
)

card = Table(
    "card",
    metadata,
    Column("number", Text, primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("status", default="active"),
    Index(None, "account_ref"),
    CheckConstraint("status IN ('active', 'blocked')", name="status_known"),
)

lot = Table(
    "lot",
    metadata,
    Column("lot_id", Uuid(as_uuid=False), primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("issuer"),
    _text("programme_id"),
    _number("starts_at_ms"),
    _moment("expires_at_ms"),
    _number("granted_units"),
    _number("remaining_units"),
    Column("matured", Boolean, nullable=False),
    Index(None, "account_ref"),
    Index("ix_lot_to_mature", "starts_at_ms", postgresql_where=text("NOT matured"), sqlite_where=text("NOT matured")),
    Index(
        "ix_lot_to_expire",
        "expires_at_ms",
        postgresql_where=text("remaining_units > 0"),
        sqlite_where=text("remaining_units > 0"),
    ),
    CheckConstraint("remaining_units BETWEEN 0 AND granted_units", name="remaining_range"),
)

entry = Table(
    "entry",
    metadata,
    _text("account_ref"),
    _uuid("event_id"),
    Column("entry_no", Integer, nullable=False),
    _text("kind"),
    _text("issuer"),
    _number("units"),
    _uuid("lot_id", nullable=True),
    _number("booked_at_ms"),
    PrimaryKeyConstraint("account_ref", "event_id", "entry_no"),
)

# The sums of the entries, stored beside them for speed.
balance = Table(
    "balance",
    metadata,
    _text("account_ref"),
    _text("issuer"),
    _text("kind"),
    _number("units"),
    PrimaryKeyConstraint("account_ref", "issuer", "kind"),
)

accumulator = Table(
    "accumulator",
    metadata,
    _text("account_ref"),
    _text("programme_id"),
    _text("month"),
    _number("sum_minor"),
    PrimaryKeyConstraint("account_ref", "programme_id", "month"),
)

# Sales and returns; ``total_minor``, ``earned_units`` and ``burned_units`` as the receipt says.
sale = Table(
    "sale",
    metadata,
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    Column("terminal_id", Uuid(as_uuid=False), ForeignKey("terminal.terminal_id"), nullable=False),
    Column("incarnation", Integer, nullable=False),
    _number("seq"),
    _text("kind"),
    _text("receipt_number"),
    # As the event names it: a merged account stays findable.
    _text("account_ref"),
    _text("store_id"),
    _text("staff_ref"),
    _text("shift_id"),
    _number("utc_ms"),
    _text("business_date"),
    _number("total_minor"),
    _number("earned_units"),
    _number("burned_units"),
    _text("sale_event_id", default=""),
    # The code that the receipt shows where it asks the question, NULL where it does not.
    Column("nps_code", Text),
    Index(None, "terminal_id", "business_date"),
    Index(None, "account_ref"),
    Index(None, "nps_code"),
    CheckConstraint("kind IN ('sale', 'return')", name="kind_known"),
)

payment = Table(
    "payment",
    metadata,
    Column("event_id", Uuid(as_uuid=False), ForeignKey("sale.event_id"), nullable=False),
    Column("payment_no", Integer, nullable=False),
    _text("kind"),
    _number("amount_minor"),
    _text("reference"),
    PrimaryKeyConstraint("event_id", "payment_no"),
)

award = Table(
    "award",
    metadata,
    Column("event_id", Uuid(as_uuid=False), ForeignKey("sale.event_id"), nullable=False),
    Column("award_no", Integer, nullable=False),
    Column("line_no", Integer, nullable=False),
    _text("programme_id"),
    _text("rule_id"),
    _number("units"),
    _text("reason_code"),
    _text("reason_values"),
    PrimaryKeyConstraint("event_id", "award_no"),
)

personal_field = Table(
    "personal_field",
    metadata,
    _text("account_ref"),
    _text("field"),
    _text("value"),
    _number("version"),
    _number("changed_at_ms"),
    PrimaryKeyConstraint("account_ref", "field"),
)

# Which personal record changed when, in the numbers of the accounts' changes.
personal_change = Table(
    "personal_change",
    metadata,
    Column("account_ref", Text, primary_key=True),
    _number("change_no"),
    Index(None, "change_no"),
)

# One answer an event. ``comment`` is NULL until the open question was answered or skipped.
nps_answer = Table(
    "nps_answer",
    metadata,
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    Column("terminal_id", Uuid(as_uuid=False), ForeignKey("terminal.terminal_id"), nullable=False),
    Column("score", Integer, nullable=False),
    Column("comment", Text),
    _text("language"),
    _number("answered_at_ms"),
    CheckConstraint("score BETWEEN 0 AND 10", name="score_range"),
)
