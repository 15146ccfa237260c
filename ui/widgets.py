"""Small widgets that every screen is made of: texts by role, buttons that name their key, fields that leave keys to the window."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ui.keys import KEY_NAMES, Command
from ui.theme import tokens
from ui.theme.fonts import font, font_within
from ui.theme.tokens import Role

_KEY_PADDING = 6


def _key(name: str) -> Qt.Key:
    key: Qt.Key = QKeySequence(name)[0].key()  # type: ignore[index]  # the stubs do not know that it can be
    return key


_KEYS = {_key(name): command for command, name in KEY_NAMES.items() if command is not Command.FINISH}
_KEYS[Qt.Key.Key_Return] = Command.CONFIRM


def command_of(event: QKeyEvent) -> Command | None:
    """The command of a key, or None for a key that is only typed."""
    return _KEYS.get(Qt.Key(event.key()))


def label(role: Role, *, name: str = "", text: str = "", wraps: bool = False) -> QLabel:
    """A text; ``name`` picks its colour from the style sheet."""
    made = QLabel(text)
    made.setFont(font(role))
    made.setObjectName(name)
    made.setWordWrap(wraps)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


class TextLine(QWidget):
    """One line of text that changes often: a new text repaints it and never asks for another layout.

    What does not fit is cut off with an ellipsis; a figure (``is_figure``) gets smaller letters instead.
    """

    def __init__(
        self,
        role: Role,
        *,
        colour: str = tokens.INK,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        is_figure: bool = False,
    ) -> None:
        super().__init__()
        self._role = role
        self._colour = QColor(colour)
        self._align = align | Qt.AlignmentFlag.AlignVCenter
        self._is_figure = is_figure
        self._text = ""
        self._height = QFontMetrics(font(role)).height()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(self._height)

    def text(self) -> str:
        """What is shown, in full."""
        return self._text

    def setText(self, text: str) -> None:  # noqa: N802 - as QLabel has it
        """Show another text."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as the letters."""
        return QSize(0, self._height)

    def drawn(self) -> tuple[QFont, str]:
        """The letters and the text as they fit."""
        if self._is_figure:
            return font_within(self._role, self._text, self.width()), self._text
        letters = font(self._role)
        return letters, QFontMetrics(letters).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the text."""
        if self._text:
            letters, text = self.drawn()
            painter = QPainter(self)
            painter.setPen(self._colour)
            painter.setFont(letters)
            painter.drawText(QRect(0, 0, self.width(), self.height()), self._align, text)
            painter.end()


class Field(QLineEdit):
    """A field that leaves the keys of commands to the window: they mean the same wherever the cursor is."""

    def __init__(self, role: Role = Role.ENTRY, *, takes_star: bool = True, length_max: int = 64) -> None:
        super().__init__()
        self._takes_star = takes_star
        self.setFont(font(role))
        self.setMaxLength(length_max)
        self.setMinimumHeight(tokens.TOUCH_MIN + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Type, unless the key is a command's."""
        command = command_of(event)
        is_typed = command is None or (command in {Command.MULTIPLY, Command.GIVE} and self._takes_star)
        is_edit = command is Command.REMOVE and bool(self.text())
        if is_typed or is_edit:
            super().keyPressEvent(event)
        else:
            event.ignore()


class KeyButton(QPushButton):
    """A button that says by which key it goes as well. It never takes the focus: the cursor stays where it was."""

    asked = Signal(object)

    def __init__(self, command: Command, text: str, *, is_primary: bool = False) -> None:
        super().__init__()
        self.command = command
        self.setObjectName("primary" if is_primary else "")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(tokens.TOUCH_MIN, tokens.KEY_HEIGHT)
        self.setAccessibleName(text)
        self._name = label(Role.BODY_STRONG, text=text)
        key = label(Role.SMALL, name="keyname", text=KEY_NAMES[command])
        rows = QVBoxLayout(self)
        rows.setContentsMargins(_KEY_PADDING, 6, _KEY_PADDING, 6)
        rows.setSpacing(0)
        for each in (self._name, key):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            rows.addWidget(each)
        self.clicked.connect(self._ask)

    def say(self, text: str) -> None:
        """Name another thing that the key does."""
        self.setAccessibleName(text)
        self._name.setText(text)
        self._name.setFont(font_within(Role.BODY_STRONG, text, max(1, self.width() - 2 * _KEY_PADDING)))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as its texts."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """On a small screen the name gets smaller letters; it is never cut off."""
        super().resizeEvent(event)
        self._name.setFont(font_within(Role.BODY_STRONG, self._name.text(), self.width() - 2 * _KEY_PADDING))

    def _ask(self) -> None:
        self.asked.emit(self.command)


class NoticeLabel(QLabel):
    """One sentence beside an entry; a loud one stands on colour."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(Role.SMALL))
        self.setContentsMargins(12, 0, 12, 0)
        self.setFixedHeight(height)

    def say(self, text: str, *, is_loud: bool) -> None:
        """Show this sentence."""
        level = "attention" if is_loud else "info"
        if self.property("level") != level:
            self.setProperty("level", level)
            self.style().unpolish(self)
            self.style().polish(self)
        self.setText(text)


def card(spacing: int = tokens.SPACE) -> tuple[QFrame, QVBoxLayout]:
    """A white sheet with round corners, and the column to put things into."""
    frame = QFrame()
    frame.setObjectName("card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(20, 18, 20, 18)
    column.setSpacing(spacing)
    return frame, column


def row(*widgets: QWidget, spacing: int = tokens.SPACE) -> QHBoxLayout:
    """Widgets beside each other."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    for widget in widgets:
        made.addWidget(widget)
    return made


def rule() -> QFrame:
    """A thin line across."""
    line = QFrame()
    line.setObjectName("rule")
    line.setFixedHeight(1)
    return line
