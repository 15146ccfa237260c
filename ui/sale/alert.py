"""The message that stops the line. It lies over the stage, inside the window; only its own key or button closes it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from ui.formats import Formats
from ui.keys import Command
from ui.sale.screen import Problem
from ui.sale.words import Sentences, problem_sentences
from ui.theme.tokens import Role
from ui.widgets import KeyButton, label, row

_WIDTH = 760


class Alert(QFrame):
    """Shows a problem; covers ``stage`` and follows its size."""

    asked = Signal(object)

    def __init__(
        self,
        formats: Formats,
        stage: QWidget,
        *,
        in_words: Callable[[Problem, Formats], Sentences] = problem_sentences,
    ) -> None:
        super().__init__(stage)
        self._formats = formats
        self._in_words = in_words
        self._stage = stage
        self.setObjectName("scrim")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box = QFrame()
        box.setObjectName("alert")
        box.setFixedWidth(_WIDTH)
        column = QVBoxLayout(box)
        column.setContentsMargins(36, 30, 36, 28)
        column.setSpacing(10)
        self._what = label(Role.TITLE, name="error", wraps=True)
        self._code = label(Role.BODY_STRONG, name="code")
        self._code.setContentsMargins(10, 4, 10, 4)
        self._safe = label(Role.BODY, name="soft", wraps=True)
        self._todo = label(Role.HEADING, wraps=True)
        self._ignored = label(Role.BODY_STRONG, name="error")
        self._close = KeyButton(Command.BACK, self.tr("Understood"), is_primary=True)
        self._close.setMinimumWidth(220)
        self._close.asked.connect(self.asked)
        code_row = row(self._code)
        code_row.addStretch()
        foot = row(self._ignored)
        foot.addStretch()
        foot.addWidget(self._close)
        column.addWidget(self._what)
        column.addLayout(code_row)
        column.addWidget(self._todo)
        column.addWidget(self._safe)
        column.addSpacing(14)
        column.addLayout(foot)
        grid = QGridLayout(self)
        grid.addWidget(box, 0, 0, Qt.AlignmentFlag.AlignCenter)
        stage.installEventFilter(self)
        self.hide()

    def show_problem(self, problem: Problem | None) -> None:
        """Show this problem, or go away."""
        if problem is None:
            self.hide()
            return
        sentences = self._in_words(problem, self._formats)
        code = str(problem.values.get("code", ""))
        self._what.setText(sentences.what)
        self._code.setText(code)
        self._code.setVisible(bool(code))
        self._safe.setText(sentences.safe)
        self._todo.setText(sentences.todo)
        count = problem.ignored_scans
        self._ignored.setText(self.tr("%n scan(s) ignored", "", count) if count else "")
        self.setGeometry(self._stage.rect())
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay as large as the stage."""
        if watched is self._stage and event.type() is QEvent.Type.Resize:
            self.setGeometry(self._stage.rect())
        return False
