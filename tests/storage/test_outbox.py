"""The outbox: what goes up to HQ, and what comes down and takes the place of the till's own view."""

import msgspec
import pytest

from pos_app.loyalty.ledger import AccountKind, Entry
from pos_app.model.accounts import Lot
from pos_app.protocol.chain import GENESIS, Envelope, chain_hashes
from pos_app.protocol.messages import AccountState, CardState, ChangesPage, PersonalRecord, VersionedField
from pos_app.protocol.queue import QueueFigures, StopReason, TerminalIdentity
from storage import accounts, journal
from storage.applying import lots_with
from storage.journal import Terminal
from storage.outbox import SqliteOutbox
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, ENOUGH, NOON_MS, TEA, Shop

HQ = {"till": {"authority": "hq"}, "hq": {"url": "https://hq.example.org"}}
BOB_REF = f"account-{BOB}"
LONG_AGO_MS = NOON_MS - 10**9


@pytest.fixture
def beneath(open_shop: OpenShop) -> Shop:
    """A shop whose points HQ decides about; three enrolments are in its journal."""
    return open_shop("fixed-card", **HQ)


def outbox(shop: Shop) -> SqliteOutbox:
    return SqliteOutbox(shop.till.database)


def terminal(shop: Shop) -> Terminal:
    return shop.till.database.read(journal.read_terminal)


def hq_lot(lot_id: str, units: int, *, left: int | None = None) -> Lot:
    return Lot(
        lot_id, BOB_REF, "shop", "fixed-card", LONG_AGO_MS, None, units, units if left is None else left, matured=True
    )


def state(shop: Shop, *lots: Lot, includes_seq: int, **changes: object) -> AccountState:
    """Bob's account as HQ sends it."""
    made = AccountState(
        account_ref=BOB_REF,
        status="active",
        card_class="silver",
        cards=(CardState(BOB, "active"),),
        lots=lots,
        overdraft_units={},
        accumulators={},
        receipts_count=10,
        includes_incarnation=terminal(shop).incarnation,
        includes_seq=includes_seq,
    )
    return msgspec.structs.replace(made, **changes)


def page(*states: AccountState, personal: tuple[PersonalRecord, ...] = (), cursor: str = "1.9") -> ChangesPage:
    return ChangesPage(accounts=states, personal=personal, next_cursor=cursor, hq_gen=1, more=False, hq_time_ms=NOON_MS)


def take(shop: Shop, page: ChangesPage) -> None:
    """Put a page of changes in place."""
    outbox(shop).apply_changes(page, lambda _step_ms: None)


def acknowledge(shop: Shop, acked_seq: int, durable_seq: int, *, hq_gen: int = 1) -> None:
    outbox(shop).acknowledge(acked_seq=acked_seq, durable_seq=durable_seq, hq_gen=hq_gen, hq_time_ms=NOON_MS)


# What goes up.


def test_that_a_batch_holds_the_bodies_as_they_were_written_and_the_hash_before_them(beneath: Shop) -> None:
    beneath.sell(TEA)
    whole = outbox(beneath).next_batch(1, events_max=500, bytes_max=10**6)
    assert whole is not None
    assert (1, GENESIS, 4) == (whole.first_seq, whole.prev_hash, len(whole.bodies))
    hashes = chain_hashes(GENESIS, Envelope(terminal(beneath).terminal_id, 1, 1), whole.bodies)
    assert terminal(beneath).last_hash == hashes[-1]
    rest = outbox(beneath).next_batch(3, events_max=500, bytes_max=10**6)
    assert rest is not None
    assert (3, hashes[1], whole.bodies[2:]) == (rest.first_seq, rest.prev_hash, rest.bodies)


def test_that_a_batch_is_bounded_by_events_and_by_weight_but_holds_at_least_one(beneath: Shop) -> None:
    def bodies(events_max: int, bytes_max: int) -> tuple[bytes, ...]:
        batch = outbox(beneath).next_batch(1, events_max=events_max, bytes_max=bytes_max)
        assert batch is not None
        return batch.bodies

    def size(events_max: int, bytes_max: int) -> int:
        return len(bodies(events_max, bytes_max))

    weight = sum(map(len, bodies(2, 10**6)))

    assert (2, 2, 1, 1) == (size(2, 10**6), size(500, weight), size(500, weight - 1), size(500, 1))


