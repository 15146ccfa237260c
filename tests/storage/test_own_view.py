"""View = HQ's state and what the till did since: every kind of event of ours stays on top until HQ counts it."""

from collections.abc import Callable

import msgspec
import pytest

from pos_app.loyalty.ledger import AccountKind, Entry
from pos_app.model.accounts import AccountStatus, CardStatus, Expiring, Lease, Lot
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.events import AdjustmentReason, LeaseReleaseEvent
from pos_app.protocol.messages import (
    AccountState,
    CardState,
    ChangesPage,
    PersonalRecord,
    SnapshotPage,
    VersionedField,
)
from pos_app.use_cases import account_acts
from storage import accounts, journal
from storage.applying import leases_with, overdraft_with, with_leases_there
from storage.database import Connection
from storage.outbox import SqliteOutbox
from storage.own_events import OwnEvents
from tests.conftest import OpenShop
from tests.hq.journals import moment
from tests.shop import ANA, BOB, GOLD, NOON_MS, TEA, Shop

HQ = {"till": {"authority": "hq"}, "hq": {"url": "https://hq.example.org"}}
NEW_CARD = "2990000000057"
ANA_REF, BOB_REF, GOLD_REF = (f"account-{card}" for card in (ANA, BOB, GOLD))


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    """A till beneath HQ, with three accounts and three events."""
    return open_shop("fixed-card", **HQ)


def seq(shop: Shop) -> int:
    return shop.till.database.read(journal.read_terminal).last_seq


def lot(lot_id: str, units: int, ref: str = BOB_REF) -> Lot:
    return Lot(lot_id, ref, "shop", "fixed-card", NOON_MS - 10**9, None, units, units, matured=True)


def state(card: str, *lots: Lot, counts: int, **changes: object) -> AccountState:
    made = AccountState(
        account_ref=f"account-{card}",
        status="active",
        card_class="silver",
        cards=(CardState(card, "active"),),
        lots=lots,
        overdraft_units={},
        accumulators={},
        receipts_count=0,
        includes_incarnation=1,
        includes_seq=counts,
    )
    return msgspec.structs.replace(made, **changes)


def take(shop: Shop, *states: AccountState, **changes: object) -> None:
    page = ChangesPage(states, (), next_cursor="1.9", hq_gen=1, more=False, hq_time_ms=NOON_MS)
    SqliteOutbox(shop.till.database).apply_changes(msgspec.structs.replace(page, **changes))


def act(shop: Shop, do: Callable[[Connection], object]) -> None:
    shop.till.database.write(do)


def units(shop: Shop, card: str) -> int:
    return shop.member(card).balance.available_units


def test_that_an_own_gift_and_an_own_removal_stay_on_top(shop: Shop) -> None:
    counted = seq(shop)
    act(shop, lambda c: account_acts.adjust(shop.till, c, BOB, 70, reason=AdjustmentReason.GOODWILL))
    act(shop, lambda c: account_acts.adjust(shop.till, c, BOB, -20, reason=AdjustmentReason.CORRECTION))
    take(shop, state(BOB, lot("l-1", 500), counts=counted))
    assert 550 == units(shop, BOB)
    take(shop, state(BOB, lot("l-1", 551), counts=seq(shop)))
    assert 551 == units(shop, BOB)


def test_that_a_card_that_was_blocked_here_stays_blocked_until_hq_knows(shop: Shop) -> None:
    counted = seq(shop)
    act(shop, lambda c: account_acts.block_card(shop.till, c, BOB))
    take(shop, state(BOB, counts=counted))
    assert [(CardStatus.BLOCKED,)] == shop.query("SELECT status FROM card WHERE number = ?", BOB)
    take(shop, state(BOB, counts=seq(shop)))
    assert [(CardStatus.ACTIVE,)] == shop.query("SELECT status FROM card WHERE number = ?", BOB)


