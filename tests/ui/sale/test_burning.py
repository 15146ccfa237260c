"""Points at a till beneath headquarters, with real keys: it is asked beside the screen, and every answer is said in words."""

import threading
import time
from collections.abc import Callable, Sequence

import msgspec
import pytest
from PySide6.QtCore import Qt

from pos_app.loyalty.programme import Programme
from pos_app.model.policy import BurnPolicy
from pos_app.model.staff import Role, StaffMember
from pos_app.protocol.events import ClaimEvent, HoldVoidEvent, SaleEvent, decode_body
from pos_app.protocol.signing import public_key_of
from pos_app.settings import Hq
from pos_app.use_cases import claiming, staff_changes
from pos_app.use_cases.till import Till
from storage import journal, staff
from tests.pos_app.sync.servers import Reply, Script, serving
from tests.pos_app.use_cases.burners import HQ_KEY, NPS_KEY, holds
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from ui.gallery.shop import (
    AMOXICILLIN,
    CARD_WITH_BIRTHDAY,
    CARD_WITH_POINTS,
    IBUPROFEN,
    NOW_MS,
    TOOTHPASTE,
    VITAMIN,
    sample_settings,
)
from ui.sale.screen import ApprovalPanel, BurnPanel, Screen

pytestmark = pytest.mark.usefixtures("no_keystore")
Key = Qt.Key
OpenWindow = Callable[[Till], Hands]
NOWHERE = "http://127.0.0.1:1"


def beneath(open_sample: OpenTill, url: str, programmes: Sequence[Programme] | None = None, **policy: object) -> Till:
    """The sample shop, joined: headquarters counts everything that was sold so far."""
    settings = sample_settings()
    settings = msgspec.structs.replace(
        settings, till=msgspec.structs.replace(settings.till, authority="hq"), hq=Hq(url=url)
    )
    till = open_sample(settings, programmes=programmes)
    known = {
        "hq_public_key": public_key_of(HQ_KEY),
        "nps_key": NPS_KEY,
        "last_contact_ms": NOW_MS,
        "policy": msgspec.json.encode(msgspec.convert(policy, BurnPolicy)).decode(),
    }
    till.database.write(lambda connection: journal.change_terminal(connection, **known))
    till.database.write(
        lambda c: c.exec_driver_sql("UPDATE account SET includes_incarnation = 1, includes_seq = 99 WHERE 1 = 1")
    )
    return till


def kinds(till: Till) -> list[type]:
    """What the journal's newest events are, after the three sales that filled the shop."""
    rows = till.database.reader().exec_driver_sql("SELECT body FROM event ORDER BY seq").all()
    return [type(decode_body(body)) for (body,) in rows][3:]


def newest_sale(till: Till) -> SaleEvent:
    rows = (
        till.database.reader().exec_driver_sql("SELECT body FROM event WHERE kind = 'sale' ORDER BY seq DESC").first()
    )
    assert rows is not None
    event = decode_body(rows[0])
    assert isinstance(event, SaleEvent)
    return event


def is_answered(screen: Screen) -> bool:
    return screen.notice is None or screen.notice.code != "asking"


def burn(hands: Hands, text: str) -> Screen:
    """F4, a number, Enter, and the answer."""
    hands.type("", Key.Key_F4)
    hands.type(text, Key.Key_Return)
    return hands.wait(is_answered)


def full(hands: Hands) -> None:
    """A basket of 31.55 with a member of 997 points."""
    hands.scan(VITAMIN, IBUPROFEN, AMOXICILLIN, VITAMIN, TOOTHPASTE, TOOTHPASTE, CARD_WITH_POINTS)


def test_that_headquarters_holds_what_is_typed_and_the_sale_captures_it(
    open_sample: OpenTill, open_window: OpenWindow
) -> None:
    with serving(holds()) as hq:
        till = beneath(open_sample, hq.url)
        hands = open_window(till)
        full(hands)
        screen = burn(hands, "500")
        assert (None, 500) == (screen.panel, screen.totals.burn_units)
        assert "500 points used: €5.00 less to pay. Headquarters holds them for this sale." == hands.message
        hands.type("", Key.Key_F9)
        hands.finish("40")
        sale = newest_sale(till)
        assert ("hold", 500) == (sale.burn_basis, sale.burn_units)
        assert [SaleEvent] == kinds(till)


def test_that_goods_can_be_scanned_while_headquarters_is_asked(open_sample: OpenTill, open_window: OpenWindow) -> None:
    answer = threading.Event()

    def slow(reply: Reply) -> Reply:
        def to(request: object) -> Script:
            answer.wait(0.3)
            return reply.to(request)  # type: ignore[arg-type]

        return Reply(to)

    with serving(slow(holds())) as hq:
        hands = open_window(beneath(open_sample, hq.url))
        full(hands)
        hands.type("", Key.Key_F4)
        began = time.monotonic()
        hands.type("100", Key.Key_Return)
        asking = hands.screen
        assert time.monotonic() - began < 0.25
        assert ("Asking headquarters…", True) == (hands.message, isinstance(asking.panel, BurnPanel))
        hands.scan(TOOTHPASTE)
        answer.set()
        screen = hands.wait(lambda screen: len(screen.lines) == 7)
        assert (100, None) == (screen.totals.burn_units, screen.panel)


