"""Coupons on the sale screen: scanned or typed, shown below the goods, taken off again, and every refusal in words."""

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import Qt

from devices.sounder import Tone
from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.coupons import CouponBatch, CouponRefusal
from pos_app.programmes import preset_text
from pos_app.protocol.coupons import coupon_code
from pos_app.protocol.events import CouponVoidEvent, SaleEvent
from pos_app.use_cases import coupon_making
from pos_app.use_cases.coupon_making import CouponWish
from pos_app.use_cases.till import Till
from storage import coupons
from tests.pos_app.sync.servers import serving
from tests.pos_app.use_cases.test_coupons import reserves
from tests.staff import PINS, enter, hire
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from tests.ui.sale.counter import Counter
from tests.ui.sale.test_burning import NOWHERE, beneath, kinds, newest_sale
from ui.gallery.shop import CARD_WITH_POINTS, IBUPROFEN, TOOTHPASTE, VITAMIN
from ui.keys import Command
from ui.sale import coupon_words
from ui.sale.model import rows_of
from ui.sale.screen import ApprovalPanel, Screen

pytestmark = pytest.mark.usefixtures("no_keystore")
Key = Qt.Key
OpenWindow = Callable[[Till], Hands]
FIVE = "coupon/five-off"


@pytest.fixture
def programmes() -> list[Programme]:
    return [parse_programme(preset_text("coupon"), source="coupon.toml")]


@pytest.fixture
def counter(open_sample: OpenTill, programmes: list[Programme]) -> Counter:
    return Counter(open_sample(programmes=programmes))


def make(till: Till, rule: str = FIVE, member: str = "") -> tuple[str, str]:
    """A coupon: its code and its id."""
    batch = till.book_act(coupon_making.make, CouponWish(rule=rule, codes=1), member).result()
    return coupon_code(batch.secret, batch.batch_id, 1), f"{batch.batch_id}-1"


def shared(till: Till) -> str:
    """The code of a coupon that any till may take."""
    batch = CouponBatch(batch_id="SHARE", rule=FIVE, codes=9, uses=1, secret=bytes(32))
    till.database.write(lambda connection: coupons.put_batches(connection, [batch]))
    return coupon_code(batch.secret, batch.batch_id, 1)


def is_there(screen: Screen) -> bool:
    return bool(screen.coupons)


def test_that_a_scanned_coupon_stands_below_the_goods_and_is_used_up(counter: Counter) -> None:
    code, coupon_id = make(counter.till)
    counter.scan(VITAMIN, VITAMIN)
    screen = counter.scan(code)
    (line,) = screen.coupons
    assert (coupon_id, 500, True) == (line.coupon_id, line.off_minor, line.gives)
    assert screen.notice is not None
    assert ("coupon_on", {"coupon": coupon_id}) == (screen.notice.code, screen.notice.values)
    counter.press(Command.CASH)
    counter.finish(Command.CONFIRM)
    assert [coupon_id] == [one.coupon_id for one in newest_sale(counter.till).coupons]
    screen = counter.scan(VITAMIN, code)
    assert ((), "coupon.used") == (screen.coupons, screen.problem.code if screen.problem else "")


def test_that_a_coupon_that_gives_nothing_yet_says_why_and_waits_for_goods(counter: Counter) -> None:
    code, _coupon_id = make(counter.till)
    screen = counter.scan(code)
    assert screen.notice is not None
    assert ("coupon_idle", [False]) == (screen.notice.code, [line.gives for line in screen.coupons])
    assert Tone.ATTENTION == counter.tones[-1]
    assert {Command.REMOVE, Command.VOID} <= screen.commands
    screen = counter.scan(VITAMIN)
    assert [True] == [line.gives for line in counter.scan(VITAMIN).coupons]
    assert [line.reason.code for line in screen.coupons if line.reason] == ["when.receipt_from"]


def test_that_a_marked_coupon_is_taken_off(counter: Counter) -> None:
    code, coupon_id = make(counter.till)
    counter.scan(VITAMIN, VITAMIN, code)
    screen = counter.press(Command.DOWN)
    assert (2, 3) == (screen.marked, len(rows_of(screen)))
    assert "no_line" == _notice(counter.press(Command.QUANTITY, "3"))
    assert "no_line" == _notice(counter.press(Command.PRICE, "3"))
    screen = counter.press(Command.REMOVE)
    assert ((), 2, 1, "coupon_off") == (screen.coupons, len(screen.lines), screen.marked, _notice(screen))
    assert [500] == [line.off_minor for line in counter.scan(code).coupons], f"{coupon_id} was not used up"


