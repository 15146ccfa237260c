"""What the till remembers of its burns: holds that are open, and burns that headquarters does not have."""

import pytest

from storage import burning, journal
from storage.burning import AuthorisationRow
from storage.database import Connection
from storage.statements import Statement
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, NOON_MS, TEA, Shop

BOB_REF = f"account-{BOB}"
FIRST, SECOND = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def beneath(open_shop: OpenShop) -> Shop:
    """A shop whose points HQ decides about."""
    return open_shop("fixed-card", till={"authority": "hq"})


def ask(shop: Shop, auth_id: str, *, units: int = 10, at_ms: int = NOON_MS) -> None:
    shop.till.database.write(
        lambda c: burning.ask(c, auth_id, account_ref=BOB_REF, issuer="shop", units=units, created_at_ms=at_ms)
    )


def capture(shop: Shop, auth_id: str, event_id: str, **changes: object) -> None:
    """A sale of Bob's burned by this."""
    values: dict[str, object] = {
        "account_ref": BOB_REF,
        "issuer": "shop",
        "basis": "floor",
        "event_id": event_id,
        "business_date": "2026-07-01",
        "burned_units": 7,
        "utc_ms": NOON_MS,
    }
    shop.till.database.write(lambda c: burning.capture(c, auth_id, **(values | changes)))  # type: ignore[arg-type]


def open_ids(shop: Shop, *, before_ms: int = NOON_MS + 1, limit: int = 500) -> list[str]:
    rows = shop.till.database.read(lambda c: burning.open_authorisations(c, created_before_ms=before_ms, limit=limit))
    return [row.auth_id for row in rows]


def test_that_a_hold_is_open_until_it_is_refused_captured_or_voided(beneath: Shop) -> None:
    ask(beneath, SECOND, at_ms=NOON_MS)
    ask(beneath, FIRST, at_ms=NOON_MS - 1)
    assert [FIRST, SECOND] == open_ids(beneath)
    assert ([FIRST], [FIRST]) == (open_ids(beneath, before_ms=NOON_MS), open_ids(beneath, limit=1))
    beneath.till.database.write(lambda c: burning.set_state(c, FIRST, "held"))
    assert [FIRST, SECOND] == open_ids(beneath)
    for state in ("refused", "voided"):
        beneath.till.database.write(lambda c, state=state: burning.set_state(c, FIRST, state))  # type: ignore[misc]
        assert [SECOND] == open_ids(beneath)
    capture(beneath, SECOND, "event-1")
    assert [] == open_ids(beneath)


def test_that_a_hold_is_found_by_its_id(beneath: Shop) -> None:
    ask(beneath, FIRST)
    found = beneath.till.database.read(lambda c: burning.find_authorisation(c, FIRST))
    assert AuthorisationRow(FIRST, BOB_REF, "shop", 10, "asked", NOON_MS) == found
    assert found is not None
    assert found.is_open
    assert None is beneath.till.database.read(lambda c: burning.find_authorisation(c, SECOND))


def test_that_offline_burns_count_for_their_account_and_day(beneath: Shop) -> None:
    capture(beneath, FIRST, "event-1")
    capture(beneath, FIRST, "event-1")
    capture(beneath, SECOND, "event-2", basis="lease", burned_units=3)
    capture(beneath, "other-account", "event-3", account_ref=f"account-{ANA}")
    capture(beneath, "other-issuer", "event-4", issuer="cafe")
    capture(beneath, "other-day", "event-5", business_date="2026-07-02")
    capture(beneath, "held", "event-6", basis="hold")

    def today(date: str) -> int:
        return beneath.till.database.read(lambda c: burning.burned_today_units(c, BOB_REF, "shop", date))

    assert (10, 7, 0) == (today("2026-07-01"), today("2026-07-02"), today("2026-07-03"))


def test_that_a_merge_makes_no_day_new(beneath: Shop) -> None:
    merged = ("UPDATE account SET merged_into = ? WHERE account_ref = ?", BOB_REF, f"account-{ANA}")
    capture(beneath, FIRST, "event-1", account_ref=f"account-{ANA}", burned_units=4)
    capture(beneath, SECOND, "event-2", account_ref="account-before", burned_units=2)
    capture(beneath, "own", "event-3", burned_units=1)

    def today() -> int:
        return beneath.till.database.read(lambda c: burning.burned_today_units(c, BOB_REF, "shop", "2026-07-01"))

    assert 1 == today()
    beneath.damage(*merged)
    assert 5 == today()
    before = "INSERT INTO account (account_ref, merged_into, status) VALUES ('account-before', ?, 'merged')"
    beneath.damage(before, f"account-{ANA}")
    assert 7 == today()


