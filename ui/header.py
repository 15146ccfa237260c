"""The edge of the window: where we are, whether scanner and headquarters are there, the time; and a banner when something is not."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pos_app.settings import Settings
from pos_app.use_cases.clock import Clock
from pos_app.use_cases.views import SyncStatus
from ui.formats import Formats
from ui.status_words import status_sentences
from ui.theme.fonts import font
from ui.theme.tokens import Role
from ui.widgets import label

_TICK_MS = 1000
_MINUTE_MS = 60_000
_HOUR_MINUTES = 60


class Header(QWidget):
    """Shows the state of the till. Everything in it is set on the screen's thread."""

    def __init__(self, settings: Settings, formats: Formats, clock: Clock, *, has_staff: bool = False) -> None:
        super().__init__()
        self._formats = formats
        self._clock = clock
        self._settings = settings
        self._has_staff = has_staff
        self._has_scanner = bool(settings.scanner.port)
        self._has_hq = bool(settings.hq.url)
        self._scanner_banner, self._printer_banner, self._sync_banner = _Banner(), _Banner(), _Banner()
        self._banners = (self._scanner_banner, self._printer_banner, self._sync_banner)
        self.scanner = label(Role.SMALL)
        self.queue = _Clickable(Role.SMALL)
        self.queue.clicked.connect(self.toggle_details)
        self._details = _Details(self)
        self.time = label(Role.BODY_STRONG)
        self._said: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_bar(settings))
        for banner in self._banners:
            column.addWidget(banner)
        self.show_scanner(is_connected=None)
        self.show_sync(None)
        self._tick()
        timer = QTimer(self)
        timer.timeout.connect(self._tick)
        timer.start(_TICK_MS)

    def _build_bar(self, settings: Settings) -> QFrame:
        bar = QFrame()
        bar.setObjectName("header")
        bar.setFixedHeight(44)
        cells = QHBoxLayout(bar)
        cells.setContentsMargins(20, 0, 20, 0)
        cells.setSpacing(28)
        cells.addWidget(label(Role.BODY_STRONG, text=settings.shop.name))
        self._where = label(Role.SMALL, name="soft")
        self.show_staff("")
        cells.addWidget(self._where)
        cells.addStretch()
        for widget in (self.queue, self.scanner, self.time):
            cells.addWidget(widget)
        return bar

    def show_staff(self, name: str) -> None:
        """Who is signed in; where nobody has to be, whom the settings name."""
        nobody = self.tr("nobody is signed in") if self._has_staff else self._settings.till.staff_ref
        where = self.tr("Till {number} \u00b7 {cashier}")
        self._where.setText(where.format(number=self._settings.till.number, cashier=name or nobody))

    def show_scanner(self, *, is_connected: bool | None) -> None:
        """Whether the scanner is connected; None before it said so."""
        self.scanner_is_connected = bool(is_connected)
        if not self._has_scanner:
            self.scanner.setText(self.tr("No scanner: type the codes"))
            return
        is_away = is_connected is False
        state = self.tr("Scanner unplugged") if is_away else self.tr("Looking for the scanner")
        self.scanner.setText(self.tr("Scanner connected") if is_connected else state)
        advice = self.tr(
            "The scanner is unplugged. The basket is safe. Plug it in again, or type the codes and press Enter."
        )
        self._scanner_banner.show_text(advice if is_away else "")

    def show_printer(self, problem: str) -> None:
        """What is wrong with the printer, empty for nothing. The devices speak English: a translation says the gist before it."""
        advice = self.tr("{problem} F12 prints the last receipt again.").format(problem=problem)
        self._printer_banner.show_text(advice if problem else "")

    def show_sync(self, status: SyncStatus | None) -> None:
        """How many events wait for headquarters; a banner where they will wait until somebody does something."""
        self.queue.setText(self._queue_text(status))
        self._said = () if status is None else tuple(status_sentences(status, self._formats))
        self.queue.setToolTip("" if status is None else "\n".join(self._said) or status.problem)
        self._details.show_sentences(self._said)
        self._sync_banner.show_text("" if status is None else self._stop_text(status))

    def toggle_details(self) -> None:
        """Open or close what works now and what to do, below the bar; nothing where nothing is known yet."""
        if self._said and self._details.isHidden():
            self._details.open_below(self)
        else:
            self._details.hide()

    def details(self) -> str:
        """What the opened details say, a sentence a line; empty while they are closed."""
        return "" if self._details.isHidden() else self._details.text()

    def banners(self) -> list[str]:
        """What the banners say now."""
        return [banner.text() for banner in self._banners if not banner.isHidden()]

    def _queue_text(self, status: SyncStatus | None) -> str:
        if not self._has_hq:
            return self.tr("No headquarters")
        if status is None:
            return self.tr("Headquarters: not asked yet")
        if not status.has_joined:
            return self.tr("Not joined to headquarters")
        if not status.waiting_events:
            return self._idle_text(status)
        waiting = self.tr("%n event(s) wait for headquarters", "", status.waiting_events)
        age = self._age_text((status.oldest_waiting_ms or 0) // _MINUTE_MS)
        return f"{waiting}, {age}" if age else waiting

    def _idle_text(self, status: SyncStatus) -> str:
        if status.is_stopped:
            return self.tr("Headquarters takes nothing from this till; nothing waits")
        if status.is_away:
            return self.tr("Headquarters does not answer; nothing waits")
        if status.problem:
            return self.tr("Headquarters takes nothing at the moment; nothing waits")
        return self.tr("Headquarters has everything")

    def _stop_text(self, status: SyncStatus) -> str:
        """The core speaks English here: a translation says the gist before it."""
        if not status.has_joined:
            return self.tr(
                "This till has not joined headquarters. Sales are kept here. "
                "Make a code there, close the till, run pos-app join CODE, and open it again."
            )
        return self.tr("{problem}", "sending has stopped").format(problem=status.problem) if status.is_stopped else ""

    def _age_text(self, minutes: int) -> str:
        if not minutes:
            return ""
        if minutes < _HOUR_MINUTES:
            return self.tr("%n minute(s)", "", minutes)
        return self.tr("%n hour(s)", "", minutes // _HOUR_MINUTES)

    def _tick(self) -> None:
        text = self._formats.time(self._clock.utc_ms())
        if text != self.time.text():
            self.time.setText(text)


class _Clickable(QLabel):
    """A text in the bar that opens something."""

    clicked = Signal()

    def __init__(self, role: Role) -> None:
        super().__init__()
        self.setFont(font(role))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A click."""
        self.clicked.emit()
        event.accept()


class _Details(QFrame):
    """What works now, a sentence a line, over the screen below the bar until it is closed again: nothing moves for it."""

    def __init__(self, header: QWidget) -> None:
        super().__init__(header)
        self.setObjectName("details")
        self._text = label(Role.BODY, wraps=True)
        cells = QHBoxLayout(self)
        cells.setContentsMargins(20, 10, 20, 10)
        cells.addWidget(self._text)
        self.hide()

    def text(self) -> str:
        return self._text.text()

    def show_sentences(self, sentences: tuple[str, ...]) -> None:
        self._text.setText("\n".join(sentences))
        if not sentences:
            self.hide()
        elif not self.isHidden():
            self.resize(self.width(), self.heightForWidth(self.width()))

    def open_below(self, header: QWidget) -> None:
        window = header.window()
        self.setParent(window)
        below = header.mapTo(window, header.rect().bottomLeft())
        self.setGeometry(below.x(), below.y() + 1, header.width(), self.heightForWidth(header.width()))
        self.show()
        self.raise_()


class _Banner(QFrame):
    """One sentence across the window, there only while it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._text = label(Role.BODY_STRONG, wraps=True)
        cells = QHBoxLayout(self)
        cells.setContentsMargins(20, 10, 20, 10)
        cells.addWidget(self._text)
        self.hide()

    def text(self) -> str:
        return self._text.text()

    def show_text(self, text: str) -> None:
        self._text.setText(text)
        self.setVisible(bool(text))
