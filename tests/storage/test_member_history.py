"""What a member did at this till: goods bought, and what rules with caps gave."""

from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases import account_acts
from storage import member_history
from storage.member_history import GoodsBought, RuleUse
from storage.rebuild import restore_sale_rows
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, DAY_MS, HOUR_MS, TEA, Shop

ONCE = """
schema = 1
id = "once"
version = 1
name = "Once"
point_worth_minor = 1

[[rules]]
kind = "bonus"
id = "hello"
points = 20

[rules.caps]
month = 30
"""


def uses(shop: Shop, card: str) -> list[RuleUse]:
    account_ref = shop.member(card).account_ref
    return shop.till.database.read(lambda connection: member_history.rule_uses(connection, account_ref))


def goods(shop: Shop, card: str, since: str) -> list[tuple[str, str]]:
    account_ref = shop.member(card).account_ref
    bought: list[GoodsBought] = shop.till.database.read(
        lambda connection: member_history.goods_bought(connection, account_ref, since=since)
    )
    return sorted((one.business_date, one.product_code) for one in bought)


def test_that_goods_are_found_from_a_business_date_on(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card")
    shop.sell(TEA, card=BOB)
    shop.sell(BREAD)
    shop.wait(DAY_MS)
    shop.sell(BREAD, card=BOB)
    assert [("2026-07-01", "tea"), ("2026-07-02", "bread")] == goods(shop, BOB, "2026-07-01")
    assert [("2026-07-02", "bread")] == goods(shop, BOB, "2026-07-02")
    assert [] == goods(shop, ANA, "2026-07-01")


def test_that_goods_are_found_where_the_day_begins_long_before_that_of_utc(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", shop={"zone": "Pacific/Kiritimati"})
    shop.wait(3 * HOUR_MS)
    shop.sell(TEA, card=BOB)
    assert [("2026-07-02", "tea")] == goods(shop, BOB, "2026-07-02")


def test_that_only_rules_with_caps_are_kept_and_only_for_members(open_shop: OpenShop) -> None:
    shop = open_shop(ONCE, "fixed-card")
    shop.sell(TEA, card=BOB)
    shop.sell(TEA)
    shop.sell(TEA, card=BOB)
    shop.sell(TEA, card=BOB)
    assert [10, 20] == sorted(use.units for use in uses(shop, BOB))
    assert {("once/hello", "2026-07-01")} == {(use.rule, use.business_date) for use in uses(shop, BOB)}
    assert [] == uses(shop, ANA)


def test_that_a_merge_brings_both_histories_together(open_shop: OpenShop) -> None:
    shop = open_shop(ONCE)
    shop.sell(TEA, card=ANA)
    shop.sell(BREAD, card=BOB)
    shop.till.book_act(account_acts.merge, ANA, BOB).result()
    assert [20, 20] == [use.units for use in uses(shop, BOB)]
    assert ["bread", "tea"] == [code for _, code in goods(shop, ANA, "2026-07-01")]


def test_that_a_restored_sale_brings_back_what_its_rules_gave_once(open_shop: OpenShop) -> None:
    shop = open_shop(ONCE)
    sale = shop.sell(TEA, card=BOB)
    event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", sale.event_id)[0][0])
    assert isinstance(event, SaleEvent)
    assert {"once/hello": 20} == event.used
    for table in ("rule_use", "print_job", "sale"):
        shop.damage(f"DELETE FROM {table}")
    assert [] == uses(shop, BOB)
    for _ in range(2):
        shop.till.database.write(lambda connection: restore_sale_rows(connection, event))
        assert [20] == [use.units for use in uses(shop, BOB)]
        shop.damage("DELETE FROM sale")
