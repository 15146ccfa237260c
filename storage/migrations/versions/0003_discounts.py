"""A second price and a margin band for products, what rules take off prices, pools and rewards."""

from alembic import op

revision = "0003"
down_revision = "0002"

_REBUILT = {
    "product": (
        """
CREATE TABLE product_next (
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    price_minor INTEGER NOT NULL,
    tax_rate_bp INTEGER NOT NULL,
    product_class TEXT NOT NULL,
    band TEXT DEFAULT '' NOT NULL,
    department TEXT DEFAULT '' NOT NULL,
    category TEXT DEFAULT '' NOT NULL,
    sold_by_weight INTEGER DEFAULT 0 NOT NULL,
    member_price_minor INTEGER,
    margin_floor_percent INTEGER,
    CONSTRAINT pk_product PRIMARY KEY (code),
    CONSTRAINT ck_product_price_minor_range CHECK (price_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_product_tax_rate_bp_range CHECK (tax_rate_bp BETWEEN 0 AND 10000),
    CONSTRAINT ck_product_class_known CHECK (product_class IN ('regulated', 'medicine', 'high_margin', 'general')),
    CONSTRAINT ck_product_weight_flag CHECK (sold_by_weight IN (0, 1)),
    CONSTRAINT ck_product_member_price_minor_range CHECK (member_price_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_product_margin_floor_percent_range CHECK (margin_floor_percent BETWEEN 0 AND 100)
)
 WITHOUT ROWID,
 STRICT
""",
        "code, name, price_minor, tax_rate_bp, product_class, band, department, category, sold_by_weight",
    ),
}

_NEW = (
    """
CREATE TABLE discount (
    event_id TEXT NOT NULL,
    discount_no INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    programme_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    reason_code TEXT NOT NULL,
    reason_values TEXT NOT NULL,
    CONSTRAINT pk_discount PRIMARY KEY (event_id, discount_no),
    CONSTRAINT ck_discount_amount_minor_range CHECK (amount_minor BETWEEN 1 AND 1000000000000000),
    CONSTRAINT fk_discount_event_id FOREIGN KEY(event_id) REFERENCES sale (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE collected (
    event_id TEXT NOT NULL,
    collected_no INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    programme_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    units INTEGER NOT NULL,
    reason_code TEXT NOT NULL,
    reason_values TEXT NOT NULL,
    CONSTRAINT pk_collected PRIMARY KEY (event_id, collected_no),
    CONSTRAINT ck_collected_units_range CHECK (units BETWEEN 1 AND 1000000000000000),
    CONSTRAINT fk_collected_event_id FOREIGN KEY(event_id) REFERENCES sale (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE taken (
    event_id TEXT NOT NULL,
    taken_no INTEGER NOT NULL,
    programme_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    unit TEXT NOT NULL,
    units INTEGER NOT NULL,
    times INTEGER NOT NULL,
    gives TEXT DEFAULT '' NOT NULL,
    reason_code TEXT NOT NULL,
    reason_values TEXT NOT NULL,
    CONSTRAINT pk_taken PRIMARY KEY (event_id, taken_no),
    CONSTRAINT ck_taken_units_range CHECK (units BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_taken_times_range CHECK (times BETWEEN 1 AND 1000000000000000),
    CONSTRAINT fk_taken_event_id FOREIGN KEY(event_id) REFERENCES sale (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE rule_use (
    event_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    account_ref TEXT NOT NULL,
    business_date TEXT NOT NULL,
    units INTEGER NOT NULL,
    CONSTRAINT pk_rule_use PRIMARY KEY (event_id, rule),
    CONSTRAINT ck_rule_use_units_range CHECK (units BETWEEN 1 AND 1000000000000000)
)
 WITHOUT ROWID,
 STRICT
""",
    "CREATE INDEX ix_rule_use_account_ref ON rule_use (account_ref)",
)


def upgrade() -> None:
    """Build the changed tables anew, then what is new."""
    for table, (definition, columns) in _REBUILT.items():
        op.execute(definition)
        op.execute(f"INSERT INTO {table}_next ({columns}) SELECT {columns} FROM {table}")  # noqa: S608 - names of this file
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_next RENAME TO {table}")
    for statement in _NEW:
        op.execute(statement)
