import httpx
import pytest
from sqlalchemy import update

from hq import changes, tables
from hq.apply import apply_inbox
from hq.authentication import forget_nonces
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.regions import announce
from hq.statements import change_number
from hq.terminals import revoke_terminal
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.messages import (
    ChangesPage,
    ErrorAnswer,
    PersonalRecord,
    VersionedField,
    decode_message,
)
from pos_app.protocol.signing import (
    ANSWER_SIGNATURE_HEADER,
    FRESH_MS,
    RequestToSign,
    answer_to_sign,
    signed_headers,
    verify,
)
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, START_MS, Journal, enrolment, now_ms, refusal, sale
from tests.hq.postgres import empty

LATER_MS = START_MS + 400 * DAY_MS


def record(account_ref: str, name: str = "Ана Šarić", version: int = 1) -> PersonalRecord:
    return PersonalRecord(account_ref, {"name": VersionedField(name, version, START_MS)})


def refs(page: ChangesPage) -> list[str]:
    return [state.account_ref for state in page.accounts]


def test_that_a_sale_at_one_till_reaches_another(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=12))
    first.send_personal(record("a"))
    apply_inbox(hq.engine, now_ms=LATER_MS)

    page = second.page()

    assert (["a"], (record("a"),), False, False) == (refs(page), page.personal, page.more, page.restart)
    assert [12] == [lot.remaining_units for lot in page.accounts[0].lots]
    assert (1, 0) == (page.accounts[0].includes_incarnation, page.accounts[0].includes_seq)


