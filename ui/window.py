"""The till's window: it puts view and presenter together and turns keys into commands."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from devices.sounder import Tone
from pos_app.use_cases import staffing
from pos_app.use_cases.till import Till
from pos_app.use_cases.views import SyncStatus
from ui.bridge import Bridge
from ui.formats import Formats
from ui.header import Header
from ui.keys import Command
from ui.sale.ports import Play, Printing
from ui.sale.presenter import SalePresenter
from ui.sale.view import SaleView
from ui.theme import tokens
from ui.widgets import command_of

if TYPE_CHECKING:
    from ui.returns.page import ReturnsPage

_ALIVE: dict[int, "TillWindow"] = {}
"""Windows that Qt has not deleted yet. One that only Python forgot would be destroyed by whichever thread happens to collect
garbage, and a widget that dies on another thread than the screen's takes the program with it."""
_TICK_MS = 1000
_MOVES = frozenset({Command.UP, Command.DOWN, Command.REMOVE})


class TillWindow(QWidget):
    """The one window. ``bridge`` is where the threads of devices hand over what they have; the window closes it.

    ``printing`` is the print queue, None for a till that prints nothing; ``play`` sounds a tone and returns at once.
    ``line_painted`` follows each paint of the basket; ``booked`` follows each COMMIT that the screen asked for: there is
    something to print and to send then.
    """

    line_painted = Signal()
    booked = Signal()

    def __init__(
        self, till: Till, bridge: Bridge, *, printing: Printing | None = None, play: Play | None = None
    ) -> None:
        super().__init__()
        _ALIVE[id(self)] = self
        self.destroyed.connect(partial(_ALIVE.pop, id(self), None))
        settings = till.settings
        self._is_beside = settings.till.mode == "beside"
        self.setObjectName("window")
        self.setWindowTitle(settings.shop.name)
        self.setMinimumSize(*tokens.WINDOW_SIZE_MIN)
        self.resize(*tokens.WINDOW_SIZE)
        self.bridge = bridge
        formats = Formats(settings)
        has_staff = staffing.is_wanted(till)
        self.header = Header(settings, formats, till.clock, has_staff=has_staff)
        self.view = SaleView(
            settings, formats, has_staff=has_staff, has_causes=_has_causes(till), has_parts=_has_parts(till)
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.view)
        column.addWidget(self._pages, 1)
        play = play if play is not None and settings.till.sound else _silence
        self.returns: ReturnsPage | None = None
        self._make_returns = partial(
            _returns_page, till, formats, background=self.bridge, printing=printing, play=play, booked=self.booked.emit
        )
        self.presenter = SalePresenter(
            till,
            self.view,
            background=self.bridge,
            printing=printing,
            play=play,
            booked=self.booked.emit,
            amount_name=self.tr("Goods"),
            open_returns=self._open_returns,
        )
        self._connect()
        self.presenter.start()

    def _connect(self) -> None:
        self.view.asked.connect(self._command)
        self.view.cash_typed.connect(self._cash_typed)
        self.view.row_touched.connect(self._mark)
        self.view.person_touched.connect(self._choose)
        self.view.stirred.connect(self._stir)
        self.view.staff_changed.connect(self._show_staff)
        ticking = QTimer(self)
        ticking.timeout.connect(self._tick)
        ticking.start(_TICK_MS)
        self.view.table.line_painted.connect(self.line_painted)
        self.bridge.code_scanned.connect(self._scan)
        self.bridge.scanner_changed.connect(self._show_scanner)
        self.bridge.printer_changed.connect(self._show_printer)
        self.bridge.sync_changed.connect(self._show_sync)

    def grab_screenshot(self, path: Path) -> None:
        """Write a picture of the window as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self.grab().save(str(path), "PNG"):
            raise OSError(f"{path.name} could not be written")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """A key that no field wanted: a command, or nothing. A key that is held down counts once, but for moving and removing."""
        if event.key() == Qt.Key.Key_F1 and not event.isAutoRepeat():
            self.header.toggle_details()
            return
        command = command_of(event)
        if command is None or (event.isAutoRepeat() and command not in _MOVES):
            event.ignore()
            return
        if self._is_beside and command is Command.CASH:
            command = Command.FINISH
        page = self._open_page()
        (self.view if page is None else page).ask(command)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Finish what is being done."""
        self.bridge.close()
        event.accept()

    def _command(self, command: Command, first: str, second: str, third: str) -> None:
        self.presenter.command(command, first, second, third)

    def _cash_typed(self, text: str) -> None:
        self.presenter.cash_typed(text)

    def _mark(self, row: int) -> None:
        self.presenter.mark(row)

    def _choose(self, number: int) -> None:
        self.presenter.choose(number)

    def _stir(self) -> None:
        self.presenter.stir()

    def _tick(self) -> None:
        self.presenter.tick()
        page = self._open_page()
        if page is not None:
            page.presenter.tick()

    def _scan(self, raw: str) -> None:
        page = self._open_page()
        (self if page is None else page).presenter.scan(raw)

    def _open_page(self) -> "ReturnsPage | None":
        """The returns screen while it is the one that is seen."""
        return self.returns if self._pages.currentWidget() is self.returns else None

    def _open_returns(self, number: str) -> None:
        if self.returns is None:
            self.returns = self._make_returns(stir=self.presenter.stir, leave=self._leave_returns)
            self.returns.stirred.connect(self._stir)
            self._pages.addWidget(self.returns)
        self._pages.setCurrentWidget(self.returns)
        self.returns.open(number)

    def _leave_returns(self, raw: str) -> None:
        """Back to the sale, with a code that was scanned for it."""
        self._pages.setCurrentWidget(self.view)
        self.view.take_focus()
        if raw:
            self.presenter.scan(raw)

    def _show_staff(self, name: str) -> None:
        """Somebody signed in or out; a return that is left alone for too long is given up with the sign-out."""
        self.header.show_staff(name)
        if not name and self._open_page() is not None:
            self._leave_returns("")

    def _show_scanner(self, is_connected: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.header.show_scanner(is_connected=is_connected)

    def _show_printer(self, problem: str) -> None:
        self.header.show_printer(problem)

    def _show_sync(self, status: SyncStatus) -> None:
        self.header.show_sync(status)


def _has_causes(till: Till) -> bool:
    """Whether customers can give to a cause here, today or on another day."""
    return till.settings.till.mode == "till" and any(
        one.charity is not None for one in till.terms.programmes.programmes
    )


def _has_parts(till: Till) -> bool:
    """Whether members can pay in parts here, today or on another day."""
    return till.settings.till.mode == "till" and any(
        one.instalments is not None for one in till.terms.programmes.programmes
    )


def _returns_page(till: Till, formats: Formats, **around: Any) -> "ReturnsPage":
    """The returns screen, built when it is first opened: the first screen starts sooner without it."""
    from ui.returns.page import ReturnsPage

    return ReturnsPage(till, formats, **around)


def _silence(_tone: Tone) -> None:
    """A till without sound."""
