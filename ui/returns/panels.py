"""What stands at the side while goods come back: the points that go with them, the money, and the last question."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui.formats import Formats
from ui.keys import Command
from ui.returns.screen import Done, Figures, GivePanel, Unknown
from ui.returns.words import unknown_sentences
from ui.sale.panels import SidePanel
from ui.sale.words import points_text
from ui.theme import tokens
from ui.theme.tokens import Role
from ui.widgets import Field, KeyButton, TextLine, card, label


class PointsTexts(QWidget):
    """What a return does to the member's points, a sentence each; nothing that does not happen is mentioned."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._labels = [label(Role.BODY, wraps=True) for _ in range(6)]
        for each in self._labels:
            self._column.addWidget(each)

    def show_figures(self, figures: Figures) -> None:
        """Put these figures in place of the ones before."""
        texts = self.texts(figures)
        for number, each in enumerate(self._labels):
            each.setText(texts[number] if number < len(texts) else "")
            each.setVisible(number < len(texts))

    def texts(self, figures: Figures) -> list[str]:
        """The sentences."""
        if figures.is_unseen:
            if figures.is_settled_later:
                return [self.tr("Points are not touched now. Headquarters settles them when it has the sale.")]
            return [self.tr("Points are not touched.")]
        points = [
            (figures.restored_units, self.tr("{points} come back to the member: they paid for these goods.")),
            (figures.clawed_back_units, self.tr("{points} are taken back: these goods earned them.")),
            (figures.lapsed_units, self.tr("{points} of these had expired: nobody owes them.")),
            (figures.forgiven_units, self.tr("{points} of these were spent already: they are forgiven.")),
            (
                figures.overdraft_units,
                self.tr("{points} of these were spent already: they are owed, and the next points repay them."),
            ),
            (
                figures.reclaimed_units,
                self.tr("{points} of those that come back are taken: an earlier return of this receipt forgave them."),
            ),
        ]
        texts = [text.format(points=points_text(units, self._formats)) for units, text in points if units]
        if figures.lowered_minor:
            lowered = self.tr("{amount} is taken off the contract: it was not paid yet.")
            texts.insert(0, lowered.format(amount=self._formats.money(figures.lowered_minor)))
        if texts and not figures.knows_account:
            texts.append(self.tr("The member is not known at this till: headquarters books the points."))
        return texts


class FiguresPanel(QFrame):
    """The points that go with what is chosen."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(tokens.SPACE)
        column.addWidget(label(Role.HEADING, text=self.tr("Points")))
        self._points = PointsTexts(formats)
        self._none = label(Role.BODY, name="soft", wraps=True)
        column.addWidget(self._points)
        column.addWidget(self._none)
        column.addStretch()

    def show_figures(self, figures: Figures) -> None:
        """Put these figures in place of the ones before."""
        self._points.show_figures(figures)
        has_points = bool(self._points.texts(figures))
        self._none.setVisible(not has_points)
        self._none.setText(self._words(figures))

    def _words(self, figures: Figures) -> str:
        if not figures.has_receipt:
            return self.tr("The receipt knows whose points they are: no card is needed.")
        if figures.has_goods:
            return self.tr("No points go with these goods.")
        return self.tr("Choose what comes back: scan the goods, or press Enter on a line.")


class MoneyBox(QWidget):
    """What is to be given back, in letters that can be read across the counter."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats
        frame, column = card(spacing=0)
        self._way = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        self._amount = TextLine(Role.TOTAL, align=Qt.AlignmentFlag.AlignRight, is_figure=True)
        column.addWidget(label(Role.HEADING, text=self.tr("To give back")))
        column.addWidget(self._way)
        column.addWidget(self._amount)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_figures(self, figures: Figures) -> None:
        """Put these figures in place of the ones before."""
        self._amount.setText(self._formats.money(figures.paid_back_minor))
        self._way.setText(self.tr("It was paid by card: F10") if figures.by_card else "")


