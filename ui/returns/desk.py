"""What lies on the counter while goods come back: the receipt, what is chosen of it, the open panel, the message."""

import msgspec

from devices.sounder import Tone
from pos_app.model.receipts import PaymentKind
from pos_app.use_cases.finding_receipts import Returnable
from pos_app.use_cases.returning import ClosedReturn, ReturnQuote, handed_over_minor, paid_back
from pos_app.use_cases.till import Till
from pos_app.use_cases.unseen_returning import ClosedUnseenReturn, UnseenGoods
from pos_app.use_cases.views import Refund
from ui.returns.screen import AnyNotice, Done, Figures, GivePanel, Notice, NoticeCode, Panel, Row, Stage, Unknown
from ui.sale import screen as sale
from ui.sale.desk import Pending
from ui.sale.ports import Play
from ui.sale.screen import ApprovalPanel, Level, Problem, SignInPanel


class Desk:
    """The state of the returns screen. The event's id is minted when it opens: confirming twice books once."""

    def __init__(self, till: Till, play: Play) -> None:
        self.till = till
        self.play = play
        self.is_beside = till.settings.till.mode == "beside"
        self.exponent = till.terms.currency.exponent
        self.begin()

    def begin(self) -> None:
        """Nothing of the last customer's."""
        self.event_id = self.till.open_basket().event_id
        self.stage = Stage.ASKING
        self.number = ""
        self.returnable: Returnable | None = None
        self.chosen_milli: dict[int, int] = {}
        self.quote: ReturnQuote | None = None
        self.goods: tuple[UnseenGoods, ...] = ()
        self.marked = -1
        self.panel: GivePanel | None = None
        self.notice: AnyNotice = None
        self.problem: Problem | None = None
        self.unknown: Unknown | None = None
        self.done: Done | None = None
        self.is_booking = False
        self.is_done = False
        self.sign_in: SignInPanel | None = None
        self.approval: ApprovalPanel | None = None
        self.pending: Pending | None = None
        self.last_staff_ref = ""

    def top_panel(self) -> Panel:
        """The panel that is seen: an approval lies over the one that wants it."""
        return self.approval or self.panel

    def show(self, returnable: Returnable) -> None:
        """The receipt was found."""
        self.returnable = returnable
        self.number = returnable.known.sale.receipt_number
        self.stage = Stage.CHOOSING
        self.unknown = None
        self.choose({})
        self.marked = next((index for index, row in enumerate(self.rows()) if row.left_milli), 0)

    def choose(self, chosen_milli: dict[int, int]) -> None:
        """So much of these lines comes back: work out once what goes with it."""
        assert self.returnable is not None, "goods are chosen of a receipt"
        self.chosen_milli = {line_no: milli for line_no, milli in sorted(chosen_milli.items()) if milli}
        self.quote = None
        if self.chosen_milli:
            self.quote = self.till.quote_return(self.returnable.known, self.chosen_milli, self.refund())

    def refund(self, *, by_card: bool = False, reference: str = "") -> Refund:
        """How the money goes back."""
        return Refund(PaymentKind.CARD if by_card else PaymentKind.CASH, reference)

    def rows(self) -> tuple[Row, ...]:
        """What the table shows."""
        return self._unseen_rows() if self.stage is Stage.UNSEEN else self._sale_rows()

    def _sale_rows(self) -> tuple[Row, ...]:
        if self.returnable is None:
            return ()
        known = self.returnable.known
        refunds = {} if self.quote is None else {line.line_no: line.refund_minor for line in self.quote.lines}
        return tuple(
            Row(
                line_no=line.line_no,
                product_code=line.product_code,
                name=line.name,
                sold_by_weight=line.sold_by_weight,
                bought_milli=line.quantity_milli,
                back_milli=known.before[line.line_no].quantity_milli if line.line_no in known.before else 0,
                chosen_milli=self.chosen_milli.get(line.line_no, 0),
                price_minor=line.unit_price_minor,
                refund_minor=refunds.get(line.line_no, 0),
            )
            for line in known.sale.lines
        )

    def _unseen_rows(self) -> tuple[Row, ...]:
        return tuple(
            Row(
                line_no=number,
                product_code=one.product.code,
                name=one.product.name,
                sold_by_weight=one.product.sold_by_weight,
                bought_milli=0,
                back_milli=0,
                chosen_milli=one.quantity_milli,
                price_minor=one.product.price_minor,
                refund_minor=one.refund_minor,
            )
            for number, one in enumerate(self.goods, start=1)
        )

    def figures(self) -> Figures:
        """What the chosen goods come to, given back the way it was paid."""
        if self.stage in {Stage.UNKNOWN, Stage.UNSEEN}:
            return self._unseen_figures(self.paid_back_minor(by_card=False))
        quote = self.quote
        if quote is None:
            return Figures(by_card=self.was_paid_by_card(), has_receipt=self.returnable is not None)
        return Figures(
            paid_back_minor=self.paid_back_minor(by_card=self.was_paid_by_card()),
            clawed_back_units=quote.clawed_back_units,
            restored_units=quote.restored_units,
            overdraft_units=quote.overdraft_units,
            forgiven_units=quote.forgiven_units,
            lapsed_units=quote.lapsed_units,
            lowered_minor=quote.lowered_minor,
            reclaimed_units=quote.reclaimed_units,
            by_card=self.was_paid_by_card(),
            has_account=quote.has_account,
            knows_account=quote.knows_account,
            has_receipt=True,
            has_goods=True,
        )

    def figures_of(self, closed: ClosedReturn | ClosedUnseenReturn) -> Figures:
        """What was booked."""
        if isinstance(closed, ClosedUnseenReturn):
            return self._unseen_figures(closed.paid_back_minor)
        return msgspec.structs.replace(
            self.figures(),
            paid_back_minor=closed.paid_back_minor,
            clawed_back_units=closed.clawed_back_units,
            restored_units=closed.restored_units,
            overdraft_units=closed.overdraft_units,
            forgiven_units=closed.forgiven_units,
            lapsed_units=closed.lapsed_units,
            lowered_minor=closed.lowered_minor,
            reclaimed_units=closed.reclaimed_units,
        )

    def _unseen_figures(self, paid_back_minor: int) -> Figures:
        has_hq = bool(self.till.settings.hq.url)
        return Figures(paid_back_minor=paid_back_minor, is_unseen=True, is_settled_later=has_hq)

    def paid_back_minor(self, *, by_card: bool) -> int:
        """The money for what is chosen: to a card as it is, in coins as they can pay it."""
        if self.stage is Stage.UNSEEN:
            money_minor = sum(one.refund_minor for one in self.goods)
        else:
            money_minor = 0 if self.quote is None else self.quote.refund_minor - self.quote.lowered_minor
        if self.is_beside:
            return money_minor
        return handed_over_minor(paid_back(money_minor, self.refund(by_card=by_card), self.till.terms.currency))

    def was_paid_by_card(self) -> bool:
        """Whether only a card paid: then the money belongs back there."""
        if self.returnable is None:
            return False
        kinds = {payment.kind for payment in self.returnable.known.sale.payments}
        return PaymentKind.CARD in kinds and PaymentKind.CASH not in kinds

    def say(self, code: NoticeCode | sale.NoticeCode, **values: int | str) -> None:
        """A sentence beside the entry that wants attention."""
        if isinstance(code, NoticeCode):
            self.tell(Notice(code, values=dict(values)))
        else:
            self.tell(sale.Notice(code, values=dict(values)))

    def tell(self, notice: Notice | sale.Notice) -> None:
        """The same, made elsewhere."""
        self.notice = notice
        self.play(Tone.ATTENTION)

    def inform(self, code: NoticeCode) -> None:
        """A quiet sentence beside the entry."""
        self.notice = Notice(code, Level.INFO)

    def stop(self, problem: Problem) -> None:
        """A message over the screen, and the sound of an error."""
        self.problem = problem
        self.play(Tone.ERROR)
