"""Accounts, cards, members and their books."""

from functools import partial

import msgspec
import pytest

from pos_app.errors import StorageError
from pos_app.loyalty.ledger import Books, Entry, LotUnits, book_release, book_return, book_sale
from pos_app.model.accounts import AccountStatus, CardStatus, Lease, Lot
from pos_app.protocol.events import CardAction, CardEvent, Moment
from storage import account_changes, accounts, journal
from storage.accounts import AccountFacts, MonthlySum, NewMember
from storage.database import Database
from tests.shop import BOB as BOBS_CARD
from tests.shop import TEA, Shop

SALE_ID = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
RETURN_ID = "017f22e2-79b0-7cc3-98c4-dc0c0c073990"
ANA = NewMember("a-ana", "1001", "silver", name="Ana Čović", phone="+381 60 1", birthday="02-29")
BOB = NewMember("a-bob", "1002")


@pytest.fixture
def members(database: Database) -> Database:
    """Ana with everything, Bob with a card alone."""
    database.write(lambda c: accounts.add_members(c, [ANA, BOB], utc_ms=5))
    return database


def lot(
    lot_id: str,
    units: int = 10,
    *,
    account_ref: str = "a-ana",
    left: int | None = None,
    matured: bool = True,
    **dates: int | None,
) -> Lot:
    return Lot(
        lot_id, account_ref, "shop", "p", dates.get("starts_at_ms") or 0, dates.get("expires_at_ms"), units,
        units if left is None else left, matured,
    )  # fmt: skip


def found(database: Database, card: str) -> AccountFacts | None:
    return database.read(lambda c: accounts.find_by_card(c, card))


def test_that_a_card_that_was_never_seen_is_nobodys(members: Database) -> None:
    assert None is found(members, "9999")
    assert None is members.read(lambda c: accounts.find_by_ref(c, "a-nobody"))


def test_that_a_card_leads_to_everything_about_its_account(members: Database) -> None:
    members.write(lambda c: accounts.put_lots(c, [lot("l-1"), lot("l-2", left=0)]))
    members.write(lambda c: accounts.put_overdraft(c, "a-ana", {"shop": 3}, before={}))
    members.write(lambda c: accounts.add_to_sums(c, "a-ana", [MonthlySum("p", "2026-07", 100)], receipts=1))
    expected = AccountFacts(
        account_ref="a-ana",
        card_number="1001",
        card_status=CardStatus.ACTIVE,
        card_class="silver",
        receipts_count=1,
        provisional=False,
        name="Ana Čović",
        phone="+381 60 1",
        birthday="02-29",
        books=Books("a-ana", (lot("l-1"),), {"shop": 3}),
        monthly_sums=(MonthlySum("p", "2026-07", 100),),
    )
    assert expected == found(members, "1001")
    assert expected == members.read(lambda c: accounts.find_by_ref(c, "a-ana"))


def test_that_a_merged_account_leads_to_its_survivor_where_that_is_known(members: Database) -> None:
    """As HQ says it: the card still names the merged account, and the survivor may come with a later page."""

    def merge(source: str, target: str) -> None:
        sql = "UPDATE account SET status = 'merged', merged_into = ? WHERE account_ref = ?"
        members.write(lambda c: c.exec_driver_sql(sql, (target, source)).rowcount)

    merge("a-bob", "a-later")
    unknown = found(members, "1002")
    assert unknown is not None
    assert ("a-bob", AccountStatus.MERGED) == (unknown.account_ref, unknown.account_status)
    merge("a-bob", "a-ana")
    bob = found(members, "1002")
    assert bob is not None
    assert ("a-ana", "1002", "Ana Čović") == (bob.account_ref, bob.card_number, bob.name)
    by_ref = members.read(lambda c: accounts.find_by_ref(c, "a-bob"))
    assert by_ref is not None
    assert ("a-ana", "1001") == (by_ref.account_ref, by_ref.card_number)
    assert ("a-ana", "a-bob") == members.read(lambda c: accounts.merged_with(c, "a-bob"))
    merge("a-ana", "a-bob")
    assert {"a-ana", "a-bob"} == set(members.read(lambda c: accounts.merged_with(c, "a-ana"))), "no circle is endless"


def test_that_an_active_card_is_shown_before_a_replaced_one(members: Database) -> None:
    members.write(lambda c: account_changes.apply_act(c, card_event("1000", replaces="1001")))
    assert {"1000": CardStatus.ACTIVE, "1001": CardStatus.REPLACED} == members.read(
        lambda c: account_changes.cards_of(c, "a-ana")
    )
    ana = members.read(lambda c: accounts.find_by_ref(c, "a-ana"))
    assert ana is not None
    assert "1000" == ana.card_number