def test_that_goods_can_be_removed_beside_a_coupon(counter: Counter) -> None:
    code, _coupon_id = make(counter.till)
    counter.scan(VITAMIN, code)
    screen = counter.press(Command.REMOVE)
    assert ((), 0, 1) == (screen.lines, screen.marked, len(screen.coupons))
    screen = counter.press(Command.REMOVE)
    assert ((), -1) == (screen.coupons, screen.marked)
    assert "no_line" == _notice(counter.press(Command.REMOVE))


def test_that_another_members_coupon_gives_nothing(counter: Counter) -> None:
    code, _coupon_id = make(counter.till, member=CARD_WITH_POINTS)
    screen = counter.scan(VITAMIN, VITAMIN, code)
    assert screen.problem is not None
    assert "coupon.other_member" == screen.problem.code
    counter.press(Command.BACK)
    assert [True] == [line.gives for line in counter.scan(CARD_WITH_POINTS, code).coupons]
    assert [(False, False)] == [(line.gives, line.is_theirs) for line in counter.press(Command.CARD_OFF).coupons]


def _notice(screen: Screen) -> str:
    return "" if screen.notice is None else screen.notice.code.value


# With a window.


def test_that_a_typed_coupon_is_seen_and_read(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    till = open_sample(programmes=programmes)
    code, coupon_id = make(till)
    hands = open_window(till)
    hands.scan(VITAMIN)
    hands.type(code.lower(), Key.Key_Return)
    row = hands.window.view.model.row_text(1)
    assert (f"Coupon {coupon_id}", "Coupons \u00b7 gives something from €20.00 on", True) == (
        row.cells[1],
        row.detail,
        row.is_barred,
    )
    assert f"Coupon {coupon_id} is good, but gives nothing on this basket yet." == hands.message
    hands.scan(VITAMIN)
    row = hands.window.view.model.row_text(2)
    assert ("Coupons", "-5.00", False) == (row.detail, row.cells[4].replace("\u2212", "-"), row.is_barred)


def test_that_a_refusal_is_said_in_sentences(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    till = open_sample(programmes=programmes)
    batch = till.book_act(coupon_making.make, CouponWish(rule=FIVE, codes=1, first_date="2099-12-31")).result()
    hands = open_window(till)
    hands.scan(VITAMIN, coupon_code(batch.secret, batch.batch_id, 1))
    said = " ".join(hands.words())
    assert "31/12/2099 on." in said
    assert "Go on without it." in said


def test_that_headquarters_is_asked_beside_the_screen_and_hears_what_is_given_up(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    with serving(*[reserves()] * 2) as hq:
        till = beneath(open_sample, hq.url, programmes)
        code = shared(till)
        hands = open_window(till)
        hands.scan(VITAMIN, VITAMIN, code)
        hands.wait(is_there)
        hands.type("", Key.Key_F7, Key.Key_Delete)
        hands.wait(lambda screen: not screen.lines)
        hands.wait(lambda _screen: [CouponVoidEvent] == kinds(till))
        hands.scan(VITAMIN, VITAMIN, code)
        hands.wait(is_there)
        hands.type("", Key.Key_F9)
        hands.finish("40")
        assert "hold" == newest_sale(till).coupons[0].basis
        till.database.write(lambda _connection: None)
        assert [CouponVoidEvent, SaleEvent] == kinds(till)


def test_that_a_large_coupon_asks_for_a_managers_pin_while_headquarters_is_away(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    till = beneath(open_sample, NOWHERE, programmes, step_up_units=100)
    code = shared(till)
    hire(till)
    enter(till, "ben")
    hands = open_window(till)
    hands.scan(VITAMIN, VITAMIN, code)
    screen = hands.wait(lambda screen: isinstance(screen.panel, ApprovalPanel))
    assert () == screen.coupons
    hands.type(PINS["anna"], Key.Key_Return)
    hands.wait(is_there)
    hands.type("", Key.Key_F9)
    hands.finish("40")
    assert "floor" == newest_sale(till).coupons[0].basis


# Words.


def test_that_every_refusal_has_words() -> None:
    assert set(map(str, CouponRefusal)) == set(coupon_words.REFUSALS)
    for refusal in CouponRefusal:
        sentences = coupon_words.refused(refusal)
        assert sentences is not None
        assert all(sentences)
    assert None is coupon_words.refused("sale.empty")


def test_that_a_coupon_that_gives_nothing_always_says_something(counter: Counter) -> None:
    code, _coupon_id = make(counter.till)
    (line,) = counter.scan(TOOTHPASTE, IBUPROFEN, code).coupons
    assert coupon_words.why_idle(msgspec.structs.replace(line, reason=None)) == "gives nothing on these goods"
    assert "member" in coupon_words.why_idle(msgspec.structs.replace(line, is_theirs=False))
