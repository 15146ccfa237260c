"""Finding people, exporting everything that is held of them, and forgetting them to the last byte."""

import msgspec
import pytest

from pos_app.errors import InputError
from pos_app.model.accounts import CardStatus
from pos_app.protocol.events import AdjustmentReason, ErasureEvent, decode_body
from pos_app.protocol.messages import ChangesPage, PersonalRecord, VersionedField
from pos_app.use_cases import account_acts, personal_data
from pos_app.use_cases.personal_data import erase_member, find_members, show_member
from pos_app.use_cases.receipt_facts import receipt_facts
from storage import accounts, people
from storage.outbox import SqliteOutbox
from storage.personal import put_records
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, DAY_MS, GOLD, NOBODY, NOON_MS, TEA, Shop

NAME, PHONE = "Qxzjv Petrović-Šimić", "+381 64 555-0199"


@pytest.fixture
def known(shop: Shop) -> Shop:
    """A member with name and phone, a birthday, a receipt and a return."""
    shop.till.enrol(NOBODY, name=NAME, phone=PHONE).result()
    shop.till.database.write(lambda c: accounts.put_personal(c, ref(shop), {"birthday": "02-29"}, utc_ms=1))
    shop.till.book_act(account_acts.adjust, NOBODY, 40, reason=AdjustmentReason.GOODWILL).result()
    shop.take_back(shop.sell(TEA, TEA, card=NOBODY), line_1=1)
    return shop


def ref(shop: Shop, card: str = NOBODY) -> str:
    return shop.member(card).account_ref


def names(shop: Shop, words: str) -> list[str]:
    return [one.name for one in find_members(shop.till, words)]


@pytest.mark.parametrize("words", ["Petrović", "petrovic", "šimić qxz", "0199", "petro 555-01", "+381", "Qxzjv 64"])
def test_that_members_are_found_by_parts_of_name_and_phone(known: Shop, words: str) -> None:
    assert [NAME] == names(known, words)


@pytest.mark.parametrize("words", ["Petrova", "0198", '"qxz"', "petro 0198", "Qxzjv 65", "name: qxz", "qxz*"])
def test_that_others_are_not_found(known: Shop, words: str) -> None:
    assert [] == names(known, words)


def test_that_names_of_every_script_are_found_in_order(shop: Shop) -> None:
    for number, name in enumerate(("Анна Петрова", "анна Белова"), start=5):
        shop.join(f"29900000000{number}0", name=name)
    assert ["анна Белова", "Анна Петрова"] == names(shop, "АННА")
    assert [("Ana Čović", (ANA,))] == [(one.name, one.cards) for one in find_members(shop.till, "cov")]


def test_that_a_search_that_is_too_short_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError, match="3 letters"):
        find_members(shop.till, "An a")


def test_that_a_member_is_shown_with_cards_and_what_expires(known: Shop) -> None:
    known.till.book_act(account_acts.replace_card, NOBODY, "2990000000057").result()
    known.till.book_act(
        account_acts.adjust, NOBODY, 7, reason=AdjustmentReason.GOODWILL, expires_at_ms=NOON_MS + DAY_MS
    ).result()
    view = show_member(known.till, NOBODY)
    assert {NOBODY: CardStatus.REPLACED, "2990000000057": CardStatus.ACTIVE} == view.cards
    assert [(NOON_MS + DAY_MS, 7)] == [(one.expires_at_ms, one.units) for one in view.expiring]
    assert view.member == known.member(NOBODY)
    assert show_member(known.till, view.member.account_ref).cards == view.cards
    with pytest.raises(InputError):
        show_member(known.till, "nobody")


def test_that_an_export_holds_everything_and_is_noted(known: Shop) -> None:
    known.till.book_act(account_acts.merge, NOBODY, ANA).result()
    export = known.till.book_act(personal_data.export, NOBODY).result()
    held = export.held
    assert (ref(known), f"account-{ANA}") == held.account_refs
    assert {"birthday": "02-29", "name": NAME, "phone": PHONE} == {one.field: one.value for one in held.personal}
    assert [ANA, NOBODY] == [card.number for card in held.cards]
    assert known.member(NOBODY).balance == export.balances["shop"]
    assert ["sale", "return"] == [receipt.head.kind for receipt in held.receipts]
    assert [TEA.name] * 2 == [line.name for line in held.receipts[0].lines]
    (came_back,) = export.returned.values()
    assert [1000] == [line.refund_minor for line in came_back]
    assert 0 == sum(entry.units for entry in held.entries)
    assert sum(lot.remaining_units for lot in held.lots) == export.balances["shop"].available_units
    assert msgspec.json.encode(export)
    assert [("export_member", ref(known))] == known.query(
        "SELECT action, subject FROM audit WHERE action = 'export_member'"
    )


