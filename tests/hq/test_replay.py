import msgspec
import pytest
from sqlalchemy import update

from hq import replay as replaying
from hq import tables
from hq.operate import RunningHq
from hq.replay import replay, replay_passed
from hq.tasks import mark_done
from pos_app.errors import ProgrammeError
from pos_app.loyalty.engine import SEMANTICS, evaluate
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.evaluation import Discount, MemberContext, Reason
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import GrantedLot, SaleEvent
from pos_app.protocol.messages import Done, ProgrammeSetUpload, encode_message
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, Journal, accepted, enrolment, refusal, sale
from tests.hq.ledgers import LATER_MS
from tests.hq.tills import Till, book_all, programmes_known, rows, task_codes
from tests.pos_app.loyalty.builders import presets

PROGRAMMES = presets("fixed-card", "progressive")
BODY = encode_programme_set(PROGRAMMES).decode()


def rated(
    programmes: ProgrammeSet = PROGRAMMES,
    *,
    receipts_before: int = 0,
    card_class: str = "",
    burn_units: int = 0,
    semantics: int = 0,
) -> SaleEvent:
    """A sale as a till rates it."""
    sold = sale(account_ref="a", card="299", amounts=(100_000, 250))
    member = MemberContext("a", card_class, {}, receipts_before, 100)
    engine_input = msgspec.structs.replace(
        sold.engine_input, programme_set_hash=programmes.hash, member=member, burn_units=burn_units
    )
    result = evaluate(engine_input, programmes)
    return msgspec.structs.replace(
        sold,
        engine_input=msgspec.structs.replace(engine_input, semantics=semantics or engine_input.semantics),
        awards=result.awards,
        granted_lots=tuple(
            GrantedLot(derived_id(sold.event_id, f"lot-{number}"), grant)
            for number, grant in enumerate(result.lots, start=1)
        ),
        burn_units=result.burn_units,
        burn_worth_minor=result.burn_worth_minor,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
        counted=result.counted,
        class_after=result.class_after,
    )


def figures(hq: RunningHq) -> list[tuple[int, ...]]:
    return rows(hq.engine, "terminal", "replayed_incarnation", "replayed_seq", "replay_differences")


def test_that_honest_receipts_come_out_the_same(hq: RunningHq) -> None:
    programmes_known(hq.engine, PROGRAMMES, BODY)
    till = Till(hq.engine)
    till.book(enrolment("a", "299", ""), rated(), rated(receipts_before=1, burn_units=20), sale())

    assert 3 == replay(hq.engine, now_ms=LATER_MS)
    assert ([(1, 3, 0)], []) == (figures(hq), task_codes(hq.engine))


@pytest.mark.parametrize(
    "change",
    [
        {"awards": ()},
        {"counted": {"x": 1}},
        {"class_after": "gold"},
        {"burn_worth_minor": 1},
        {"discounts": (Discount(1, "fixed-card", "class", 1, Reason("percent", {})),)},
    ],
)
def test_that_a_receipt_that_comes_out_otherwise_is_a_task_and_keeps_its_points(
    hq: RunningHq, change: dict[str, object]
) -> None:
    programmes_known(hq.engine, PROGRAMMES, BODY)
    till = Till(hq.engine)
    till.book(msgspec.structs.replace(rated(), **change), rated())

    assert 2 == replay(hq.engine, now_ms=LATER_MS)
    assert 0 == replay(hq.engine, now_ms=LATER_MS)
    assert ([(1, 2, 1)], ["replay_differs"]) == (figures(hq), task_codes(hq.engine))


def test_that_receipts_wait_for_their_programmes_but_not_for_ever(hq: RunningHq) -> None:
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    first.book(enrolment("a", "299"), rated(), rated())
    second.book(enrolment("b", "300"))
    assert 2 == replay(hq.engine, now_ms=LATER_MS)
    assert [(1, 1, 0), (1, 1, 0)] == figures(hq)
    assert 0 == replay(hq.engine, now_ms=LATER_MS)

    programmes_known(hq.engine, PROGRAMMES, BODY)
    assert 2 == replay(hq.engine, now_ms=LATER_MS)
    assert [(1, 1, 0), (1, 3, 0)] == figures(hq)

    second.book(sale())
    assert 1 == replay(hq.engine, now_ms=LATER_MS + 8 * DAY_MS)
    assert ["replay_set_missing"] == task_codes(hq.engine)


def test_that_rules_that_are_newer_than_hq_are_a_task(hq: RunningHq) -> None:
    programmes_known(hq.engine, PROGRAMMES, BODY)
    till = Till(hq.engine)
    newer = rated()
    newer = msgspec.structs.replace(
        newer, engine_input=msgspec.structs.replace(newer.engine_input, semantics=SEMANTICS + 1)
    )
    till.book(newer)

    assert 1 == replay(hq.engine, now_ms=LATER_MS)
    assert ([(1, 1, 0)], ["replay_unknown"]) == (figures(hq), task_codes(hq.engine))


