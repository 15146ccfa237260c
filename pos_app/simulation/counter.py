"""What happens at a counter: a cashier serves shoppers, and starts the program again when it has died under their hands."""

import base64
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from pos_app.errors import InputError, StorageError
from pos_app.model.accounts import Member
from pos_app.model.products import Product
from pos_app.model.receipts import PaymentKind
from pos_app.protocol.events import (
    AccountStatusEvent,
    AdjustmentEvent,
    AnyEvent,
    CardEvent,
    ClaimEvent,
    MergeEvent,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
    decode_body,
)
from pos_app.simulation.bounds import BurnWatch
from pos_app.simulation.fuses import KilledError
from pos_app.simulation.machines import Machine
from pos_app.simulation.promises import NOBODY, Promise, Promises
from pos_app.simulation.reading import by_issuer, lots_of, promise_of, shares_of
from pos_app.simulation.shop import GOODS
from pos_app.use_cases.claiming import code_for
from pos_app.use_cases.finding_receipts import ReceiptUnknownError, find_returnable
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.unseen_returning import unseen_goods
from pos_app.use_cases.views import Authorisation, Basket, BasketLine, ClosedSale
from storage import journal

ENOUGH = (Tender(PaymentKind.CASH, 10**9),)
_ATTEMPTS_MAX = 3
_ASKS_NOT_FOR_MS = 30_000
"""After two failures a till decides by itself for so long."""
_ALL = 100
_KEY_MODE = 0o600
_MILLI = 1_000
_ACTS = (ReturnEvent, UnseenReturnEvent, AdjustmentEvent, MergeEvent, CardEvent, AccountStatusEvent, ClaimEvent)


class Visit(msgspec.Struct, frozen=True):
    """A shopper at a till. ``goods`` are indexes into ``GOODS`` with pieces, each once; ``burn_part`` of 100 is what they want to burn.

    ``dies_after``: the program dies after so many statements of this visit; None: it does not.
    """

    shopper: int
    card: str
    goods: tuple[tuple[int, int], ...]
    burn_part: int = 0
    dies_after: int | None = None


class Sold(msgspec.Struct, frozen=True):
    """A receipt that somebody may bring back: its goods' indexes and pieces by line number.

    ``claim_code`` is what is printed on it to claim its points with, empty for none.
    """

    event_id: str
    receipt_number: str
    shopper: int
    goods: dict[int, tuple[int, int]]
    earned_units: int = 0
    claim_code: str = ""


