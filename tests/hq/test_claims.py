import msgspec
import pytest
from sqlalchemy import Engine, select

from hq import tables
from hq.apply import book_refused_claims, book_what_is_due
from hq.looking_after import take_claim
from hq.operate import RunningHq
from hq.policy import change_policy
from pos_app.errors import InputError
from pos_app.model.evaluation import LotGrant
from pos_app.model.identifiers import derived_id
from pos_app.protocol.claims import Claim, account_check, claim_code
from pos_app.protocol.events import ClaimEvent, GrantedLot, MergeEvent, SaleEvent
from pos_app.protocol.nps import terminal_nps_key
from tests.hq.journals import DAY_MS, START_MS, enrolment, moment, new_id, sale
from tests.hq.ledgers import assert_sound
from tests.hq.tills import Till, rows, taken_back, task_codes, units


def code_of(hq: RunningHq, till: Till, sold: SaleEvent, **changes: object) -> str:
    return signed_code(hq.engine, till, sold, **changes)


def signed_code(engine: Engine, till: Till, sold: SaleEvent, **changes: object) -> str:
    """What the receipt of this sale shows."""
    with engine.connect() as connection:
        master_key = connection.execute(select(tables.headquarters.c.master_key)).scalar_one()
    claim = Claim(
        terminal_number=int(till.terminal_id[-3:]),
        incarnation=1,
        seq=7,
        event_id=sold.event_id,
        account_check=account_check(sold.event_id, sold.account_ref),
        earned_units=sum(granted.grant.units for granted in sold.granted_lots if granted.grant.issuer == sold.issuer),
        burned_units=sold.burn_units,
        issuer=sold.issuer,
    )
    return claim_code(msgspec.structs.replace(claim, **changes), terminal_nps_key(bytes(master_key), till.terminal_id))


def claim(code: str, account_ref: str = "a") -> ClaimEvent:
    return ClaimEvent(event_id=new_id(), moment=moment(), code=code, account_ref=account_ref, card_ref="299")


def test_that_a_claim_is_booked_once_and_the_late_event_adds_its_money_only(hq: RunningHq) -> None:
    lost, other = Till(hq.engine, 1), Till(hq.engine, 2)
    sold = sale(account_ref="a", card="299", earned=12, burned=5)
    code = code_of(hq, lost, sold)
    other.book(enrolment("a", "299"), sale(account_ref="a", card="299", earned=5, utc_ms=START_MS - DAY_MS))
    other.book(claim(code), claim(code))
    claimed = units(hq.engine, "a"), rows(hq.engine, "claim", "event_id", "account_ref", "units")
    lost.book(sold)

    assert {"issued": -17, "available": 12, "redeemed": 5} == claimed[0]
    assert [(sold.event_id, "a", 7)] == claimed[1]
    assert claimed[0] == units(hq.engine, "a")
    assert (2, []) == (len(rows(hq.engine, "sale", "seq")), task_codes(hq.engine))
    assert [(2,)] == rows(hq.engine, "account", "receipts_count")
    expires_at_ms = rows(hq.engine, "lot", "expires_at_ms", lot_id=derived_id(sold.event_id, "claimed"))
    assert [(START_MS + 365 * DAY_MS,)] == expires_at_ms
    assert_sound(hq)


def test_that_a_claimed_burn_takes_what_was_leased_to_its_till(hq: RunningHq) -> None:
    change_policy(hq.engine, {"allowance": "lease", "lease_units": 6})
    lost, other = Till(hq.engine, 1), Till(hq.engine, 2)
    lost.book(enrolment("a", "299"), sale(account_ref="a", card="299", earned=10))
    other.book(sale(account_ref="a", card="299", burned=4))
    sold = sale(account_ref="a", card="299", burned=6)
    other.book(claim(code_of(hq, lost, sold)))
    lost.book(sold)

    assert {"issued": -10, "redeemed": 10} == units(hq.engine, "a")
    assert [] == rows(hq.engine, "overdraft_cause", "units")
    assert_sound(hq)


