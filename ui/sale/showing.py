"""From what lies on the desk to what the screen shows."""

from collections.abc import Set as AbstractSet

from pos_app.model.accounts import Member
from pos_app.model.identifiers import pool_of
from pos_app.model.money import MILLI
from pos_app.use_cases import giving
from pos_app.use_cases.quoting import member_context
from pos_app.use_cases.views import Quote
from ui.keys import Command
from ui.sale import parts, rewarding
from ui.sale.checkout import keys_of
from ui.sale.desk import Desk
from ui.sale.screen import CardPanel, CashPanel, MemberFacts, Remark, Screen, Totals, WhyPanel

_ALWAYS = frozenset({Command.CONFIRM, Command.BACK, Command.MULTIPLY, Command.COPY})
_WITH_LINES = frozenset({Command.QUANTITY, Command.PRICE, Command.REMOVE, Command.UP, Command.DOWN, Command.VOID})

_ALREADY_OPEN: dict[type, AbstractSet[Command]] = {CashPanel: {Command.CASH}, CardPanel: {Command.CARD}}


def screen_of(desk: Desk) -> Screen:
    """What is to be seen now."""
    return Screen(
        lines=desk.quote.lines,
        marked=desk.marked,
        totals=_totals(desk.quote),
        member=_member(desk),
        panel=desk.top_panel(),
        notice=desk.notice,
        problem=desk.problem,
        receipt=desk.receipt,
        is_done=desk.is_done,
        factor_milli=desk.factor_milli,
        commands=frozenset(_commands(desk)),
        staff_name="" if desk.till.staff is None else desk.till.staff.name or desk.till.staff.staff_ref,
        remarks=_remarks(desk),
        coupons=desk.coupon_lines,
        tells=tuple(notice.text for notice in desk.quote.result.notices),
    )


def _remarks(desk: Desk) -> dict[int, Remark]:
    """What is to be said of lines, but for most there is nothing."""
    result = desk.quote.result
    if not result.discounts and not result.locks:
        return {}
    off_minor: dict[int, dict[str, int]] = {}
    for discount in result.discounts:
        of_line = off_minor.setdefault(discount.line_no, {})
        name = desk.till.programme_name(discount.programme_id)
        of_line[name] = of_line.get(name, 0) + discount.amount_minor
    locked = {lock.line_no for lock in result.locks}
    return {
        line_no: Remark(tuple(off_minor.get(line_no, {}).items()), is_locked=line_no in locked)
        for line_no in off_minor.keys() | locked
    }


def _totals(quote: Quote) -> Totals:
    return Totals(
        item_count=sum(1 if line.sold_by_weight else line.quantity_milli // MILLI for line in quote.lines),
        gross_minor=quote.gross_minor,
        discount_minor=quote.discount_minor,
        burn_units=quote.result.burn_units,
        burn_worth_minor=quote.result.burn_worth_minor,
        to_pay_minor=quote.to_pay_minor,
        cash_to_pay_minor=quote.cash_to_pay_minor,
    )


def _member(desk: Desk) -> MemberFacts | None:
    member = desk.basket.member
    if member is None:
        return None
    context = member_context(member, utc_ms=desk.till.clock.utc_ms(), zone=desk.till.terms.zone)
    causes = desk.till.causes_by_unit
    return MemberFacts(
        name=member.name,
        card_number=member.card_number,
        card_class=member.card_class,
        balance=member.balance,
        spendable_units=member.spendable_units,
        earns_units=desk.quote.result.earned_units,
        next_step=desk.quote.result.next_step,
        is_birthday=context.birthday,
        pools=tuple((pool_of(unit), units) for unit, units in _pool_units(member).items() if unit not in causes),
        contracts=tuple((one.number, one.owed_minor, one.overdue_minor(desk.today())) for one in member.contracts),
        given_minor=tuple((causes[unit], units) for unit, units in _pool_units(member).items() if unit in causes),
    )


def _pool_units(member: Member) -> dict[str, int]:
    """What a member has of each pool; below 0 what they owe."""
    return {unit: view.available_units - view.overdraft_units for unit, view in member.pool_balances.items()}


def _with_lines(desk: Desk) -> set[Command]:
    """What can be done with goods in the basket."""
    possible = {*_WITH_LINES, *({Command.FINISH} if desk.is_beside else {Command.CASH, Command.CARD})}
    if desk.basket.member is not None:
        possible.add(Command.POINTS)
    if giving.causes_now(desk.till):
        possible.add(Command.GIVE)
    if desk.basket.member is not None and desk.can_lend:
        possible.add(Command.PARTS)
    return possible


def _to_explain(desk: Desk, *, is_open: bool) -> AbstractSet[Command]:
    """The keys that explain the sale, or the last one; and turn the pages while that is open."""
    turning = {Command.UP, Command.DOWN} if is_open else set()
    return turning | ({Command.WHY} if desk.basket.lines or desk.receipt is not None else set())


def _commands(desk: Desk) -> AbstractSet[Command]:
    """What can be asked for now: the other buttons are pale."""
    if desk.is_booking:
        return frozenset()
    if desk.problem is not None:
        return {Command.BACK}
    panel = desk.top_panel()
    if panel is not None and not isinstance(panel, WhyPanel):
        return keys_of(panel) - _ALREADY_OPEN.get(type(panel), frozenset())
    has_member = desk.basket.member is not None
    possible = set(_ALWAYS) | (_with_lines(desk) if desk.basket.lines else {Command.RETURNS})
    if has_member:
        possible |= {Command.CARD_OFF, Command.VOID, *parts.pay_keys(desk)}
    if rewarding.is_first(desk):
        possible.add(Command.POINTS)
    possible |= _to_explain(desk, is_open=panel is not None)
    if desk.basket.coupons:
        possible |= {Command.REMOVE, Command.UP, Command.DOWN, Command.VOID}
    if desk.is_beside:
        possible.add(Command.AMOUNT)
    if desk.till.staff is not None:
        possible.add(Command.STAFF)
    return possible
