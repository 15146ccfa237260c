"""The sale screen's mind: what a scan, a key or a finished booking does. Plain Python; every call is made on one thread.

**Invariant**: the basket is evaluated once a change, and the screen is shown once a call.
"""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from devices.barcodes import CardScan
from devices.sounder import Tone
from pos_app.errors import InputError, PosError
from pos_app.model.accounts import Member
from pos_app.model.staff import Permission
from pos_app.protocol.claims import Claim
from pos_app.use_cases import contracts
from pos_app.use_cases.contracts import ClosedInstalment
from pos_app.use_cases.deeds import Deed, do_deed
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import BurnAnswer, ClosedSale, CouponTaken
from ui.keys import Command
from ui.sale import approving, basket_actions, checkout, couponing, explaining, parts, rewarding, scanning
from ui.sale.desk import Desk
from ui.sale.ports import Background, Play, Printing, View
from ui.sale.screen import (
    BurnPanel,
    CardPanel,
    CashPanel,
    EnrolPanel,
    ForeignPanel,
    Notice,
    NoticeCode,
    PartsPanel,
    PayPanel,
    Problem,
    ProblemCode,
    Receipt,
    RewardsPanel,
    Screen,
    VoidPanel,
    WhyPanel,
    problem_of,
)
from ui.sale.showing import screen_of

_LOG = logging.getLogger(__name__)
ACTIONS_WAITING_MAX = 50
_MINUTE_MS = 60_000


