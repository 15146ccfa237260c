"""A fresh card becomes a member's."""

import pytest

from pos_app.errors import InputError
from pos_app.protocol.events import EnrolmentEvent, decode_body
from pos_app.settings import CardRange, Settings
from pos_app.use_cases.card_ranges import card_range_of, find_card_range
from tests.conftest import OpenShop
from tests.shop import BOB, NOBODY, TEA, Shop

RANGES = {
    "cards": [
        {"first": "2990000000000", "last": "2990000000039", "card_class": "silver"},
        {"first": "2990000000040", "last": "2999999999999", "card_class": "gold"},
        {"first": "700", "last": "799", "check_digit": "none"},
    ]
}


def test_that_a_fresh_card_becomes_a_members_at_once(shop: Shop) -> None:
    member = shop.till.enrol(NOBODY, name="  Мария   Петрова ", phone=" +381 60 / 123-456 ").result()
    assert ("Мария Петрова", "+381 60 / 123-456", "", 0) == (
        member.name,
        member.phone,
        member.card_class,
        member.receipts_before,
    )
    assert member == shop.member(NOBODY)
    event = decode_body(shop.query("SELECT body FROM event ORDER BY seq DESC LIMIT 1")[0][0])
    assert isinstance(event, EnrolmentEvent)
    assert (member.account_ref, NOBODY) == (event.account_ref, event.card_number)
    assert {} == shop.bad_findings()


def test_that_name_and_phone_are_optional_and_stay_out_of_the_tables_when_empty(shop: Shop) -> None:
    member = shop.till.enrol(NOBODY, name=" ", phone="").result()
    assert [] == shop.query("SELECT field FROM personal_field WHERE account_ref = ?", member.account_ref)


def test_that_the_cards_range_gives_its_class(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", **RANGES)
    assert "gold" == shop.till.enrol(NOBODY).result().card_class
    assert 50 == shop.sell(TEA, card=NOBODY).quote.result.earned_units


def test_that_a_taken_card_is_refused(shop: Shop) -> None:
    assert "enrol.taken" == refusal(shop, BOB)


@pytest.mark.parametrize("name", ["x" * 81, "Ana\x00", "Ana\u202e"])
def test_that_a_name_that_cannot_be_printed_is_refused(shop: Shop, name: str) -> None:
    assert "enrol.name" == refusal(shop, NOBODY, name=name)


@pytest.mark.parametrize("phone", ["1" * 21, "sixty", "+381 60 1;2"])
def test_that_a_phone_that_is_none_is_refused(shop: Shop, phone: str) -> None:
    assert "enrol.phone" == refusal(shop, NOBODY, phone=phone)


@pytest.mark.parametrize("card", ["", "299", "1234567890128", "299000000004x"])
def test_that_a_number_outside_the_cards_ranges_is_refused(shop: Shop, card: str) -> None:
    assert "enrol.no_card" == refusal(shop, card)


def test_that_a_range_is_found_by_length_and_number() -> None:
    plain, gold = CardRange("100", "199", check_digit="none"), CardRange("1000", "1099", card_class="gold")
    settings = Settings(cards=(plain, gold))
    assert settings.cards[1] == find_card_range(settings, "1050")
    assert settings.cards[0] == card_range_of(settings, "150")
    assert None is find_card_range(settings, "200")


def refusal(shop: Shop, card: str, **fields: str) -> str:
    before = shop.query("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM account)")
    with pytest.raises(InputError) as refused:
        shop.till.enrol(card, **fields).result()
    assert before == shop.query("SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM account)")
    return refused.value.code


@pytest.mark.parametrize("number", ["2990000000018", "2990０0000００００"])
def test_that_a_number_with_a_wrong_check_digit_is_no_card(shop: Shop, number: str) -> None:
    with pytest.raises(InputError, match=r"check digit|card ranges"):
        shop.till.enrol(number).result()
