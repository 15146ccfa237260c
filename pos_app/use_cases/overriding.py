"""Prices that a person set in place of the catalogue's: not everybody may, and each is in the audit log."""

from typing import TYPE_CHECKING

from pos_app.model.money import line_amount_minor
from pos_app.model.staff import Permission
from pos_app.use_cases import staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.views import Basket, BasketLine
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def price_subject(event_id: str, line: BasketLine) -> str:
    """What an approval of this line's price is for: another quantity, price or basket needs another approval."""
    return f"{event_id} {line.product.code} {line.quantity_milli} {line.override_minor}"


def is_overridden(line: BasketLine) -> bool:
    """Whether a person set the price; a price on the label of the shop's own scales is the shop's."""
    return line.override_minor is not None and not line.price_on_label


def may_set(till: "Till", event_id: str, line: BasketLine) -> bool:
    """Whether the line may be sold like this by the person at the till, or was approved."""
    return not is_overridden(line) or staffing.may(
        till, Permission.OVERRIDE_PRICE, subject=price_subject(event_id, line)
    )


def check(till: "Till", basket: Basket) -> str:
    """Who approved the prices of the basket that a person set, empty where nobody had to.

    Raises ``NotAllowedError`` where one was not approved.
    """
    lines = [line for line in basket.lines if is_overridden(line)]
    if not lines or not staffing.is_wanted(till):
        return ""
    approvers = [
        staffing.check(till, Permission.OVERRIDE_PRICE, subject=price_subject(basket.event_id, line)) for line in lines
    ]
    return next(filter(None, approvers), "")


def note(till: "Till", connection: Connection, basket: Basket, *, receipt_number: str) -> None:
    """Put the prices that a person set into the audit log, in the transaction of the sale. A till without staff keeps none."""
    lines = [line for line in basket.lines if is_overridden(line)]
    if not lines or not staffing.is_wanted(till):
        return
    write_audit(
        till,
        connection,
        action="override_price",
        approver_ref=check(till, basket),
        subject=receipt_number,
        values={
            "lines": len(lines),
            "list_minor": sum(_list_minor(line) for line in lines),
            "asked_minor": sum(line.override_minor or 0 for line in lines),
        },
    )


def _list_minor(line: BasketLine) -> int:
    return line_amount_minor(unit_price_minor=line.product.price_minor, quantity_milli=line.quantity_milli)
