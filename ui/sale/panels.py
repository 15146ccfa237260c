"""The panels at the side: they open where the member's panel was, never as a window of their own, and hold what is typed."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from pos_app.model.receipts import PaymentKind
from pos_app.use_cases.quoting import Tender
from ui.formats import Formats
from ui.keys import Command
from ui.sale.screen import BurnPanel, CardPanel, CashPanel, EnrolPanel, ForeignPanel, VoidPanel
from ui.sale.words import class_name, limit_text, points_text
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import Field, KeyButton, TextLine, label


class SidePanel(QFrame):
    """A panel with a heading, a body, and at its foot the keys that close it."""

    asked = Signal(object)
    takes_arrows = False
    """Whether Up and Down are commands here, and do not only move the cursor."""
    keeps_entry = False
    """Whether the cursor stays in the entry of the screen, and every key does there what it always does."""

    def __init__(self, formats: Formats, heading: str) -> None:
        super().__init__()
        self.formats = formats
        self.fields: tuple[Field, ...] = ()
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(20, 18, 20, 18)
        self._outer.setSpacing(tokens.SPACE)
        self._outer.addWidget(label(Role.HEADING, text=heading))
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        self._outer.addLayout(self.body)
        self._outer.addStretch()

    def show_panel(self, panel: Any) -> None:
        """Show a panel of this kind; each kind has its own."""
        raise NotImplementedError

    def fill_with_body(self) -> None:
        """Give the body all the room that there is."""
        self._outer.setStretchFactor(self.body, 1)

    def add_field(self, caption: str, field: Field) -> Field:
        """A field below its caption."""
        self.body.addWidget(label(Role.SMALL, name="soft", text=caption))
        self.body.addWidget(field)
        self.fields += (field,)
        return field

    def add_keys(self, *buttons: KeyButton) -> None:
        """The keys at the foot."""
        foot = QHBoxLayout()
        foot.setSpacing(tokens.SPACE)
        for button in buttons:
            button.asked.connect(self.asked)
            foot.addWidget(button, 2 if button.objectName() == "primary" else 1)
        self._outer.addLayout(foot)

    def typed(self) -> tuple[str, str, str]:
        """What stands in the fields that are to be seen."""
        first, second, third, *_ = [*(field.text() for field in self._open_fields()), "", "", ""]
        return first, second, third

    def clear(self) -> None:
        """Empty the fields, for the next time."""
        for field in self.fields:
            field.clear()

    def retry(self) -> None:
        """What was typed was refused: select it, to be typed again."""
        for field in self.fields:
            if field.hasFocus():
                field.selectAll()

    def take_focus(self) -> None:
        """Put the cursor where typing begins."""
        target = self.fields[0] if self.fields else self
        target.setFocus()

    def step_focus(self, step: int) -> None:
        """Move the cursor to the field above or below."""
        fields = self._open_fields()
        focused = [number for number, field in enumerate(fields) if field.hasFocus()]
        if focused and 0 <= focused[0] + step < len(fields):
            fields[focused[0] + step].setFocus()

    def _open_fields(self) -> list[Field]:
        return [field for field in self.fields if not field.isHidden()]


class BurnPanelView(SidePanel):
    """Points to burn."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Use points"))
        self._suggested = ""
        self._most = TextLine(Role.FIGURE, is_figure=True)
        self._worth = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        self._limit = label(Role.SMALL, name="soft", wraps=True)
        self._limit.setMinimumHeight(42)
        self._caption = TextLine(Role.SMALL, colour=tokens.INK_SOFT)
        for widget in (self._caption, self._most, self._worth, self._limit):
            self.body.addWidget(widget)
        self.body.addSpacing(tokens.SPACE)
        self.add_field(self.tr("Points to use; 0 for none"), Field(takes_star=False, length_max=16))
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")),
            KeyButton(Command.POINTS, self.tr("Rewards")),
            KeyButton(Command.CONFIRM, self.tr("Use them"), is_primary=True),
        )

    def show_panel(self, panel: BurnPanel) -> None:
        """Show the most that can be burned and why, and suggest a number where there is one."""
        self._most.setText(points_text(panel.burnable_units, self.formats))
        self._worth.setText(self.tr("worth {amount}").format(amount=self.formats.money(panel.burnable_worth_minor)))
        self._limit.setText(limit_text(panel.limit, self.formats))
        balance = points_text(panel.balance_units, self.formats)
        self._caption.setText(self.tr("Of {balance}, at most on this sale").format(balance=balance))
        self._suggested = panel.suggested
        self.retry()

    def retry(self) -> None:
        """Suggest what fits in place of what was typed."""
        self.fields[0].setText(self._suggested)
        self.fields[0].selectAll()


