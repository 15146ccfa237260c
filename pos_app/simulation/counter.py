"""What happens at a counter: a cashier serves shoppers, and starts the program again when it has died under their hands."""

import base64
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pos_app.errors import InputError, StorageError
from pos_app.model.accounts import Member
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import AnyEvent, GrantedLot, ReturnEvent, SaleEvent, decode_body
from pos_app.simulation.fuses import KilledError
from pos_app.simulation.machines import Machine
from pos_app.simulation.promises import NOBODY, Promise, Promises
from pos_app.simulation.shop import GOODS
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.views import Basket, BasketLine, ClosedSale
from storage import journal

ENOUGH = (Tender(PaymentKind.CASH, 10**9),)
_ATTEMPTS_MAX = 3
_KEY_MODE = 0o600


class Visit(msgspec.Struct, frozen=True):
    """A shopper at a till. ``goods`` are indexes into ``GOODS`` with pieces; ``burn_part`` of 100 is what they want to burn.

    ``dies_after``: the program dies after so many statements of this visit; None: it does not.
    """

    shopper: int
    card: str
    goods: tuple[tuple[int, int], ...]
    burn_part: int = 0
    dies_after: int | None = None


class Sold(msgspec.Struct, frozen=True):
    """A receipt that somebody may bring back: its lines' pieces by line number."""

    receipt_number: str
    shopper: int
    pieces: dict[int, int]


class Cashier:
    """Serves at one machine. ``counts`` are of the whole run."""

    def __init__(self, machine: Machine, promises: Promises, counts: Counter[str]) -> None:
        self.machine = machine
        self.receipts: list[Sold] = []
        self._promises = promises
        self._counts = counts

    def serve(self, visit: Visit) -> None:
        """Sell; a program that dies is started again, and what it had booked is looked up, never booked blindly again."""
        if visit.dies_after is not None:
            self.machine.light_fuse(visit.dies_after)
        event_id = self.machine.till.open_basket().event_id
        for _attempt in range(_ATTEMPTS_MAX):
            try:
                if not self._was_booked(event_id, visit):
                    self._sell(visit, event_id)
                break
            except KilledError:
                self.revive()
            except (InputError, StorageError) as error:
                self._counts[f"refused: {error.code}"] += 1
                break
        self.machine.put_out()

    def revive(self) -> None:
        """Start the dead program again."""
        self._counts["till killed"] += 1
        self.machine.revive()

    def take_back(self, sold: Sold, pieces: dict[int, int], *, dies_after: int | None = None) -> None:
        """Take goods back."""
        if dies_after is not None:
            self.machine.light_fuse(dies_after)
        quantities = {line_no: 1000 * count for line_no, count in pieces.items()}
        before = self._returns_of(sold)
        try:
            self.machine.till.return_goods(sold.receipt_number, quantities).result()
        except KilledError:
            self.revive()
        except (InputError, StorageError) as error:
            self._counts[f"refused: {error.code}"] += 1
        self.machine.put_out()
        for event_id in self._returns_of(sold) - before:
            self._promises.record(promise_of(self._event(event_id), shopper=sold.shopper, till=self.machine.name))
            self._counts["returns"] += 1

    def _sell(self, visit: Visit, event_id: str) -> None:
        basket = self._basket(visit, event_id)
        closed = self.machine.till.close_sale(basket, ENOUGH).result()
        self._counts["sales"] += 1
        self._promises.record(self._promise(visit, closed))
        self._remember(visit, closed.receipt_number)

    def _basket(self, visit: Visit, event_id: str) -> Basket:
        lines = tuple(BasketLine(GOODS[index], 1000 * pieces) for index, pieces in visit.goods)
        member = self._member(visit.card) if visit.card else None
        basket = Basket(event_id=event_id, lines=lines, member=member)
        if member is None or not visit.burn_part or not member.spendable_units:
            return basket
        most_units = self.machine.till.quote(basket).result.burnable_units
        units = min(most_units, member.spendable_units) * visit.burn_part // 100
        return msgspec.structs.replace(basket, burn_units=units)

    def _member(self, card: str) -> Member:
        till = self.machine.till
        return till.find_member(card) or till.enrol(card).result()

    def _promise(self, visit: Visit, closed: ClosedSale) -> Promise:
        """What the customer was told at "done"."""
        result = closed.quote.result
        issuer = self.machine.till.issuer_at(closed.utc_ms)
        is_member = closed.member is not None
        return Promise(
            event_id=closed.event_id,
            kind="sale",
            shopper=visit.shopper if is_member else NOBODY,
            till=self.machine.name,
            issued_units=_by_issuer((lot.issuer, lot.units) for lot in result.lots) if is_member else {},
            redeemed_units={issuer: result.burn_units} if result.burn_units else {},
            business_date=self.machine.till.business_date(closed.utc_ms),
        )

    def _remember(self, visit: Visit, receipt_number: str) -> None:
        pieces = {line_no: count for line_no, (_index, count) in enumerate(visit.goods, start=1)}
        self.receipts.append(Sold(receipt_number, visit.shopper, pieces))

    def _was_booked(self, event_id: str, visit: Visit) -> bool:
        """Whether this basket is in the journal: it died after COMMIT and before "done"."""
        row = journal.find_event(self.machine.till.database.reader(), event_id)
        if row is None:
            return False
        event = self._event(event_id)
        assert isinstance(event, SaleEvent), "this basket was a sale"
        self._counts["sales"] += 1
        self._counts["found booked after a kill"] += 1
        self._promises.record(promise_of(event, shopper=visit.shopper, till=self.machine.name))
        self._remember(visit, event.receipt_number)
        return True

    def _event(self, event_id: str) -> AnyEvent:
        row = journal.find_event(self.machine.till.database.reader(), event_id)
        assert row is not None and row.body is not None, "just written"  # noqa: PT018 - one fact
        return decode_body(row.body)

    def _returns_of(self, sold: Sold) -> set[str]:
        rows = self.machine.till.database.reader().exec_driver_sql(
            "SELECT event_id FROM sale WHERE sale_event_id = (SELECT event_id FROM sale WHERE receipt_number = ?)",
            (sold.receipt_number,),
        )
        return {row[0] for row in rows}


def promise_of(event: AnyEvent, *, shopper: int, till: str) -> Promise:
    """What an event in the journal promised: where "done" was not heard, the journal says what it would have said."""
    match event:
        case SaleEvent():
            issued = _granted(event.granted_lots)
            redeemed = {event.issuer: event.burn_units} if event.burn_units else {}
            basis = event.burn_basis
        case ReturnEvent():
            issued = _by_issuer((change.issuer or event.issuer, change.units) for change in event.clawed_back)
            redeemed = {issuer: -units for issuer, units in _granted(event.restored_lots).items()}
            basis = ""
        case _:
            issued, redeemed, basis = {}, {}, ""
    return Promise(
        event_id=event.event_id,
        kind=type(event).__struct_config__.tag or "",
        shopper=shopper if getattr(event, "account_ref", "") else NOBODY,
        till=till,
        issued_units=issued,
        redeemed_units=redeemed,
        basis=basis,
        business_date=event.moment.business_date,
    )


def write_key(folder: Path, key: bytes) -> None:
    """The till's key in a file, so that no run touches the keystore of whoever started it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "terminal.key"
    path.touch(mode=_KEY_MODE)
    path.write_bytes(base64.b64encode(key))


def _granted(lots: Iterable[GrantedLot]) -> dict[str, int]:
    return _by_issuer((lot.grant.issuer, lot.grant.units) for lot in lots)


def _by_issuer(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for issuer, units in parts:
        sums[issuer] += units
    return dict(sums)
