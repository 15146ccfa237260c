"""Marks of members, coupons, and the seeds of draws."""

from alembic import op

revision = "0004"
down_revision = "0003"

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
    """What is new."""
    for statement in _NEW:
        op.execute(statement)
