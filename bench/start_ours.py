"""A till started as ``pos-app`` starts it: says when it is painted and hears its scanner, and how much memory it took."""

import gc
import sys
from pathlib import Path


def peak_kilobytes() -> int:
    """The most memory that this program has held. getrusage would count the process that started it too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> None:
    """Start with the usual settings, print ``ready`` and the peak memory in KB."""
    # As the program's door does before it imports anything.
    gc.disable()
    from PySide6.QtCore import QCoreApplication, QEventLoop

    from pos_app.command_line.opening import till_of
    from pos_app.command_line.window import wired_window
    from pos_app.use_cases.settings_files import find_settings
    from ui.application import make_application

    settings = find_settings(None)
    till = till_of(settings)
    make_application(settings.till.language)
    with wired_window(till) as window:
        painted: list[bool] = []
        window.line_painted.connect(lambda: painted.append(True))
        window.show()
        while not (painted and window.header.scanner_is_connected):
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 5)
        sys.stdout.write(f"ready {peak_kilobytes()}\n")
        sys.stdout.flush()
    till.close()


if __name__ == "__main__":
    main()
