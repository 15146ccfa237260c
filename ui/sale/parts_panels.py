"""The panels for paying in parts: what is agreed, and a payment on a contract."""

from PySide6.QtWidgets import QVBoxLayout

from ui.formats import Formats
from ui.keys import Command
from ui.sale.panels import SidePanel
from ui.sale.screen import PartsPanel, PayPanel
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import Field, KeyButton, TextLine, label


class PartsPanelView(SidePanel):
    """What is to be paid at once, and what until when."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Pay in parts"))
        self.body.addWidget(label(Role.SMALL, name="soft", text=self.tr("Now")))
        self._first = TextLine(Role.TOTAL, colour=tokens.ACCENT, is_figure=True)
        self.body.addWidget(self._first)
        self._column = QVBoxLayout()
        self.body.addLayout(self._column)
        self._rest = label(Role.BODY, wraps=True)
        self._column.addWidget(self._rest)
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Agreed"), is_primary=True)
        )

    def show_panel(self, panel: PartsPanel) -> None:
        """Show the parts."""
        formats = self.formats
        self._first.setText(formats.money(panel.first_minor))
        lines = [
            self.tr("until {date}: {amount}").format(date=formats.iso_date(due_on), amount=formats.money(minor))
            for due_on, minor in panel.rest
        ]
        self._rest.setText("\n".join(lines))


class PayPanelView(SidePanel):
    """A payment on a contract: in cash, or by card where a reference is typed."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Payment on a contract"))
        self._number = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        self._owed = TextLine(Role.BODY_STRONG)
        self._due = TextLine(Role.SMALL, colour=tokens.INK_SOFT)
        for widget in (self._number, self._owed, self._due):
            self.body.addWidget(widget)
        self.body.addSpacing(tokens.SPACE)
        self.add_field(self.tr("Amount"), Field(takes_star=False, length_max=20))
        self.add_field(self.tr("Reference on the terminal's slip; none for cash"), Field(length_max=32))
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Paid"), is_primary=True)
        )

    def show_panel(self, panel: PayPanel) -> None:
        """Show what is owed, and suggest what is due."""
        formats = self.formats
        self._number.setText(panel.number)
        self._owed.setText(self.tr("Still to be paid: {amount}").format(amount=formats.money(panel.owed_minor)))
        due = self.tr("The next part until {date}").format(date=formats.iso_date(panel.next_due_on))
        overdue = self.tr("{amount} is overdue").format(amount=formats.money(panel.overdue_minor))
        self._due.setText(overdue if panel.overdue_minor else due)
        self.fields[0].setText(panel.suggested)

    def take_focus(self) -> None:
        """What is due stands there already."""
        self.fields[0].setFocus()
        self.fields[0].selectAll()