def card_event(number: str, *, replaces: str) -> CardEvent:
    moment = Moment("s", "c", "x", 1, "UTC", "2026-07-01", "b", 1, 1)
    return CardEvent(
        event_id=SALE_ID,
        moment=moment,
        account_ref="a-ana",
        card_number=number,
        action=CardAction.REPLACE,
        replaces=replaces,
    )


def test_that_leases_are_stored_changed_and_over(members: Database) -> None:
    members.write(lambda c: journal.found_terminal(c, terminal_id="t-1", terminal_number=1, store_id="s"))
    members.write(lambda c: accounts.put_lots(c, [lot("l-1", left=0)]))
    lease = Lease("lease-1", "t-1", "shop", "l-1", 10, 99, recalled=True)
    before = Books("a-ana", (lot("l-1", left=0),), leases=(lease,))
    members.write(lambda c: accounts.put_leases(c, "a-ana", [lease]))
    members.write(lambda c: c.exec_driver_sql("INSERT INTO reserved VALUES ('a-ana', 'shop', 1, 2)").rowcount)
    stored = members.read(lambda c: accounts.read_books(c, "a-ana"))
    assert msgspec.structs.replace(before, leased_elsewhere_units={"shop": 2}) == stored
    released = book_release(before, event_id=SALE_ID, lease_id="lease-1", units=4)
    members.write(lambda c: accounts.write_booking(c, released, before=before, utc_ms=5))
    assert [6] == [one.units for one in members.read(lambda c: accounts.read_books(c, "a-ana")).leases]
    over = book_release(released.books, event_id=RETURN_ID, lease_id="lease-1", units=6)
    members.write(lambda c: accounts.write_booking(c, over, before=released.books, utc_ms=6))
    assert Books("a-ana", (lot("l-1"),), leased_elsewhere_units={"shop": 2}) == members.read(
        lambda c: accounts.read_books(c, "a-ana")
    )


def test_that_a_member_without_a_name_has_no_personal_data(members: Database) -> None:
    bob = found(members, "1002")
    assert bob is not None
    assert ("", "", "") == (bob.name, bob.phone, bob.birthday)
    assert [("a-ana",)] == members.read(
        lambda c: [tuple(r) for r in c.exec_driver_sql("SELECT DISTINCT account_ref FROM personal_field")]
    )


def test_that_a_taken_card_or_account_is_refused_whole(members: Database) -> None:
    for taken in (NewMember("a-new", "1001"), NewMember("a-ana", "1003")):
        with pytest.raises(StorageError):
            members.write(partial(accounts.add_members, members=[NewMember("a-x", "1009"), taken], utc_ms=5))
    assert None is found(members, "1009")
    assert 2 == members.read(accounts.count_members)


def test_that_a_personal_field_that_changes_gets_the_next_version(members: Database) -> None:
    def fields() -> list[tuple[object, ...]]:
        rows = "SELECT field, value, version, changed_at_ms FROM personal_field ORDER BY field"
        return members.read(lambda c: [tuple(row) for row in c.exec_driver_sql(rows)])

    members.write(lambda c: accounts.put_personal(c, "a-ana", {"name": "Ana Čović", "phone": "2"}, utc_ms=9))
    expected = [("birthday", "02-29", 1, 5), ("name", "Ana Čović", 1, 5), ("phone", "2", 2, 9)]
    assert expected == fields()


def test_that_a_card_can_be_blocked_and_a_class_changed(members: Database) -> None:
    members.write(lambda c: accounts.set_card_status(c, "1001", CardStatus.BLOCKED))
    members.write(lambda c: accounts.set_card_class(c, "a-ana", "gold"))
    ana = found(members, "1001")
    assert ana is not None
    assert (CardStatus.BLOCKED, "gold") == (ana.card_status, ana.card_class)


def test_that_lots_are_read_by_their_ids_spent_ones_too(members: Database) -> None:
    members.write(lambda c: accounts.put_lots(c, [lot("l-1"), lot("l-2", left=0)]))
    assert (lot("l-2", left=0), lot("l-1")) == members.read(lambda c: accounts.read_lots(c, ["l-2", "l-0", "l-1"]))


def test_that_a_lot_that_is_put_again_keeps_its_dates_and_changes_what_is_left_and_whose_it_is(
    members: Database,
) -> None:
    members.write(lambda c: accounts.put_lots(c, [lot("l-1", matured=False, expires_at_ms=99)]))
    members.write(lambda c: accounts.put_lots(c, [lot("l-1", account_ref="a-bob", left=4, expires_at_ms=1)]))
    expected = (lot("l-1", account_ref="a-bob", left=4, expires_at_ms=99),)
    assert expected == members.read(lambda c: accounts.read_books(c, "a-bob")).lots
    assert () == members.read(lambda c: accounts.read_books(c, "a-ana")).lots


