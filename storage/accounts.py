"""Accounts, cards, members and their books of points.

``AccountFacts`` is everything about one account in one read; names and phones in it are personal and go to screens and
paper only.
"""

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import Insert, insert

from pos_app.loyalty.ledger import AccountKind, Booking, Books, Entry
from pos_app.model.accounts import AccountStatus, CardStatus, Expiring, Lease, Lot
from storage import tables
from storage.database import driver_connection
from storage.statements import EMPTY, ONE, ZERO, Row, Statement, insert_of


class MonthlySum(msgspec.Struct, frozen=True):
    """What a programme counted for an account in one month (``YYYY-MM``), in minor units."""

    programme_id: str
    month: str
    sum_minor: int


class AccountFacts(msgspec.Struct, frozen=True):
    """One account as stored, with the card by which it was found."""

    account_ref: str
    card_number: str
    card_status: CardStatus
    card_class: str
    receipts_count: int
    provisional: bool
    name: str
    phone: str
    birthday: str
    books: Books
    monthly_sums: tuple[MonthlySum, ...]
    account_status: AccountStatus = AccountStatus.ACTIVE
    offline_burning: bool = True


class NewMember(msgspec.Struct, frozen=True):
    """A member to be added: an account with one card. ``name``, ``phone`` and ``birthday`` (MM-DD) may be empty."""

    account_ref: str
    card_number: str
    card_class: str = ""
    name: str = ""
    phone: str = ""
    birthday: str = ""


_card = tables.card.c
_account = tables.account.c
_personal = tables.personal_field.c
_lot = tables.lot.c

_account_columns = (
    _card.number,
    _card.status,
    _account.account_ref,
    _account.card_class,
    _account.receipts_count,
    _account.provisional,
    _account.status,
    _account.offline_burning,
)
_joined = tables.card.join(tables.account)
_personal_of = Statement(
    lambda: select(_personal.field, _personal.value).where(_personal.account_ref == bindparam("account_ref"))
)
_find_by_card = Statement(
    lambda: select(*_account_columns).select_from(_joined).where(_card.number == bindparam("number"))
)
_find_by_ref = Statement(
    lambda: (
        select(*_account_columns)
        .select_from(_joined)
        .where(_card.account_ref == bindparam("account_ref"))
        .order_by(_card.status, _card.number)
    )
)
_lots_of = Statement(
    lambda: select(
        _lot.lot_id,
        _lot.account_ref,
        _lot.issuer,
        _lot.programme_id,
        _lot.starts_at_ms,
        _lot.expires_at_ms,
        _lot.granted_units,
        _lot.remaining_units,
        _lot.matured,
    ).where(_lot.account_ref == bindparam("account_ref"), _lot.remaining_units > ZERO)
)
_lots_by_id = Statement(
    lambda: select(
        _lot.lot_id,
        _lot.account_ref,
        _lot.issuer,
        _lot.programme_id,
        _lot.starts_at_ms,
        _lot.expires_at_ms,
        _lot.granted_units,
        _lot.remaining_units,
        _lot.matured,
    ).where(_lot.lot_id == bindparam("lot_id"))
)
_overdraft_of = Statement(
    lambda: select(tables.overdraft.c.issuer, tables.overdraft.c.units).where(
        tables.overdraft.c.account_ref == bindparam("account_ref"), tables.overdraft.c.units > ZERO
    )
)
_leases_of = Statement(
    lambda: (
        select(
            tables.lease.c.lease_id,
            tables.terminal.c.terminal_id,
            tables.lease.c.issuer,
            tables.lease.c.lot_id,
            tables.lease.c.units,
            tables.lease.c.expires_at_ms,
            tables.lease.c.recalled,
        )
        .select_from(tables.lease.join(tables.terminal, tables.terminal.c.id == ONE))
        .where(tables.lease.c.account_ref == bindparam("account_ref"), tables.lease.c.units > ZERO)
    )
)
_leased_elsewhere = Statement(
    lambda: select(tables.reserved.c.issuer, tables.reserved.c.leased_elsewhere_units).where(
        tables.reserved.c.account_ref == bindparam("account_ref"), tables.reserved.c.leased_elsewhere_units > ZERO
    )
)
_elsewhere_expiring = Statement(
    lambda: (
        select(
            tables.elsewhere_expiring.c.issuer,
            tables.elsewhere_expiring.c.expires_at_ms,
            tables.elsewhere_expiring.c.units,
        )
        .where(tables.elsewhere_expiring.c.account_ref == bindparam("account_ref"))
        .order_by(tables.elsewhere_expiring.c.expires_at_ms)
    )
)
_sums_of = Statement(
    lambda: select(tables.accumulator.c.programme_id, tables.accumulator.c.month, tables.accumulator.c.sum_minor).where(
        tables.accumulator.c.account_ref == bindparam("account_ref")
    )
)


