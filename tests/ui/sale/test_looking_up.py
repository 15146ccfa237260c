"""A card that the till does not know: headquarters is asked beside the screen, and the sale goes on meanwhile."""

import threading
import time

import pytest

from devices.sounder import Tone
from pos_app.model.accounts import Lot
from pos_app.protocol.messages import AccountState, CardAnswer, CardState, ErrorAnswer, ErrorCode
from storage.looked_up import put_looked_up
from tests.pos_app.sync.servers import Reply, Request, Script, Server, answer, serving, signed
from tests.pos_app.use_cases.burners import HQ_KEY, hang_up
from tests.ui.conftest import OpenTill
from tests.ui.sale.counter import Counter
from tests.ui.sale.test_burning import NOWHERE, beneath
from ui.gallery.shop import CARD_FRESH, CARD_WITH_POINTS, PLASTERS
from ui.keys import Command
from ui.sale.screen import CashPanel, EnrolPanel

pytestmark = pytest.mark.usefixtures("no_keystore")
OTHER_KEY = bytes(32)


def state(number: str, *, status: str = "active") -> AccountState:
    """A member of 250 points from another region."""
    lot = Lot(
        "00000000-0000-4000-8000-000000000001", "elsewhere", "shop", "fixed-card", 1, None, 250, 250, matured=True
    )
    return AccountState("elsewhere", "active", "silver", (CardState(number, status),), (lot,), {}, {}, 7, 0, 0)


def knows(number: str, *, status: str = "active", key: bytes = HQ_KEY) -> Reply:
    return signed(CardAnswer(number, state(number, status=status)), key)


def at(open_sample: OpenTill, server: Server) -> Counter:
    return Counter(beneath(open_sample, server.url))


def when(go: threading.Event, reply: Reply) -> Reply:
    """The same answer, once the test lets it go."""

    def to(request: Request) -> Script:
        go.wait(5)
        return reply.to(request)

    return Reply(to)


def test_that_a_card_from_elsewhere_brings_its_member_to_the_sale_under_way(open_sample: OpenTill) -> None:
    go = threading.Event()
    with serving(when(go, knows(CARD_FRESH))) as server:
        counter = at(open_sample, server)
        screen = counter.scan(CARD_FRESH, PLASTERS)
        assert (None, 1) == (screen.member, len(screen.lines)), "the scan is shown at once, and the next one too"
        go.set()
        counter.patience.deliver()

    member = counter.screen.member
    assert member is not None
    assert ("", "silver", 250) == (member.name, member.card_class, member.balance.available_units)
    assert ("card_answered", Tone.OK) == (counter.notice, counter.tones[-1])
    assert f"/cards/{CARD_FRESH}" in server.requests[0].path


def test_that_the_cashier_is_told_that_headquarters_is_asked(open_sample: OpenTill) -> None:
    with serving(knows(CARD_FRESH)) as server:
        counter = at(open_sample, server)
        counter.scan(CARD_FRESH)
        assert ("asking_card", None) == (counter.notice, counter.screen.panel)
        counter.patience.deliver()


def test_that_a_card_that_headquarters_does_not_know_is_a_new_one(open_sample: OpenTill) -> None:
    with serving(signed(CardAnswer(CARD_FRESH), HQ_KEY)) as server:
        counter = at(open_sample, server)
        counter.scan(CARD_FRESH)
        counter.patience.deliver()
        assert isinstance(counter.screen.panel, EnrolPanel)
        assert Tone.ATTENTION is counter.tones[-1]
        assert counter.till.can_look_up()


def test_that_without_headquarters_a_card_is_new_as_ever(open_sample: OpenTill) -> None:
    counter = Counter(beneath(open_sample, NOWHERE))
    for _ in range(2):
        counter.scan(CARD_FRESH)
        counter.patience.deliver()
        assert isinstance(counter.screen.panel, EnrolPanel)
        counter.press(Command.BACK)

    assert not counter.till.can_look_up()


@pytest.mark.parametrize(
    "reply", [knows(CARD_FRESH, key=OTHER_KEY), knows(CARD_WITH_POINTS), hang_up, answer(404, CardAnswer("x"))]
)
def test_that_what_headquarters_did_not_say_of_this_card_is_not_believed(
    open_sample: OpenTill, reply: Script | Reply
) -> None:
    with serving(reply) as server:
        counter = at(open_sample, server)
        counter.scan(CARD_FRESH)
        counter.patience.deliver()
        assert isinstance(counter.screen.panel, EnrolPanel)
        assert counter.till.find_member(CARD_FRESH) is None


def test_that_an_older_headquarters_can_still_be_asked_about_points(open_sample: OpenTill) -> None:
    with serving(answer(404, CardAnswer("x"))) as server:
        counter = at(open_sample, server)
        assert [False, False] == [counter.till.look_up_card(CARD_FRESH).result(5) for _ in range(2)]
        assert counter.till.can_look_up()


def test_that_a_card_that_is_blocked_elsewhere_stops_the_line(open_sample: OpenTill) -> None:
    with serving(knows(CARD_FRESH, status="blocked")) as server:
        counter = at(open_sample, server)
        counter.scan(CARD_FRESH)
        counter.patience.deliver()

    assert ("card.blocked", None) == (counter.problem, counter.screen.member)


def test_that_payment_waits_for_the_answer(open_sample: OpenTill) -> None:
    with serving(knows(CARD_FRESH)) as server:
        counter = at(open_sample, server)
        counter.scan(PLASTERS, CARD_FRESH)
        assert counter.press(Command.CASH).panel is None
        counter.patience.deliver()

    assert isinstance(counter.screen.panel, CashPanel)
    assert counter.screen.member is not None


def test_that_another_card_meanwhile_is_the_one_that_counts(open_sample: OpenTill) -> None:
    with serving(knows(CARD_FRESH)) as server:
        counter = at(open_sample, server)
        counter.scan(CARD_FRESH, CARD_WITH_POINTS)
        before = counter.screen
        counter.patience.deliver()

    assert before == counter.screen
    assert before.member is not None
    assert before.member.card_number == CARD_WITH_POINTS


def test_that_a_till_that_was_shut_out_asks_no_more(open_sample: OpenTill) -> None:

    with serving(answer(410, ErrorAnswer(ErrorCode.FENCED))) as server:
        counter = at(open_sample, server)
        counter.scan(CARD_FRESH)
        counter.patience.deliver()

    assert isinstance(counter.screen.panel, EnrolPanel)
    assert not counter.till.can_look_up()


def test_that_an_answer_never_takes_the_place_of_newer_news(open_sample: OpenTill) -> None:
    """The card is known by the time that the answer comes: what the till has is newer."""

    with serving(knows(CARD_FRESH)) as server:
        till = at(open_sample, server).till
    before = till.find_member(CARD_WITH_POINTS)
    put_looked_up(till.database, state(CARD_WITH_POINTS), card_number=CARD_WITH_POINTS)

    assert before is not None
    assert before == till.find_member(CARD_WITH_POINTS)


def test_that_the_wait_is_bounded(open_sample: OpenTill) -> None:
    over = threading.Event()
    with serving(lambda _connection: (over.wait(5), None)[1]) as server:
        till = at(open_sample, server).till
        begun_s = time.monotonic()
        assert not till.look_up_card(CARD_FRESH).result(5)
        assert 2 > time.monotonic() - begun_s
        over.set()
