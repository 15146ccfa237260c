"""Why points were given, refused or limited: stable codes, and an English sentence for each, for the command line.

Screens and paper translate the codes elsewhere. A reason's values never hold cost, and nothing that tells who the member is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from pos_app.model.evaluation import Reason, ReasonValue

FIXED_CARD: Final = "fixed_card"
PROGRESSIVE_RECEIPT: Final = "progressive.receipt"
PROGRESSIVE_ACCUMULATED: Final = "progressive.accumulated"
PHARMACY: Final = "pharmacy"
PERCENT: Final = "percent"
POINTS: Final = "points"
BONUS: Final = "bonus"
MULTIPLY: Final = "multiply"
MEMBER_PRICE: Final = "member_price"
FIXED_PRICE: Final = "fixed_price"
AMOUNT_OFF: Final = "amount_off"
REWARD: Final = "reward"
COLLECT: Final = "collect"

CHANCE_LATER: Final = "chance.later"
CHANCE_LOST: Final = "chance.lost"
WON_WITH: Final = "won_with"
"""The value of a reason that tells what chance said where it gave."""
DONATED: Final = "donated"
ACT: Final = "act"

NO_MEMBER: Final = "no_member"
NOT_ACTIVE: Final = "not_active"
REGULATED: Final = "regulated"
DONATION: Final = "donation"
EXCLUDED: Final = "excluded"
NOTHING_PAID: Final = "nothing_paid"
RATE_ZERO: Final = "rate_zero"
WEIGHT_ZERO: Final = "weight_zero"
LINE_MAX_ZERO: Final = "line_max_zero"
BEATEN: Final = "beaten"
GROUP_BEATEN: Final = "group_beaten"
NOT_NAMED: Final = "not_named"
PRICED_BY_HAND: Final = "priced_by_hand"
NOTHING_TO_GIVE: Final = "nothing_to_give"
NOTHING_TO_MULTIPLY: Final = "nothing_to_multiply"
GUARD: Final = "guard"

ACT_UNKNOWN: Final = "act.unknown"

CAP_RECEIPTS: Final = "cap.receipts"
CAP_ACTS: Final = "cap.acts"
CAP_REACHED: Final = "cap.reached"

WHEN_WEEKDAY: Final = "when.weekday"
WHEN_HOURS: Final = "when.hours"
WHEN_DATES: Final = "when.dates"
WHEN_HOLIDAYS: Final = "when.holidays"
WHEN_STORE: Final = "when.store"
WHEN_RECEIPT_FROM: Final = "when.receipt_from"
WHEN_RECEIPT_NUMBER: Final = "when.receipt_number"
WHEN_CARD_CLASS: Final = "when.card_class"
WHEN_TIER: Final = "when.tier"
WHEN_SEGMENT: Final = "when.segment"
WHEN_COUPON: Final = "when.coupon"
WHEN_BIRTHDAY: Final = "when.birthday"
WHEN_BOUGHT: Final = "when.bought"
WHEN_HOLDS: Final = "when.holds"
WHEN_CHOSEN: Final = "when.chosen"
WHEN_VERIFIED: Final = "when.verified"

REWARD_NOT_ASKED: Final = "reward.not_asked"
REWARD_POOL: Final = "reward.pool"
REWARD_NO_GOODS: Final = "reward.no_goods"

BURN_NO_MEMBER: Final = "burn.no_member"
BURN_NO_PROGRAMME: Final = "burn.no_programme"
BURN_NOT_FROM_THIS_RECEIPT: Final = "burn.not_from_this_receipt"
BURN_MIN_BALANCE: Final = "burn.min_balance"
BURN_NO_ELIGIBLE_GOODS: Final = "burn.no_eligible_goods"
BURN_BALANCE: Final = "burn.balance"
BURN_CAP: Final = "burn.cap"
BURN_MIN_PAID: Final = "burn.min_paid"
BURN_LOWERED: Final = "burn.lowered"
PAID_WITH_POINTS: Final = "burn.share"

NOTICE: Final = "notice"

_Words = Callable[[Mapping[str, str]], str]


def _award(basis: str) -> _Words:
    def words(values: Mapping[str, str]) -> str:
        weight = f" x {values['weight_percent']} %" if "weight_percent" in values else ""
        weight = ", weighted for these goods," if "weighted" in values else weight
        base = values.get("base_minor") or values.get("price_minor_before")
        of = f" of {base}" if base else ""
        why = f": {basis.format_map(values)}" if basis else ""
        return f"{values['rate_bp']} %{weight}{of}{why}."

    return words


def _sentence(template: str) -> _Words:
    return template.format_map


def _raised(values: Mapping[str, str]) -> str:
    adds_nothing = ", which adds nothing" if values["multiplied_percent"] == "100" else ""
    return f"Raised to {values['multiplied_percent']} %{adds_nothing}."


def _from_receipt(values: Mapping[str, str]) -> str:
    until = f"to {values['until_receipt']}" if "until_receipt" in values else "on"
    return f"It applies from receipt {values['from_receipt']} {until}, this is receipt {values['receipt']}."


SENTENCES: Final[Mapping[str, _Words]] = {
    FIXED_CARD: _award("card class {card_class}"),
    PROGRESSIVE_RECEIPT: _award("this receipt's {sum_minor} reach the step from {from_minor}"),
    PROGRESSIVE_ACCUMULATED: _award("the {sum_minor} bought before reach the step from {from_minor}"),
    PHARMACY: _award("bonus for card class {card_class}"),
    PERCENT: _award(""),
    POINTS: _sentence("{points} points for each {per_minor} of {base_minor}."),
    BONUS: _sentence("A bonus of {points} points."),
    MULTIPLY: _raised,
    MEMBER_PRICE: _sentence("The price for members."),
    FIXED_PRICE: _sentence("A special price of {price_minor}."),
    AMOUNT_OFF: _sentence("{off_minor} off."),
    REWARD: _sentence("Taken {times} times for {cost} of {pool}."),
    COLLECT: _sentence("Collected for {pool}."),
    CHANCE_LATER: _sentence(
        "Chance ({chance_bp} %) has not spoken: it does when the sale is booked, at a till that has the seed."
    ),
    CHANCE_LOST: _sentence("Chance said {roll}; it gives below {wins_below}."),
    DONATED: _sentence("Given for {cause}."),
    ACT: _sentence("{points} points for: {act}."),
    NO_MEMBER: _sentence("No card: nothing is earned."),
    NOT_ACTIVE: _sentence("The programme does not run on {business_date}."),
    REGULATED: _sentence("Regulated medicine never earns and never accepts points."),
    DONATION: _sentence("It is money for a cause: it earns nothing, and nothing is taken off it."),
    EXCLUDED: _sentence("The programme excludes these goods ({excluded_by} {excluded})."),
    NOTHING_PAID: _sentence("Nothing was paid by money."),
    RATE_ZERO: _sentence("The rate for this member and receipt is 0."),
    WEIGHT_ZERO: _sentence("The weight of these goods is 0."),
    LINE_MAX_ZERO: _sentence("The limit for a line is 0."),
    BEATEN: _sentence("Rule {by_rule} of programme {by_programme} gives as much or more."),
    GROUP_BEATEN: _sentence("Another rule of its group gives as much or more on this receipt."),
    NOT_NAMED: _sentence("The rule is for other goods."),
    PRICED_BY_HAND: _sentence("The price was set by hand."),
    NOTHING_TO_GIVE: _sentence("There is nothing to give on these goods."),
    NOTHING_TO_MULTIPLY: _sentence(
        "No rule gives anything that could be raised, or another one raises it as much or more."
    ),
    GUARD: _sentence("The guard leaves nothing for these goods."),
    ACT_UNKNOWN: _sentence("No programme that runs gives anything for: {act}."),
    CAP_REACHED: _sentence("Its caps leave nothing."),
    CAP_ACTS: _sentence("Points for it are given {times} times at most ({period}), and were."),
    CAP_RECEIPTS: _sentence("The rule gives on at most {receipts} receipts ({period})."),
    WHEN_WEEKDAY: _sentence("It does not apply on this weekday ({weekday})."),
    WHEN_HOURS: _sentence("It does not apply at {time}."),
    WHEN_DATES: _sentence("It does not apply on {business_date}."),
    WHEN_HOLIDAYS: _sentence("{business_date} is no holiday of the rule."),
    WHEN_STORE: _sentence("It does not apply in this store."),
    WHEN_RECEIPT_FROM: _sentence("It applies from {from_minor} on, the receipt is {sum_minor}."),
    WHEN_RECEIPT_NUMBER: _from_receipt,
    WHEN_CARD_CLASS: _sentence("It does not apply to card class {card_class}."),
    WHEN_TIER: _sentence("It does not apply to tier {tier}."),
    WHEN_SEGMENT: _sentence("It is for other members."),
    WHEN_COUPON: _sentence("No coupon of it is presented."),
    WHEN_BIRTHDAY: _sentence("It is not the member's birthday."),
    WHEN_BOUGHT: _sentence("The member has not bought the goods that it asks for."),
    WHEN_HOLDS: _sentence("The member has {has} of {pool}, {needed} are needed."),
    WHEN_CHOSEN: _sentence("The member has not chosen an offer."),
    WHEN_VERIFIED: _sentence("Nobody has checked who the member is."),
    REWARD_NOT_ASKED: _sentence("The member has not asked for it."),
    REWARD_POOL: _sentence("The member has {has} of {pool}, it costs {needed}."),
    REWARD_NO_GOODS: _sentence("None of its goods is here."),
    BURN_NO_MEMBER: _sentence("No card: no points can be burned."),
    BURN_NO_PROGRAMME: _sentence("No programme lets points be burned."),
    BURN_NOT_FROM_THIS_RECEIPT: _sentence("Points burn from receipt {from_receipt} on, this is receipt {receipt}."),
    BURN_MIN_BALANCE: _sentence("Points burn from a balance of {minimum_units} on, it is {balance_units}."),
    BURN_NO_ELIGIBLE_GOODS: _sentence("There are no goods that accept points."),
    BURN_BALANCE: _sentence("The balance is {balance_units}."),
    BURN_CAP: _sentence("Points pay at most {cap_bp} % of the goods that accept them, {cap_minor}."),
    BURN_MIN_PAID: _sentence("At least {min_paid_minor} is paid by money."),
    BURN_LOWERED: _sentence("{requested_units} points were asked for, {burned_units} can be burned."),
    PAID_WITH_POINTS: _sentence("Its share of the points that are burned, worth {worth_minor}."),
    NOTICE: _sentence("To be said to this member."),
}
_ADDED: Final[Mapping[str, str]] = {
    "line_max_points": " At most {line_max_points} points a line.",
    "receipt_max_units": " A limit left {receipt_max_units} points.",
    "cap_minor": " A cap left {cap_minor}.",
    "cap_units": " A cap left {cap_units} points.",
    WON_WITH: " Won: chance said {won_with}, it gives below {wins_below}.",
    "lowered_by": " Lowered so that rewards do not cost too much.",
}
"""What other values add to any sentence."""
_SINGLE = re.compile(r"(?<![\d.])1 (point|receipt|time)s\b")


def words(reason: Reason, *, currency_exponent: int = 2, points_exponent: int = 0) -> str:
    """The reason as an English sentence; an unknown code, of a later version, is shown as it is.

    >>> words(Reason("fixed_card", {"rate_bp": 500, "base_minor": 1_250, "card_class": "gold"}))
    '5 % of 12.50: card class gold.'
    """
    sentence = SENTENCES.get(reason.code)
    if sentence is None:
        return f"{reason.code} {reason.values}"
    exponents = {"minor": currency_exponent, "units": points_exponent}
    values = {key: _text(key, value, exponents) for key, value in reason.values.items()}
    is_limit = reason.code == BURN_CAP
    added = "" if is_limit else "".join(text.format_map(values) for key, text in _ADDED.items() if key in values)
    return _SINGLE.sub(r"1 \1", sentence(values) + added)


def _text(key: str, value: ReasonValue, exponents: Mapping[str, int]) -> str:
    unit = key.removesuffix("_before").rpartition("_")[2]
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
