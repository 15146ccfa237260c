import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from hq import apply, tables
from hq.apply import book_what_is_due
from hq.operate import RunningHq
from hq.reports import totals
from pos_app.loyalty.ledger import Booking, Books, book_due
from pos_app.model.evaluation import Discount, LotGrant, Reason
from pos_app.model.identifiers import derived_id
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.protocol.events import AnyEvent, BurnedLot, GrantedLot, MergeEvent, SaleEvent
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, OFF, START_MS, Journal, enrolment, moment, new_id, sale, sale_return
from tests.hq.ledgers import LATER_MS, assert_sound, available, book, entries, lot_of_five, state_of, tasks

TENTH_OFF = Reason("percent", {"rate_bp": 1000})


def test_that_a_sale_reaches_the_ledger_the_member_and_the_totals(hq: RunningHq, journal: Journal) -> None:
    sold = sale(account_ref="a", card="299", amounts=(1000, 250), earned=12)
    journal.upload(enrolment("a", "299"), sold)

    assert 2 == book(hq)
    state = state_of(journal, "a")
    assert ("active", "gold", False, 1) == (state.status, state.card_class, state.provisional, state.receipts_count)
    assert [("299", "active")] == [(card.number, card.status) for card in state.cards]
    assert [(sold.granted_lots[0].lot_id, 12, True)] == [
        (lot.lot_id, lot.remaining_units, lot.matured) for lot in state.lots
    ]
    assert {"progressive": {"2026-01": 1250}} == state.accumulators
    assert (1, 2) == (state.includes_incarnation, state.includes_seq)
    assert [("issued", -12), ("available", 12)] == entries(hq)
    assert_sound(hq)


def test_that_payments_and_awards_are_kept(hq: RunningHq, journal: Journal) -> None:
    paid = (Payment(PaymentKind.CARD, 1000, reference="T-1"), Payment(PaymentKind.CASH, 250, 300))
    journal.upload(sale(account_ref="a", card="299", earned=12, payments=paid))
    book(hq)

    with hq.engine.connect() as connection:
        payments = connection.execute(select(tables.payment).order_by(tables.payment.c.payment_no)).all()
        awards = connection.execute(select(tables.award).order_by(tables.award.c.award_no)).all()
    assert [(1, "card", 1000, "T-1"), (2, "cash", 250, "")] == [tuple(row)[2:] for row in payments]
    assert [(1, 1, 6, "rate", '{"rate_bp":100}'), (2, 2, 6, "rate", '{"rate_bp":100}')] == [
        (row.award_no, row.line_no, row.units, row.reason_code, row.reason_values) for row in awards
    ]


def test_that_discounts_are_kept_beside_the_sale(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(discounts=(OFF,)))
    book(hq)
    with hq.engine.connect() as connection:
        rows = connection.execute(select(tables.discount)).all()
    assert [(1, 1, "card", "off", 100, "percent", '{"rate_bp":1000}')] == [tuple(row)[2:] for row in rows]


def test_that_an_anonymous_sale_books_no_points(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(), sale())

    assert 2 == book(hq)
    figures = totals(hq.engine)
    assert (2, 2500, 0, {}) == (figures.sales, figures.sales_minor, figures.accounts, figures.ledger_units)


def test_that_burning_takes_the_soonest_expiring_points_first(hq: RunningHq, journal: Journal) -> None:
    never = sale(account_ref="a", card="299", earned=10)
    soon = sale(account_ref="a", card="299", earned=10, expires_ms=START_MS + 30 * DAY_MS)
    burning = sale(account_ref="a", card="299", burned=15, utc_ms=START_MS + DAY_MS)
    journal.upload(never, soon, burning)
    book(hq, now_ms=START_MS + 2 * DAY_MS)

    assert [(never.granted_lots[0].lot_id, 5)] == [
        (lot.lot_id, lot.remaining_units) for lot in state_of(journal, "a").lots
    ]
    assert {"issued": -20, "available": 5, "redeemed": 15} == totals(hq.engine).ledger_units
    assert_sound(hq)