def test_that_a_claimed_burn_is_not_owed_if_its_points_expired_before_the_claim(hq: RunningHq) -> None:
    lost, other = Till(hq.engine, 1), Till(hq.engine, 2)
    given = sale(account_ref="b", card="300", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    over = sale(account_ref="a", card="299", earned=3, expires_ms=START_MS + DAY_MS // 2)
    others = sale(account_ref="c", card="301", earned=10, expires_ms=START_MS + 2 * DAY_MS)
    merge = MergeEvent(event_id=new_id(), moment=moment(), account_ref="a", merged_ref="b")
    other.book(enrolment("a", "299"), given, over, others, now_ms=START_MS)
    book_what_is_due(hq.engine, now_ms=START_MS + 3 * DAY_MS)
    other.book(merge)
    sold = sale(account_ref="a", card="299", burned=8, utc_ms=START_MS + DAY_MS)
    other.book(claim(code_of(hq, lost, sold)))
    second = sale(account_ref="a", card="299", burned=4, utc_ms=START_MS + DAY_MS)
    other.book(claim(code_of(hq, lost, second)))

    # Of the ten that the merged account had, all go; the three that were over at the sales stay so.
    assert (12, 2) == (units(hq.engine, "a")["redeemed"], -units(hq.engine, "a")["overdraft"])
    assert 3 == units(hq.engine, "a")["expired"] + units(hq.engine, "b")["expired"]
    assert 10 == units(hq.engine, "c")["expired"]
    assert_sound(hq)


def test_that_points_of_another_issuer_come_with_the_late_event(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=12)
    partner = GrantedLot(derived_id(sold.event_id, "lot-2"), LotGrant("bank", "partner", 3, START_MS, None))
    sold = msgspec.structs.replace(sold, granted_lots=(*sold.granted_lots, partner))
    till.book(enrolment("a", "299"), claim(code_of(hq, till, sold)), sold)

    assert {"issued": -12, "available": 12} == units(hq.engine, "a")
    assert {"issued": -3, "available": 3} == units(hq.engine, "a", issuer="partner")
    assert_sound(hq)


def test_that_a_claimed_sale_can_come_back(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=12, amounts=(100,))
    till.book(enrolment("a", "299"), claim(code_of(hq, till, sold)), sold, taken_back(sold, {1: 1000}))

    assert {} == units(hq.engine, "a")


def test_that_a_claim_of_what_is_there_has_no_effect(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=12)
    till.book(sold, claim(code_of(hq, till, sold)))

    assert ({"issued": -12, "available": 12}, []) == (units(hq.engine, "a"), task_codes(hq.engine))


def test_that_the_account_may_have_been_merged_since(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="b", card="300", earned=12)
    merge = MergeEvent(event_id=new_id(), moment=moment(), account_ref="a", merged_ref="b")
    till.book(enrolment("a", "299"), enrolment("b", "300"), merge)
    till.book(claim(code_of(hq, till, sold)))

    assert {"issued": -12, "available": 12} == units(hq.engine, "a")


def test_that_a_code_that_says_other_points_than_its_sale_is_a_task(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=12)
    till.book(enrolment("a", "299"), claim(code_of(hq, till, sold, earned_units=20)))
    till.book(sold)

    assert ({"issued": -20, "available": 20}, ["claim_differs"]) == (units(hq.engine, "a"), task_codes(hq.engine))


@pytest.mark.parametrize(
    ("changes", "account_ref", "code"),
    [
        ({"terminal_number": 9}, "a", "claim_refused"),
        ({"account_check": bytes(5)}, "a", "claim_refused"),
        ({}, "b", "claim_refused"),
        ({}, "nobody", "unknown_account"),
    ],
)
def test_that_a_claim_that_proves_nothing_is_refused(
    hq: RunningHq, changes: dict[str, object], account_ref: str, code: str
) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=12)
    till.book(enrolment("a", "299"), enrolment("b", "300"), claim(code_of(hq, till, sold, **changes), account_ref))

    assert ({}, [code]) == (units(hq.engine, "a"), task_codes(hq.engine))


def test_that_what_is_no_code_is_refused(hq: RunningHq) -> None:
    Till(hq.engine).book(enrolment("a", "299"), claim("POSC"), claim("nothing"))

    assert ["claim_refused", "claim_refused"] == task_codes(hq.engine)


def test_that_an_administrator_takes_a_claim(hq: RunningHq) -> None:
    till = Till(hq.engine)
    sold = sale(account_ref="a", card="299", earned=12)
    code = code_of(hq, till, sold)
    till.book(enrolment("a", "299"))

    assert 12 == take_claim(hq.engine, code, "299", now_ms=START_MS)
    assert 0 == take_claim(hq.engine, code, "a", now_ms=START_MS)
    till.book(sold)
    assert {"issued": -12, "available": 12} == units(hq.engine, "a")


@pytest.mark.parametrize(("holder", "code"), [("nobody", "hq.no_account"), ("300", "hq.claim")])
def test_that_an_administrator_is_told_what_is_wrong(hq: RunningHq, holder: str, code: str) -> None:
    till = Till(hq.engine)
    till.book(enrolment("b", "300"))
    with pytest.raises(InputError) as caught:
        take_claim(
            hq.engine,
            code_of(hq, till, sale(account_ref="a", card="299", earned=12)),
            holder,
            now_ms=START_MS,
        )
    assert code == caught.value.code
    with pytest.raises(InputError):
        take_claim(hq.engine, "POSC", holder, now_ms=START_MS)


@pytest.mark.expects_log("apply.still_failing")
def test_that_a_refused_claim_is_in_order_once_its_sale_says_whose_it_is(hq: RunningHq) -> None:
    lost, other = Till(hq.engine, 1), Till(hq.engine, 2)
    # The till met the card before it heard of the member's account.
    sold = sale(account_ref="z", card="299", earned=12)
    code = code_of(hq, lost, sold)
    other.book(enrolment("a", "299"), enrolment("b", "300"), claim(code), claim(code, "b"))
    refused = task_codes(hq.engine)
    too_early = book_refused_claims(hq.engine, now_ms=START_MS)
    lost.book(sold)

    assert (["claim_refused"] * 2, 0) == (refused, too_early)
    assert [1, 0] == [book_refused_claims(hq.engine, now_ms=START_MS) for _ in range(2)]
    assert (["claim_refused"], {}) == (task_codes(hq.engine), units(hq.engine, "b"))
    assert {"issued": -12, "available": 12} == units(hq.engine, "a")