def test_that_there_is_no_batch_after_the_last_event(beneath: Shop) -> None:
    assert None is outbox(beneath).next_batch(4, events_max=500, bytes_max=10**6)


def test_that_the_identity_is_read_afresh(beneath: Shop) -> None:
    here = outbox(beneath).identity()
    assert TerminalIdentity(terminal(beneath).terminal_id, 1, acked_seq=0, last_seq=3, hq_gen=0, cursor="") == here
    beneath.sell(TEA)
    acknowledge(beneath, 2, 1)
    now = outbox(beneath).identity()
    assert (2, 4, 1) == (now.acked_seq, now.last_seq, now.hq_gen)


@pytest.mark.parametrize(
    ("acked_seq", "durable_seq", "expected"),
    [(3, 2, (3, 2)), (99, 99, (3, 3)), (1, 3, (2, 2)), (0, 0, (2, 1)), (3, 0, (3, 1))],
)
def test_that_an_acknowledgement_never_goes_back_nor_beyond_what_was_written(
    beneath: Shop, acked_seq: int, durable_seq: int, expected: tuple[int, int]
) -> None:
    acknowledge(beneath, 2, 1)
    acknowledge(beneath, acked_seq, durable_seq, hq_gen=5)
    now = terminal(beneath)
    assert (expected, 5, NOON_MS) == ((now.acked_seq, now.durable_seq), now.hq_gen, now.trusted_ms)


@pytest.mark.parametrize(("expected_seq", "expected"), [(1, (0, 0)), (2, (1, 1)), (3, (2, 2)), (9, (3, 2))])
def test_that_a_restored_hq_gets_everything_from_where_it_stands(
    beneath: Shop, expected_seq: int, expected: tuple[int, int]
) -> None:
    acknowledge(beneath, 3, 2)
    outbox(beneath).rewind(expected_seq)
    assert expected == (terminal(beneath).acked_seq, terminal(beneath).durable_seq)


def test_that_the_queue_says_how_long_and_how_old_it_is(beneath: Shop) -> None:
    acknowledge(beneath, 3, 3)
    outbox(beneath).confirm_personal(outbox(beneath).pending_personal(10))
    assert QueueFigures(0, None, 0) == outbox(beneath).queue_figures()
    for _ in range(2):
        beneath.wait(1000)
        beneath.sell(TEA)
    beneath.join("2990000000057", name="Nova")
    assert QueueFigures(3, NOON_MS + 1000, 1) == outbox(beneath).queue_figures()


def test_that_an_event_under_a_former_name_is_not_sent_again(beneath: Shop) -> None:
    acknowledge(beneath, 3, 2)
    other = "00000000-0000-0000-0000-00000000000b"
    beneath.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=other, incarnation=1))
    batch = outbox(beneath).next_batch(1, events_max=500, bytes_max=10**6)
    assert batch is not None
    assert (1, GENESIS) == (len(batch.bodies), batch.prev_hash)
    assert 1 == outbox(beneath).queue_figures().waiting_events
    assert {"headquarters"} == set(beneath.bad_findings()), "it has not joined; all else is good"


def test_that_a_stop_is_remembered(beneath: Shop) -> None:
    outbox(beneath).stop_burning(StopReason.FENCED)
    outbox(beneath).stop_burning(StopReason.FENCED)
    assert "FENCED" == terminal(beneath).sync_state


# Personal data.


def personal(shop: Shop, account_ref: str = BOB_REF) -> dict[str, tuple[str, int, int]]:
    rows = shop.query(
        "SELECT field, value, version, confirmed_version FROM personal_field WHERE account_ref = ?", account_ref
    )
    return {field: (value, version, confirmed) for field, value, version, confirmed in rows}


def change(shop: Shop, utc_ms: int, **fields: str) -> None:
    shop.till.database.write(lambda c: accounts.put_personal(c, BOB_REF, fields, utc_ms=utc_ms))


