"""Regions: which tills hear of which accounts.

A store is of one region, and an account is of every region where it was enrolled, sold to, held or looked up. The account's own row
says which (``regions``), so a change finds them without asking anybody; ``account_region`` has a row for each, by which the tills of
one region read their changes and their snapshot. A change costs as many rows as the account has regions, however many tills there are.
"""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, select, update

from hq import tables
from hq.database import transact
from hq.statements import change_number, lock_names, upsert_rows
from hq.terminals import DEFAULT_REGION
from pos_app.errors import InputError

_STEP_ACCOUNTS = 200
_WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,23}")
_account = tables.account.c
_store = tables.store.c
_terminal = tables.terminal.c


def with_region(regions: str, region: str) -> str:
    """The regions of an account as its row has them (words in their order, a space between), with one more; none adds nothing."""
    return " ".join(sorted({*regions.split(), *region.split()}))


def checked_region(region: str) -> str:
    """The region, if it is a word that can be one; raises ``InputError``."""
    if _WORD.fullmatch(region) is None:
        raise InputError(
            "hq.region",
            what=f"{region!r} cannot name a region.",
            safe="Nothing was changed.",
            todo="Take one word of at most 24 small letters, digits, hyphens and underscores: north.",
        )
    return region


def announce(connection: Connection, regions: Mapping[str, str]) -> None:
    """Tills of these regions (by account) will hear of these accounts as they are when this transaction ends.

    The accounts are locked, so that nobody adds a region meanwhile.
    """
    pairs = sorted((region, ref) for ref, words in regions.items() for region in words.split())
    if pairs:
        number = change_number(connection)
        rows = [
            {"region": region, "account_ref": ref, "change_no": number, "since_no": number} for region, ref in pairs
        ]
        upsert_rows(connection, tables.account_region, rows, replace=("change_no",))


def lock_accounts(connection: Connection, account_refs: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Lock these accounts and those that took them over; gives where each was merged into, and its regions.

    One that is not there is locked by its name: whoever makes it waits, as in ``WorkingSet.load``.
    """
    wanted = set(account_refs)
    found: dict[str, tuple[str, str]] = {}
    _lock_rows(connection, wanted, found)
    lock_names(connection, [f"account {ref}" for ref in wanted - found.keys()])
    _lock_rows(connection, wanted, found)
    return found


def _lock_rows(connection: Connection, wanted: set[str], found: dict[str, tuple[str, str]]) -> None:
    while missing := sorted(wanted - found.keys()):
        rows = select(_account.account_ref, _account.merged_into, _account.regions).where(
            _account.account_ref.in_(missing)
        )
        locked = connection.execute(rows.order_by(_account.account_ref).with_for_update()).all()
        found.update((row.account_ref, (row.merged_into, row.regions)) for row in locked)
        wanted = {row.merged_into for row in locked if row.merged_into}


def move_store(engine: Engine, store_id: str, region: str) -> int:
    """Put a store into a region; gives how many accounts came with it: those that its tills sold to, as far as sales are kept.

    Its tills fetch the accounts of their new region anew. Raises ``InputError`` for a store that is not known or a word that cannot
    be a region. Doing it again finishes what was broken off.
    """
    checked_region(region)
    with engine.begin() as connection:
        moved = connection.execute(update(tables.store).where(_store.store_id == store_id).values(region=region))
        if not moved.rowcount:
            raise InputError(
                "hq.no_store",
                what=f"There is no store {store_id}.",
                safe="Nothing was changed.",
                todo="`pos-app hq regions` lists the stores.",
            )
    with engine.begin() as connection:
        # Whoever books for one of its tills just now may have read the region of before: wait for that.
        tills = select(_terminal.terminal_id).where(_terminal.store_id == store_id).order_by(_terminal.terminal_id)
        terminal_ids = connection.execute(tills.with_for_update()).scalars().all()
    refs = _members_of(engine, terminal_ids)
    for first in range(0, len(refs), _STEP_ACCOUNTS):
        transact(engine, functools.partial(_bring, region=region, account_refs=refs[first : first + _STEP_ACCOUNTS]))
    return len(refs)


def _members_of(engine: Engine, terminal_ids: Sequence[str]) -> list[str]:
    sale = tables.sale.c
    members = select(sale.account_ref).where(sale.terminal_id.in_(terminal_ids), sale.account_ref != "").distinct()
    with engine.connect() as connection:
        return sorted(connection.execute(members).scalars())


def _bring(connection: Connection, *, region: str, account_refs: Sequence[str]) -> None:
    """These accounts, and those that took them over, are of the region from now on."""
    locked = lock_accounts(connection, account_refs)
    regions = {ref: with_region(words, region) for ref, (_, words) in locked.items()}
    for ref, words in sorted(regions.items()):
        connection.execute(update(tables.account).where(_account.account_ref == ref).values(regions=words))
    announce(connection, regions)


def list_stores(engine: Engine) -> list[tuple[str, str]]:
    """Region and store of every store, in their order."""
    with engine.connect() as connection:
        rows = connection.execute(select(_store.region, _store.store_id).order_by(_store.region, _store.store_id))
        return [(row.region, row.store_id) for row in rows]


__all__ = ["DEFAULT_REGION", "announce", "checked_region", "list_stores", "lock_accounts", "move_store", "with_region"]
