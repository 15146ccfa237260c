"""Why the sale gives what it gives, at the side: a page a line. The cursor stays in the entry, so that scanning goes on."""

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QScrollArea

from pos_app.loyalty.why import MINOR, POINTS, Because, Kind
from pos_app.model.evaluation import Reason
from pos_app.model.identifiers import pool_of
from ui.formats import Formats
from ui.keys import Command
from ui.sale import why_words
from ui.sale.panels import SidePanel
from ui.sale.screen import WhyPanel
from ui.sale.words import points_text, written
from ui.theme.tokens import Role
from ui.widgets import KeyButton, TextLine, label

_MINUS = "\u2212"
_TAKES = frozenset({Kind.DISCOUNT, Kind.BURNED, Kind.TAKEN})


class WhyPanelView(SidePanel):
    """One line of the sale at a time, and at last the whole receipt."""

    takes_arrows = True
    keeps_entry = True

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Why"))
        self._name = TextLine(Role.BODY_STRONG)
        self._text = label(Role.BODY, wraps=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        scrolling = QScrollArea()
        scrolling.setFrameShape(QFrame.Shape.NoFrame)
        scrolling.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scrolling.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolling.setWidgetResizable(True)
        scrolling.setWidget(self._text)
        self.body.addWidget(self._name)
        self.body.addWidget(scrolling, 1)
        self.fill_with_body()
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")),
            KeyButton(Command.UP, self.tr("Before")),
            KeyButton(Command.DOWN, self.tr("Next")),
        )

    def show_panel(self, panel: WhyPanel) -> None:
        """Show the page that is marked."""
        explained, line_no = panel.explained, panel.pages[panel.marked]
        names = {line.line_no: line.name for line in explained.lines}
        self._name.setText(names.get(line_no) or _said(why_words.WHOLE_RECEIPT))
        parts = [self._part(one, explained.names) for one in explained.of_line(line_no)]
        if line_no in explained.margins_percent:
            parts.append(_said(why_words.MARGIN).format(percent=explained.margins_percent[line_no]))
        if line_no == 0:
            parts.append(why_text(explained.burn_limit, self.formats))
        self._text.setText("\n\n".join(parts))

    def _part(self, because: Because, names: dict[str, str]) -> str:
        """What one rule gave, or did not, and why: two or three lines."""
        programme = names.get(because.programme_id, because.programme_id)
        rule = " \u00b7 ".join(filter(None, (programme, because.rule_id)))
        gives = because.text or self._gives(because)
        return "\n".join(filter(None, (rule, gives, why_text(because.reason, self.formats))))

    def _gives(self, because: Because) -> str:
        sign = _MINUS if because.kind in _TAKES else ""
        if because.unit == MINOR:
            return f"{sign}{self.formats.money(because.amount)}"
        if because.unit == POINTS:
            return f"{sign}{points_text(because.amount, self.formats)}"
        if because.unit:
            return f"{sign}{because.amount} {pool_of(because.unit)}"
        return {Kind.LOCKED: _said(why_words.LOCKED), Kind.REFUSED: _said(why_words.NOT_GIVEN)}.get(because.kind, "")


def why_text(reason: Reason, formats: Formats) -> str:
    """The reason in the screen's language; a code that is not known here is shown as it is."""
    source = why_words.SENTENCES.get(reason.code)
    if source is None:
        return reason.code
    values = {name: value if value != "" else _said(why_words.NO_CLASS) for name, value in reason.values.items()}
    return " ".join(_sentences(reason, source, written(values, formats)))


def _sentences(reason: Reason, source: str, values: dict[str, str]) -> Iterator[str]:
    yield _said(source).format(**values)
    for name, added in why_words.ADDED.items():
        # The limit of burning says its own amount.
        if name in values and f"{{{name}}}" not in source and not reason.code.startswith("burn."):
            yield _said(added).format(**values)


def _said(source: str) -> str:
    return QCoreApplication.translate("Why", source)
