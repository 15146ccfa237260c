"""Points set aside for one till each: given out where a member shops, given back by the holder, or written off by a person."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, bindparam, select, update

from hq import tables
from hq.database import transact
from hq.regions import announce
from pos_app.errors import InputError
from pos_app.loyalty.ledger import book_lease, book_release, own_leases
from pos_app.model.accounts import AccountStatus, Lease
from pos_app.model.identifiers import derived_id
from pos_app.model.policy import Allowance

if TYPE_CHECKING:
    from hq.rows import Account
    from hq.working_set import WorkingSet

_RECALLED_AT_ONCE = 500
_lease = tables.lease.c
_columns = [tables.lease.c[name] for name in Lease.__struct_fields__]
_OF_ACCOUNTS = (
    select(_lease.account_ref, *_columns)
    .where(_lease.account_ref.in_(bindparam("refs", expanding=True)), _lease.units > 0)
    .order_by(_lease.lease_id)
)


def read_leases(connection: Connection, account_refs: Sequence[str]) -> dict[str, tuple[Lease, ...]]:
    """What is set aside of these accounts, for whatever till."""
    leases: dict[str, list[Lease]] = defaultdict(list)
    for account_ref, *values in connection.execute(_OF_ACCOUNTS, {"refs": account_refs}):
        leases[account_ref].append(Lease(*values))
    return {account_ref: tuple(of_account) for account_ref, of_account in leases.items()}


def top_up(
    work: "WorkingSet", account: "Account", *, event_id: str, issuer: str, holder: str, at_ms: int, now_ms: int
) -> None:
    """Set points aside for the till where the member just was, up to what the policy says.

    None of an account that must not burn on its own, that owes points, or whose points are wanted elsewhere; and none as long as
    HQ does not know what was burned before it was restored.
    """
    policy = work.policy
    books = work.books_of(account)
    if policy.allowance is not Allowance.LEASE or work.is_restoring or not account.offline_burning:
        return
    if account.status != AccountStatus.ACTIVE or books.overdraft_units or any(lease.recalled for lease in books.leases):
        return
    leased = own_leases(books.leases, holder=holder, issuer=issuer, at_ms=at_ms)
    units = policy.lease_units - sum(lease.units for lease in leased)
    units = min(units, work.free_units(account, issuer, at_ms=at_ms))
    if units > 0:
        lease_event = derived_id(event_id, "lease")
        work.book(
            book_lease(books, event_id=lease_event, holder=holder, issuer=issuer, units=units, at_ms=at_ms),
            now_ms=now_ms,
        )


def write_off_lease(engine: Engine, lease_id: str, *, now_ms: int) -> int:
    """Give a lease back in the place of its holder, who is lost: the member can burn its points again. Gives how many that was.

    Where the holder burned some of them after all, the member is overdrawn. Raises ``InputError`` for a lease that is not there.
    """
    return transact(engine, lambda connection: _write_off(connection, lease_id, now_ms))


def recall_all(engine: Engine) -> int:
    """Ask every till for what is set aside for it, since the policy is another one now. Gives how many accounts that touched."""
    recalled = 0
    while refs := transact(engine, _recall_some):
        recalled += refs
    return recalled


def _write_off(connection: Connection, lease_id: str, now_ms: int) -> int:
    from hq.working_set import WorkingSet

    # Its account may be merged meanwhile: what counts is read again once the account is locked.
    ref = connection.execute(
        select(_lease.account_ref).where(_lease.lease_id == lease_id, _lease.units > 0)
    ).scalar_one_or_none()
    work = WorkingSet()
    work.load(connection, account_refs=[] if ref is None else [ref])
    found = [books for books in work.books.values() if any(one.lease_id == lease_id for one in books.leases)]
    if not found:
        raise InputError(
            "hq.no_lease",
            what=f"Nothing is set aside under {lease_id}.",
            safe="Nothing was changed.",
            todo="`pos-app hq leases` lists what is set aside.",
        )
    (books,) = found
    units = sum(lease.units for lease in books.leases if lease.lease_id == lease_id)
    event_id = derived_id(lease_id, "write-off")
    work.book(book_release(books, event_id=event_id, lease_id=lease_id, units=units, at_ms=now_ms), now_ms=now_ms)
    work.write(connection, now_ms=now_ms)
    return units


def _recall_some(connection: Connection) -> int:
    account = tables.account.c
    wanted = select(_lease.account_ref).where(_lease.units > 0, ~_lease.recalled).distinct().limit(_RECALLED_AT_ONCE)
    refs = sorted(connection.execute(wanted).scalars())
    if refs:
        found = select(account.account_ref, account.regions).where(account.account_ref.in_(refs))
        locked = connection.execute(found.order_by(account.account_ref).with_for_update()).all()
        of_these = _lease.account_ref.in_(refs), _lease.units > 0
        connection.execute(update(tables.lease).where(*of_these).values(recalled=True))
        announce(connection, {row.account_ref: row.regions for row in locked})
    return len(refs)
