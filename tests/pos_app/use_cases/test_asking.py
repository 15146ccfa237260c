"""Which receipts ask the NPS question: the till chooses, not the cashier, and nobody is asked too often."""

from pos_app.use_cases.booking import prepare_sale
from storage import journal
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, ENOUGH, TEA, Shop


def with_hq(open_shop: OpenShop, **nps: int) -> Shop:
    """A shop that has joined an HQ whose page takes the answers."""
    shop = open_shop("fixed-card", nps=nps)
    shop.till.database.write(
        lambda c: journal.change_terminal(c, nps_url="https://hq.example.org", nps_key=bytes(range(32)))
    )
    return shop


def asked(shop: Shop, card: str = "") -> bool:
    sale = shop.sell(TEA, card=card)
    return bool(shop.query("SELECT asks_nps FROM sale WHERE event_id = ?", sale.event_id)[0][0])


def test_that_a_shop_without_a_page_for_answers_asks_nobody(shop: Shop) -> None:
    assert not asked(shop)


def test_that_a_share_of_everything_is_everybody_and_of_nothing_nobody(open_shop: OpenShop) -> None:
    assert all(asked(shop) for shop in [with_hq(open_shop, share_percent=100)] for _ in range(5))
    assert not any(asked(shop) for shop in [with_hq(open_shop, share_percent=0)] for _ in range(5))


def test_that_a_share_is_about_that_share(open_shop: OpenShop) -> None:
    """Of 200 receipts at 30 %; the bounds are five standard deviations away."""
    shop = with_hq(open_shop, share_percent=30)
    assert 27 <= sum(asked(shop) for _ in range(200)) <= 93


def test_that_a_member_is_asked_once_within_the_quiet_days(open_shop: OpenShop) -> None:
    shop = with_hq(open_shop, quiet_days=30)
    assert asked(shop, BOB)
    assert not asked(shop, BOB)
    assert asked(shop, ANA)
    assert asked(shop)
    shop.wait(30 * DAY_MS - 1)
    assert not asked(shop, BOB)
    shop.wait(1)
    assert asked(shop, BOB)


def test_that_a_basket_keeps_its_answer_however_often_it_is_closed(open_shop: OpenShop) -> None:
    """The choice follows from the event's id, so it cannot be changed by trying again."""
    shop = with_hq(open_shop, share_percent=50)
    basket = shop.basket(TEA)
    answers = set()
    for _ in range(3):
        prepared = shop.till.database.submit_steps(
            lambda c: prepare_sale(shop.till, c, basket, ENOUGH, foreign_receipt="")
        ).result()
        answers.add(prepared.event.asks_nps)
    assert 1 == len(answers)
