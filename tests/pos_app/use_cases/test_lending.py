"""Paying in parts at a till: what is agreed with a sale, what is paid on it later, and what goods that come back take off it."""

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.contracts import Contract
from pos_app.model.products import Product
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.model.staff import Permission
from pos_app.protocol.events import (
    PROGRAMMES_VERSION,
    ContractEvent,
    InstalmentEvent,
    ReturnEvent,
    SaleEvent,
    decode_body,
)
from pos_app.use_cases import account_acts, contracts, lending, personal_data, sentinel, staffing
from pos_app.use_cases.contracts import ClosedInstalment
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.repairing import repair
from pos_app.use_cases.views import Basket, BasketLine, ClosedSale
from receipts.layout import lay_out
from receipts.text import render_text
from storage import audit, rebuild, takings
from storage.audit import AuditQuery
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, Shop
from tests.staff import PINS, enter, hire

COAT = Product("coat", "Coat", 20_001, 0)
CASH = Tender(PaymentKind.CASH, 10**9)


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    opened = open_shop("instalments", "fixed-card")
    opened.put(COAT)
    return opened


def agreed(shop: Shop, basket: Basket) -> lending.Agreement:
    to_pay_minor = shop.till.quote(basket).to_pay_minor
    return shop.till.database.read(lambda c: lending.agreement_on(shop.till, c, basket, to_pay_minor))


def lend(shop: Shop, *goods: Product | BasketLine, card: str = ANA, first: Tender = CASH) -> ClosedSale:
    basket = shop.basket(*goods, card=card)
    return shop.till.close_sale(basket, [agreed(shop, basket).tender, first]).result()


def pay(shop: Shop, sale: ClosedSale, minor: int, tender: Tender = CASH, **more: str) -> ClosedInstalment:
    return shop.till.book_act(contracts.pay, sale.receipt_number, minor, tender, **more).result()


def contract(shop: Shop, sale: ClosedSale) -> Contract:
    return contracts.show_contract(shop.till, sale.receipt_number).contract


def code_of(refused: pytest.ExceptionInfo[InputError]) -> str:
    return refused.value.code


def test_that_the_first_part_is_paid_and_the_rest_is_owed(shop: Shop) -> None:
    sale = lend(shop, COAT, first=Tender(PaymentKind.CASH, 6_000))
    assert (
        Payment(PaymentKind.INSTALMENTS, 15_000, 15_000),
        Payment(PaymentKind.CASH, 5_001, 6_000),
    ) == sale.payments
    assert (999, 20_001) == (sale.change_minor, sale.quote.total_minor)
    known = contract(shop, sale)
    assert [("2026-07-31", 5_000), ("2026-08-30", 5_000), ("2026-09-29", 5_000)] == [
        (part.due_on, part.amount_minor) for part in known.parts
    ]
    assert (15_000, sale.receipt_number) == (known.owed_minor, known.number)


def events(shop: Shop) -> list[object]:
    kinds = "('sale', 'contract', 'instalment', 'return')"
    bodies = shop.query(f"SELECT body FROM event WHERE kind IN {kinds} ORDER BY seq")
    return [decode_body(body) for (body,) in bodies]


def test_that_the_contract_stands_behind_its_sale_in_the_chain(shop: Shop) -> None:
    sale = lend(shop, COAT)
    pay(shop, sale, 5_000)
    sold, agreement, payment = events(shop)
    assert isinstance(sold, SaleEvent)
    assert isinstance(agreement, ContractEvent)
    assert isinstance(payment, InstalmentEvent)
    assert PROGRAMMES_VERSION == sold.version == agreement.version == payment.version
    assert (sold.event_id, sold.receipt_number, 15_000) == (
        agreement.sale_event_id,
        agreement.number,
        agreement.total_minor,
    )
    assert agreement.event_id == agreement.contract_id == payment.contract_id
    assert agreement.moment.hlc > sold.moment.hlc
    assert explain_receipt(shop.till, sale.receipt_number).agrees


def test_that_the_same_basket_makes_one_contract(shop: Shop) -> None:
    basket = shop.basket(COAT, card=ANA)
    tenders = [agreed(shop, basket).tender, CASH]
    shop.till.close_sale(basket, tenders).result()
    with pytest.raises(InputError, match="already booked"):
        shop.till.close_sale(basket, tenders).result()
    assert 1 == len(contracts.list_contracts(shop.till))