def test_that_only_what_changed_comes_again(hq: RunningHq, journal: Journal) -> None:
    journal.upload(enrolment("a", "299"), enrolment("b", "300"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    first = journal.page()
    nothing = journal.page(first.next_cursor)
    journal.upload(sale(account_ref="b", card="300"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    second = journal.page(first.next_cursor)

    assert (["a", "b"], [], ["b"]) == (refs(first), refs(nothing), refs(second))
    assert first.next_cursor == nothing.next_cursor


def test_that_pages_are_small_and_miss_nothing(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE_ITEMS_MAX", 3)
    journal.upload(*[enrolment(f"a{number}", f"29{number}") for number in range(7)])
    apply_inbox(hq.engine, now_ms=LATER_MS)
    journal.send_personal(*[record(f"a{number}") for number in range(7)])

    cursor, seen, personal, sizes = "", set(), set(), []
    while True:
        page = journal.page(cursor)
        seen |= set(refs(page))
        personal |= {known.account_ref for known in page.personal}
        sizes.append(len(page.personal))
        cursor = page.next_cursor
        if not page.more:
            break

    assert {f"a{number}" for number in range(7)} == seen == personal
    assert [3, 3, 1] == sizes, "accounts with their holders, three a page"


def test_that_a_page_is_no_heavier_than_agreed(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE_BYTES_MAX", 1_000)
    journal.upload(*[enrolment(f"a{number}", f"29{number}") for number in range(12)])
    journal.upload(*[sale(account_ref="heavy", card="1", earned=1) for _ in range(20)])
    apply_inbox(hq.engine, now_ms=LATER_MS)

    cursor, seen = "", []
    while True:
        answer = journal.changes(cursor)
        page = decode_message(answer.body, ChangesPage)
        seen += refs(page)
        assert len(answer.body) <= 1_000 or ["heavy"] == refs(page)
        cursor = page.next_cursor
        if not page.more:
            break

    assert 13 == len(seen) == len(set(seen))


def test_that_a_record_never_comes_without_its_account(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.send_personal(record("a"))
    before = second.page()
    first.upload(enrolment("a", "299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    after = second.page(before.next_cursor)

    assert ([], ()) == (refs(before), before.personal)
    assert (["a"], (record("a"),)) == (refs(after), after.personal)


def test_that_a_record_comes_with_an_account_that_changed_later(
    hq: RunningHq, enrol: Enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PAGE_ITEMS_MAX", 1)
    first, second = enrol(), enrol()
    first.upload(enrolment("a", "299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    first.send_personal(record("a"))
    first.upload(sale(account_ref="a", card="299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)

    page = second.page()

    assert (["a"], (record("a"),), False) == (refs(page), page.personal, page.more)


def test_that_a_record_follows_its_account_into_another(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(sale(account_ref="a", card="299"))
    second.upload(enrolment("b", "299"))
    second.send_personal(record("b"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    merged = first.page()
    second.send_personal(record("b", "Anna", version=2))
    renamed = first.page(merged.next_cursor)

    assert (record("a"),) == merged.personal
    assert (record("a", "Anna", version=2),) == renamed.personal


def test_that_a_restored_hq_begins_again(hq: RunningHq, journal: Journal) -> None:
    journal.upload(enrolment("a", "299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    cursor = journal.page().next_cursor
    with hq.engine.begin() as connection:
        connection.execute(update(tables.headquarters).values(hq_gen=2))

    page = journal.page(cursor)

    assert (["a"], True, 2, False) == (refs(page), page.restart, page.hq_gen, journal.page(page.next_cursor).restart)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "1.5",
        "1.0.x.",
        "-1.5.z.",
        "1.5.z.=",
        "1.5.z.AA",
        "1.5.z.YQ.2",
        "2.0.z.",
        "1." + "9" * 19 + ".z.",
        "1.5.z._w",
        "%00",
    ],
)
def test_that_a_cursor_that_is_none_begins_again(hq: RunningHq, journal: Journal, cursor: str) -> None:
    journal.upload(enrolment("a", "299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)

    assert (["a"], True) == (refs(journal.page(cursor)), journal.page(cursor).restart)


def test_that_a_wrong_clock_is_told_the_right_time(journal: Journal) -> None:
    for time_ms in (0, now_ms() - FRESH_MS - 60_000, now_ms() + FRESH_MS + 60_000):
        answer = journal.changes(time_ms=time_ms)
        assert (401, "STALE") == refusal(answer)
        assert abs(decode_message(answer.body, ErrorAnswer).hq_time_ms - now_ms()) < 60_000


def test_that_a_recorded_request_gives_nothing_away(hq: RunningHq, journal: Journal) -> None:
    path = f"/v1/terminals/{journal.terminal_id}/changes?cursor="
    request = RequestToSign("GET", path, journal.terminal_id, now_ms(), "ab" * 16, b"")
    headers = signed_headers(journal.private_key, request)

    assert [200, 401] == [httpx.get(hq.url + path, headers=headers).status_code for _ in range(2)]


def test_that_a_cursor_changed_on_the_way_is_refused(hq: RunningHq, journal: Journal) -> None:
    path = f"/v1/terminals/{journal.terminal_id}/changes?cursor="
    request = RequestToSign("GET", path + "1.5", journal.terminal_id, now_ms(), "ab" * 16, b"")

    assert 401 == httpx.get(hq.url + path, headers=signed_headers(journal.private_key, request)).status_code


def test_that_a_till_that_was_shut_out_reads_nothing(hq: RunningHq, journal: Journal) -> None:
    with hq.engine.begin() as connection:
        revoke_terminal(connection, journal.enrolled.terminal_number)

    assert (403, "REVOKED") == refusal(journal.changes())
    assert (403, "REVOKED") == refusal(journal.send_personal(record("a")))


def test_that_nonces_are_forgotten_when_their_time_is_over(hq: RunningHq, journal: Journal) -> None:
    assert 200 == journal.changes().status

    assert 0 == forget_nonces(hq.engine, now_ms=now_ms())
    assert 1 == forget_nonces(hq.engine, now_ms=now_ms() + 2 * FRESH_MS + 60_000)


def test_that_an_answer_is_signed_for_the_one_who_asked(hq: RunningHq, journal: Journal) -> None:
    path = f"/v1/terminals/{journal.terminal_id}/changes?cursor="
    request = RequestToSign("GET", path, journal.terminal_id, now_ms(), "ab" * 16, b"")
    answer = httpx.get(hq.url + path, headers=signed_headers(journal.private_key, request))

    signature = bytes.fromhex(answer.headers[ANSWER_SIGNATURE_HEADER])
    signed = answer_to_sign(terminal_id=journal.terminal_id, nonce="ab" * 16, body=answer.content)
    assert verify(journal.enrolled.hq_public_key, signature, signed)
    assert not verify(journal.enrolled.hq_public_key, signature, signed + b"x")


def test_that_a_transaction_that_commits_late_is_not_passed_by(postgres_hq: RunningHq) -> None:
    """Two open transactions: the second commits first, and neither is shown before the first is done."""
    engine = postgres_hq.engine
    empty(engine)
    code = create_enrolment_code(engine, "store-1", now_ms=now_ms())
    reader = Journal(postgres_hq.url, code)
    cursor = reader.page().next_cursor
    with engine.connect() as first, engine.connect() as second:
        for connection, account_ref in ((first, "early"), (second, "late")):
            number = change_number(connection)
            row = {"region": "main", "account_ref": account_ref, "change_no": number, "since_no": number}
            connection.execute(tables.account.insert().values(account_ref=account_ref, provisional=False))
            connection.execute(tables.account_region.insert().values(row))
        second.commit()
        meanwhile = reader.page(cursor)
        first.commit()
    after = reader.page(meanwhile.next_cursor)
    reader.close()

    assert ([], ["early", "late"]) == (refs(meanwhile), refs(after))


def test_that_a_transaction_that_is_undone_holds_nothing_up(postgres_hq: RunningHq) -> None:
    engine = postgres_hq.engine
    empty(engine)
    reader = Journal(postgres_hq.url, create_enrolment_code(engine, "store-1", now_ms=now_ms()))
    with engine.connect() as undone:
        change_number(undone)
        with engine.begin() as connection:
            connection.execute(tables.account.insert().values(account_ref="a", provisional=False))
            announce(connection, {"a": "main"})
        assert [] == refs(reader.page())
        undone.rollback()
    assert ["a"] == refs(reader.page())
    reader.close()


def test_that_changes_of_one_transaction_may_be_read_in_parts(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts, holders and documents of one number, a page for each: each comes once."""
    monkeypatch.setattr(changes, "PAGE_ITEMS_MAX", 1)
    with hq.engine.begin() as connection:
        number = change_number(connection)
        for ref in ("a", "b/1", "č ☃"):
            row = {"region": "main", "account_ref": ref, "change_no": number, "since_no": number}
            connection.execute(tables.account.insert().values(account_ref=ref, provisional=False))
            connection.execute(tables.account_region.insert().values(row))
            connection.execute(
                tables.personal_change.insert().values(account_ref=ref, change_no=number, erased_at_ms=5)
            )
            document = {"kind": "product", "key": f"{ref}/x", "body": "{}", "change_no": number}
            connection.execute(tables.document.insert().values(document))

    cursor = ""
    seen: list[str] = []
    documents: list[str] = []
    erased: list[str] = []
    for _ in range(20):
        page = journal.page(cursor)
        seen += refs(page)
        documents += [document.key for document in page.documents]
        erased += page.erased
        cursor = page.next_cursor
        if not page.more:
            break

    assert {"a", "b/1", "č ☃"} == set(seen)
    assert (["a/x", "b/1/x", "č ☃/x"], ["a", "b/1", "č ☃"]) == (sorted(documents), sorted(erased))


def test_that_the_policy_comes_with_every_page(hq: RunningHq, journal: Journal) -> None:
    assert BurnPolicy() == journal.page().policy
