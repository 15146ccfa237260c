import threading
import uuid

import httpx
import pytest
from sqlalchemy import update

from hq import tables
from hq.holds import read_held, void_hold
from hq.leases import read_leases
from hq.operate import RunningHq
from hq.policy import change_policy
from pos_app.errors import InputError
from pos_app.model.policy import Allowance
from pos_app.protocol.events import AccountStatusEvent, HoldVoidEvent
from pos_app.protocol.messages import HoldAnswer, HoldRequest, decode_message, encode_message
from pos_app.protocol.signing import FRESH_MS, RequestToSign, signed_headers
from pos_app.sync.decisions import sign_again
from tests.hq.conftest import Enrol
from tests.hq.journals import Journal, accepted, enrolment, moment, new_id, now_ms, refusal, sale
from tests.hq.ledgers import assert_sound, book, state_of
from tests.hq.tills import rows


def ask(
    journal: Journal,
    units: int,
    *,
    auth_id: str = "",
    account_ref: str = "a",
    issuer: str = "shop",
    replaces: str = "",
) -> HoldAnswer:
    request = HoldRequest(auth_id or str(uuid.uuid4()), account_ref, issuer, units, replaces)
    return accepted(journal.post("/holds", encode_message(request)), HoldAnswer)


def told(answer: HoldAnswer) -> tuple[int, int, str]:
    return answer.held_units, answer.available_units, answer.refusal


def with_points(hq: RunningHq, journal: Journal, units: int = 10) -> None:
    journal.upload(enrolment("a", "299"), sale(account_ref="a", card="299", earned=units))
    book(hq)


