"""The member's panel: who it is, what they have, what this sale gives them, what is missing to more."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from pos_app.model.accounts import BalanceView
from pos_app.model.evaluation import NextStep
from ui.formats import Formats
from ui.sale.screen import MemberFacts
from ui.sale.words import class_name, points_text
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import TextLine, card, label, rule


class MemberPanel(QWidget):
    """Shows a member, or that no card was scanned."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats
        self._stack = QStackedWidget()
        self._stack.addWidget(self._build_empty())
        self._stack.addWidget(self._build_member())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def _build_empty(self) -> QWidget:
        frame, column = card()
        column.addWidget(label(Role.HEADING, text=self.tr("No card")))
        column.addWidget(
            label(
                Role.BODY, name="soft", text=self.tr("Scan the customer's card at any time before paying."), wraps=True
            )
        )
        column.addStretch()
        return frame

    def _build_member(self) -> QWidget:
        frame, column = card(spacing=6)
        self._name = TextLine(Role.TITLE)
        self._card = TextLine(Role.SMALL, colour=tokens.INK_SOFT)
        self._birthday = label(Role.SMALL_STRONG, name="note", text=self.tr("Birthday today: congratulate."))
        self._birthday.setContentsMargins(10, 6, 10, 6)
        self._balance = TextLine(Role.FIGURE, is_figure=True)
        self._balance_note = TextLine(Role.SMALL, colour=tokens.INK_SOFT)
        self._expiry = TextLine(Role.SMALL, colour=tokens.INK_SOFT)
        self._earns = TextLine(Role.TITLE, colour=tokens.ACCENT, is_figure=True)
        self._next = label(Role.SMALL, name="soft", wraps=True)
        self._next.setMinimumHeight(44)
        for widget in (self._name, self._card, self._birthday):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addSpacing(4)
        self._balance_caption = label(Role.SMALL, name="soft", text=self.tr("Balance"))
        self._pools = label(Role.SMALL_STRONG, wraps=True)
        # Where there is no room for all of it, the first of it is to be read.
        self._pools.setAlignment(Qt.AlignmentFlag.AlignTop)
        for widget in (self._balance_caption, self._balance, self._balance_note, self._expiry, self._pools):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addSpacing(4)
        column.addWidget(label(Role.SMALL, name="soft", text=self.tr("This sale")))
        column.addWidget(self._earns)
        column.addWidget(self._next)
        column.addStretch()
        return frame

    def show_member(self, member: MemberFacts | None) -> None:
        """Put this member in place of the one before."""
        self._stack.setCurrentIndex(0 if member is None else 1)
        if member is None:
            return
        self._name.setText(member.name or self.tr("Member"))
        self._card.setText(self._card_text(member))
        self._birthday.setVisible(member.is_birthday)
        self._balance.setText(points_text(member.balance.available_units, self._formats))
        self._balance_note.setText(self._balance_text(member))
        self._expiry.setText(self._expiry_text(member.balance))
        counts = [self._contract_text(*contract) for contract in member.contracts]
        counts += [f"{name}: {count}" for name, count in member.pools]
        counts += [f"{cause}: {self._formats.money(minor)}" for cause, minor in member.given_minor]
        self._pools.setText(" \u00b7 ".join(counts))
        self._pools.setVisible(bool(counts))
        self._balance_caption.setVisible(not counts)
        self._earns.setText(self._earns_text(member.earns_units))
        self._next.setText("" if member.next_step is None else self._next_text(member.next_step))

    def _contract_text(self, number: str, owed_minor: int, overdue_minor: int) -> str:
        owed = self.tr("contract {number}: {amount} to pay").format(
            number=number, amount=self._formats.money(owed_minor)
        )
        if not overdue_minor:
            return owed
        return self.tr("{owed}, {amount} overdue").format(owed=owed, amount=self._formats.money(overdue_minor))

    def _earns_text(self, units: int) -> str:
        if not units:
            return self.tr("no points yet")
        return f"+{points_text(units, self._formats)}"

    def _card_text(self, member: MemberFacts) -> str:
        number = self.tr("card \u2026{ending}").format(ending=member.card_number[-4:])
        return f"{class_name(member.card_class)} \u00b7 {number}" if member.card_class else number

    def _balance_text(self, member: MemberFacts) -> str:
        """What is not to be had yet, or not here, or is owed."""
        balance, formats = member.balance, self._formats
        if balance.overdraft_units:
            return self.tr("owes {points}").format(points=points_text(balance.overdraft_units, formats))
        if member.spendable_units < balance.available_units:
            return self.tr("{points} of them can be used here now").format(
                points=points_text(member.spendable_units, formats)
            )
        if not balance.pending_units:
            return ""
        points = points_text(balance.pending_units, formats)
        if balance.next_start_ms is None:
            return self.tr("and {points} pending").format(points=points)
        return self.tr("and {points} pending, first on {date}").format(
            points=points, date=formats.date(balance.next_start_ms)
        )

    def _expiry_text(self, balance: BalanceView) -> str:
        if balance.next_expiry_ms is None or not balance.next_expiry_units:
            return ""
        return self.tr("{points} expire after {date}").format(
            points=points_text(balance.next_expiry_units, self._formats),
            date=self._formats.last_day(balance.next_expiry_ms),
        )

    def _next_text(self, step: NextStep) -> str:
        amount, rate = self._formats.money(step.missing_minor), self._formats.percent(step.rate_bp)
        if step.on == "tier":
            return self.tr("{amount} more to {card_class}").format(
                amount=amount, card_class=class_name(step.card_class)
            )
        if step.card_class:
            return self.tr("{amount} more to {card_class}, {rate} %").format(
                amount=amount, card_class=class_name(step.card_class), rate=rate
            )
        if step.on == "receipt":
            return self.tr("{amount} more on this receipt for {rate} %").format(amount=amount, rate=rate)
        if step.on == "next_month":
            return self.tr("{amount} more this month for {rate} % next month").format(amount=amount, rate=rate)
        return self.tr("{amount} more for {rate} %").format(amount=amount, rate=rate)