def test_that_a_card_that_was_replaced_here_stays_so(shop: Shop) -> None:
    counted = seq(shop)
    act(shop, lambda c: account_acts.replace_card(shop.till, c, BOB, NEW_CARD))
    take(shop, state(BOB, counts=counted))
    found = shop.query("SELECT number, status FROM card WHERE account_ref = ? ORDER BY number", BOB_REF)
    assert [(BOB, "replaced"), (NEW_CARD, "active")] == found


def test_that_an_account_that_was_frozen_here_stays_frozen_unless_hq_has_blocked_it(shop: Shop) -> None:
    counted = seq(shop)
    act(shop, lambda c: account_acts.freeze(shop.till, c, BOB))
    take(shop, state(BOB, counts=counted))
    assert AccountStatus.FROZEN is shop.member(BOB).account_status
    take(shop, state(BOB, counts=counted, status="blocked"))
    assert [("blocked",)] == shop.query("SELECT status FROM account WHERE account_ref = ?", BOB_REF)


def test_that_a_class_that_a_sale_here_raised_stays_raised(open_shop: OpenShop) -> None:
    shop = open_shop("progressive", **HQ)
    counted = seq(shop)
    sale = shop.sell(*[TEA] * 200, card=ANA)
    raised = sale.quote.result.class_after
    assert raised, "the programme gives a class for that much"
    take(shop, state(ANA, counts=counted, card_class=""))
    assert raised == shop.member(ANA).card_class


def test_that_accounts_that_were_merged_here_keep_our_view_until_hq_has_merged_them(shop: Shop) -> None:
    take(shop, state(BOB, lot("l-1", 500), counts=seq(shop)), state(ANA, lot("l-2", 30, ANA_REF), counts=seq(shop)))
    counted = seq(shop)
    act(shop, lambda c: account_acts.merge(shop.till, c, ANA, BOB))
    assert 530 == units(shop, BOB)
    take(
        shop,
        state(BOB, lot("l-1", 500), counts=counted),
        state(ANA, lot("l-2", 30, ANA_REF), counts=counted),
    )
    assert (530, ANA_REF) == (units(shop, BOB), shop.member(BOB).account_ref)
    merged = state(BOB, counts=seq(shop), status="merged", cards=(), merged_into=ANA_REF)
    both = (CardState(ANA, "active"), CardState(BOB, "active"))
    survivor = state(ANA, lot("l-1", 499, ANA_REF), lot("l-2", 30, ANA_REF), counts=seq(shop), cards=both)
    take(shop, merged, survivor)
    assert (529, ANA_REF) == (units(shop, BOB), shop.member(BOB).account_ref)


@pytest.mark.parametrize("order", ["together", "survivor first", "merged first", "again"])
def test_that_what_we_did_to_an_account_that_hq_merged_follows_it(shop: Shop, order: str) -> None:
    take(shop, state(BOB, lot("l-1", 500), counts=seq(shop)), state(ANA, lot("l-2", 30, ANA_REF), counts=seq(shop)))
    counted = seq(shop)
    shop.sell(TEA, card=BOB)
    act(shop, lambda c: account_acts.adjust(shop.till, c, BOB, -50, reason=AdjustmentReason.CORRECTION))
    assert 480 == units(shop, BOB)
    merged = state(BOB, counts=counted, status="merged", cards=(), merged_into=ANA_REF)
    both = (CardState(ANA, "active"), CardState(BOB, "active"))
    survivor = state(ANA, lot("l-1", 500, ANA_REF), lot("l-2", 30, ANA_REF), counts=counted, cards=both)
    pages: dict[str, list[tuple[AccountState, ...]]] = {
        "together": [(survivor, merged)],
        "survivor first": [(survivor,), (merged,)],
        "merged first": [(merged,), (survivor,)],
        "again": [(merged, survivor), (merged,), (merged,)],
    }
    for states in pages[order]:
        take(shop, *states)
    bob = shop.member(BOB)
    assert (ANA_REF, 510, 1) == (bob.account_ref, bob.balance.available_units, bob.receipts_before)
    take(shop, msgspec.structs.replace(survivor, includes_seq=seq(shop)))
    assert 530 == units(shop, BOB)


