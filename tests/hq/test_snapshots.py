import pytest
from sqlalchemy import update

from hq import snapshots, tables
from hq.apply import apply_inbox
from hq.documents import publish_products
from hq.operate import RunningHq
from hq.statements import change_number
from pos_app.model.policy import BurnPolicy
from pos_app.protocol.messages import PersonalRecord, SnapshotPage, VersionedField
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, enrolment, sale
from tests.hq.ledgers import LATER_MS, state_of


def pages_of(journal: Journal, cursor: str = "") -> list[SnapshotPage]:
    pages = [journal.snapshot(cursor)]
    while pages[-1].more:
        pages.append(journal.snapshot(pages[-1].next_cursor))
    return pages


def refs(pages: list[SnapshotPage]) -> list[str]:
    return [state.account_ref for page in pages for state in page.accounts]


def test_that_an_empty_hq_has_one_page(journal: Journal) -> None:
    (page,) = pages_of(journal)

    assert ((), (), (), False, BurnPolicy()) == (page.accounts, page.personal, page.documents, page.more, page.policy)


def test_that_every_account_comes_once_with_its_holder(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE_ACCOUNTS_MAX", 3)
    journal.upload(*[enrolment(f"a{number}", f"29{number}") for number in range(7)])
    apply_inbox(hq.engine, now_ms=LATER_MS)
    fields = {"name": VersionedField("Ана", 1, START_MS)}
    journal.send_personal(PersonalRecord("a1", fields), PersonalRecord("nobody", fields))

    pages = pages_of(journal)

    assert [f"a{number}" for number in range(7)] == refs(pages)
    assert (PersonalRecord("a1", fields),) == tuple(record for page in pages for record in page.personal)
    assert 1 == len({page.changes_cursor for page in pages})


def test_that_a_snapshot_shows_the_same_as_the_changes(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=12), sale(account_ref="a", burned=20))
    apply_inbox(hq.engine, now_ms=LATER_MS)

    assert [state_of(second, "a")] == [state for page in pages_of(second) for state in page.accounts]


def test_that_what_happens_meanwhile_comes_with_the_changes(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE_ACCOUNTS_MAX", 2)
    journal.upload(*[enrolment(f"b{number}", f"29{number}") for number in range(4)])
    apply_inbox(hq.engine, now_ms=LATER_MS)
    first = journal.snapshot()
    journal.upload(sale(account_ref="b0", card="290", earned=5), enrolment("a", "300"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    rest = pages_of(journal, first.next_cursor)

    assert ["b2", "b3"] == refs(rest)
    assert {"a", "b0"} == {state.account_ref for state in journal.page(first.changes_cursor).accounts}


def test_that_pages_keep_to_their_weight(hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.upload(*[enrolment(f"a{number:03}", f"29{number}") for number in range(60)])
    apply_inbox(hq.engine, now_ms=LATER_MS)
    monkeypatch.setattr(snapshots, "PAGE_BYTES_MAX", 5_000)

    cursor, seen = "", []
    while True:
        answer = journal.get(f"/snapshot?cursor={cursor}")
        assert len(answer.body) <= 5_000
        page = journal.snapshot(cursor)
        seen += refs([page])
        cursor = page.next_cursor
        if not page.more:
            break

    assert [f"a{number:03}" for number in range(60)] == seen


def products(count: int) -> str:
    rows = [f"P{number:03},Product {number},1.50,20" for number in range(count)]
    return "\n".join(["code,name,price,tax_rate", *rows])


def test_that_documents_come_with_the_last_page(hq: RunningHq, journal: Journal, tmp_path_factory: object) -> None:
    path = tmp_path_factory.mktemp("goods") / "goods.csv"  # type: ignore[attr-defined]
    path.write_text(products(3))
    publish_products(hq.engine, path, exponent=2)

    (page,) = pages_of(journal)

    assert (["P000", "P001", "P002"], True) == ([one.key for one in page.documents], page.documents_whole)


def test_that_many_documents_come_in_parts_with_the_withdrawn_ones(
    hq: RunningHq, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE_ACCOUNTS_MAX", 4)
    with hq.engine.begin() as connection:
        number = change_number(connection)
        rows = [
            {"kind": "product", "key": f"P{key}", "body": None if key == 3 else "{}", "change_no": number}
            for key in range(9)
        ]
        connection.execute(tables.document.insert(), rows)

    pages = pages_of(journal)
    documents = [(one.key, one.body) for page in pages for one in page.documents]

    assert [(f"P{key}", None if key == 3 else "{}") for key in range(9)] == documents
    assert {False} == {page.documents_whole for page in pages}
    assert (True, False) == (pages[0].more, pages[-1].more)


def test_that_a_restored_hq_refuses_the_cursor(hq: RunningHq, journal: Journal) -> None:
    journal.upload(enrolment("a", "299"))
    apply_inbox(hq.engine, now_ms=LATER_MS)
    cursor = journal.snapshot().next_cursor
    with hq.engine.begin() as connection:
        connection.execute(update(tables.headquarters).values(hq_gen=2))

    page = journal.snapshot(cursor)

    assert (["a"], True, 2) == (refs([page]), page.restart, page.hq_gen)
    assert journal.snapshot("rubbish").restart
