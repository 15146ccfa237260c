"""The sale screen: it shows what it is given, part by part, and hands on what is asked of it. It decides nothing."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pos_app.settings import Settings
from ui.formats import Formats
from ui.keys import Command
from ui.sale.alert import Alert
from ui.sale.bars import EntryBar, KeyBar
from ui.sale.done import DonePage, ReceiptPreview
from ui.sale.member import MemberPanel
from ui.sale.model import Column, LinesModel, rows_of
from ui.sale.panels import (
    BurnPanelView,
    CardPanelView,
    CashPanelView,
    EnrolPanelView,
    ForeignPanelView,
    SidePanel,
    VoidPanelView,
)
from ui.sale.parts_panels import PartsPanelView, PayPanelView
from ui.sale.pin_panels import ApprovalPanelView, PinPanelView, SignInPanelView
from ui.sale.reward_panel import RewardsPanelView
from ui.sale.screen import (
    ApprovalPanel,
    BurnPanel,
    CardPanel,
    CashPanel,
    EnrolPanel,
    ForeignPanel,
    Level,
    Panel,
    PartsPanel,
    PayPanel,
    Receipt,
    RewardsPanel,
    Screen,
    SignInPanel,
    VoidPanel,
    WhyPanel,
)
from ui.sale.table import LinesTable
from ui.sale.totals import TotalsBox
from ui.sale.why_panel import WhyPanelView
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import card, label

_PANEL_VIEWS: dict[type, Callable[[Formats], SidePanel]] = {
    BurnPanel: BurnPanelView,
    RewardsPanel: RewardsPanelView,
    WhyPanel: WhyPanelView,
    EnrolPanel: EnrolPanelView,
    CashPanel: CashPanelView,
    CardPanel: CardPanelView,
    ForeignPanel: ForeignPanelView,
    VoidPanel: VoidPanelView,
    PartsPanel: PartsPanelView,
    PayPanel: PayPanelView,
    SignInPanel: SignInPanelView,
    ApprovalPanel: ApprovalPanelView,
}


class SaleView(QWidget):
    """The stage between the header and the edge of the window."""

    asked = Signal(object, str, str, str)
    """A command, and what stands in the fields that are open."""
    cash_typed = Signal(str)
    row_touched = Signal(int)
    person_touched = Signal(int)
    stirred = Signal()
    """Somebody is typing."""
    staff_changed = Signal(str)
    """Who is signed in, empty for nobody."""

    def __init__(
        self,
        settings: Settings,
        formats: Formats,
        *,
        has_staff: bool = False,
        has_causes: bool = False,
        has_parts: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("stage")
        self._has_staff = has_staff
        self._has_causes = has_causes
        self._has_parts = has_parts
        self._formats = formats
        self._is_beside = settings.till.mode == "beside"
        self._columns = settings.printer.columns
        self._shown: Screen | None = None
        self._panels: dict[type, SidePanel] = {}
        self._done: DonePage | None = None
        self._preview: ReceiptPreview | None = None
        self._build()
        self._parts: tuple[tuple[str, Callable[[Any], None]], ...] = (
            ("totals", self.totals.show_totals),
            ("member", self.member.show_member),
            ("tells", self._show_tells),
            ("factor_milli", self.entry.show_factor),
            ("notice", self.entry.show_notice),
            ("commands", self.keys.show_commands),
            ("panel", self._show_panel),
            ("receipt", self._show_receipt),
            ("is_done", self._show_done),
            ("problem", self.alert.show_problem),
            ("staff_name", self.staff_changed.emit),
        )

    def _build(self) -> None:
        self.model = LinesModel(self._formats, self)
        self.table = LinesTable(self.model)
        self.entry = EntryBar(self._formats, is_beside=self._is_beside)
        self.member = MemberPanel(self._formats)
        self.totals = TotalsBox(self._formats)
        self.keys = KeyBar(
            is_beside=self._is_beside,
            has_staff=self._has_staff,
            has_causes=self._has_causes,
            has_parts=self._has_parts,
        )
        self._left, self._right, self._side = QStackedWidget(), QStackedWidget(), QStackedWidget()
        frame, sheet = card()
        sheet.setContentsMargins(6, 6, 6, 6)
        sheet.addWidget(self.table)
        self.tells = label(Role.BODY_STRONG, name="note", wraps=True)
        self.tells.setContentsMargins(14, 8, 14, 8)
        self.tells.hide()
        sheet.insertWidget(0, self.tells)
        self._left.addWidget(frame)
        self._side.addWidget(self.member)
        self._right.addWidget(self._column(self._side, self.totals))
        self._right.setFixedWidth(tokens.SIDE_WIDTH)
        middle = QHBoxLayout()
        middle.setSpacing(2 * tokens.SPACE)
        middle.addWidget(self._column(self._left, self.entry), 1)
        middle.addWidget(self._right)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 14)
        outer.setSpacing(12)
        outer.addLayout(middle, 1)
        outer.addWidget(self.keys)
        self.alert = Alert(self._formats, self)
        self.keys.asked.connect(self.ask)
        self.alert.asked.connect(self.ask)
        self.table.row_touched.connect(self.row_touched)
        self.entry.field.textEdited.connect(self._stir)

    @staticmethod
    def _column(large: QWidget, small: QWidget) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(large, 1)
        column.addWidget(small)
        return holder

    def show_screen(self, screen: Screen) -> None:
        """Show a screen in place of the one before: only the parts that differ are touched."""
        before, self._shown = self._shown, screen
        is_other = before is None or screen.lines is not before.lines or screen.coupons is not before.coupons
        if before is None or is_other or screen.marked != before.marked:
            self.model.show(rows_of(screen), screen.marked)
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
        self.table.setColumnHidden(Column.PRICE, is_narrow)

    def take_focus(self) -> None:
        """Put the cursor where typing belongs now."""
        panel = self._typing_panel()
        if not self.alert.isHidden():
            self.alert.setFocus()
        elif panel is not None:
            panel.take_focus()
        else:
            self.entry.field.setFocus()

    def ask(self, command: Command) -> None:
        """Hand on a command with what is typed, then make room for the next."""
        panel = self._typing_panel()
        if panel is not None and not panel.takes_arrows and command in {Command.UP, Command.DOWN}:
            panel.step_focus(-1 if command is Command.UP else 1)
            return
        typed = (self.entry.field.text(), "", "") if panel is None else panel.typed()
        self.asked.emit(command, *typed)
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

    def _typing_panel(self) -> SidePanel | None:
        """The open panel, if what is typed belongs to it."""
        panel = self._open_panel()
        return None if panel is None or panel.keeps_entry else panel

    def _show_tells(self, tells: tuple[str, ...]) -> None:
        self.tells.setText("\n".join(tells))
        self.tells.setVisible(bool(tells))

    def _show_panel(self, panel: Panel) -> None:
        if panel is None:
            self._side.setCurrentWidget(self.member)
            return
        view = self._panels.get(type(panel)) or self._make_panel(type(panel))
        if self._side.currentWidget() is not view:
            view.clear()
            self._side.setCurrentWidget(view)
        view.show_panel(panel)

    def _make_panel(self, kind: type) -> SidePanel:
        """Panels are built when they are first opened: the first screen starts sooner without them."""
        view = _PANEL_VIEWS[kind](self._formats)
        view.asked.connect(self.ask)
        if isinstance(view, CashPanelView):
            view.typed_cash.connect(self.cash_typed)
        if isinstance(view, PinPanelView | RewardsPanelView):
            view.chosen.connect(self.person_touched)
        for field in view.fields:
            field.textEdited.connect(self._stir)
        self._panels[kind] = view
        self._side.addWidget(view)
        return view

    def _show_receipt(self, receipt: Receipt | None) -> None:
        self.entry.show_receipt(receipt)
        if receipt is None:
            return
        if self._done is None or self._preview is None:
            self._done, self._preview = (
                DonePage(self._formats, is_beside=self._is_beside),
                ReceiptPreview(self._columns),
            )
            self._left.addWidget(self._done)
            self._right.addWidget(self._preview)
        self._done.show_sale(receipt.sale)
        self._preview.show_receipt(receipt)

    def _show_done(self, is_done: bool) -> None:  # noqa: FBT001 - a part of the screen, as the others
        self._left.setCurrentIndex(int(is_done))
        self._right.setCurrentIndex(int(is_done))
        self.entry.show_last(is_wanted=not is_done)


def _stands_on(screen: Screen) -> tuple[type, bool]:
    """What decides where the cursor is: the open panel and whether a message lies over it."""
    return type(screen.panel), screen.problem is not None