def test_that_leases_and_what_is_reserved_come_down_less_what_was_taken_here() -> None:
    first, second = (Lease(f"lease-{number}", "t", "shop", "l-1", 40) for number in (1, 2))
    taken = [Entry("a", "e", 1, AccountKind.LEASED, "shop", -50, "l-1")]
    assert (Lease("lease-2", "t", "shop", "l-1", 30),) == leases_with((first, second), (), taken)
    assert {"shop": 0} == overdraft_with({"shop": 5}, [Entry("a", "e", 1, AccountKind.OVERDRAFT, "shop", 9)])


def test_that_a_lease_that_was_given_back_is_the_one_that_is_gone() -> None:
    # HQ has filled the lot's leases up meanwhile: the second one came after the first was given back here.
    first, second = Lease("lease-1", "t", "shop", "l-1", 6), Lease("lease-2", "t", "shop", "l-1", 13)
    given_back = LeaseReleaseEvent(event_id="e", moment=moment(), account_ref="a", lease_id="lease-2", units=13)
    released = [Entry("a", "e", 1, AccountKind.LEASED, "shop", -13, "l-1")]
    burned = [Entry("a", "f", 1, AccountKind.LEASED, "shop", -2, "l-1")]
    assert (first,) == leases_with((first, second), (given_back,), released)
    left = msgspec.structs.replace(first, units=4)
    assert (left,) == leases_with((first, second), (given_back,), [*released, *burned])


def test_that_a_lease_that_hq_has_no_more_gives_nothing_back() -> None:
    kind = AccountKind
    given_back = LeaseReleaseEvent(event_id="e", moment=moment(), account_ref="a", lease_id="lease-1", units=13)
    entries = [
        Entry("a", "e", 1, kind.LEASED, "shop", -13, "l-1"),
        Entry("a", "e", 2, kind.AVAILABLE, "shop", 13, "l-1"),
        Entry("a", "e", 3, kind.AVAILABLE, "shop", -9, "l-1"),
        Entry("a", "e", 4, kind.OVERDRAFT, "shop", 9),
        Entry("a", "f", 1, kind.AVAILABLE, "shop", -20, "l-2"),
    ]
    some = (Lease("lease-1", "t", "shop", "l-1", 5),)
    counted = {number: with_leases_there(leases, (given_back,), entries) for number, leases in ((5, some), (0, ()))}
    assert [-5, 5, -5, 5, -20] == [entry.units for entry in counted[5]]
    assert [0, 0, 0, 0, -20] == [entry.units for entry in counted[0]]


def test_that_leases_and_what_is_reserved_are_replaced(shop: Shop) -> None:
    leases = (Lease("lease-1", "t", "shop", "l-1", 40, recalled=True),)
    counted = seq(shop)
    take(
        shop,
        state(
            BOB,
            lot("l-1", 0),
            counts=counted,
            leases=leases,
            held_units={"shop": 7},
            leased_elsewhere_units={"shop": 3, "other": 1},
            offline_burning=False,
            elsewhere_expiring={"shop": (Expiring(5, 1), Expiring(5, 1), Expiring(9, 1))},
        ),
    )
    assert [("lease-1", 40, 1)] == shop.query("SELECT lease_id, units, recalled FROM lease")
    assert [("other", 0, 1), ("shop", 7, 3)] == shop.query(
        "SELECT issuer, held_units, leased_elsewhere_units FROM reserved ORDER BY issuer"
    )
    assert {"shop": (Expiring(5, 2), Expiring(9, 1))} == shop.till.database.read(
        lambda c: accounts.read_books(c, BOB_REF)
    ).elsewhere_expiring
    assert [(0,)] == shop.query("SELECT offline_burning FROM account WHERE account_ref = ?", BOB_REF)
    take(shop, state(BOB, counts=counted))
    assert ([], []) == (shop.query("SELECT * FROM lease"), shop.query("SELECT * FROM reserved"))
    assert [] == shop.query("SELECT * FROM elsewhere_expiring")


