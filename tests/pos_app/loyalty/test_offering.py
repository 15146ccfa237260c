"""Which rewards can be chosen now."""

import msgspec

from pos_app.loyalty.offering import RewardChoice, rewards_now
from pos_app.loyalty.programme import parse_programme, programme_set
from pos_app.model.evaluation import EngineInput, MemberContext
from tests.pos_app.loyalty.builders import line, member, receipt
from tests.pos_app.use_cases.test_pools import STAMPS

PROGRAMMES = programme_set([parse_programme(STAMPS, source="stamps.toml")])
MUG = RewardChoice("burgers/mug", "burgers", "mug", "shop#burger", 3, 1, "a mug", 0, is_taken=False)
VOUCHER = RewardChoice("burgers/voucher", "burgers", "voucher", "shop", 20, 1, "", 100, is_taken=False)


def tea_for(holder: MemberContext | None, *takes: str) -> EngineInput:
    return msgspec.structs.replace(receipt(PROGRAMMES, line(), holder=holder), takes=takes)


def holder(*, stamps: int = 0, points: int = 0, **pools: int) -> MemberContext:
    return msgspec.structs.replace(member(spendable_units=points), pools={"shop#burger": stamps, **pools})


def test_that_nobody_without_a_card_can_choose() -> None:
    assert () == rewards_now(tea_for(None), PROGRAMMES)


def test_that_only_what_the_member_can_pay_for_is_offered() -> None:
    assert () == rewards_now(tea_for(holder(stamps=2, points=19)), PROGRAMMES)
    assert (MUG,) == rewards_now(tea_for(holder(stamps=3)), PROGRAMMES)
    assert (MUG, VOUCHER) == rewards_now(tea_for(holder(stamps=3, points=20)), PROGRAMMES)


def test_that_what_is_taken_already_is_said_to_be() -> None:
    taken = msgspec.structs.replace(MUG, is_taken=True)
    assert (taken, VOUCHER) == rewards_now(tea_for(holder(stamps=3, points=20), "burgers/mug"), PROGRAMMES)


def test_that_points_are_offered_before_anybody_was_asked_for_the_right_to_them() -> None:
    without_right = holder(points=20, shop=0)
    assert (VOUCHER,) == rewards_now(tea_for(without_right), PROGRAMMES)


def test_that_a_reward_that_takes_itself_is_offered_only_while_its_points_wait_for_a_right() -> None:
    by_itself = STAMPS.replace("cost = 20\n", 'cost = 20\ntake = "auto"\n')
    programmes = programme_set([parse_programme(by_itself, source="stamps.toml")])

    def offered(member: MemberContext) -> list[str]:
        return [one.key for one in rewards_now(receipt(programmes, line(), holder=member), programmes)]

    assert [] == offered(holder(points=20)), "it is taken"
    assert ["burgers/voucher"] == offered(holder(points=20, shop=0))
    assert [] == offered(holder(points=20, shop=20)), "it is taken by its right"
