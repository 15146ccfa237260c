"""Regions: a row for each account in each region where it is known, by which tills read their changes and their snapshot.

What was one chain is one region, called main, and nothing changes for its tills: the numbers of their cursors stay. The numbers on
accounts and holders that nothing reads by any more go, or lose their index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From one feed for all to one for each region."""
    op.add_column("store", sa.Column("region", sa.Text(), server_default="main", nullable=False))
    op.create_table(
        "account_region",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("since_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region", "account_ref", name=op.f("pk_account_region")),
    )
    latest = "CASE WHEN h.change_no > a.change_no THEN h.change_no ELSE a.change_no END"
    op.execute(
        "INSERT INTO account_region (region, account_ref, change_no, since_no) "  # noqa: S608 - names of ours
        f"SELECT 'main', a.account_ref, {latest}, 0 FROM account a LEFT JOIN personal_change h USING (account_ref)"
    )
    op.create_index(
        op.f("ix_account_region_region_change_no_account_ref"),
        "account_region",
        ["region", "change_no", "account_ref"],
        unique=False,
    )
    op.drop_index(op.f("ix_personal_change_change_no_account_ref"), table_name="personal_change")
    op.drop_index(op.f("ix_account_change_no_account_ref"), table_name="account")
    op.drop_column("account", "change_no")
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    # PostgreSQL writes no row for a new column with a default, and SQLite cannot change a default.
    default = "main" if on_postgresql else ""
    op.add_column("account", sa.Column("regions", sa.Text(), server_default=default, nullable=False))
    if on_postgresql:
        op.alter_column("account", "regions", server_default="")
    else:
        op.execute("UPDATE account SET regions = 'main'")