def test_that_people_who_asked_to_be_forgotten_stay_forgotten(shop: Shop) -> None:
    take(shop, erased=(BOB_REF,))
    record = PersonalRecord(BOB_REF, {"name": VersionedField("Боб", 9, 9)})
    take(shop, personal=(record,))
    assert "" == shop.member(BOB).name
    assert [] == shop.query("SELECT * FROM personal_search WHERE value MATCH 'Боб'")


def test_that_hqs_policy_is_kept_and_an_empty_page_that_changes_it_is_news(shop: Shop) -> None:
    policy = BurnPolicy(card_day_units=5)
    take(shop, policy=policy)
    take(shop, policy=policy)
    assert policy == msgspec.json.decode(shop.till.database.read(journal.read_terminal).policy, type=BurnPolicy)


def test_that_a_snapshot_forgets_an_account_but_not_what_was_booked_for_it(shop: Shop) -> None:
    shop.sell(TEA, card=GOLD)
    SqliteOutbox(shop.till.database).confirm_personal(SqliteOutbox(shop.till.database).pending_personal(10))
    page = SnapshotPage(
        (state(BOB, lot("l-1", 5), counts=seq(shop)),), (), next_cursor="x", changes_cursor="1.0", hq_gen=1, more=False
    )
    SqliteOutbox(shop.till.database).apply_snapshot(page, asked_cursor="", pause=lambda _ms: None)
    assert [(BOB_REF,), (GOLD_REF,)] == shop.query("SELECT account_ref FROM account ORDER BY 1")
    assert [(BOB,)] == shop.query("SELECT number FROM card")
    assert {"headquarters"} == set(shop.bad_findings())
    take(shop, state(GOLD, lot("l-2", 50, GOLD_REF), counts=seq(shop)))
    assert 50 == units(shop, GOLD)


def test_that_names_that_hq_has_not_seen_keep_their_account(shop: Shop) -> None:
    page = SnapshotPage(
        (state(BOB, counts=seq(shop)),), (), next_cursor="x", changes_cursor="1.0", hq_gen=1, more=False
    )
    SqliteOutbox(shop.till.database).apply_snapshot(page, asked_cursor="", pause=lambda _ms: None)
    assert "Ana Čović" == shop.member(ANA).name


def test_that_the_index_of_own_events_begins_anew_under_another_name_and_from_further_back(shop: Shop) -> None:
    own = OwnEvents()

    def touched(after_seq: int) -> frozenset[str]:
        def job(connection: Connection) -> frozenset[str]:
            own.read_on(connection, journal.read_terminal(connection), after_seq=after_seq)
            return own.touched_after(after_seq)

        return shop.till.database.read(job)

    assert frozenset() == touched(3)
    assert frozenset({GOLD_REF}) == touched(2)
    assert frozenset({ANA_REF, BOB_REF, GOLD_REF}) == touched(0)
    shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET body = NULL WHERE seq = 1"))
    shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET body = x'ff' WHERE seq = 2"))
    other = "00000000-0000-0000-0000-00000000000b"
    shop.till.database.write(lambda c: journal.change_terminal(c, incarnation=2))
    assert frozenset() == touched(0)
    shop.till.database.write(lambda c: journal.change_terminal(c, incarnation=1, terminal_id=other))
    assert frozenset() == touched(0)
    shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET terminal_id = ?", (other,)))
    fresh = OwnEvents()
    own = fresh
    assert frozenset({GOLD_REF}) == touched(0)
