"""The counter of the demonstration: goods and cards to pull over a simulated scanner, and a printer to run out of paper."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from devices.emulators import PtyScanner, SocketPrinter

_WIDTH = 380


class CounterWindow(QWidget):
    """A small window beside the till. ``goods`` and ``cards`` are (label, code) pairs; a click scans the code."""

    def __init__(
        self,
        scanner: PtyScanner,
        printer: SocketPrinter,
        *,
        goods: Sequence[tuple[str, str]],
        cards: Sequence[tuple[str, str]],
    ) -> None:
        super().__init__()
        self._scanner = scanner
        self._printer = printer
        self._till_window: QWidget | None = None
        self.setWindowTitle(self.tr("Demo counter"))
        column = QVBoxLayout(self)
        column.addWidget(QLabel(self.tr("Click to scan. Cards:")))
        column.addWidget(self._list(cards), 1)
        column.addWidget(QLabel(self.tr("Goods:")))
        column.addWidget(self._list(goods), 2)
        plugged = QCheckBox(self.tr("The scanner is plugged in"))
        plugged.setChecked(True)
        plugged.toggled.connect(self._plug)
        column.addWidget(plugged)
        paper = QCheckBox(self.tr("The printer has paper"))
        paper.setChecked(True)
        paper.toggled.connect(self._load_paper)
        column.addWidget(paper)
        self._printed = QLabel()
        column.addWidget(self._printed)
        self.count_paper()

    def show_beside(self, window: QWidget) -> None:
        """Show both, this one to the right of the till, without taking the till's focus."""
        self._till_window = window
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.resize(_WIDTH, window.height())
        window.move(0, 0)
        self.move(window.width() + 10, 0)
        self.show()
        window.show()
        window.activateWindow()

    def count_paper(self) -> None:
        """Say how many receipts the printer has printed."""
        self._printed.setText(self.tr("Receipts printed: {count}").format(count=len(self._printer.jobs)))

    def _list(self, pairs: Sequence[tuple[str, str]]) -> QListWidget:
        widget = QListWidget()
        for label, code in pairs:
            item = QListWidgetItem(label)
            item.setData(Qt.ItemDataRole.UserRole, code)
            widget.addItem(item)
        widget.itemClicked.connect(self._scan)
        return widget

    def _scan(self, item: QListWidgetItem) -> None:
        self.count_paper()
        self._scanner.scan(item.data(Qt.ItemDataRole.UserRole))
        # A click here does not take the keyboard from the till.
        if self._till_window is not None:
            self._till_window.activateWindow()

    def _plug(self, is_plugged: bool) -> None:  # noqa: FBT001 - a Qt slot
        if is_plugged:
            self._scanner.replug()
        else:
            self._scanner.unplug()

    def _load_paper(self, has_paper: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._printer.paper_out = not has_paper
