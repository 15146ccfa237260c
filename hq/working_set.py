"""The accounts that a run of events touches, in memory, and all that is to be written for them at its end.

A run of events reads once, books in memory and writes once: a few statements for hundreds of events. The accounts are locked as
they are read, in the order of their references, so that any number of workers can book at once.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, select, update

from hq import tables
from hq.budgets import write_uses
from hq.causes import SUMS, added_up
from hq.coupon_book import CouponBook
from hq.erasure import forget_holders
from hq.leases import read_leases
from hq.marks import Change, write_changes
from hq.personal import merge_records
from hq.received import Received
from hq.regions import announce, with_region
from hq.rows import HELD, Account, Booked, Card, Claimed, ContractRow, Hold
from hq.statements import Values, insert_rows, lock_names, update_rows, upsert_rows
from pos_app.loyalty.ledger import AccountKind, Booking, Books, Entry, is_spendable, own_leases
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.accounts import AccountStatus, Lease, Lot
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.events import ReturnedLine, SaleEvent

_LOT_COLUMNS = [tables.lot.c[name] for name in Lot.__struct_fields__]
_ACCOUNT_COLUMNS = [tables.account.c[name] for name in Account.__struct_fields__]
_CARD_COLUMNS = [tables.card.c[name] for name in Card.__struct_fields__]
_HOLD_COLUMNS = [tables.hold.c[name] for name in Hold.__struct_fields__]
_CONTRACT_COLUMNS = [tables.contract.c[name] for name in ContractRow.__struct_fields__]
_CONTRACT_VALUES = ContractRow.__struct_fields__[2:]
_REFS: BindParameter[Any] = bindparam("refs", expanding=True)
_CARDS = select(*_CARD_COLUMNS).where(tables.card.c.number.in_(bindparam("numbers", expanding=True)))
_ACCOUNTS = (
    select(*_ACCOUNT_COLUMNS)
    .where(tables.account.c.account_ref.in_(_REFS))
    .order_by(tables.account.c.account_ref)
    .with_for_update()
)
_LOTS = select(*_LOT_COLUMNS).where(tables.lot.c.account_ref.in_(_REFS), tables.lot.c.remaining_units > 0)
_LOTS_AND_LEASED = select(*_LOT_COLUMNS).where(
    tables.lot.c.account_ref.in_(_REFS),
    (tables.lot.c.remaining_units > 0) | tables.lot.c.lot_id.in_(bindparam("leased_out", expanding=True)),
)
_OWED = select(tables.balance.c.account_ref, tables.balance.c.issuer, tables.balance.c.units).where(
    tables.balance.c.account_ref.in_(_REFS),
    tables.balance.c.kind == AccountKind.OVERDRAFT.value,
    tables.balance.c.units < 0,
)
_CONTRACTS = select(*_CONTRACT_COLUMNS).where(tables.contract.c.account_ref.in_(_REFS))
_HELD = select(*_HOLD_COLUMNS).where(tables.hold.c.account_ref.in_(_REFS), tables.hold.c.state == HELD)


class WorkingSet:
    """What was loaded, and what is to be written. Not for two threads."""

    def __init__(self, region: str = "") -> None:  # noqa: PLR0915 - one statement for each thing that is kept
        """``region`` is that of the till whose doings are booked: whatever they touch is known there from now on. Empty: nobody's."""
        self.region = region
        self.policy = BurnPolicy()
        self.is_restoring = False
        self.accounts: dict[str, Account] = {}
        self.cards: dict[str, Card] = {}
        self.books: dict[str, Books] = {}
        self.booked: dict[str, Booked] = {}
        self.sale_events: dict[str, SaleEvent] = {}
        self.programme_sets: dict[str, ProgrammeSet] = {}
        self.returned: dict[str, list[ReturnedLine]] = defaultdict(list)
        """What came back of a sale so far, by the sale's event."""
        self.taken_back: dict[str, Counter[str]] = defaultdict(Counter)
        """What its returns took as if it had not been issued, by the sale's event and by unit; what they made owed too."""
        self.expired_units: Counter[str] = Counter()
        """What of a lot has expired, for the lots that a return or a late burn may ask about."""
        self.lapsed_lots: dict[str, Lot] = {}
        """Lots that are over, of those that a late burn may ask about."""
        self.heirs: dict[str, str] = {}
        """Accounts that had such lots and are not loaded, and who took each of them over."""
        self.holds: dict[str, Hold] = {}
        self.contracts: dict[str, ContractRow] = {}
        self.claims: dict[str, Claimed] = {}
        self.claim_keys: dict[int, bytes] = {}
        self.claim_tills: dict[int, str] = {}
        self.aliases: dict[str, set[str]] = {}
        """All references that lead to an account, its own too, for accounts that somebody claims points for."""
        self.overdrawn: set[str] = set()
        """Accounts that were overdrawn by burning at two tills before."""
        self.sales: list[Values] = []
        self.payments: list[Values] = []
        self.awards: list[Values] = []
        self.discounts: list[Values] = []
        self.given: list[Values] = []
        self.tasks: list[Values] = []
        self.unseen_returns: list[Values] = []
        self.receipts: list[Values] = []
        self.new_claims: list[Values] = []
        self.erasures: list[tuple[str, int]] = []
        self.mark_changes: list[Change] = []
        """What events change of members' marks, in their order."""
        self.issued_units: Counter[tuple[str, str]] = Counter()
        """Points that acts gave, by till and business date; those of sales are summed from their rows."""
        self.stale_views: Counter[str] = Counter()
        self.coupons = CouponBook()
        self.budget_uses: Counter[tuple[str, int, str]] = Counter()
        """What tills gave of budgets, by till, incarnation and rule."""
        self._known_cards: set[str] = set()
        self._known_lots: set[tuple[str, str]] = set()
        self._touched: dict[str, None] = {}
        self._new_accounts: dict[str, None] = {}
        self._entries: list[Values] = []
        self._changed_lots: dict[tuple[str, str], Lot] = {}
        self._changed_leases: dict[tuple[str, str], Lease] = {}
        self._changed_cards: dict[str, Card] = {}
        self._changed_holds: dict[str, Hold] = {}
        self._changed_contracts: dict[str, ContractRow] = {}
        self._balances: dict[tuple[str, str, str], int] = defaultdict(int)
        self._sums: dict[tuple[str, str, str], int] = defaultdict(int)
        self._causes: dict[tuple[str, str, str], int] = defaultdict(int)
        self._returned: list[Values] = []
        self._new_booked: list[Values] = []
        self._merges: list[tuple[str, str]] = []

    # What is there.

    def home_of(self, account_ref: str) -> Account | None:
        """The account of this reference, or the one that took it over."""
        account = self.accounts.get(account_ref)
        while account is not None and account.merged_into:
            account = self.accounts[account.merged_into]
        return account

    def heir_of(self, account_ref: str) -> str:
        """The loaded account that took this one over, through others perhaps; itself where nobody did."""
        while account_ref in self.heirs:
            account_ref = self.heirs[account_ref]
        return account_ref

    def holder_of(self, card_number: str) -> Account | None:
        """The account that a card leads to."""
        card = self.cards.get(card_number)
        return None if card is None else self.home_of(card.account_ref)

    def books_of(self, account: Account) -> Books:
        """The account's books as they are now."""
        return self.books.get(account.account_ref) or Books(account.account_ref)

    def held_units(self, account: Account, issuer: str, *, but: Collection[str] = ()) -> int:
        """What is held of the account's points for sales under way, other than ``but``."""
        return sum(
            hold.units
            for hold in self.holds.values()
            if hold.state == HELD
            and hold.account_ref == account.account_ref
            and hold.issuer == issuer
            and hold.auth_id not in but
        )

    def free_units(
        self, account: Account, issuer: str, *, at_ms: int, holder: str = "", but: Collection[str] = ()
    ) -> int:
        """What can still be held, leased or burned: points in lots and in the holder's leases, less what is held.

        Points that have expired are none, wherever they are.
        """
        books = self.books_of(account)
        in_lots = sum(
            lot.remaining_units for lot in books.lots if lot.issuer == issuer and is_spendable(lot, at_ms=at_ms)
        )
        leased = own_leases(books.leases, holder=holder, issuer=issuer, at_ms=at_ms)
        in_leases = sum(lease.units for lease in leased)
        return max(0, in_lots + in_leases - self.held_units(account, issuer, but=but))

    # What changes.

    def add_account(self, account: Account) -> Account:
        """A new account."""
        self.accounts[account.account_ref] = account
        self.books[account.account_ref] = Books(account.account_ref)
        self._new_accounts[account.account_ref] = None
        self.touch(account)
        return account

    def touch(self, account: Account) -> None:
        """The account's row changes, and the tills of its regions will hear of it."""
        account.regions = with_region(account.regions, self.region)
        self._touched[account.account_ref] = None

    def put_card(self, card: Card) -> None:
        """A card is new, or changed."""
        self.cards[card.number] = card
        self._changed_cards[card.number] = card
        account = self.home_of(card.account_ref)
        assert account is not None, "cards point to accounts that are there"
        self.touch(account)

    def put_hold(self, hold: Hold) -> None:
        """A hold is new, or ends."""
        self.holds[hold.auth_id] = hold
        self._changed_holds[hold.auth_id] = hold

    def put_contract(self, row: ContractRow) -> None:
        """A contract is new, or something was paid on it."""
        self.contracts[row.contract_id] = row
        self._changed_contracts[row.contract_id] = row

    def add_alias(self, account_ref: str, into: Account) -> None:
        """A reference that was never seen is another name of a known account."""
        self.add_account(
            Account(account_ref, status=AccountStatus.MERGED.value, provisional=False, merged_into=into.account_ref)
        )
        self._merges.append((account_ref, into.account_ref))

    def empty_into(self, source: Account, target: Account) -> None:
        """Cards, holds, sums, marks and the holder's data go from one account to the other; their books are booked apart."""
        source.status = AccountStatus.MERGED.value
        source.merged_into = target.account_ref
        target.regions = with_region(target.regions, source.regions)
        for card in self.cards.values():
            if card.account_ref == source.account_ref:
                card.account_ref = target.account_ref
        for hold in self.holds.values():
            if hold.account_ref == source.account_ref:
                hold.account_ref = target.account_ref
        for contract in self.contracts.values():
            if contract.account_ref == source.account_ref:
                contract.account_ref = target.account_ref
        if source.account_ref in self.overdrawn:
            self.overdrawn.add(target.account_ref)
        self._merges.append((source.account_ref, target.account_ref))
        self.mark_changes.append((target.account_ref, source.account_ref))
        self.touch(source)
        self.touch(target)

    def book(self, booking: Booking, *, now_ms: int) -> None:
        """Append a booking's entries, and go on with the books after it."""
        ref = booking.books.account_ref
        self.books[ref] = booking.books
        self._changed_lots.update(((ref, lot.lot_id), lot) for lot in booking.changed_lots)
        self._changed_leases.update(((ref, lease.lease_id), lease) for lease in booking.changed_leases)
        for entry in booking.entries:
            self._append(entry, now_ms)
        self.lapsed_lots.update((lot.lot_id, lot) for lot in booking.changed_lots if lot.lot_id in self.expired_units)
        if booking.changed_lots or booking.entries or booking.changed_leases:
            self.touch(self.accounts[ref])

    def _append(self, entry: Entry, now_ms: int) -> None:
        self._balances[entry.account_ref, entry.issuer, entry.kind.value] += entry.units
        if entry.kind is AccountKind.EXPIRED:
            self.expired_units[entry.lot_id] += entry.units
        values = msgspec.structs.asdict(entry)
        self._entries.append(values | {"lot_id": entry.lot_id or None, "booked_at_ms": now_ms})

    def recall(self, account: Account) -> None:
        """Ask the holders of the account's leases to give them back."""
        books = self.books_of(account)
        leases = tuple(msgspec.structs.replace(lease, recalled=True) for lease in books.leases)
        if leases != books.leases:
            self.books[account.account_ref] = msgspec.structs.replace(books, leases=leases)
            self._changed_leases.update(((account.account_ref, lease.lease_id), lease) for lease in leases)
            self.touch(account)

    def count(self, account: Account, programme_id: str, month: str, *, sum_minor: int) -> None:
        """Add to what a programme counted in a month."""
        self._sums[account.account_ref, programme_id, month] += sum_minor

    def blame(self, account: Account, issuer: str, cause: str, units: int) -> None:
        """Count an overdraft by its cause."""
        self._causes[account.account_ref, issuer, cause] += units

    def add_returned(self, sale_event_id: str, return_event_id: str, lines: Iterable[ReturnedLine]) -> None:
        """So much of a sale is back."""
        for line in lines:
            self.returned[sale_event_id].append(line)
            self._returned.append(
                {"sale_event_id": sale_event_id, "return_event_id": return_event_id, **msgspec.structs.asdict(line)}
            )

    def add_taken_back(self, sale_event_id: str, entries: Iterable[Entry]) -> None:
        """A return of a sale booked these entries."""
        for entry in entries:
            if entry.kind is AccountKind.ISSUED:
                self.taken_back[sale_event_id][entry.issuer] += entry.units

    def add_booked(self, received: Received, booked: Booked) -> None:
        """The event is booked now, from this till; another that brings it is a repetition."""
        event = received.event
        self.booked[event.event_id] = booked
        self._new_booked.append({"event_id": event.event_id, **msgspec.structs.asdict(booked)})
        if isinstance(event, SaleEvent):
            self.sale_events[event.event_id] = event
            place = {"terminal_id": received.terminal_id, "incarnation": received.incarnation, "seq": received.seq}
            self.receipts.append({"receipt_number": event.receipt_number, "event_id": event.event_id, **place})

    # Writing.

    def write(self, connection: Connection, *, now_ms: int = 0) -> None:
        """Write everything, in the order of the keys."""
        self._write_accounts(connection)
        self._write_lots(connection, now_ms=now_ms)
        insert_rows(connection, tables.entry, self._entries)
        _upsert_sums(connection, tables.balance, ("account_ref", "issuer", "kind"), "units", self._balances)
        _upsert_sums(connection, tables.accumulator, ("account_ref", "programme_id", "month"), "sum_minor", self._sums)
        _upsert_sums(connection, tables.overdraft_cause, ("account_ref", "issuer", "cause"), "units", self._causes)
        for table, rows in (
            (tables.sale, self.sales),
            (tables.payment, self.payments),
            (tables.award, self.awards),
            (tables.discount, self.discounts),
            (tables.return_line, self._returned),
            (tables.unseen_return, self.unseen_returns),
            (tables.claim, self.new_claims),
            (tables.task, self.tasks),
            (tables.booked_event, sorted(self._new_booked, key=lambda row: str(row["event_id"]))),
        ):
            insert_rows(connection, table, rows)
        upsert_rows(connection, tables.cause_day, added_up(self.given), add=SUMS)
        upsert_rows(connection, tables.receipt, sorted(self.receipts, key=lambda row: str(row["receipt_number"])))
        # First those who are forgotten: whoever is merged with one of them is forgotten too.
        forget_holders(connection, dict(self.erasures))
        for source_ref, target_ref in self._merges:
            _move(connection, source_ref=source_ref, target_ref=target_ref)
        write_changes(connection, self.mark_changes)
        self._write_holds(connection)
        contracts = [msgspec.structs.asdict(row) for _, row in sorted(self._changed_contracts.items())]
        upsert_rows(connection, tables.contract, contracts, replace=_CONTRACT_VALUES)
        self.coupons.write(connection)
        write_uses(connection, self.budget_uses)
        self._count_stale_views(connection)

    def _write_accounts(self, connection: Connection) -> None:
        rows = [msgspec.structs.asdict(self.accounts[ref]) for ref in sorted(self._touched)]
        columns = [name for name in Account.__struct_fields__ if name != "account_ref"]
        # What is new could not be locked: where another worker has made it meanwhile, this must fail and begin again.
        insert_rows(connection, tables.account, [row for row in rows if row["account_ref"] in self._new_accounts])
        known = [row for row in rows if row["account_ref"] not in self._new_accounts]
        update_rows(connection, tables.account, known, columns=columns)
        announce(connection, {str(row["account_ref"]): str(row["regions"]) for row in rows})
        cards = [msgspec.structs.asdict(self._changed_cards[number]) for number in sorted(self._changed_cards)]
        insert_rows(connection, tables.card, [row for row in cards if row["number"] not in self._known_cards])
        known = [row for row in cards if row["number"] in self._known_cards]
        update_rows(connection, tables.card, known, columns=("account_ref", "status"))

    def _write_lots(self, connection: Connection, *, now_ms: int) -> None:
        lots = [(key in self._known_lots, msgspec.structs.asdict(lot)) for key, lot in self._changed_lots.items()]
        # A lot id that is taken must fail here, so no upsert.
        insert_rows(connection, tables.lot, [values for known, values in lots if not known])
        update_rows(
            connection, tables.lot, [values for known, values in lots if known], columns=("remaining_units", "matured")
        )
        leases = [
            msgspec.structs.asdict(lease) | {"account_ref": ref, "issued_at_ms": now_ms}
            for (ref, _), lease in self._changed_leases.items()
        ]
        upsert_rows(connection, tables.lease, leases, replace=("units", "recalled"))

    def _write_holds(self, connection: Connection) -> None:
        """After what was merged, so that each stands under the account that has it now."""
        holds = [msgspec.structs.asdict(hold) for hold in self._changed_holds.values()]
        upsert_rows(connection, tables.hold, holds, replace=("state",))

    def _count_stale_views(self, connection: Connection) -> None:
        c = tables.terminal.c
        by_count: defaultdict[int, list[str]] = defaultdict(list)
        for terminal_id, count in self.stale_views.items():
            by_count[count].append(terminal_id)
        for count, terminal_ids in by_count.items():
            theirs = update(tables.terminal).where(c.terminal_id.in_(terminal_ids))
            connection.execute(theirs.values(stale_views=c.stale_views + count))

    # Reading.

    def load(self, connection: Connection, *, account_refs: Iterable[str], card_numbers: Iterable[str] = ()) -> None:
        """Lock and read these accounts, those that the cards point to, those that took merged ones over, and the books of all.

        Cards are read again once the accounts are locked: a merge may have moved them while this waited.
        """
        card_numbers = sorted(set(card_numbers))
        account_refs = sorted(set(account_refs))
        before = set(self.accounts)
        self._read_cards(connection, card_numbers)
        self._load_accounts(connection, [*account_refs, *self._card_refs()])
        # What is not there yet has no row to lock: two workers that are about to make it take turns by its name.
        lock_names(
            connection,
            [f"account {ref}" for ref in account_refs if ref not in self.accounts]
            + [f"card {number}" for number in card_numbers if number not in self.cards],
        )
        self._load_accounts(connection, account_refs)
        while self._read_cards(connection, card_numbers):
            self._load_accounts(connection, self._card_refs())
        self._load_books(connection, sorted(self.accounts.keys() - before))

    def load_contracts(self, connection: Connection) -> None:
        """Read the contracts of the accounts that are loaded."""
        for row in connection.execute(_CONTRACTS, {"refs": sorted(self.accounts)}):
            self.contracts.setdefault(row.contract_id, ContractRow(*row))

    def _card_refs(self) -> list[str]:
        return [card.account_ref for card in self.cards.values()]

    def _read_cards(self, connection: Connection, card_numbers: list[str]) -> bool:
        """Read the cards; gives whether one of them leads to an account that is not locked yet."""
        if card_numbers:
            found = connection.execute(_CARDS, {"numbers": card_numbers})
            self.cards.update((row.number, Card(*row)) for row in found)
            self._known_cards.update(self.cards)
        return any(card.account_ref not in self.accounts for card in self.cards.values())

    def _load_accounts(self, connection: Connection, account_refs: Iterable[str]) -> None:
        wanted = set(account_refs)
        while missing := sorted(wanted - self.accounts.keys()):
            loaded = [Account(*row) for row in connection.execute(_ACCOUNTS, {"refs": missing})]
            self.accounts.update((account.account_ref, account) for account in loaded)
            wanted = {account.merged_into for account in loaded if account.merged_into}

    def _load_books(self, connection: Connection, refs: list[str]) -> None:
        if not refs:
            return
        leases = read_leases(connection, refs)
        leased_out = sorted({lease.lot_id for of_account in leases.values() for lease in of_account})
        lots: dict[str, list[Lot]] = defaultdict(list)
        statement = _LOTS_AND_LEASED if leased_out else _LOTS
        for row in connection.execute(statement, {"refs": refs, "leased_out": leased_out}):
            lots[row.account_ref].append(Lot(*row))
            self._known_lots.add((row.account_ref, row.lot_id))
        overdrafts: dict[str, dict[str, int]] = defaultdict(dict)
        for row in connection.execute(_OWED, {"refs": refs}):
            overdrafts[row.account_ref][row.issuer] = -row.units
        held = connection.execute(_HELD, {"refs": refs})
        self.holds.update((row.auth_id, Hold(*row)) for row in held)
        for ref in refs:
            self.books[ref] = Books(ref, tuple(lots[ref]), overdrafts[ref], leases.get(ref, ()))


def _upsert_sums(
    connection: Connection, table: Table, keys: tuple[str, ...], column: str, sums: Mapping[tuple[str, str, str], int]
) -> None:
    rows = [dict(zip(keys, key, strict=True)) | {column: sums[key]} for key in sorted(sums)]
    upsert_rows(connection, table, rows, add=(column,))


def _move(connection: Connection, *, source_ref: str, target_ref: str) -> None:
    """Cards, holds, monthly sums and personal records of one account go to another."""
    for table in (tables.card, tables.hold, tables.contract):
        connection.execute(
            update(table).where(table.c.account_ref == source_ref).values(account_ref=bindparam("target")),
            {"target": target_ref},
        )
    c = tables.accumulator.c
    sums = {
        (target_ref, row.programme_id, row.month): row.sum_minor
        for row in connection.execute(select(tables.accumulator).where(c.account_ref == source_ref))
    }
    _upsert_sums(connection, tables.accumulator, ("account_ref", "programme_id", "month"), "sum_minor", sums)
    connection.execute(delete(tables.accumulator).where(c.account_ref == source_ref))
    merge_records(connection, source_ref=source_ref, target_ref=target_ref)