def test_that_a_receipt_is_computed_when_its_programmes_come_after_all(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(enrolment("a", "299"), rated(), msgspec.structs.replace(rated(), awards=()))
    replay(hq.engine, now_ms=LATER_MS + 8 * DAY_MS)
    assert 0 == replay_passed(hq.engine, now_ms=LATER_MS)
    assert ["replay_set_missing"] * 2 == task_codes(hq.engine)

    programmes_known(hq.engine, PROGRAMMES, BODY)
    assert 2 == replay_passed(hq.engine, now_ms=LATER_MS)
    assert 0 == replay_passed(hq.engine, now_ms=LATER_MS)
    assert ([(1, 3, 1)], ["replay_differs"]) == (figures(hq), task_codes(hq.engine))


def test_that_a_receipt_is_computed_when_hq_knows_its_rules(hq: RunningHq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_PAGE", 1)
    programmes_known(hq.engine, PROGRAMMES, BODY)
    till = Till(hq.engine)
    sold, newer = rated(), 99

    def older(sale: SaleEvent, programmes: ProgrammeSet) -> bool:
        raise ProgrammeError("semantics", what="", safe="", todo="")

    till.book(sold, rated(semantics=newer), rated())
    with monkeypatch.context() as patch:
        patch.setattr(replaying, "differs", older)
        while replay(hq.engine, now_ms=LATER_MS):
            pass
    assert ["replay_unknown"] * 3 == task_codes(hq.engine)
    assert 2 == replay_passed(hq.engine, now_ms=LATER_MS)
    assert ([(1, 3, 0)], ["replay_unknown"]) == (figures(hq), task_codes(hq.engine))


def test_that_a_task_that_somebody_called_done_meanwhile_stays_so(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(msgspec.structs.replace(rated(), awards=()))
    replay(hq.engine, now_ms=LATER_MS + 8 * DAY_MS)
    ((passed, row, _),) = replaying._passed_after(hq.engine, 0)
    mark_done(hq.engine, passed.task_id, now_ms=LATER_MS)

    assert 0 == replaying._end(hq.engine, passed, row, "replay_differs", now_ms=LATER_MS)
    assert ([(1, 1, 0)], []) == (figures(hq), task_codes(hq.engine))


def test_that_an_input_that_breaks_the_engine_does_not_stop_the_others(
    hq: RunningHq, caplog: pytest.LogCaptureFixture
) -> None:
    programmes_known(hq.engine, PROGRAMMES, BODY)
    till = Till(hq.engine)
    broken = rated()
    bad = msgspec.structs.replace(broken.engine_input, zone="Nowhere/At-all")
    till.book(msgspec.structs.replace(broken, engine_input=bad), rated())

    assert 2 == replay(hq.engine, now_ms=LATER_MS)
    assert ["replay_differs"] == task_codes(hq.engine)
    assert "replay.failed" in caplog.text
    caplog.clear()


def test_that_long_chains_are_computed_page_by_page(hq: RunningHq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_PAGE", 2)
    monkeypatch.setattr(replaying, "_AT_ONCE", 3)
    programmes_known(hq.engine, PROGRAMMES, BODY)
    tills = [Till(hq.engine, number) for number in (1, 2, 3)]
    for till in tills:
        till.write(*[rated(receipts_before=number) for number in range(3)])
    book_all(hq.engine)

    assert [4, 4, 1, 0] == [replay(hq.engine, now_ms=LATER_MS) for _ in range(4)]
    assert [(1, 3, 0)] * 3 == figures(hq)


def test_that_bodies_past_their_retention_are_passed(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(rated())
    with hq.engine.begin() as connection:
        connection.execute(update(tables.inbox).values(body=None))

    assert 1 == replay(hq.engine, now_ms=LATER_MS)


def test_that_a_view_that_was_out_of_date_is_counted_and_not_a_difference(hq: RunningHq) -> None:
    programmes_known(hq.engine, PROGRAMMES, BODY)
    first, second = Till(hq.engine, 1), Till(hq.engine, 2)
    card_class = rated().class_after
    first.book(enrolment("a", "299", ""), rated(), rated(receipts_before=1, card_class=card_class))
    stale = rated(receipts_before=1, card_class=card_class), rated(receipts_before=3, card_class="")
    second.book(*stale, rated(receipts_before=4, card_class=card_class))
    replay(hq.engine, now_ms=LATER_MS)

    assert [0, 2] == [count for _, count in rows(hq.engine, "terminal", "terminal_number", "stale_views")]
    assert [] == task_codes(hq.engine)


def test_that_hq_asks_for_sets_that_it_lacks_until_it_has_them(hq: RunningHq, enrol: Enrol) -> None:
    journal = enrol()
    asked = journal.upload(rated()).wanted_sets
    upload = encode_message(ProgrammeSetUpload(PROGRAMMES.hash, BODY))
    accepted(journal.post("/programme-sets", upload), Done)
    accepted(journal.post("/programme-sets", upload), Done)

    assert (PROGRAMMES.hash,) == asked
    assert () == journal.upload(rated()).wanted_sets
    assert [(PROGRAMMES.hash, BODY)] == rows(hq.engine, "programme_set", "hash", "body")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        encode_message(ProgrammeSetUpload("0" * 64, BODY)),
        encode_message(ProgrammeSetUpload(PROGRAMMES.hash, "[]")),
        encode_message(ProgrammeSetUpload(PROGRAMMES.hash, "[{}]")),
        encode_message(ProgrammeSetUpload(PROGRAMMES.hash, "no JSON")),
    ],
)
def test_that_a_set_that_is_not_what_its_hash_says_is_refused(hq: RunningHq, journal: Journal, body: bytes) -> None:
    assert (400, "MALFORMED") == refusal(journal.post("/programme-sets", body))
    assert [] == rows(hq.engine, "programme_set", "hash")


def test_that_a_sale_that_names_no_set_asks_for_none(hq: RunningHq, journal: Journal) -> None:
    nameless = sale()
    nameless = msgspec.structs.replace(
        nameless, engine_input=msgspec.structs.replace(nameless.engine_input, programme_set_hash="rubbish")
    )
    assert () == journal.upload(nameless).wanted_sets