def test_that_unconfirmed_records_go_up_oldest_first_and_as_many_as_asked_for(beneath: Shop) -> None:
    change(beneath, LONG_AGO_MS, phone="+381 60 2")
    first, second = outbox(beneath).pending_personal(10)
    assert (BOB_REF, f"account-{ANA}") == (first.account_ref, second.account_ref)
    expected = {"name": VersionedField("Боб", 1, NOON_MS), "phone": VersionedField("+381 60 2", 1, LONG_AGO_MS)}
    assert expected == first.fields
    assert (first,) == outbox(beneath).pending_personal(1)


def test_that_what_hq_confirmed_goes_up_no_more_and_what_changed_since_does(beneath: Shop) -> None:
    sent = outbox(beneath).pending_personal(10)
    change(beneath, NOON_MS + 1, name="Боба")
    outbox(beneath).confirm_personal(sent)
    assert (PersonalRecord(BOB_REF, {"name": VersionedField("Боба", 2, NOON_MS + 1)}),) == outbox(
        beneath
    ).pending_personal(10)
    outbox(beneath).confirm_personal(outbox(beneath).pending_personal(10))
    outbox(beneath).confirm_personal(sent)
    assert () == outbox(beneath).pending_personal(10)
    assert {"name": ("Боба", 2, 2)} == personal(beneath)


@pytest.mark.parametrize(
    ("hq_version", "expected"),
    [(1, ("Local", 2, 0)), (2, ("Local", 2, 0)), (3, ("From HQ", 3, 3))],
)
def test_that_a_field_that_was_changed_here_yields_to_a_higher_version_only(
    beneath: Shop, hq_version: int, expected: tuple[str, int, int]
) -> None:
    change(beneath, NOON_MS + 1, name="Local")
    record = PersonalRecord(BOB_REF, {"name": VersionedField("From HQ", hq_version, NOON_MS)})
    take(beneath, page(personal=(record,)))
    assert expected == personal(beneath)["name"]


def test_that_a_confirmed_field_becomes_hqs_and_a_new_one_is_added(beneath: Shop) -> None:
    outbox(beneath).confirm_personal(outbox(beneath).pending_personal(10))
    fields = {"name": VersionedField("Из HQ", 1, 7), "birthday": VersionedField("05-09", 4, 7)}
    take(beneath, page(personal=(PersonalRecord(BOB_REF, fields),)))
    assert {"name": ("Из HQ", 1, 1), "birthday": ("05-09", 4, 4)} == personal(beneath)
    assert "Из HQ" == beneath.member(BOB).name


# What comes down.


def test_that_balances_come_down_and_an_own_later_sale_stays_on_top(beneath: Shop) -> None:
    beneath.sell(TEA, card=BOB)
    counted = terminal(beneath).last_seq
    later = beneath.sell(TEA, TEA, card=BOB)
    assert 60 == later.quote.result.earned_units
    take(beneath, page(state(beneath, hq_lot("l-hq", 500), includes_seq=counted, card_class="gold", receipts_count=11)))
    bob = beneath.member(BOB)
    assert (560, "gold", 12) == (bob.balance.available_units, bob.card_class, bob.receipts_before)
    now = terminal(beneath)
    assert ("1.9", 1) == (now.cursor, now.hq_gen)
    take(beneath, page(state(beneath, hq_lot("l-hq", 555), includes_seq=now.last_seq)))
    assert 555 == beneath.member(BOB).balance.available_units


def test_that_an_own_later_burn_is_taken_from_hqs_lots(beneath: Shop) -> None:
    take(beneath, page(state(beneath, hq_lot("l-hq", 500), includes_seq=terminal(beneath).last_seq)))
    acknowledge(beneath, 3, 3)
    counted = terminal(beneath).last_seq
    basket = beneath.basket(TEA, card=BOB)
    answer = beneath.till.authorise_burn(basket, 400).result()
    burning = msgspec.structs.replace(basket, burn_units=400, authorisation=answer.authorisation)
    beneath.till.close_sale(burning, ENOUGH).result()
    take(beneath, page(state(beneath, hq_lot("l-hq", 500), includes_seq=counted)))
    assert 100 + 18 == beneath.member(BOB).balance.available_units


