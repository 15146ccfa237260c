"""Real tills burn beneath a real HQ: holds and burns merge whatever is lost, and a receipt brings back what a disk took."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncRounds
from pos_app.use_cases import claiming
from pos_app.use_cases.joining import join_hq, private_key
from pos_app.use_cases.views import Basket, BurnAnswer
from storage.outbox import SqliteOutbox
from tests.hq.journals import now_ms
from tests.hq.ledgers import assert_sound, book
from tests.hq.tills import rows
from tests.pos_app.sync.servers import Reply, Request, Script, raw, serving
from tests.shop import BOB, ENOUGH, TEA, Shop

pytestmark = pytest.mark.usefixtures("no_keystore")


class Line:
    """The line between a till and HQ: it carries every request, and loses answers to those whose path ends like this."""

    def __init__(self, hq_url: str) -> None:
        self.loses_answers_to = "nothing"
        self._hq = urlsplit(hq_url).netloc

    def carry(self, request: Request) -> Script:
        connection = http.client.HTTPConnection(self._hq, timeout=5)
        connection.request(request.method, request.path, body=request.body, headers=request.headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if request.path.endswith(self.loses_answers_to):
            return lambda _connection: None
        named = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() != "connection"]
        return raw(
            "\r\n".join([f"HTTP/1.1 {answer.status} X", "Connection: close", *named]).encode() + b"\r\n\r\n" + body
        )


class Joined:
    """A till that has joined this HQ through a line of its own."""

    def __init__(self, stack: ExitStack, folder: Path, hq: RunningHq, programme: str = "fixed-card") -> None:
        self.hq = hq
        self.line = Line(hq.url)
        url = stack.enter_context(serving(Reply(self.line.carry))).url
        self.shop = Shop(folder, programme, at_ms=now_ms(), till={"authority": "hq"}, hq={"url": url})
        stack.callback(self.shop.close)
        self.till = self.shop.till
        join_hq(self.till, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        client = stack.enter_context(HqClient(url, private_key=private_key(self.till)))
        self._rounds = SyncRounds(
            SqliteOutbox(self.till.database),
            client,
            options=SyncOptions(),
            utc_ms=now_ms,
            fraction=lambda: 0.0,
            stopping=lambda: False,
        )

    def sync(self) -> None:
        """Send everything, let HQ book it, and fetch what came of it."""
        for _ in range(2):
            report = self._rounds.run()
            assert None is report.problem, report.problem_words
            book(self.hq)
        self._rounds.run()

    def ask(self, units: int) -> tuple[Basket, BurnAnswer]:
        """Ask for the right to burn on ten teas for Bob."""
        basket = self.shop.basket(*[TEA] * 10, card=BOB)
        return basket, self.till.authorise_burn(basket, units).result()

    def burn(self, units: int) -> SaleEvent:
        """Ask, sell, and give the event."""
        basket, answer = self.ask(units)
        assert answer.authorisation is not None, answer.refusal
        paid = msgspec.structs.replace(basket, burn_units=units, authorisation=answer.authorisation)
        sold = self.till.close_sale(paid, ENOUGH).result()
        ((body,),) = self.shop.query("SELECT body FROM event WHERE event_id = ?", sold.event_id)
        event = decode_body(body)
        assert isinstance(event, SaleEvent)
        return event

    def available_units(self) -> int:
        """What Bob has; a lot of the other till may begin some milliseconds ahead of this one's standing clock."""
        balance = self.shop.member(BOB).balance
        assert 0 == balance.overdraft_units
        return balance.available_units + balance.pending_units


OpenTill = Callable[[], Joined]


@pytest.fixture
def open_till(hq: RunningHq, tmp_path: Path) -> Iterator[OpenTill]:
    """Opens tills of this HQ's chain."""
    with ExitStack() as stack:

        def open_one() -> Joined:
            return Joined(stack, tmp_path / f"till-{len(list(tmp_path.iterdir()))}", hq)

        yield open_one


@pytest.fixture
def pair(open_till: OpenTill) -> tuple[Joined, Joined]:
    """Two tills that know Bob, who has 300 points."""
    first, second = open_till(), open_till()
    first.shop.join(BOB, "silver")
    first.shop.sell(*[TEA] * 10, card=BOB)
    first.sync()
    second.sync()
    assert [300, 300] == [first.available_units(), second.available_units()]
    return first, second


def states(hq: RunningHq) -> list[tuple[object, ...]]:
    return sorted(rows(hq.engine, "hold", "state", "units"), key=str)


def test_that_two_tills_cannot_burn_the_same_points_while_headquarters_answers(
    hq: RunningHq, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    sale = first.burn(250)
    assert "hold" == sale.burn_basis
    _basket, refused = second.ask(60)
    assert ("burn.hq.balance", 50) == (refused.refusal, refused.most_units)
    assert "hold" == second.burn(50).burn_basis
    first.sync()
    second.sync()
    first.sync()
    assert [("captured", 250), ("captured", 50)] == states(hq)
    assert first.available_units() == second.available_units()
    assert_sound(hq)


def test_that_a_hold_whose_reply_was_lost_and_its_offline_burn_are_one(
    hq: RunningHq, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    first.line.loses_answers_to = "/holds"
    sale = first.burn(250)
    assert "floor" == sale.burn_basis
    assert [("held", 250)] == states(hq)
    assert "burn.hq.balance" == second.ask(60)[1].refusal
    first.line.loses_answers_to = "nothing"
    first.sync()
    assert [("captured", 250)] == states(hq)
    earned = sum(lot.grant.units for lot in sale.granted_lots)
    assert 300 - 250 + earned == first.available_units()
    assert_sound(hq)


def test_that_a_hold_that_nobody_captured_is_free_again_after_a_power_cut(
    hq: RunningHq, pair: tuple[Joined, Joined]
) -> None:
    first, second = pair
    first.line.loses_answers_to = "/holds"
    first.ask(250)
    assert [("held", 250)] == states(hq)
    first.line.loses_answers_to = "nothing"
    # The program dies here, and starts again.
    first.shop.reopen()
    first.till = first.shop.till
    first._rounds = SyncRounds(
        SqliteOutbox(first.till.database),
        first._rounds._client,
        options=SyncOptions(),
        utc_ms=now_ms,
        fraction=lambda: 0.0,
        stopping=lambda: False,
    )
    first.sync()
    assert [("voided", 250)] == states(hq)
    assert "hold" == second.burn(300).burn_basis
    assert_sound(hq)


def test_that_a_receipt_brings_back_what_a_lost_disk_took_and_once_only(
    hq: RunningHq, pair: tuple[Joined, Joined]
) -> None:
    lost, other = pair
    sale = lost.burn(100)
    earned = sum(lot.grant.units for lot in sale.granted_lots)
    code = lost.till.database.read(lambda connection: claiming.code_for(connection, sale.event_id))
    for _ in range(2):
        other.till.claim(code, BOB).result()
    other.sync()
    assert 300 - 100 + earned == other.available_units()
    # The disk was not lost after all.
    lost.sync()
    other.sync()
    assert [300 - 100 + earned] * 2 == [lost.available_units(), other.available_units()]
    assert_sound(hq)
