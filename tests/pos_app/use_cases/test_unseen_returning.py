"""Goods come back with a receipt that nobody can show."""

import pytest

from pos_app.errors import InputError
from pos_app.model.money import AMOUNT_MAX_MINOR
from pos_app.model.products import Product
from pos_app.model.receipts import Payment, PaymentKind, SaleKind
from pos_app.protocol.events import UnseenLine, UnseenReturnEvent, decode_body
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.unseen_returning import LINES_MAX, UnseenGoods, unseen_goods
from pos_app.use_cases.views import Refund
from storage import unseen_returns
from storage.unseen_returns import UnseenSum
from tests.conftest import OpenShop
from tests.shop import BOB, BREAD, RICE, TEA, Shop

NUMBER = "777-01-0000123"
TAKEN = (unseen_goods(TEA, quantity_milli=2000), unseen_goods(BREAD, refund_minor=300))


def test_that_money_goes_back_and_points_stay(shop: Shop) -> None:
    shop.sell(TEA, card=BOB)
    entries = shop.query("SELECT count(*) FROM entry")
    back = shop.till.return_unseen(NUMBER, TAKEN).result()
    assert (2300, 2300) == (back.refund_minor, back.paid_back_minor)
    assert entries == shop.query("SELECT count(*) FROM entry")
    assert {} == shop.bad_findings()


def test_that_the_event_says_what_came_back(shop: Shop) -> None:
    back = shop.till.return_unseen(NUMBER, TAKEN).result()
    event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", back.event_id)[0][0])
    assert isinstance(event, UnseenReturnEvent)
    assert (NUMBER, back.receipt_number, 2300) == (event.sale_receipt_number, event.receipt_number, event.total_minor)
    assert (
        UnseenLine("tea", "Tea", 2000, 2000, 2000, 333),
        UnseenLine("bread", "Хлеб", 1000, 300, 1000, 27),
    ) == event.lines
    assert (Payment(PaymentKind.CASH, 2300),) == event.payments
    audit = shop.query("SELECT action, subject, outcome FROM audit")
    assert [("return_unseen", NUMBER, "done")] == audit


def test_that_confirming_twice_books_once(shop: Shop) -> None:
    event_id = shop.till.open_basket().event_id
    shop.till.return_unseen(NUMBER, TAKEN, event_id=event_id).result()
    with pytest.raises(InputError) as refused:
        shop.till.return_unseen(NUMBER, TAKEN, event_id=event_id).result()
    assert "return.already_booked" == refused.value.code
    assert [(2,)] == shop.query("SELECT count(*) FROM unseen_line")


def test_that_what_came_back_with_a_receipt_is_summed_by_product(shop: Shop) -> None:
    for _ in range(2):
        shop.till.return_unseen(NUMBER, TAKEN).result()
    shop.till.return_unseen("777-01-0000124", TAKEN).result()
    sums = shop.till.database.read(lambda c: unseen_returns.unseen_of(c, NUMBER))
    assert (UnseenSum("bread", "Хлеб", 2000, 600), UnseenSum("tea", "Tea", 4000, 4000)) == sums


def test_that_money_goes_back_as_coins_or_to_the_card_or_at_the_fiscal_till(open_shop: OpenShop) -> None:
    coins = open_shop("fixed-card", currency={"cash_step_minor": 50})
    assert 350 == coins.till.return_unseen(NUMBER, (unseen_goods(BREAD),)).result().paid_back_minor
    refund = Refund(PaymentKind.CARD, "T-9")
    assert 333 == coins.till.return_unseen(NUMBER, (unseen_goods(BREAD),), refund=refund).result().paid_back_minor
    assert {} == coins.bad_findings()
    beside = open_shop("fixed-card", till={"mode": "beside"})
    beside.till.return_unseen(NUMBER, (unseen_goods(BREAD),)).result()
    assert [("foreign", 333)] == beside.query("SELECT kind, amount_minor FROM payment")


@pytest.mark.parametrize("hq_url", ["", "https://hq.example.org"])
def test_that_the_paper_says_which_receipt_it_was_and_that_points_are_settled_later(
    open_shop: OpenShop, hq_url: str
) -> None:
    shop = open_shop("fixed-card", hq={"url": hq_url})
    back = shop.till.return_unseen(NUMBER, TAKEN).result()
    facts = shop.till.database.read(lambda c: receipt_facts(shop.till, c, back.event_id, is_copy=False))
    assert (SaleKind.RETURN, NUMBER, bool(hq_url), 2300) == (
        facts.kind,
        facts.original_receipt,
        facts.is_unseen,
        facts.total_minor,
    )
    assert [("Tea", 2000, 2000), ("Хлеб", 1000, 300)] == [
        (line.name, line.quantity_milli, line.payable_minor) for line in facts.lines
    ]
    assert None is facts.member
    paper = PrintQueue(shop.till, None, lambda _problem: None).preview(back.event_id)
    assert bool(hq_url) is ("The points of these goods are settled later." in paper.replace("\n", " "))


@pytest.mark.parametrize(
    ("number", "goods", "code"),
    [
        (" ", TAKEN, "return.number"),
        (NUMBER, (), "return.nothing"),
        (NUMBER, (unseen_goods(TEA),) * (LINES_MAX + 1), "return.lines"),
    ],
)
def test_that_nothing_is_booked_without_a_number_or_goods(
    shop: Shop, number: str, goods: tuple[UnseenGoods, ...], code: str
) -> None:
    before = shop.query("SELECT count(*) FROM event")
    with pytest.raises(InputError) as refused:
        shop.till.return_unseen(number, goods).result()
    assert code == refused.value.code
    assert before == shop.query("SELECT count(*) FROM event")


@pytest.mark.parametrize(
    ("product", "quantity_milli", "refund_minor", "code"),
    [
        (TEA, 0, None, "return.quantity"),
        (TEA, 10**7 + 1000, None, "return.quantity"),
        (TEA, 500, None, "return.quantity"),
        (TEA, 2000, 2001, "return.price"),
        (TEA, 1000, -1, "return.price"),
        (Product("gold", "Gold", AMOUNT_MAX_MINOR, 0), 2000, None, "return.quantity"),
    ],
)
def test_that_what_cannot_come_back_is_refused(
    product: Product, quantity_milli: int, refund_minor: int | None, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        unseen_goods(product, quantity_milli=quantity_milli, refund_minor=refund_minor)
    assert code == refused.value.code


def test_that_goods_by_weight_come_back_at_todays_price() -> None:
    assert UnseenGoods(RICE, 1500, 375) == unseen_goods(RICE, quantity_milli=1500)
