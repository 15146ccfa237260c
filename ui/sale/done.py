"""After the sale: the change in letters that can be read from the door, and the receipt as it is being printed."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from pos_app.use_cases.views import ClosedSale
from ui.formats import Formats
from ui.sale.screen import Receipt
from ui.sale.words import points_text
from ui.theme import tokens
from ui.theme.fonts import font_within
from ui.theme.tokens import Role
from ui.widgets import TextLine, card, label

_BESIDE_PAPER = 56
"""What margins and the scroll bar take of the width."""


class DonePage(QWidget):
    """What the cashier says and gives; it stays until something is scanned."""

    def __init__(self, formats: Formats, *, is_beside: bool) -> None:
        super().__init__()
        self._formats = formats
        self._is_beside = is_beside
        frame, column = card(spacing=4)
        column.setContentsMargins(40, 32, 40, 32)
        self._state = label(Role.HEADING, name="accent", text=self.tr("Saved"))
        self._caption = label(Role.TITLE)
        self._figure = TextLine(Role.HUGE, is_figure=True)
        self._paid = TextLine(Role.HEADING, colour=tokens.INK_SOFT)
        self._won = TextLine(Role.HEADING, colour=tokens.ACCENT)
        self._member = TextLine(Role.HEADING)
        self._balance = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        self._number = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        hint = label(Role.BODY, name="soft", text=self.tr("The next scan begins the next sale."), wraps=True)
        for widget in (self._state, self._caption, self._figure, self._paid):
            column.addWidget(widget)
        column.addStretch()
        for widget in (self._won, self._member, self._balance, self._number, hint):
            column.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_sale(self, sale: ClosedSale) -> None:
        """Show this sale."""
        formats, quote = self._formats, sale.quote
        if self._is_beside:
            self._caption.setText(self.tr("Discount keyed at the fiscal till"))
            self._figure.setText(formats.money(quote.deduct_minor))
            self._paid.setText(self.tr("Fiscal receipt {number}").format(number=sale.foreign_receipt))
        else:
            self._caption.setText(self.tr("Change"))
            self._figure.setText(formats.money(sale.change_minor))
            self._paid.setText(self.tr("Total {amount}").format(amount=formats.money(quote.to_pay_minor)))
        self._number.setText(self.tr("Receipt {number}").format(number=sale.receipt_number))
        self._won.setText(self.tr("Won: {prize}").format(prize=", ".join(sale.wins)))
        self._won.setVisible(bool(sale.wins))
        self._member.setText(self._member_text(sale))
        self._balance.setText(self._balance_text(sale))

    def _member_text(self, sale: ClosedSale) -> str:
        if sale.member is None:
            return ""
        points = points_text(sale.quote.result.earned_units, self._formats)
        name = sale.member.name or self.tr("The member")
        return self.tr("{name} earned {points}").format(name=name, points=points)

    def _balance_text(self, sale: ClosedSale) -> str:
        if sale.balance_after is None:
            return ""
        balance = self.tr("Balance {points}").format(
            points=points_text(sale.balance_after.available_units, self._formats)
        )
        if not sale.balance_after.pending_units:
            return balance
        points = points_text(sale.balance_after.pending_units, self._formats)
        pending = self.tr("and {points} pending").format(points=points)
        return f"{balance}, {pending}"


class ReceiptPreview(QWidget):
    """The receipt as plain text on white paper, its letters as large as its width allows."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self._columns = columns
        self._text = label(Role.SMALL, name="paper")
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._text)
        frame, column = card()
        column.setContentsMargins(30, 20, 6, 20)
        column.addWidget(area)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_receipt(self, receipt: Receipt) -> None:
        """Show the receipt's text, once it is there."""
        self.show_text(receipt.preview)

    def show_text(self, text: str) -> None:
        """Show this text."""
        self._text.setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep a whole line in sight."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._text.text():
            self._text.setFont(font_within(Role.PAPER, "0" * self._columns, self.width() - _BESIDE_PAPER))