@pytest.mark.parametrize(
    ("goods", "card", "code"),
    [
        ([msgspec.structs.replace(COAT, price_minor=9_999)], ANA, "contract.total"),
        ([msgspec.structs.replace(COAT, price_minor=200_001)], ANA, "contract.total"),
        ([COAT], "", "contract.member"),
    ],
)
def test_that_not_every_basket_is_paid_in_parts(shop: Shop, goods: list[Product], card: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        agreed(shop, shop.basket(*goods, card=card))
    assert code == code_of(refused)


def test_that_a_programme_that_does_not_run_lends_nothing(open_shop: OpenShop) -> None:
    plain = open_shop("fixed-card")
    plain.put(COAT)
    with pytest.raises(InputError) as refused:
        agreed(plain, plain.basket(COAT, card=ANA))
    assert "contract.programme" == code_of(refused)


def test_that_beside_a_fiscal_till_nothing_is_lent(open_shop: OpenShop) -> None:
    beside = open_shop("instalments", till={"mode": "beside"})
    beside.put(COAT)
    with pytest.raises(InputError) as refused:
        agreed(beside, beside.basket(COAT, card=ANA))
    assert "contract.beside" == code_of(refused)


def test_that_only_what_was_agreed_is_lent(shop: Shop) -> None:
    basket = shop.basket(COAT, card=ANA)
    with pytest.raises(InputError) as refused:
        shop.till.close_sale(basket, [Tender(PaymentKind.INSTALMENTS, 20_000), CASH]).result()
    assert "contract.changed" == code_of(refused)
    assert [] == events(shop)


def test_that_a_member_has_one_contract_at_a_time_and_none_while_a_part_is_overdue(shop: Shop) -> None:
    sale = lend(shop, COAT)
    with pytest.raises(InputError) as refused:
        lend(shop, COAT)
    assert "contract.open" == code_of(refused)
    shop.wait(31 * DAY_MS)
    with pytest.raises(InputError) as refused:
        lend(shop, COAT)
    assert "contract.overdue" == code_of(refused)
    pay(shop, sale, 15_000)
    assert 15_000 == contract(shop, lend(shop, COAT)).owed_minor


@pytest.mark.usefixtures("no_keystore")
def test_that_a_manager_allows_a_large_total(shop: Shop) -> None:
    hire(shop.till)
    enter(shop.till, "ben")
    basket = shop.basket(BasketLine(COAT, 5_000), card=ANA)
    agreement = agreed(shop, basket)
    assert f"{basket.event_id} 100005" == agreement.approval_subject
    with pytest.raises(NotAllowedError):
        shop.till.close_sale(basket, [agreement.tender, CASH]).result()
    subject = agreement.approval_subject
    approval = shop.till.approve(Permission.LEND, staff_ref="anna", pin=PINS["anna"], subject=subject).result()
    staffing.grant(shop.till, approval)
    shop.till.close_sale(basket, [agreement.tender, CASH]).result()
    agreed_on = next(event for event in events(shop) if isinstance(event, ContractEvent))
    assert ("anna", ["lend"]) == (
        agreed_on.approved_by,
        [row.action for row in shop.till.database.read(lambda c: audit.find_rows(c, AuditQuery(action="lend")))],
    )


def test_that_payments_take_the_earliest_part_and_never_too_much(shop: Shop) -> None:
    sale = lend(shop, COAT)
    shop.wait(31 * DAY_MS)
    paid = pay(shop, sale, 2_000, Tender(PaymentKind.CASH, 2_500))
    assert (500, 13_000, "2026-08-30") == (paid.change_minor, paid.contract.owed_minor, paid.contract.parts[1].due_on)
    assert 3_000 == contracts.show_contract(shop.till, sale.receipt_number).overdue_minor
    for minor in (0, 13_001):
        with pytest.raises(InputError) as refused:
            pay(shop, sale, minor)
        assert "contract.amount" == code_of(refused)
    with pytest.raises(InputError) as refused:
        pay(shop, sale, 3_000, Tender(PaymentKind.CASH, 2_999))
    assert "contract.payment" == code_of(refused)
    pay(shop, sale, 13_000, Tender(PaymentKind.CARD, 13_000, "T-1"))
    assert () == contracts.list_contracts(shop.till)


def test_that_a_payment_is_booked_once(shop: Shop) -> None:
    sale = lend(shop, COAT)
    event_id = shop.till.open_basket().event_id
    pay(shop, sale, 5_000, event_id=event_id)
    with pytest.raises(InputError) as refused:
        pay(shop, sale, 5_000, event_id=event_id)
    assert ("contract.already_booked", 10_000) == (code_of(refused), contract(shop, sale).owed_minor)


def test_that_an_unknown_contract_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError) as refused:
        contracts.show_contract(shop.till, "001-01-9999999")
    assert "contract.unknown" == code_of(refused)
    sale = lend(shop, COAT)
    known = contract(shop, sale)
    assert known == contracts.show_contract(shop.till, known.contract_id).contract


