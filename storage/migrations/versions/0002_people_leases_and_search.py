"""People, leases, holds, audit, snapshots, and a search index over names.

Tables that change are built anew and filled from the old ones: SQLite cannot change a CHECK.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_REBUILT = {
    "terminal": (
        """
CREATE TABLE terminal_next (
    id INTEGER NOT NULL,
    terminal_id TEXT NOT NULL,
    terminal_number INTEGER NOT NULL,
    store_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    last_seq INTEGER DEFAULT 0 NOT NULL,
    last_hash BLOB NOT NULL,
    last_hlc INTEGER DEFAULT 0 NOT NULL,
    trusted_ms INTEGER DEFAULT 0 NOT NULL,
    acked_seq INTEGER DEFAULT 0 NOT NULL,
    durable_seq INTEGER DEFAULT 0 NOT NULL,
    hq_gen INTEGER DEFAULT 0 NOT NULL,
    cursor TEXT DEFAULT '' NOT NULL,
    last_contact_ms INTEGER,
    sync_state TEXT DEFAULT 'ok' NOT NULL,
    nps_url TEXT DEFAULT '' NOT NULL,
    nps_key BLOB,
    hq_public_key BLOB,
    policy TEXT DEFAULT '' NOT NULL,
    snapshot_cursor TEXT DEFAULT '' NOT NULL,
    snapshot_changes_cursor TEXT DEFAULT '' NOT NULL,
    snapshot_no INTEGER DEFAULT 0 NOT NULL,
    pruned_seq INTEGER DEFAULT 0 NOT NULL,
    recovery_hash TEXT DEFAULT '' NOT NULL,
    pepper_mark TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_terminal PRIMARY KEY (id),
    CONSTRAINT ck_terminal_single_row CHECK (id = 1),
    CONSTRAINT ck_terminal_terminal_number_range CHECK (terminal_number BETWEEN 1 AND 99999),
    CONSTRAINT ck_terminal_incarnation_range CHECK (incarnation BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_terminal_last_seq_range CHECK (last_seq BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_terminal_acknowledged_order CHECK (acked_seq <= last_seq AND durable_seq <= acked_seq),
    CONSTRAINT ck_terminal_hash_length CHECK (length(last_hash) = 32)
)
 STRICT
""",
        """
id, terminal_id, terminal_number, store_id, incarnation, last_seq, last_hash, last_hlc, trusted_ms,
acked_seq, durable_seq, hq_gen, cursor, last_contact_ms, sync_state, nps_url, nps_key, hq_public_key
""",
    ),
    "account": (
        """
CREATE TABLE account_next (
    account_ref TEXT NOT NULL,
    card_class TEXT DEFAULT '' NOT NULL,
    receipts_count INTEGER DEFAULT 0 NOT NULL,
    provisional INTEGER DEFAULT 0 NOT NULL,
    includes_incarnation INTEGER DEFAULT 0 NOT NULL,
    includes_seq INTEGER DEFAULT 0 NOT NULL,
    status TEXT DEFAULT 'active' NOT NULL,
    merged_into TEXT DEFAULT '' NOT NULL,
    offline_burning INTEGER DEFAULT 1 NOT NULL,
    snapshot_no INTEGER DEFAULT 0 NOT NULL,
    erased INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (account_ref),
    CONSTRAINT ck_account_provisional_flag CHECK (provisional IN (0, 1)),
    CONSTRAINT ck_account_status_known CHECK (status IN ('active', 'frozen', 'blocked', 'merged')),
    CONSTRAINT ck_account_offline_burning_flag CHECK (offline_burning IN (0, 1)),
    CONSTRAINT ck_account_erased_flag CHECK (erased IN (0, 1)),
    CONSTRAINT ck_account_receipts_count_range CHECK (receipts_count BETWEEN 0 AND 1000000000000000)
)
 WITHOUT ROWID,
 STRICT
""",
        "account_ref, card_class, receipts_count, provisional, includes_incarnation, includes_seq",
    ),
    "card": (
        """
CREATE TABLE card_next (
    number TEXT NOT NULL,
    account_ref TEXT NOT NULL,
    status TEXT DEFAULT 'active' NOT NULL,
    CONSTRAINT pk_card PRIMARY KEY (number),
    CONSTRAINT ck_card_status_known CHECK (status IN ('active', 'blocked', 'replaced')),
    CONSTRAINT fk_card_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 WITHOUT ROWID,
 STRICT
""",
        "number, account_ref, status",
    ),
    "personal_field": (
        """
CREATE TABLE personal_field_next (
    id INTEGER NOT NULL,
    account_ref TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    changed_at_ms INTEGER DEFAULT 0 NOT NULL,
    confirmed_version INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_personal_field PRIMARY KEY (id),
    CONSTRAINT uq_personal_field_account_ref_field UNIQUE (account_ref, field),
    CONSTRAINT ck_personal_field_version_range CHECK (version BETWEEN 0 AND 1000000000000000),
    CONSTRAINT fk_personal_field_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 STRICT
""",
        "account_ref, field, value, version, changed_at_ms, confirmed_version",
    ),
}

_NEW = (
    """
CREATE TABLE lease (
    lease_id TEXT NOT NULL,
    account_ref TEXT NOT NULL,
    issuer TEXT NOT NULL,
    lot_id TEXT NOT NULL,
    units INTEGER NOT NULL,
    expires_at_ms INTEGER,
    recalled INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_lease PRIMARY KEY (lease_id),
    CONSTRAINT ck_lease_units_range CHECK (units BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_lease_recalled_flag CHECK (recalled IN (0, 1)),
    CONSTRAINT fk_lease_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE reserved (
    account_ref TEXT NOT NULL,
    issuer TEXT NOT NULL,
    held_units INTEGER DEFAULT 0 NOT NULL,
    leased_elsewhere_units INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_reserved PRIMARY KEY (account_ref, issuer),
    CONSTRAINT ck_reserved_held_units_range CHECK (held_units BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_reserved_leased_elsewhere_units_range CHECK (leased_elsewhere_units BETWEEN 0 AND 1000000000000000),
    CONSTRAINT fk_reserved_account_ref FOREIGN KEY(account_ref) REFERENCES account (account_ref)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE authorisation (
    auth_id TEXT NOT NULL,
    account_ref TEXT NOT NULL,
    issuer TEXT NOT NULL,
    units INTEGER NOT NULL,
    state TEXT DEFAULT 'asked' NOT NULL,
    created_at_ms INTEGER NOT NULL,
    basis TEXT DEFAULT '' NOT NULL,
    event_id TEXT DEFAULT '' NOT NULL,
    business_date TEXT DEFAULT '' NOT NULL,
    burned_units INTEGER DEFAULT 0 NOT NULL,
    event_seq INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_authorisation PRIMARY KEY (auth_id),
    CONSTRAINT ck_authorisation_state_known CHECK (state IN ('asked', 'held', 'refused', 'captured', 'voided')),
    CONSTRAINT ck_authorisation_basis_known CHECK (basis IN ('', 'hold', 'floor', 'lease')),
    CONSTRAINT ck_authorisation_units_range CHECK (units BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ck_authorisation_burned_units_range CHECK (burned_units BETWEEN 0 AND 1000000000000000)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE staff (
    staff_ref TEXT NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    role TEXT NOT NULL,
    active INTEGER DEFAULT 1 NOT NULL,
    pin_hash TEXT DEFAULT '' NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    wait_boot_id TEXT DEFAULT '' NOT NULL,
    wait_until_monotonic_ms INTEGER DEFAULT 0 NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (staff_ref),
    CONSTRAINT ck_staff_role_known CHECK (role IN ('cashier', 'pharmacist', 'manager', 'auditor')),
    CONSTRAINT ck_staff_active_flag CHECK (active IN (0, 1)),
    CONSTRAINT ck_staff_failures_range CHECK (failures BETWEEN 0 AND 1000000000000000)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE audit (
    event_id TEXT NOT NULL,
    utc_ms INTEGER NOT NULL,
    staff_ref TEXT NOT NULL,
    approver_ref TEXT DEFAULT '' NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject TEXT DEFAULT '' NOT NULL,
    details TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (event_id),
    CONSTRAINT ck_audit_outcome_known CHECK (outcome IN ('done', 'refused')),
    CONSTRAINT fk_audit_event_id FOREIGN KEY(event_id) REFERENCES event (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE checkpoint (
    terminal_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB NOT NULL,
    created_at_ms INTEGER NOT NULL,
    CONSTRAINT pk_checkpoint PRIMARY KEY (terminal_id, incarnation),
    CONSTRAINT ck_checkpoint_hash_length CHECK (length(hash) = 32)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE foreign_receipt (
    event_id TEXT NOT NULL,
    receipt_number TEXT NOT NULL,
    body BLOB NOT NULL,
    returned TEXT DEFAULT '[]' NOT NULL,
    asked_at_ms INTEGER NOT NULL,
    CONSTRAINT pk_foreign_receipt PRIMARY KEY (event_id),
    CONSTRAINT uq_foreign_receipt_receipt_number UNIQUE (receipt_number)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE unseen_line (
    event_id TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    sale_receipt_number TEXT NOT NULL,
    product_code TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    refund_minor INTEGER NOT NULL,
    tax_rate_bp INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    CONSTRAINT pk_unseen_line PRIMARY KEY (event_id, line_no),
    CONSTRAINT ck_unseen_line_quantity_milli_range CHECK (quantity_milli BETWEEN 1 AND 10000000),
    CONSTRAINT ck_unseen_line_refund_minor_range CHECK (refund_minor BETWEEN 0 AND 1000000000000000),
    CONSTRAINT ck_unseen_line_tax_range CHECK (tax_minor BETWEEN 0 AND refund_minor),
    CONSTRAINT fk_unseen_line_event_id FOREIGN KEY(event_id) REFERENCES sale (event_id)
)
 WITHOUT ROWID,
 STRICT
""",
    """
CREATE TABLE published_programme (
    programme_id TEXT NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_published_programme PRIMARY KEY (programme_id)
)
 WITHOUT ROWID,
 STRICT
""",
    "CREATE INDEX ix_account_merged_into ON account (merged_into) WHERE merged_into <> ''",
    "CREATE INDEX ix_card_account_ref ON card (account_ref)",
    "CREATE INDEX ix_personal_field_unconfirmed ON personal_field (changed_at_ms) WHERE version > confirmed_version",
    "CREATE INDEX ix_lease_account_ref ON lease (account_ref)",
    "CREATE INDEX ix_authorisation_offline ON authorisation (business_date) WHERE basis IN ('floor', 'lease')",
    "CREATE INDEX ix_authorisation_unsynced ON authorisation (event_seq) WHERE basis IN ('floor', 'lease')",
    "CREATE INDEX ix_authorisation_open ON authorisation (created_at_ms) WHERE state IN ('asked', 'held')",
    "CREATE INDEX ix_audit_subject ON audit (subject)",
    "CREATE INDEX ix_audit_utc_ms ON audit (utc_ms)",
    "CREATE INDEX ix_unseen_line_sale_receipt_number ON unseen_line (sale_receipt_number)",
)

_SEARCH = (
    """
CREATE VIRTUAL TABLE personal_search USING fts5(
    value, content='personal_field', content_rowid='id', tokenize='trigram remove_diacritics 1'
)
""",
    "INSERT INTO personal_search (personal_search, rank) VALUES ('secure-delete', 1)",
    """
CREATE TRIGGER personal_search_added AFTER INSERT ON personal_field WHEN new.field IN ('name', 'phone') BEGIN
    INSERT INTO personal_search (rowid, value) VALUES (new.id, new.value);
END
""",
    """
CREATE TRIGGER personal_search_removed AFTER DELETE ON personal_field WHEN old.field IN ('name', 'phone') BEGIN
    INSERT INTO personal_search (personal_search, rowid, value) VALUES ('delete', old.id, old.value);
END
""",
    """
CREATE TRIGGER personal_search_changed AFTER UPDATE OF value ON personal_field WHEN new.field IN ('name', 'phone') BEGIN
    INSERT INTO personal_search (personal_search, rowid, value) VALUES ('delete', old.id, old.value);
    INSERT INTO personal_search (rowid, value) VALUES (new.id, new.value);
END
""",
    "INSERT INTO personal_search (rowid, value) SELECT id, value FROM personal_field WHERE field IN ('name', 'phone')",
)


def upgrade() -> None:
    """Build the changed tables anew, then what is new, then the search index."""
    for table, (definition, columns) in _REBUILT.items():
        op.execute(definition)
        op.execute(f"INSERT INTO {table}_next ({columns}) SELECT {columns} FROM {table}")  # noqa: S608 - names of this file
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_next RENAME TO {table}")
    for statement in (*_NEW, *_SEARCH):
        op.execute(statement)