_home_of = Statement(
    lambda: select(_account.merged_into, _account.status).where(_account.account_ref == bindparam("account_ref"))
)
_account_of = Statement(lambda: select(*_account_columns[2:]).where(_account.account_ref == bindparam("account_ref")))


def find_by_card(connection: Connection, number: str) -> AccountFacts | None:
    """The account that this card points to, or None for a card that was never seen. A merged account leads to its survivor."""
    return _facts(connection, _find_by_card.first(driver_connection(connection), number))


def find_by_ref(connection: Connection, account_ref: str) -> AccountFacts | None:
    """The account of this reference, or the one that took it over, by any of its cards: an active one where it has one."""
    survivor_ref = survivor_of(connection, account_ref)
    return _facts(connection, _find_by_ref.first(driver_connection(connection), survivor_ref))


def survivor_of(connection: Connection, account_ref: str) -> str:
    """The account that took this one's cards and points over; itself where it was not merged, or the other is not known here."""
    driver = driver_connection(connection)
    seen = {account_ref}
    while (home := _home_of.first(driver, account_ref)) is not None and home[1] == AccountStatus.MERGED.value:
        if home[0] in seen or _home_of.first(driver, home[0]) is None:
            break
        account_ref = home[0]
        seen.add(account_ref)
    return account_ref


def _facts(connection: Connection, row: Row | None) -> AccountFacts | None:
    if row is None:
        return None
    number, status, *account = row
    driver = driver_connection(connection)
    if account[4] == AccountStatus.MERGED.value:
        account = list(_account_of.first(driver, survivor_of(connection, account[0])) or account)
    account_ref, card_class, receipts_count, provisional, account_status, offline_burning = account
    personal: dict[str, str] = dict(_personal_of.all(driver, account_ref))
    return AccountFacts(
        account_ref=account_ref,
        card_number=number,
        card_status=CardStatus(status),
        card_class=card_class,
        receipts_count=receipts_count,
        provisional=bool(provisional),
        name=personal.get("name", ""),
        phone=personal.get("phone", ""),
        birthday=personal.get("birthday", ""),
        books=read_books(connection, account_ref),
        monthly_sums=tuple(MonthlySum(*sums) for sums in _sums_of.all(driver, account_ref)),
        account_status=AccountStatus(account_status),
        offline_burning=bool(offline_burning),
    )


def read_books(connection: Connection, account_ref: str) -> Books:
    """The lots with something left, the overdraft and the leases of one account; nothing of one that took it over."""
    driver = driver_connection(connection)
    leases = tuple(_lease_of_row(row) for row in _leases_of.all(driver, account_ref))
    lots = [_lot_of(row) for row in _lots_of.all(driver, account_ref)]
    leased_out = {lease.lot_id for lease in leases} - {lot.lot_id for lot in lots}
    return Books(
        account_ref=account_ref,
        lots=(*lots, *read_lots(connection, sorted(leased_out))),
        overdraft_units=dict(_overdraft_of.all(driver, account_ref)),
        leases=leases,
        leased_elsewhere_units=dict(_leased_elsewhere.all(driver, account_ref)),
        elsewhere_expiring=_read_elsewhere_expiring(connection, account_ref),
    )


def _read_elsewhere_expiring(connection: Connection, account_ref: str) -> dict[str, tuple[Expiring, ...]]:
    ends: dict[str, tuple[Expiring, ...]] = {}
    for issuer, *end in _elsewhere_expiring.all(driver_connection(connection), account_ref):
        ends[issuer] = (*ends.get(issuer, ()), Expiring(*end))
    return ends


