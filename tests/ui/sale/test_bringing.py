"""A new card, and the card of who brought its member: asked for where a programme gives something for it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt

from pos_app.loyalty.programme import Programme, parse_programme
from pos_app.model.marks import REFERRED_BY, of_name
from pos_app.programmes import preset_text
from pos_app.use_cases.till import Till
from storage import accounts, marks
from storage.database import Connection
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from tests.ui.sale.counter import Counter
from ui.gallery.shop import CARD_FRESH, CARD_WITH_POINTS, VITAMIN
from ui.keys import Command
from ui.sale.screen import EnrolPanel, NoticeCode

Key = Qt.Key
OpenWindow = Callable[[Till], Hands]
UNKNOWN = "2400009999999"


@pytest.fixture
def programmes() -> list[Programme]:
    return [parse_programme(preset_text("referral"), source="referral.toml")]


@pytest.fixture
def counter(open_sample: OpenTill, programmes: list[Programme]) -> Counter:
    return Counter(open_sample(programmes=programmes))


def brought_by(till: Till, card_number: str) -> tuple[str, ...]:
    """The accounts that brought the holder of this card."""

    def read(connection: Connection) -> tuple[str, ...]:
        facts = accounts.find_by_card(connection, card_number)
        return () if facts is None else tuple(of_name(marks.marks_of(connection, facts.account_ref), REFERRED_BY))

    return till.database.read(read)


def account_of(till: Till, card_number: str) -> str:
    member = till.find_member(card_number)
    assert member is not None
    return member.account_ref


def test_that_nobody_is_asked_for_where_it_gives_nothing(open_sample: OpenTill) -> None:
    counter = Counter(open_sample())
    assert EnrolPanel(CARD_FRESH, "silver") == counter.scan(CARD_FRESH).panel
    assert counter.scan(CARD_WITH_POINTS).panel is None


def test_that_a_members_card_beside_a_fresh_one_is_whose_friend_this_is(counter: Counter) -> None:
    counter.scan(VITAMIN)
    assert EnrolPanel(CARD_FRESH, "silver", "") == counter.scan(CARD_FRESH).panel
    screen = counter.scan(CARD_WITH_POINTS)
    assert EnrolPanel(CARD_FRESH, "silver", CARD_WITH_POINTS) == screen.panel
    assert screen.notice is not None
    assert (NoticeCode.BROUGHT_BY, None) == (screen.notice.code, screen.member)
    screen = counter.finish(Command.CONFIRM, "", "", CARD_WITH_POINTS)
    assert screen.member is not None
    assert CARD_FRESH == screen.member.card_number
    assert (account_of(counter.till, CARD_WITH_POINTS),) == brought_by(counter.till, CARD_FRESH)


def test_that_a_card_that_nobody_has_is_refused_and_the_panel_stays(counter: Counter) -> None:
    counter.scan(CARD_FRESH)
    screen = counter.finish(Command.CONFIRM, "", "", UNKNOWN)
    assert isinstance(screen.panel, EnrolPanel)
    assert screen.notice is not None
    assert "enrol.referred_by" == screen.notice.error_code
    assert counter.till.find_member(CARD_FRESH) is None


def test_that_keys_and_scans_at_the_window_note_who_brought_whom(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    till = open_sample(programmes=programmes)
    hands = open_window(till)
    hands.scan(VITAMIN, CARD_FRESH, CARD_WITH_POINTS)
    assert "This member brought the new one. Enter enrols the new card." in hands.words()
    hands.type("", Key.Key_Return)
    hands.wait(lambda screen: screen.member is not None)
    assert (account_of(till, CARD_WITH_POINTS),) == brought_by(till, CARD_FRESH)


def test_that_a_typed_card_stands_below_name_and_phone(
    open_sample: OpenTill, open_window: OpenWindow, programmes: list[Programme]
) -> None:
    till = open_sample(programmes=programmes)
    hands = open_window(till)
    hands.scan(CARD_FRESH)
    hands.type("Ana", Key.Key_Down)
    hands.type("", Key.Key_Down)
    hands.type(CARD_WITH_POINTS, Key.Key_Return)
    member = hands.wait(lambda screen: screen.member is not None).member
    assert member is not None
    assert "Ana" == member.name
    assert (account_of(till, CARD_WITH_POINTS),) == brought_by(till, CARD_FRESH)
