"""Opening a till, and what it knows."""

import uuid
from pathlib import Path

import pytest

from pos_app.errors import InputError, ProgrammeError, StorageError
from pos_app.settings import Settings
from pos_app.use_cases.card_printing import card_pdf
from pos_app.use_cases.clock import ManualClock, SystemClock
from pos_app.use_cases.till import open_till
from storage import journal
from tests.conftest import OpenShop
from tests.shop import BOB, HOUR_MS, NOBODY, TEA, TENDER, Shop, programme


def test_that_a_till_keeps_its_name_over_restarts(shop: Shop) -> None:
    before = shop.till.database.read(journal.read_terminal)
    shop.reopen()
    after = shop.till.database.read(journal.read_terminal)
    assert before == after
    assert str(uuid.UUID(after.terminal_id)) == after.terminal_id


def test_that_a_till_takes_its_number_from_the_settings_until_headquarters_gives_it_one(open_shop: OpenShop) -> None:
    shop = open_shop(till={"number": 9})
    assert "009-01-0000004" == shop.sell(TEA).receipt_number
    shop.reopen(till={"number": 2})
    assert "002-01-0000005" == shop.sell(TEA).receipt_number
    shop.till.database.write(lambda c: journal.change_terminal(c, terminal_number=7, hq_public_key=bytes(32)))
    shop.reopen(till={"number": 3})
    assert "007-01-0000006" == shop.sell(TEA).receipt_number


def test_that_a_restart_on_the_same_day_goes_on_with_the_shift(shop: Shop) -> None:
    before = shop.till.shift_id
    shop.reopen()
    assert before == shop.till.shift_id
    shop.wait(16 * HOUR_MS)
    shop.reopen()
    assert before != shop.till.shift_id


def test_that_a_trading_day_ends_after_midnight(shop: Shop) -> None:
    assert "2026-07-01" == shop.till.business_date(shop.clock.now_ms + 15 * HOUR_MS)
    assert "2026-07-02" == shop.till.business_date(shop.clock.now_ms + 16 * HOUR_MS)


def test_that_programmes_that_cannot_run_together_are_refused_and_the_folder_stays_free(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ProgrammeError, match="two programmes have the id"):
            open_till(Settings(), tmp_path, programmes_in_force=[programme(TENDER)] * 2, clock=ManualClock(0))
    open_till(Settings(), tmp_path, programmes_in_force=[programme(TENDER)], clock=ManualClock(0)).close()


def test_that_a_till_that_cannot_begin_lets_its_folder_go(shop: Shop) -> None:
    shop.damage("UPDATE shift SET closed_at_ms = NULL, staff_ref = 'cashier-1'")
    shop.till.database.write(lambda c: c.exec_driver_sql("ALTER TABLE shift RENAME TO was_shift"))
    with pytest.raises(StorageError, match="no such table: shift"):
        shop.reopen()
    with pytest.raises(StorageError, match="no such table: shift") as refused:
        shop._open()
    assert "storage.unavailable" == refused.value.code, "and not: a second instance"
    shop.till = open_till(Settings(), shop.folder.parent / "another", programmes_in_force=(), clock=shop.clock)


def test_that_every_basket_has_an_id_of_its_own_that_holds_its_moment(shop: Shop) -> None:
    first, second = (uuid.UUID(shop.till.open_basket().event_id) for _ in range(2))
    assert first != second
    assert (7, shop.clock.now_ms) == (first.version, first.int >> 80)


def test_that_a_product_is_found_by_its_code(shop: Shop) -> None:
    assert shop.till.find_product("tea") == TEA
    assert None is shop.till.find_product("coffee")


def test_that_points_are_said_with_their_decimals(open_shop: OpenShop) -> None:
    assert "12.50" == open_shop(points={"exponent": 2}).till.points_text(1250)


def test_that_the_quote_is_what_closing_books(shop: Shop) -> None:
    basket = shop.basket(TEA, card=BOB)
    quoted = shop.till.quote(basket)
    assert quoted == shop.sell(TEA, card=BOB).quote


def test_that_the_systems_clock_goes_on() -> None:
    clock = SystemClock()
    first, second = clock.monotonic_ms(), clock.monotonic_ms()
    assert first <= second
    assert clock.utc_ms() > 1_700_000_000_000
    assert clock.boot_id() == SystemClock().boot_id()
    assert 36 == len(clock.boot_id())


def test_that_a_clock_of_ones_own_stands_until_it_is_moved() -> None:
    clock = ManualClock(5)
    clock.now_ms += 2
    assert (7, 7) == (clock.utc_ms(), clock.monotonic_ms())
    assert 36 == len(clock.boot_id())


def test_that_a_till_opens_by_the_systems_clock(tmp_path: Path) -> None:
    till = open_till(Settings(), tmp_path, programmes_in_force=())
    assert isinstance(till.clock, SystemClock)
    till.close()


@pytest.mark.parametrize("number", [BOB, NOBODY])
def test_that_a_card_prints_whether_or_not_it_is_given_to_somebody(shop: Shop, number: str) -> None:
    assert card_pdf(shop.till, number).startswith(b"%PDF")


def test_that_a_number_that_is_no_card_does_not_print(shop: Shop) -> None:
    with pytest.raises(InputError):
        card_pdf(shop.till, "4006381333931")