def _lease_of_row(row: Row) -> Lease:
    values = list(row)
    values[-1] = bool(values[-1])
    return Lease(*values)


def read_lots(connection: Connection, lot_ids: Iterable[str]) -> tuple[Lot, ...]:
    """These lots, spent ones too; unknown ids are left out."""
    driver = driver_connection(connection)
    rows = (_lots_by_id.first(driver, lot_id) for lot_id in lot_ids)
    return tuple(_lot_of(row) for row in rows if row is not None)


def _lot_of(row: Row) -> Lot:
    values = list(row)
    values[-1] = bool(values[-1])
    return Lot(*values)


_insert_account = Statement(lambda: insert_of(tables.account, "account_ref", "card_class", "provisional"))
_insert_card = Statement(lambda: insert_of(tables.card, "number", "account_ref"))


@cache
def _personal_row() -> Insert:
    return insert(tables.personal_field).values(
        account_ref=bindparam("account_ref"),
        field=bindparam("field"),
        value=bindparam("value"),
        version=ONE,
        changed_at_ms=bindparam("changed_at_ms"),
    )


_put_personal = Statement(
    lambda: _personal_row().on_conflict_do_update(
        index_elements=["account_ref", "field"],
        set_={
            "value": _personal_row().excluded.value,
            "changed_at_ms": _personal_row().excluded.changed_at_ms,
            "version": _personal.version + ONE,
        },
        where=_personal.value != _personal_row().excluded.value,
    )
)


def add_members(
    connection: Connection, members: Sequence[NewMember], *, utc_ms: int, provisional: bool = False
) -> None:
    """Add accounts with one card each, and the personal row where there is anything in it."""
    driver = driver_connection(connection)
    _insert_account.run_many(driver, ((m.account_ref, m.card_class, int(provisional)) for m in members))
    _insert_card.run_many(driver, ((m.card_number, m.account_ref) for m in members))
    for member in members:
        fields = {"name": member.name, "phone": member.phone, "birthday": member.birthday}
        put_personal(connection, member.account_ref, {k: v for k, v in fields.items() if v}, utc_ms=utc_ms)


def put_personal(connection: Connection, account_ref: str, fields: dict[str, str], *, utc_ms: int) -> None:
    """Set personal fields (name, phone, birthday); a value that changed gets the next version and goes up to HQ.

    Nothing is taken for an account whose holder asked to be forgotten.
    """
    if fields and is_erased(connection, account_ref):
        return
    _put_personal.run_many(
        driver_connection(connection), ((account_ref, field, value, utc_ms) for field, value in fields.items())
    )


_erased = Statement(lambda: select(_account.erased).where(_account.account_ref == bindparam("account_ref")))


def is_erased(connection: Connection, account_ref: str) -> bool:
    """Whether the holder of this account asked to be forgotten."""
    row = _erased.first(driver_connection(connection), account_ref)
    return row is not None and bool(row[0])


def erase_personal(connection: Connection, account_refs: Iterable[str]) -> int:
    """Forget the holders of these accounts, and of those that were merged with them, for good; gives how many fields that were.

    The search index follows by its triggers. The bytes are gone from the files once ``Database.fold`` has run after COMMIT.
    """
    fields = 0
    for account_ref in account_refs:
        refs = merged_with(connection, account_ref)
        fields += connection.execute(delete(tables.personal_field).where(_personal.account_ref.in_(refs))).rowcount
        connection.execute(update(tables.account).where(_account.account_ref.in_(refs)).values(erased=1))
    return fields


def merged_with(connection: Connection, account_ref: str) -> tuple[str, ...]:
    """The surviving account and every one that was merged into it, whichever of them was named."""
    refs = [survivor_of(connection, account_ref)]
    for ref in refs:
        # The constant lets SQLite see that its partial index applies.
        merged = select(_account.account_ref).where(_account.merged_into == ref, _account.merged_into != EMPTY)
        refs += [one for one in connection.execute(merged).scalars() if one not in refs]
    return tuple(refs)


