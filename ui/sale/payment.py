"""What is left to pay, and whether what the cashier typed can be taken. Pure."""

from pos_app.model.money import Currency, cash_rounding_minor
from pos_app.model.receipts import PaymentKind
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.views import Quote
from ui.sale.numbers import cash_max_minor, parse_scaled
from ui.sale.screen import Notice, NoticeCode

REFERENCE_LENGTH_MAX = 32
_CARD_NUMBER_LENGTHS = range(13, 20)


def left_minor(quote: Quote, tenders: tuple[Tender, ...]) -> int:
    """What card payments leave to pay, not rounded."""
    return quote.to_pay_minor - sum(tender.given_minor for tender in tenders)


def cash_due_minor(quote: Quote, tenders: tuple[Tender, ...], currency: Currency) -> int:
    """What card payments leave to pay in coins: rounded to the cash step."""
    left = left_minor(quote, tenders)
    return left + cash_rounding_minor(amount_minor=left, step_minor=currency.cash_step_minor)


def cash_tender(text: str, *, due_minor: int, exponent: int) -> Tender | Notice:
    """The cash that was typed, nothing typed being the exact amount; or why it cannot be taken."""
    given_minor = parse_scaled(text, exponent) if text.strip() else due_minor
    if given_minor is None:
        return Notice(NoticeCode.NOT_A_NUMBER)
    if given_minor < due_minor:
        return Notice(NoticeCode.CASH_TOO_LITTLE, values={"missing_minor": due_minor - given_minor})
    if given_minor > cash_max_minor(due_minor=due_minor, exponent=exponent):
        return Notice(NoticeCode.CASH_TOO_MUCH)
    return Tender(PaymentKind.CASH, given_minor)


def card_tender(amount: str, reference: str, *, left_minor: int, exponent: int) -> Tender | Notice:
    """The card payment that was typed, or why it cannot be taken. A card number is refused: none is ever stored."""
    given_minor = parse_scaled(amount, exponent)
    reference = " ".join(reference.split())
    if given_minor is None:
        return Notice(NoticeCode.NOT_A_NUMBER)
    if given_minor == 0:
        return Notice(NoticeCode.CARD_ZERO)
    if given_minor > left_minor:
        return Notice(NoticeCode.CARD_TOO_MUCH, values={"left_minor": left_minor})
    if not reference:
        return Notice(NoticeCode.REFERENCE_MISSING)
    if is_card_number(reference):
        return Notice(NoticeCode.REFERENCE_IS_CARD)
    return Tender(PaymentKind.CARD, given_minor, reference[:REFERENCE_LENGTH_MAX])


def is_card_number(text: str) -> bool:
    """Whether this looks like the number of a payment card: 13 to 19 digits with a right check digit.

    >>> is_card_number("4111 1111 1111 1111"), is_card_number("002417")
    (True, False)
    """
    from stdnum import luhn  # late: 25 ms that the first screen does not need

    digits = text.replace(" ", "").replace("-", "")
    return digits.isascii() and digits.isdigit() and len(digits) in _CARD_NUMBER_LENGTHS and luhn.is_valid(digits)
