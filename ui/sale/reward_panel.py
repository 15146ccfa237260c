"""The list of rewards at the side: arrows or a touch mark one, Enter takes it or gives it up."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy

from pos_app.loyalty.offering import RewardChoice
from pos_app.model.identifiers import is_points, pool_of
from ui.formats import Formats
from ui.keys import Command
from ui.sale.panels import SidePanel
from ui.sale.screen import RewardsPanel
from ui.sale.words import points_text
from ui.theme import tokens
from ui.theme.fonts import font
from ui.theme.tokens import Role
from ui.widgets import KeyButton, label

_ROWS = 6


class RewardsPanelView(SidePanel):
    """What the member could take now."""

    takes_arrows = True
    chosen = Signal(int)

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Rewards"))
        self._first = 0
        self._rows = [_Row(number) for number in range(_ROWS)]
        for row in self._rows:
            row.touched.connect(self._touch)
            self.body.addWidget(row)
        self._more = label(Role.SMALL, name="soft")
        self.body.addWidget(self._more)
        self._take = KeyButton(Command.CONFIRM, self.tr("Take it"), is_primary=True)
        self.add_keys(KeyButton(Command.BACK, self.tr("Back")), self._take)

    def show_panel(self, panel: RewardsPanel) -> None:
        """Show the rewards around the one that is marked."""
        self._first = min(max(self._first, panel.marked - _ROWS + 1), panel.marked)
        for row in self._rows:
            number = self._first + row.number
            row.setVisible(number < panel.count)
            if number < panel.count:
                row.show_reward(self._row_text(panel, number), is_marked=number == panel.marked)
        self._more.setText(self.tr("More with the arrow keys.") if panel.count > _ROWS else "")

    def _row_text(self, panel: RewardsPanel, number: int) -> str:
        if number < len(panel.rewards):
            return self._text(panel.rewards[number])
        deed = panel.deeds[number - len(panel.rewards)]
        if not deed.act:
            return self.tr("Choose {product}").format(product=deed.product_name)
        return f"{deed.act} \u00b7 +{points_text(deed.units, self.formats)}"

    def _text(self, choice: RewardChoice) -> str:
        """What it gives and what it costs: ``a mug · 3 burger``."""
        gives = choice.gives or self.tr("{amount} off").format(amount=self.formats.money(choice.off_minor))
        if choice.times > 1 and choice.gives:
            gives = f"{choice.times} \u00d7 {gives}"
        cost = points_text(choice.units, self.formats) if is_points(choice.unit) else _count(choice)
        mark = "\u2713 " if choice.is_taken else ""
        return f"{mark}{gives} \u00b7 {cost}"

    def _touch(self, number: int) -> None:
        self.chosen.emit(self._first + number)


def _count(choice: RewardChoice) -> str:
    return f"{choice.units} {pool_of(choice.unit)}"


class _Row(QPushButton):
    """One reward to touch. It never takes the focus: Enter belongs to the panel."""

    touched = Signal(int)

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.setObjectName("person")
        self.setFont(font(Role.BODY))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(tokens.TOUCH_MIN)
        self.clicked.connect(self._touch)

    def show_reward(self, text: str, *, is_marked: bool) -> None:
        """Show what it is, cut off where it is too long."""
        self.setAccessibleName(text)
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, tokens.SIDE_WIDTH_NARROW - 64))
        self.setProperty("marked", is_marked)
        self.style().unpolish(self)
        self.style().polish(self)

    def _touch(self) -> None:
        self.touched.emit(self.number)
