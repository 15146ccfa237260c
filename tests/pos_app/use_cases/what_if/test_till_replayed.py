import random
from collections import Counter
from itertools import permutations
from typing import Any

import pytest

from pos_app.model.products import Product, ProductClass
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts, acts
from pos_app.use_cases.views import BasketLine
from pos_app.use_cases.what_if.asking import begins_ms
from pos_app.use_cases.what_if.at_till import read_history, what_if_at
from pos_app.use_cases.what_if.figures import WhatIf
from pos_app.use_cases.what_if.history import Adjusted
from storage import catalogue
from tests.conftest import OpenShop
from tests.shop import ANA, BREAD, DAY_MS, HOUR_MS, PILLS, TEA, TENDER, Shop

SHAMPOO = Product("shampoo", "Shampoo", 777, 2000, ProductClass.HIGH_MARGIN, member_price_minor=699)
CARDS = tuple(f"299000000{number:03d}" for number in range(101, 107))
STAMPS = """
schema = 1
id = "stamps"
version = 1
name = "Stamps and points for money off"
point_worth_minor = 10

[earning]
life = { days = 10 }

[[rules]]
kind = "collect"
id = "stamp"
pool = "stamps"
only_products = ["tea"]

[[rules]]
kind = "reward"
id = "free-tea"
pool = "stamps"
cost = 3
free_pieces = 1
only_products = ["tea"]
take = "auto"

[[rules]]
kind = "percent"
id = "ten"
rate_bp = 1000

[[rules]]
kind = "percent"
id = "bread-off"
lane = "price"
rate_bp = 500
only_products = ["bread"]
"""
CAPPED = """
schema = 1
id = "capped"
version = 1
name = "Tiers, caps of a day and a month, first receipts, a member's price"
point_worth_minor = 1

[tiers]
window_months = 1
kept_months = 1
steps = [{ id = "gold", from_minor = 5000 }]

[burning]
burn_as = "price_reduction"
from_receipt = 2

[[rules]]
kind = "progressive"
id = "ladder"
on = "receipt"
steps = [{ from_minor = 0, rate_bp = 100 }, { from_minor = 3000, rate_bp = 300 }]

[[rules]]
kind = "member-price"
id = "second"

[[rules]]
kind = "percent"
id = "everybody"
lane = "price"
anyone = true
rate_bp = 300
only_products = ["shampoo"]
"""
CLAMPING = """
schema = 1
id = "short"
version = 1
name = "Points for five days, what is spent is forgiven"
point_worth_minor = 10

[earning]
pending = { hours = 20 }
life = { days = 5 }

[returns]
method = "re-evaluate"
spent = "clamp"

[burning]
cap_bp = 6000

[[rules]]
kind = "percent"
id = "seven"
rate_bp = 700
"""
SETS = {
    "tender": (TENDER,),
    "pharmacy and progressive": ("pharmacy", "progressive"),
    "three at the heart": ("fixed-card", "pharmacy", "progressive"),
    "short life, forgiven": (CLAMPING,),
    "stamps": (STAMPS,),
    "prices and tiers": (CAPPED,),
}


def trade(shop: Shop, seed: int, *, steps: int = 120) -> None:
    """A shop's random weeks: sales with and without a card, burning, returns in parts, points by hand, two accounts merged."""
    rng = random.Random(seed)
    shop.put(SHAMPOO)
    shop.till.database.write(lambda connection: catalogue.put_costs(connection, [("tea", 400), ("bread", 100)]))
    for number, card in enumerate(CARDS):
        shop.join(card, ("silver", "gold", "")[number % 3])
    cards = list(CARDS)
    merges = [(2, 3), (0, 1)]
    left: list[tuple[str, dict[int, int]]] = []
    for step in range(steps):
        shop.wait(rng.choice((HOUR_MS, 7 * HOUR_MS, 17 * HOUR_MS, DAY_MS)))
        what = rng.random()
        if what < 0.7 or not left:
            sold = _sell(shop, rng, rng.choice([*cards, ""]))
            left.append((sold.receipt_number, {line.line_no: line.quantity_milli for line in sold.quote.lines}))
        elif what < 0.9:
            _return(shop, rng, left)
        elif what < 0.97:
            _adjust(shop, rng, rng.choice(cards))
        elif merges and step > steps // 3:
            survivor, merged = merges.pop()
            shop.till.book_act(account_acts.merge, cards[survivor], cards[merged]).result()


