"""The sale screen's mind: what a scan, a key or a finished booking does. Plain Python; every call is made on one thread.

**Invariant**: the basket is evaluated once a change, and the screen is shown once a call.
"""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from devices.barcodes import BadScan, CardScan, ProductScan, ReceiptScan, Scan, is_expired, read_code
from devices.sounder import Tone
from pos_app.errors import InputError, PosError
from pos_app.model.accounts import Member
from pos_app.model.products import Product
from pos_app.use_cases.quoting import LINES_MAX, Tender, check_line
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import Basket, BasketLine, ClosedSale, Quote
from ui.keys import Command
from ui.sale import payment, scanning
from ui.sale.numbers import parse_quantity, parse_scaled, typed_form
from ui.sale.ports import Background, Play, Printing, View
from ui.sale.screen import (
    BurnPanel,
    CardPanel,
    CashPanel,
    EnrolPanel,
    ForeignPanel,
    Level,
    Notice,
    NoticeCode,
    Panel,
    Problem,
    ProblemCode,
    Receipt,
    Screen,
    Values,
    VoidPanel,
    problem_of,
)
from ui.sale.showing import Scene, point_worth_minor, screen_of

_LOG = logging.getLogger(__name__)
AMOUNT_CODE = "AMOUNT"
"""The product code of a line that is only an amount; a shop may have a product of this code, with its own name and tax."""
SCANS_WAITING_MAX = 50
_SHARED_WITH_PANELS = frozenset(
    {Command.POINTS, Command.CASH, Command.CARD, Command.FINISH, Command.VOID, Command.COPY, Command.CONFIRM, Command.BACK}
)


