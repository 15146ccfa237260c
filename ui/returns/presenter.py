"""The returns screen's mind: what a scan, a key or a finished booking does. Plain Python; every call is made on one thread."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

import msgspec

from devices.barcodes import read_code
from devices.sounder import Tone
from pos_app.errors import InputError, PosError
from pos_app.model.receipts import PaymentKind
from pos_app.model.staff import Permission
from pos_app.use_cases.finding_receipts import ReceiptUnknownError, Returnable, Word, find_returnable
from pos_app.use_cases.returning import ClosedReturn
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.till import Till
from pos_app.use_cases.unseen_returning import ClosedUnseenReturn
from pos_app.use_cases.views import Refund
from storage.unseen_returns import UnseenSum
from ui.keys import Command
from ui.returns import choosing
from ui.returns.desk import Desk
from ui.returns.numbers import receipt_in, receipt_number_of
from ui.returns.screen import Done, GivePanel, NoticeCode, ReturnsScreen, Stage, Unknown
from ui.returns.showing import screen_of
from ui.sale import approving
from ui.sale import screen as sale
from ui.sale.numbers import typed_form
from ui.sale.payment import REFERENCE_LENGTH_MAX, is_card_number
from ui.sale.ports import Background, Play, Printing
from ui.sale.screen import Problem, ProblemCode, problem_of

_LOG = logging.getLogger(__name__)
_MILLI_DIGITS = 3


class View(Protocol):
    """The screen itself: it shows what it is given and decides nothing."""

    def show_screen(self, screen: ReturnsScreen) -> None:
        """Show this in place of what was shown before."""


class ReturnsPresenter:
    """One return after another. ``booked`` is called after each COMMIT; ``leave`` goes back to the sale, with a code to take there.

    ``stir`` is called whenever somebody does something.
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
        stir: Callable[[], None],
        leave: Callable[[str], None],
    ) -> None:
        self._till = till
        self._view = view
        self._background = background
        self._printing = printing
        self._booked = booked
        self._stir = stir
        self._leave = leave
        self._desk = Desk(till, play)

    def open(self, number: str = "") -> None:
        """Begin a return: with the receipt of this number, or by asking for one."""
        self._desk.begin()
        self._do(lambda: self._look_up(number) if number else None)

    def scan(self, raw: str) -> None:
        """A code from the scanner, as it was sent."""
        self._do(lambda: self._scan(raw))

    def command(self, command: Command, first: str = "") -> None:
        """A key or a button, with what stands in the open field."""
        self._do(lambda: self._command(command, first))

    def mark(self, row: int) -> None:
        """A line was touched."""
        self._do(lambda: choosing.mark(self._desk, row))

    def choose(self, number: int) -> None:
        """Somebody was touched in the list of those who can type a PIN."""
        self._do(lambda: approving.choose(self._desk, number) if approving.is_open(self._desk) else None)

    def tick(self) -> None:
        """A second has passed: count down who has to wait with a PIN."""
        if approving.is_counting(self._desk) and approving.refresh(self._desk):
            self._view.show_screen(self.screen())

    def screen(self) -> ReturnsScreen:
        """What is to be seen now."""
        return screen_of(self._desk)

    def _do(self, action: Callable[[], None]) -> None:
        """The one door: what goes wrong stops the line with a message, and the screen is shown once."""
        self._stir()
        try:
            action()
        except PosError as error:
            self._desk.stop(problem_of(error))
        except Exception:  # noqa: BLE001 - a bug must not end the till; it is logged whole and shown
            _LOG.exception("the returns screen met a bug")
            self._desk.stop(Problem(ProblemCode.SURPRISE))
        self._view.show_screen(self.screen())

    def _scan(self, raw: str) -> None:
        desk = self._desk
        if desk.problem is not None:
            desk.problem = msgspec.structs.replace(desk.problem, ignored_scans=desk.problem.ignored_scans + 1)
            desk.play(Tone.ERROR)
        elif desk.is_booking or desk.stage is Stage.LOOKING:
            desk.play(Tone.ERROR)
        elif approving.is_open(desk):
            approving.refuse_scan(desk)
        elif desk.panel is not None:
            desk.say(NoticeCode.PANEL_OPEN)
        elif desk.stage is Stage.DONE:
            self._leave(raw)
        else:
            desk.notice = None
            self._take_code(raw)

    def _take_code(self, raw: str) -> None:
        desk, settings = self._desk, self._till.settings
        code = read_code(
            raw, cards=settings.cards, in_store=settings.in_store_codes, aim_prefix=settings.scanner.aim_prefix
        )
        number, sale_event_id = receipt_in(code)
        is_free = desk.stage in {Stage.ASKING, Stage.UNKNOWN} or not (desk.chosen_milli or desk.goods)
        if number and is_free:
            self._look_up(number, sale_event_id)
        elif desk.stage in {Stage.CHOOSING, Stage.UNSEEN}:
            choosing.take_scan(desk, code)
        else:
            desk.say(NoticeCode.SCAN_RECEIPT)

    def _command(self, command: Command, first: str) -> None:
        desk = self._desk
        if desk.problem is not None:
            self._answer_problem(command)
        elif desk.is_booking:
            return
        elif approving.is_open(desk):
            self._type_pin(command, first)
        elif desk.panel is not None:
            desk.notice = None
            self._in_panel(desk.panel, command, first)
        else:
            desk.notice = None
            self._act(command, first)

    def _answer_problem(self, command: Command) -> None:
        if command is Command.BACK:
            self._desk.problem = None
        else:
            self._desk.play(Tone.ERROR)

    def _type_pin(self, command: Command, typed: str) -> None:
        future = approving.press(self._desk, command, typed)
        if future is not None:
            self._background.watch(future, lambda done: self._do(lambda: approving.end(self._desk, done)))

    def _in_panel(self, panel: GivePanel, command: Command, typed: str) -> None:
        desk = self._desk
        match command:
            case Command.BACK:
                desk.panel = None
            case Command.CONFIRM:
                self._give(panel, " ".join(typed.split()))
            case Command.CASH | Command.CARD if not desk.is_beside:
                self._open_panel(by_card=command is Command.CARD)
            case _:
                desk.say(NoticeCode.PANEL_OPEN)

    def _give(self, panel: GivePanel, reference: str) -> None:
        """The money was given back: book it, once somebody allowed what the cashier may not."""
        desk = self._desk
        if panel.by_card and not reference:
            desk.say(sale.NoticeCode.REFERENCE_MISSING)
        elif is_card_number(reference):
            desk.say(sale.NoticeCode.REFERENCE_IS_CARD)
        else:
            permission = Permission.RETURN_UNSEEN if desk.stage is Stage.UNSEEN else Permission.RETURN
            refund = desk.refund(by_card=panel.by_card, reference=reference[:REFERENCE_LENGTH_MAX])
            approving.ask(desk, permission, subject=desk.number, then=lambda approval: self._book(refund, approval))

    def _act(self, command: Command, first: str) -> None:  # noqa: C901, PLR0912 - one case a key, nothing else
        desk = self._desk
        has_rows = desk.stage in {Stage.CHOOSING, Stage.UNSEEN}
        match command:
            case Command.BACK:
                self._back()
            case Command.CONFIRM if first.strip():
                self._take_typed(first.strip())
            case Command.CONFIRM if desk.stage is Stage.DONE:
                self._leave("")
            case Command.CONFIRM if has_rows:
                choosing.tick(desk)
            case Command.RETURNS if desk.stage is Stage.CHOOSING:
                choosing.choose_all(desk)
            case Command.RETURNS if desk.stage is Stage.UNKNOWN:
                self._begin_unseen()
            case Command.QUANTITY if has_rows:
                choosing.set_quantity(desk, first)
            case Command.PRICE if desk.stage is Stage.UNSEEN:
                choosing.set_refund(desk, first)
            case Command.REMOVE if has_rows:
                choosing.remove(desk)
            case Command.UP | Command.DOWN:
                choosing.mark(desk, desk.marked + (-1 if command is Command.UP else 1))
            case Command.CASH | Command.FINISH | Command.CARD if has_rows:
                self._open_panel(by_card=command is Command.CARD)
            case _ if desk.stage is Stage.ASKING:
                desk.say(NoticeCode.SCAN_RECEIPT)
            case _:
                desk.play(Tone.ATTENTION)

    def _back(self) -> None:
        """One step back: without the receipt to the question which one it is, else to the sale."""
        if self._desk.stage in {Stage.UNSEEN, Stage.UNKNOWN}:
            self._desk.begin()
        else:
            self._leave("")

    def _take_typed(self, text: str) -> None:
        if self._desk.stage in {Stage.ASKING, Stage.UNKNOWN}:
            self._look_up(receipt_number_of(text))
        elif self._desk.stage is Stage.DONE:
            self._leave(text)
        else:
            self._take_code(text)

    def _look_up(self, number: str, sale_event_id: str = "") -> None:
        """Look for the receipt; asked for the one that is on the screen, for the next one that has its number."""
        desk = self._desk
        shown = desk.returnable if desk.number == number else None
        after = "" if shown is None else shown.known.sale.event_id
        desk.begin()
        desk.number, desk.stage = number, Stage.LOOKING
        desk.inform(NoticeCode.LOOKING)
        self._background.run(
            lambda: find_returnable(self._till, number, sale_event_id=sale_event_id, after=after),
            lambda future: self._do(lambda: self._found(number, future)),
        )

    def _found(self, number: str, future: "Future[Returnable]") -> None:
        desk = self._desk
        if desk.stage is not Stage.LOOKING or desk.number != number:
            return  # the cashier went back meanwhile
        desk.stage, desk.notice = Stage.ASKING, None
        try:
            returnable = future.result()
        except ReceiptUnknownError as error:
            desk.stage = Stage.UNKNOWN
            desk.unknown = Unknown(number, error.word.value, _goods_of(error.unseen))
            desk.play(Tone.ATTENTION)
            return
        desk.show(returnable)
        desk.play(Tone.OK)
        self._warn(returnable)

    def _warn(self, returnable: Returnable) -> None:
        """What the cashier should know before paying anything back."""
        sale = returnable.known.sale
        if returnable.same_number > 1:
            self._desk.say(
                NoticeCode.SAME_NUMBER,
                receipts=returnable.same_number,
                day=sale.moment.business_date,
                total_minor=sale.total_minor,
            )
        elif returnable.unseen:
            self._desk.say(NoticeCode.BACK_UNSEEN, goods=_goods_of(returnable.unseen))
        elif returnable.word is Word.AWAY:
            self._desk.say(NoticeCode.HQ_AWAY)

    def _begin_unseen(self) -> None:
        desk = self._desk
        desk.stage, desk.marked = Stage.UNSEEN, -1
        if desk.unknown is not None and desk.unknown.back:
            desk.say(NoticeCode.BACK_UNSEEN, goods=desk.unknown.back)

    def _open_panel(self, *, by_card: bool) -> None:
        desk = self._desk
        if not (desk.chosen_milli or desk.goods):
            desk.say(NoticeCode.NOTHING_CHOSEN)
            return
        desk.panel = GivePanel(desk.paid_back_minor(by_card=by_card), by_card=by_card, is_beside=desk.is_beside)

    def _book(self, refund: Refund, approval: Approval | None) -> None:
        desk = self._desk
        desk.is_booking = True
        desk.inform(NoticeCode.SAVING)
        if desk.stage is Stage.UNSEEN:
            unseen = self._till.return_unseen(
                desk.number, desk.goods, event_id=desk.event_id, refund=refund, approval=approval
            )
            self._background.watch(unseen, lambda done: self._do(lambda: self._end_booking(refund, done)))
        else:
            assert desk.returnable is not None, "goods are chosen of a receipt"
            seen = self._till.return_goods(
                desk.number,
                desk.chosen_milli,
                sale_event_id=desk.returnable.known.sale.event_id,
                event_id=desk.event_id,
                refund=refund,
                approval=approval,
            )
            self._background.watch(seen, lambda done: self._do(lambda: self._end_booking(refund, done)))

    def _end_booking(self, refund: Refund, future: "Future[ClosedReturn] | Future[ClosedUnseenReturn]") -> None:
        desk = self._desk
        desk.is_booking, desk.notice = False, None
        try:
            closed = future.result()
        except InputError as error:
            desk.panel = None
            if error.code == "return.already_booked":
                desk.begin()
            raise
        figures = desk.figures_of(closed)
        desk.panel, desk.stage = None, Stage.DONE
        desk.done = Done(closed.event_id, closed.receipt_number, figures, by_card=refund.kind is PaymentKind.CARD)
        desk.play(Tone.OK)
        self._booked()
        self._print(closed.event_id)

    def _print(self, event_id: str) -> None:
        if self._printing is not None:
            printing = self._printing
            self._background.run(
                lambda: printing.preview(event_id), lambda future: self._show_preview(event_id, future)
            )

    def _show_preview(self, event_id: str, future: "Future[str]") -> None:
        done, error = self._desk.done, future.exception()
        if error is not None:
            # The return is booked and its paper has a thread of its own: a picture of it is not worth stopping the line.
            _LOG.error("the receipt of event %s could not be shown: %s", event_id, type(error).__name__)
        elif done is not None and done.event_id == event_id:
            self._desk.done = msgspec.structs.replace(done, preview=future.result())
            self._view.show_screen(self.screen())


def _goods_of(unseen: tuple[UnseenSum, ...]) -> str:
    """What came back unseen, as a list."""
    return ", ".join(f"{typed_form(one.quantity_milli, _MILLI_DIGITS)} \u00d7 {one.name}" for one in unseen)