def set_card_class(connection: Connection, account_ref: str, card_class: str) -> None:
    """The class that a member has reached."""
    connection.execute(update(tables.account).where(_account.account_ref == account_ref).values(card_class=card_class))


def set_card_status(connection: Connection, number: str, status: CardStatus) -> None:
    """Block or unblock a card."""
    connection.execute(update(tables.card).where(_card.number == number).values(status=status.value))


_entry = tables.entry.c
_entries_of = Statement(
    lambda: (
        select(
            _entry.account_ref,
            _entry.event_id,
            _entry.entry_no,
            _entry.kind,
            _entry.issuer,
            _entry.units,
            _entry.lot_id,
        )
        .where(_entry.account_ref == bindparam("account_ref"), _entry.event_id == bindparam("event_id"))
        .order_by(_entry.entry_no)
    )
)
_insert_entry = Statement(
    lambda: insert_of(
        tables.entry, "account_ref", "event_id", "entry_no", "kind", "issuer", "units", "lot_id", "booked_at_ms"
    )
)


@cache
def _lot_row() -> Insert:
    return insert(tables.lot).values({column.name: bindparam(column.name) for column in _lot})


_put_lot = Statement(
    lambda: _lot_row().on_conflict_do_update(
        index_elements=[_lot.lot_id],
        set_={name: _lot_row().excluded[name] for name in ("account_ref", "remaining_units", "matured")},
    )
)


@cache
def _overdraft_row() -> Insert:
    return insert(tables.overdraft).values(
        account_ref=bindparam("account_ref"), issuer=bindparam("issuer"), units=bindparam("units")
    )


_put_overdraft = Statement(
    lambda: _overdraft_row().on_conflict_do_update(
        index_elements=["account_ref", "issuer"], set_={"units": _overdraft_row().excluded.units}
    )
)


def write_booking(connection: Connection, booking: Booking, *, before: Books, utc_ms: int) -> None:
    """Append the entries of a booking and store lots, leases and the overdraft as they are after it."""
    driver = driver_connection(connection)
    _insert_entry.run_many(
        driver,
        (
            (e.account_ref, e.event_id, e.entry_no, e.kind.value, e.issuer, e.units, e.lot_id, utc_ms)
            for e in booking.entries
        ),
    )
    put_lots(connection, booking.changed_lots)
    put_leases(connection, before.account_ref, booking.changed_leases)
    after = booking.books.overdraft_units
    if after != before.overdraft_units:
        put_overdraft(connection, before.account_ref, after, before=before.overdraft_units)


def put_overdraft(connection: Connection, account_ref: str, units: dict[str, int], *, before: dict[str, int]) -> None:
    """Store what an account owes per issuer; issuers that were owed ``before`` and are not now go to zero."""
    _put_overdraft.run_many(
        driver_connection(connection),
        ((account_ref, issuer, units.get(issuer, 0)) for issuer in units.keys() | before.keys()),
    )


def put_lots(connection: Connection, lots: Iterable[Lot]) -> None:
    """Add lots, or set what is left of known ones, and whose they are: HQ joins accounts."""
    _put_lot.run_many(
        driver_connection(connection),
        (
            (
                lot.lot_id,
                lot.account_ref,
                lot.issuer,
                lot.programme_id,
                lot.starts_at_ms,
                lot.expires_at_ms,
                lot.granted_units,
                lot.remaining_units,
                int(lot.matured),
            )
            for lot in lots
        ),
    )


def put_leases(connection: Connection, account_ref: str, leases: Iterable[Lease]) -> None:
    """Add leases of this till, or set what is left of them; one with nothing left is gone."""
    for lease in leases:
        connection.execute(delete(tables.lease).where(tables.lease.c.lease_id == lease.lease_id))
        if lease.units:
            connection.execute(
                insert(tables.lease).values(
                    lease_id=lease.lease_id,
                    account_ref=account_ref,
                    issuer=lease.issuer,
                    lot_id=lease.lot_id,
                    units=lease.units,
                    expires_at_ms=lease.expires_at_ms,
                    recalled=int(lease.recalled),
                )
            )


@cache
def _sum_row() -> Insert:
    return insert(tables.accumulator).values(
        account_ref=bindparam("account_ref"),
        programme_id=bindparam("programme_id"),
        month=bindparam("month"),
        sum_minor=bindparam("sum_minor"),
    )


