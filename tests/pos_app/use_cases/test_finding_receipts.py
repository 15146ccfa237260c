"""Which receipt goods come back with: ours, another till's, or one that nobody can show. HQ is a server on a real socket."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from pos_app.errors import InputError
from pos_app.protocol.events import ReturnedLine, decode_body, encode_body
from pos_app.protocol.messages import ErrorAnswer, OtherReceipt, ReceiptAnswer, ReceiptReturn, encode_message
from pos_app.protocol.signing import answer_to_sign, create_private_key, public_key_of, sign
from pos_app.use_cases.clock import SystemClock
from pos_app.use_cases.explaining import explain_receipt
from pos_app.use_cases.finding_receipts import (
    ASK_TIMEOUT_MS,
    ReceiptUnknownError,
    Returnable,
    Word,
    find_returnable,
)
from pos_app.use_cases.programmes import encode_programme_set
from pos_app.use_cases.receipt_facts import receipt_facts
from pos_app.use_cases.unseen_returning import unseen_goods
from pos_app.use_cases.views import BasketLine, ClosedSale
from storage import journal
from tests.conftest import OpenShop
from tests.pos_app.sync.servers import Script, Server, answer, serving
from tests.shop import BOB, BREAD, DAY_MS, TEA, Shop

pytestmark = pytest.mark.usefixtures("no_keystore")

HQ_KEY = create_private_key()
STRANGERS_KEY = create_private_key()
ELSEWHERE = "018f0000-0000-7000-8000-00000000000e"


def sold_at(shop: Shop, sale: ClosedSale) -> str:
    """The event of a sale, as HQ shows it."""
    body: bytes = shop.query("SELECT body FROM event WHERE event_id = ?", sale.event_id)[0][0]
    return body.decode()


def signed(message: msgspec.Struct | list[ReceiptAnswer], *, key: bytes = HQ_KEY) -> Callable[[Server, str], Script]:
    """An answer that HQ has signed for the request that came; of a list the first, as it is by then."""

    def script_of(server: Server, terminal_id: str) -> Script:
        def script(connection: socket.socket) -> None:
            body = encode_message(message[0] if isinstance(message, list) else message)
            nonce = server.requests[-1].headers["x-pos-nonce"]
            signature = sign(key, answer_to_sign(terminal_id=terminal_id, nonce=nonce, body=body))
            answer(200, body, X_Pos_Answer_Signature=signature.hex())(connection)

        return script

    return script_of


def plain(script: Script) -> Callable[[Server, str], Script]:
    return lambda _server, _terminal_id: script


@contextmanager
def under_hq(open_shop: OpenShop, *scripts: Callable[[Server, str], Script]) -> Iterator[tuple[Shop, Server]]:
    """A till that has joined an HQ which answers so, one after the other."""
    made: list[Script] = []

    def next_script(connection: socket.socket) -> None:
        made.pop(0)(connection)

    with serving(next_script) as server:
        shop = open_shop("fixed-card", till={"authority": "hq", "number": 9}, hq={"url": server.url})
        terminal = shop.till.database.read(journal.read_terminal)
        shop.till.database.write(lambda c: journal.change_terminal(c, hq_public_key=public_key_of(HQ_KEY)))
        made.extend(script(server, terminal.terminal_id) for script in scripts)
        yield shop, server


@pytest.fixture
def other(open_shop: OpenShop) -> Shop:
    """Another till of the chain, which sold something."""
    return open_shop("fixed-card", till={"number": 1})


@pytest.fixture
def bought(other: Shop) -> ClosedSale:
    return other.sell(BasketLine(TEA, 3000), BREAD, card=BOB)


def unknown(shop: Shop, number: str) -> Word:
    with pytest.raises(ReceiptUnknownError) as refused:
        find_returnable(shop.till, number)
    return refused.value.word


def left_milli(found: Returnable) -> dict[int, int]:
    known = found.known
    return {
        line.line_no: line.quantity_milli
        - (known.before[line.line_no].quantity_milli if line.line_no in known.before else 0)
        for line in known.sale.lines
    }


def test_that_a_till_without_headquarters_finds_its_own_receipts(other: Shop, bought: ClosedSale) -> None:
    other.take_back(bought, line_1=1)
    found = find_returnable(other.till, f" {bought.receipt_number} ")
    assert (Word.NOT_ASKED, True, {1: 2000, 2: 1000}) == (found.word, found.is_own, left_milli(found))
    assert Word.NOT_ASKED is unknown(other, "777-01-0000001")


def test_that_the_receipt_of_a_return_is_none_to_return(other: Shop, bought: ClosedSale) -> None:
    back = other.take_back(bought, line_1=1)
    with pytest.raises(InputError) as refused:
        find_returnable(other.till, back.receipt_number)
    assert "return.is_return" == refused.value.code


def test_that_another_tills_receipt_comes_from_headquarters(
    open_shop: OpenShop, other: Shop, bought: ClosedSale
) -> None:
    elsewhere = ReceiptReturn(ELSEWHERE, (ReturnedLine(1, 1000, 1000, 167, 30, 0),))
    shown = ReceiptAnswer(sold_at(other, bought), (elsewhere,))
    with under_hq(open_shop, signed(shown), signed(shown)) as (shop, server):
        found = find_returnable(shop.till, bought.receipt_number)
        assert (Word.SHOWN, False, {1: 2000, 2: 1000}) == (found.word, found.is_own, left_milli(found))
        assert server.requests[0].path.endswith(f"/receipts/{bought.receipt_number}")
        back = shop.till.return_goods(bought.receipt_number, {1: 2000}).result()
        assert (2000, 60) == (back.refund_minor, back.clawed_back_units)
        with pytest.raises(InputError):
            shop.till.return_goods(bought.receipt_number, {1: 1000}).result()
        found = find_returnable(shop.till, bought.receipt_number)
        assert {1: 0, 2: 1000} == left_milli(found)
        facts = shop.till.database.read(lambda c: receipt_facts(shop.till, c, back.event_id, is_copy=False))
        assert (bought.receipt_number, ["Tea"]) == (facts.original_receipt, [line.name for line in facts.lines])
        assert {} == shop.bad_findings()


def test_that_a_return_of_ours_is_counted_once_though_headquarters_tells_it_too(open_shop: OpenShop) -> None:
    shown: list[ReceiptAnswer] = []
    with under_hq(open_shop, signed(shown)) as (shop, _):
        sale = shop.sell(BasketLine(TEA, 3000), card=BOB)
        back = shop.take_back(sale, line_1=1)
        lines = (ReturnedLine(1, 1000, 1000, 167, 30, 0),)
        shown.append(
            ReceiptAnswer(sold_at(shop, sale), (ReceiptReturn(back.event_id, lines), ReceiptReturn(ELSEWHERE, lines)))
        )
        found = find_returnable(shop.till, sale.receipt_number)
        assert (True, {1: 1000}) == (found.is_own, left_milli(found))


def test_that_a_receipt_whose_event_was_pruned_comes_from_headquarters(open_shop: OpenShop) -> None:
    shown: list[ReceiptAnswer] = []
    with under_hq(open_shop, signed(shown)) as (shop, _):
        sale = shop.sell(TEA, card=BOB)
        shown.append(ReceiptAnswer(sold_at(shop, sale)))
        shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET body = NULL").rowcount)
        found = find_returnable(shop.till, sale.receipt_number)
        assert (Word.SHOWN, True) == (found.word, found.is_own)
        assert 30 == shop.take_back(sale, line_1=1).clawed_back_units


def test_that_the_programmes_of_that_day_come_with_the_receipt(open_shop: OpenShop) -> None:
    other = open_shop("progressive", till={"number": 1})
    bought = other.sell(TEA, card=BOB)
    programme_set = encode_programme_set(other.till.terms.programmes).decode()
    of_others = encode_programme_set(open_shop("pharmacy").till.terms.programmes).decode()
    body = sold_at(other, bought)
    sent = ("", "rubbish", '[{"newer": 1}]', of_others, programme_set, "")
    answers = (signed(ReceiptAnswer(body, programme_set=one)) for one in sent)
    with under_hq(open_shop, *answers) as (shop, _):
        known = [find_returnable(shop.till, bought.receipt_number).known.programmes for _ in sent]
    assert [None] * 4 + [other.till.terms.programmes] * 2 == known


def test_that_a_receipt_of_an_unknown_member_is_booked_without_touching_anybodys_points(
    open_shop: OpenShop, other: Shop
) -> None:
    account_ref = other.join("2990000000057")
    bought = other.sell(TEA, card="2990000000057")
    with under_hq(open_shop, signed(ReceiptAnswer(sold_at(other, bought)))) as (shop, _):
        found = find_returnable(shop.till, bought.receipt_number)
        back = shop.till.return_goods(found.known.sale.receipt_number, {1: 1000}).result()
        event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", back.event_id)[0][0])
        assert account_ref == getattr(event, "account_ref", "")
        assert [(0,)] == shop.query("SELECT count(*) FROM entry")


def test_that_headquarters_may_not_have_the_receipt_yet(open_shop: OpenShop) -> None:
    with under_hq(open_shop, plain(answer(404, ErrorAnswer("NOT_FOUND")))) as (shop, _):
        assert Word.UNKNOWN is unknown(shop, "777-01-0000001")


@pytest.mark.parametrize(
    "script",
    [
        plain(answer(404, b"<html>hotel</html>")),
        plain(answer(404, ErrorAnswer("GAP"))),
        plain(answer(503, ErrorAnswer("BUSY"))),
        plain(answer(200, ReceiptAnswer("{}"))),
        signed(ReceiptAnswer("{}"), key=STRANGERS_KEY),
        signed(ReceiptAnswer("{}")),
    ],
)
def test_that_only_what_headquarters_signed_is_believed(
    open_shop: OpenShop, script: Callable[[Server, str], Script]
) -> None:
    with under_hq(open_shop, script) as (shop, _):
        assert Word.AWAY is unknown(shop, "777-01-0000001")


def test_that_another_receipt_than_the_one_asked_for_is_not_taken(
    open_shop: OpenShop, other: Shop, bought: ClosedSale
) -> None:
    with under_hq(open_shop, signed(ReceiptAnswer(sold_at(other, bought)))) as (shop, _):
        assert Word.AWAY is unknown(shop, "001-01-7777777")


def test_that_a_till_whose_clock_is_off_asks_again_by_headquarters_time(
    open_shop: OpenShop, other: Shop, bought: ClosedSale
) -> None:
    later_ms = other.clock.now_ms + 10 * DAY_MS
    stale = plain(answer(401, ErrorAnswer("STALE", hq_time_ms=later_ms)))
    with under_hq(open_shop, stale, signed(ReceiptAnswer(sold_at(other, bought)))) as (shop, server):
        assert Word.SHOWN is find_returnable(shop.till, bought.receipt_number).word
        assert str(later_ms) == server.requests[1].headers["x-pos-time"]
    with under_hq(open_shop, stale, stale) as (shop, server):
        assert Word.AWAY is unknown(shop, bought.receipt_number)


def test_that_nobody_at_the_address_is_noticed_within_the_bound(open_shop: OpenShop) -> None:
    def silent(connection: socket.socket) -> None:
        connection.recv(1)

    stopwatch = SystemClock()
    with under_hq(open_shop, plain(silent)) as (shop, _):
        begun_ms = stopwatch.monotonic_ms()
        sale = shop.sell(TEA)
        assert Word.AWAY is find_returnable(shop.till, sale.receipt_number).word
        assert stopwatch.monotonic_ms() - begun_ms < ASK_TIMEOUT_MS + 1_000


def test_that_an_address_that_cannot_be_one_asks_nobody(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card", hq={"url": "https://hq.example.org:0"})
    shop.till.database.write(lambda c: journal.change_terminal(c, hq_public_key=public_key_of(HQ_KEY)))
    assert Word.AWAY is unknown(shop, "777-01-0000001")


def same_number(shop: Shop, sale: ClosedSale, number: str) -> str:
    """A sale's event as HQ would show it, if its till had printed this number."""
    event = msgspec.structs.replace(decode_body(sold_at(shop, sale).encode()), receipt_number=number)
    return encode_body(event).decode()


