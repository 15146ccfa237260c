"""A loyalty card on paper."""

from typing import TYPE_CHECKING

from pos_app.use_cases.card_ranges import card_range_of
from storage import accounts

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def card_pdf(till: "Till", number: str) -> bytes:
    """The card as a PDF in its real size; raises ``InputError`` for a number that is no card or has a wrong check digit."""
    from receipts.loyalty_card import render_card_pdf

    cards = card_range_of(till.settings, number)
    with till.database.reading() as connection:
        facts = accounts.find_by_card(connection, number)
    return render_card_pdf(
        number,
        name="" if facts is None else facts.name,
        shop_name=till.settings.shop.name,
        card_class=cards.card_class if facts is None else facts.card_class,
        check_digit=cards.check_digit,
    )
