"""``pos-app charity``, ``contract`` and ``takings``, and the same at headquarters, as people and programs use them."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from pos_app.use_cases import giving, lending
from tests.pos_app.command_line.test_commands import Ran, settings, used
from tests.pos_app.command_line.test_hq_accounts_commands import engine
from tests.pos_app.use_cases.test_lending import CASH, COAT
from tests.shop import BOB, BREAD, ENOUGH, NOON_MS, Shop

__all__ = ["engine", "settings", "used"]


@pytest.fixture
def shop_file(used: Path) -> Path:
    """A till that has sold a coat in parts, and bread with a gift, long ago."""
    shop = Shop(used.parent / "till", "instalments", "charity", at_ms=NOON_MS)
    shop.put(COAT)
    basket = shop.basket(COAT, card=BOB)
    to_pay_minor = shop.till.quote(basket).to_pay_minor
    agreement = shop.till.database.read(lambda c: lending.agreement_on(shop.till, c, basket, to_pay_minor))
    shop.till.close_sale(basket, [agreement.tender, CASH]).result()
    (cause,) = giving.causes_now(shop.till).values()
    gift = giving.with_gift(shop.basket(BREAD), giving.product_of(shop.till, cause), 67)
    shop.till.close_sale(gift, ENOUGH).result()
    shop.close()
    return used


def run(shop_file: Path, *arguments: Any) -> Ran:
    return Ran(*arguments, "--settings", shop_file)


def test_that_the_till_says_what_was_given(shop_file: Path) -> None:
    said = run(shop_file, "charity", "report")
    assert (0, True) == (said.code, "Planting trees" in said.out)
    assert [("Planting trees", 67, 200)] == [
        (one["cause"], one["by_customers_minor"], one["by_shop_minor"])
        for one in run(shop_file, "charity", "report", "--from", "2026-07-01", "--until", "2026-07-01", "--json").json
    ]
    assert [] == run(shop_file, "charity", "report", "--from", "2026-07-02", "--json").json


def test_that_contracts_are_listed_shown_and_paid(shop_file: Path) -> None:
    (listed,) = run(shop_file, "contract", "list", "--overdue", "--json").json
    number = listed["contract"]["number"]
    assert (15_000, 15_000) == (listed["owed_minor"], listed["overdue_minor"])
    assert number in run(shop_file, "contract", "list").out
    shown = run(shop_file, "contract", "show", number)
    assert (0, True) == (shown.code, "Still to be paid: 150.00, 150.00 of it overdue" in shown.out)
    assert 15_000 == run(shop_file, "contract", "show", number, "--json").json["owed_minor"]
    paid = run(shop_file, "contract", "pay", number, "--amount", "20.00", "--card", "T-1")
    assert (0, True) == (paid.code, "130.00 is still to be paid" in paid.out)
    assert 0 == run(shop_file, "contract", "pay", number, "--json").json["contract"]["paid_minor"] - 15_000
    assert "The contract owes 0.00." in run(shop_file, "contract", "pay", number, "--amount", "0.01").err
    assert "twenty is no amount." in run(shop_file, "contract", "pay", number, "--amount", "twenty").err
    assert 2 == run(shop_file, "contract", "show", "001-01-9999999").code
    assert [] == run(shop_file, "contract", "list", "--json").json


def test_that_takings_tell_money_from_what_is_owed(shop_file: Path) -> None:
    day = ("--from", "2026-07-01", "--until", "2026-07-01")
    found = {one["kind"]: one["sold_minor"] for one in run(shop_file, "takings", *day, "--json").json}
    assert 15_000 == found["instalments"]
    said = run(shop_file, "takings", *day)
    assert (0, True) == (said.code, "no money" in said.out)


@pytest.mark.parametrize("command", [("charity", "report"), ("takings",)])
def test_that_a_last_day_before_the_first_is_refused(shop_file: Path, command: tuple[str, ...]) -> None:
    asked = run(shop_file, *command, "--from", "2026-07-02", "--until", "2026-07-01")
    assert (2, True) == (asked.code, "The last day is before the first." in asked.err)
    assert "Correct --from or --until." in asked.err


def test_that_headquarters_lists_causes_and_contracts(engine: Engine) -> None:
    database = engine.url.render_as_string(hide_password=False)
    assert [] == Ran("hq", "charity", "--database", database, "--json").json
    assert 0 == Ran("hq", "charity", "--from", "2026-01-01", "--database", database).code
    backwards = ("--from", "2026-01-02", "--until", "2026-01-01")
    assert 2 == Ran("hq", "charity", *backwards, "--database", database).code
    found = Ran("hq", "contracts", "--on", "2026-09-01", "--database", database, "--json").json
    assert {"contracts": [], "totals": {"on_date": "2026-09-01", "contracts": 0, "owed_minor": 0}} == {
        "contracts": found["contracts"],
        "totals": {name: found["totals"][name] for name in ("on_date", "contracts", "owed_minor")},
    }
    for option in ("--overdue", "--overpaid"):
        assert "0 contracts owe 0.00" in Ran("hq", "contracts", option, "--database", database).out