class GivePanelView(SidePanel):
    """The last question before it is booked: was the money given?"""

    def __init__(self, formats: Formats) -> None:
        super().__init__(formats, self.tr("Give back"))
        self._how = label(Role.BODY_STRONG, wraps=True)
        self._amount = TextLine(Role.TOTAL, colour=tokens.ACCENT, is_figure=True)
        self.body.addWidget(self._how)
        self.body.addWidget(self._amount)
        self.body.addSpacing(tokens.SPACE)
        self._caption = label(Role.SMALL, name="soft", text=self.tr("Reference on the terminal's slip"))
        self._reference = Field(length_max=32)
        self.body.addWidget(self._caption)
        self.body.addWidget(self._reference)
        self.add_keys(
            KeyButton(Command.BACK, self.tr("Back")), KeyButton(Command.CONFIRM, self.tr("Given back"), is_primary=True)
        )

    def show_panel(self, panel: GivePanel) -> None:
        """Show how much, and which way."""
        if panel.is_beside:
            how = self.tr("Take the goods back at the fiscal till too.")
        elif panel.by_card:
            how = self.tr("Put it back on the card at the terminal, then type its reference.")
        else:
            how = self.tr("In cash")
        self._how.setText(how)
        self._amount.setText(self.formats.money(panel.amount_minor))
        self.fields = (self._reference,) if panel.by_card else ()
        self._caption.setVisible(panel.by_card)
        self._reference.setVisible(panel.by_card)


class UnknownPage(QWidget):
    """A receipt that nobody can show: what happened, what is safe, what can be done."""

    def __init__(self) -> None:
        super().__init__()
        frame, column = card(spacing=10)
        column.setContentsMargins(40, 32, 40, 32)
        self._what = label(Role.TITLE, name="error", wraps=True)
        self._number = label(Role.BODY_STRONG, name="code")
        self._number.setContentsMargins(10, 4, 10, 4)
        self._todo = label(Role.HEADING, wraps=True)
        self._safe = label(Role.BODY, name="soft", wraps=True)
        unseen = self.tr("F5 takes the goods back without it, if a manager allows that.")
        column.addWidget(self._what)
        column.addWidget(self._number, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._todo)
        column.addWidget(self._safe)
        column.addSpacing(tokens.SPACE)
        column.addWidget(label(Role.BODY, text=unseen, wraps=True))
        self._back = label(Role.BODY_STRONG, name="error", wraps=True)
        column.addWidget(self._back)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_unknown(self, unknown: Unknown) -> None:
        """Show which receipt, and why."""
        sentences = unknown_sentences(unknown.word)
        self._what.setText(sentences.what)
        self._number.setText(unknown.number)
        self._safe.setText(sentences.safe)
        self._todo.setText(sentences.todo)
        self._back.setVisible(bool(unknown.back))
        self._back.setText(self.tr("Came back with this number before: {goods}.").format(goods=unknown.back))


class AskPage(QWidget):
    """Which receipt?"""

    def __init__(self) -> None:
        super().__init__()
        frame, column = card(spacing=10)
        heading = label(Role.TITLE, text=self.tr("Goods come back"))
        self._text = label(Role.HEADING, name="pale")
        column.addStretch()
        for each in (heading, self._text):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(each)
        column.addStretch()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_asking(self, *, is_looking: bool) -> None:
        """Ask for the receipt, or say that it is being looked up."""
        self._text.setText(
            self.tr("Looking the receipt up\u2026") if is_looking else self.tr("Scan the receipt, or type its number")
        )


class DonePage(QWidget):
    """What the cashier gives and says; it stays until something is scanned."""

    def __init__(self, formats: Formats) -> None:
        super().__init__()
        self._formats = formats
        frame, column = card(spacing=4)
        column.setContentsMargins(40, 32, 40, 32)
        self._caption = label(Role.TITLE)
        self._figure = TextLine(Role.HUGE, is_figure=True)
        self._points = PointsTexts(formats)
        self._number = TextLine(Role.BODY, colour=tokens.INK_SOFT)
        hint = label(Role.BODY, name="soft", text=self.tr("The next scan begins the next sale."), wraps=True)
        column.addWidget(label(Role.HEADING, name="accent", text=self.tr("Saved")))
        column.addWidget(self._caption)
        column.addWidget(self._figure)
        column.addStretch()
        column.addWidget(self._points)
        column.addWidget(self._number)
        column.addWidget(hint)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def show_done(self, done: Done) -> None:
        """Show this return."""
        self._caption.setText(self.tr("Back to the card") if done.by_card else self.tr("To give back"))
        self._figure.setText(self._formats.money(done.figures.paid_back_minor))
        self._points.show_figures(done.figures)
        self._number.setText(self.tr("Receipt {number}").format(number=done.receipt_number))