def test_that_an_own_later_return_stays_on_top_too(beneath: Shop) -> None:
    sale = beneath.sell(TEA, TEA, card=BOB)
    lot_id = beneath.query("SELECT lot_id FROM lot")[0][0]
    counted = terminal(beneath).last_seq
    beneath.till.return_goods(sale.receipt_number, {1: 1000}).result()
    counted_lot = msgspec.structs.replace(hq_lot(lot_id, 60), programme_id="fixed-card")
    take(beneath, page(state(beneath, counted_lot, includes_seq=counted)))
    assert (30, 10) == (beneath.member(BOB).balance.available_units, beneath.member(BOB).receipts_before)


def test_that_sums_come_down_by_month_with_the_own_later_ones_on_top(open_shop: OpenShop) -> None:
    shop = open_shop("progressive", **HQ)
    counted = terminal(shop).last_seq
    sale = shop.sell(TEA, TEA, card=BOB)
    shop.take_back(sale, line_1=1)
    sums = {"progressive": {"2026-06": 700, "2026-07": 5000}, "other": {"2026-07": 1}}
    take(shop, page(state(shop, includes_seq=counted, accumulators=sums)))
    assert {"progressive": 6700} == shop.member(BOB).accumulators
    rows = shop.query("SELECT programme_id, month, sum_minor FROM accumulator ORDER BY 1, 2")
    assert [("other", "2026-07", 1), ("progressive", "2026-06", 700), ("progressive", "2026-07", 6000)] == rows


def test_that_an_overdraft_comes_down_with_what_was_owed_and_repaid_here_since(beneath: Shop) -> None:
    spent = beneath.sell(TEA, TEA, card=BOB)
    take(
        beneath,
        page(state(beneath, includes_seq=terminal(beneath).last_seq, overdraft_units={"shop": 7, "partner": 2})),
    )
    counted = terminal(beneath).last_seq
    beneath.take_back(spent, line_1=1, line_2=1)
    assert 67 == beneath.member(BOB).balance.overdraft_units
    take(beneath, page(state(beneath, includes_seq=counted, overdraft_units={"shop": 7, "partner": 2})))
    assert 67 == beneath.member(BOB).balance.overdraft_units
    take(beneath, page(state(beneath, includes_seq=terminal(beneath).last_seq)))
    assert 0 == beneath.member(BOB).balance.overdraft_units


def test_that_a_new_account_comes_with_its_cards_and_a_blocked_one_stops_here(beneath: Shop) -> None:
    cards = (CardState("2990000000101", "active"), CardState("2990000000118", "blocked"))
    new = state(beneath, hq_lot("l-1", 5), includes_seq=0, account_ref="a-new", cards=cards, provisional=True)
    lots = tuple(msgspec.structs.replace(lot, account_ref="a-new") for lot in new.lots)
    take(beneath, page(msgspec.structs.replace(new, lots=lots)))
    holder = beneath.member("2990000000101")
    assert (5, True) == (holder.balance.available_units, holder.provisional)
    assert [("blocked",)] == beneath.query("SELECT status FROM card WHERE number = '2990000000118'")


@pytest.mark.parametrize("first", ["old", "new"])
def test_that_joined_accounts_share_their_lots_and_cards_in_whatever_order_they_come(beneath: Shop, first: str) -> None:
    take(beneath, page(state(beneath, hq_lot("l-1", 5), includes_seq=3)))
    merged = state(beneath, includes_seq=3, status="merged", cards=(), merged_into="a-new")
    lots = (msgspec.structs.replace(hq_lot("l-1", 5), account_ref="a-new"),)
    into = state(beneath, includes_seq=3, account_ref="a-new", lots=lots)
    states = (merged, into) if first == "old" else (into, merged)
    take(beneath, page(*states))
    bob = beneath.member(BOB)
    assert ("a-new", 5) == (bob.account_ref, bob.balance.available_units)


