"""The box of totals: what was taken off, and what is to be paid in letters that can be read across the counter."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.formats import Formats
from ui.sale.screen import Totals
from ui.sale.words import points_text
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import TextLine, card, label, row


class TotalsBox(QWidget):
    """Shows the totals of the basket."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats
        frame, column = card(spacing=0)
        caption = label(Role.HEADING, text=self.tr("To pay"))
        self._total = TextLine(Role.TOTAL, align=Qt.AlignmentFlag.AlignRight, is_figure=True)
        self._count = TextLine(Role.BODY, colour=tokens.INK_SOFT, align=Qt.AlignmentFlag.AlignRight)
        column.addLayout(row(caption, self._count))
        column.addSpacing(4)
        self._discount_name, self._discount = self._small_row(column)
        self._points_name, self._points = self._small_row(column)
        column.addWidget(self._total)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    @staticmethod
    def _small_row(column: QVBoxLayout) -> tuple[TextLine, TextLine]:
        name = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        value = TextLine(Role.BODY, colour=tokens.INK_SOFT, align=Qt.AlignmentFlag.AlignRight)
        column.addLayout(row(name, value))
        return name, value

    def show_totals(self, totals: Totals) -> None:
        """Put these totals in place of the ones before."""
        formats = self._formats
        self._count.setText(self._count_text(totals))
        name, amount = self._saved_text(totals.discount_minor)
        self._discount_name.setText(name)
        self._discount.setText(amount)
        self._points_name.setText(points_text(totals.burn_units, formats) if totals.burn_units else "")
        self._points.setText(formats.amount(-totals.burn_worth_minor) if totals.burn_units else "")
        self._total.setText(formats.money(totals.to_pay_minor))

    def _saved_text(self, discount_minor: int) -> tuple[str, str]:
        """What is less than the catalogue's prices, or more where a person has raised one."""
        if not discount_minor:
            return "", ""
        amount = self._formats.amount(abs(discount_minor))
        return (self.tr("Saved") if discount_minor > 0 else self.tr("Above the list prices")), amount

    def _count_text(self, totals: Totals) -> str:
        """How many pieces; and what coins pay, where it is not the total."""
        if not totals.item_count:
            return ""
        count = self.tr("%n item(s)", "", totals.item_count)
        if totals.cash_to_pay_minor == totals.to_pay_minor:
            return count
        cash = self.tr("in cash {amount}").format(amount=self._formats.amount(totals.cash_to_pay_minor))
        return f"{count} \u00b7 {cash}"