def test_that_a_booking_is_stored_entry_by_entry_and_read_back_as_it_was(members: Database) -> None:
    before = Books("a-ana", (lot("l-1"),))
    members.write(lambda c: accounts.put_lots(c, before.lots))
    burn = book_sale(before, event_id=SALE_ID, at_ms=5, burn_units=12, burn_issuer="shop", granted=())
    members.write(lambda c: accounts.write_booking(c, burn, before=before, utc_ms=5))
    assert burn.entries == members.read(lambda c: accounts.entries_of(c, "a-ana", SALE_ID))
    assert Books("a-ana", (), {"shop": 2}) == members.read(lambda c: accounts.read_books(c, "a-ana"))
    after = burn.books
    back = book_return(
        after, event_id=RETURN_ID, claw_back=[LotUnits("l-1", 0)], issuer="shop", restored=[lot("l-9", 5)]
    )
    members.write(lambda c: accounts.write_booking(c, back, before=after, utc_ms=6))
    assert Books("a-ana", (lot("l-9", 5, left=3),)) == members.read(lambda c: accounts.read_books(c, "a-ana"))
    assert () == members.read(lambda c: accounts.entries_of(c, "a-bob", SALE_ID))


def test_that_an_entry_is_booked_once(members: Database) -> None:
    burn = book_sale(Books("a-ana"), event_id=SALE_ID, at_ms=5, burn_units=1, burn_issuer="shop", granted=())
    members.write(lambda c: accounts.write_booking(c, burn, before=Books("a-ana"), utc_ms=5))
    with pytest.raises(StorageError, match=r"entry\.account_ref, entry\.event_id, entry\.entry_no"):
        members.write(lambda c: accounts.write_booking(c, burn, before=Books("a-ana"), utc_ms=5))
    entry: Entry = members.read(lambda c: accounts.entries_of(c, "a-ana", SALE_ID))[0]
    assert -1 == entry.units


def test_that_sums_add_up_by_programme_and_month_and_can_be_taken_back(members: Database) -> None:
    july, august = MonthlySum("p", "2026-07", 100), MonthlySum("p", "2026-08", 50)
    members.write(lambda c: accounts.add_to_sums(c, "a-ana", [july, august], receipts=1))
    members.write(lambda c: accounts.add_to_sums(c, "a-ana", [july, MonthlySum("q", "2026-07", 1)], receipts=1))
    members.write(lambda c: accounts.add_to_sums(c, "a-ana", [MonthlySum("p", "2026-07", -30)], receipts=0))
    ana = found(members, "1001")
    assert ana is not None
    expected = {MonthlySum("p", "2026-07", 170), august, MonthlySum("q", "2026-07", 1)}
    assert (expected, 2) == (set(ana.monthly_sums), ana.receipts_count)


def test_that_accounts_with_something_to_mature_or_to_expire_are_due(members: Database) -> None:
    def due(at_ms: int, limit: int = 10) -> list[str]:
        return sorted(members.read(lambda c: accounts.due_accounts(c, at_ms=at_ms, limit=limit)))

    members.write(
        lambda c: accounts.put_lots(
            c,
            [
                lot("l-1", matured=False, starts_at_ms=10, expires_at_ms=40),
                lot("l-2", account_ref="a-bob", expires_at_ms=20),
                lot("l-3", account_ref="a-bob", left=0, matured=False, expires_at_ms=5),
            ],
        )
    )
    assert [] == due(9)
    assert ["a-ana"] == due(10)
    assert ["a-ana", "a-bob"] == due(20)
    assert 1 == len(due(20, limit=1))


def test_that_forgetting_lots_leaves_the_member_and_the_others(members: Database) -> None:
    members.write(lambda c: accounts.put_lots(c, [lot("l-1"), lot("l-2", account_ref="a-bob")]))
    members.write(lambda c: accounts.put_overdraft(c, "a-ana", {"shop": 3}, before={}))
    members.write(lambda c: accounts.add_to_sums(c, "a-ana", [MonthlySum("p", "2026-07", 100)], receipts=1))
    members.write(lambda c: accounts.forget_lots(c, "a-ana"))
    ana, bob = found(members, "1001"), found(members, "1002")
    assert ana is not None
    assert bob is not None
    assert (Books("a-ana"), (), "Ana Čović", 1) == (ana.books, ana.monthly_sums, ana.name, ana.receipts_count)
    assert (lot("l-2", account_ref="a-bob"),) == bob.books.lots


def test_that_the_ledger_says_what_was_issued_and_redeemed_in_all(shop: Shop) -> None:
    assert (0, 0) == shop.till.database.read(accounts.ledger_totals)
    sale = shop.sell(TEA, TEA, card=BOBS_CARD)
    shop.sell(TEA, card=BOBS_CARD, burn=20)
    assert (60 + 29, 20) == shop.till.database.read(accounts.ledger_totals)
    shop.take_back(sale, line_1=1)
    assert (30 + 29, 20) == shop.till.database.read(accounts.ledger_totals)
