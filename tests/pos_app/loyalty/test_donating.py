"""Money for a cause: no rule of any programme sees it, and what the shop gives is told apart from what the customer gives."""

from datetime import date

import msgspec
import pytest

from pos_app.errors import ProgrammeError
from pos_app.loyalty.document import AmountOff, Burning, Charity, Collect, Notice, Reward, When
from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.programme import ProgrammeSet, parse_programme, programme_set
from pos_app.model.evaluation import Donated, LotGrant
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_text
from tests.pos_app.loyalty.builders import (
    FIVE_PERCENT,
    NOON_MS,
    line,
    member,
    preset,
    programme,
    receipt,
    refusal_codes,
    sold,
    units_by_line,
)

TREES = programme(
    Collect(id="share", pool="trees", per="amount", units=1, per_minor=100),
    programme_id="trees",
    charity=Charity(cause="Trees", product="GIFT", round_to_minor=100, pool="trees"),
)
EARNING = programme(FIVE_PERCENT, programme_id="earning", burning=Burning(cap_bp=5_000))
GIFT = line(2, 300, code="GIFT")


@pytest.fixture
def programmes() -> ProgrammeSet:
    return programme_set([TREES, EARNING])


def test_that_a_gift_earns_nothing_and_takes_no_burned_points(programmes: ProgrammeSet) -> None:
    without = sold(programmes, line(1, 1000), holder=member(spendable_units=10_000), burn_units=10_000)
    result = sold(programmes, line(1, 1000), GIFT, holder=member(spendable_units=10_000), burn_units=10_000)
    assert units_by_line(without) == units_by_line(result) == {1: 25}
    assert (500, 500) == (without.burn_units, result.burn_units)
    assert ["donation"] == refusal_codes(result, 2)


def test_that_a_gift_counts_for_no_threshold_and_is_never_cheaper() -> None:
    off = AmountOff(id="off", off_minor=500, anyone=True, when=When(receipt_from_minor=1_300))
    rules = programme_set([TREES, programme(off, programme_id="off")])
    assert () == sold(rules, line(1, 1000), GIFT).discounts
    assert {1: 500} == {one.line_no: one.amount_minor for one in sold(rules, line(1, 1300), GIFT).discounts}


def test_that_a_gift_is_in_its_pool_at_once_and_for_ever(programmes: ProgrammeSet) -> None:
    result = sold(programmes, line(1, 1000), GIFT, line(3, 55, code="GIFT"))
    assert [(1, "share", 10), (2, "", 300), (3, "", 55)] == [
        (one.line_no, one.rule_id, one.units) for one in result.collected
    ]
    assert LotGrant("trees", "shop#trees", 355, NOON_MS, None) == result.pool_lots[1]
    assert 10 == result.pool_lots[0].units


def test_that_customers_and_the_shop_are_told_apart(programmes: ProgrammeSet) -> None:
    result = sold(programmes, line(1, 1000), GIFT)
    assert (
        Donated(2, "trees", "Trees", 300),
        Donated(1, "trees", "Trees", 10, by_shop=True),
    ) == result.donated


def test_that_anybody_gives_and_the_shop_gives_for_members_only(programmes: ProgrammeSet) -> None:
    result = evaluate(receipt(programmes, line(1, 1000), GIFT, holder=None), programmes)
    assert (Donated(2, "trees", "Trees", 300),) == result.donated
    assert () == result.collected


def test_that_a_receipt_of_a_gift_alone_gives_nothing_else(programmes: ProgrammeSet) -> None:
    result = sold(programmes, line(1, 300, code="GIFT"))
    assert (0, (), 300) == (result.earned_units, result.awards, result.pool_lots[0].units)


def test_that_a_gift_of_nothing_gives_nothing(programmes: ProgrammeSet) -> None:
    result = sold(programmes, line(1, 1000), line(2, 0, code="GIFT"))
    assert [(1, True)] == [(one.line_no, one.by_shop) for one in result.donated]
    assert 1 == len(result.pool_lots)


def test_that_a_regulated_product_is_no_gift(programmes: ProgrammeSet) -> None:
    result = sold(programmes, line(1, 300, code="GIFT", product_class=ProductClass.REGULATED))
    assert ((), ["regulated"]) == (result.donated, refusal_codes(result, 1))


def test_that_goods_of_a_cause_that_does_not_run_are_goods(programmes: ProgrammeSet) -> None:
    ended = programme_set([msgspec.structs.replace(TREES, active_until=date(2026, 6, 30)), EARNING])
    assert {1: 50, 2: 15} == units_by_line(sold(ended, line(1, 1000), GIFT))


def test_that_of_two_causes_under_one_product_the_first_gets_it() -> None:
    other = programme(programme_id="whales", priority=1, charity=Charity(cause="Whales", product="GIFT"))
    result = sold(programme_set([TREES, other]), line(1, 1000), GIFT)
    assert [("Whales", 300)] == [(one.cause, one.amount_minor) for one in result.donated]
    assert ["shop#trees", "shop#charity"] == [lot.issuer for lot in result.pool_lots]


def test_that_each_cause_has_its_product() -> None:
    other = programme(programme_id="whales", charity=Charity(cause="Whales", product="WHALE", pool="whales"))
    result = sold(programme_set([TREES, other]), line(1, 1000), GIFT, line(3, 70, code="WHALE"))
    given = [(one.cause, one.amount_minor) for one in result.donated if not one.by_shop]
    assert [("Trees", 300), ("Whales", 70)] == given
    assert {"shop#trees": 310, "shop#whales": 70} == {
        unit: sum(lot.units for lot in result.pool_lots if lot.issuer == unit) for unit in ("shop#trees", "shop#whales")
    }


def test_that_other_pools_of_the_programme_are_no_gifts() -> None:
    stamps = msgspec.structs.replace(TREES, rules=(Collect(id="stamp", pool="stamps"), Notice(id="n", text="Hello")))
    assert () == sold(programme_set([stamps]), line(1, 1000)).donated


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ('pool = "points"', "charity.pool: what is given to a cause is no points"),
        (
            'pool = "trees"\n\n[[rules]]\nkind = "reward"\nid = "mug"\npool = "trees"\ncost = 1\ngives = "a mug"',
            "rules[1].pool: a reward",
        ),
    ],
)
def test_that_what_was_given_cannot_be_spent(changed: str, why: str) -> None:
    head = preset_text("charity").partition('pool = "trees"')[0]
    with pytest.raises(ProgrammeError) as refused:
        parse_programme(head + changed, source="charity.toml")
    assert why in refused.value.what


def test_that_the_shipped_programme_collects_a_hundredth() -> None:
    result = sold(programme_set([preset("charity")]), line(1, 1597), line(2, 3, code="DONATION"))
    assert (3, 15) == tuple(
        sum(one.amount_minor for one in result.donated if one.by_shop is side) for side in (False, True)
    )
    assert Reward not in {type(rule) for rule in preset("charity").rules}
