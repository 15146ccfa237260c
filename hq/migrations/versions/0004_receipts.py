"""Every sale of a printed number, where the first alone was kept, and among how many of them unseen goods were looked for in vain."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEY = ("receipt_number", "event_id")
_COLUMNS = "receipt_number, event_id, terminal_id, incarnation, seq"


def upgrade() -> None:
    """From one sale a number to all of them, those of before too as far as the copies for reports have them."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("pk_receipt"), "receipt", type_="primary")
        op.create_primary_key(op.f("pk_receipt"), "receipt", list(_KEY))
    else:
        _copy_on_sqlite()
    op.execute(
        f"INSERT INTO receipt ({_COLUMNS})"  # noqa: S608 - names of ours
        " SELECT s.receipt_number, s.event_id, s.terminal_id, s.incarnation, s.seq FROM sale s"
        " JOIN receipt r ON r.receipt_number = s.receipt_number AND r.event_id <> s.event_id"
        " WHERE s.kind = 'sale' ON CONFLICT DO NOTHING"
    )
    op.add_column("unseen_return", sa.Column("sales_seen", sa.Integer(), server_default=sa.text("0"), nullable=False))


def _copy_on_sqlite() -> None:
    """SQLite cannot change a key."""
    op.rename_table("receipt", "receipt_before")
    op.create_table(
        "receipt",
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_receipt")),
    )
    op.execute(f"INSERT INTO receipt ({_COLUMNS}) SELECT {_COLUMNS} FROM receipt_before")  # noqa: S608 - names of ours
    op.drop_table("receipt_before")