def test_that_an_event_that_hq_counts_under_a_former_name_is_not_counted_twice(beneath: Shop) -> None:
    beneath.sell(TEA, card=BOB)
    lot_id = beneath.query("SELECT lot_id FROM lot")[0][0]
    counted = state(beneath, hq_lot(lot_id, 30), includes_seq=terminal(beneath).last_seq)
    beneath.till.database.write(
        lambda c: journal.begin_incarnation(c, terminal_id=journal.read_terminal(c).terminal_id, incarnation=2)
    )
    take(beneath, page(counted))
    assert 30 == beneath.member(BOB).balance.available_units


def test_that_a_page_is_put_in_place_whole_or_not_at_all(beneath: Shop) -> None:
    bad = state(beneath, hq_lot("l-2", 5), includes_seq=3, cards=(CardState(BOB, "stolen"),))
    with pytest.raises(Exception, match="ck_card_status_known"):
        take(beneath, page(state(beneath, hq_lot("l-1", 5), includes_seq=3, account_ref=BOB_REF), bad))
    assert (0, "") == (beneath.member(BOB).balance.available_units, terminal(beneath).cursor)


def test_that_a_page_without_news_is_noted_as_a_contact_every_ten_minutes(beneath: Shop) -> None:
    def hear(minutes: int, **changes: object) -> tuple[int | None, str]:
        heard = msgspec.structs.replace(page(), hq_time_ms=NOON_MS + minutes * 60_000, **changes)
        take(beneath, heard)
        return terminal(beneath).last_contact_ms, terminal(beneath).cursor

    at = [NOON_MS + minutes * 60_000 for minutes in range(30)]
    assert (at[0], "1.9") == hear(0)
    assert (at[0], "1.9") == hear(9)
    assert (at[10], "1.9") == hear(10)
    assert (at[11], "1.10") == hear(11, next_cursor="1.10")
    assert (at[12], "1.10") == hear(12, next_cursor="1.10", personal=(PersonalRecord(BOB_REF, {}),))
    take(beneath, msgspec.structs.replace(page(cursor="1.11"), hq_time_ms=0))
    assert (at[12], "1.11") == (terminal(beneath).last_contact_ms, terminal(beneath).cursor), "HQ said no time"


# The arithmetic alone.


def entry(kind: AccountKind, units: int, lot_id: str) -> Entry:
    return Entry(BOB_REF, "e", 1, kind, "shop", units, lot_id)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], {"l-1": 50}),
        ([entry(AccountKind.AVAILABLE, -60, "l-1")], {"l-1": 0}),
        ([entry(AccountKind.PENDING, -5, "l-1"), entry(AccountKind.AVAILABLE, 5, "l-1")], {"l-1": 50}),
        (
            [entry(AccountKind.ISSUED, -20, "l-own"), entry(AccountKind.AVAILABLE, 20, "l-own")],
            {"l-1": 50, "l-own": 20},
        ),
        (
            [entry(AccountKind.REDEEMED, -20, "l-own"), entry(AccountKind.AVAILABLE, 20, "l-own")],
            {"l-1": 50, "l-own": 20},
        ),
        ([entry(AccountKind.AVAILABLE, -5, "l-own"), entry(AccountKind.REDEEMED, 5, "l-own")], {"l-1": 50}),
        ([entry(AccountKind.AVAILABLE, -5, "l-unknown"), entry(AccountKind.OVERDRAFT, -1, "")], {"l-1": 50}),
        ([entry(AccountKind.ISSUED, -50, "l-1"), entry(AccountKind.AVAILABLE, 50, "l-1")], {"l-1": 50}),
    ],
    ids=["nothing", "below zero", "maturing", "earned", "restored", "spent lot", "unknown lot", "counted already"],
)
def test_that_own_later_entries_go_on_top_of_hqs_lots(later: list[Entry], expected: dict[str, int]) -> None:
    lots = lots_with([hq_lot("l-1", 50)], [hq_lot("l-own", 20, left=3)], later)
    assert expected == {lot.lot_id: lot.remaining_units for lot in lots}


def test_that_a_pruned_event_that_hq_asks_for_is_our_own_mistake(beneath: Shop) -> None:
    beneath.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET body = NULL WHERE seq = 2"))
    with pytest.raises(AssertionError, match="was pruned"):
        outbox(beneath).next_batch(1, events_max=500, bytes_max=10**6)