class SalePresenter:
    """One sale after another. ``booked`` is called after each COMMIT; ``amount_name`` names a line that is only an amount."""

    def __init__(
        self,
        till: Till,
        view: View,
        *,
        background: Background,
        printing: Printing | None,
        play: Play,
        booked: Callable[[], None],
        amount_name: str = "Amount",
    ) -> None:
        self._till = till
        self._view = view
        self._background = background
        self._printing = printing
        self._play = play
        self._booked = booked
        self._amount_name = amount_name
        self._is_beside = till.settings.till.mode == "beside"
        self._exponent = till.terms.currency.exponent
        self._receipt: Receipt | None = None
        self._problem: Problem | None = None
        self._notice: Notice | None = None
        self._is_booking = False
        self._waiting_scans: deque[str] = deque()
        self._begin_sale()

    def _begin_sale(self) -> None:
        self._marked = -1
        self._factor_milli: int | None = None
        self._panel: Panel = None
        self._tenders: tuple[Tender, ...] = ()
        self._is_leaving = False
        self._is_done = False
        self._basket: Basket = self._till.open_basket()
        self._quote: Quote = self._till.quote(self._basket)

    # What comes in ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Show the empty screen."""
        self._do(lambda: None)

    def scan(self, raw: str) -> None:
        """A code from the scanner, as it was sent."""
        self._do(lambda: self._scan(raw))

    def command(self, command: Command, first: str = "", second: str = "") -> None:
        """A key or a button, with what stands in the open fields."""
        self._do(lambda: self._command(command, first, second))

    def mark(self, row: int) -> None:
        """A line was touched."""
        self._do(lambda: self._mark(row))

    def cash_typed(self, text: str) -> None:
        """The amount of cash is being typed: show the change that it would give."""
        if isinstance(self._panel, CashPanel):
            given_minor = parse_scaled(text, self._exponent)
            is_enough = given_minor is not None and given_minor >= self._panel.due_minor
            change_minor = given_minor - self._panel.due_minor if given_minor is not None and is_enough else None
            self._panel = msgspec.structs.replace(self._panel, change_minor=change_minor)
            self._view.show(self.screen())

    def screen(self) -> Screen:
        """What is to be seen now."""
        return screen_of(
            Scene(
                quote=self._quote,
                basket=self._basket,
                marked=self._marked,
                panel=self._panel,
                notice=self._notice,
                problem=self._problem,
                receipt=self._receipt,
                is_done=self._is_done,
                is_booking=self._is_booking,
                is_beside=self._is_beside,
                factor_milli=self._factor_milli,
            ),
            now_ms=self._till.clock.utc_ms(),
            zone=self._till.terms.zone,
        )

    def _do(self, action: Callable[[], None]) -> None:
        """The one door: what goes wrong stops the line with a message, and the screen is shown once."""
        try:
            action()
        except PosError as error:
            self._stop(problem_of(error))
        except Exception:
            _LOG.exception("the sale screen met a bug")
            self._stop(Problem(ProblemCode.SURPRISE))
        self._view.show(self.screen())

    def _stop(self, problem: Problem) -> None:
        self._problem = problem
        self._play(Tone.ERROR)

    def _say(self, code: NoticeCode, **values: int | str) -> None:
        self._tell(Notice(code, values=dict(values)))

    def _inform(self, code: NoticeCode, values: Values | None = None) -> None:
        self._notice = Notice(code, Level.INFO, values or {})

    def _tell(self, notice: Notice) -> None:
        self._notice = notice
        self._play(Tone.ATTENTION)

    # Scans --------------------------------------------------------------------------------------------------------------

    def _scan(self, raw: str) -> None:
        if self._problem is not None:
            self._problem = msgspec.structs.replace(self._problem, ignored_scans=self._problem.ignored_scans + 1)
            self._play(Tone.ERROR)
        elif self._is_booking:
            self._keep_for_later(raw)
        elif self._tenders:
            self._tell(self._part_taken())
        else:
            self._notice = None
            self._take(self._read(raw))

    def _keep_for_later(self, raw: str) -> None:
        if len(self._waiting_scans) < SCANS_WAITING_MAX:
            self._waiting_scans.append(raw)
        else:
            self._play(Tone.ERROR)

    def _read(self, raw: str) -> Scan:
        settings = self._till.settings
        return read_code(
            raw,
            cards=settings.cards,
            in_store=settings.in_store_codes,
            aim_prefix=settings.scanner.aim_prefix,
        )

    def _take(self, scan: Scan) -> None:
        match scan:
            case CardScan():
                self._take_card(scan)
            case ProductScan():
                self._take_goods(scan)
            case ReceiptScan():
                self._stop(Problem(ProblemCode.RECEIPT, {"code": scan.number}))
            case BadScan():
                self._stop(scanning.problem_of_bad(scan))

    def _take_card(self, scan: CardScan) -> None:
        member = self._till.find_member(scan.number)
        if member is None:
            self._panel = EnrolPanel(scan.number, scan.card_class)
            self._is_done = False
            self._play(Tone.ATTENTION)
        else:
            self._put_member(member)
            self._play(Tone.OK)

    def _put_member(self, member: Member | None) -> None:
        before = self._basket.member
        is_same = before is not None and member is not None and before.account_ref == member.account_ref
        burn_units = self._basket.burn_units if is_same else 0
        self._change(msgspec.structs.replace(self._basket, member=member, burn_units=burn_units))
        self._panel = None

    def _take_goods(self, scan: ProductScan) -> None:
        product = self._till.find_product(scan.code)
        if product is None:
            self._stop(Problem(ProblemCode.UNKNOWN_PRODUCT, {"code": scan.code}))
        elif is_expired(scan.expires, self._till.business_date(self._till.clock.utc_ms())):
            values: Values = {"name": product.name, "expires_date": scan.expires, "batch": scan.batch}
            self._stop(Problem(ProblemCode.EXPIRED, values))
        elif scanning.lacks_weight(scan, product, self._factor_milli):
            self._stop(Problem(ProblemCode.WEIGHT_MISSING, {"name": product.name}))
        else:
            self._add(scanning.line_of(scan, product, self._factor_milli))

    def _add(self, line: BasketLine) -> None:
        if len(self._basket.lines) >= LINES_MAX:
            self._stop(Problem(ProblemCode.LINES_FULL, {"most": LINES_MAX}))
            return
        self._marked = len(self._basket.lines)
        self._factor_milli = None
        self._change(msgspec.structs.replace(self._basket, lines=(*self._basket.lines, line)))
        self._play(Tone.OK)

    def _change(self, basket: Basket) -> None:
        """Put another basket in place: evaluate it, and lower the points where it no longer takes them all."""
        quote = self._till.quote(basket)
        if quote.result.burn_units < basket.burn_units:
            basket = msgspec.structs.replace(basket, burn_units=quote.result.burn_units)
            values: Values = {"burned_units": quote.result.burn_units}
            self._tell(Notice(NoticeCode.BURN_LOWERED, values=values, reason=quote.result.burn_limit))
        self._basket, self._quote, self._is_done = basket, quote, False
        self._panel = self._burn_panel() if isinstance(self._panel, BurnPanel) else self._kept_panel()

    def _kept_panel(self) -> Panel:
        return self._panel if isinstance(self._panel, EnrolPanel) else None

    # Keys ---------------------------------------------------------------------------------------------------------------

    def _command(self, command: Command, first: str, second: str) -> None:
        if self._problem is not None:
            self._answer_problem(command)
        elif not self._is_booking:
            self._notice = None
            self._act(command, first, second)

    def _answer_problem(self, command: Command) -> None:
        if command is Command.BACK:
            self._problem = None
        else:
            self._play(Tone.ERROR)

    def _act(self, command: Command, first: str, second: str) -> None:
        if self._panel is not None and command not in _SHARED_WITH_PANELS:
            if isinstance(self._panel, VoidPanel) and command is Command.REMOVE:
                self._void()
            return
        match command:
            case Command.CONFIRM:
                self._confirm(first, second)
            case Command.BACK:
                self._back()
            case Command.MULTIPLY:
                self._multiply(first)
            case Command.QUANTITY:
                self._set_quantity(first)
            case Command.PRICE:
                self._set_price(first)
            case Command.AMOUNT:
                self._add_amount(first)
            case Command.REMOVE:
                self._remove()
            case Command.UP:
                self._mark(self._marked - 1)
            case Command.DOWN:
                self._mark(self._marked + 1)
            case Command.CARD_OFF:
                self._take_card_off()
            case Command.COPY:
                self._copy()
            case Command.POINTS | Command.CASH | Command.CARD | Command.FINISH | Command.VOID:
                self._open(command)

    def _confirm(self, first: str, second: str) -> None:
        match self._panel:
            case None if first.strip():
                self._take(self._read(first))
            case BurnPanel():
                self._burn(first)
            case EnrolPanel():
                self._enrol(self._panel.card_number, name=first, phone=second)
            case CashPanel():
                self._pay_cash(self._panel, first)
            case CardPanel():
                self._pay_card(self._panel, first, second)
            case ForeignPanel():
                self._finish_beside(first)

    def _back(self) -> None:
        if self._tenders and not self._is_leaving:
            self._tell(self._part_taken())
            self._is_leaving = True
            return
        self._panel, self._tenders, self._is_leaving = None, (), False
        self._is_done = False
        self._factor_milli = None

    def _multiply(self, text: str) -> None:
        factor_milli = parse_quantity(text)
        if factor_milli is None:
            self._say(NoticeCode.NOT_A_NUMBER if text.strip() else NoticeCode.TYPE_QUANTITY_FIRST)
            return
        self._factor_milli = factor_milli
        self._is_done = False
        self._inform(NoticeCode.NEXT_TIMES, {"factor_milli": factor_milli})

    def _set_quantity(self, text: str) -> None:
        quantity_milli = parse_quantity(text)
        if quantity_milli is None:
            self._say(NoticeCode.NOT_A_NUMBER if text.strip() else NoticeCode.TYPE_QUANTITY_FIRST)
        else:
            self._change_marked(quantity_milli=quantity_milli)

    def _set_price(self, text: str) -> None:
        amount_minor = parse_scaled(text, self._exponent)
        if amount_minor is None:
            self._say(NoticeCode.NOT_A_NUMBER if text.strip() else NoticeCode.TYPE_PRICE_FIRST)
        else:
            self._change_marked(override_minor=amount_minor)

    def _change_marked(self, **changes: int) -> None:
        lines = self._basket.lines
        if not lines:
            self._say(NoticeCode.NO_LINE)
            return
        try:
            line = check_line(msgspec.structs.replace(lines[self._marked], **changes))
        except InputError as error:
            is_piece = changes.get("quantity_milli", 0) % 1000 != 0
            self._tell(Notice(NoticeCode.BY_THE_PIECE if is_piece else NoticeCode.OUT_OF_RANGE, english=error.what))
            return
        changed = (*lines[: self._marked], line, *lines[self._marked + 1 :])
        self._change(msgspec.structs.replace(self._basket, lines=changed))

    def _add_amount(self, text: str) -> None:
        if not self._is_beside:
            return
        amount_minor = parse_scaled(text, self._exponent)
        if not amount_minor:
            self._say(NoticeCode.NOT_A_NUMBER if text.strip() else NoticeCode.TYPE_AMOUNT_FIRST)
            return
        product = self._till.find_product(AMOUNT_CODE) or Product(AMOUNT_CODE, self._amount_name, 0, 0)
        self._add(BasketLine(product, override_minor=amount_minor))

    def _remove(self) -> None:
        lines = self._basket.lines
        if not lines:
            self._say(NoticeCode.NO_LINE)
            return
        rest = lines[: self._marked] + lines[self._marked + 1 :]
        self._marked = min(self._marked, len(rest) - 1)
        self._change(msgspec.structs.replace(self._basket, lines=rest))

    def _mark(self, row: int) -> None:
        if 0 <= row < len(self._basket.lines):
            self._marked = row

    def _take_card_off(self) -> None:
        if self._basket.member is None:
            self._say(NoticeCode.NO_CARD)
            return
        self._put_member(None)
        self._inform(NoticeCode.CARD_TAKEN_OFF)

    def _void(self) -> None:
        self._begin_sale()
        self._inform(NoticeCode.VOIDED)

    # Panels -------------------------------------------------------------------------------------------------------------

    def _open(self, command: Command) -> None:
        if isinstance(self._panel, EnrolPanel):
            self._say(NoticeCode.ENROL_OPEN)
        elif self._tenders and command not in {Command.CASH, Command.CARD}:
            self._tell(self._part_taken())
        elif not self._basket.lines and not (command is Command.VOID and self._basket.member is not None):
            self._say(NoticeCode.BASKET_EMPTY)
        elif command is Command.POINTS and self._basket.member is None:
            self._say(NoticeCode.NO_CARD)
        else:
            self._is_leaving = False
            self._panel = self._panel_for(command)

    def _panel_for(self, command: Command) -> Panel:
        if command is Command.VOID:
            return VoidPanel(len(self._basket.lines))
        if command is Command.POINTS:
            return self._burn_panel()
        if self._is_beside:
            return ForeignPanel(self._quote.result.burn_worth_minor, self._quote.to_pay_minor)
        return self._card_panel() if command is Command.CARD else self._cash_panel()

    def _burn_panel(self, suggested: str | None = None) -> Panel:
        member, result = self._basket.member, self._quote.result
        if member is None:
            return None
        if suggested is None:
            suggested = self._typed_points(result.burn_units) if result.burn_units else ""
        return BurnPanel(
            spendable_units=member.spendable_units,
            burnable_units=result.burnable_units,
            burnable_worth_minor=point_worth_minor(self._till.terms, result.burnable_units),
            limit=result.burn_limit,
            suggested=suggested,
        )

    def _typed_points(self, units: int) -> str:
        return typed_form(units, self._till.terms.points_exponent)

    def _cash_panel(self) -> CashPanel:
        due_minor = payment.cash_due_minor(self._quote, self._tenders, self._till.terms.currency)
        return CashPanel(due_minor, self._tenders)

    def _card_panel(self) -> CardPanel:
        left_minor = payment.left_minor(self._quote, self._tenders)
        return CardPanel(left_minor, typed_form(left_minor, self._exponent), self._tenders)

    def _part_taken(self) -> Notice:
        taken_minor = sum(tender.given_minor for tender in self._tenders)
        return Notice(NoticeCode.CARD_PART_TAKEN, values={"taken_minor": taken_minor})

    def _burn(self, text: str) -> None:
        units = parse_scaled(text, self._till.terms.points_exponent)
        most_units = self._quote.result.burnable_units
        if units is None:
            self._say(NoticeCode.NOT_A_NUMBER)
            return
        if units > most_units:
            values: Values = {"most_units": most_units}
            self._tell(Notice(NoticeCode.BURN_TOO_MANY, values=values, reason=self._quote.result.burn_limit))
            self._panel = self._burn_panel(self._typed_points(most_units))
            return
        basket = msgspec.structs.replace(self._basket, burn_units=units)
        result = self._till.quote(basket).result
        if result.burn_units != units:
            self._say(NoticeCode.BURN_STEPS, fits_units=result.burn_units)
            self._panel = self._burn_panel(self._typed_points(result.burn_units))
            return
        self._panel = None
        self._change(basket)
        if units:
            self._inform(NoticeCode.BURN_SET, {"burned_units": units, "worth_minor": result.burn_worth_minor})

    # Bookings -----------------------------------------------------------------------------------------------------------

    def _enrol(self, card_number: str, *, name: str, phone: str) -> None:
        self._is_booking = True
        self._inform(NoticeCode.SAVING)
        self._background.watch(self._till.enrol(card_number, name=name, phone=phone), self._enrolled)

    def _enrolled(self, future: Future[Member]) -> None:
        self._settle(lambda: self._welcome(future))

    def _welcome(self, future: Future[Member]) -> None:
        try:
            member = future.result()
        except InputError as error:
            self._tell(Notice(NoticeCode.REFUSED, error_code=error.code, english=error.what))
            return
        self._put_member(member)
        self._inform(NoticeCode.ENROLLED)
        self._play(Tone.OK)
        self._booked()

    def _pay_cash(self, panel: CashPanel, text: str) -> None:
        tender = payment.cash_tender(text, due_minor=panel.due_minor, exponent=self._exponent)
        if isinstance(tender, Notice):
            self._tell(tender)
        else:
            self._close((*self._tenders, tender) if tender.given_minor else self._tenders)

    def _pay_card(self, panel: CardPanel, amount: str, reference: str) -> None:
        tender = payment.card_tender(amount, reference, left_minor=panel.due_minor, exponent=self._exponent)
        if isinstance(tender, Notice):
            self._tell(tender)
            return
        tenders = (*self._tenders, tender)
        if tender.given_minor == panel.due_minor:
            self._close(tenders)
            return
        self._tenders = tenders
        self._panel = self._cash_panel()
        self._inform(NoticeCode.CARD_PART_KEPT, {"taken_minor": tender.given_minor})

    def _finish_beside(self, foreign_receipt: str) -> None:
        if foreign_receipt.strip():
            self._close((), foreign_receipt=foreign_receipt.strip())
        else:
            self._say(NoticeCode.FOREIGN_MISSING)

    def _close(self, tenders: tuple[Tender, ...], *, foreign_receipt: str = "") -> None:
        self._is_booking = True
        self._inform(NoticeCode.SAVING)
        future = self._till.close_sale(self._basket, tenders, foreign_receipt=foreign_receipt)
        self._background.watch(future, self._closed)

    def _closed(self, future: Future[ClosedSale]) -> None:
        self._settle(lambda: self._hand_over(future))

    def _hand_over(self, future: Future[ClosedSale]) -> None:
        try:
            closed = future.result()
        except InputError as error:
            if error.code == "sale.already_booked":
                self._begin_sale()
            raise
        self._begin_sale()
        self._receipt = Receipt(closed)
        self._is_done = True
        self._booked()
        if self._printing is not None:
            printing, event_id = self._printing, closed.event_id
            printing.wake()
            self._background.run(lambda: (event_id, printing.preview(event_id)), self._previewed)

    def _settle(self, action: Callable[[], None]) -> None:
        """A booking has ended: go on with what was scanned meanwhile."""
        self._is_booking = False
        self._notice = None
        self._do(action)
        while self._waiting_scans and not self._is_booking:
            self.scan(self._waiting_scans.popleft())

    def _previewed(self, future: Future[tuple[str, str]]) -> None:
        self._do(lambda: self._show_preview(future))

    def _show_preview(self, future: Future[tuple[str, str]]) -> None:
        event_id, preview = future.result()
        if self._receipt is not None and self._receipt.sale.event_id == event_id:
            self._receipt = msgspec.structs.replace(self._receipt, preview=preview)

    def _copy(self) -> None:
        if self._printing is None:
            self._say(NoticeCode.NO_RECEIPT)
            return
        printing = self._printing
        self._background.run(lambda: _copy_last(printing), self._copied)

    def _copied(self, future: Future[bool]) -> None:
        self._do(lambda: self._inform(NoticeCode.COPY_QUEUED) if future.result() else self._say(NoticeCode.NO_RECEIPT))


def _copy_last(printing: Printing) -> bool:
    """Queue a copy of the newest receipt; gives whether there is one."""
    event_id = printing.last_receipt()
    if event_id is not None:
        printing.reprint(event_id)
    return event_id is not None
