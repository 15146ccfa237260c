"""Burning beneath headquarters: it is asked first, and what it does not answer in time the till decides within its bounds."""

import threading
import time

import msgspec
import pytest

from pos_app.errors import InputError, NotAllowedError
from pos_app.model.accounts import AccountStatus, CardStatus
from pos_app.model.policy import BurnBasis
from pos_app.model.staff import Permission, Role, StaffMember
from pos_app.protocol.events import AuditEvent, HoldVoidEvent, SaleEvent
from pos_app.protocol.messages import ErrorAnswer, ErrorCode, HoldAnswer
from pos_app.use_cases import authorising
from pos_app.use_cases.staffing import Approval
from storage import account_changes, accounts, burning, staff, tables
from storage.database import Connection
from tests.conftest import OpenShop
from tests.pos_app.sync.servers import Reply, Script, answer, serving, signed, trickle
from tests.pos_app.use_cases.burners import BOB_REF, HQ_KEY, Beneath, asked_of, hang_up, holds, hq_lot, watched
from tests.shop import BOB, ENOUGH, NOON_MS, TEA, Shop

pytestmark = pytest.mark.usefixtures("no_keystore")
MINUTE_MS = 60_000


def sale_of(till: Beneath) -> SaleEvent:
    """The newest sale in the journal."""
    return next(event for event in reversed(till.events()) if isinstance(event, SaleEvent))


# Headquarters answers.


def test_that_a_till_that_decides_itself_answers_at_once(shop: Shop) -> None:
    shop.sell(*[TEA] * 20, card=BOB)
    future = shop.till.authorise_burn(shop.basket(TEA, card=BOB), 300)
    assert future.done()
    authorisation = future.result().authorisation
    assert authorisation is not None
    assert (BurnBasis.LOCAL, 300) == (authorisation.basis, authorisation.units)
    refused = shop.till.authorise_burn(shop.basket(TEA, card=BOB), 601).result()
    assert ("burn.offline.balance", 600) == (refused.refusal, refused.most_units)


