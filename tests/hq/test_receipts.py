import msgspec
from sqlalchemy import update

from hq import tables
from hq.operate import RunningHq
from pos_app.loyalty.programme import programme_set
from pos_app.protocol.events import ReturnedLine, decode_body, encode_body
from pos_app.protocol.messages import ReceiptAnswer
from pos_app.sync.decisions import HttpAnswer
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.conftest import Enrol
from tests.hq.journals import START_MS, Journal, accepted, now_ms, refusal, sale
from tests.hq.ledgers import book
from tests.hq.tills import programmes_known, taken_back
from tests.pos_app.loyalty.builders import preset


def ask(journal: Journal, receipt_number: str, *, time_ms: int | None = None) -> HttpAnswer:
    path = f"/v1/terminals/{journal.terminal_id}/receipts/{receipt_number}"
    return journal.client.call("GET", path, terminal_id=journal.terminal_id, time_ms=time_ms or now_ms())


def test_that_any_till_can_ask_for_a_receipt_and_its_returns(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    programmes = programme_set([preset("fixed-card")])
    programmes_known(hq.engine, programmes, encode_programme_set(programmes).decode())
    sold = sale(account_ref="a", card="299", earned=10, amounts=(100, 200))
    rated = msgspec.structs.replace(sold.engine_input, programme_set_hash=programmes.hash)
    sold = msgspec.structs.replace(sold, engine_input=rated)
    back = taken_back(sold, {2: 1000}, programmes=programmes)
    first.upload(sold, back)
    book(hq)

    answer = accepted(ask(second, sold.receipt_number), ReceiptAnswer)
    assert encode_body(sold) == answer.body.encode()
    assert sold == decode_body(answer.body.encode())
    (returned,) = answer.returns
    assert (back.event_id, back.lines) == (returned.event_id, returned.lines)
    assert isinstance(returned.lines[0], ReturnedLine)
    assert encode_programme_set(programmes).decode() == answer.programme_set


def test_that_what_hq_does_not_have_is_not_found(hq: RunningHq, journal: Journal) -> None:
    sold = sale()
    journal.upload(sold)
    assert (404, "NOT_FOUND") == refusal(ask(journal, sold.receipt_number))
    book(hq)
    answer = accepted(ask(journal, sold.receipt_number), ReceiptAnswer)
    assert ((), "") == (answer.returns, answer.programme_set)
    with hq.engine.begin() as connection:
        connection.execute(update(tables.inbox).values(body=None))
    assert (404, "NOT_FOUND") == refusal(ask(journal, sold.receipt_number))


def test_that_an_old_request_for_a_receipt_is_refused(hq: RunningHq, journal: Journal) -> None:
    assert (401, "STALE") == refusal(ask(journal, "001-01-0000001", time_ms=now_ms() - 10**6))
    assert hq.url


def test_that_all_sales_of_one_number_are_shown_the_earliest_first(hq: RunningHq, enrol: Enrol) -> None:
    first, copy = enrol(), enrol()
    sold, other = sale(utc_ms=START_MS + 1), sale(utc_ms=START_MS)
    back = taken_back(sold, {1: 1000})
    first.upload(sold, back)
    book(hq)
    copy.upload(other)
    book(hq)

    answer = accepted(ask(copy, sold.receipt_number), ReceiptAnswer)
    assert (encode_body(other), ()) == (answer.body.encode(), answer.returns)
    (second,) = answer.others
    assert (encode_body(sold), [back.event_id]) == (second.body.encode(), [one.event_id for one in second.returns])
