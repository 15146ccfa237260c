"""Marks of members, coupons, and the seeds of draws."""

from alembic import op

revision = "0004"
down_revision = "0003"

_OF_SALE = (
    "event_id, kind, receipt_number, account_ref, card_ref, staff_ref, shift_id, utc_ms, zone, business_date, mode,"
    " foreign_receipt, sale_event_id, total_minor, burn_units, burn_worth_minor, burn_as, earned_units, asks_nps, standing"
)
_REBUILT = {
    "sale": (
        """
CREATE TABLE sale_next (
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    receipt_number TEXT NOT NULL,
    account_ref TEXT DEFAULT '' NOT NULL,
    card_ref TEXT DEFAULT '' NOT NULL,
    staff_ref TEXT NOT NULL,
    shift_id TEXT NOT NULL,
    utc_ms INTEGER NOT NULL,
    zone TEXT NOT NULL,
    business_date TEXT NOT NULL,
    mode TEXT NOT NULL,
    foreign_receipt TEXT DEFAULT '' NOT NULL,
    sale_event_id TEXT DEFAULT '' NOT NULL,
    total_minor INTEGER NOT NULL,
    burn_units INTEGER NOT NULL,
    burn_worth_minor INTEGER NOT NULL,
    burn_as TEXT NOT NULL,
    earned_units INTEGER NOT NULL,
    asks_nps INTEGER DEFAULT 0 NOT NULL,
    standing TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_sale PRIMARY KEY (event_id),
    CONSTRAINT ck_sale_kind_known CHECK (kind IN ('sale', 'return', 'instalment')),
    CONSTRAINT ck_sale_mode_known CHECK (mode IN ('till', 'beside')),
    CONSTRAINT ck_sale_burn_as_known CHECK (burn_as IN ('price_reduction', 'tender')),
    CONSTRAINT ck_sale_total_minor_range CHECK (total_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_sale_burn_units_range CHECK (burn_units BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_sale_burn_worth_minor_range CHECK (burn_worth_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_sale_earned_units_range CHECK (earned_units BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_sale_asks_nps_flag CHECK (asks_nps IN (0, 1)),
    CONSTRAINT uq_sale_receipt_number UNIQUE (receipt_number),
    CONSTRAINT fk_sale_event_id FOREIGN KEY(event_id) REFERENCES event (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
        _OF_SALE,
    ),
    "payment": (
        """
CREATE TABLE payment_next (
    event_id TEXT NOT NULL,
    payment_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    given_minor INTEGER NOT NULL,
    reference TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_payment PRIMARY KEY (event_id, payment_no),
    CONSTRAINT ck_payment_kind_known CHECK (kind IN ('cash', 'card', 'points', 'rounding', 'foreign', 'instalments')),
    CONSTRAINT fk_payment_event_id FOREIGN KEY(event_id) REFERENCES sale (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
        "event_id, payment_no, kind, amount_minor, given_minor, reference",
    ),
}
_INDEXES_OF_SALE = (
    "CREATE INDEX ix_sale_business_date ON sale (business_date)",
    "CREATE INDEX ix_sale_account ON sale (account_ref, utc_ms) WHERE account_ref <> ''",
    "CREATE INDEX ix_sale_returns ON sale (sale_event_id) WHERE sale_event_id <> ''",
)

_NEW = (
    """
CREATE TABLE account_mark (
    account_ref TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    since_date TEXT NOT NULL,
    CONSTRAINT pk_account_mark PRIMARY KEY (account_ref, name, value),
    CONSTRAINT fk_account_mark_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE coupon_batch (
    batch_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    codes INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    first_date TEXT DEFAULT '' NOT NULL,
    last_date TEXT DEFAULT '' NOT NULL,
    account_ref TEXT DEFAULT '' NOT NULL,
    secret BLOB NOT NULL,
    withdrawn INTEGER DEFAULT 0 NOT NULL,
    till_number INTEGER DEFAULT 0 NOT NULL,
    is_own INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_coupon_batch PRIMARY KEY (batch_id),
    CONSTRAINT ck_coupon_batch_codes_range CHECK (codes BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_coupon_batch_uses_range CHECK (uses BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_coupon_batch_secret_length CHECK (length(secret) = 32),
    CONSTRAINT ck_coupon_batch_withdrawn_flag CHECK (withdrawn IN (0, 1)),
    CONSTRAINT ck_coupon_batch_is_own_flag CHECK (is_own IN (0, 1))
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE coupon_use (
    coupon_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    basis TEXT DEFAULT '' NOT NULL,
    freed_by TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_coupon_use PRIMARY KEY (coupon_id, event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    "CREATE INDEX ix_coupon_use_event_id ON coupon_use (event_id)",
    "CREATE INDEX ix_coupon_use_alone ON coupon_use (event_id) WHERE basis = 'floor'",
    """
CREATE TABLE coupon_hold (
    auth_id TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    state TEXT DEFAULT 'asked' NOT NULL,
    created_at_ms INTEGER NOT NULL,
    CONSTRAINT pk_coupon_hold PRIMARY KEY (auth_id),
    CONSTRAINT ck_coupon_hold_state_known CHECK (state IN ('asked', 'held', 'refused', 'used', 'voided'))
)
 WITHOUT ROWID,
 STRICT
""",
    "CREATE INDEX ix_coupon_hold_open ON coupon_hold (created_at_ms) WHERE state IN ('asked', 'held')",
    """
CREATE TABLE coupon_spent (
    coupon_id TEXT NOT NULL,
    CONSTRAINT pk_coupon_spent PRIMARY KEY (coupon_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE contract (
    contract_id TEXT NOT NULL,
    account_ref TEXT NOT NULL,
    number TEXT NOT NULL,
    sale_event_id TEXT NOT NULL,
    programme_id TEXT NOT NULL,
    opened_on TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    parts TEXT NOT NULL,
    paid_minor INTEGER DEFAULT 0 NOT NULL,
    lowered_minor INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_contract PRIMARY KEY (contract_id),
    CONSTRAINT ck_contract_total_minor_range CHECK (total_minor BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_contract_paid_minor_range CHECK (paid_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_contract_lowered_minor_range CHECK (lowered_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT fk_contract_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 WITHOUT ROWID,
 STRICT
""",
    "CREATE INDEX ix_contract_account_ref ON contract (account_ref)",
    "CREATE INDEX ix_contract_number ON contract (number)",
    """
CREATE TABLE donation (
    cause TEXT NOT NULL,
    event_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    by_customer_minor INTEGER NOT NULL,
    by_shop_minor INTEGER NOT NULL,
    CONSTRAINT pk_donation PRIMARY KEY (cause, event_id),
    CONSTRAINT ck_donation_by_customer_minor_range CHECK (by_customer_minor BETWEEN -1000000000000000 AND 1000000000000000),
    CONSTRAINT ck_donation_by_shop_minor_range CHECK (by_shop_minor BETWEEN -1000000000000000 AND 1000000000000000)
)
 WITHOUT ROWID,
 STRICT
""",
    "CREATE INDEX ix_donation_event_id ON donation (event_id)",
    """
CREATE TABLE draw_seed (
    seed_hash TEXT NOT NULL,
    seed BLOB NOT NULL,
    published INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_draw_seed PRIMARY KEY (seed_hash),
    CONSTRAINT ck_draw_seed_seed_length CHECK (length(seed) = 32),
    CONSTRAINT ck_draw_seed_published_flag CHECK (published IN (0, 1))
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE draw_result (
    seed_hash TEXT NOT NULL,
    report BLOB NOT NULL,
    held_at_ms INTEGER NOT NULL,
    CONSTRAINT pk_draw_result PRIMARY KEY (seed_hash)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE elsewhere_expiring (
    account_ref TEXT NOT NULL,
    issuer TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    units INTEGER NOT NULL,
    CONSTRAINT pk_elsewhere_expiring PRIMARY KEY (account_ref, issuer, expires_at_ms),
    CONSTRAINT ck_elsewhere_expiring_units_range CHECK (units BETWEEN 0 AND 1000000000000000),
    CONSTRAINT fk_elsewhere_expiring_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE budget (
    rule TEXT NOT NULL,
    holder TEXT NOT NULL,
    allotted INTEGER DEFAULT 0 NOT NULL,
    given_units INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_budget PRIMARY KEY (rule, holder),
    CONSTRAINT ck_budget_allotted_range CHECK (allotted BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_budget_given_units_range CHECK (given_units BETWEEN 0 AND 1000000000000000)
)
 WITHOUT ROWID,
 STRICT
""",
)


def upgrade() -> None:
    """Build anew what knows another kind of receipt or payment now, then what is new."""
    for table, (definition, columns) in _REBUILT.items():
        op.execute(definition)
        op.execute(f"INSERT INTO {table}_next ({columns}) SELECT {columns} FROM {table}")  # noqa: S608 - names of this file
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_next RENAME TO {table}")
    for statement in (*_INDEXES_OF_SALE, *_NEW):
        op.execute(statement)