def test_that_what_two_tills_burned_at_once_becomes_overdraft_and_is_repaid(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(sale(account_ref="a", card="299", earned=10))
    book(hq)
    first.upload(sale(account_ref="a", card="299", burned=8, utc_ms=START_MS + DAY_MS))
    second.upload(sale(account_ref="a", card="299", burned=8, utc_ms=START_MS + DAY_MS))
    book(hq)
    owing = state_of(second, "a")
    second.upload(sale(account_ref="a", card="299", earned=20, utc_ms=START_MS + 2 * DAY_MS))
    book(hq)
    repaid = state_of(second, "a")

    assert ({"shop": 6}, 0) == (owing.overdraft_units, available(owing))
    assert ({}, 14) == (repaid.overdraft_units, available(repaid))
    assert_sound(hq)


def burned_in_time(given: SaleEvent, units: int, *, days: int = 1, **changes: object) -> SaleEvent:
    """A burn from what another sale gave, some days after the start."""
    (granted,) = given.granted_lots
    parts = (BurnedLot(granted.lot_id, units, granted.grant.expires_at_ms),)
    made = sale(account_ref="a", card="299", burned=units, burned_lots=parts, utc_ms=START_MS + days * DAY_MS)
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize("in_one_run", [True, False])
def test_that_points_burned_in_time_are_not_owed_if_their_expiry_was_booked_first(
    hq: RunningHq, enrol: Enrol, *, in_one_run: bool
) -> None:
    first, second = enrol(), enrol()
    given = sale(account_ref="a", card="299", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    first.upload(given)
    book(hq, now_ms=START_MS + DAY_MS)
    if in_one_run:
        first.upload(sale(account_ref="a", card="299", utc_ms=START_MS + 3 * DAY_MS))
    else:
        book_what_is_due(hq.engine, now_ms=START_MS + 3 * DAY_MS)
    second.upload(burned_in_time(given, 8))
    book(hq)

    assert {"issued": -10, "available": 0, "expired": 2, "redeemed": 8} == totals(hq.engine).ledger_units
    assert state_of(first, "a").offline_burning
    assert_sound(hq)


def test_that_points_burned_in_time_are_taken_from_what_has_expired_and_not_from_what_is_left(
    hq: RunningHq, journal: Journal
) -> None:
    given = sale(account_ref="a", card="299", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    journal.upload(given, sale(account_ref="a", card="299", earned=20))
    book(hq)
    book_what_is_due(hq.engine, now_ms=LATER_MS)
    journal.upload(burned_in_time(given, 12))
    book(hq)

    assert {"issued": -30, "available": 18, "expired": 0, "redeemed": 12} == totals(hq.engine).ledger_units
    assert_sound(hq)


def test_that_what_has_expired_is_given_once_and_only_to_burns_in_time(hq: RunningHq, journal: Journal) -> None:
    given = sale(account_ref="a", card="299", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    journal.upload(given)
    book(hq)
    book_what_is_due(hq.engine, now_ms=LATER_MS)
    journal.upload(burned_in_time(given, 8), burned_in_time(given, 2, days=2), burned_in_time(given, 2, issuer="other"))
    book(hq)
    once = totals(hq.engine).ledger_units
    journal.upload(burned_in_time(given, 8), burned_in_time(given, 3))
    book(hq)

    assert {"issued": -10, "available": 0, "expired": 2, "redeemed": 12, "overdraft": -4} == once
    assert {**once, "expired": 0, "redeemed": 23, "overdraft": -13} == totals(hq.engine).ledger_units
    assert_sound(hq)


def test_that_nobody_burns_what_another_had_and_let_expire(hq: RunningHq, journal: Journal) -> None:
    others = sale(account_ref="b", card="300", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    journal.upload(others)
    book(hq, now_ms=START_MS)
    book_what_is_due(hq.engine, now_ms=LATER_MS)
    journal.upload(sale(account_ref="b", card="300"), burned_in_time(others, 8))
    book(hq)

    assert {"issued": -10, "available": 0, "expired": 10, "redeemed": 8, "overdraft": -8} == totals(
        hq.engine
    ).ledger_units
    assert_sound(hq)


def test_that_points_of_a_merged_account_that_were_burned_in_time_are_not_owed(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    given = sale(account_ref="a", card="299", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    first.upload(given, enrolment("b", "300"))
    book(hq)
    book_what_is_due(hq.engine, now_ms=LATER_MS)
    second.upload(MergeEvent(event_id=new_id(), moment=moment(), account_ref="b", merged_ref="a"))
    book(hq)
    second.upload(burned_in_time(given, 8, account_ref="b", card_ref="300"))
    book(hq)

    assert {"issued": -10, "available": 0, "expired": 2, "redeemed": 8} == totals(hq.engine).ledger_units
    assert_sound(hq)


def test_that_points_that_are_pending_mature_and_expire_by_hqs_clock(hq: RunningHq, journal: Journal) -> None:
    journal.upload(
        sale(account_ref="a", card="299", earned=10, starts_ms=START_MS + DAY_MS, expires_ms=START_MS + 9 * DAY_MS)
    )
    book(hq, now_ms=START_MS)
    assert 0 == book_what_is_due(hq.engine, now_ms=START_MS + DAY_MS - 1)
    pending = totals(hq.engine).ledger_units
    assert 1 == book_what_is_due(hq.engine, now_ms=START_MS + DAY_MS)
    matured = totals(hq.engine).ledger_units
    assert 1 == book_what_is_due(hq.engine, now_ms=START_MS + 9 * DAY_MS)
    assert 0 == book_what_is_due(hq.engine, now_ms=START_MS + 99 * DAY_MS)

    assert {"issued": -10, "pending": 10} == pending
    assert {"issued": -10, "pending": 0, "available": 10} == matured
    assert {"issued": -10, "pending": 0, "available": 0, "expired": 10} == totals(hq.engine).ledger_units
    assert_sound(hq)


def test_that_maturing_has_an_id_that_follows_from_the_lot(hq: RunningHq, journal: Journal) -> None:
    sold = sale(account_ref="a", card="299", earned=10, starts_ms=START_MS + DAY_MS)
    journal.upload(sold)
    book(hq, now_ms=START_MS)
    book_what_is_due(hq.engine, now_ms=LATER_MS)

    expected = derived_id(sold.granted_lots[0].lot_id, "mature")
    with hq.engine.connect() as connection:
        booked = connection.execute(select(tables.entry.c.entry_no).where(tables.entry.c.event_id == expected))
        assert [1, 2] == sorted(booked.scalars())


def test_that_many_accounts_are_due_at_once(hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "_RUN_ACCOUNTS_MAX", 2)
    journal.upload(*[sale(account_ref=f"a{n}", card=f"29{n}", earned=1, starts_ms=START_MS + 1) for n in range(5)])
    book(hq, now_ms=START_MS)

    assert 5 == book_what_is_due(hq.engine, now_ms=LATER_MS)
    assert {"issued": -5, "pending": 0, "available": 5} == totals(hq.engine).ledger_units


@pytest.mark.expects_log("due.failed")
def test_that_an_account_that_cannot_be_booked_keeps_no_others_points_waiting(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "_RUN_ACCOUNTS_MAX", 4)
    given = [sale(account_ref=f"a{n}", card=f"29{n}", earned=1, starts_ms=START_MS + 1 + n) for n in range(9)]
    journal.upload(*given)
    book(hq, now_ms=START_MS)

    def failing(books: Books, *, at_ms: int) -> Booking:
        assert books.account_ref not in {"a1", "a6"}, "a defect"
        return book_due(books, at_ms=at_ms)

    with monkeypatch.context() as patch:
        patch.setattr(apply, "book_due", failing)
        assert [7, 0] == [book_what_is_due(hq.engine, now_ms=LATER_MS) for _ in range(2)]
    assert {"issued": -9, "pending": 2, "available": 7} == totals(hq.engine).ledger_units
    assert [(2, "due_failed"), (7, "due_failed")] == tasks(hq)
    assert 2 == book_what_is_due(hq.engine, now_ms=LATER_MS)
    assert {"issued": -9, "pending": 0, "available": 9} == totals(hq.engine).ledger_units
    assert [] == tasks(hq)
    assert_sound(hq)


@pytest.mark.expects_log("due.failed")
def test_that_a_task_about_due_points_ends_with_the_account_that_took_them_over(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [
        sale(account_ref=ref, card=card, earned=1, starts_ms=START_MS + 1) for ref, card in (("a", "1"), ("b", "2"))
    ]
    journal.upload(*given)
    book(hq, now_ms=START_MS)

    def failing(books: Books, *, at_ms: int) -> Booking:
        assert books.account_ref != "a", "a defect"
        return book_due(books, at_ms=at_ms)

    with monkeypatch.context() as patch:
        patch.setattr(apply, "book_due", failing)
        book_what_is_due(hq.engine, now_ms=LATER_MS)
        before = tasks(hq)
        journal.upload(MergeEvent(event_id=new_id(), moment=moment(), account_ref="b", merged_ref="a"))
        book(hq)
        book_what_is_due(hq.engine, now_ms=LATER_MS)
    assert ([(1, "due_failed")], []) == (before, tasks(hq))


@pytest.mark.expects_log("due.failed")
def test_that_a_defect_that_meets_every_account_is_soon_given_up(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "_RUN_ACCOUNTS_MAX", 2)
    journal.upload(*[sale(account_ref=f"a{n}", card=f"29{n}", earned=1, starts_ms=START_MS + 1 + n) for n in range(5)])
    book(hq, now_ms=START_MS)

    def failing(books: Books, *, at_ms: int) -> Booking:
        raise ZeroDivisionError

    monkeypatch.setattr(apply, "book_due", failing)
    assert 0 == book_what_is_due(hq.engine, now_ms=LATER_MS)
    assert [(1, "due_failed"), (2, "due_failed")] == tasks(hq)


def test_that_a_database_that_is_away_makes_nobody_guilty(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_options: object) -> None:
        raise OperationalError("SELECT 1", None, Exception("gone"), connection_invalidated=True)

    journal.upload(sale(account_ref="a", card="299", earned=1, starts_ms=START_MS + 1))
    book(hq, now_ms=START_MS)
    monkeypatch.setattr(apply, "book_due", away)
    with pytest.raises(OperationalError):
        book_what_is_due(hq.engine, now_ms=LATER_MS)
    assert [] == tasks(hq)


def test_that_a_clock_that_runs_ahead_neither_matures_nor_expires(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=10, expires_ms=START_MS + 30 * DAY_MS))
    journal.upload(sale(account_ref="a", card="299", utc_ms=START_MS + 3650 * DAY_MS))
    book(hq, now_ms=START_MS + DAY_MS)

    assert 10 == available(state_of(journal, "a"))


def test_that_a_return_takes_back_what_the_sale_gave(hq: RunningHq, journal: Journal) -> None:
    sold = sale(account_ref="a", card="299", amounts=(1000,), earned=10)
    lot_id = sold.granted_lots[0].lot_id
    journal.upload(sold, sale_return(sold, clawed_back={lot_id: 10}))
    book(hq)

    state = state_of(journal, "a")
    assert ((), {"progressive": {"2026-01": 0}}, 1) == (state.lots, state.accumulators, state.receipts_count)
    (figures,) = totals(hq.engine).terminals
    assert (1, 1, 1000, 1000) == (figures.sales, figures.returns, figures.sales_minor, figures.returns_minor)
    assert_sound(hq)


def test_that_points_that_are_spent_are_owed_after_a_return(hq: RunningHq, journal: Journal) -> None:
    sold = sale(account_ref="a", card="299", earned=10)
    lot_id = sold.granted_lots[0].lot_id
    burning = sale(account_ref="a", card="299", burned=6, utc_ms=START_MS + 1)
    journal.upload(sold, burning, sale_return(sold, clawed_back={lot_id: 10}, overdraft=6))
    book(hq)

    state = state_of(journal, "a")
    assert ({"shop": 6}, ()) == (state.overdraft_units, state.lots)
    assert_sound(hq)


def test_that_burned_points_come_back_with_a_return(hq: RunningHq, journal: Journal) -> None:
    earned = sale(account_ref="a", card="299", earned=10)
    burning = sale(account_ref="a", card="299", burned=6, utc_ms=START_MS + 1)
    lot_id = derived_id(burning.event_id, "restored-1")
    back = GrantedLot(lot_id, LotGrant("points", "shop", 6, START_MS, None))
    journal.upload(earned, burning, sale_return(burning, clawed_back={}, restored_lots=(back,)))
    book(hq)

    assert 10 == available(state_of(journal, "a"))
    assert_sound(hq)


def test_that_an_anonymous_return_only_counts_money(hq: RunningHq, journal: Journal) -> None:
    sold = sale(amounts=(1000,))
    journal.upload(sold, sale_return(sold, clawed_back={}))
    book(hq)

    assert ({}, 0, []) == (totals(hq.engine).ledger_units, totals(hq.engine).accounts, tasks(hq))


def test_that_a_card_that_was_never_seen_earns_on_a_provisional_account(hq: RunningHq, journal: Journal) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=10))
    book(hq)
    provisional = state_of(journal, "a")
    journal.upload(enrolment("a", "299", "silver"))
    book(hq)
    enrolled = state_of(journal, "a")

    assert (True, False) == (provisional.provisional, enrolled.provisional)
    assert 10 == available(enrolled)


def test_that_a_card_that_two_tills_met_is_one_account(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(sale(account_ref="a", card="299", earned=10))
    book(hq)
    second.upload(sale(account_ref="b", card="299", earned=5), enrolment("b", "299", "silver"))
    book(hq)
    second.upload(sale(account_ref="b", card="299", burned=15, utc_ms=START_MS + 1))
    book(hq)

    joined, other = state_of(second, "a"), state_of(second, "b")
    assert ((), 3, False, "gold") == (joined.lots, joined.receipts_count, joined.provisional, joined.card_class)
    assert ("merged", "a", (), ()) == (other.status, other.merged_into, other.lots, other.cards)
    assert_sound(hq)


def test_that_enrolling_a_card_that_is_known_names_its_holder(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(sale(account_ref="a", card="299", earned=10))
    book(hq)
    second.upload(enrolment("b", "299", "silver"))
    book(hq)

    joined, other = state_of(first, "a"), state_of(first, "b")
    assert (10, False, "silver") == (available(joined), joined.provisional, joined.card_class)
    assert "a" == other.merged_into


def test_that_a_second_card_joins_its_account(hq: RunningHq, journal: Journal) -> None:
    journal.upload(enrolment("a", "299"), enrolment("a", "300", ""), enrolment("a", "300", "gold"))
    book(hq)

    state = state_of(journal, "a")
    assert (["299", "300"], "gold", []) == ([card.number for card in state.cards], state.card_class, tasks(hq))


def test_that_a_card_of_two_known_accounts_is_a_task(hq: RunningHq, journal: Journal) -> None:
    journal.upload(enrolment("a", "299"), enrolment("b", "300"), enrolment("b", "299"))
    book(hq)

    assert [(3, "card_taken")] == tasks(hq)
    assert ["299"] == [card.number for card in state_of(journal, "a").cards]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (sale(account_ref="a", granted_lots=lot_of_five(new_id())), "lot_id"),
        (sale(account_ref="a", burned=-1), "range"),
        (sale(total_minor=10**12 + 1), "range"),
        (sale(total_minor=-1), "range"),
        (sale(account_ref="a", earned=1, expires_ms=253_402_300_800_000), "range"),
        (sale(account_ref="a", counted={"p": 10**30}), "range"),
        (sale(moment=moment(business_date="2026-1-1")), "date"),
        (sale(moment=msgspec.structs.replace(moment(), utc_ms=10**18)), "range"),
        (sale(payments=(Payment(PaymentKind.CASH, 10**17),)), "range"),
        (sale(moment=moment(business_date="2026-02-30")), "date"),
        (sale(moment=moment(business_date="２０２６-01-01")), "date"),
        (sale(discounts=(Discount(1, "p", "r", 0, TENTH_OFF),)), "discounts"),
        (sale(discounts=(Discount(1, "p", "r", -5, TENTH_OFF),)), "discounts"),
        (sale(discounts=(Discount(3, "p", "r", 5, TENTH_OFF),)), "discounts"),
        (sale(discounts=(Discount(1, "p", "r", 10**9, TENTH_OFF),)), "discounts"),
        (sale(discounts=(Discount(1, "p" * 65, "r", 5, TENTH_OFF),)), "ref"),
        (sale(discounts=(Discount(1, "p", "\0", 5, TENTH_OFF),)), "text"),
        (enrolment("", "299"), "ref"),
        (enrolment("b", "3\n00"), "ref"),
        (enrolment("b", "300", "g" * 65), "ref"),
        (sale(account_ref="b\0"), "ref"),
        (sale(account_ref="b", issuer=""), "ref"),
        (sale(account_ref="a", counted={"p" * 65: 1}), "ref"),
        (sale(account_ref="a", class_after="\x85"), "ref"),
        (sale_return(sale(account_ref="nobody"), clawed_back={}), "sale_missing"),
        (sale_return(sale(account_ref="a"), clawed_back={"x": -1}), "range"),
    ],
)
def test_that_an_event_that_means_nothing_sound_is_a_task_without_effect(
    hq: RunningHq, journal: Journal, event: AnyEvent, code: str
) -> None:
    journal.upload(sale(account_ref="a", card="299", earned=5), event, sale(account_ref="a", card="299", earned=5))

    assert 3 == book(hq)
    assert [(2, code)] == tasks(hq)
    assert {"issued": -10, "available": 10} == totals(hq.engine).ledger_units
    assert_sound(hq)


def test_that_a_till_gone_mad_keeps_no_changes_from_the_others(hq: RunningHq, enrol: Enrol) -> None:
    rogue, sound = enrol(), enrol()
    rogue.upload(
        enrolment("z" * 65, "300"),
        enrolment("b", "y" * 65),
        sale(account_ref="x\0y", card="301"),
        sale(account_ref="c", card="a\0b"),
    )
    sound.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=5))

    assert 6 == book(hq)
    assert [(seq, "ref") for seq in (1, 2, 3, 4)] == tasks(hq)
    assert [("a", 5)] == [(state.account_ref, available(state)) for state in sound.page().accounts]
    assert [] == [state.account_ref for state in sound.page(sound.page().next_cursor).accounts]
    assert_sound(hq)


def test_that_a_return_gives_and_takes_by_the_sale_whatever_it_says(hq: RunningHq, journal: Journal) -> None:
    sold = sale(account_ref="a", card="299", earned=5)
    restored = lot_of_five(sold.granted_lots[0].lot_id)
    journal.upload(sold, sale_return(sold, clawed_back={}, restored_lots=restored))
    book(hq)
    journal.upload(sale_return(sold, clawed_back={}, restored_lots=restored))
    book(hq)

    assert [(3, "returned_too_much")] == tasks(hq)
    assert {"issued": 0, "available": 0} == totals(hq.engine).ledger_units