class SalePresenter:
    """One sale after another. ``booked`` is called after each COMMIT; ``amount_name`` names a line that is only an amount.

    ``open_returns`` goes where goods come back, with a receipt's number or none.
    """

    def __init__(
        self,
        till: Till,
        view: View,
        *,
        background: Background,
        printing: Printing | None,
        play: Play,
        booked: Callable[[], None],
        amount_name: str,
        open_returns: Callable[[str], None] | None = None,
    ) -> None:
        self._till = till
        self._view = view
        self._background = background
        self._printing = printing
        self._booked = booked
        self._amount_name = amount_name
        self._open_returns = open_returns
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_enrolling = False
        self._desk = Desk(till, play)
        self._stirred_ms = till.clock.monotonic_ms()

    def start(self) -> None:
        """Show the empty screen; somebody signs in first where the till wants it."""
        if self._till.staff is None:
            approving.open_sign_in(self._desk)
        self._view.show_screen(self.screen())

    def scan(self, raw: str) -> None:
        """A code from the scanner, as it was sent."""
        self._do(lambda: self._scan(raw))

    def command(self, command: Command, first: str = "", second: str = "", third: str = "") -> None:
        """A key or a button, with what stands in the open fields."""
        self._do(lambda: self._command(command, first, second, third))

    def choose(self, number: int) -> None:
        """Somebody was touched in the list of those who can type a PIN, or a reward in the list of those that can be taken."""
        self._do(lambda: self._choose(number))

    def stir(self) -> None:
        """Somebody is typing: the time without a key begins anew."""
        self._stirred_ms = self._till.clock.monotonic_ms()

    def tick(self) -> None:
        """A second has passed: count down, and sign out whoever has left the till alone for as long as the settings say."""
        minutes = self._till.settings.till.sign_out_after_minutes
        idle_ms = self._till.clock.monotonic_ms() - self._stirred_ms
        is_idle = bool(minutes) and idle_ms >= minutes * _MINUTE_MS
        if is_idle and self._till.staff is not None and not self._desk.is_booking and self._desk.sign_in is None:
            self._do(self._sign_out)
        elif approving.is_counting(self._desk) and approving.refresh(self._desk):
            self._view.show_screen(self.screen())

    def mark(self, row: int) -> None:
        """A line was touched."""
        self._do(lambda: basket_actions.mark(self._desk, row))

    def cash_typed(self, text: str) -> None:
        """The amount of cash is being typed."""
        self._do(lambda: checkout.show_change(self._desk, text))

    def screen(self) -> Screen:
        """What is to be seen now."""
        return screen_of(self._desk)

    def _choose(self, number: int) -> None:
        panel = self._desk.panel
        if approving.is_open(self._desk):
            approving.choose(self._desk, number)
        elif isinstance(panel, RewardsPanel) and not self._desk.is_booking:
            rewarding.mark(self._desk, panel, number)

    def _do(self, action: Callable[[], None]) -> None:
        """The one door: what goes wrong stops the line with a message, and the screen is shown once."""
        self.stir()
        try:
            action()
        except PosError as error:
            self._desk.stop(problem_of(error))
            if error.code == "staff.not_signed_in":
                approving.open_sign_in(self._desk)
        except Exception:  # noqa: BLE001 - a bug must not take the basket with it; it is logged whole and shown
            _LOG.exception("the sale screen met a bug")
            self._desk.stop(Problem(ProblemCode.SURPRISE))
        self._view.show_screen(self.screen())

    def _scan(self, raw: str) -> None:
        desk = self._desk
        if desk.problem is not None:
            desk.problem = msgspec.structs.replace(desk.problem, ignored_scans=desk.problem.ignored_scans + 1)
            desk.play(Tone.ERROR)
        elif desk.is_booking:
            self._keep_for_later(lambda: self.scan(raw))
        elif approving.is_open(desk):
            approving.refuse_scan(desk)
        elif desk.tenders:
            desk.tell(checkout.part_taken(desk))
        else:
            desk.notice = None
            self._take_code(raw)

    def _take_code(self, raw: str) -> None:
        claim, member = scanning.claim_in(raw, self._till.settings), self._desk.basket.member
        if claim and member is not None:
            self._claim(claim, member.card_number)
            return
        coupon = scanning.coupon_in(raw, self._till.settings)
        if coupon:
            self._present(coupon)
            return
        asked_before = self._desk.asked_card
        receipt_number = basket_actions.take_code(self._desk, raw)
        if receipt_number:
            self._take_back(receipt_number)
        asked = self._desk.asked_card
        if asked is not None and asked is not asked_before:
            self._look_up(asked)

    def _look_up(self, card: CardScan) -> None:
        """Ask about a card that is not known here, beside the screen: scans go on, payment waits, for less than a second."""
        future = self._till.look_up_card(card.number)
        self._background.watch(future, lambda future: self._end_looking_up(card, future))

    def _end_looking_up(self, card: CardScan, future: Future[bool]) -> None:
        # Unless another card was scanned meanwhile, or the sale is another one.
        if self._desk.asked_card is card:
            self._do(lambda: basket_actions.take_word(self._desk, card, future))
            self._go_on()

    def _take_back(self, receipt_number: str) -> None:
        """Go where goods come back, with this receipt or to be asked for one; a basket with goods in it is finished first."""
        desk = self._desk
        if desk.basket.lines or self._open_returns is None:
            if receipt_number:
                desk.stop(Problem(ProblemCode.RECEIPT, {"code": receipt_number}))
            else:
                desk.say(NoticeCode.FINISH_FIRST)
            return
        desk.begin_sale()
        self._open_returns(receipt_number)

    def _keep_for_later(self, action: Callable[[], None]) -> None:
        if len(self._waiting) < ACTIONS_WAITING_MAX:
            self._waiting.append(action)
        else:
            self._desk.play(Tone.ERROR)

    def _command(self, command: Command, first: str, second: str, third: str) -> None:
        desk = self._desk
        if desk.problem is not None:
            self._answer_problem(command)
        elif self._is_enrolling:
            # The cashier goes on with the sale while the card is being saved; keys during a payment would pay twice.
            self._keep_for_later(lambda: self.command(command, first, second, third))
        elif desk.is_booking:
            return
        elif approving.is_open(desk):
            self._type_pin(command, first)
        elif desk.panel is None or command in checkout.keys_of(desk.panel):
            desk.notice = None
            self._act(command, first, second, third)
        else:
            desk.say(NoticeCode.PANEL_OPEN)

    def _answer_problem(self, command: Command) -> None:
        if command is Command.BACK:
            self._desk.problem = None
        else:
            self._desk.play(Tone.ERROR)

    def _act(self, command: Command, first: str, second: str, third: str) -> None:  # noqa: C901, PLR0912 - one case a key, nothing else
        desk = self._desk
        match command:
            case Command.CONFIRM:
                self._confirm(first, second, third)
            case Command.BACK:
                checkout.back(desk)
            case Command.MULTIPLY:
                basket_actions.multiply(desk, first)
            case Command.QUANTITY:
                basket_actions.set_quantity(desk, first)
            case Command.PRICE:
                basket_actions.set_price(desk, first)
            case Command.AMOUNT:
                self._add_amount(first)
            case Command.GIVE:
                basket_actions.give(desk, first)
            case Command.REMOVE if isinstance(desk.panel, VoidPanel):
                basket_actions.void(desk)
            case Command.REMOVE:
                basket_actions.remove_marked(desk)
            case Command.POINTS if isinstance(desk.panel, BurnPanel) or rewarding.is_first(desk):
                rewarding.open_panel(desk)
            case Command.UP | Command.DOWN if isinstance(desk.panel, RewardsPanel):
                step = -1 if command is Command.UP else 1
                rewarding.mark(desk, desk.panel, desk.panel.marked + step)
            case Command.UP | Command.DOWN if isinstance(desk.panel, WhyPanel):
                explaining.turn(desk, desk.panel, -1 if command is Command.UP else 1)
            case Command.UP:
                basket_actions.mark(desk, desk.marked - 1)
            case Command.DOWN:
                basket_actions.mark(desk, desk.marked + 1)
            case Command.CARD_OFF:
                basket_actions.take_card_off(desk)
            case Command.RETURNS:
                self._take_back("")
            case Command.COPY:
                self._copy()
            case Command.WHY:
                explaining.toggle(desk)
            case Command.STAFF:
                self._sign_out()
            case _ if desk.asked_card is not None:
                # Who the member is changes what there is to pay.
                self._keep_for_later(lambda: self.command(command, first, second))
            case Command.PARTS:
                parts.open_panel(desk)
            case _:
                checkout.open_panel(desk, command)

    def _type_pin(self, command: Command, typed: str) -> None:
        future = approving.press(self._desk, command, typed)
        if future is not None:
            self._background.watch(future, lambda done: self._do(lambda: approving.end(self._desk, done)))

    def _sign_out(self) -> None:
        explaining.close(self._desk)
        future = approving.sign_out(self._desk)
        if future is not None:
            self._background.watch(future, lambda done: self._do(done.result))

    def _add_amount(self, text: str) -> None:
        if self._desk.is_beside:
            basket_actions.add_amount(self._desk, text, name=self._amount_name)

    def _confirm(self, first: str, second: str, third: str) -> None:  # noqa: C901 - one case a panel
        desk = self._desk
        match desk.panel:
            case None | WhyPanel() if first.strip():
                self._take_code(first)
            case BurnPanel():
                self._burn(first)
            case RewardsPanel() as panel:
                self._choose_reward(panel)
            case EnrolPanel(card_number=card_number):
                self._enrol(card_number, name=first, phone=second, referred_by=third.strip())
            case CashPanel() as panel:
                self._close(checkout.pay_cash(desk, panel, first))
            case CardPanel() as panel:
                self._close(checkout.pay_card(desk, panel, first, second))
            case PartsPanel():
                parts.agree(desk)
            case PayPanel() as panel:
                self._pay_on(panel, parts.payment_typed(desk, panel, first, second))
            case ForeignPanel() if first.strip():
                self._close((), foreign_receipt=first.strip())
            case ForeignPanel():
                desk.say(NoticeCode.FOREIGN_MISSING)

    def _pay_on(self, panel: PayPanel, paid: tuple[int, Tender] | None) -> None:
        """Book a payment on a contract."""
        if paid is None:
            return
        self._begin_booking()
        future = self._till.book_act(contracts.pay, panel.contract_id, *paid, event_id=panel.event_id)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._tell_paid(future)))

    def _tell_paid(self, future: Future[ClosedInstalment]) -> None:
        try:
            closed = future.result()
        except InputError as error:
            self._desk.tell(Notice(NoticeCode.REFUSED, error_code=error.code, english=error.what))
            return
        self._desk.begin_sale()
        owed_minor = closed.contract.owed_minor
        code = NoticeCode.CONTRACT_PAID if owed_minor else NoticeCode.CONTRACT_ENDED
        self._desk.inform(code, {"paid_minor": closed.paid_minor, "owed_minor": owed_minor})
        self._desk.play(Tone.OK)
        self._booked()

    def _burn(self, text: str) -> None:
        units = checkout.burn(self._desk, text)
        if units:
            self._ask(units, lambda answer: checkout.take_answer(self._desk, answer))

    def _ask(self, units: int, take: Callable[[BurnAnswer], None], approval: Approval | None = None) -> None:
        """Ask whether points may be used, and hand the answer on; what is scanned meanwhile waits, and that is less than a second."""
        self._begin_booking(NoticeCode.ASKING)
        future = self._till.authorise_burn(self._desk.basket, units, approval=approval)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._hear(units, take, future)))

    def _hear(self, units: int, take: Callable[[BurnAnswer], None], future: Future[BurnAnswer]) -> None:
        answer = future.result()
        if answer.needs_approval:
            approving.ask(
                self._desk,
                Permission.BURN_STEP_UP,
                subject=answer.auth_id,
                then=lambda approval: self._ask(units, take, approval),
            )
        else:
            take(answer)

    def _choose_reward(self, panel: RewardsPanel) -> None:
        deed, member = rewarding.deed_at(panel), self._desk.basket.member
        if deed is not None and member is not None:
            self._do_deed(deed, member.card_number)
            return
        units = rewarding.choose(self._desk, panel)
        if units:
            # Points for a reward want the same right as points that are burned.
            self._ask(units, lambda answer: rewarding.take_answer(self._desk, answer))

    def _do_deed(self, deed: Deed, card_number: str) -> None:
        """Note what the member did or chose."""
        self._begin_booking()
        future = self._till.book_act(do_deed, card_number, deed)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._tell_deed(deed, future)))

    def _tell_deed(self, deed: Deed, future: Future[Member]) -> None:
        rewarding.tell_done(self._desk, deed, future.result())
        self._desk.play(Tone.OK)
        self._booked()

    def _present(self, code: str, *, auth_id: str = "", approval: Approval | None = None) -> None:
        """A coupon: where other tills can take it too, headquarters is asked beside the screen, for less than a second."""
        future = self._till.present_coupon(self._desk.basket, code, auth_id=auth_id, approval=approval)
        if future.done():
            self._put_coupon(code, future)
            return
        self._begin_booking(NoticeCode.ASKING)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._put_coupon(code, future)))

    def _put_coupon(self, code: str, future: Future[CouponTaken]) -> None:
        taken = future.result()
        if taken.needs_approval:
            approving.ask(
                self._desk,
                Permission.BURN_STEP_UP,
                subject=taken.coupon.coupon_id,
                then=lambda approval: self._present(code, auth_id=taken.coupon.auth_id, approval=approval),
            )
        else:
            couponing.put(self._desk, taken)

    def _claim(self, code: str, card_number: str) -> None:
        self._begin_booking()
        future = self._till.claim(code, card_number)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._tell_claimed(future)))

    def _tell_claimed(self, future: Future[Claim]) -> None:
        self._desk.inform(NoticeCode.CLAIMED, {"claimed_units": future.result().earned_units})
        self._desk.play(Tone.OK)
        self._booked()

    def _enrol(self, card_number: str, *, name: str, phone: str, referred_by: str) -> None:
        self._begin_booking()
        self._is_enrolling = True
        future = self._till.enrol(card_number, name=name, phone=phone, referred_by=referred_by)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._welcome(future)))

    def _welcome(self, future: Future[Member]) -> None:
        try:
            member = future.result()
        except InputError as error:
            self._desk.tell(Notice(NoticeCode.REFUSED, error_code=error.code, english=error.what))
            return
        self._desk.put_member(member)
        self._desk.inform(NoticeCode.ENROLLED)
        self._desk.play(Tone.OK)
        self._booked()

    def _close(self, tenders: tuple[Tender, ...] | None, *, foreign_receipt: str = "") -> None:
        """Book the sale, once its payments are complete."""
        if tenders is None:
            return
        self._begin_booking()
        future = self._till.close_sale(self._desk.basket, tenders, foreign_receipt=foreign_receipt)
        self._background.watch(future, lambda future: self._end_booking(lambda: self._hand_over(future)))

    def _hand_over(self, future: Future[ClosedSale]) -> None:
        try:
            closed = future.result()
        except InputError as error:
            if error.code == "sale.already_booked":
                self._desk.begin_sale()
            raise
        self._desk.begin_sale()
        self._desk.receipt = Receipt(closed)
        self._desk.is_done = True
        self._booked()
        self._print(closed.event_id)

    def _begin_booking(self, code: NoticeCode = NoticeCode.SAVING) -> None:
        self._desk.is_booking = True
        self._desk.inform(code)

    def _end_booking(self, action: Callable[[], None]) -> None:
        """A booking has ended, well or not: go on with what was scanned or pressed meanwhile."""
        self._desk.is_booking = False
        self._is_enrolling = False
        self._desk.notice = None
        self._do(action)
        self._go_on()

    def _go_on(self) -> None:
        while self._waiting and not self._desk.is_booking:
            self._waiting.popleft()()

    def _print(self, event_id: str) -> None:
        if self._printing is not None:
            printing = self._printing
            self._background.run(
                lambda: printing.preview(event_id), lambda future: self._show_preview(event_id, future)
            )

    def _show_preview(self, event_id: str, future: Future[str]) -> None:
        receipt = self._desk.receipt
        error = future.exception()
        if error is not None:
            # The sale is booked and its paper has a thread of its own: a picture of it is not worth stopping the line.
            _LOG.error("the receipt of event %s could not be shown: %s", event_id, type(error).__name__)
        elif receipt is not None and receipt.sale.event_id == event_id:
            self._desk.receipt = msgspec.structs.replace(receipt, preview=future.result())
            self._view.show_screen(self.screen())

    def _copy(self) -> None:
        if self._printing is None:
            self._desk.say(NoticeCode.NO_RECEIPT)
            return
        printing = self._printing
        self._background.run(lambda: _copy_last(printing), lambda future: self._do(lambda: self._tell_copied(future)))

    def _tell_copied(self, future: Future[bool]) -> None:
        if future.result():
            self._desk.inform(NoticeCode.COPY_QUEUED)
        else:
            self._desk.say(NoticeCode.NO_RECEIPT)


def _copy_last(printing: Printing) -> bool:
    """Queue a copy of the newest receipt; gives whether there is one."""
    event_id = printing.last_receipt()
    if event_id is not None:
        printing.reprint(event_id)
    return event_id is not None
