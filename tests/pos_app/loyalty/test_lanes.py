"""Which rule wins a line: what lanes remember by kind of goods is what asking every rule about every line gives."""

import pytest
from hypothesis import given

from pos_app.loyalty.document import Caps, Percent
from pos_app.loyalty.lanes import decide, offers_of
from pos_app.loyalty.plan import NOBODY, Lane, plan_for
from pos_app.loyalty.pricing import price_receipt
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import EngineInput
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, programme, sold
from tests.pos_app.loyalty.strategies import every_kind, receipts


def _winners_one_by_one(lane: Lane, receipt: Receipt) -> list[tuple[int, int]]:
    """Winner and worth of each line, where every rule is asked about it."""
    best = [(NOBODY, 0)] * len(receipt.lines)
    for number, contender in enumerate(lane.contenders):
        rating = contender.rating(receipt)
        if rating.rate:
            for index, offer in enumerate(offers_of(contender, rating, receipt)):
                if offer > best[index][1]:
                    best[index] = number, offer
    return best


@every_kind
@given(receipts())
def test_that_the_highest_offer_wins_and_of_equal_ones_the_first(case: tuple[EngineInput, ProgrammeSet]) -> None:
    engine_input, programmes = case
    plan = plan_for(programmes, engine_input.business_date, engine_input.store_id)
    lines = [line for line in engine_input.lines if line.product_class is not ProductClass.REGULATED]
    receipt = Receipt(engine_input, lines, plan.goods.of_lines(lines), [line.amount_minor for line in lines])
    points = [] if receipt.member is None else [(lane, receipt) for lane in plan.point_lanes]
    for lane, seen in [*points, *((lane, price_receipt(receipt)) for lane in plan.price_lanes)]:
        decided = decide(lane, seen)
        own = {gift.index: gift.worth for gift in decided.gifts if gift.giver not in lane.boosters}
        found = [(winner, own.get(index, 0)) for index, winner in enumerate(decided.winners)]
        assert _winners_one_by_one(lane, seen) == found


@pytest.mark.parametrize("first", ["limited", "plain"])
@pytest.mark.parametrize("lane", ["points", "price"])
def test_that_of_equal_rules_the_first_wins_though_one_is_asked_line_by_line(first: str, lane: str) -> None:
    rules = [
        Percent(id="limited", rate_bp=1000, lane=lane, priority=int(first != "limited"), caps=Caps(line=900)),
        Percent(id="plain", rate_bp=1000, lane=lane, priority=int(first != "plain")),
    ]
    result = sold(programme_set([programme(*rules)]), line())
    assert [first] == [award.rule_id for award in result.awards] + [discount.rule_id for discount in result.discounts]
