"""What a member did at this till: goods bought, and what rules with caps gave."""

from pos_app.model.products import Product, ProductClass
from pos_app.use_cases import account_acts
from storage import member_history, rebuild
from storage.member_history import GoodsBought, RuleUse
from tests.conftest import OpenShop
from tests.events import events_of
from tests.shop import ANA, BOB, DAY_MS, TEA, Shop

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