def test_that_the_budget_counts_what_headquarters_has_not_acknowledged(beneath: Shop) -> None:
    def since() -> int:
        return beneath.till.database.read(lambda c: burning.burned_since_contact_units(c, journal.read_terminal(c)))

    for auth_id, basis in ((FIRST, "floor"), (SECOND, "lease"), ("held", "hold")):
        capture(beneath, auth_id, beneath.sell(TEA).event_id, basis=basis)
    assert 14 == since()
    beneath.till.database.write(lambda c: journal.change_terminal(c, acked_seq=4))
    assert 7 == since()
    beneath.till.database.write(lambda c: journal.change_terminal(c, acked_seq=6))
    assert 0 == since()
    # Headquarters was restored, and asks for everything again.
    beneath.till.database.write(lambda c: journal.change_terminal(c, acked_seq=3))
    assert 14 == since()


def test_that_what_is_not_counted_yet_is_told_from_what_is(beneath: Shop) -> None:
    counted = beneath.sell(TEA, card=BOB)
    beneath.till.database.write(
        lambda c: c.exec_driver_sql("UPDATE account SET includes_incarnation = 1, includes_seq = 4")
    )
    later = beneath.sell(TEA, card=BOB)
    lots = dict(beneath.query("SELECT event_id, lot_id FROM entry WHERE lot_id <> '' AND kind = 'issued'"))

    def unsynced() -> burning.Unsynced:
        return beneath.till.database.read(lambda c: burning.unsynced(c, BOB_REF, "shop"))

    assert burning.Unsynced(frozenset({lots[later.event_id]}), {}) == unsynced()
    assert counted.event_id in lots
    beneath.take_back(later, line_1=1)
    assert burning.Unsynced(frozenset({lots[later.event_id]}), {}) == unsynced()
    other = "00000000-0000-0000-0000-00000000000b"
    beneath.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=other, incarnation=1))
    assert set(lots.values()) == unsynced().given_lots


@pytest.mark.parametrize("keeps_name", [True, False])
def test_that_leases_are_of_the_name_to_which_they_were_given(beneath: Shop, *, keeps_name: bool) -> None:
    def job(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO lease (lease_id, account_ref, issuer, lot_id, units) VALUES ('l', ?, 'shop', 'x', 5)",
            (BOB_REF,),
        )
        mine = journal.read_terminal(connection).terminal_id
        name = mine if keeps_name else "00000000-0000-0000-0000-00000000000b"
        journal.begin_incarnation(connection, terminal_id=name, incarnation=2)

    beneath.till.database.write(job)
    assert ([("l", 5)] if keeps_name else []) == beneath.query("SELECT lease_id, units FROM lease")


def test_that_what_headquarters_holds_and_what_is_held_here_are_told(beneath: Shop) -> None:
    def job(connection: Connection) -> None:
        connection.exec_driver_sql(
            "INSERT INTO reserved (account_ref, issuer, held_units) VALUES (?, 'shop', 30)", (BOB_REF,)
        )

    beneath.till.database.write(job)
    ask(beneath, FIRST)
    ask(beneath, SECOND)
    beneath.till.database.write(lambda c: burning.set_state(c, SECOND, "held"))
    read = beneath.till.database.read
    assert 30 == read(lambda c: burning.held_units(c, BOB_REF, "shop"))
    assert 0 == read(lambda c: burning.held_units(c, f"account-{ANA}", "shop"))
    assert 10 == read(lambda c: burning.own_held_units(c, BOB_REF, "shop"))


@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (burning._burned_today, ("2026-07-01", BOB_REF, "shop"), "ix_authorisation_offline"),
        (burning._burned_since_contact, (0,), "ix_authorisation_unsynced"),
        (burning._own_held, (BOB_REF, "shop"), "ix_authorisation_open"),
    ],
)
def test_that_old_authorisations_are_not_gone_through(
    beneath: Shop, statement: Statement, values: tuple[object, ...], index: str
) -> None:
    plan = beneath.query(f"EXPLAIN QUERY PLAN {statement.text}", *values)
    assert any(index in str(row[-1]) for row in plan)
