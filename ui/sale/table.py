"""The basket on the screen: a table that draws two-line rows, marks one, and says when it has been painted."""

from functools import lru_cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ui.sale.model import Column, RowsModel, RowText
from ui.theme import tokens
from ui.theme.fonts import font, font_within
from ui.theme.tokens import Role
from ui.widgets import label

_PADDING = 14
_MARK_WIDTH = 5
_HEADER_HEIGHT = 40
WIDTHS = {Column.NUMBER: 56, Column.QUANTITY: 118, Column.PRICE: 122, Column.AMOUNT: 136}
"""Of every column but the one that takes the rest."""
_ROLES = {
    Column.NUMBER: Role.SMALL,
    Column.QUANTITY: Role.BODY,
    Column.PRICE: Role.BODY,
    Column.AMOUNT: Role.BODY_STRONG,
}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class LineDelegate(QStyledItemDelegate):
    """Draws a cell straight from the model's text: a style sheet or an option per cell would cost more than the scan itself."""

    def __init__(self, model: RowsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._ink, self._soft = QColor(tokens.INK), QColor(tokens.INK_SOFT)
        self._attention = QColor(tokens.ATTENTION)
        self._tint, self._accent, self._rule = (
            QColor(tokens.ACCENT_TINT),
            QColor(tokens.ACCENT),
            QColor(tokens.RULE_SOFT),
        )

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell."""
        row, column = index.row(), Column(index.column())
        rect: QRect = option.rect
        if row == self._model.marked:
            painter.fillRect(rect, self._tint)
            if column is Column.NUMBER:
                painter.fillRect(rect.left(), rect.top(), _MARK_WIDTH, rect.height(), self._accent)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self._rule)
        text = self._model.row_text(row)
        inner = rect.adjusted(_PADDING, 0, -_PADDING, 0)
        if column is Column.PRODUCT:
            self._draw_product(painter, inner, text)
            return
        painter.setFont(font_within(_ROLES[column], text.cells[column], inner.width()))
        painter.setPen(self._pen_of(column, text))
        painter.drawText(inner, _RIGHT, text.cells[column])

    def _pen_of(self, column: Column, text: RowText) -> QColor:
        if column is not Column.AMOUNT:
            return self._soft
        if text.is_barred:
            return self._attention
        return self._accent if text.is_lower else self._ink

    def _draw_product(self, painter: QPainter, inner: QRect, text: RowText) -> None:
        name, detail = text.cells[Column.PRODUCT], text.detail
        painter.setFont(font(Role.BODY_STRONG))
        painter.setPen(self._ink)
        name_rect = inner.adjusted(0, 4, 0, -inner.height() // 2 + 4) if detail else inner
        painter.drawText(name_rect, _LEFT, _fitted(Role.BODY_STRONG, name, inner.width()))
        if detail:
            painter.setFont(font(Role.FINE))
            painter.setPen(self._attention if text.is_barred else self._soft)
            detail_rect = inner.adjusted(0, inner.height() // 2 + 2, 0, -4)
            painter.drawText(detail_rect, _LEFT, _fitted(Role.FINE, detail, inner.width()))


@lru_cache(maxsize=1024)
def _fitted(role: Role, text: str, width: int) -> str:
    """The text as it fits; a row is painted many times and measured once."""
    return QFontMetrics(font(role)).elidedText(text, Qt.TextElideMode.ElideRight, width)


class LinesTable(QTableView):
    """The basket. ``line_painted`` is emitted at the end of each paint event: what was shown before is on the screen then."""

    line_painted = Signal()
    row_touched = Signal(int)

    def __init__(self, model: RowsModel, parent: QWidget | None = None, *, invitation: str = "") -> None:
        super().__init__(parent)
        self._lines = model
        self.setModel(model)
        self.setItemDelegate(LineDelegate(model, self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._set_sections()
        # A child and not painted: to ask for the viewport costs 15 ms at the start, for Qt's types that come with it.
        self._invitation = label(Role.HEADING, name="pale", text=invitation or self.tr("Scan the first item"))
        self._invitation.setParent(self)
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(self._touch)

    def _set_sections(self) -> None:
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(tokens.ROW_HEIGHT)
        columns = self.horizontalHeader()
        columns.setFont(font(Role.SMALL))
        columns.setFixedHeight(_HEADER_HEIGHT)
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        for column in Column:
            is_stretched = column is Column.PRODUCT
            mode = QHeaderView.ResizeMode.Stretch if is_stretched else QHeaderView.ResizeMode.Fixed
            columns.setSectionResizeMode(column, mode)
            if not is_stretched:
                columns.resizeSection(column, WIDTHS[column])

    def reveal(self, row: int) -> None:
        """Scroll as little as needed to see a row."""
        top = self.rowViewportPosition(row)
        room = self.height() - _HEADER_HEIGHT
        if row < 0 or 0 <= top <= room - tokens.ROW_HEIGHT:
            return
        if row == self._lines.rowCount() - 1:
            self.scrollToBottom()  # unlike scrollTo it knows of a row that has just come
        else:
            self.scrollTo(self._lines.index(row, 0))

    def show_invitation(self) -> None:
        """An empty basket says what to do; the first line takes the place."""
        self._invitation.setVisible(not self._lines.rowCount())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the invitation in the middle."""
        super().resizeEvent(event)
        self._invitation.setGeometry(0, _HEADER_HEIGHT, self.width(), self.height() - _HEADER_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the viewport, then say so."""
        super().paintEvent(event)
        self.line_painted.emit()

    def _touch(self, index: QModelIndex) -> None:
        self.row_touched.emit(index.row())
