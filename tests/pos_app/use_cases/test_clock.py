import pytest

from pos_app.errors import InputError
from pos_app.use_cases.checking import Verdict, examine_clock
from tests.conftest import OpenShop
from tests.shop import ANA, DAY_MS, HOUR_MS, TEA, TENDER, Shop

FAR_MS = 400 * DAY_MS


def distrusting(open_shop: OpenShop) -> Shop:
    """A shop with Ana's 5 points, usable in an hour, whose clock is a machine's: it may be wrong."""
    shop = open_shop(TENDER)
    shop.clock.is_trusted = False
    shop.sell(TEA, card=ANA)
    return shop


# The second receipt's points are dated by the wrong clock: in the far future, or an hour ago.
@pytest.mark.parametrize(("jump_ms", "available_units"), [(FAR_MS, 5), (-2 * HOUR_MS, 10)])
def test_that_a_wrong_clock_lets_no_point_expire(open_shop: OpenShop, jump_ms: int, available_units: int) -> None:
    shop = distrusting(open_shop)
    shop.wait(jump_ms)
    assert 0 == shop.till.book_due().result()
    shop.sell(TEA, card=ANA)
    shop.wait(HOUR_MS - jump_ms)
    assert available_units == shop.member(ANA).balance.available_units


def test_that_a_wrong_clock_burns_no_point(open_shop: OpenShop) -> None:
    shop = distrusting(open_shop)
    shop.wait(2 * HOUR_MS)
    assert 5 == shop.member(ANA).spendable_units
    shop.wait(-4 * HOUR_MS)
    assert 0 == shop.member(ANA).spendable_units
    with pytest.raises(InputError, match="At most 0 points"):
        shop.sell(TEA, card=ANA, burn=1)


def test_that_a_person_can_say_that_the_clock_is_right(open_shop: OpenShop) -> None:
    shop = distrusting(open_shop)
    shop.wait(FAR_MS)
    assert Verdict.BAD is examine_clock(shop.till).verdict
    shop.till.confirm_clock()
    assert Verdict.GOOD is examine_clock(shop.till).verdict
    assert 1 == shop.till.book_due().result()


def test_that_an_ordinary_pause_needs_nobody(open_shop: OpenShop) -> None:
    shop = distrusting(open_shop)
    shop.wait(13 * DAY_MS)
    assert Verdict.GOOD is examine_clock(shop.till).verdict
    assert 1 == shop.till.book_due().result()


def test_that_a_sale_on_a_wrong_clock_does_not_make_it_believed(open_shop: OpenShop) -> None:
    shop = distrusting(open_shop)
    shop.wait(FAR_MS)
    shop.sell(TEA, card=ANA)
    shop.wait(DAY_MS)
    assert Verdict.BAD is examine_clock(shop.till).verdict
