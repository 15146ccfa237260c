"""The panels that want a PIN: choose who with the arrows or a touch, type the PIN, Enter."""

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from pos_app.model.staff import Permission
from pos_app.model.staff import Role as StaffRole
from pos_app.use_cases.signing_in import Person
from ui.formats import Formats
from ui.keys import Command
from ui.noop import QT_TRANSLATE_NOOP
from ui.sale.panels import SidePanel
from ui.sale.screen import ApprovalPanel, SignInPanel
from ui.theme import tokens
from ui.theme.fonts import font
from ui.theme.tokens import Role
from ui.widgets import Field, KeyButton, label

_ROWS = 3
_COLUMNS = 2
_GAP = 6
_STATE_HEIGHT = 40
_NAME_PADDING = 16
_HIGH_ENOUGH = 390
"""A panel less high than this, in pixels, shows one row less."""
_TYPED_MAX = 32
_SECOND_MS = 1000

_ROLES: dict[StaffRole, str] = {
    StaffRole.CASHIER: QT_TRANSLATE_NOOP("Staff", "cashier"),
    StaffRole.PHARMACIST: QT_TRANSLATE_NOOP("Staff", "pharmacist"),
    StaffRole.MANAGER: QT_TRANSLATE_NOOP("Staff", "manager"),
    StaffRole.AUDITOR: QT_TRANSLATE_NOOP("Staff", "auditor"),
}
_ACTS: dict[Permission, str] = {
    Permission.SELL: QT_TRANSLATE_NOOP("Staff", "To sell."),
    Permission.RETURN: QT_TRANSLATE_NOOP("Staff", "To take goods back."),
    Permission.RETURN_UNSEEN: QT_TRANSLATE_NOOP("Staff", "To take goods back whose receipt cannot be looked up."),
    Permission.OVERRIDE_PRICE: QT_TRANSLATE_NOOP("Staff", "To change a price."),
    Permission.BURN_STEP_UP: QT_TRANSLATE_NOOP("Staff", "To use so many points while headquarters is away."),
    Permission.ENROL: QT_TRANSLATE_NOOP("Staff", "To enrol a card."),
    Permission.CHANGE_CARD: QT_TRANSLATE_NOOP("Staff", "To change a member's card."),
    Permission.ADJUST_POINTS: QT_TRANSLATE_NOOP("Staff", "To change a balance of points."),
    Permission.CHANGE_ACCOUNT: QT_TRANSLATE_NOOP("Staff", "To change an account."),
    Permission.MANAGE_STAFF: QT_TRANSLATE_NOOP("Staff", "To open a locked PIN, or change who works here."),
    Permission.ERASE_MEMBER: QT_TRANSLATE_NOOP("Staff", "To erase a member's personal data."),
    Permission.READ_AUDIT: QT_TRANSLATE_NOOP("Staff", "To read the audit log."),
    Permission.READ_COST: QT_TRANSLATE_NOOP("Staff", "To see costs and margins."),
    Permission.LEND: QT_TRANSLATE_NOOP("Staff", "To let so much be paid in parts."),
    Permission.REPAIR: QT_TRANSLATE_NOOP("Staff", "To repair the till's data."),
}