_add_sum = Statement(
    lambda: _sum_row().on_conflict_do_update(
        index_elements=["account_ref", "programme_id", "month"],
        set_={"sum_minor": tables.accumulator.c.sum_minor + _sum_row().excluded.sum_minor},
    )
)
_count_receipt = Statement(
    lambda: (
        update(tables.account)
        .where(_account.account_ref == bindparam("ref"))
        .values(receipts_count=_account.receipts_count + bindparam("more"))
    )
)


def add_to_sums(connection: Connection, account_ref: str, sums: Iterable[MonthlySum], *, receipts: int) -> None:
    """Add (or with negative values take back) what programmes counted, and the number of receipts."""
    driver = driver_connection(connection)
    _add_sum.run_many(driver, ((account_ref, s.programme_id, s.month, s.sum_minor) for s in sums))
    if receipts:
        _count_receipt.run(driver, receipts, account_ref)


def due_accounts(connection: Connection, *, at_ms: int, limit: int) -> list[str]:
    """Accounts that have a lot to mature or to expire at this moment."""
    # Two queries with constants in them, so that SQLite sees that its partial indexes apply.
    maturing = select(_lot.account_ref).where(
        _lot.matured == ZERO, _lot.starts_at_ms <= at_ms, _lot.remaining_units > ZERO
    )
    expiring = select(_lot.account_ref).where(
        _lot.remaining_units > ZERO, _lot.expires_at_ms.is_not(None), _lot.expires_at_ms <= at_ms
    )
    return list(connection.execute(maturing.union(expiring).limit(limit)).scalars())


def count_members(connection: Connection) -> int:
    """How many accounts there are."""
    return connection.execute(select(func.count()).select_from(tables.account)).scalar_one()


def expired_units(connection: Connection, account_refs: Iterable[str], lot_ids: Iterable[str]) -> dict[str, int]:
    """What of these lots has expired, by the entries of these accounts, less what returns have taken out of it again.

    Below zero where headquarters booked the expiry: this till only booked what was taken out.
    """
    c = tables.entry.c
    net = func.sum(c.units)
    rows = connection.execute(
        select(c.lot_id, net)
        .where(c.account_ref.in_(list(account_refs)), c.lot_id.in_(list(lot_ids)), c.kind == AccountKind.EXPIRED.value)
        .group_by(c.lot_id)
    )
    return {lot_id: int(units) for lot_id, units in rows}


def taken_back(connection: Connection, account_refs: Iterable[str], event_ids: Iterable[str]) -> dict[str, int]:
    """What returns (``event_ids``) took of these accounts as if it had not been issued, by unit; what they made owed too."""
    c = tables.entry.c
    rows = connection.execute(
        select(c.issuer, func.sum(c.units))
        .where(
            c.account_ref.in_(list(account_refs)), c.event_id.in_(list(event_ids)), c.kind == AccountKind.ISSUED.value
        )
        .group_by(c.issuer)
    )
    return {issuer: int(units) for issuer, units in rows}


def entries_of(connection: Connection, account_ref: str, event_id: str) -> tuple[Entry, ...]:
    """The ledger entries that one event booked for an account."""
    rows = _entries_of.all(driver_connection(connection), account_ref, event_id)
    return tuple(Entry(r[0], r[1], r[2], AccountKind(r[3]), r[4], r[5], r[6]) for r in rows)


def forget_lots(connection: Connection, account_ref: str) -> None:
    """Drop the stored lots, overdraft and sums of an account, before HQ's are put in their place."""
    for table in (tables.lot, tables.overdraft, tables.accumulator):
        connection.execute(delete(table).where(table.c.account_ref == account_ref))


def ledger_totals(connection: Connection) -> tuple[int, int]:
    """What this till's ledger says was issued and redeemed in all, in units; what returns took back is off."""
    c = tables.entry.c
    query = select(c.kind, func.sum(c.units)).where(c.kind.in_(("issued", "redeemed"))).group_by(c.kind)
    sums = {kind: int(units) for kind, units in connection.execute(query)}
    return -sums.get("issued", 0), sums.get("redeemed", 0)
