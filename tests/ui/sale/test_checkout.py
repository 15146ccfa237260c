import msgspec
import pytest

from pos_app.model.receipts import PaymentKind
from pos_app.settings import CurrencySettings
from pos_app.use_cases.quoting import Tender
from tests.ui.conftest import OpenTill
from tests.ui.sale.counter import Counter
from ui.gallery.shop import (
    CARD_WITH_POINTS,
    CODE_OF_NOTHING,
    PLASTERS,
    SUN_CREAM,
    sample_programmes,
    sample_settings,
)
from ui.keys import Command
from ui.sale.screen import BurnPanel, CardPanel, CashPanel

# Burning ---------------------------------------------------------------------------------------------------------------


def test_that_burning_takes_one_key_a_number_and_enter(member: Counter) -> None:
    panel = member.press(Command.POINTS).panel
    assert isinstance(panel, BurnPanel)
    assert (panel.burnable_units, panel.burnable_worth_minor, panel.suggested) == (997, 997, "997")
    screen = member.press(Command.CONFIRM, "500")
    assert screen.panel is None
    assert (screen.totals.burn_units, screen.totals.to_pay_minor) == (500, 2655)


def test_that_too_many_points_are_refused_with_the_most_and_the_reason(counter: Counter) -> None:
    counter.scan(PLASTERS, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    screen = counter.press(Command.CONFIRM, "5000")
    assert counter.notice == "burn_too_many"
    assert screen.notice is not None
    assert screen.notice.values == {"most_units": 199}
    assert screen.notice.reason is not None
    assert screen.notice.reason.code == "burn.min_paid"
    assert isinstance(screen.panel, BurnPanel)
    assert screen.panel.suggested == "199"


def test_that_points_are_lowered_when_the_basket_takes_fewer(counter: Counter) -> None:
    counter.scan(PLASTERS, SUN_CREAM, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    counter.press(Command.CONFIRM, "900")
    screen = counter.press(Command.REMOVE)
    assert counter.notice == "burn_lowered"
    assert (screen.totals.burn_units, screen.totals.to_pay_minor) == (199, 100)


def test_that_points_go_in_whole_steps(open_sample: OpenTill) -> None:
    bonuses, ladder = sample_programmes()
    assert bonuses.burning is not None
    stepped = msgspec.structs.replace(bonuses.burning, multiple_points=100)
    in_force = [msgspec.structs.replace(bonuses, burning=stepped), ladder]
    counter = Counter(open_sample(programmes=in_force))
    counter.scan(SUN_CREAM, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    screen = counter.press(Command.CONFIRM, "250")
    assert counter.notice == "burn_steps"
    assert isinstance(screen.panel, BurnPanel)
    assert screen.panel.suggested == "200"
    assert counter.press(Command.CONFIRM, "200").totals.burn_units == 200


def test_that_zero_points_takes_the_burning_back(member: Counter) -> None:
    for number in ("500", "0"):
        member.press(Command.POINTS)
        member.press(Command.CONFIRM, number)
    assert member.screen.totals.burn_units == 0


def test_that_a_panel_wants_its_own_keys_first(member: Counter) -> None:
    panel = member.press(Command.POINTS).panel
    assert panel == member.press(Command.CASH).panel
    assert member.notice == "panel_open"
    assert member.press(Command.BACK).panel is None


def test_that_a_scan_closes_a_panel_and_adds_its_line(member: Counter) -> None:
    member.press(Command.CASH)
    screen = member.scan(PLASTERS)
    assert screen.panel is None
    assert screen.lines[-1].product_code == PLASTERS


# Paying ----------------------------------------------------------------------------------------------------------------


def test_that_enter_alone_takes_the_exact_amount(member: Counter) -> None:
    member.press(Command.CASH)
    screen = member.finish(Command.CONFIRM)
    assert screen.is_done
    assert screen.receipt is not None
    assert screen.receipt.sale.change_minor == 0
    assert member.bookings == 1


def test_that_the_change_is_shown_while_cash_is_typed_and_after(member: Counter) -> None:
    member.press(Command.CASH)
    shown = []
    for text in ("5", "50", "5x"):
        member.presenter.cash_typed(text)
        assert isinstance(member.screen.panel, CashPanel)
        shown.append(member.screen.panel.change_minor)
    assert shown == [None, 5000 - 3155, None]
    receipt = member.finish(Command.CONFIRM, "50").receipt
    assert receipt is not None
    assert receipt.sale.change_minor == 5000 - 3155


@pytest.mark.parametrize(
    ("typed", "notice"), [("31.54", "cash_too_little"), ("73513537", "cash_too_much"), ("x", "not_a_number")]
)
def test_that_cash_that_cannot_be_is_refused(member: Counter, typed: str, notice: str) -> None:
    panel = member.press(Command.CASH).panel
    assert panel == member.finish(Command.CONFIRM, typed).panel
    assert notice == member.notice


def test_that_cash_is_rounded_to_the_smallest_coin(open_sample: OpenTill) -> None:
    settings = msgspec.structs.replace(sample_settings(), currency=CurrencySettings(cash_step_minor=5))
    counter = Counter(open_sample(settings))
    counter.scan(PLASTERS)
    panel = counter.press(Command.CASH).panel
    assert panel == CashPanel(300)
    receipt = counter.finish(Command.CONFIRM, "5").receipt
    assert receipt is not None
    assert receipt.sale.change_minor == 200
    assert [PaymentKind.CASH, PaymentKind.ROUNDING] == [payment.kind for payment in receipt.sale.payments]


def test_that_a_card_pays_all_and_keeps_the_reference(member: Counter) -> None:
    panel = member.press(Command.CARD).panel
    assert panel == CardPanel(3155, "31.55")
    receipt = member.finish(Command.CONFIRM, "31.55", " 002 417 ").receipt
    assert receipt is not None
    assert [(PaymentKind.CARD, 3155, "002 417")] == [
        (p.kind, p.amount_minor, p.reference) for p in receipt.sale.payments
    ]


@pytest.mark.parametrize(
    ("amount", "reference", "notice"),
    [
        ("31.55", "", "reference_missing"),
        ("31.55", "4111 1111 1111 1111", "reference_is_card"),
        ("31.56", "1", "card_too_much"),
        ("0", "1", "card_zero"),
        ("x", "1", "not_a_number"),
    ],
)
def test_that_a_card_payment_that_cannot_be_is_refused(
    member: Counter, amount: str, reference: str, notice: str
) -> None:
    panel = member.press(Command.CARD).panel
    assert panel == member.finish(Command.CONFIRM, amount, reference).panel
    assert notice == member.notice


def test_that_a_part_by_card_leaves_the_rest_for_cash(member: Counter) -> None:
    member.press(Command.CARD)
    screen = member.press(Command.CONFIRM, "20", "002417")
    assert screen.panel == CashPanel(1155, (Tender(PaymentKind.CARD, 2000, "002417"),))
    receipt = member.finish(Command.CONFIRM, "15").receipt
    assert receipt is not None
    assert [(PaymentKind.CARD, 2000), (PaymentKind.CASH, 1155)] == [
        (payment.kind, payment.amount_minor) for payment in receipt.sale.payments
    ]
    assert receipt.sale.change_minor == 345


def test_that_two_cards_can_pay(member: Counter) -> None:
    member.press(Command.CARD)
    member.press(Command.CONFIRM, "20", "1")
    assert isinstance(member.press(Command.CARD).panel, CardPanel)
    receipt = member.finish(Command.CONFIRM, "11.55", "2").receipt
    assert receipt is not None
    assert ["1", "2"] == [payment.reference for payment in receipt.sale.payments]


def test_that_a_part_taken_by_card_is_not_left_by_a_slip(member: Counter) -> None:
    member.press(Command.CARD)
    member.press(Command.CONFIRM, "20", "1")
    lines = member.scan(PLASTERS).lines
    assert len(lines) == 6
    assert member.notice == "card_part_taken"
    assert member.press(Command.BACK).panel is not None
    left = member.press(Command.BACK)
    assert left.panel is None
    assert member.press(Command.CASH).panel == CashPanel(3155)


def test_that_points_as_tender_pay_like_money(open_sample: OpenTill) -> None:
    bonuses, ladder = sample_programmes()
    document = msgspec.to_builtins(bonuses)
    document["burning"] |= {"burn_as": "tender"}
    counter = Counter(open_sample(programmes=[msgspec.convert(document, type(bonuses)), ladder]))
    counter.scan(SUN_CREAM, CARD_WITH_POINTS)
    counter.press(Command.POINTS)
    screen = counter.press(Command.CONFIRM, "500")
    assert (screen.totals.burn_worth_minor, screen.totals.to_pay_minor) == (500, 1350)
    counter.press(Command.CASH)
    receipt = counter.finish(Command.CONFIRM).receipt
    assert receipt is not None
    assert [(PaymentKind.POINTS, 500), (PaymentKind.CASH, 1350)] == [
        (payment.kind, payment.amount_minor) for payment in receipt.sale.payments
    ]


def test_that_the_next_scan_starts_the_next_sale(member: Counter) -> None:
    member.press(Command.CASH)
    member.finish(Command.CONFIRM)
    screen = member.scan(PLASTERS)
    assert not screen.is_done
    assert len(screen.lines) == 1
    assert screen.member is None
    assert screen.receipt is not None


def test_that_a_bad_code_after_the_sale_leaves_the_change_on_the_screen(member: Counter) -> None:
    member.press(Command.CASH)
    member.finish(Command.CONFIRM, "50")
    member.scan(CODE_OF_NOTHING)
    assert member.press(Command.BACK).is_done