def paper(shop: Shop, event_id: str) -> str:
    facts = shop.till.database.read(lambda connection: receipt_facts(shop.till, connection, event_id, is_copy=False))
    return " ".join(render_text(lay_out(facts), 42).split())


def test_that_the_receipt_has_the_schedule_and_each_payment_its_slip(shop: Shop) -> None:
    sale = lend(shop, COAT)
    assert (
        f"Contract {sale.receipt_number} Until 31 Jul 2026 50.00 Until 30 Aug 2026 50.00 Until 29 Sept 2026 50.00 "
        "Still to be paid €150.00"
    ) in paper(shop, sale.event_id)
    assert "To be paid in parts 150.00 Cash" in paper(shop, sale.event_id)
    slip = paper(shop, pay(shop, sale, 7_000, Tender(PaymentKind.CASH, 10_000)).event_id)
    assert "INSTALMENT" in slip
    assert "PAID €70.00 Cash 100.00 Change 30.00" in slip
    assert (
        f"Contract {sale.receipt_number} Until 30 Aug 2026 30.00 Until 29 Sept 2026 50.00 Still to be paid €80.00"
        in slip
    )
    assert "item" not in slip


def test_that_goods_that_come_back_lower_what_is_owed_first(shop: Shop) -> None:
    sale = lend(shop, BasketLine(COAT, 2_000))
    pay(shop, sale, 10_001)
    half = shop.take_back(sale, line_1=1)
    assert (20_001, 20_000, 1) == (half.refund_minor, half.lowered_minor, half.paid_back_minor)
    assert 0 == contract(shop, sale).owed_minor
    assert "Taken off the contract 200.00 Refunded in cash 0.01" in paper(shop, half.event_id)
    rest = shop.take_back(sale, line_1=1)
    assert (0, 20_001) == (rest.lowered_minor, rest.paid_back_minor)


def test_that_money_goes_back_only_as_far_as_it_came(shop: Shop) -> None:
    sale = lend(shop, BasketLine(COAT, 2_000))
    paid_minor = sum(one.amount_minor for one in sale.payments if one.kind is PaymentKind.CASH)
    paid_minor += pay(shop, sale, 10_001).paid_minor
    back = [shop.take_back(sale, line_1=1), shop.take_back(sale, line_1=1)]
    assert paid_minor == sum(one.paid_back_minor for one in back)
    with pytest.raises(InputError, match="more would come back"):
        shop.take_back(sale, line_1=1)


def test_that_goods_that_are_not_paid_bring_no_money(shop: Shop) -> None:
    sale = lend(shop, BasketLine(COAT, 4_000))
    back = shop.take_back(sale, line_1=1)
    assert (20_001, 0) == (back.lowered_minor, back.paid_back_minor)
    assert 60_003 - 20_001 == contract(shop, sale).owed_minor
    # The latest part is taken off first.
    assert [20_001, 20_001] == [part.amount_minor for part in contract(shop, sale).left]
    returned = next(event for event in events(shop) if isinstance(event, ReturnEvent))
    assert (Payment(PaymentKind.INSTALMENTS, 20_001),) == returned.payments


