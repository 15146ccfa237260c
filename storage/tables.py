"""The tables of a till, as SQLAlchemy Core metadata: STRICT, with CHECKed ranges. Migrations create them; a test compares.

Money is in minor units, points in units, times in UTC milliseconds, quantities in thousandths, rates in basis points.
"""

from sqlalchemy import (
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

_AMOUNT_MAX = 10**15


def _text(name: str, *, default: str | None = None, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default, primary_key=primary_key)


def _integer(name: str, *, default: int | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else text(str(default)))


def _range(column: str, low: int, high: int = _AMOUNT_MAX) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=f"{column}_range")


def _table(name: str, *items: Column[str] | Column[int] | object, rowid: bool = True) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True, sqlite_with_rowid=rowid)  # type: ignore[arg-type]


terminal = _table(
    "terminal",
    Column("id", Integer, primary_key=True),
    _text("terminal_id"),
    _integer("terminal_number"),
    _text("store_id"),
    _integer("incarnation"),
    _integer("last_seq", default=0),
    Column("last_hash", LargeBinary, nullable=False),
    _integer("last_hlc", default=0),
    _integer("trusted_ms", default=0),
    _integer("acked_seq", default=0),
    _integer("durable_seq", default=0),
    _integer("hq_gen", default=0),
    _text("cursor", default=""),
    Column("last_contact_ms", Integer),
    _text("sync_state", default="ok"),
    _text("nps_url", default=""),
    Column("nps_key", LargeBinary),
    Column("hq_public_key", LargeBinary),
    # HQ's rules for burning here, as JSON; empty where it has sent none.
    _text("policy", default=""),
    # How far a snapshot that is being loaded got, where its changes go on, and the number that marks its accounts.
    _text("snapshot_cursor", default=""),
    _text("snapshot_changes_cursor", default=""),
    _integer("snapshot_no", default=0),
    # Bodies up to here were pruned; a row of ``checkpoint`` vouches for them.
    _integer("pruned_seq", default=0),
    # Of staff: the hash of the code that voids every PIN, and what tells the pepper of these PINs from any other.
    _text("recovery_hash", default=""),
    _text("pepper_mark", default=""),
    CheckConstraint("id = 1", name="single_row"),
    _range("terminal_number", 1, 99_999),
    _range("incarnation", 1),
    _range("last_seq", 0),
    CheckConstraint("acked_seq <= last_seq AND durable_seq <= acked_seq", name="acknowledged_order"),
    CheckConstraint("length(last_hash) = 32", name="hash_length"),
)

product = _table(
    "product",
    _text("code", primary_key=True),
    _text("name"),
    _integer("price_minor"),
    _integer("tax_rate_bp"),
    _text("product_class"),
    _text("band", default=""),
    _text("department", default=""),
    _text("category", default=""),
    _integer("sold_by_weight", default=0),
    Column("member_price_minor", Integer),
    # The lower end of a published band. What it was reckoned from is in a table apart.
    Column("margin_floor_percent", Integer),
    _range("price_minor", 0),
    _range("tax_rate_bp", 0, 10_000),
    CheckConstraint("product_class IN ('regulated', 'medicine', 'high_margin', 'general')", name="class_known"),
    CheckConstraint("sold_by_weight IN (0, 1)", name="weight_flag"),
    _range("member_price_minor", 0),
    _range("margin_floor_percent", 0, 100),
    rowid=False,
)

# Apart from the products, so that nothing at the counter ever loads a cost by accident.
product_cost = _table(
    "product_cost",
    Column("code", Text, ForeignKey("product.code", ondelete="CASCADE"), primary_key=True, nullable=False),
    _integer("cost_minor"),
    _range("cost_minor", 0),
    rowid=False,
)

