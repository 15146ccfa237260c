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
    CONSTRAINT pk_coupon_batch PRIMARY KEY (batch_id),
    CONSTRAINT ck_coupon_batch_codes_range CHECK (codes BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_coupon_batch_uses_range CHECK (uses BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_coupon_batch_secret_length CHECK (length(secret) = 32),
    CONSTRAINT ck_coupon_batch_withdrawn_flag CHECK (withdrawn IN (0, 1))
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE coupon_use (
    coupon_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    business_date TEXT NOT NULL,
    CONSTRAINT pk_coupon_use PRIMARY KEY (coupon_id, event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE draw_seed (
    seed_hash TEXT NOT NULL,
    seed BLOB NOT NULL,
    CONSTRAINT pk_draw_seed PRIMARY KEY (seed_hash),
    CONSTRAINT ck_draw_seed_seed_length CHECK (length(seed) = 32)
)
 WITHOUT ROWID,
 STRICT
""",
)


def upgrade() -> None:
    """What is new."""
    for statement in _NEW:
        op.execute(statement)