def test_that_a_refusal_says_why_and_suggests_what_there_is(open_sample: OpenTill, open_window: OpenWindow) -> None:
    with serving(holds(only=120)) as hq:
        till = beneath(open_sample, hq.url)
        hands = open_window(till)
        full(hands)
        screen = burn(hands, "500")
        assert "Headquarters says that there are fewer points. At most 120 points can be used now." == hands.message
        assert isinstance(screen.panel, BurnPanel)
        assert ("120", 0) == (screen.panel.suggested, screen.totals.burn_units)
        hands.type("", Key.Key_Return)
        screen = hands.wait(lambda screen: screen.totals.burn_units)
        assert 120 == screen.totals.burn_units


def test_that_without_headquarters_the_tills_own_limit_is_said(open_sample: OpenTill, open_window: OpenWindow) -> None:
    till = beneath(open_sample, NOWHERE, card_day_units=300)
    hands = open_window(till)
    full(hands)
    screen = burn(hands, "500")
    limited = "Headquarters is away: there is a limit for each card and day. At most 300 points can be used now."
    assert limited == hands.message
    assert isinstance(screen.panel, BurnPanel)
    hands.type("", Key.Key_Return)
    hands.wait(lambda screen: screen.totals.burn_units == 300)
    assert "300 points used: €3.00 less to pay. Headquarters is away; within this till's limits." == hands.message


def test_that_fewer_points_need_no_second_question_and_none_are_given_back(
    open_sample: OpenTill, open_window: OpenWindow
) -> None:
    with serving(holds()) as hq:
        till = beneath(open_sample, hq.url)
        hands = open_window(till)
        full(hands)
        burn(hands, "500")
        assert 200 == burn(hands, "200").totals.burn_units
        assert 1 == len(hq.requests)
        assert 0 == burn(hands, "0").totals.burn_units
        till.database.write(lambda _connection: None)
        assert [HoldVoidEvent] == kinds(till)


@pytest.mark.parametrize("how", ["card off", "another card", "dropped"])
def test_that_a_customer_who_leaves_gets_the_points_back(
    open_sample: OpenTill, open_window: OpenWindow, how: str
) -> None:
    with serving(holds()) as hq:
        till = beneath(open_sample, hq.url)
        hands = open_window(till)
        full(hands)
        burn(hands, "500")
        if how == "card off":
            hands.type("", Key.Key_F6)
        elif how == "another card":
            hands.scan(CARD_WITH_BIRTHDAY)
        else:
            hands.type("", Key.Key_F7)
            hands.type("", Key.Key_Delete)
        assert 0 == hands.screen.totals.burn_units
        till.database.write(lambda _connection: None)
        assert [HoldVoidEvent] == kinds(till)


def test_that_goods_that_go_lower_the_points_and_keep_the_hold(open_sample: OpenTill, open_window: OpenWindow) -> None:
    with serving(holds()) as hq:
        till = beneath(open_sample, hq.url)
        hands = open_window(till)
        hands.scan(VITAMIN, TOOTHPASTE, CARD_WITH_POINTS)
        asked = burn(hands, "800").totals.burn_units
        assert 800 == asked
        hands.type("", Key.Key_Up)
        hands.type("", Key.Key_Delete)
        left = hands.screen.totals.burn_units
        assert 0 < left < asked
        hands.type("", Key.Key_F9)
        hands.finish("40")
        assert (left, 1) == (newest_sale(till).burn_units, len(hq.requests))


def test_that_above_the_step_a_managers_pin_lets_points_be_used_offline(
    open_sample: OpenTill, open_window: OpenWindow
) -> None:
    till = beneath(open_sample, NOWHERE, step_up_units=100)
    hands = open_window(till)
    staff_changes.add(till, "mo", name="Mo", role=Role.MANAGER, pin="493817")
    cashier = StaffMember("anna", "Anna", Role.CASHIER)
    till.database.write(lambda connection: staff.put_staff(connection, cashier, utc_ms=1))
    till.attendance.member = cashier
    full(hands)
    screen = burn(hands, "500")
    assert isinstance(screen.panel, ApprovalPanel)
    hands.type("493817", Key.Key_Return)
    hands.wait(lambda screen: screen.totals.burn_units == 500)
    hands.type("", Key.Key_F9)
    hands.finish("40")
    sale = newest_sale(till)
    assert ("floor", "mo") == (sale.burn_basis, sale.approved_by)


def test_that_a_receipts_code_is_claimed_for_the_member_on_the_screen(
    open_sample: OpenTill, open_window: OpenWindow
) -> None:
    lost = beneath(open_sample, NOWHERE)
    at_lost = open_window(lost)
    at_lost.scan(TOOTHPASTE, CARD_WITH_POINTS)
    at_lost.type("", Key.Key_F9)
    at_lost.finish("40")
    code = lost.database.read(lambda connection: claiming.code_for(connection, newest_sale(lost).event_id))
    till = beneath(open_sample, NOWHERE)
    hands = open_window(till)
    assert "claim.without_card" == hands.scan("]Q1" + code).problem.code  # type: ignore[union-attr]
    hands.type("", Key.Key_Escape)
    hands.scan(CARD_WITH_POINTS, "]Q1" + code)
    hands.wait(lambda screen: screen.notice is not None and screen.notice.code == "claimed")
    assert "points of that receipt were claimed" in hands.message
    assert [ClaimEvent] == kinds(till)
    hands.scan(CARD_WITH_BIRTHDAY, "]Q1" + code)
    hands.wait(lambda screen: screen.problem is not None)
    assert "claim.other_member" == hands.screen.problem.code  # type: ignore[union-attr]