account = _table(
    "account",
    _text("account_ref", primary_key=True),
    _text("card_class", default=""),
    _integer("receipts_count", default=0),
    _integer("provisional", default=0),
    _integer("includes_incarnation", default=0),
    _integer("includes_seq", default=0),
    _text("status", default="active"),
    # The account that took this one's cards and points over.
    _text("merged_into", default=""),
    _integer("offline_burning", default=1),
    _integer("snapshot_no", default=0),
    # Whose holder asked to be forgotten: no personal data is ever taken for it again.
    _integer("erased", default=0),
    Index("ix_account_merged_into", "merged_into", sqlite_where=text("merged_into <> ''")),
    CheckConstraint("provisional IN (0, 1)", name="provisional_flag"),
    CheckConstraint("erased IN (0, 1)", name="erased_flag"),
    CheckConstraint("status IN ('active', 'frozen', 'blocked', 'merged')", name="status_known"),
    CheckConstraint("offline_burning IN (0, 1)", name="offline_burning_flag"),
    _range("receipts_count", 0),
    rowid=False,
)

card = _table(
    "card",
    _text("number", primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("status", default="active"),
    Index(None, "account_ref"),
    CheckConstraint("status IN ('active', 'blocked', 'replaced')", name="status_known"),
    rowid=False,
)

# Personal data lives here and nowhere else: a row a field (name, phone, birthday), each with a version of its own.
# Its search index, ``personal_search``, is kept by triggers; the migrations create both.
personal_field = _table(
    "personal_field",
    Column("id", Integer, primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("field"),
    _text("value"),
    _integer("version", default=1),
    _integer("changed_at_ms", default=0),
    _integer("confirmed_version", default=0),
    UniqueConstraint("account_ref", "field"),
    _range("version", 0),
    Index("ix_personal_field_unconfirmed", "changed_at_ms", sqlite_where=text("version > confirmed_version")),
)

lot = _table(
    "lot",
    _text("lot_id", primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("issuer"),
    _text("programme_id"),
    _integer("starts_at_ms"),
    Column("expires_at_ms", Integer),
    _integer("granted_units"),
    _integer("remaining_units"),
    _integer("matured"),
    Index(None, "account_ref"),
    Index("ix_lot_maturing", "starts_at_ms", sqlite_where=text("matured = 0")),
    Index("ix_lot_expiring", "expires_at_ms", sqlite_where=text("remaining_units > 0 AND expires_at_ms IS NOT NULL")),
    _range("granted_units", 0),
    CheckConstraint("remaining_units BETWEEN 0 AND granted_units", name="remaining_range"),
    CheckConstraint("matured IN (0, 1)", name="matured_flag"),
    rowid=False,
)

overdraft = _table(
    "overdraft",
    Column("account_ref", Text, ForeignKey("account.account_ref"), primary_key=True, nullable=False),
    _text("issuer", primary_key=True),
    _integer("units"),
    _range("units", 0),
    rowid=False,
)

# What HQ has set aside for this till alone.
lease = _table(
    "lease",
    _text("lease_id", primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("issuer"),
    _text("lot_id"),
    _integer("units"),
    Column("expires_at_ms", Integer),
    _integer("recalled", default=0),
    Index(None, "account_ref"),
    _range("units", 0),
    CheckConstraint("recalled IN (0, 1)", name="recalled_flag"),
    rowid=False,
)

# What HQ holds of an account for sales under way, and what other tills have leased of it.
reserved = _table(
    "reserved",
    Column("account_ref", Text, ForeignKey("account.account_ref"), primary_key=True, nullable=False),
    _text("issuer", primary_key=True),
    _integer("held_units", default=0),
    _integer("leased_elsewhere_units", default=0),
    _range("held_units", 0),
    _range("leased_elsewhere_units", 0),
    rowid=False,
)

# What is over when of the points that other tills have leased, given back by then or not.
elsewhere_expiring = _table(
    "elsewhere_expiring",
    Column("account_ref", Text, ForeignKey("account.account_ref"), primary_key=True, nullable=False),
    _text("issuer", primary_key=True),
    Column("expires_at_ms", Integer, primary_key=True, nullable=False),
    _integer("units"),
    _range("units", 0),
    rowid=False,
)

# Every hold that this till asked HQ for, written down before it was asked; and every burn without one, when it was booked.
authorisation = _table(
    "authorisation",
    _text("auth_id", primary_key=True),
    _text("account_ref"),
    _text("issuer"),
    _integer("units"),
    _text("state", default="asked"),
    _integer("created_at_ms"),
    # Of a captured one: by what right, in which event, on which business date, and how much was burned.
    _text("basis", default=""),
    _text("event_id", default=""),
    _text("business_date", default=""),
    _integer("burned_units", default=0),
    # The number of that event under the till's present name, 0 under a former one: what HQ has acknowledged is below it.
    _integer("event_seq", default=0),
    Index("ix_authorisation_open", "created_at_ms", sqlite_where=text("state IN ('asked', 'held')")),
    Index("ix_authorisation_offline", "business_date", sqlite_where=text("basis IN ('floor', 'lease')")),
    Index("ix_authorisation_unsynced", "event_seq", sqlite_where=text("basis IN ('floor', 'lease')")),
    CheckConstraint("state IN ('asked', 'held', 'refused', 'captured', 'voided')", name="state_known"),
    CheckConstraint("basis IN ('', 'hold', 'floor', 'lease')", name="basis_known"),
    _range("units", 1),
    _range("burned_units", 0),
    rowid=False,
)

accumulator = _table(
    "accumulator",
    Column("account_ref", Text, ForeignKey("account.account_ref"), primary_key=True, nullable=False),
    _text("programme_id", primary_key=True),
    _text("month", primary_key=True),
    _integer("sum_minor"),
    rowid=False,
)

entry = _table(
    "entry",
    Column("account_ref", Text, ForeignKey("account.account_ref"), primary_key=True, nullable=False),
    _text("event_id", primary_key=True),
    Column("entry_no", Integer, primary_key=True, nullable=False),
    _text("kind"),
    _text("issuer"),
    _integer("units"),
    _text("lot_id", default=""),
    _integer("booked_at_ms"),
    CheckConstraint(
        "kind IN ('issued', 'available', 'pending', 'leased', 'redeemed', 'expired', 'overdraft', 'write_off')",
        name="kind_known",
    ),
    CheckConstraint("units <> 0", name="moves_something"),
    rowid=False,
)

event = _table(
    "event",
    _integer("incarnation"),
    _integer("seq"),
    _text("terminal_id"),
    _text("event_id"),
    _text("kind"),
    Column("body", LargeBinary),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _integer("utc_ms"),
    # A till that joined under another name keeps the events of its former one.
    PrimaryKeyConstraint("terminal_id", "incarnation", "seq"),
    UniqueConstraint("event_id"),
    _range("seq", 1),
    CheckConstraint("length(prev_hash) = 32 AND length(hash) = 32", name="hash_length"),
    rowid=False,
)

sale = _table(
    "sale",
    Column("event_id", Text, ForeignKey("event.event_id"), primary_key=True, nullable=False),
    _text("kind"),
    _text("receipt_number"),
    _text("account_ref", default=""),
    _text("card_ref", default=""),
    _text("staff_ref"),
    _text("shift_id"),
    _integer("utc_ms"),
    _text("zone"),
    _text("business_date"),
    _text("mode"),
    _text("foreign_receipt", default=""),
    _text("sale_event_id", default=""),
    _integer("total_minor"),
    _integer("burn_units"),
    _integer("burn_worth_minor"),
    _text("burn_as"),
    _integer("earned_units"),
    _integer("asks_nps", default=0),
    # How the member stood afterwards, as JSON for the receipt and its copies; empty without a member.
    _text("standing", default=""),
    UniqueConstraint("receipt_number"),
    Index(None, "business_date"),
    Index("ix_sale_account", "account_ref", "utc_ms", sqlite_where=text("account_ref <> ''")),
    Index("ix_sale_returns", "sale_event_id", sqlite_where=text("sale_event_id <> ''")),
    CheckConstraint("kind IN ('sale', 'return', 'instalment')", name="kind_known"),
    CheckConstraint("mode IN ('till', 'beside')", name="mode_known"),
    CheckConstraint("burn_as IN ('price_reduction', 'tender')", name="burn_as_known"),
    _range("total_minor", 0),
    _range("burn_units", 0),
    _range("burn_worth_minor", 0),
    _range("earned_units", 0),
    CheckConstraint("asks_nps IN (0, 1)", name="asks_nps_flag"),
    rowid=False,
)

sale_line = _table(
    "sale_line",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("line_no", Integer, primary_key=True, nullable=False),
    _text("product_code"),
    _text("name"),
    _text("product_class"),
    _text("band", default=""),
    _text("department", default=""),
    _text("category", default=""),
    _integer("quantity_milli"),
    _integer("unit_price_minor"),
    _integer("list_minor"),
    _integer("amount_minor"),
    _integer("burn_minor"),
    _integer("payable_minor"),
    _integer("tax_rate_bp"),
    _integer("tax_minor"),
    _text("batch", default=""),
    _integer("sold_by_weight", default=0),
    _integer("burn_units"),
    _range("quantity_milli", 1, 10**7),
    _range("amount_minor", 0),
    _range("burn_minor", 0),
    _range("burn_units", 0),
    CheckConstraint("payable_minor = amount_minor - burn_minor AND payable_minor >= 0", name="payable_sum"),
    CheckConstraint("tax_minor BETWEEN 0 AND payable_minor", name="tax_range"),
    rowid=False,
)

return_line = _table(
    "return_line",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("line_no", Integer, primary_key=True, nullable=False),
    _integer("quantity_milli"),
    _integer("refund_minor"),
    _integer("tax_minor"),
    _integer("earned_units"),
    _integer("burned_units"),
    _range("quantity_milli", 1, 10**7),
    _range("refund_minor", 0),
    _range("earned_units", 0),
    _range("burned_units", 0),
    rowid=False,
)

payment = _table(
    "payment",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("payment_no", Integer, primary_key=True, nullable=False),
    _text("kind"),
    _integer("amount_minor"),
    _integer("given_minor"),
    _text("reference", default=""),
    CheckConstraint("kind IN ('cash', 'card', 'points', 'rounding', 'foreign', 'instalments')", name="kind_known"),
    rowid=False,
)

award = _table(
    "award",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("award_no", Integer, primary_key=True, nullable=False),
    _integer("line_no"),
    _text("programme_id"),
    _text("rule_id"),
    _integer("units"),
    _text("reason_code"),
    _text("reason_values"),
    _text("lot_id", default=""),
    _range("units", 0),
    rowid=False,
)

# What rules took off the prices; the lines' amounts are without it.
discount = _table(
    "discount",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("discount_no", Integer, primary_key=True, nullable=False),
    _integer("line_no"),
    _text("programme_id"),
    _text("rule_id"),
    _integer("amount_minor"),
    _text("reason_code"),
    _text("reason_values"),
    _range("amount_minor", 1),
    rowid=False,
)

# What each line gave of pools other than points, and which rewards the member took.
collected = _table(
    "collected",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("collected_no", Integer, primary_key=True, nullable=False),
    _integer("line_no"),
    _text("programme_id"),
    _text("rule_id"),
    _text("unit"),
    _integer("units"),
    _text("reason_code"),
    _text("reason_values"),
    _range("units", 1),
    rowid=False,
)

taken = _table(
    "taken",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("taken_no", Integer, primary_key=True, nullable=False),
    _text("programme_id"),
    _text("rule_id"),
    _text("unit"),
    _integer("units"),
    _integer("times"),
    _text("gives", default=""),
    _text("reason_code"),
    _text("reason_values"),
    _range("units", 1),
    _range("times", 1),
    rowid=False,
)

# What a rule with caps ("programme/rule") gave on a receipt of a member. It stays when the receipt is dropped: caps may be for ever.
rule_use = _table(
    "rule_use",
    _text("event_id", primary_key=True),
    _text("rule", primary_key=True),
    _text("account_ref"),
    _text("business_date"),
    _integer("units"),
    Index(None, "account_ref"),
    _range("units", 1),
    rowid=False,
)

# What every till knows of a member: verified, a segment, who brought them, which products they chose.
account_mark = _table(
    "account_mark",
    Column("account_ref", Text, ForeignKey("account.account_ref"), primary_key=True, nullable=False),
    _text("name", primary_key=True),
    _text("value", default="", primary_key=True),
    _text("since_date"),
    rowid=False,
)

# Coupons are made in batches; a batch's secret tells its codes from guesses. Empty dates do not limit, an account means that member only.
coupon_batch = _table(
    "coupon_batch",
    _text("batch_id", primary_key=True),
    _text("rule"),
    _integer("codes"),
    _integer("uses"),
    _text("first_date", default=""),
    _text("last_date", default=""),
    _text("account_ref", default=""),
    Column("secret", LargeBinary, nullable=False),
    _integer("withdrawn", default=0),
    # The only till that may take them (0: any), and whether this till made them, so that nobody else knows them.
    _integer("till_number", default=0),
    _integer("is_own", default=0),
    _range("codes", 1),
    _range("uses", 1),
    CheckConstraint("length(secret) = 32", name="secret_length"),
    CheckConstraint("withdrawn IN (0, 1)", name="withdrawn_flag"),
    CheckConstraint("is_own IN (0, 1)", name="is_own_flag"),
    rowid=False,
)

# Which coupon (batch and number) was used on which receipt, by what right, and which return made it free again. It stays when the
# receipt is dropped.
coupon_use = _table(
    "coupon_use",
    _text("coupon_id", primary_key=True),
    _text("event_id", primary_key=True),
    _text("business_date"),
    _text("basis", default=""),
    _text("freed_by", default=""),
    Index(None, "event_id"),
    Index("ix_coupon_use_alone", "event_id", sqlite_where=text("basis = 'floor'")),
    rowid=False,
)

# Every coupon that HQ was asked to reserve, written down before it was asked.
coupon_hold = _table(
    "coupon_hold",
    _text("auth_id", primary_key=True),
    _text("coupon_id"),
    _text("state", default="asked"),
    _integer("created_at_ms"),
    Index("ix_coupon_hold_open", "created_at_ms", sqlite_where=text("state IN ('asked', 'held')")),
    CheckConstraint("state IN ('asked', 'held', 'refused', 'used', 'voided')", name="state_known"),
    rowid=False,
)

# Coupons that are used up by HQ's word.
coupon_spent = _table("coupon_spent", _text("coupon_id", primary_key=True), rowid=False)

# Sales that are paid in parts: of all members where headquarters has none, else those that are open. ``parts`` is a JSON list.
contract = _table(
    "contract",
    _text("contract_id", primary_key=True),
    Column("account_ref", Text, ForeignKey("account.account_ref"), nullable=False),
    _text("number"),
    _text("sale_event_id"),
    _text("programme_id"),
    _text("opened_on"),
    _integer("total_minor"),
    _text("parts"),
    _integer("paid_minor", default=0),
    _integer("lowered_minor", default=0),
    Index(None, "account_ref"),
    Index(None, "number"),
    _range("total_minor", 1),
    _range("paid_minor", 0),
    _range("lowered_minor", 0),
    rowid=False,
)

# What a receipt gave to a cause; a return takes back, below 0. It stays when the receipt is dropped: a cause is told what came in all.
donation = _table(
    "donation",
    _text("cause", primary_key=True),
    _text("event_id", primary_key=True),
    _text("business_date"),
    _integer("by_customer_minor"),
    _integer("by_shop_minor"),
    Index(None, "event_id"),
    _range("by_customer_minor", -_AMOUNT_MAX),
    _range("by_shop_minor", -_AMOUNT_MAX),
    rowid=False,
)

# What chance goes by. Once it is published nothing is drawn by it any more.
draw_seed = _table(
    "draw_seed",
    _text("seed_hash", primary_key=True),
    Column("seed", LargeBinary, nullable=False),
    _integer("published", default=0),
    CheckConstraint("length(seed) = 32", name="seed_length"),
    CheckConstraint("published IN (0, 1)", name="published_flag"),
    rowid=False,
)

# A lottery that was held, as it is published.
draw_result = _table(
    "draw_result",
    _text("seed_hash", primary_key=True),
    Column("report", LargeBinary, nullable=False),
    _integer("held_at_ms"),
    rowid=False,
)

# What a rule with a budget ("programme/rule") gave here in all, and beneath an HQ what it may: as the document counts, under the name
# that the till had then (terminal and incarnation).
budget = _table(
    "budget",
    _text("rule", primary_key=True),
    _text("holder", primary_key=True),
    _integer("allotted", default=0),
    _integer("given_units", default=0),
    _range("allotted", 0),
    _range("given_units", 0),
    rowid=False,
)

print_job = _table(
    "print_job",
    Column("id", Integer, primary_key=True),
    Column("event_id", Text, ForeignKey("sale.event_id"), nullable=False),
    _integer("is_copy", default=0),
    _text("state", default="waiting"),
    _integer("attempts", default=0),
    _text("problem", default=""),
    _integer("queued_at_ms"),
    Index("ix_print_job_waiting", "id", sqlite_where=text("state <> 'printed'")),
    CheckConstraint("state IN ('waiting', 'printed', 'failed')", name="state_known"),
)

programme_set = _table(
    "programme_set",
    _text("hash", primary_key=True),
    Column("body", LargeBinary, nullable=False),
    _integer("installed_at_ms"),
    rowid=False,
)

shift = _table(
    "shift",
    _text("shift_id", primary_key=True),
    _text("staff_ref"),
    _text("business_date"),
    _integer("opened_at_ms"),
    Column("closed_at_ms", Integer),
    rowid=False,
)

# Who works here. A PIN is kept as an Argon2id hash over the PIN and a pepper that is not in this file.
staff = _table(
    "staff",
    _text("staff_ref", primary_key=True),
    _text("name", default=""),
    _text("role"),
    _integer("active", default=1),
    _text("pin_hash", default=""),
    # Wrong PINs in a row, and until when the next try waits: by the clock of one boot, which nobody can set.
    _integer("failures", default=0),
    _text("wait_boot_id", default=""),
    _integer("wait_until_monotonic_ms", default=0),
    _integer("changed_at_ms"),
    CheckConstraint("role IN ('cashier', 'pharmacist', 'manager', 'auditor')", name="role_known"),
    CheckConstraint("active IN (0, 1)", name="active_flag"),
    _range("failures", 0),
    rowid=False,
)

# The audit log, to search in; what counts is its events in the chain.
audit = _table(
    "audit",
    Column("event_id", Text, ForeignKey("event.event_id"), primary_key=True, nullable=False),
    _integer("utc_ms"),
    _text("staff_ref"),
    _text("approver_ref", default=""),
    _text("action"),
    _text("outcome"),
    _text("subject", default=""),
    _text("details", default=""),
    Index(None, "utc_ms"),
    Index(None, "subject"),
    CheckConstraint("outcome IN ('done', 'refused')", name="outcome_known"),
    rowid=False,
)

# The end of what was pruned of a chain, signed with the till's key.
checkpoint = _table(
    "checkpoint",
    _text("terminal_id"),
    _integer("incarnation"),
    _integer("seq"),
    Column("hash", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    _integer("created_at_ms"),
    PrimaryKeyConstraint("terminal_id", "incarnation"),
    CheckConstraint("length(hash) = 32", name="hash_length"),
    rowid=False,
)

# Receipts of other tills, and our own pruned ones, as HQ showed them for a return.
foreign_receipt = _table(
    "foreign_receipt",
    _text("event_id", primary_key=True),
    _text("receipt_number"),
    Column("body", LargeBinary, nullable=False),
    # What came back of it elsewhere: a JSON list of ReturnedLine.
    _text("returned", default="[]"),
    _integer("asked_at_ms"),
    UniqueConstraint("receipt_number"),
    rowid=False,
)

# Goods that came back with a receipt that nobody could show.
unseen_line = _table(
    "unseen_line",
    Column("event_id", Text, ForeignKey("sale.event_id"), primary_key=True, nullable=False),
    Column("line_no", Integer, primary_key=True, nullable=False),
    _text("sale_receipt_number"),
    _text("product_code"),
    _text("name"),
    _integer("quantity_milli"),
    _integer("refund_minor"),
    _integer("tax_rate_bp"),
    _integer("tax_minor"),
    Index(None, "sale_receipt_number"),
    _range("quantity_milli", 1, 10**7),
    _range("refund_minor", 0),
    CheckConstraint("tax_minor BETWEEN 0 AND refund_minor", name="tax_range"),
    rowid=False,
)

# Programmes that HQ published, where it owns them.
published_programme = _table(
    "published_programme",
    _text("programme_id", primary_key=True),
    _text("body"),
    rowid=False,
)
