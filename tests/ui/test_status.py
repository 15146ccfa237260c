"""What the header says of headquarters, opened: what works now and what to do."""

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from pos_app.loyalty.allowance import BurnLimit
from pos_app.settings import Hq
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import SyncStatus
from pos_app.use_cases.working import Burning, Returns, ToDo, WorksNow
from tests.ui.conftest import OpenTill
from tests.ui.hands import Hands
from ui.formats import Formats
from ui.gallery.shop import sample_settings
from ui.status_words import status_sentences

OpenWindow = Callable[[Till], Hands]

OFFLINE = WorksNow(
    burning=Burning.OFFLINE,
    burn_units_max=5_000,
    burn_step_up_units=2_000,
    why=BurnLimit.CARD_DAY,
    returns=Returns.OWN_RECEIPTS,
    names_forgotten=False,
    todo=ToDo.WAIT,
)
STATUS = SyncStatus(
    3, 60_000, 1, "Headquarters cannot be reached.", is_away=True, works=OFFLINE, problem_code="unreachable"
)


@pytest.fixture
def beneath(open_sample: OpenTill, open_window: OpenWindow) -> Hands:
    return open_window(open_sample(msgspec.structs.replace(sample_settings(), hq=Hq(url="http://hq.example"))))


def test_that_f1_and_a_click_open_and_close_what_works_now(beneath: Hands) -> None:
    header = beneath.window.header
    beneath.type("", Qt.Key.Key_F1)
    assert "" == header.details(), "nothing is known yet"
    beneath.window.bridge.sync_changed.emit(STATUS)
    beneath.type("", Qt.Key.Key_F1)
    assert header.details().splitlines() == [
        "Headquarters cannot be reached. Sales are kept here and sent later.",
        "Selling works. Points are earned.",
        "Points can be spent without headquarters: up to 5,000 a card, above 2,000 with a manager.",
        "Goods can come back with this till's receipts; with others a manager decides.",
        "Nothing is to be done: it goes on by itself.",
    ]
    assert header.details() == header.queue.toolTip()
    QTest.mouseClick(header.queue, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert "" == header.details()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"burning": Burning.LOCAL}, "Points can be spent."),
        ({"burning": Burning.ONLINE}, "Points can be spent: headquarters is asked."),
        ({"burning": Burning.NOT, "why": BurnLimit.STALE}, "headquarters has been away for too long."),
        ({"burning": Burning.NOT, "why": None}, "Points cannot be spent at the moment."),
        ({"returns": Returns.EVERY_RECEIPT}, "with receipts of other tills too."),
        ({"names_forgotten": True}, "were forgotten here."),
        ({"todo": ToDo.SET_CLOCK}, "To do: set the clock right."),
    ],
)
def test_that_every_state_has_its_sentence(changes: dict[str, object], sentence: str) -> None:
    status = msgspec.structs.replace(STATUS, works=msgspec.structs.replace(OFFLINE, **changes))
    assert any(sentence in one for one in status_sentences(status, Formats(sample_settings())))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"snapshot_accounts": 1200}, "1200 so far"),
        ({"mirror_problem": "gone"}, "second copy of the journal cannot be written"),
        ({"mirror_lag_events": 7}, "7 events behind"),
    ],
)
def test_that_the_snapshot_and_the_mirror_are_told_of(changes: dict[str, object], sentence: str) -> None:
    status = msgspec.structs.replace(STATUS, **changes)
    assert any(sentence in one for one in status_sentences(status, Formats(sample_settings())))
    assert [] == status_sentences(msgspec.structs.replace(status, works=None), Formats(sample_settings()))
