"""Leases go back when headquarters asks for them or their points expire, and never by themselves."""

import pytest

from pos_app.protocol.events import LeaseReleaseEvent, SaleEvent
from pos_app.use_cases import leasing
from tests.conftest import OpenShop
from tests.pos_app.use_cases.burners import BOB_REF, Beneath, hq_lot
from tests.shop import BOB, NOON_MS

pytestmark = pytest.mark.usefixtures("no_keystore")


@pytest.fixture
def leasing_till(open_shop: OpenShop) -> Beneath:
    """A till that may burn what is leased to it."""
    till = Beneath(open_shop, "http://127.0.0.1:1")
    till.set_policy(allowance="lease")
    return till


def test_that_what_is_left_of_a_recalled_lease_goes_back_after_what_was_burned(leasing_till: Beneath) -> None:
    lot = hq_lot(1_000, remaining_units=700)
    lease = leasing_till.lease(300, lot_id=lot.lot_id)
    leasing_till.confirm(lot, leases=(lease,))
    leasing_till.burn(100)
    assert 0 == leasing.release_due(leasing_till.till).result()
    leasing_till.till.database.write(lambda c: c.exec_driver_sql("UPDATE lease SET recalled = 1"))
    assert 0 == leasing_till.shop.member(BOB).spendable_units
    assert 1 == leasing.release_due(leasing_till.till).result()
    sale, release = leasing_till.events()
    assert isinstance(sale, SaleEvent)
    assert isinstance(release, LeaseReleaseEvent)
    assert (lease.lease_id, BOB_REF, 200) == (release.lease_id, release.account_ref, release.units)
    assert [(900,)] == leasing_till.shop.query("SELECT remaining_units FROM lot WHERE lot_id = ?", lot.lot_id)
    assert 0 == leasing.release_due(leasing_till.till).result()


def test_that_an_expired_lease_goes_back_and_cannot_be_burned(leasing_till: Beneath) -> None:
    lot = hq_lot(500, remaining_units=0, expires_at_ms=NOON_MS + 1_000)
    lease = leasing_till.lease(500, lot_id=lot.lot_id, expires_at_ms=NOON_MS + 1_000)
    leasing_till.confirm(lot, leases=(lease,))
    leasing_till.ask(1)
    assert 500 == leasing_till.shop.member(BOB).spendable_units
    leasing_till.shop.wait(1_000)
    assert 0 == leasing_till.shop.member(BOB).spendable_units
    assert 1 == leasing.release_due(leasing_till.till).result()
    assert [(500,)] == leasing_till.shop.query("SELECT remaining_units FROM lot")