def test_that_of_a_member_whom_nobody_knows_here_nothing_was_paid(shop: Shop) -> None:
    lend(shop, COAT)
    sold = next(event for event in events(shop) if isinstance(event, SaleEvent))
    stranger = msgspec.structs.replace(sold, account_ref="nobody", event_id="0197c0de-0000-7000-8000-000000000001")
    known = msgspec.structs.replace(stranger, account_ref=sold.account_ref)
    asked = ((stranger, 0), (stranger, 14_000), (known, 0))
    lowered = shop.till.database.read(
        lambda c: [lending.lowered_minor(c, sale, 20_001, back_before_minor=before) for sale, before in asked]
    )
    assert [15_000, 1_000, 0] == lowered


@pytest.mark.usefixtures("no_keystore")
def test_that_the_doctor_sees_and_mends_a_contract(shop: Shop) -> None:
    sale = lend(shop, COAT)
    pay(shop, sale, 5_000)
    shop.take_back(sale, line_1=1)
    before = contract(shop, sale)
    assert {} == shop.bad_findings()
    for damage in ("UPDATE contract SET paid_minor = 15000", "DELETE FROM contract"):
        shop.damage(damage)
        assert {"contracts"} == set(shop.bad_findings())
        assert {"contracts": (sale.receipt_number,)} == {
            one.what: one.names for one in shop.till.book_act(repair).result()
        }
        assert before == contract(shop, sale)
    assert {} == shop.bad_findings()


@pytest.mark.usefixtures("no_keystore")
def test_that_the_slip_of_a_payment_is_made_again_from_its_event(shop: Shop) -> None:
    sale = lend(shop, COAT)
    paid = pay(shop, sale, 5_000)
    shop.damage("UPDATE payment SET amount_minor = 1 WHERE event_id = ?", paid.event_id)
    assert {"receipts"} == set(shop.bad_findings())
    shop.till.book_act(repair).result()
    assert {} == shop.bad_findings()
    event = next(event for event in events(shop) if isinstance(event, InstalmentEvent))
    assert shop.till.database.read(lambda c: rebuild.agree(c, event))


def test_that_a_merge_takes_the_contract_along(shop: Shop) -> None:
    sale = lend(shop, COAT)
    shop.till.book_act(account_acts.merge, BOB, ANA).result()
    assert [sale.receipt_number] == [one.number for one in shop.member(ANA).contracts]
    pay(shop, sale, 5_000)
    assert 10_000 == contract(shop, sale).owed_minor
    with pytest.raises(InputError) as refused:
        lend(shop, COAT, card=BOB)
    assert "contract.open" == code_of(refused)


def test_that_who_owes_is_not_forgotten(shop: Shop) -> None:
    sale = lend(shop, COAT)
    with pytest.raises(InputError) as refused:
        personal_data.erase_member(shop.till, ANA)
    assert "member.owes" == code_of(refused)
    exported = shop.till.book_act(personal_data.export, ANA).result()
    assert [sale.receipt_number] == [one.number for one in exported.contracts]
    pay(shop, sale, 15_000)
    assert 1 == personal_data.erase_member(shop.till, ANA).fields


def test_that_a_day_tells_money_from_what_is_owed(shop: Shop) -> None:
    sale = lend(shop, COAT)
    pay(shop, sale, 3_000)
    pay(shop, sale, 2_000, Tender(PaymentKind.CARD, 2_000, "T-1"))
    shop.take_back(sale, line_1=1)
    found = shop.till.database.read(lambda c: takings.takings_of(c, from_date="2026-07-01", until_date="2026-07-01"))
    assert [
        ("card", 0, 2_000, 0, True),
        ("cash", 5_001, 3_000, 10_001, True),
        ("instalments", 15_000, 0, 10_000, False),
    ] == [(one.kind, one.sold_minor, one.on_contracts_minor, one.returned_minor, one.is_money) for one in found]
    assert 0 == sum(one.total_minor for one in found if one.is_money)


def test_that_nobody_can_change_a_contract_unseen(shop: Shop) -> None:
    lend(shop, COAT)
    body = shop.query("SELECT body FROM event WHERE kind = 'contract'")[0][0]
    shop.damage("UPDATE event SET body = ? WHERE kind = 'contract'", body.replace(b"15000", b"10000"))
    assert "chain" in shop.bad_findings()


def test_that_the_sentinel_looks_at_sales_and_returns_alone(shop: Shop) -> None:
    pay(shop, lend(shop, COAT), 5_000)
    assert ("2026-07-01", ()) == sentinel.look(shop.till, "2026-07-01")
