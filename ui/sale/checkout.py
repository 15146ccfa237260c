"""What keys do on the way to a booking: panels open and close, points and payments are taken."""

from collections.abc import Set as AbstractSet

import msgspec

from pos_app.model.policy import BurnBasis
from pos_app.model.receipts import PaymentKind
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.views import Authorisation, BurnAnswer
from ui.keys import Command
from ui.sale import payment
from ui.sale.desk import Desk, limit_here
from ui.sale.numbers import parse_scaled, typed_form
from ui.sale.screen import (
    ApprovalPanel,
    BurnPanel,
    CardPanel,
    CashPanel,
    ForeignPanel,
    Notice,
    NoticeCode,
    Panel,
    Problem,
    ProblemCode,
    RewardsPanel,
    SignInPanel,
    VoidPanel,
    WhyPanel,
)

_TO_PAY = frozenset({Command.CASH, Command.CARD, Command.FINISH})
_ALLOWED_BY: dict[BurnBasis | None, NoticeCode] = {
    BurnBasis.HOLD: NoticeCode.BURN_HELD,
    BurnBasis.FLOOR: NoticeCode.BURN_BY_LIMIT,
    BurnBasis.LEASE: NoticeCode.BURN_BY_LEASE,
}


_ENTER_OR_ESCAPE = frozenset({Command.CONFIRM, Command.BACK})
_CHOOSING = frozenset({Command.CONFIRM, Command.BACK, Command.UP, Command.DOWN})
_PAYING = frozenset({Command.CONFIRM, Command.BACK, Command.CASH, Command.CARD})
_KEYS_OF: dict[type, AbstractSet[Command]] = {
    VoidPanel: frozenset({Command.BACK, Command.REMOVE}),
    SignInPanel: frozenset({Command.CONFIRM, Command.UP, Command.DOWN}),
    ApprovalPanel: _CHOOSING,
    RewardsPanel: _CHOOSING,
    WhyPanel: frozenset(Command),
    BurnPanel: frozenset({Command.CONFIRM, Command.BACK, Command.POINTS}),
    CashPanel: _PAYING,
    CardPanel: _PAYING,
}


def keys_of(panel: Panel) -> AbstractSet[Command]:
    """The keys that mean something while a panel is open. The others wait: what is half typed must not be lost by a slip."""
    return _KEYS_OF.get(type(panel), _ENTER_OR_ESCAPE)


def open_panel(desk: Desk, command: Command) -> None:
    """Open the panel of a key, or say why not."""
    is_voiding_card = command is Command.VOID and desk.basket.member is not None
    if not desk.basket.lines and not is_voiding_card:
        desk.say(NoticeCode.BASKET_EMPTY)
    elif command is Command.POINTS and desk.basket.member is None:
        desk.say(NoticeCode.NO_CARD)
    elif command in _TO_PAY and desk.quote.result.locks:
        desk.marked = desk.quote.result.locks[0].line_no - 1
        desk.stop(Problem(ProblemCode.LOCKED))
    else:
        desk.is_leaving = False
        if command in _TO_PAY:
            desk.paying = desk.basket.lines
        panel = _panel_for(desk, command)
        desk.panel = desk.panel if type(desk.panel) is type(panel) else panel


def _panel_for(desk: Desk, command: Command) -> Panel:
    if command is Command.VOID:
        return VoidPanel(len(desk.basket.lines))
    if command is Command.POINTS:
        return desk.burn_panel()
    if desk.is_beside:
        return ForeignPanel(desk.quote.deduct_minor, desk.quote.to_pay_minor)
    return _card_panel(desk) if command is Command.CARD else cash_panel(desk)


def cash_panel(desk: Desk) -> CashPanel:
    """The panel for cash, with what the other payments leave."""
    return CashPanel(payment.cash_due_minor(desk.quote, desk.tenders, desk.till.terms.currency), desk.tenders)


def _card_panel(desk: Desk) -> CardPanel:
    left_minor = payment.left_minor(desk.quote, desk.tenders)
    return CardPanel(left_minor, typed_form(left_minor, desk.exponent), desk.tenders)


def part_taken(desk: Desk) -> Notice:
    """A card was charged for a part already: the sale must be finished, or the charge cancelled. Parts that are agreed can be given up."""
    if not _is_charged(desk):
        return Notice(NoticeCode.PARTS_AGREED)
    taken_minor = sum(tender.given_minor for tender in desk.tenders if tender.kind is not PaymentKind.INSTALMENTS)
    return Notice(NoticeCode.CARD_PART_TAKEN, values={"taken_minor": taken_minor})


def _is_charged(desk: Desk) -> bool:
    return any(tender.kind is not PaymentKind.INSTALMENTS for tender in desk.tenders)


