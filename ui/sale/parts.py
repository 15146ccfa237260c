"""What keys do about paying in parts: agree on it, and take money on a contract."""

import os
from collections.abc import Set as AbstractSet

from pos_app.errors import InputError
from pos_app.model.identifiers import uuid7
from pos_app.model.receipts import PaymentKind
from pos_app.model.staff import Permission
from pos_app.use_cases import lending, staffing
from pos_app.use_cases.lending import Agreement
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.staffing import Approval
from ui.keys import Command
from ui.sale import approving, checkout, payment
from ui.sale.desk import Desk
from ui.sale.numbers import parse_scaled, typed_form
from ui.sale.screen import Notice, NoticeCode, PartsPanel, PayPanel


def pay_keys(desk: Desk) -> AbstractSet[Command]:
    """The key for a member who comes to pay on a contract."""
    member = desk.basket.member
    return {Command.PARTS} if member is not None and member.contracts and not desk.basket.lines else set()


def open_panel(desk: Desk) -> None:
    """With goods: what would be agreed, or why nothing can. Without: the member's contract that is due first."""
    member = desk.basket.member
    if desk.basket.lines:
        agreement = _agreement(desk)
        if agreement is not None:
            rest = tuple((part.due_on, part.amount_minor) for part in agreement.rest)
            desk.paying = desk.basket.lines
            desk.panel = PartsPanel(agreement.first.amount_minor, rest)
    elif member is None:
        desk.say(NoticeCode.NO_CARD)
    elif not member.contracts:
        desk.say(NoticeCode.NO_CONTRACT)
    else:
        contract = min(member.contracts, key=lambda one: one.left[0].due_on)
        desk.panel = PayPanel(
            contract_id=contract.contract_id,
            number=contract.number,
            owed_minor=contract.owed_minor,
            overdue_minor=contract.overdue_minor(desk.today()),
            next_due_on=contract.left[0].due_on,
            suggested=typed_form(contract.due_minor(desk.today()), desk.exponent),
            event_id=str(uuid7(utc_ms=desk.till.clock.utc_ms(), random_bytes=os.urandom(10))),
        )
        desk.is_done = False


def _agreement(desk: Desk) -> Agreement | None:
    to_pay_minor = desk.quote.to_pay_minor
    try:
        return desk.till.database.read(
            lambda connection: lending.agreement_on(desk.till, connection, desk.basket, to_pay_minor)
        )
    except InputError as error:
        desk.tell(Notice(NoticeCode.REFUSED, error_code=error.code, english=error.what))
        return None


def agree(desk: Desk) -> None:
    """The parts are agreed, once somebody has allowed it where that is wanted; the first of them is asked for."""
    agreement = _agreement(desk)
    if agreement is None:
        return

    def take(approval: Approval | None) -> None:
        if approval is not None:
            staffing.grant(desk.till, approval)
        desk.tenders = (agreement.tender,)
        desk.panel = checkout.cash_panel(desk)

    if agreement.approval_subject:
        approving.ask(desk, Permission.LEND, subject=agreement.approval_subject, then=take)
    else:
        take(None)


def payment_typed(desk: Desk, panel: PayPanel, amount: str, reference: str) -> tuple[int, Tender] | None:
    """How much is to be taken and how; None, and the reason on the desk, where that cannot be."""
    amount_minor = parse_scaled(amount, desk.exponent)
    if not amount_minor:
        desk.say(NoticeCode.NOT_A_NUMBER)
        return None
    if not reference.strip():
        return amount_minor, Tender(PaymentKind.CASH, 0)
    tender = payment.card_tender(amount, reference, left_minor=panel.owed_minor, exponent=desk.exponent)
    if isinstance(tender, Notice):
        desk.tell(tender)
        return None
    return amount_minor, tender