def test_that_points_are_held_at_headquarters_first_and_captured_by_the_sale(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        sold = till.burn(600)
        (asked,) = asked_of(hq)
        sale = sale_of(till)
        assert (BOB_REF, "shop", 600, "") == (asked.account_ref, asked.issuer, asked.units, asked.replaces)
        assert (asked.auth_id, "hold", "", 600) == (sale.auth_id, sale.burn_basis, sale.approved_by, sale.burn_units)
        assert ("captured", 600) == (till.state_of(asked.auth_id), sold.quote.result.burn_units)


def test_that_a_hold_is_written_down_before_it_is_asked_for(open_shop: OpenShop) -> None:
    seen: list[str] = []
    with serving(watched(holds(), lambda asked: seen.append(till.state_of(asked.auth_id)))) as hq:
        till = Beneath(open_shop, hq.url)
        answered = till.ask(10)
        assert (["asked"], "held") == (seen, till.state_of(answered.auth_id))


def test_that_a_lost_reply_is_asked_for_again_under_the_same_id(open_shop: OpenShop) -> None:
    with serving(hang_up, holds()) as hq:
        till = Beneath(open_shop, hq.url)
        answered = till.ask(10)
        assert [answered.auth_id] * 2 == [asked.auth_id for asked in asked_of(hq)]
        assert answered.authorisation is not None
        assert BurnBasis.HOLD is answered.authorisation.basis


def test_that_what_headquarters_refuses_is_not_burned_offline(open_shop: OpenShop) -> None:
    with serving(holds(only=400)) as hq:
        till = Beneath(open_shop, hq.url)
        refused = till.ask(600)
        assert (None, "burn.hq.balance", 400) == (refused.authorisation, refused.refusal, refused.most_units)
        assert "refused" == till.state_of(asked_of(hq)[0].auth_id)
        basket = msgspec.structs.replace(till.basket(), burn_units=600)
        with pytest.raises(InputError, match="Nobody was asked"):
            till.till.close_sale(basket, ENOUGH).result()


def test_that_a_restored_headquarters_leaves_offline_burning_to_the_till(open_shop: OpenShop) -> None:
    with serving(holds(refusal="restoring")) as hq:
        till = Beneath(open_shop, hq.url)
        till.burn(600)
        sale = sale_of(till)
        assert (asked_of(hq)[0].auth_id, "floor") == (sale.auth_id, sale.burn_basis)


def test_that_raising_a_burn_replaces_its_hold_and_lowering_keeps_it(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        basket = till.basket()
        first = till.ask(100, basket)
        basket = msgspec.structs.replace(basket, burn_units=100, authorisation=first.authorisation)
        second = till.ask(300, basket)
        assert ["", first.auth_id] == [asked.replaces for asked in asked_of(hq)]
        assert ("voided", "held") == (till.state_of(first.auth_id), till.state_of(second.auth_id))
        basket = msgspec.structs.replace(basket, burn_units=300, authorisation=second.authorisation)
        lower = till.ask(50, basket)
        assert (second.authorisation, 2) == (lower.authorisation, len(hq.requests))
        till.sell(basket, lower, units=50)
        assert (50, second.auth_id) == (sale_of(till).burn_units, sale_of(till).auth_id)
        assert "captured" == till.state_of(second.auth_id)


# No answer comes.


def test_that_without_an_answer_the_till_burns_by_its_own_bounds_under_the_same_id(open_shop: OpenShop) -> None:
    with serving(hang_up) as hq:
        till = Beneath(open_shop, hq.url)
        till.burn(600)
        sale = sale_of(till)
        assert [sale.auth_id] * 2 == [asked.auth_id for asked in asked_of(hq)]
        assert ("floor", "captured") == (sale.burn_basis, till.state_of(sale.auth_id))
        assert [(400, 1)] == till.shop.query(
            "SELECT remaining_units, matured FROM lot WHERE account_ref = ? AND granted_units = 1000", BOB_REF
        )


def test_that_a_slow_headquarters_is_waited_for_no_longer_than_the_settings_say(open_shop: OpenShop) -> None:
    over = threading.Event()
    with serving(trickle(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", every_s=0.02, closing=over)) as hq:
        till = Beneath(open_shop, hq.url)
        basket = till.basket()
        began = time.monotonic()
        answered = till.ask(10, basket)
        took_s = time.monotonic() - began
        assert answered.authorisation is not None
        over.set()
        assert BurnBasis.FLOOR is answered.authorisation.basis
        assert 0.7 < took_s < 1.1


def test_that_after_two_failures_headquarters_is_not_asked_for_a_while(open_shop: OpenShop) -> None:
    with serving(hang_up) as hq:
        till = Beneath(open_shop, hq.url)
        till.ask(10)
        assert 2 == len(hq.requests)
        till.ask(20)
        assert 2 == len(hq.requests)


@pytest.mark.parametrize("kind", ["unsigned", "other_id", "half", "error", "rubbish"])
def test_that_what_is_not_an_answer_of_headquarters_counts_as_none(open_shop: OpenShop, kind: str) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    scripts: dict[str, Script | Reply] = {
        "unsigned": answer(200, HoldAnswer(other, 10, 0)),
        "other_id": signed(HoldAnswer(other, 10, 0), HQ_KEY),
        "half": signed(HoldAnswer(other, 5, 0), HQ_KEY),
        "error": answer(500, b"oops"),
        "rubbish": signed(ErrorAnswer(ErrorCode.SLOW), HQ_KEY),
    }
    with serving(scripts[kind]) as hq:
        answered = Beneath(open_shop, hq.url).ask(10)
        assert answered.authorisation is not None
        assert (BurnBasis.FLOOR, 2) == (answered.authorisation.basis, len(hq.requests))


def test_that_a_till_that_headquarters_shut_out_burns_no_more(open_shop: OpenShop) -> None:
    with serving(answer(403, ErrorAnswer(ErrorCode.REVOKED))) as hq:
        till = Beneath(open_shop, hq.url)
        refused = till.ask(10)
        assert ("burn.offline.stopped", 0) == (refused.refusal, refused.most_units)
        assert [("REVOKED",)] == till.shop.query("SELECT sync_state FROM terminal")
        assert [HoldVoidEvent] == [type(event) for event in till.events()]


@pytest.mark.expects_log("HQ cannot be asked about burning")
def test_that_an_address_that_cannot_be_one_leaves_the_till_to_itself(open_shop: OpenShop) -> None:
    answered = Beneath(open_shop, "ftp://hq").ask(10)
    assert answered.authorisation is not None
    assert BurnBasis.FLOOR is answered.authorisation.basis


# The till's own bounds.


@pytest.fixture
def alone(open_shop: OpenShop) -> Beneath:
    """A till whose headquarters does not answer: nobody listens there."""
    till = Beneath(open_shop, "http://127.0.0.1:1", units=9_000)
    till.set_policy(card_day_units=1_000, till_budget_units=1_500, step_up_units=10_000)
    till.ask(1)
    return till


def test_that_one_account_burns_no_more_than_its_share_of_a_day(alone: Beneath) -> None:
    alone.burn(600)
    refused = alone.ask(401)
    assert ("burn.offline.card_day", 400) == (refused.refusal, refused.most_units)
    assert 400 == alone.shop.member(BOB).spendable_units
    alone.burn(400)
    assert 0 == alone.shop.member(BOB).spendable_units
    alone.shop.wait(24 * 60 * MINUTE_MS)
    # By now HQ is worth another try, which fails.
    alone.ask(1)
    assert 500 == alone.shop.member(BOB).spendable_units


def test_that_the_budget_is_new_only_once_headquarters_has_the_burns(alone: Beneath) -> None:
    alone.burn(1_000)
    alone.shop.wait(24 * 60 * MINUTE_MS)
    assert "burn.offline.till_budget" == alone.ask(501).refusal
    alone.change(acked_seq=4)
    assert 1_000 == alone.shop.member(BOB).spendable_units


def test_that_own_earnings_headquarters_does_not_know_cannot_be_burned(alone: Beneath) -> None:
    alone.confirm(hq_lot(100))
    alone.shop.sell(*[TEA] * 10, card=BOB)
    assert (400, 100) == (alone.shop.member(BOB).balance.available_units, alone.shop.member(BOB).spendable_units)
    # The burn takes the lot that expires first, whichever it is: what counts is how much HQ knew of.
    alone.till.database.write(
        lambda c: c.execute(
            tables.lot.update().values(expires_at_ms=NOON_MS * 2).where(tables.lot.c.granted_units == 300)
        )
    )
    alone.burn(60)
    assert 40 == alone.shop.member(BOB).spendable_units
    assert "burn.offline.balance" == alone.ask(41).refusal


def test_that_a_till_that_leases_burns_its_leases_and_nothing_else(alone: Beneath) -> None:
    alone.set_policy(allowance="lease", step_up_units=10_000)
    lot = hq_lot(1_000, remaining_units=700)
    lease = alone.lease(300, lot_id=lot.lot_id)
    alone.confirm(lot, leases=(lease,))
    refused = alone.ask(301)
    assert ("burn.offline.leases", 300) == (refused.refusal, refused.most_units)
    alone.burn(200)
    sale = sale_of(alone)
    assert ("lease", [(lot.lot_id, 200)]) == (sale.burn_basis, [(b.lot_id, b.units) for b in sale.burned_lots])
    assert [(100,)] == alone.shop.query("SELECT units FROM lease")
    assert [("leased", -200), ("redeemed", 200)] == alone.shop.query(
        "SELECT kind, units FROM entry WHERE event_id = ? AND kind IN ('leased', 'redeemed') ORDER BY entry_no",
        sale.event_id,
    )


def test_that_what_was_held_when_the_basket_was_paid_is_checked_once_more(alone: Beneath) -> None:
    first, second = alone.basket(), alone.basket()
    answers = alone.ask(600, first), alone.ask(600, second)
    alone.sell(first, answers[0])
    with pytest.raises(InputError, match="balance has changed"):
        alone.sell(second, answers[1])


@pytest.mark.parametrize("reason", ["replaced", "frozen"])
def test_that_a_card_or_account_that_may_not_burn_is_not_even_asked_for(alone: Beneath, reason: str) -> None:
    basket = alone.basket()
    answered = alone.ask(10, basket)

    def stop(connection: Connection) -> None:
        if reason == "replaced":
            accounts.set_card_status(connection, BOB, CardStatus.REPLACED)
        else:
            account_changes._set_status(connection, BOB_REF, AccountStatus.FROZEN)

    alone.till.database.write(stop)
    expected = {"replaced": "burn.offline.card_replaced", "frozen": "burn.offline.account"}
    assert (expected[reason], 0) == (alone.ask(10).refusal, alone.shop.member(BOB).spendable_units)
    with pytest.raises(InputError, match="may not spend points"):
        alone.sell(basket, answered)


def test_that_a_card_that_moved_to_another_account_is_refused(alone: Beneath) -> None:
    basket = alone.basket()
    alone.till.database.write(
        lambda c: c.execute(
            tables.card.update().where(tables.card.c.number == BOB).values(account_ref="account-2990000000019")
        )
    )
    with pytest.raises(InputError, match="another account"):
        alone.ask(10, basket)


# A manager must agree.


def with_staff(till: Beneath) -> None:
    """The cashier is signed in, and staff has PINs."""
    cashier, manager = StaffMember("c-1", "Cy", Role.CASHIER), StaffMember("m-1", "Mo", Role.MANAGER)

    def job(connection: Connection) -> None:
        for member in (cashier, manager):
            staff.put_staff(connection, member, utc_ms=1)
        staff.put_secrets(connection, staff.Secrets(recovery_hash="a hash", pepper_mark=""))

    till.till.database.write(job)
    till.till.attendance.member = cashier


def approved(till: Beneath, auth_id: str) -> Approval:
    """The manager's PIN allowed this burn."""
    approval = Approval("a-1", "m-1", Permission.BURN_STEP_UP, auth_id, till.shop.clock.monotonic_ms() + 1_000)
    till.till.attendance.keep(approval)
    return approval


def test_that_above_the_step_a_manager_must_agree_to_an_offline_burn(alone: Beneath) -> None:
    alone.set_policy(step_up_units=500)
    with_staff(alone)
    assert not alone.ask(500).needs_approval
    basket = alone.basket()
    wanting = alone.ask(501, basket)
    assert (True, None) == (wanting.needs_approval, wanting.authorisation)
    approval = approved(alone, wanting.auth_id)
    allowed = alone.till.authorise_burn(basket, 501, approval=approval).result()
    assert wanting.auth_id == allowed.auth_id
    alone.sell(basket, allowed)
    audit, sale = reversed(alone.events()[-2:])
    assert isinstance(audit, AuditEvent)
    assert isinstance(sale, SaleEvent)
    assert ("m-1", wanting.auth_id) == (sale.approved_by, sale.auth_id)
    assert ("burn_step_up", "m-1", {"units": 501}) == (audit.action, audit.approver_ref, audit.values)


def test_that_an_approval_is_for_one_burn(alone: Beneath) -> None:
    alone.set_policy(step_up_units=500)
    with_staff(alone)
    basket = alone.basket()
    approval = approved(alone, alone.ask(501, basket).auth_id)
    with pytest.raises(NotAllowedError):
        alone.till.authorise_burn(basket, 501, approval=msgspec.structs.replace(approval, subject="other")).result()
    assert alone.ask(502, basket).needs_approval


def test_that_a_hold_at_headquarters_needs_no_manager(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        till.set_policy(step_up_units=500)
        with_staff(till)
        till.burn(800)
        assert ("hold", "") == (sale_of(till).burn_basis, sale_of(till).approved_by)


# What nobody captures goes back.


def test_that_giving_a_burn_up_gives_its_points_back_once(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        answered = till.ask(10)
        basket = msgspec.structs.replace(till.basket(), authorisation=answered.authorisation)
        for _ in range(2):
            till.till.give_up_burn(basket).result()
        (event,) = till.events()
        assert isinstance(event, HoldVoidEvent)
        assert (answered.auth_id, BOB_REF) == (event.auth_id, event.account_ref)
        assert "voided" == till.state_of(answered.auth_id)


def test_that_a_sale_that_burns_nothing_after_all_gives_its_hold_back(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        basket = till.basket()
        till.sell(basket, till.ask(10, basket), units=0)
        assert [SaleEvent, HoldVoidEvent] == [type(event) for event in till.events()]


def test_that_a_program_that_died_between_writing_and_asking_gives_back_at_its_next_start(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        held = till.ask(10)
        never_sent = "00000000-0000-4000-8000-00000000000a"
        till.till.database.write(
            lambda c: burning.ask(c, never_sent, account_ref=BOB_REF, issuer="shop", units=5, created_at_ms=NOON_MS)
        )
        till.shop.reopen()
        voided = {event.auth_id for event in till.events() if isinstance(event, HoldVoidEvent)}
        assert {held.auth_id, never_sent} == voided
        till.shop.reopen()
        assert 2 == len(till.events())


def test_that_a_hold_lapses_and_can_no_longer_be_burned(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url, hold_minutes_max=30)
        basket = till.basket()
        answered = till.ask(10, basket)
        till.shop.wait(30 * MINUTE_MS)
        assert 0 == authorising.void_lapsed(till.till).result()
        till.shop.wait(1)
        assert 1 == authorising.void_lapsed(till.till).result()
        with pytest.raises(InputError, match="held too long ago"):
            till.sell(basket, answered)
        held = msgspec.structs.replace(basket, authorisation=answered.authorisation)
        assert answered.auth_id != till.ask(10, held).auth_id


def test_that_what_was_asked_while_a_manager_was_waited_for_is_given_back_with_the_next_wish(
    open_shop: OpenShop,
) -> None:
    with serving(hang_up) as hq:
        till = Beneath(open_shop, hq.url)
        till.set_policy(step_up_units=5)
        with_staff(till)
        basket = till.basket()
        first = till.ask(10, basket)
        assert (True, "asked") == (first.needs_approval, till.state_of(first.auth_id))
        till.ask(5, basket)
        assert "voided" == till.state_of(first.auth_id)


def test_that_a_held_burn_is_the_members_to_spend_when_the_card_is_scanned_again(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url, units=100)
        till.ask(70)
        till.confirm(hq_lot(100), held_units=90)
        assert 80 == till.shop.member(BOB).spendable_units


def test_that_a_clock_some_hours_back_shows_points_as_they_were(open_shop: OpenShop) -> None:
    with serving(hang_up) as hq:
        till = Beneath(open_shop, hq.url)
        till.shop.clock.is_trusted = False
        till.confirm(hq_lot(100, starts_at_ms=NOON_MS - MINUTE_MS))
        till.shop.wait(-5 * 60 * MINUTE_MS)
        balance = till.shop.member(BOB).balance
        assert (100, 0) == (balance.available_units, balance.pending_units)
        till.ask(10)
        assert "burn.offline.clock" == till.ask(10).refusal


def test_that_a_hold_can_be_burned_with_a_clock_that_went_back(open_shop: OpenShop) -> None:
    with serving(holds()) as hq:
        till = Beneath(open_shop, hq.url)
        till.shop.clock.is_trusted = False
        till.confirm(hq_lot(100, starts_at_ms=NOON_MS - MINUTE_MS))
        till.shop.wait(-5 * 60 * MINUTE_MS)
        till.burn(10)
        assert ("hold", 10) == (sale_of(till).burn_basis, sale_of(till).burn_units)
