"""Putting the till together: window, scanner, printer, sound and sync around one open till."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QTimer

from devices.scanner import SerialScanner
from devices.sounder import Sounder
from pos_app import logs
from pos_app.command_line.opening import till_of
from pos_app.command_line.services import Services
from pos_app.errors import PosError
from pos_app.settings import Settings
from pos_app.use_cases.settings_files import data_folder, find_settings
from pos_app.use_cases.till import Till
from ui.application import make_application, run
from ui.bridge import Bridge
from ui.window import TillWindow

_REFUSED = 2
_DUE_EVERY_MS = 600_000


def run_till(settings_path: Path | None) -> int:
    """Open the till's window until it is closed; gives the exit code. Raises ``PosError`` where it cannot open."""
    settings = find_settings(settings_path)
    logs.configure(folder=data_folder(settings) / "logs")
    till = till_of(settings)
    try:
        make_application(settings.till.language)
        with wired_window(till) as window:
            return run(window)
    finally:
        till.close()


@contextmanager
def wired_window(till: Till) -> Iterator[TillWindow]:
    """The window of an open till with everything around it running; the application must exist. It ends before the till does."""
    settings = till.settings
    bridge = Bridge(till.database.close_reader)
    sounder = Sounder(till.database.path.parent / "sounds") if settings.till.sound else None
    services = Services(till, on_print_problem=bridge.printer_changed.emit, on_sync=bridge.sync_changed.emit)
    window = TillWindow(till, bridge, printing=services.printing, play=None if sounder is None else sounder.play)
    window.booked.connect(services.booked)
    scanner = _scanner(settings, bridge)
    # What the first picture does not need starts when it stands.
    QTimer.singleShot(0, window, lambda: _begin_work(services))
    due = QTimer(window)
    due.timeout.connect(services.keep_house)
    due.start(_DUE_EVERY_MS)
    if scanner is not None:
        scanner.start()
    try:
        yield window
    finally:
        if scanner is not None:
            scanner.stop()
        window.close()
        services.stop()
        if sounder is not None:
            sounder.close()


def _begin_work(services: Services) -> None:
    """The window stands: collect garbage from here on, but not among what was loaded, and let the services begin."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    services.start()


def _scanner(settings: Settings, bridge: Bridge) -> SerialScanner | None:
    if not settings.scanner.port:
        return None
    return SerialScanner(settings.scanner, on_code=bridge.code_scanned.emit, on_state=bridge.scanner_changed.emit)


def open_or_say() -> int:
    """Open the till with the usual settings; what stands in the way is said on the terminal, or in a window without one."""
    try:
        return run_till(None)
    except PosError as error:
        sys.stderr.write(f"{error}\n")
        if not sys.stderr.isatty():
            _say_in_a_window(error)
        return _REFUSED


def _say_in_a_window(error: PosError) -> None:
    from PySide6.QtWidgets import QMessageBox

    make_application("en")
    QMessageBox.critical(None, "pos-app", f"{error.what}\n\n{error.safe}\n{error.todo}")