def test_that_of_several_sales_of_one_number_each_can_be_shown_and_taken_back(open_shop: OpenShop, other: Shop) -> None:
    bought = other.sell(BasketLine(TEA, 3000), card=BOB)
    other.clock.now_ms += DAY_MS
    later = other.sell(BREAD, card=BOB)
    number = bought.receipt_number
    elsewhere = ReceiptReturn(ELSEWHERE, (ReturnedLine(1, 1000, 1000, 167, 30, 0),))
    second = OtherReceipt(same_number(other, later, number))
    shown = ReceiptAnswer(sold_at(other, bought), (elsewhere,), others=(second,))
    with under_hq(open_shop, *[signed(shown)] * 4) as (shop, _):
        first = find_returnable(shop.till, number)
        following = find_returnable(shop.till, number, after=bought.event_id)
        again = find_returnable(shop.till, number, after=later.event_id)
        named = find_returnable(shop.till, number, sale_event_id=later.event_id)
        assert [bought.event_id, later.event_id, bought.event_id, later.event_id] == [
            one.known.sale.event_id for one in (first, following, again, named)
        ]
        assert (2, {1: 2000}, {1: 1000}) == (first.same_number, left_milli(first), left_milli(following))
        with pytest.raises(InputError) as refused:
            shop.till.return_goods(number, {1: 1000}).result()
        assert "return.several" == refused.value.code
        back = shop.till.return_goods(number, {1: 1000}, sale_event_id=later.event_id).result()
        event = decode_body(shop.query("SELECT body FROM event WHERE event_id = ?", back.event_id)[0][0])
        assert later.event_id == getattr(event, "sale_event_id", "")
        with pytest.raises(InputError):
            shop.till.return_goods(number, {1: 1000}, sale_event_id=back.event_id).result()


