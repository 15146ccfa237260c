"""The entry with the receipt's number and the message, and the row of keys at the foot."""

from collections.abc import Set as AbstractSet

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.formats import Formats
from ui.keys import Command
from ui.returns.screen import AnyNotice, Stage
from ui.returns.words import any_notice_text
from ui.sale.screen import Level
from ui.theme import tokens
from ui.widgets import Field, KeyButton, NoticeLabel

_ENTRY_WIDTH_MAX = 340
_HEIGHT = tokens.TOUCH_MIN + 8


class ReturnsEntry(QWidget):
    """Where codes and numbers are typed; beside it one sentence, or which receipt this is."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats
        self._notice: AnyNotice = None
        self._number = ""
        self.field = Field(takes_star=False)
        self.field.setPlaceholderText(self.tr("Scan, or type"))
        self.field.setFixedHeight(_HEIGHT)
        self.field.setMaximumWidth(_ENTRY_WIDTH_MAX)
        self._message = NoticeLabel(_HEIGHT)
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(tokens.SPACE)
        bar.addWidget(self.field, 2)
        bar.addWidget(self._message, 3)

    def show_notice(self, notice: AnyNotice) -> None:
        """Show a sentence; without one, the receipt's number."""
        self._notice = notice
        self._show_message()

    def show_number(self, number: str) -> None:
        """The receipt that goods come back with."""
        self._number = number
        self._show_message()

    def message(self) -> str:
        """The sentence that is shown."""
        return self._message.text()

    def _show_message(self) -> None:
        if self._notice is None:
            text = self.tr("Return of receipt {number}").format(number=self._number) if self._number else ""
            self._message.say(text, is_loud=False)
        else:
            self._message.say(
                any_notice_text(self._notice, self._formats), is_loud=self._notice.level is Level.ATTENTION
            )


class ReturnsKeys(QWidget):
    """One button a key; Enter and F5 say what they do at this stage."""

    asked = Signal(object)

    def __init__(self, *, is_beside: bool) -> None:
        super().__init__()
        self._more = KeyButton(Command.RETURNS, self.tr("Everything"))
        self._enter = KeyButton(Command.CONFIRM, self.tr("Look up"))
        small = [
            KeyButton(Command.BACK, self.tr("Back")),
            self._enter,
            self._more,
            KeyButton(Command.QUANTITY, self.tr("Quantity")),
            KeyButton(Command.PRICE, self.tr("Price")),
            KeyButton(Command.REMOVE, self.tr("Not this")),
        ]
        pay = [(Command.FINISH, self.tr("Finish"))] if is_beside else self._pay_keys()
        primary = [KeyButton(command, text, is_primary=True) for command, text in pay]
        bar = QHBoxLayout(self)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(tokens.SPACE)
        for button in small:
            bar.addWidget(button, 2)
        for button in primary:
            bar.addWidget(button, 3)
        self.buttons = [*small, *primary]
        for button in self.buttons:
            button.asked.connect(self.asked)

    def _pay_keys(self) -> list[tuple[Command, str]]:
        return [(Command.CASH, self.tr("Back in cash")), (Command.CARD, self.tr("Back to the card"))]

    def show_commands(self, commands: AbstractSet[Command]) -> None:
        """Make the keys pale that do nothing now."""
        for button in self.buttons:
            button.setEnabled(button.command in commands)

    def show_stage(self, stage: Stage) -> None:
        """Say what Enter and F5 do now."""
        on_enter = {
            Stage.CHOOSING: self.tr("This line"),
            Stage.UNSEEN: self.tr("Take code"),
            Stage.DONE: self.tr("Next"),
        }
        self._enter.say(on_enter.get(stage, self.tr("Look up")))
        self._more.say(self.tr("Without it") if stage is Stage.UNKNOWN else self.tr("Everything"))