class Cashier:
    """Serves at one machine. ``counts`` are of the whole run."""

    def __init__(
        self,
        machine: Machine,
        promises: Promises,
        watch: BurnWatch,
        counts: Counter[str],
        is_restoring: Callable[[], bool],
    ) -> None:
        self.machine = machine
        self.receipts: list[Sold] = []
        self._watch = watch
        self._promises = promises
        self._counts = counts
        self._is_restoring = is_restoring

    def serve(self, visit: Visit) -> None:
        """Sell; a program that dies is started again, and what it had booked is looked up, never booked blindly again."""
        event_id = self.machine.till.open_basket().event_id
        dies_after = visit.dies_after
        for _attempt in range(_ATTEMPTS_MAX):
            try:
                with self.machine.living(dies_after):
                    closed = None if self._was_booked(event_id, visit) else self._sell(visit, event_id)
            except KilledError:
                self.revive()
                dies_after = None
                continue
            except (InputError, StorageError) as error:
                self._counts[f"refused: {error.code}"] += 1
                return
            if closed is not None:
                self._told(visit, *closed)
            self.machine.copy_to_mirror()
            return

    def revive(self) -> None:
        """Start the dead program again."""
        self._counts["till killed"] += 1
        self.machine.revive()

    def take_back(self, sold: Sold, pieces: Mapping[int, int], *, dies_after: int | None = None) -> None:
        """Take goods back by their receipt, whichever till it is of; unseen where nobody can show it.

        The cashier compares the screen with the paper: of another sale with the same number nothing is taken back.
        """
        quantities = {line_no: _MILLI * count for line_no, count in pieces.items()}
        goods = tuple(
            unseen_goods(GOODS[sold.goods[line_no][0]], quantity_milli=milli) for line_no, milli in quantities.items()
        )

        def act() -> "Future[Any]":
            till = self.machine.till
            try:
                find_returnable(till, sold.receipt_number)
            except ReceiptUnknownError:
                return till.return_unseen(sold.receipt_number, goods)
            return till.return_goods(sold.receipt_number, quantities, sale_event_id=sold.event_id)

        self._watch.returned(sold.shopper, sold.earned_units)
        lines_of = _lines_of(sold.goods)
        self.act(
            act,
            dies_after,
            lambda event: promise_of(
                event,
                shopper=sold.shopper,
                till=self.machine.memory,
                sale=sold.event_id,
                lines_of=lines_of,
            ),
        )

    def claim(self, sold: Sold, card: str, *, dies_after: int | None = None) -> None:
        """A member shows a receipt whose points they miss."""
        self.act(
            lambda: self.machine.till.claim(sold.claim_code, card),
            dies_after,
            lambda event: promise_of(event, shopper=sold.shopper, till=self.machine.memory),
        )

    def act(
        self, act: "Callable[[], Future[Any]]", dies_after: int | None, promise: Callable[[AnyEvent], Promise]
    ) -> None:
        """Do something that books one event; what stands in the journal afterwards was done, whether "done" was heard or not."""
        before = self._journal_end()
        try:
            with self.machine.living(dies_after):
                act().result()
        except KilledError:
            self.revive()
        except (InputError, StorageError) as error:
            self._counts[f"refused: {error.code}"] += 1
        self.machine.copy_to_mirror()
        for event in self._events_after(before):
            if isinstance(event, _ACTS):
                made = promise(event)
                self._record(made)
                self._counts[made.kind] += 1

    def _sell(self, visit: Visit, event_id: str) -> tuple[Basket, ClosedSale]:
        basket = self._basket(visit, event_id)
        return basket, self.machine.till.close_sale(basket, ENOUGH).result()

    def _told(self, visit: Visit, basket: Basket, closed: ClosedSale) -> None:
        """The customer has heard "done"."""
        self._counts["sales"] += 1
        promise = self._promise(visit, basket, closed)
        self._record(promise)
        self._remember(visit, promise, closed.receipt_number)

    def _basket(self, visit: Visit, event_id: str) -> Basket:
        lines = tuple(BasketLine(self._product(index), _MILLI * pieces) for index, pieces in visit.goods)
        member = self._member(visit.card) if visit.card else None
        basket = Basket(event_id=event_id, lines=lines, member=member)
        if member is None or not visit.burn_part:
            return basket
        return self._with_burn(basket, member, visit.burn_part)

    def _product(self, index: int) -> Product:
        """The goods at today's price."""
        return self.machine.till.find_product(GOODS[index].code) or GOODS[index]

    def _with_burn(self, basket: Basket, member: Member, burn_part: int) -> Basket:
        """The basket with what its member may burn of what they want to."""
        till = self.machine.till
        wishful = msgspec.structs.replace(member, spendable_units=member.balance.available_units)
        most_units = till.quote(msgspec.structs.replace(basket, member=wishful)).result.burnable_units
        wish_units = most_units * burn_part // _ALL
        # The screen offers no more than this.
        units = min(wish_units, till.quote(basket).result.burnable_units)
        granted = self._authorised(basket, units) if units else None
        if wish_units:
            self._note_burn(wish_units, granted)
        return (
            basket
            if granted is None
            else msgspec.structs.replace(basket, burn_units=granted.units, authorisation=granted)
        )

    def _authorised(self, basket: Basket, units: int) -> Authorisation | None:
        till = self.machine.till
        answer = till.authorise_burn(basket, units).result()
        if answer.authorisation is None and 0 < answer.most_units < units:
            # Less is better than nothing.
            answer = till.authorise_burn(basket, answer.most_units).result()
        return answer.authorisation

    def _note_burn(self, wish_units: int, granted: Authorisation | None) -> None:
        is_offline = not self.machine.line.is_up(self.machine.clock.true_ms())
        where = "offline" if is_offline else "online"
        self._counts[f"burns asked {where}"] += 1
        self._counts[f"units asked {where}"] += wish_units
        if granted is not None:
            self._counts[f"burns served {where}"] += 1
            self._counts[f"units served {where}"] += granted.units

    def _member(self, card: str) -> Member:
        till = self.machine.till
        return till.find_member(card) or till.enrol(card).result()

    def _record(self, promise: Promise) -> None:
        self._promises.record(promise)
        self._watch.promised(promise, has_twin=self.machine.has_twin, was_alone=self._was_alone())

    def _was_alone(self) -> bool:
        """Whether something kept the till from asking headquarters a moment ago."""
        now_ms = self.machine.clock.true_ms()
        return now_ms - self.machine.line.failed_ms <= _ASKS_NOT_FOR_MS or self._is_restoring()

    def _promise(self, visit: Visit, basket: Basket, closed: ClosedSale) -> Promise:
        """What the customer was told at "done"."""
        result = closed.quote.result
        burn_issuer = self.machine.till.issuer_at(closed.utc_ms)
        is_member = closed.member is not None
        issuers = {lot.programme_id: lot.issuer for lot in result.lots}
        pieces = {line_no: count for line_no, (_index, count) in enumerate(visit.goods, start=1)}
        return Promise(
            event_id=closed.event_id,
            kind="sale",
            shopper=visit.shopper if is_member else NOBODY,
            till=self.machine.memory,
            issued_units=by_issuer((lot.issuer, lot.units) for lot in result.lots) if is_member else {},
            redeemed_units={burn_issuer: result.burn_units} if result.burn_units else {},
            basis="" if basket.authorisation is None else basket.authorisation.basis.value,
            business_date=self.machine.till.business_date(closed.utc_ms),
            sale=closed.event_id,
            lots=lots_of(closed.event_id, result.lots) if is_member else (),
            lines=shares_of(pieces, result.awards, result.burn_shares, issuers=issuers, burn_issuer=burn_issuer)
            if is_member
            else {},
            number=closed.receipt_number,
            goods=_lines_of(dict(enumerate(visit.goods, start=1))),
        )

    def _remember(self, visit: Visit, promise: Promise, receipt_number: str) -> None:
        goods = dict(enumerate(visit.goods, start=1))
        earned_units = sum(promise.issued_units.values())
        claim_code = code_for(self.machine.till.database.reader(), promise.event_id) if visit.card else ""
        self.receipts.append(
            Sold(promise.event_id, receipt_number, visit.shopper, goods, earned_units, claim_code=claim_code)
        )

    def _was_booked(self, event_id: str, visit: Visit) -> bool:
        """Whether this basket is in the journal: it died after COMMIT and before "done"."""
        row = journal.find_event(self.machine.till.database.reader(), event_id)
        if row is None or row.body is None:
            return False
        event = decode_body(row.body)
        assert isinstance(event, SaleEvent), "this basket was a sale"
        self._counts["sales"] += 1
        self._counts["found booked after a kill"] += 1
        promise = promise_of(event, shopper=visit.shopper, till=self.machine.memory)
        self._record(promise)
        self._remember(visit, promise, event.receipt_number)
        return True

    def _journal_end(self) -> int:
        return journal.read_terminal(self.machine.till.database.reader()).last_seq

    def _events_after(self, seq: int) -> list[AnyEvent]:
        reader = self.machine.till.database.reader()
        rows = journal.read_journal(reader, journal.read_terminal(reader), after_seq=seq, limit=10)
        return [decode_body(row.body) for row in rows if row.body is not None]


def _lines_of(goods: Mapping[int, tuple[int, int]]) -> dict[str, int]:
    """Product code to line of a receipt."""
    return {GOODS[index].code: line_no for line_no, (index, _count) in goods.items()}


def write_key(folder: Path, key: bytes) -> None:
    """The till's key in a file, so that no run touches the keystore of whoever started it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "terminal.key"
    path.touch(mode=_KEY_MODE)
    path.write_bytes(base64.b64encode(key))
