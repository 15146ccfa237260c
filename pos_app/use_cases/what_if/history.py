"""What happened in the shop, as a replay needs it: receipts, returns, points by hand, merges, in the order of time.

A till's history comes from its journal (``from_till``); headquarters or a benchmark may build one from whatever they have. It holds
costs, so it is for managers. It holds no names; birthdays (month and day) only for rules that ask for them.
"""

from collections.abc import Iterable
from typing import TypedDict

import msgspec

from pos_app.model.evaluation import EngineLine
from pos_app.model.money import MILLI, round_half_up, tax_included_minor


class Bought(msgspec.Struct, frozen=True, tag="bought", gc=False):
    """One receipt; its lines have their prices before any rule. ``account_ref`` is empty without a card.

    ``receipt_id`` is a UUID: lots are named after it. ``burned_units`` of ``burnable_units`` were burned; where nothing could be
    burned (0) the replay takes the shop's average. ``card_class`` is set where it did not follow from the receipts before: at the
    member's first receipt, or changed by hand. ``today_lines`` are the lines with what only today's catalogue knows (second price,
    margin band), where that is more. ``net_minor`` and ``cost_minor`` are of goods whose cost is known, at these prices and without
    tax; ``uncosted_minor`` is the price of the others.
    """

    receipt_id: str
    account_ref: str
    utc_ms: int
    zone: str
    business_date: str
    lines: tuple[EngineLine, ...]
    total_minor: int
    net_minor: int = 0
    cost_minor: int = 0
    uncosted_minor: int = 0
    burned_units: int = 0
    burnable_units: int = 0
    receipts_before: int = 0
    card_class: str | None = None
    today_lines: tuple[EngineLine, ...] | None = None
    store_id: str = ""
    birthday: bool = False
    segments: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    chosen: dict[str, tuple[str, ...]] = {}
    verified: bool = False
    coupons: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class CameBack(msgspec.Struct, frozen=True, tag="came_back"):
    """Goods of a receipt came back: line number to quantity in thousandths. ``account_ref`` is that of the sale."""

    return_id: str
    sale_id: str
    account_ref: str
    utc_ms: int
    business_date: str
    quantities_milli: dict[int, int]


class Adjusted(msgspec.Struct, frozen=True, tag="adjusted"):
    """A person gave points (``units`` > 0), took some away (< 0), or forgave a debt."""

    event_id: str
    account_ref: str
    utc_ms: int
    business_date: str
    units: int
    issuer: str
    forgives: bool = False
    lot_id: str = ""
    expires_at_ms: int | None = None


class Merged(msgspec.Struct, frozen=True, tag="merged"):
    """Everything of ``merged_ref`` went to ``account_ref``."""

    account_ref: str
    merged_ref: str
    utc_ms: int
    business_date: str


Happening = Bought | CameBack | Adjusted | Merged


class History(msgspec.Struct, frozen=True):
    """All that happened, in the order of time. ``costs_minor``: product code to cost of a piece or kilogram, without tax.

    ``offered_rewards``: rules (``programme/rule``) whose rewards members could ask for in reality; of these they take what they
    took, of all others whatever they can. ``birthdays``: account to ``MM-DD``. ``left_out``: receipts that cannot be read any more.
    """

    happenings: tuple[Happening, ...]
    costs_minor: dict[str, int]
    currency_code: str = ""
    currency_exponent: int = 2
    points_exponent: int = 0
    zone: str = "UTC"
    day_starts_minute: int = 0
    offered_rewards: frozenset[str] = frozenset()
    birthdays: dict[str, str] = {}
    left_out: int = 0


class GoodsFigures(TypedDict):
    """The sums of a receipt that ``Bought`` keeps."""

    total_minor: int
    net_minor: int
    cost_minor: int
    uncosted_minor: int


def goods_figures(lines: Iterable[EngineLine], costs_minor: dict[str, int]) -> GoodsFigures:
    """The sums of a receipt, from its lines and the costs of goods."""
    sums = GoodsFigures(total_minor=0, net_minor=0, cost_minor=0, uncosted_minor=0)
    for line in lines:
        sums["total_minor"] += line.amount_minor
        unit_cost_minor = costs_minor.get(line.product_code)
        if unit_cost_minor is None:
            sums["uncosted_minor"] += line.amount_minor
        else:
            sums["net_minor"] += net_of(line, line.amount_minor)
            sums["cost_minor"] += cost_of(unit_cost_minor, line.quantity_milli)
    return sums


def net_of(line: EngineLine, amount_minor: int) -> int:
    """An amount of a line without its tax."""
    return amount_minor - tax_included_minor(amount_minor=amount_minor, rate_bp=line.tax_rate_bp)


def cost_of(unit_cost_minor: int, quantity_milli: int) -> int:
    """What so much of a product costs the shop, rounded half up."""
    return round_half_up(unit_cost_minor * quantity_milli, MILLI)
