"""The reference: a bare window with SQLAlchemy imported; says when it is painted, and how much memory it took."""

import sys
from pathlib import Path

import sqlalchemy
import sqlalchemy.orm
from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class _Window(QMainWindow):
    painted = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Note the first paint."""
        super().paintEvent(event)
        self.painted = True


def peak_kilobytes() -> int:
    """The most memory that this program has held. getrusage would count the process that started it too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """Show the window, print ``ready`` and the peak memory in KB."""
    assert sqlalchemy.__version__, "imported"
    application = QApplication([])
    window = _Window()
    window.resize(1366, 768)
    window.show()
    while not window.painted:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
    sys.stdout.write(f"ready {peak_kilobytes()}\n")
    sys.stdout.flush()
    application.quit()


if __name__ == "__main__":
    main()
