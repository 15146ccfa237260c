import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from pos_app.model.accounts import BalanceView
from pos_app.model.evaluation import NextStep
from pos_app.settings import Settings
from ui.formats import Formats
from ui.sale.member import MemberPanel
from ui.sale.screen import MemberFacts
from ui.widgets import TextLine

DAY_MS = 86_400_000


def words(
    qtbot: QtBot, balance: BalanceView, *, spendable: int | None = None, earns: int = 0, step: NextStep | None = None
) -> list[str]:
    panel = MemberPanel(Formats(Settings()))
    qtbot.addWidget(panel)
    can_spend = balance.available_units if spendable is None else spendable
    panel.show_member(MemberFacts("Ana", "2990000000019", "", balance, can_spend, earns, step, is_birthday=False))
    lines = [line.text() for line in panel.findChildren(TextLine)]
    labels = [text.text() for text in panel.findChildren(QLabel)]
    return lines + labels


@pytest.mark.parametrize(
    ("balance", "spendable", "text"),
    [
        (BalanceView(0, 0, overdraft_units=20), 0, "owes 20 points"),
        (BalanceView(100, 50), 40, "40 points of them can be used here now"),
        (BalanceView(100, 50), 100, "and 50 points pending"),
        (BalanceView(100, 1, next_start_ms=DAY_MS), 100, "and 1 point pending, first on 02/01/1970"),
        (BalanceView(9, 0, next_expiry_ms=2 * DAY_MS, next_expiry_units=9), 9, "9 points expire after 02/01/1970"),
    ],
)
def test_that_the_balance_says_what_is_not_to_be_had(
    qtbot: QtBot, balance: BalanceView, spendable: int, text: str
) -> None:
    assert text in words(qtbot, balance, spendable=spendable)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (NextStep("p", "accumulated", 12_345, 500, "gold"), "€123.45 more to Gold, 5 %"),
        (NextStep("p", "accumulated", 12_345, 550, ""), "€123.45 more for 5.5 %"),
        (NextStep("p", "receipt", 100, 500, ""), "€1.00 more on this receipt for 5 %"),
    ],
)
def test_that_what_is_missing_to_the_next_step_is_said(qtbot: QtBot, step: NextStep, text: str) -> None:
    assert text in words(qtbot, BalanceView(0, 0), step=step)


def test_that_a_card_without_a_class_and_a_sale_without_points_are_plain(qtbot: QtBot) -> None:
    assert {"card …0019", "no points yet", "0 points"} <= set(words(qtbot, BalanceView(0, 0)))
