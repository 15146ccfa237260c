"""Names, phones, card numbers and costs are where they belong, and nowhere else."""

import logging
from pathlib import Path

import pytest

from devices.emulators import SocketPrinter
from devices.printer import open_transport
from pos_app.errors import InputError, StorageError
from pos_app.settings import Printer
from pos_app.use_cases.importing import import_members, import_products
from pos_app.use_cases.printing import PrintQueue
from storage import accounts
from storage.outbox import SqliteOutbox
from tests.shop import ANA, BOB, NOBODY, TEA, Shop

SECRETS = ("Petrova", "555-0199", NOBODY, "Čović", "Боб", ANA, BOB)


def busy_day(shop: Shop, folder: Path) -> None:
    """An enrolment, imports, sales, refusals, a printer that is off."""
    shop.till.enrol(NOBODY, name="Marija Petrova", phone="+381 555-0199").result()
    goods, members = folder / "goods.csv", folder / "members.csv"
    goods.write_text("code,name,price,tax_rate,cost\nx,X,9.99,20,4.44\n")
    import_products(shop.till, goods)
    members.write_text("card_number,name\n2990000000057,Nina Petrova\n")
    import_members(shop.till, members)
    sale = shop.sell(TEA, shop.product("x"), card=NOBODY)
    shop.take_back(sale, line_1=1)
    with pytest.raises(InputError):
        shop.till.enrol(BOB, name="Petrova").result()
    with SocketPrinter() as printer:
        printer.refuse()
        transport = open_transport(Printer(kind="network", port=printer.port, timeout_ms=200))
        assert transport is not None
        queue = PrintQueue(shop.till, transport.send, lambda _problem: None)
        queue.start()
        assert queue.wait_until_idle(10_000)
        queue.stop()


def test_that_no_log_line_says_who_bought(shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    busy_day(shop, tmp_path)
    with pytest.raises(StorageError):
        shop.till.database.write(
            lambda c: accounts.put_personal(c, "no-such-account", {"name": "Marija Petrova"}, utc_ms=1)
        )
    assert "was not printed" in caplog.text
    assert [] == [secret for secret in SECRETS if secret in caplog.text]


def test_that_an_error_of_the_database_does_not_say_what_was_to_be_written(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """Its text goes into logs, with all that caused it."""
    member = "INSERT INTO personal_field (account_ref, field, value) VALUES (?, 'name', ?)"
    name = "PETROVA".title()  # or the traceback would quote it from here
    with pytest.raises(StorageError) as refused:
        shop.till.database.write(lambda c: c.exec_driver_sql(member, ("no-such-account", name)))
    logging.getLogger("pos_app").error("it failed", exc_info=refused.value)
    assert "FOREIGN KEY constraint failed" in caplog.text
    assert "Petrova" not in caplog.text


def test_that_no_event_holds_a_name_a_phone_or_a_cost(shop: Shop, tmp_path: Path) -> None:
    busy_day_without_printer(shop, tmp_path)
    journal = b"".join(body for (body,) in shop.query("SELECT body FROM event")).decode()
    assert NOBODY in journal, "a card's number is no personal data to the journal"
    assert [] == [secret for secret in ("Petrova", "555-0199", "Čović", "Боб", "444", "cost") if secret in journal]


def busy_day_without_printer(shop: Shop, folder: Path) -> None:
    shop.till.enrol(NOBODY, name="Marija Petrova", phone="+381 555-0199").result()
    goods = folder / "goods.csv"
    goods.write_text("code,name,price,tax_rate,cost\nx,X,9.99,20,4.44\n")
    import_products(shop.till, goods)
    shop.take_back(shop.sell(TEA, shop.product("x"), card=NOBODY), line_1=1)


def test_that_names_and_phones_are_in_their_own_table_and_its_index_alone(shop: Shop, tmp_path: Path) -> None:
    busy_day_without_printer(shop, tmp_path)
    tables = [name for (name,) in shop.query("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    holding = [
        table
        for table in tables
        if any(
            "Petrova" in str(value) or "555-0199" in str(value)
            for row in shop.query(f"SELECT * FROM {table}")
            for value in row
        )
    ]
    # The index shows what its table holds; of its own it has trigrams, which the erasure's test looks for.
    assert ["personal_field", "personal_search"] == sorted(holding)


def test_that_what_goes_up_of_a_person_goes_by_its_own_channel(shop: Shop, tmp_path: Path) -> None:
    busy_day_without_printer(shop, tmp_path)
    outbox = SqliteOutbox(shop.till.database)
    batch = outbox.next_batch(1, events_max=500, bytes_max=10**6)
    assert batch is not None
    assert b"Petrova" not in b"".join(batch.bodies)
    names = {record.fields["name"].value for record in outbox.pending_personal(100)}
    assert "Marija Petrova" in names
