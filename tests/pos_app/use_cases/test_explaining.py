"""Why a receipt gave what it gave."""

import msgspec
import pytest

from pos_app.errors import InputError, StorageError
from pos_app.model.staff import Role
from pos_app.use_cases.explaining import explain_basket, explain_receipt
from pos_app.use_cases.explanation_words import ExplanationWords
from pos_app.use_cases.views import BasketLine
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, BREAD, PILLS, TEA, Shop


def test_that_explaining_agrees_and_says_what_was_refused(shop: Shop) -> None:
    sale = shop.sell(TEA, PILLS, card=BOB)
    explanation = explain_receipt(shop.till, sale.receipt_number)
    assert explanation.agrees
    assert sale.quote.result.awards == explanation.result.awards
    assert [(2, "regulated")] == [(refusal.line_no, refusal.reason.code) for refusal in explanation.result.refusals]
    assert sale.event_id == explanation.sale.event_id


def test_that_a_receipt_is_explained_by_the_programmes_of_its_day(open_shop: OpenShop) -> None:
    shop = open_shop("progressive")
    sale = shop.sell(BasketLine(TEA, 3000), card=ANA)
    shop.reopen("fixed-card")
    shop.wait(10**9)
    explanation = explain_receipt(shop.till, sale.receipt_number)
    assert explanation.agrees
    assert {"progressive"} == {award.programme_id for award in explanation.result.awards}


def test_that_burned_points_agree_too(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    sale = shop.sell(TEA, BREAD, card=BOB, burn=25)
    explanation = explain_receipt(shop.till, sale.receipt_number)
    assert (True, 25) == (explanation.agrees, explanation.result.burn_units)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE award SET units = units + 1",
        "UPDATE award SET rule_id = 'another'",
        "UPDATE award SET reason_values = '{\"rate_bp\":9999}'",
        "DELETE FROM award WHERE award_no = 1",
    ],
)
def test_that_a_changed_award_is_noticed(shop: Shop, tampering: str) -> None:
    sale = shop.sell(TEA, BREAD, card=BOB)
    shop.damage(tampering)
    assert not explain_receipt(shop.till, sale.receipt_number).agrees


def test_that_a_receipt_that_this_till_does_not_have_is_refused(shop: Shop) -> None:
    back = shop.take_back(shop.sell(TEA), line_1=1)
    for number in ("001-01-9999999", back.receipt_number):
        with pytest.raises(InputError, match=f"no sale with the number {number}") as refused:
            explain_receipt(shop.till, number)
        assert "explain.unknown" == refused.value.code


def test_that_a_receipt_past_its_retention_is_refused(shop: Shop) -> None:
    sale = shop.sell(TEA)
    shop.damage("UPDATE event SET body = NULL WHERE kind = 'sale'")
    with pytest.raises(InputError, match="past their retention"):
        explain_receipt(shop.till, sale.receipt_number)


def test_that_a_damaged_database_is_said_in_a_sentence(shop: Shop) -> None:
    sale = shop.sell(TEA)
    overwrite_table(shop, "sale")
    with pytest.raises(StorageError) as refused:
        explain_receipt(shop.till, sale.receipt_number)
    assert "storage.damaged" == refused.value.code


def overwrite_table(shop: Shop, table: str) -> None:
    """Overwrite the first page of a table in the closed file, and open the till again."""
    page = shop.query("SELECT rootpage FROM sqlite_schema WHERE name = ?", table)[0][0]
    page_bytes = shop.query("PRAGMA page_size")[0][0]
    shop.till.close()
    with shop.till.database.path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xaa" * page_bytes)
    shop.till = shop._open()


@pytest.mark.parametrize(
    ("role", "words"), [(Role.MANAGER, ["Tea, margin from 40 %", "Pills"]), (Role.CASHIER, ["Tea", "Pills"])]
)
def test_that_a_margin_stands_apart_from_the_name_of_the_goods(shop: Shop, role: Role, words: list[str]) -> None:
    basket = shop.basket(msgspec.structs.replace(TEA, margin_floor_percent=40), PILLS)
    explained = explain_basket(shop.till, basket, role=role)
    said = ExplanationWords(explained, shop.till.terms)
    assert words == [said.goods(line) for line in explained.lines]
