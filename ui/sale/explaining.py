"""Opening and turning the pages of why the sale gives what it gives. Nothing is booked, and the scanner goes on."""

from pos_app.model.staff import Role
from ui.sale.desk import Desk
from ui.sale.screen import NoticeCode, WhyPanel


def toggle(desk: Desk) -> None:
    """Explain the basket, or the receipt that was just booked; where that is open, close it."""
    if isinstance(desk.panel, WhyPanel):
        desk.panel = None
        return
    # The engine's refusals are for whoever asks: the first screen starts sooner without them.
    from pos_app.use_cases.explaining import explain_basket, explain_own, explained_to

    role = Role.CASHIER if desk.till.staff is None else desk.till.staff.role
    if desk.basket.lines:
        explained = explain_basket(desk.till, desk.basket, role=role)
    elif desk.receipt is not None:
        explained = explained_to(explain_own(desk.till, desk.receipt.sale.receipt_number), role=role)
        desk.is_done = False
    else:
        desk.say(NoticeCode.BASKET_EMPTY)
        return
    pages = (*(line.line_no for line in explained.lines), 0)
    marked = desk.marked if 0 <= desk.marked < len(pages) - 1 else 0
    desk.panel = WhyPanel(explained, pages, marked)


def turn(desk: Desk, panel: WhyPanel, step: int) -> None:
    """Another line's page; the last one is the whole receipt's."""
    marked = panel.marked + step
    if 0 <= marked < len(panel.pages):
        desk.panel = WhyPanel(panel.explained, panel.pages, marked)


def close(desk: Desk) -> None:
    """Nobody else is to read it."""
    if isinstance(desk.panel, WhyPanel):
        desk.panel = None
