"""The accounts that a run of events touches, in memory, and all that is to be written for them at its end.

A run of events reads once, books in memory and writes once: a few statements for hundreds of events.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from hq import tables
from hq.personal import announce_records, merge_records
from hq.statements import Values, insert_rows, take_change_numbers, update_rows, upsert_rows
from pos_app.loyalty.ledger import AccountKind, Booking, Books
from pos_app.model.accounts import Lot

_LOT_COLUMNS = [tables.lot.c[name] for name in Lot.__struct_fields__]


class Account(msgspec.Struct):
    """An account's row; changed in place while a run is booked."""

    account_ref: str
    status: str = "active"
    card_class: str = ""
    provisional: bool = True
    merged_into: str = ""
    receipts_count: int = 0


_ACCOUNT_COLUMNS = [tables.account.c[name] for name in Account.__struct_fields__]


class WorkingSet:
    """What was loaded, and what is to be written. Not for two threads."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.cards: dict[str, str] = {}
        self.books: dict[str, Books] = {}
        self.taken_events: dict[str, bytes] = {}
        self.sales: list[Values] = []
        self.payments: list[Values] = []
        self.awards: list[Values] = []
        self.tasks: list[Values] = []
        self._known_lots: set[str] = set()
        self._touched: dict[str, None] = {}
        self._new_accounts: list[str] = []
        self._entries: list[Values] = []
        self._changed_lots: dict[str, Lot] = {}
        self._balances: dict[tuple[str, str, str], int] = defaultdict(int)
        self._sums: dict[tuple[str, str, str], int] = defaultdict(int)
        self._new_cards: list[Values] = []
        self._merges: list[tuple[str, str]] = []

    def home_of(self, account_ref: str) -> Account | None:
        """The account of this reference, or the one that took it over."""
        account = self.accounts.get(account_ref)
        while account is not None and account.merged_into:
            account = self.accounts[account.merged_into]
        return account

    def add_account(self, account: Account) -> Account:
        """A new account."""
        self.accounts[account.account_ref] = account
        self._new_accounts.append(account.account_ref)
        self.touch(account)
        return account

    def touch(self, account: Account) -> None:
        """The account's row changes, and tills will hear of it."""
        self._touched[account.account_ref] = None

    def add_card(self, number: str, account: Account) -> None:
        """A card that was never seen now points to this account."""
        self.cards[number] = account.account_ref
        self._new_cards.append({"number": number, "account_ref": account.account_ref})
        self.touch(account)

    def merge(self, account_ref: str, into: Account) -> None:
        """A reference that was never seen is another name of a known account."""
        self.add_account(Account(account_ref, status="merged", provisional=False, merged_into=into.account_ref))
        self._merges.append((account_ref, into.account_ref))

    def has_lot(self, lot_id: str) -> bool:
        """Whether a lot of this id was loaded or booked; one of an account that was not loaded is found when writing."""
        return lot_id in self._known_lots or lot_id in self._changed_lots

    def book(self, booking: Booking, *, now_ms: int) -> None:
        """Append a booking's entries, and go on with the books after it."""
        self.books[booking.books.account_ref] = booking.books
        self._changed_lots.update((lot.lot_id, lot) for lot in booking.changed_lots)
        for entry in booking.entries:
            self._balances[entry.account_ref, entry.issuer, entry.kind.value] += entry.units
            values = msgspec.structs.asdict(entry)
            self._entries.append(values | {"lot_id": entry.lot_id or None, "booked_at_ms": now_ms})
        if booking.changed_lots or booking.entries:
            self._touched[booking.books.account_ref] = None

    def count(self, account: Account, programme_id: str, month: str, *, sum_minor: int) -> None:
        """Add to what a programme counted in a month."""
        self._sums[account.account_ref, programme_id, month] += sum_minor

    def write(self, connection: Connection) -> None:
        """Write everything; HQ's row stays locked until the transaction ends."""
        self._write_accounts(connection)
        insert_rows(connection, tables.card, self._new_cards)
        lots = [(lot_id in self._known_lots, msgspec.structs.asdict(lot)) for lot_id, lot in self._changed_lots.items()]
        # A lot id that belongs to someone else must fail here, so no upsert.
        insert_rows(connection, tables.lot, [values for known, values in lots if not known])
        update_rows(
            connection, tables.lot, [values for known, values in lots if known], columns=("remaining_units", "matured")
        )
        insert_rows(connection, tables.entry, self._entries)
        upsert_rows(
            connection,
            tables.balance,
            [
                {"account_ref": ref, "issuer": issuer, "kind": kind, "units": units}
                for (ref, issuer, kind), units in self._balances.items()
            ],
            add=("units",),
        )
        upsert_rows(
            connection,
            tables.accumulator,
            [
                {"account_ref": ref, "programme_id": programme_id, "month": month, "sum_minor": sum_minor}
                for (ref, programme_id, month), sum_minor in self._sums.items()
            ],
            add=("sum_minor",),
        )
        insert_rows(connection, tables.sale, self.sales)
        insert_rows(connection, tables.payment, self.payments)
        insert_rows(connection, tables.award, self.awards)
        insert_rows(connection, tables.task, self.tasks)
        for source_ref, target_ref in self._merges:
            merge_records(connection, source_ref=source_ref, target_ref=target_ref)
        announce_records(connection, self._new_accounts)

    def _write_accounts(self, connection: Connection) -> None:
        numbers = take_change_numbers(connection, len(self._touched))
        upsert_rows(
            connection,
            tables.account,
            [
                msgspec.structs.asdict(self.accounts[ref]) | {"change_no": number}
                for ref, number in zip(self._touched, numbers, strict=True)
            ],
            replace=("status", "card_class", "provisional", "merged_into", "receipts_count", "change_no"),
        )

    def load(self, connection: Connection, *, account_refs: Iterable[str], card_numbers: Iterable[str] = ()) -> None:
        """Read these accounts, those that the cards point to, those that took merged ones over, and the books of all."""
        card = tables.card.c
        found = connection.execute(select(card.number, card.account_ref).where(card.number.in_(list(card_numbers))))
        self.cards.update(found.all())
        wanted = {*account_refs, *self.cards.values()}
        while missing := wanted - self.accounts.keys():
            rows = connection.execute(select(*_ACCOUNT_COLUMNS).where(tables.account.c.account_ref.in_(list(missing))))
            loaded = [Account(*row) for row in rows]
            self.accounts.update((account.account_ref, account) for account in loaded)
            wanted = {account.merged_into for account in loaded if account.merged_into}
        self._load_books(connection)

    def _load_books(self, connection: Connection) -> None:
        refs = list(self.accounts)
        lot, balance = tables.lot.c, tables.balance.c
        lots: dict[str, list[Lot]] = defaultdict(list)
        for row in connection.execute(select(*_LOT_COLUMNS).where(lot.account_ref.in_(refs), lot.remaining_units > 0)):
            lots[row.account_ref].append(Lot(*row))
            self._known_lots.add(row.lot_id)
        overdrafts: dict[str, dict[str, int]] = defaultdict(dict)
        for row in connection.execute(
            select(balance.account_ref, balance.issuer, balance.units).where(
                balance.account_ref.in_(refs), balance.kind == AccountKind.OVERDRAFT.value, balance.units < 0
            )
        ):
            overdrafts[row.account_ref][row.issuer] = -row.units
        for ref in refs:
            self.books[ref] = Books(ref, tuple(lots[ref]), overdrafts[ref])
