"""The tables of HQ, as SQLAlchemy Core metadata for PostgreSQL, and SQLite to try it out. Migrations create them; a test compares.

Money is in minor units, points in units, times in UTC milliseconds. The inbox and the ledger are append-only. Names, phones and
birthdays are in ``personal_field`` and nowhere else.

**Invariant**: every table has one key by which it can be spread over machines, which begins its primary key: the till, the account,
the region, the card, the event, or the month. No foreign key and no lock spans two of them. docs/explanation/hq-for-many.md has the list.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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


# HQ itself: one row, read by all and locked by none but enrolment. ``hq_gen`` grows when HQ was restored from a backup.
# ``last_change_no`` numbers transactions on SQLite; PostgreSQL numbers its own. ``policy`` is a ``BurnPolicy`` as JSON.
headquarters = Table(
    "headquarters",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _number("hq_gen", default=1),
    _bytes("private_key"),
    _bytes("master_key"),
    _number("last_change_no", default=0),
    _text("policy", default=""),
    CheckConstraint("id = 1", name="single_row"),
)

store = Table(
    "store",
    metadata,
    Column("store_id", Text, primary_key=True),
    _text("name", default=""),
    # Whose accounts its tills hear of: ``hq.regions``.
    _text("region", default="main"),
)

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    _text("store_id"),
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
    _text("store_id"),
    _bytes("public_key"),
    Column("incarnation", Integer, nullable=False),
    Column("revoked", Boolean, nullable=False, server_default=text("false")),
    # The end of the chain of this incarnation, as received.
    _number("last_seq", default=0),
    _bytes("last_hash"),
    _number("durable_seq", default=0),
    # How many events its earlier incarnations have here.
    _number("earlier_events", default=0),
    # How far the ledger has got.
    Column("applied_incarnation", Integer, nullable=False),
    _number("applied_seq", default=0),
    _number("enrolled_at_ms"),
    _moment("last_contact_ms"),
    # The till's clock less ours, at the last contact.
    _number("clock_drift_ms", default=0),
    # The generation of HQ in which this till last had nothing left to send, or was written off.
    _number("reported_gen", default=0),
    # How far its receipts were computed again, how many came out otherwise, and how many were rated on an outdated view.
    Column("replayed_incarnation", Integer, nullable=False, server_default=text("0")),
    _number("replayed_seq", default=0),
    _number("replay_differences", default=0),
    _number("stale_views", default=0),
    CheckConstraint("terminal_number BETWEEN 1 AND 99999", name="number_range"),
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
    # NULL once the retention is over: the hash still proves the chain.
    Column("body", LargeBinary),
    _number("received_at_ms"),
    PrimaryKeyConstraint("terminal_id", "incarnation", "seq"),
    UniqueConstraint("terminal_id", "event_id"),
    # By which the retention finds what is old.
    Index(
        "ix_inbox_kept",
        "received_at_ms",
        postgresql_where=text("body IS NOT NULL"),
        sqlite_where=text("body IS NOT NULL"),
    ),
    CheckConstraint("outcome IN ('accepted', 'deferred', 'repeated', 'rejected')", name="outcome_known"),
)

# Where each event was first booked from, whatever till sent it: the same event under another name (a copied disk, a claim) is
# known by it, and a receipt is found by its number.
booked_event = Table(
    "booked_event",
    metadata,
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    _uuid("terminal_id"),
    Column("incarnation", Integer, nullable=False),
    _number("seq"),
    _bytes("body_hash"),
)

# Every sale of a printed number: a disk that was put back, or copied, prints numbers again.
receipt = Table(
    "receipt",
    metadata,
    _text("receipt_number"),
    _uuid("event_id"),
    _uuid("terminal_id"),
    Column("incarnation", Integer, nullable=False),
    _number("seq"),
    PrimaryKeyConstraint("receipt_number", "event_id"),
)

# Points of a receipt that a member claimed by its code before its event came.
claim = Table(
    "claim",
    metadata,
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    _text("account_ref"),
    _number("units"),
    _number("claimed_at_ms"),
)

# What came back of a sale, by line and return: never more than was bought, whichever tills took it.
return_line = Table(
    "return_line",
    metadata,
    _uuid("sale_event_id"),
    _uuid("return_event_id"),
    Column("line_no", Integer, nullable=False),
    _number("quantity_milli"),
    _number("refund_minor"),
    _number("tax_minor"),
    _number("earned_units"),
    _number("burned_units"),
    PrimaryKeyConstraint("sale_event_id", "return_event_id", "line_no"),
)

# Returns whose receipt no till and no HQ could show; they are settled when the sale comes. ``sales_seen``: among how many sales of
# that number the goods were looked for in vain.
unseen_return = Table(
    "unseen_return",
    metadata,
    Column("sale_receipt_number", Text, nullable=False),
    _uuid("event_id"),
    _uuid("terminal_id"),
    Column("incarnation", Integer, nullable=False),
    _number("seq"),
    _moment("settled_at_ms"),
    Column("sales_seen", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("sale_receipt_number", "event_id"),
    Index(
        "ix_unseen_return_open",
        "event_id",
        postgresql_where=text("settled_at_ms IS NULL"),
        sqlite_where=text("settled_at_ms IS NULL"),
    ),
)

# Sets of programmes by which receipts are computed again, as tills keep them.
programme_set = Table(
    "programme_set",
    metadata,
    Column("hash", Text, primary_key=True),
    _text("body"),
    _number("received_at_ms"),
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
    Index("ix_task_open", "code", postgresql_where=text("done_at_ms IS NULL"), sqlite_where=text("done_at_ms IS NULL")),
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
    Column("offline_burning", Boolean, nullable=False, server_default=text("true")),
    # The account that took this one's cards and points over.
    _text("merged_into", default=""),
    _number("receipts_count", default=0),
    # The regions where it is known, in their order with spaces between: the rows that it has in ``account_region``.
    _text("regions", default=""),
    Index(
        "ix_account_merged_into",
        "merged_into",
        postgresql_where=text("merged_into <> ''"),
        sqlite_where=text("merged_into <> ''"),
    ),
    CheckConstraint("status IN ('active', 'frozen', 'blocked', 'merged')", name="status_known"),
)

# What every till is to know of a member: verified, a segment, who brought them, which products they chose.
account_mark = Table(
    "account_mark",
    metadata,
    Column("account_ref", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, primary_key=True, server_default=""),
    _text("since_date"),
)

# A coupon that a till has reserved (``held``), used (``used``), given back (``voided``) or freed by a return (``freed``); ``auth_id`` is
# the reservation's, else the sale's event id. ``event_id`` is the sale that used it.
coupon_use = Table(
    "coupon_use",
    metadata,
    Column("coupon_id", Text, primary_key=True),
    Column("auth_id", Uuid(as_uuid=False), primary_key=True),
    _uuid("terminal_id"),
    _text("state"),
    _number("created_at_ms"),
    _uuid("event_id", nullable=True),
    Index(None, "event_id"),
    CheckConstraint("state IN ('held', 'used', 'voided', 'freed')", name="state_known"),
)

# The seeds that chance goes by in this chain. A published one is known to everybody.
draw_seed = Table(
    "draw_seed",
    metadata,
    Column("seed_hash", Text, primary_key=True),
    _bytes("seed"),
    Column("published", Boolean, nullable=False, server_default=text("false")),
)

# A lottery that was held, as it is published, and its prizes as JSON, of which so many are booked.
draw_result = Table(
    "draw_result",
    metadata,
    Column("seed_hash", Text, primary_key=True),
    _bytes("report"),
    _text("prizes"),
    Column("booked", Integer, nullable=False),
    _number("held_at_ms"),
)

# The budget of a rule ("programme/rule") as its document counts it, and how much of it tills may give.
budget = Table(
    "budget",
    metadata,
    Column("rule", Text, primary_key=True),
    _number("counted"),
    _number("allotted", default=0),
    CheckConstraint("counted >= 0 AND allotted >= 0", name="sums_range"),
)

# How much of a budget one till may give in all, and how much of that it is known to have given.
allotment = Table(
    "allotment",
    metadata,
    _uuid("terminal_id"),
    Column("incarnation", Integer, nullable=False),
    _text("rule"),
    _number("allotted", default=0),
    _number("used", default=0),
    PrimaryKeyConstraint("terminal_id", "incarnation", "rule"),
)

# Sales that are paid in parts. A total of 0: something was paid on it, and the contract itself has not come yet.
contract = Table(
    "contract",
    metadata,
    Column("account_ref", Text, primary_key=True),
    Column("contract_id", Uuid(as_uuid=False), primary_key=True),
    _text("number", default=""),
    _uuid("sale_event_id", nullable=True),
    _text("programme_id", default=""),
    _text("opened_on", default=""),
    _text("store_id", default=""),
    _number("total_minor", default=0),
    _text("parts", default="[]"),
    _number("paid_minor", default=0),
    _number("lowered_minor", default=0),
    Index(
        "ix_contract_owing",
        "opened_on",
        postgresql_where=text("total_minor > paid_minor + lowered_minor"),
        sqlite_where=text("total_minor > paid_minor + lowered_minor"),
    ),
)

# What the tills of a region hear of: ``change_no`` is the number of the transaction that changed the account last, ``since_no`` of
# the one that brought it into the region.
account_region = Table(
    "account_region",
    metadata,
    _text("region"),
    _text("account_ref"),
    _number("change_no"),
    _number("since_no"),
    PrimaryKeyConstraint("region", "account_ref"),
    Index(None, "region", "change_no", "account_ref"),
)

card = Table(
    "card",
    metadata,
    Column("number", Text, primary_key=True),
    _text("account_ref"),
    _text("status", default="active"),
    Index(None, "account_ref"),
    CheckConstraint("status IN ('active', 'blocked', 'replaced')", name="status_known"),
)

lot = Table(
    "lot",
    metadata,
    _text("account_ref"),
    _uuid("lot_id"),
    _text("issuer"),
    _text("programme_id"),
    _number("starts_at_ms"),
    _moment("expires_at_ms"),
    _number("granted_units"),
    _number("remaining_units"),
    Column("matured", Boolean, nullable=False),
    PrimaryKeyConstraint("account_ref", "lot_id"),
    Index(
        "ix_lot_to_mature",
        "starts_at_ms",
        postgresql_where=text("NOT matured AND remaining_units > 0"),
        sqlite_where=text("NOT matured AND remaining_units > 0"),
    ),
    Index(
        "ix_lot_to_expire",
        "expires_at_ms",
        postgresql_where=text("remaining_units > 0"),
        sqlite_where=text("remaining_units > 0"),
    ),
    CheckConstraint("remaining_units BETWEEN 0 AND granted_units", name="remaining_range"),
)

# Points set aside for one till; ``remaining_units`` of their lot do not count them.
lease = Table(
    "lease",
    metadata,
    _text("account_ref"),
    _uuid("lease_id"),
    _uuid("holder"),
    _text("issuer"),
    _uuid("lot_id"),
    _number("units"),
    _moment("expires_at_ms"),
    Column("recalled", Boolean, nullable=False, server_default=text("false")),
    _number("issued_at_ms"),
    PrimaryKeyConstraint("account_ref", "lease_id"),
    Index("ix_lease_holder", "holder", postgresql_where=text("units > 0"), sqlite_where=text("units > 0")),
    CheckConstraint("units >= 0", name="units_range"),
)

# Points held for a sale under way. A hold ends by the event that captures or voids it, or by an administrator.
hold = Table(
    "hold",
    metadata,
    _text("account_ref"),
    _uuid("auth_id"),
    _uuid("terminal_id"),
    _text("issuer"),
    _number("units"),
    _text("state"),
    _number("created_at_ms"),
    PrimaryKeyConstraint("account_ref", "auth_id"),
    Index("ix_hold_open", "issuer", postgresql_where=text("state = 'held'"), sqlite_where=text("state = 'held'")),
    CheckConstraint("state IN ('held', 'captured', 'voided')", name="state_known"),
)

# What was booked as overdraft, by its cause: burning at two tills at once, or taking back what was spent.
overdraft_cause = Table(
    "overdraft_cause",
    metadata,
    _text("account_ref"),
    _text("issuer"),
    _text("cause"),
    _number("units"),
    PrimaryKeyConstraint("account_ref", "issuer", "cause"),
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

# Copies for reports, partitioned by month on PostgreSQL: nothing of the ledger reads them, and old months can be dropped.
# Sales and returns; ``total_minor``, ``earned_units`` and ``burned_units`` as the receipt says.
sale = Table(
    "sale",
    metadata,
    _text("business_date"),
    _uuid("event_id"),
    _uuid("terminal_id"),
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
    _number("total_minor"),
    _number("earned_units"),
    _number("burned_units"),
    _text("sale_event_id", default=""),
    # The code that the receipt shows where it asks the question, NULL where it does not.
    Column("nps_code", Text),
    PrimaryKeyConstraint("business_date", "event_id"),
    Index(None, "terminal_id", "business_date"),
    Index(None, "account_ref"),
    Index(None, "nps_code"),
    CheckConstraint("kind IN ('sale', 'return', 'instalment')", name="kind_known"),
    postgresql_partition_by="RANGE (business_date)",
)

payment = Table(
    "payment",
    metadata,
    _text("business_date"),
    _uuid("event_id"),
    Column("payment_no", Integer, nullable=False),
    _text("kind"),
    _number("amount_minor"),
    _text("reference"),
    PrimaryKeyConstraint("business_date", "event_id", "payment_no"),
    postgresql_partition_by="RANGE (business_date)",
)

award = Table(
    "award",
    metadata,
    _text("business_date"),
    _uuid("event_id"),
    Column("award_no", Integer, nullable=False),
    Column("line_no", Integer, nullable=False),
    _text("programme_id"),
    _text("rule_id"),
    _number("units"),
    _text("reason_code"),
    _text("reason_values"),
    PrimaryKeyConstraint("business_date", "event_id", "award_no"),
    postgresql_partition_by="RANGE (business_date)",
)

# What rules took off prices.
discount = Table(
    "discount",
    metadata,
    _text("business_date"),
    _uuid("event_id"),
    Column("discount_no", Integer, nullable=False),
    Column("line_no", Integer, nullable=False),
    _text("programme_id"),
    _text("rule_id"),
    _number("amount_minor"),
    _text("reason_code"),
    _text("reason_values"),
    PrimaryKeyConstraint("business_date", "event_id", "discount_no"),
    postgresql_partition_by="RANGE (business_date)",
)

# What each till sold on each day, summed up as it is booked, so that totals need not read all sales.
terminal_day = Table(
    "terminal_day",
    metadata,
    _uuid("terminal_id"),
    _text("business_date"),
    _number("sales", default=0),
    _number("returns", default=0),
    _number("sales_minor", default=0),
    _number("returns_minor", default=0),
    _number("issued_units", default=0),
    _number("burned_units", default=0),
    PrimaryKeyConstraint("terminal_id", "business_date"),
)

# What each till collected for a cause on each day, as its receipts say.
cause_day = Table(
    "cause_day",
    metadata,
    _uuid("terminal_id"),
    _text("business_date"),
    _text("cause"),
    _number("by_customers_minor", default=0),
    _number("by_shop_minor", default=0),
    _number("returned_minor", default=0),
    PrimaryKeyConstraint("terminal_id", "business_date", "cause"),
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

# Which personal record changed when, in the numbers of the accounts' changes: a till gets it with the account.
personal_change = Table(
    "personal_change",
    metadata,
    Column("account_ref", Text, primary_key=True),
    _number("change_no"),
    # Since when the holder is forgotten; what tills send of them later is not kept.
    _moment("erased_at_ms"),
)

# What HQ publishes to its tills: products, programmes, staff. A withdrawn one stays, with no body.
document = Table(
    "document",
    metadata,
    _text("kind"),
    _text("key"),
    Column("body", Text),
    _number("change_no"),
    PrimaryKeyConstraint("kind", "key"),
    Index(None, "change_no", "kind", "key"),
)

# The nonces of reading requests of the last minutes: what somebody recorded cannot be asked again, whichever worker answers.
nonce = Table(
    "nonce",
    metadata,
    _uuid("terminal_id"),
    _text("nonce"),
    _number("seen_at_ms"),
    PrimaryKeyConstraint("terminal_id", "nonce"),
    Index(None, "seen_at_ms"),
)

# Backups that were read back and found whole: what they hold is durable.
backup = Table(
    "backup",
    metadata,
    Column("backup_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _number("taken_at_ms"),
    _number("verified_at_ms"),
    _number("events"),
)

# One answer an event. ``comment`` is NULL until the open question was answered or skipped.
nps_answer = Table(
    "nps_answer",
    metadata,
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    _uuid("terminal_id"),
    Column("score", Integer, nullable=False),
    Column("comment", Text),
    _text("language"),
    _number("answered_at_ms"),
    CheckConstraint("score BETWEEN 0 AND 10", name="score_range"),
)
