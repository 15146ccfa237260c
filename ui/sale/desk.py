"""What lies on the counter: the basket with its quote, the open panel, the message. Changed by the actions beside this module."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from devices.barcodes import CardScan
from devices.sounder import Tone
from pos_app.loyalty import reasons
from pos_app.model.accounts import Member
from pos_app.model.evaluation import Reason, units_taken
from pos_app.model.staff import Permission
from pos_app.use_cases import giving
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import Basket, BasketLine, CouponLine, Quote
from ui.sale.numbers import typed_form
from ui.sale.ports import Play
from ui.sale.screen import (
    NOT_MORE_HERE,
    ApprovalPanel,
    BurnPanel,
    EnrolPanel,
    Level,
    Notice,
    NoticeCode,
    Panel,
    Problem,
    Receipt,
    SignInPanel,
    Values,
)


class Pending(NamedTuple):
    """What waits for an approval: ``then`` goes on with it. ``unlocks`` is whose locked PIN it opens instead, empty for nobody's."""

    permission: Permission
    subject: str
    then: Callable[[Approval | None], None]
    unlocks: str = ""


class Desk:
    """The state of the sale screen. ``basket`` and ``quote`` always belong together: only ``change`` replaces them.

    ``paying``: the lines that the customer was asked to pay last.
    """

    def __init__(self, till: Till, play: Play) -> None:
        self.till = till
        self.play = play
        self.is_beside = till.settings.till.mode == "beside"
        self.exponent = till.terms.currency.exponent
        self.can_lend = not self.is_beside and any(
            one.instalments is not None for one in till.terms.programmes.programmes
        )
        self.receipt: Receipt | None = None
        self.problem: Problem | None = None
        self.notice: Notice | None = None
        self.is_booking = False
        self.sign_in: SignInPanel | None = None
        self.approval: ApprovalPanel | None = None
        self.pending: Pending | None = None
        self.last_staff_ref = ""
        self.basket: Basket = till.open_basket()
        self.quote: Quote = till.quote(self.basket)
        self._clear()

    def top_panel(self) -> Panel:
        """The panel that is seen: one that wants a PIN lies over the others."""
        return self.approval or self.sign_in or self.panel

    def begin_sale(self) -> None:
        """An empty basket, and nothing of the last customer's."""
        self.let_go()
        if any(coupon.auth_id for coupon in self.basket.coupons):
            # Those that the sale used stay used.
            self.till.give_up_coupons(self.basket.coupons)
        self._clear()

    def let_go(self) -> None:
        """Nothing more will be burned on this basket: headquarters gets back what it holds for it.

        Nobody waits for that. What cannot be written now is given back later, with everything else that no sale took.
        """
        basket = self.basket
        if basket.authorisation is not None or self.till.authoriser.unanswered_id(basket.event_id):
            self.till.give_up_burn(basket)
            self.basket = msgspec.structs.replace(basket, authorisation=None)

    def _clear(self) -> None:
        self.marked = -1
        self.factor_milli: int | None = None
        self.panel: Panel = None
        self.asked_card: CardScan | None = None
        self.tenders: tuple[Tender, ...] = ()
        self.is_leaving = False
        self.is_done = False
        self.paying: tuple[BasketLine, ...] | None = None
        self.basket = self.till.open_basket()
        self.quote = self.till.quote(self.basket)
        self.coupon_lines: tuple[CouponLine, ...] = ()

    def change(self, basket: Basket) -> None:
        """Put another basket in place: evaluate it once, and lower the points where it no longer takes them all.

        Money for a cause that rounds the total up follows it; a basket in which that changes is evaluated once more.

        Panels close, for they were about the basket before; a card that waits to be enrolled goes on waiting.
        """
        quote = self.till.quote(basket)
        following = giving.followed(basket, quote, giving.causes_now(self.till))
        if following is not basket:
            self._follow(basket, following)
            basket, quote = following, self.till.quote(following)
        burned_units = quote.result.burn_units
        if burned_units < basket.burn_units:
            basket = msgspec.structs.replace(basket, burn_units=burned_units)
            self.tell(
                Notice(
                    NoticeCode.BURN_LOWERED, Level.ATTENTION, {"burned_units": burned_units}, quote.result.burn_limit
                )
            )
        self.basket, self.quote = basket, quote
        self.coupon_lines = self.till.coupon_lines(basket, quote)
        self.is_done = False
        if not isinstance(self.panel, EnrolPanel):
            self.panel = None

    def _follow(self, basket: Basket, following: Basket) -> None:
        """What rounds the total up is another amount, or nothing any more."""
        if len(following.lines) < len(basket.lines):
            self.marked = min(self.marked, len(following.lines) - 1)
            self.tell(Notice(NoticeCode.GIFT_GONE))

    def put_member(self, member: Member | None) -> None:
        """Another member, or none: points that the one before wanted to burn stay theirs."""
        self.asked_card = None
        before = self.basket.member
        is_same = before is not None and member is not None and before.account_ref == member.account_ref
        burn_units = self.basket.burn_units if is_same else 0
        takes = self.basket.takes if is_same else ()
        if not is_same:
            self.let_go()
        basket = msgspec.structs.replace(self.basket, member=member, burn_units=burn_units, takes=takes)
        self.change(basket if is_same else self._noting_when(basket))
        self.panel = None
        overdue_minor = 0 if member is None else sum(one.overdue_minor(self.today()) for one in member.contracts)
        if overdue_minor:
            self.say(NoticeCode.CONTRACT_OVERDUE, overdue_minor=overdue_minor)

    def today(self) -> str:
        """The business date."""
        return self.till.business_date(self.till.clock.utc_ms())

    def _noting_when(self, basket: Basket) -> Basket:
        """The basket with a note of when this member came: before the goods, after them, or once they were to be paid."""
        return msgspec.structs.replace(
            basket,
            card_after_lines=len(basket.lines),
            card_while_paying=bool(basket.lines) and self.paying is basket.lines,
        )

    def burn_panel(self, suggested_units: int | None = None) -> BurnPanel:
        """The panel for points as the basket is now, which has a member. It suggests what burns already, else the most."""
        member, result = self.basket.member, self.quote.result
        assert member is not None, "points are a member's"
        if suggested_units is None:
            suggested_units = result.burn_units or result.burnable_units
        return BurnPanel(
            balance_units=member.balance.available_units,
            burnable_units=result.burnable_units,
            burnable_worth_minor=self.worth_minor(result.burnable_units),
            limit=limit_here(member, result.burn_limit),
            suggested=typed_form(suggested_units, self.till.terms.points_exponent),
        )

    def worth_minor(self, units: int) -> int:
        """What points pay, in minor units, rounded down; 0 where no programme runs."""
        programmes = self.till.terms.programmes.programmes
        worth_minor = programmes[0].point_worth_minor if programmes else 0
        return int(units * worth_minor // 10**self.till.terms.points_exponent)

    def needs_right(self) -> bool:
        """Whether somebody must be asked before points are burned or taken for a reward."""
        return self.till.settings.till.authority != "local"

    def issuer(self) -> str:
        """Whose points are burned now."""
        return self.till.issuer_at(self.till.clock.utc_ms())

    def reward_units(self) -> int:
        """The points that rewards take on this basket; they want the same right as those that are burned."""
        return units_taken(self.quote.result.taken).get(self.issuer(), 0)

    def stop(self, problem: Problem) -> None:
        """A message over the screen, and the sound of an error."""
        self.problem = problem
        self.play(Tone.ERROR)

    def say(self, code: NoticeCode, **values: int | str) -> None:
        """A sentence beside the entry that wants attention."""
        self.tell(Notice(code, values=dict(values)))

    def tell(self, notice: Notice) -> None:
        """The same, made elsewhere."""
        self.notice = notice
        self.play(Tone.ATTENTION)

    def inform(self, code: NoticeCode, values: Values | None = None) -> None:
        """A quiet sentence beside the entry."""
        self.notice = Notice(code, Level.INFO, values or {})


def limit_here(member: Member | None, limit: Reason) -> Reason:
    """What sets the limit, as it is for the member: where the balance has more than may be used here, it is not the balance."""
    is_held_back = member is not None and member.spendable_units < member.balance.available_units
    return Reason(NOT_MORE_HERE, {}) if limit.code == reasons.BURN_BALANCE and is_held_back else limit