def test_that_what_is_held_for_one_till_is_not_held_for_another(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    with_points(hq, first)
    auth_id = str(uuid.uuid4())

    assert (7, 3, "") == told(ask(first, 7, auth_id=auth_id))
    assert (7, 3, "") == told(ask(first, 7, auth_id=auth_id))
    assert (0, 3, "balance") == told(ask(second, 4))
    assert (3, 0, "") == told(ask(second, 3))
    assert {"shop": 10} == state_of(second, "a").held_units
    with hq.engine.connect() as connection:
        assert {"a": {"shop": 10}} == read_held(connection, ["a", "b"])


def test_that_a_higher_burn_takes_the_place_of_its_earlier_hold(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    with_points(hq, first)
    earlier, others = ask(first, 6).auth_id, ask(second, 1).auth_id

    def raise_to(units: int, replaces: str, auth_id: str = "") -> HoldAnswer:
        request = HoldRequest(auth_id or str(uuid.uuid4()), "a", "shop", units, replaces)
        return accepted(first.post("/holds", encode_message(request)), HoldAnswer)

    assert (0, 3, "balance") == told(raise_to(8, others))
    assert (0, 9, "balance") == told(raise_to(10, earlier))
    assert {"shop": 7} == state_of(first, "a").held_units
    auth_id = str(uuid.uuid4())
    for _ in range(2):
        assert (8, 1, "") == told(raise_to(8, earlier, auth_id))
    assert {"shop": 9} == state_of(first, "a").held_units
    assert "settled" == ask(first, 6, auth_id=earlier).refusal


def test_that_a_sale_ends_its_hold_even_where_it_takes_less(hq: RunningHq, journal: Journal) -> None:
    with_points(hq, journal)
    auth_id = ask(journal, 7).auth_id
    journal.upload(sale(account_ref="a", card="299", burned=5, auth_id=auth_id))
    book(hq)

    assert [("captured", 7)] == rows(hq.engine, "hold", "state", "units")
    assert (0, 0, "settled") == told(ask(journal, 7, auth_id=auth_id))
    assert (5, 0, "") == told(ask(journal, 5))
    assert_sound(hq)


def test_that_a_hold_that_comes_after_its_sale_or_its_void_is_settled(hq: RunningHq, journal: Journal) -> None:
    with_points(hq, journal)
    sold, void = sale(account_ref="a", card="299", burned=5, auth_id=str(uuid.uuid4())), str(uuid.uuid4())
    journal.upload(sold, HoldVoidEvent(event_id=new_id(), moment=moment(), auth_id=void, account_ref="a"))
    book(hq)

    assert (0, 0, "settled") == told(ask(journal, 5, auth_id=sold.auth_id))
    assert (0, 0, "settled") == told(ask(journal, 5, auth_id=void))
    assert {} == state_of(journal, "a").held_units


def test_that_a_void_frees_what_was_held(hq: RunningHq, journal: Journal) -> None:
    with_points(hq, journal)
    auth_id = ask(journal, 7).auth_id
    journal.upload(
        HoldVoidEvent(event_id=new_id(), moment=moment(), auth_id=auth_id, account_ref="a"),
        HoldVoidEvent(event_id=new_id(), moment=moment(), auth_id=auth_id, account_ref="unknown"),
    )
    book(hq)

    assert (10, 0, "") == told(ask(journal, 10))


def test_that_a_hold_that_was_replaced_is_over(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    with_points(hq, first)
    lower = ask(first, 7).auth_id

    assert (0, 3, "balance") == told(ask(second, 9, replaces=lower))
    assert (9, 1, "") == told(ask(first, 9, replaces=lower))
    assert (0, 0, "settled") == told(ask(first, 7, auth_id=lower))
    first.upload(HoldVoidEvent(event_id=new_id(), moment=moment(), auth_id=lower, account_ref="a"))
    book(hq)
    assert [("held", 9), ("voided", 7)] == rows(hq.engine, "hold", "state", "units")


def test_that_another_till_cannot_use_a_hold(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    with_points(hq, first)

    assert (0, 0, "settled") == told(ask(second, 7, auth_id=ask(first, 7).auth_id))


def test_that_nothing_is_held_where_it_cannot_be(hq: RunningHq, journal: Journal) -> None:
    with_points(hq, journal)
    assert (0, 0, "unknown_account") == told(ask(journal, 1, account_ref="nobody"))
    assert (0, 0, "balance") == told(ask(journal, 1, issuer="partner"))

    journal.upload(AccountStatusEvent(event_id=new_id(), moment=moment(), account_ref="a", status="frozen"))
    book(hq)
    assert (0, 0, "frozen") == told(ask(journal, 1))

    with hq.engine.begin() as connection:
        connection.execute(update(tables.headquarters).values(hq_gen=2))
    assert (0, 0, "restoring") == told(ask(journal, 1))


def test_that_a_hold_that_was_refused_is_not_granted_to_who_recorded_it(hq: RunningHq, journal: Journal) -> None:
    with_points(hq, journal, units=4)
    body = encode_message(HoldRequest(str(uuid.uuid4()), "a", "shop", 5))
    path = f"/v1/terminals/{journal.terminal_id}/holds"
    signed = RequestToSign("POST", path, journal.terminal_id, now_ms(), uuid.uuid4().hex, body)
    headers = signed_headers(journal.private_key, signed)
    assert (
        "balance"
        == decode_message(httpx.post(hq.url + path, content=body, headers=headers).content, HoldAnswer).refusal
    )

    journal.upload(sale(account_ref="a", card="299", earned=6))
    book(hq)
    assert 401 == httpx.post(hq.url + path, content=body, headers=headers).status_code
    assert {} == state_of(journal, "a").held_units
    # The till itself may ask again by the same id.
    assert (5, 5, "") == told(accepted(journal.post("/holds", body), HoldAnswer))


def test_that_a_till_whose_clock_is_far_off_is_told_the_time_with_a_signature(journal: Journal) -> None:
    body = encode_message(HoldRequest(str(uuid.uuid4()), "a", "shop", 5))
    answer = journal.post("/holds", body, time_ms=now_ms() - FRESH_MS - 60_000)

    key = journal.enrolled.hq_public_key
    said = sign_again(answer, terminal_id=journal.terminal_id, hq_public_key=key)
    assert (401, "STALE") == refusal(answer)
    assert said is not None
    assert abs(said.hq_time_ms - now_ms()) < FRESH_MS
    assert None is sign_again(answer, terminal_id=new_id(), hq_public_key=key)


def test_that_a_call_that_is_no_request_is_refused(hq: RunningHq, journal: Journal) -> None:
    assert (400, "MALFORMED") == refusal(journal.post("/holds", b"{}"))


def test_that_a_tills_own_lease_counts_and_others_are_asked_back(hq: RunningHq, enrol: Enrol) -> None:
    change_policy(hq.engine, {"allowance": Allowance.LEASE.value, "lease_units": 6})
    first, second = enrol(), enrol()
    with_points(hq, first)

    assert (0, 4, "balance") == told(ask(second, 11))
    assert [False] == [lease.recalled for lease in state_of(first, "a").leases]
    assert (0, 4, "balance") == told(ask(second, 8))
    assert [True] == [lease.recalled for lease in state_of(first, "a").leases]
    assert (10, 0, "") == told(ask(first, 10))
    with hq.engine.connect() as connection:
        (lease,) = read_leases(connection, ["a"])["a"]
    assert (first.terminal_id, 6, True) == (lease.holder, lease.units, lease.recalled)


def test_that_points_that_expired_in_a_lease_are_neither_held_nor_asked_back(hq: RunningHq, enrol: Enrol) -> None:
    change_policy(hq.engine, {"allowance": Allowance.LEASE.value, "lease_units": 6})
    first, second = enrol(), enrol()
    with_points(hq, first)
    expired = update(tables.lease).values(expires_at_ms=now_ms() - 1)
    with hq.engine.begin() as connection:
        connection.execute(expired)

    assert (0, 4, "balance") == told(ask(first, 10))
    assert (0, 4, "balance") == told(ask(second, 8))
    assert [(6, False)] == rows(hq.engine, "lease", "units", "recalled")
    assert (4, 0, "") == told(ask(first, 4))


def test_that_what_a_till_has_itself_is_not_asked_back_from_it(hq: RunningHq, journal: Journal) -> None:
    change_policy(hq.engine, {"allowance": Allowance.LEASE.value, "lease_units": 6})
    with_points(hq, journal)

    assert (0, 10, "balance") == told(ask(journal, 11))
    assert [False] == [lease.recalled for lease in state_of(journal, "a").leases]


def test_that_a_hold_follows_its_account(hq: RunningHq, enrol: Enrol) -> None:
    first, second = enrol(), enrol()
    first.upload(sale(account_ref="b", card="299", earned=10))
    book(hq)
    auth_id = ask(first, 7, account_ref="b").auth_id
    second.upload(enrolment("a", "300"), enrolment("a", "299"))
    book(hq)

    assert [("a", "held")] == rows(hq.engine, "hold", "account_ref", "state")
    assert (7, 3, "") == told(ask(first, 7, auth_id=auth_id, account_ref="b"))
    first.upload(sale(account_ref="b", card="299", burned=7, auth_id=auth_id))
    book(hq)
    assert [("a", "captured")] == rows(hq.engine, "hold", "account_ref", "state")
    assert_sound(hq)


def test_that_an_administrator_ends_a_hold(hq: RunningHq, journal: Journal) -> None:
    with_points(hq, journal)
    auth_id = ask(journal, 7).auth_id

    assert 7 == void_hold(hq.engine, auth_id)
    assert (0, 0, "settled") == told(ask(journal, 7, auth_id=auth_id))
    with pytest.raises(InputError) as caught:
        void_hold(hq.engine, auth_id)
    assert "hq.no_hold" == caught.value.code


def test_that_tills_that_ask_at_once_never_get_more_than_there_is(hq: RunningHq, enrol: Enrol) -> None:
    journals = [enrol() for _ in range(4)]
    with_points(hq, journals[0], 100)
    held: list[int] = []

    def ask_often(journal: Journal) -> None:
        held.extend(ask(journal, 9).held_units for _ in range(5))

    threads = [threading.Thread(target=ask_often, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [9] * 11 + [0] * 9 == sorted(held, reverse=True)