class EnrolPanelView(SidePanel):
    """A fresh card. Enter enrols it at once; what can be typed may stay empty."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("New card"))
        self._card = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        self.body.addWidget(self._card)
        self._hint = label(
            Role.SMALL, name="soft", text=self.tr("Enter enrols it now. Name and phone can wait."), wraps=True
        )
        self.body.addWidget(self._hint)
        self.body.addSpacing(tokens.SPACE)
        self.add_field(self.tr("Name (optional)"), Field(length_max=80))
        self.add_field(self.tr("Phone (optional)"), Field(length_max=20))
        self._friend_caption = label(Role.SMALL, name="soft", text=self.tr("Brought by (scan or type that card)"))
        self.body.addWidget(self._friend_caption)
        self._friend = Field(length_max=32)
        self._friend_shown = ""
        self.body.addWidget(self._friend)
        self.fields += (self._friend,)
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Without it")),
            KeyButton(Command.CONFIRM, self.tr("Enrol"), is_primary=True),
        )

    def show_panel(self, panel: EnrolPanel) -> None:
        """Show which card it is, and who brought its member where that matters."""
        parts = (panel.card_number, class_name(panel.card_class))
        self._card.setText(" \u00b7 ".join(part for part in parts if part))
        for widget in (self._friend_caption, self._friend):
            widget.setVisible(panel.brought_by is not None)
        # There is no room for both.
        self._hint.setVisible(panel.brought_by is None)
        # Shown again for another reason, it keeps what was typed over it.
        brought_by = panel.brought_by or ""
        if brought_by != self._friend_shown:
            self._friend.setText(brought_by)
        self._friend_shown = brought_by


class CashPanelView(SidePanel):
    """Cash. Enter alone is the exact amount; the change shows while the amount is typed."""

    typed_cash = Signal(str)

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Cash"))
        self._tenders = _TenderLines()
        self._due = TextLine(Role.BODY)
        self.body.addLayout(self._tenders.column)
        self.body.addWidget(self._due)
        field = self.add_field(self.tr("Given; Enter alone: the exact amount"), Field(takes_star=False, length_max=20))
        field.textEdited.connect(self.typed_cash)
        self.body.addSpacing(tokens.SPACE)
        self._caption = label(Role.SMALL, name="soft", text=self.tr("Change"))
        self._change = TextLine(Role.TOTAL, colour=tokens.ACCENT, is_figure=True)
        self.body.addWidget(self._caption)
        self.body.addWidget(self._change)
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Paid"), is_primary=True)
        )

    def show_panel(self, panel: CashPanel) -> None:
        """Show what is due and the change that the typed amount gives."""
        self._tenders.show(panel.tenders, self.formats, self.tr("Card"), self.tr("In parts"))
        self._due.setText(self.tr("Due in cash: {amount}").format(amount=self.formats.money(panel.due_minor)))
        self._change.setText("" if panel.change_minor is None else self.formats.money(panel.change_minor))
        self._caption.setVisible(panel.change_minor is not None)


class CardPanelView(SidePanel):
    """A card payment: the amount, all that is left unless another is typed, and the terminal's reference."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Card"))
        self._tenders = _TenderLines()
        self.body.addLayout(self._tenders.column)
        self.add_field(self.tr("Amount; less than the total leaves a rest"), Field(takes_star=False, length_max=20))
        self.add_field(self.tr("Reference on the terminal's slip"), Field(length_max=32))
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Paid"), is_primary=True)
        )

    def show_panel(self, panel: CardPanel) -> None:
        """Show what is paid already, and suggest all that is left."""
        self._tenders.show(panel.tenders, self.formats, self.tr("Card"), self.tr("In parts"))
        self.fields[0].setText(panel.suggested)

    def take_focus(self) -> None:
        """The amount stands there already: typing begins at the reference."""
        self.fields[0].selectAll()
        self.fields[1].setFocus()


class ForeignPanelView(SidePanel):
    """Beside a fiscal till: what to key there, and which receipt it printed."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("At the fiscal till"))
        self._deduct_caption = label(Role.BODY_STRONG, text=self.tr("Key as a discount"))
        self._deduct = TextLine(Role.TOTAL, colour=tokens.ACCENT, is_figure=True)
        self._to_pay = TextLine(Role.BODY)
        for widget in (self._deduct_caption, self._deduct, self._to_pay):
            self.body.addWidget(widget)
        self.body.addSpacing(tokens.SPACE)
        self.add_field(self.tr("Number of the fiscal receipt"), Field(length_max=40))
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Finish"), is_primary=True)
        )

    def show_panel(self, panel: ForeignPanel) -> None:
        """Show the discount to key, if there is any."""
        formats = self.formats
        self._deduct_caption.setText(
            self.tr("Key as a discount") if panel.deduct_minor else self.tr("No discount to key")
        )
        self._deduct.setText(formats.money(panel.deduct_minor) if panel.deduct_minor else "")
        self._to_pay.setText(self.tr("It then asks for {amount}.").format(amount=formats.money(panel.to_pay_minor)))


class VoidPanelView(SidePanel):
    """Dropping the whole basket takes a second key, and not the one that a keyboard scanner sends."""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Drop the whole basket?"))
        self._count = label(Role.BODY, name="soft", wraps=True)
        self._count.setMinimumHeight(56)
        self.body.addWidget(self._count)
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Keep it")), KeyButton(Command.REMOVE, self.tr("Drop it"), is_primary=True)
        )

    def show_panel(self, panel: VoidPanel) -> None:
        """Show how much would be dropped."""
        self._count.setText(self.tr("%n line(s) and the card are taken off. Nothing is booked.", "", panel.line_count))


class _TenderLines:
    """What was paid already, one line each."""

    def __init__(self) -> None:
        self.column = QVBoxLayout()
        self.column.setSpacing(2)
        self._labels: list[QLabel] = []

    def show(self, tenders: Sequence[Tender], formats: Formats, card_name: str, parts_name: str) -> None:
        while len(self._labels) < len(tenders):
            made = label(Role.BODY_STRONG, name="accent")
            self._labels.append(made)
            self.column.addWidget(made)
        for number, each in enumerate(self._labels):
            each.setVisible(number < len(tenders))
        for each, tender in zip(self._labels, tenders, strict=False):
            paid = f"{card_name} {formats.money(tender.given_minor)} \u00b7 {tender.reference}"
            is_lent = tender.kind is PaymentKind.INSTALMENTS
            each.setText(f"{parts_name} {formats.money(tender.given_minor)}" if is_lent else paid)