def back(desk: Desk) -> None:
    """Close the panel; where a card was charged for a part, only at the second time."""
    if _is_charged(desk) and not desk.is_leaving:
        desk.tell(part_taken(desk))
        desk.is_leaving = True
        return
    desk.panel, desk.tenders, desk.is_leaving = None, (), False
    desk.is_done = False
    desk.factor_milli = None


def show_change(desk: Desk, text: str) -> None:
    """The change that the cash typed so far would give."""
    if isinstance(desk.panel, CashPanel):
        given_minor = parse_scaled(text, desk.exponent)
        over_minor = -1 if given_minor is None else given_minor - desk.panel.due_minor
        desk.panel = msgspec.structs.replace(desk.panel, change_minor=over_minor if over_minor >= 0 else None)


def burn(desk: Desk, text: str) -> int:
    """Burn the typed points on this sale; 0 burns none. Gives how many must be asked for first, 0 where nobody need be asked."""
    units = parse_scaled(text, desk.till.terms.points_exponent)
    if units is None:
        desk.say(NoticeCode.NOT_A_NUMBER)
        return 0
    result = desk.quote.result
    if units > result.burnable_units:
        values: dict[str, int | str] = {"most_units": result.burnable_units}
        limit = limit_here(desk.basket.member, result.burn_limit)
        desk.tell(Notice(NoticeCode.BURN_TOO_MANY, values=values, reason=limit))
        desk.panel = desk.burn_panel(result.burnable_units)
        return 0
    basket = msgspec.structs.replace(desk.basket, burn_units=units)
    fitting = desk.till.quote(basket).result
    if fitting.burn_units != units:
        desk.say(NoticeCode.BURN_STEPS, fits_units=fitting.burn_units)
        desk.panel = desk.burn_panel(fitting.burn_units)
        return 0
    if units and _must_be_asked_for(desk, units + desk.reward_units()):
        return units + desk.reward_units()
    if not units and not desk.reward_units():
        desk.let_go()
    _set_burn(desk, units, desk.basket.authorisation)
    return 0


def _must_be_asked_for(desk: Desk, units: int) -> bool:
    authorisation = desk.basket.authorisation
    is_covered = authorisation is not None and units <= authorisation.units
    return desk.needs_right() and not is_covered


def _set_burn(desk: Desk, units: int, authorisation: Authorisation | None) -> None:
    desk.panel = None
    desk.change(msgspec.structs.replace(desk.basket, burn_units=units, authorisation=authorisation))
    if units:
        code = _ALLOWED_BY.get(None if authorisation is None else authorisation.basis, NoticeCode.BURN_SET)
        worth_minor = desk.quote.result.burn_worth_minor
        desk.inform(code, {"burned_units": units, "worth_minor": worth_minor})


def take_answer(desk: Desk, answer: BurnAnswer) -> None:
    """The points may be burned; or they may not, and the panel suggests how many may."""
    if answer.authorisation is not None:
        _set_burn(desk, answer.asked_units - desk.reward_units(), answer.authorisation)
        return
    member = desk.basket.member
    assert member is not None, "points are a member's"
    known = msgspec.structs.replace(member, spendable_units=min(member.spendable_units, answer.most_units))
    desk.change(msgspec.structs.replace(desk.basket, member=known, burn_units=0, authorisation=None))
    most_units = desk.quote.result.burnable_units
    code = NoticeCode.BURN_REFUSED if most_units else NoticeCode.BURN_REFUSED_ALL
    desk.tell(Notice(code, values={"most_units": most_units}, error_code=answer.refusal))
    desk.panel = desk.burn_panel(most_units)


def pay_cash(desk: Desk, panel: CashPanel, text: str) -> tuple[Tender, ...] | None:
    """All payments of the sale once enough cash is typed; None, and the reason on the desk, before that."""
    tender = payment.cash_tender(text, due_minor=panel.due_minor, exponent=desk.exponent)
    if isinstance(tender, Notice):
        desk.tell(tender)
        return None
    return (*desk.tenders, tender) if tender.given_minor else desk.tenders


def pay_card(desk: Desk, panel: CardPanel, amount: str, reference: str) -> tuple[Tender, ...] | None:
    """All payments of the sale once the card has paid what is left; a part is noted and cash is asked for."""
    tender = payment.card_tender(amount, reference, left_minor=panel.due_minor, exponent=desk.exponent)
    if isinstance(tender, Notice):
        desk.tell(tender)
        return None
    tenders = (*desk.tenders, tender)
    if tender.given_minor == panel.due_minor:
        return tenders
    desk.tenders = tenders
    desk.panel = cash_panel(desk)
    desk.inform(NoticeCode.CARD_PART_KEPT, {"taken_minor": tender.given_minor})
    return None