def test_that_what_came_back_of_another_sale_of_the_number_is_not_counted(open_shop: OpenShop, other: Shop) -> None:
    bought = other.sell(BasketLine(TEA, 3000), card=BOB)
    elsewhere = ReceiptReturn(ELSEWHERE, (ReturnedLine(1, 3000, 3000, 500, 90, 0),))
    shown: list[ReceiptAnswer] = []
    with under_hq(open_shop, signed(shown)) as (shop, _):
        own = shop.sell(TEA, card=BOB)
        shown.append(ReceiptAnswer(same_number(other, bought, own.receipt_number), (elsewhere,)))
        found = find_returnable(shop.till, own.receipt_number, sale_event_id=own.event_id)
        assert (True, {1: 1000}, 2) == (found.is_own, left_milli(found), found.same_number)


def test_that_what_came_back_unseen_is_told(other: Shop, bought: ClosedSale) -> None:
    other.till.return_unseen(bought.receipt_number, (unseen_goods(TEA),)).result()
    assert [("tea", 1000)] == [
        (one.product_code, one.quantity_milli) for one in find_returnable(other.till, bought.receipt_number).unseen
    ]
    other.till.return_unseen("777-01-0000001", (unseen_goods(TEA),)).result()
    with pytest.raises(ReceiptUnknownError) as refused:
        find_returnable(other.till, "777-01-0000001")
    assert ["tea"] == [one.product_code for one in refused.value.unseen]


