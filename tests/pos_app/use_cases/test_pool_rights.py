"""Stamps at a till beneath headquarters: used on its last word, once, and nowhere twice within what that allows."""

import pytest

from pos_app.errors import InputError
from pos_app.model.evaluation import MemberContext
from pos_app.protocol.events import SaleEvent
from pos_app.use_cases import account_acts
from pos_app.use_cases.burning import FRESH_MS
from tests.conftest import OpenShop
from tests.pos_app.sync.servers import serving
from tests.pos_app.use_cases.burners import Beneath, holds, hq_lot
from tests.pos_app.use_cases.test_pools import BURGER, STAMPS, burgers
from tests.shop import BOB, ENOUGH, HOUR_MS, TEA, Shop

NOWHERE = "http://127.0.0.1:1"
UNIT = "shop#burger"


class StampedBeneath(Beneath):
    """Bob has stamps and points at headquarters."""

    programmes = (STAMPS,)

    def stamp(self, units: int) -> None:
        self.shop.put(BURGER)
        self.confirm(hq_lot(1_000), hq_lot(units, issuer=UNIT))

    def usable(self) -> int:
        return self.shop.member(BOB).pools.get(UNIT, 0)

    def away(self, ms: int) -> None:
        """Headquarters was not heard for so long."""
        self.shop.wait(ms)


@pytest.fixture
def beneath(open_shop: OpenShop) -> StampedBeneath:
    made = StampedBeneath(open_shop, NOWHERE)
    made.stamp(8)
    return made


def free_burger(shop: Shop) -> int:
    """What a burger costs now."""
    return shop.sell(burgers(1), card=BOB).quote.total_minor


def test_that_stamps_are_used_on_the_word_that_headquarters_just_gave(beneath: StampedBeneath) -> None:
    assert 8 == beneath.usable()
    assert [0, 0, 500] == [free_burger(beneath.shop) for _ in range(3)]


def test_that_a_till_that_is_cut_off_gives_one_reward_until_headquarters_has_heard(beneath: StampedBeneath) -> None:
    beneath.away(FRESH_MS + 1)
    assert [0, 500] == [free_burger(beneath.shop) for _ in range(2)]
    beneath.confirm(hq_lot(4, issuer=UNIT))
    assert 0 == free_burger(beneath.shop)


def test_that_what_this_till_gave_is_not_used_before_headquarters_has_it(beneath: StampedBeneath) -> None:
    beneath.confirm()
    beneath.shop.sell(burgers(4), card=BOB)
    member = beneath.shop.member(BOB)
    assert (4, 0) == (member.pool_balances[UNIT].available_units, beneath.usable())
    assert 500 == free_burger(beneath.shop)


@pytest.mark.parametrize("policy", [{"allowance": "none"}, {"allowance": "lease"}])
def test_that_only_limits_let_stamps_be_used_while_headquarters_is_away(
    beneath: StampedBeneath, policy: dict[str, str]
) -> None:
    beneath.set_policy(**policy)
    assert 8 == beneath.usable()
    beneath.away(FRESH_MS + 1)
    assert 0 == beneath.usable()


def test_that_an_old_word_lets_nothing_be_used(beneath: StampedBeneath) -> None:
    beneath.away(73 * HOUR_MS)
    assert 0 == beneath.usable()


def test_that_a_till_that_headquarters_does_not_believe_uses_nothing(beneath: StampedBeneath) -> None:
    beneath.change(sync_state="fork")
    assert 0 == beneath.usable()


def test_that_a_frozen_account_uses_nothing(beneath: StampedBeneath) -> None:
    beneath.till.book_act(account_acts.freeze, BOB).result()
    assert 0 == beneath.usable()


def test_that_points_of_a_reward_want_the_right_of_burning(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        beneath = StampedBeneath(open_shop, hq.url)
        beneath.stamp(0)
        basket = beneath.shop.basket(TEA, card=BOB, takes=("burgers/voucher",))
        assert () == beneath.till.quote(basket).result.taken, "nobody was asked yet"
        assert ["burgers/voucher"] == [choice.key for choice in beneath.till.rewards(basket)]
        closed = beneath.sell(basket, beneath.ask(20, basket), units=0)
        assert 900 == closed.quote.total_minor
        sale = beneath.events()[-1]
        assert isinstance(sale, SaleEvent)
        assert ("hold", 0, 20) == (sale.burn_basis, sale.burn_units, sale.redeemed_units)
        assert isinstance(sale.engine_input.member, MemberContext)
        assert {UNIT: 0, "shop": 20} == {UNIT: 0} | sale.engine_input.member.pools


def test_that_stamps_that_were_used_while_the_basket_was_open_are_not_used_again(beneath: StampedBeneath) -> None:
    beneath.away(FRESH_MS + 1)
    left_open = beneath.shop.basket(burgers(1), card=BOB)
    free_burger(beneath.shop)
    with pytest.raises(InputError) as refused:
        beneath.till.close_sale(left_open, ENOUGH).result()
    assert "sale.balance" == refused.value.code