def _sell(shop: Shop, rng: random.Random, card: str) -> Any:
    goods = rng.choices((TEA, BREAD, PILLS, SHAMPOO), k=rng.randint(1, 4))
    basket = shop.basket(*(BasketLine(one, rng.randint(1, 3) * 1000) for one in goods), card=card)
    burnable = shop.till.quote(basket).result.burnable_units
    burn = rng.choice((0, burnable, burnable // 2))
    return shop.sell(*basket.lines, card=card, burn=burn)


def _return(shop: Shop, rng: random.Random, left: list[tuple[str, dict[int, int]]]) -> None:
    number, quantities = left[rng.randrange(len(left))]
    open_lines = [line_no for line_no, milli in quantities.items() if milli]
    if not open_lines:
        return
    line_no = rng.choice(open_lines)
    milli = rng.randint(1, quantities[line_no] // 1000) * 1000
    quantities[line_no] -= milli
    shop.till.return_goods(number, {line_no: milli}).result()


def _adjust(shop: Shop, rng: random.Random, card: str) -> None:
    member = shop.member(card)
    if member.balance.overdraft_units and rng.random() < 0.5:
        units, reason = member.balance.overdraft_units, AdjustmentReason.FORGIVEN_OVERDRAFT
    elif member.balance.available_units > 5 and rng.random() < 0.5:
        units, reason = -3, AdjustmentReason.CORRECTION
    else:
        units, reason = 25, AdjustmentReason.GOODWILL
    shop.till.book_act(account_acts.adjust, card, units, reason=reason).result()


def settle_down(shop: Shop, answer: WhatIf) -> None:
    """Book what is due up to where the replay ends."""
    shop.clock.now_ms = begins_ms(read_history(shop.till), answer.until, days_later=1)
    while shop.till.book_due().result():
        pass


def _money(shop: Shop, kind: str) -> int:
    """What was paid, or paid back, otherwise than by points."""
    sql = "SELECT sum(amount_minor) FROM payment JOIN sale USING (event_id) WHERE sale.kind = ? AND payment.kind <> 'points'"
    return shop.query(sql, kind)[0][0] or 0


def of_ledger(shop: Shop) -> dict[str, int]:
    """What the till's entries and rows say, points only."""
    sums: Counter[str] = Counter()
    for kind, is_debit, units in shop.query(
        "SELECT kind, units < 0, sum(units) FROM entry WHERE issuer NOT LIKE '%#%' GROUP BY 1, 2"
    ):
        sums[f"{kind} {'-' if is_debit else '+'}"] = units
    return {
        "owed": sums["available +"] + sums["available -"] + sums["pending +"] + sums["pending -"],
        "overdraft": -(sums["overdraft +"] + sums["overdraft -"]),
        "redeemed": sums["redeemed +"] + sums["redeemed -"],
        "expired": sums["expired +"] + sums["expired -"],
        "receipts": shop.query("SELECT count(*) FROM sale WHERE kind = 'sale'")[0][0],
        "given": shop.query("SELECT coalesce(sum(units), 0) FROM award")[0][0],
        "money": _money(shop, "sale") - _money(shop, "return"),
    }


def of_replay(answer: WhatIf) -> dict[str, int]:
    side = answer.current
    total = side.total
    return {
        "owed": side.owed_units,
        "overdraft": side.overdraft_units,
        "redeemed": total.burned_units + total.reward_units - total.given_back_units,
        "expired": total.expired_units,
        "receipts": total.receipts,
        "given": total.given_units,
        "money": total.sales_minor,
    }


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_that_the_programmes_in_force_replayed_are_what_really_happened(
    open_shop: OpenShop, name: str, seed: int
) -> None:
    shop = open_shop(*SETS[name])
    trade(shop, seed)
    answer = what_if_at(shop.till, shop.till.terms.programmes, since="2026-01-01")
    settle_down(shop, answer)
    assert of_ledger(shop) == of_replay(answer)
    assert answer.current == answer.candidate
    assert answer.unchanged == answer.members
    assert (0, 0) == (answer.left_out, answer.skipped)


FORGIVING = """
schema = 1
id = "forgiving"
version = 1
name = "A tenth of all but bread, stamps for tea, and what is spent is forgiven"
point_worth_minor = 1

[burning]
burn_as = "price_reduction"

[returns]
spent = "clamp"

[[rules]]
kind = "percent"
id = "tenth"
rate_bp = 1000
exclude_products = ["bread"]

[[rules]]
kind = "collect"
id = "stamp"
pool = "stamps"
only_products = ["tea"]

[[rules]]
kind = "reward"
id = "bread"
pool = "stamps"
cost = 2
free_pieces = 1
only_products = ["bread"]
"""


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
def test_that_what_a_return_forgave_and_a_later_one_paid_is_replayed(
    open_shop: OpenShop, order: tuple[int, ...]
) -> None:
    """Of 97 points and a stamp nothing is left when they are asked for; 30 points and 2 stamps come back in parts, and pay for it."""
    shop = open_shop(FORGIVING)
    shop.sell(BasketLine(TEA, 3000), card=ANA)
    sale = shop.sell(TEA, BREAD, BREAD, card=ANA, burn=30, takes=("forgiving/bread",))
    shop.sell(BREAD, card=ANA, takes=("forgiving/bread",))
    left = shop.member(ANA).balance.available_units
    shop.till.book_act(account_acts.adjust, ANA, -left, reason=AdjustmentReason.CORRECTION).result()
    for line_no in order:
        shop.take_back(sale, **{f"line_{line_no}": 1})

    answer = what_if_at(shop.till, shop.till.terms.programmes, since="2026-01-01")
    settle_down(shop, answer)
    assert of_ledger(shop) == of_replay(answer)
    assert (0, {"shop#stamps": 1}) == (answer.current.owed_units, shop.member(ANA).pools)
    assert answer.current.total.taken_back_units == 30


def test_that_points_of_acts_are_given_points_whatever_is_asked(open_shop: OpenShop) -> None:
    shop = open_shop("points-for-everything")
    shop.till.book_act(acts.book_act, ANA, "review").result()
    (given,) = read_history(shop.till).happenings
    assert isinstance(given, Adjusted)
    assert (f"account-{ANA}", 30, "shop") == (given.account_ref, given.units, given.issuer)
