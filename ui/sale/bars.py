"""The entry with its message, and the row of keys at the foot."""

from collections.abc import Set as AbstractSet

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.formats import Formats
from ui.keys import Command
from ui.sale.screen import Level, Notice, Receipt
from ui.sale.words import notice_text
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import Field, KeyButton, NoticeLabel, label

_ENTRY_WIDTH_MAX = 340
_HEIGHT = tokens.TOUCH_MIN + 8


class EntryBar(QWidget):
    """Where codes and numbers are typed; beside it what the next scan is multiplied by, and one sentence."""

    def __init__(self, formats: Formats, *, is_beside: bool) -> None:
        super().__init__()
        self._formats = formats
        self._is_beside = is_beside
        self._notice: Notice | None = None
        self._receipt: Receipt | None = None
        self._mentions_last = True
        self.field = Field(takes_star=False)
        self.field.setPlaceholderText(self.tr("Scan, or type"))
        self.field.setFixedHeight(_HEIGHT)
        self.field.setMaximumWidth(_ENTRY_WIDTH_MAX)
        self._factor = label(Role.ENTRY, name="factor")
        self._factor.setContentsMargins(14, 0, 14, 0)
        self._factor.setFixedHeight(_HEIGHT)
        self._factor.hide()
        self._message = NoticeLabel(_HEIGHT)
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(tokens.SPACE)
        bar.addWidget(self._factor)
        bar.addWidget(self.field, 2)
        bar.addWidget(self._message, 3)

    def show_factor(self, factor_milli: int | None) -> None:
        """Show what the next scan is multiplied by."""
        self._factor.setVisible(factor_milli is not None)
        if factor_milli is not None:
            self._factor.setText(f"{self._formats.quantity(factor_milli)} \u00d7")

    def show_notice(self, notice: Notice | None) -> None:
        """Show a sentence; without one, the last sale."""
        self._notice = notice
        self._show_message()

    def show_receipt(self, receipt: Receipt | None) -> None:
        """The last sale, for when there is nothing else to say."""
        self._receipt = receipt
        self._show_message()

    def show_last(self, *, is_wanted: bool) -> None:
        """Whether the last sale is mentioned: not while it has the stage itself."""
        self._mentions_last = is_wanted
        self._show_message()

    def message(self) -> str:
        """The sentence that is shown."""
        return self._message.text()

    def _show_message(self) -> None:
        is_loud = self._notice is not None and self._notice.level is Level.ATTENTION
        text = self._last_sale() if self._notice is None else notice_text(self._notice, self._formats)
        self._message.say(text, is_loud=is_loud)

    def _last_sale(self) -> str:
        if self._receipt is None or not self._mentions_last:
            return ""
        sale = self._receipt.sale
        if self._is_beside:
            return self.tr("Last: {number}").format(number=sale.receipt_number)
        change = self._formats.money(sale.change_minor)
        return self.tr("Last: {number}, change {amount}").format(number=sale.receipt_number, amount=change)


class KeyBar(QWidget):
    """One button a key."""

    asked = Signal(object)

    def __init__(self, *, is_beside: bool, has_staff: bool, has_causes: bool = False, has_parts: bool = False) -> None:
        super().__init__()
        keys = self._small_keys(is_beside=is_beside, has_staff=has_staff, has_causes=has_causes, has_parts=has_parts)
        self.buttons = [KeyButton(command, text) for command, text in keys]
        pay = [KeyButton(command, text, is_primary=True) for command, text in self._pay_keys(is_beside=is_beside)]
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(tokens.SPACE)
        for button in self.buttons:
            bar.addWidget(button, 2)
        for button in pay:
            bar.addWidget(button, 3)
        self.buttons += pay
        for button in self.buttons:
            button.asked.connect(self.asked)

    def _small_keys(
        self, *, is_beside: bool, has_staff: bool, has_causes: bool, has_parts: bool
    ) -> list[tuple[Command, str]]:
        staff = [(Command.STAFF, self.tr("Sign out"))] if has_staff else []
        parts = [(Command.PARTS, self.tr("In parts"))] if has_parts else []
        give = [(Command.GIVE, self.tr("Round up"))] if has_causes else []
        amount = [(Command.AMOUNT, self.tr("Amount"))] if is_beside else []
        return [
            (Command.MULTIPLY, self.tr("Multiply")),
            (Command.QUANTITY, self.tr("Quantity")),
            (Command.PRICE, self.tr("Price")),
            (Command.REMOVE, self.tr("Remove")),
            (Command.POINTS, self.tr("Points")),
            (Command.RETURNS, self.tr("Returns")),
            (Command.CARD_OFF, self.tr("Card off")),
            (Command.VOID, self.tr("Void")),
            *amount,
            *give,
            *parts,
            *staff,
            (Command.WHY, self.tr("Why")),
            (Command.COPY, self.tr("Copy")),
        ]

    def _pay_keys(self, *, is_beside: bool) -> list[tuple[Command, str]]:
        if is_beside:
            return [(Command.FINISH, self.tr("Finish"))]
        return [(Command.CASH, self.tr("Cash")), (Command.CARD, self.tr("Card"))]

    def show_commands(self, commands: AbstractSet[Command]) -> None:
        """Make the keys pale that do nothing now."""
        for button in self.buttons:
            button.setEnabled(button.command in commands)