def test_that_headquarters_shows_what_an_explanation_lacks(
    open_shop: OpenShop, other: Shop, bought: ClosedSale
) -> None:
    kept = encode_programme_set(other.till.terms.programmes).decode()
    shown = [ReceiptAnswer(sold_at(other, bought), programme_set=kept)]
    with under_hq(open_shop, signed(shown), signed(shown)) as (shop, _):
        foreign = explain_receipt(shop.till, bought.receipt_number)
        assert (True, False) == (foreign.agrees, foreign.is_own)
        sale = shop.sell(TEA, card=BOB)
        shown[0] = ReceiptAnswer(sold_at(shop, sale))
        shop.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET body = NULL").rowcount)
        own = explain_receipt(shop.till, sale.receipt_number)
        assert (True, True, [30]) == (own.agrees, own.is_own, [award.units for award in own.result.awards])


def test_that_an_explanation_without_its_programmes_is_refused(
    open_shop: OpenShop, other: Shop, bought: ClosedSale
) -> None:
    other.reopen("points")
    sale = other.sell(TEA, card=BOB)
    with (
        under_hq(open_shop, signed(ReceiptAnswer(sold_at(other, sale)))) as (shop, _),
        pytest.raises(InputError, match="are not known here"),
    ):
        explain_receipt(shop.till, sale.receipt_number)
