"""Why points were given, refused or limited: stable codes, and an English sentence for each, for the command line.

Screens and paper translate the codes elsewhere. A reason's values never hold cost, and nothing that tells who the member is.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pos_app.model.evaluation import Reason, ReasonValue

FIXED_CARD: Final = "fixed_card"
PROGRESSIVE_RECEIPT: Final = "progressive.receipt"
PROGRESSIVE_ACCUMULATED: Final = "progressive.accumulated"
PHARMACY: Final = "pharmacy"

NO_MEMBER: Final = "no_member"
NOT_ACTIVE: Final = "not_active"
REGULATED: Final = "regulated"
EXCLUDED: Final = "excluded"
NOTHING_PAID: Final = "nothing_paid"
RATE_ZERO: Final = "rate_zero"
WEIGHT_ZERO: Final = "weight_zero"
LINE_MAX_ZERO: Final = "line_max_zero"
BEATEN: Final = "beaten"

BURN_NO_MEMBER: Final = "burn.no_member"
BURN_NO_PROGRAMME: Final = "burn.no_programme"
BURN_NOT_FROM_THIS_RECEIPT: Final = "burn.not_from_this_receipt"
BURN_MIN_BALANCE: Final = "burn.min_balance"
BURN_NO_ELIGIBLE_GOODS: Final = "burn.no_eligible_goods"
BURN_BALANCE: Final = "burn.balance"
BURN_CAP: Final = "burn.cap"
BURN_MIN_PAID: Final = "burn.min_paid"
BURN_LOWERED: Final = "burn.lowered"

_Words = Callable[[Mapping[str, str]], str]


def _award(basis: str) -> _Words:
    def words(values: Mapping[str, str]) -> str:
        weight = f" x {values['weight_percent']} %" if "weight_percent" in values else ""
        limits = "".join(f", {text.format_map(values)}" for key, text in _LIMITS.items() if key in values)
        return f"{values['rate_bp']} %{weight} of {values['base_minor']}: {basis.format_map(values)}{limits}."

    return words


def _sentence(template: str) -> _Words:
    return template.format_map


_LIMITS = {
    "line_max_points": "at most {line_max_points} points a line",
    "receipt_max_units": "at most {receipt_max_units} points of this programme left for the receipt",
}

SENTENCES: Final[Mapping[str, _Words]] = {
    FIXED_CARD: _award("card class {card_class}"),
    PROGRESSIVE_RECEIPT: _award("this receipt's {sum_minor} reach the step from {from_minor}"),
    PROGRESSIVE_ACCUMULATED: _award("the {sum_minor} bought before reach the step from {from_minor}"),
    PHARMACY: _award("bonus for card class {card_class}"),
    NO_MEMBER: _sentence("No card: nothing is earned."),
    NOT_ACTIVE: _sentence("The programme does not run on {business_date}."),
    REGULATED: _sentence("Regulated medicine never earns and never accepts points."),
    EXCLUDED: _sentence("The programme excludes these goods ({excluded_by} {excluded})."),
    NOTHING_PAID: _sentence("Nothing was paid by money."),
    RATE_ZERO: _sentence("The rate for this member and receipt is 0."),
    WEIGHT_ZERO: _sentence("The weight of these goods is 0."),
    LINE_MAX_ZERO: _sentence("The programme gives at most 0 points a line."),
    BEATEN: _sentence("Rule {by_rule} of programme {by_programme} gives as much or more."),
    BURN_NO_MEMBER: _sentence("No card: no points can be burned."),
    BURN_NO_PROGRAMME: _sentence("No programme lets points be burned."),
    BURN_NOT_FROM_THIS_RECEIPT: _sentence("Points burn from receipt {from_receipt} on, this is receipt {receipt}."),
    BURN_MIN_BALANCE: _sentence("Points burn from a balance of {minimum_units} on, it is {balance_units}."),
    BURN_NO_ELIGIBLE_GOODS: _sentence("There are no goods that accept points."),
    BURN_BALANCE: _sentence("The balance is {balance_units}."),
    BURN_CAP: _sentence("Points pay at most {cap_bp} % of the goods that accept them, {cap_minor}."),
    BURN_MIN_PAID: _sentence("At least {min_paid_minor} is paid by money."),
    BURN_LOWERED: _sentence("{requested_units} points were asked for, {burned_units} can be burned."),
}


def words(reason: Reason, *, currency_exponent: int = 2, points_exponent: int = 0) -> str:
    """The reason as an English sentence; an unknown code, of a later version, is shown as it is.

    >>> words(Reason("fixed_card", {"rate_bp": 500, "base_minor": 1_250, "card_class": "gold"}))
    '5 % of 12.50: card class gold.'
    """
    sentence = SENTENCES.get(reason.code)
    if sentence is None:
        return f"{reason.code} {reason.values}"
    exponents = {"minor": currency_exponent, "units": points_exponent}
    return sentence({key: _text(key, value, exponents) for key, value in reason.values.items()})


def _text(key: str, value: ReasonValue, exponents: Mapping[str, int]) -> str:
    unit = key.rpartition("_")[2]
    if isinstance(value, str):
        return value or "none"
    if unit == "bp":
        return _decimal(value, 2).rstrip("0").rstrip(".")
    return _decimal(value, exponents.get(unit, 0))


def _decimal(value: int, exponent: int) -> str:
    """A whole number of smallest units as people write it: 1250 at exponent 2 is 12.50."""
    digits = str(abs(value)).rjust(exponent + 1, "0")
    whole, fraction = digits[: len(digits) - exponent], digits[len(digits) - exponent :]
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if exponent else f"{sign}{whole}"