def bytes_of_the_folder(shop: Shop) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(shop.folder.rglob("*")) if file.is_file())


def test_that_whoever_is_forgotten_is_in_no_byte_of_any_file_and_everything_else_stays(known: Shop) -> None:
    known.till.database.write(lambda c: accounts.put_personal(c, ref(known), {"name": NAME + "-Qq"}, utc_ms=2))
    assert NAME.encode() in bytes_of_the_folder(known)
    kept = ("entry", "lot", "sale", "sale_line", "accumulator", "overdraft", "award")
    before = [known.query(f"SELECT * FROM {table}") for table in kept]
    account_ref = ref(known)
    erased = erase_member(known.till, NOBODY)
    assert ((account_ref,), 3, True) == (erased.account_refs, erased.fields, erased.is_folded)
    left = bytes_of_the_folder(known)
    # The trigrams of the index are in lower case.
    for trace in (NAME, "Petrović-Šimić", "Qxzjv", "xzj", PHONE, "555-0199"):
        assert trace.encode() not in left, trace
    assert before == [known.query(f"SELECT * FROM {table}") for table in kept]
    assert ("", "") == ((member := known.member(NOBODY)).name, member.phone)
    assert [] == names(known, "Petrović")
    (body,) = known.query("SELECT body FROM event WHERE kind = 'erasure'")[0]
    event = decode_body(body)
    assert isinstance(event, ErasureEvent)
    assert account_ref == event.account_ref
    assert {} == known.bad_findings()


def test_that_receipts_of_the_forgotten_show_no_name(known: Shop) -> None:
    sale = known.sell(TEA, card=NOBODY)
    erase_member(known.till, NOBODY)
    facts = known.till.database.read(lambda c: receipt_facts(known.till, c, sale.event_id, is_copy=True))
    assert facts.member is not None
    assert "" == facts.member.name


def test_that_nothing_is_taken_of_the_forgotten_again(known: Shop) -> None:
    erase_member(known.till, NOBODY)
    account_ref = ref(known)
    late = PersonalRecord(account_ref, {"name": VersionedField(NAME, 99, 99)})
    known.till.database.write(lambda c: put_records(c, [late]))
    known.till.database.write(lambda c: accounts.put_personal(c, account_ref, {"name": NAME}, utc_ms=9))
    assert [] == known.query("SELECT * FROM personal_field WHERE account_ref = ?", account_ref)


def test_that_a_tombstone_of_headquarters_erases_to_the_last_byte_too(known: Shop) -> None:
    page = ChangesPage((), (), "c-1", hq_gen=1, more=False, erased=(ref(known), "nobody-here"))
    SqliteOutbox(known.till.database).apply_changes(page)
    assert "" == known.member(NOBODY).name
    assert NAME.encode() not in bytes_of_the_folder(known)


def test_that_whoever_is_forgotten_in_one_account_is_forgotten_in_those_merged_with_it(known: Shop) -> None:
    merged_ref = f"account-{BOB}"
    known.till.book_act(account_acts.merge, NOBODY, BOB).result()
    erase_member(known.till, NOBODY)
    late = PersonalRecord(merged_ref, {"name": VersionedField("Боб", 9, 9)})
    known.till.database.write(lambda c: put_records(c, [late]))
    assert "" == known.member(BOB).name
    known.till.book_act(account_acts.merge, GOLD, NOBODY).result()
    known.till.database.write(lambda c: accounts.put_personal(c, f"account-{GOLD}", {"name": "X"}, utc_ms=9))
    assert "" == known.member(GOLD).name


def test_that_erasing_says_when_a_reader_keeps_old_pages(known: Shop) -> None:
    known.till.database.write(lambda c: c.exec_driver_sql("PRAGMA user_version").all())
    reader = known.till.database.reader()
    reader.exec_driver_sql("BEGIN")
    reader.exec_driver_sql("SELECT count(*) FROM sale").all()
    known.till.database.submit_steps(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 50").all()).result()
    assert not erase_member(known.till, NOBODY).is_folded
    reader.exec_driver_sql("COMMIT")
    assert known.till.database.fold()
    assert NAME.encode() not in bytes_of_the_folder(known)


def test_that_the_search_index_can_be_made_anew(known: Shop) -> None:
    database = known.till.database
    assert database.read(people.search_is_whole)
    database.write(lambda c: c.exec_driver_sql("INSERT INTO personal_search (personal_search) VALUES ('delete-all')"))
    assert not database.read(people.search_is_whole)
    database.write(people.rebuild_search)
    assert database.read(people.search_is_whole)
    assert [NAME] == names(known, "Petrović")


def test_that_an_account_without_receipts_is_exported_too(open_shop: OpenShop) -> None:
    shop = open_shop()
    export = shop.till.book_act(personal_data.export, GOLD).result()
    assert ((), (), {}) == (export.held.receipts, export.held.personal, export.returned)
