"""The returns screen: it shows what it is given, part by part, and hands on what is asked of it. It decides nothing."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pos_app.settings import Settings
from ui.formats import Formats
from ui.keys import Command
from ui.returns.bars import ReturnsEntry, ReturnsKeys
from ui.returns.model import ReturnsModel
from ui.returns.panels import AskPage, DonePage, FiguresPanel, GivePanelView, MoneyBox, UnknownPage
from ui.returns.screen import Done, Figures, GivePanel, Panel, ReturnsScreen, Stage, Unknown
from ui.returns.words import problem_sentences
from ui.sale.alert import Alert
from ui.sale.done import ReceiptPreview
from ui.sale.model import Column
from ui.sale.panels import SidePanel
from ui.sale.pin_panels import ApprovalPanelView, PinPanelView
from ui.sale.screen import ApprovalPanel, Level
from ui.sale.table import WIDTHS, LinesTable
from ui.theme import tokens
from ui.widgets import card

_NARROW_WIDTHS = {Column.QUANTITY: 96, Column.PRICE: 110, Column.AMOUNT: 104}
_PANEL_VIEWS: dict[type, Callable[[Formats], SidePanel]] = {
    GivePanel: GivePanelView,
    ApprovalPanel: ApprovalPanelView,
}


class ReturnsView(QWidget):
    """The stage between the header and the edge of the window, while goods come back."""

    asked = Signal(object, str)
    """A command, and what stands in the field that is open."""
    row_touched = Signal(int)
    person_touched = Signal(int)
    stirred = Signal()
    """Somebody is typing."""

    def __init__(self, settings: Settings, formats: Formats) -> None:
        super().__init__()
        self.setObjectName("stage")
        self._formats = formats
        self._is_beside = settings.till.mode == "beside"
        self._shown: ReturnsScreen | None = None
        self._panels: dict[type, SidePanel] = {}
        self._build(settings.printer.columns)
        self._parts: tuple[tuple[str, Callable[[Any], None]], ...] = (
            ("stage", self._show_stage),
            ("number", self.entry.show_number),
            ("figures", self._show_figures),
            ("notice", self.entry.show_notice),
            ("commands", self.keys.show_commands),
            ("panel", self._show_panel),
            ("unknown", self._show_unknown),
            ("done", self._show_done),
            ("problem", self.alert.show_problem),
        )

    def _build(self, columns: int) -> None:
        self.model = ReturnsModel(self._formats, self)
        self.table = LinesTable(self.model, invitation=self.tr("Scan what comes back"))
        self.entry = ReturnsEntry(self._formats)
        self.figures = FiguresPanel(self._formats)
        self.money = MoneyBox(self._formats)
        self.keys = ReturnsKeys(is_beside=self._is_beside)
        self._ask, self._unknown, self._done = AskPage(), UnknownPage(), DonePage(self._formats)
        self._preview = ReceiptPreview(columns)
        self._left, self._right, self._side = QStackedWidget(), QStackedWidget(), QStackedWidget()
        frame, sheet = card()
        sheet.setContentsMargins(6, 6, 6, 6)
        sheet.addWidget(self.table)
        self._table_card = frame
        pages: tuple[QWidget, ...] = (self._ask, frame, self._unknown, self._done)
        for page in pages:
            self._left.addWidget(page)
        self._side.addWidget(self.figures)
        self._right.addWidget(_column(self._side, self.money))
        self._right.addWidget(self._preview)
        self._right.setFixedWidth(tokens.SIDE_WIDTH)
        middle = QHBoxLayout()
        middle.setSpacing(2 * tokens.SPACE)
        middle.addWidget(_column(self._left, self.entry), 1)
        middle.addWidget(self._right)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 14)
        outer.setSpacing(12)
        outer.addLayout(middle, 1)
        outer.addWidget(self.keys)
        self.alert = Alert(self._formats, self, in_words=problem_sentences)
        self.keys.asked.connect(self.ask)
        self.alert.asked.connect(self.ask)
        self.table.row_touched.connect(self.row_touched)
        self.entry.field.textEdited.connect(self._stir)

    def show_screen(self, screen: ReturnsScreen) -> None:
        """Show a screen in place of the one before: only the parts that differ are touched."""
        before, self._shown = self._shown, screen
        if before is None or screen.rows != before.rows or screen.marked != before.marked:
            self.model.show(screen.rows, screen.marked)
            self.table.show_invitation()
            self.table.reveal(screen.marked)
        for name, put in self._parts:
            value = getattr(screen, name)
            if before is None or value != getattr(before, name):
                put(value)
        if before is None or _stands_on(screen) != _stands_on(before):
            self.take_focus()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """On a small screen the names of the goods keep their room."""
        super().resizeEvent(event)
        is_narrow = event.size().width() < tokens.NARROW_BELOW
        self._right.setFixedWidth(tokens.SIDE_WIDTH_NARROW if is_narrow else tokens.SIDE_WIDTH)
        self.table.setColumnHidden(Column.NUMBER, is_narrow)
        for column, width in _NARROW_WIDTHS.items() if is_narrow else WIDTHS.items():
            self.table.horizontalHeader().resizeSection(column, width)

    def take_focus(self) -> None:
        """Put the cursor where typing belongs now."""
        panel = self._open_panel()
        if not self.alert.isHidden():
            self.alert.setFocus()
        elif panel is not None:
            panel.take_focus()
        else:
            self.entry.field.setFocus()

    def ask(self, command: Command) -> None:
        """Hand on a command with what is typed, then make room for the next."""
        panel = self._open_panel()
        if panel is not None and not panel.takes_arrows and command in {Command.UP, Command.DOWN}:
            return
        typed = self.entry.field.text() if panel is None else panel.typed()[0]
        self.asked.emit(command, typed)
        self._make_room(panel)

    def _make_room(self, panel: SidePanel | None) -> None:
        """What was typed is taken, or selected to be typed again."""
        notice = None if self._shown is None else self._shown.notice
        is_refused = notice is not None and notice.level is Level.ATTENTION
        if panel is not None and is_refused:
            panel.retry()
        elif panel is None and is_refused:
            self.entry.field.selectAll()
        elif panel is None:
            self.entry.field.clear()

    def _stir(self, _text: str) -> None:
        self.stirred.emit()

    def _open_panel(self) -> SidePanel | None:
        return None if self._shown is None or self._shown.panel is None else self._panels[type(self._shown.panel)]

    def _show_stage(self, stage: Stage) -> None:
        pages = {Stage.UNKNOWN: self._unknown, Stage.DONE: self._done}
        if stage in {Stage.ASKING, Stage.LOOKING}:
            self._ask.show_asking(is_looking=stage is Stage.LOOKING)
            self._left.setCurrentWidget(self._ask)
        else:
            self._left.setCurrentWidget(pages.get(stage, self._table_card))
        self._right.setCurrentIndex(int(stage is Stage.DONE))
        self.keys.show_stage(stage)
        if stage is Stage.DONE:
            self.entry.field.clear()

    def _show_figures(self, figures: Figures) -> None:
        self.figures.show_figures(figures)
        self.money.show_figures(figures)

    def _show_panel(self, panel: Panel) -> None:
        if panel is None:
            self._side.setCurrentWidget(self.figures)
            return
        view = self._panels.get(type(panel)) or self._make_panel(type(panel))
        if self._side.currentWidget() is not view:
            view.clear()
            self._side.setCurrentWidget(view)
        view.show_panel(panel)

    def _make_panel(self, kind: type) -> SidePanel:
        view = _PANEL_VIEWS[kind](self._formats)
        view.asked.connect(self.ask)
        if isinstance(view, PinPanelView):
            view.chosen.connect(self.person_touched)
        self._panels[kind] = view
        self._side.addWidget(view)
        return view

    def _show_unknown(self, unknown: Unknown | None) -> None:
        if unknown is not None:
            self._unknown.show_unknown(unknown)

    def _show_done(self, done: Done | None) -> None:
        if done is not None:
            self._done.show_done(done)
            self._preview.show_text(done.preview)


def _column(large: QWidget, small: QWidget) -> QWidget:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    column.addWidget(large, 1)
    column.addWidget(small)
    return holder


def _stands_on(screen: ReturnsScreen) -> tuple[object, ...]:
    """What decides where the cursor is: the open panel, its kind, and whether a message lies over it."""
    by_card = isinstance(screen.panel, GivePanel) and screen.panel.by_card
    return type(screen.panel), by_card, screen.problem is not None