class PinPanelView(SidePanel):
    """Names to choose from and a field for the PIN of the one who is marked. The PIN is handed on once and never stays."""

    chosen = Signal(int)
    takes_arrows = True

    def __init__(self, formats: Formats, heading: str) -> None:
        super().__init__(formats, heading)
        self._panel: SignInPanel | ApprovalPanel | None = None
        self._first = 0
        self._names = [_Name(number, self) for number in range(_COLUMNS * _ROWS)]
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP)
        self.body.addLayout(self._grid)
        for each in self._names:
            each.touched.connect(self._touch)
        self._field = Field(takes_star=False, length_max=_TYPED_MAX)
        self._field.setFixedHeight(tokens.TOUCH_MIN)
        self._field.setPlaceholderText(self.tr("PIN"))
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self.fields = (self._field,)
        # A touch anywhere in the panel leaves the cursor where the PIN is typed.
        self.setFocusProxy(self._field)
        self.body.addWidget(self._field)
        self._state = label(Role.SMALL_STRONG, name="state", wraps=True)
        self._state.setMinimumHeight(_STATE_HEIGHT)
        self._state.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.body.addWidget(self._state)

    def show_panel(self, panel: SignInPanel | ApprovalPanel) -> None:
        """Show who can be chosen and who is, and why their PIN cannot be typed now."""
        before, self._panel = self._panel, panel
        if before is None or _marked_ref(before) != _marked_ref(panel):
            self.clear()
        self._show_names(panel)
        text, is_bad = self._state_text(panel)
        self._state.setText(text)
        _set_property(self._state, "bad", is_bad)

    def typed(self) -> tuple[str, str, str]:
        """The PIN, once."""
        pin = self._field.text()
        self._field.clear()
        return pin, "", ""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """On a low screen fewer names are seen at once."""
        super().resizeEvent(event)
        if self._panel is not None:
            self._show_names(self._panel)

    def _show_names(self, panel: SignInPanel | ApprovalPanel) -> None:
        """The names around the one who is marked, down the columns."""
        rows = _ROWS if self.height() >= _HIGH_ENOUGH else _ROWS - 1
        shown = _COLUMNS * rows
        self._first = min(max(self._first, panel.marked - shown + 1), panel.marked, max(0, len(panel.people) - shown))
        is_one_column = len(panel.people) <= rows
        self._grid.setColumnStretch(1, 0 if is_one_column else 1)
        self._grid.setColumnStretch(0, 1)
        for each in self._names:
            self._grid.removeWidget(each)
            number = self._first + each.number
            is_there = each.number < shown and number < len(panel.people)
            each.setVisible(is_there)
            if is_there:
                self._grid.addWidget(each, each.number % rows, each.number // rows)
                each.show_person(panel.people[number], is_marked=number == panel.marked, with_role=is_one_column)

    def _state_text(self, panel: SignInPanel | ApprovalPanel) -> tuple[str, bool]:
        """One short sentence, and whether it is bad news."""
        if not panel.people:
            return self.tr("Nobody who may allow this has a PIN here."), True
        person = panel.people[panel.marked]
        if panel.is_checking:
            return self.tr("Checking\u2026"), False
        if person.is_locked:
            return self.tr("Locked after wrong PINs. Enter: a manager opens it."), True
        if person.wait_ms:
            seconds = -(-person.wait_ms // _SECOND_MS)
            return _COUNTED.waiting(seconds), True
        if isinstance(panel, ApprovalPanel):
            return _translated(_ACTS[panel.permission]), False
        hidden = len(panel.people) - sum(not each.isHidden() for each in self._names)
        return _COUNTED.hidden(hidden) if hidden > 0 else "", False

    def _touch(self, number: int) -> None:
        self.chosen.emit(self._first + number)


class _Counted(QObject):
    """Sentences with a number. Apart from the panels, since Qt looks for a plural only under the name of the object's own class."""

    def waiting(self, seconds: int) -> str:
        return self.tr("Wrong PINs: the next try in %n second(s).", "", seconds)

    def hidden(self, count: int) -> str:
        return self.tr("%n more with the arrow keys.", "", count)


_COUNTED = _Counted()


class SignInPanelView(PinPanelView):
    """Who is at the till."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Sign in"))
        self.add_keys(KeyButton(Command.CONFIRM, self.tr("Sign in"), is_primary=True))


class ApprovalPanelView(PinPanelView):
    """Somebody who may allow what the cashier may not."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("This needs an approval"))
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Allow it"), is_primary=True)
        )


class _Name(QPushButton):
    """One name to touch. It never takes the focus: the cursor stays in the field of the PIN."""

    touched = Signal(int)

    def __init__(self, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.number = number
        self._text = ""
        self.setObjectName("person")
        self.setFont(font(Role.BODY))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(tokens.TOUCH_MIN)
        self.clicked.connect(self._touch)

    def show_person(self, person: Person, *, is_marked: bool, with_role: bool) -> None:
        """Show who it is, cut off where it is too long."""
        role = _translated(_ROLES[person.role])
        self._text = f"{person.name} \u00b7 {role}" if with_role else person.name
        self.setAccessibleName(self._text)
        self._fit()
        _set_property(self, "marked", is_marked)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The text as it fits."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - 2 * _NAME_PADDING
        self.setText(self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room))

    def _touch(self) -> None:
        self.touched.emit(self.number)


def _set_property(widget: QWidget, name: str, value: bool) -> None:  # noqa: FBT001 - what a property is set to
    """Set what the style sheet asks for, and let it look again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _marked_ref(panel: SignInPanel | ApprovalPanel) -> str:
    return panel.people[panel.marked].staff_ref if panel.people else ""


def _translated(source: str) -> str:
    return QCoreApplication.translate("Staff", source)
