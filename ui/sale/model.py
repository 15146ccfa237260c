"""Lines as a Qt model over a tuple of frozen data. Text is made once a line, never in ``data``."""

from enum import IntEnum
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pos_app.model.products import ProductClass
from pos_app.model.receipts import SaleLine
from pos_app.use_cases.views import CouponLine
from ui.formats import Formats
from ui.sale.coupon_words import why_idle
from ui.sale.screen import Remark, Screen
from ui.sale.words import written

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns from left to right."""

    NUMBER = 0
    PRODUCT = 1
    QUANTITY = 2
    PRICE = 3
    AMOUNT = 4


class RowText(NamedTuple):
    """One line as it is drawn: a text a column, and the small print below the name.

    ``is_lower``: its amount is a discounted one. ``is_barred``: it cannot be sold like this.
    """

    cells: tuple[str, str, str, str, str]
    detail: str
    is_lower: bool = False
    is_barred: bool = False


class RowsModel(QAbstractTableModel):
    """Lines of one kind as rows of text. ``show`` says what changed and no more, so that a scan paints one row's worth of news."""

    def __init__(self, formats: Formats, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.formats = formats
        self._headings = self._heading_texts()
        self._lines: tuple[Any, ...] = ()
        self._texts: list[RowText] = []
        self.marked = -1

    def show(self, lines: tuple[Any, ...], marked: int) -> None:
        """Put these lines in place of the ones before; ``marked`` is a row, -1 for none."""
        before = self._lines
        kept = min(len(before), len(lines))
        changed = [row for row in range(kept) if lines[row] != before[row]]
        if len(lines) < len(before):
            self.beginRemoveRows(_ROOT, len(lines), len(before) - 1)
            self._put(lines, changed)
            self.endRemoveRows()
        elif len(lines) > len(before):
            self.beginInsertRows(_ROOT, len(before), len(lines) - 1)
            self._put(lines, changed)
            self.endInsertRows()
        else:
            self._put(lines, changed)
        self._mark(marked)
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], Column.AMOUNT))

    def _put(self, lines: tuple[Any, ...], changed: list[int]) -> None:
        self._lines = lines
        del self._texts[len(lines) :]
        for row in changed:
            self._texts[row] = self._row_text(lines[row])
        self._texts.extend(self._row_text(line) for line in lines[len(self._texts) :])

    def _mark(self, marked: int) -> None:
        if marked != self.marked:
            before, self.marked = self.marked, marked
            for row in (before, marked):
                if 0 <= row < len(self._lines):
                    self.dataChanged.emit(self.index(row, 0), self.index(row, Column.AMOUNT))

    def row_text(self, row: int) -> RowText:
        """What is drawn of one line."""
        return self._texts[row]

    def _heading_texts(self) -> tuple[str, str, str, str, str]:
        """The headings of the columns; each kind has its own, as the way to write a line."""
        raise NotImplementedError

    def _row_text(self, line: Any) -> RowText:
        raise NotImplementedError

    def rowCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802 - Qt's name
        """The number of lines."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802 - Qt's name
        """The number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """The text of a cell."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._texts[index.row()].cells[index.column()]

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The heading of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == Column.PRODUCT else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return self._headings[section] if role == Qt.ItemDataRole.DisplayRole else None


class Row(NamedTuple):
    """A line of the basket and what is to be said of it."""

    line: SaleLine
    remark: Remark


_NO_REMARK = Remark()


def rows_of(screen: Screen) -> tuple[Row | CouponLine, ...]:
    """The basket of a screen as rows: the lines, then the coupons."""
    lines = (Row(line, screen.remarks.get(line.line_no, _NO_REMARK)) for line in screen.lines)
    return (*lines, *screen.coupons)


class LinesModel(RowsModel):
    """The lines of the basket."""

    def _heading_texts(self) -> tuple[str, str, str, str, str]:
        return self.tr("No."), self.tr("Item"), self.tr("Quantity"), self.tr("Price"), self.tr("Amount")

    def _row_text(self, row: Row | CouponLine) -> RowText:
        if isinstance(row, CouponLine):
            return self._coupon_text(row)
        line, remark = row
        formats = self.formats
        quantity = formats.quantity(line.quantity_milli)
        if line.sold_by_weight:
            quantity = self.tr("{weight} kg").format(weight=quantity)
        price = formats.amount(line.unit_price_minor) if line.unit_price_minor else ""
        cells = (str(line.line_no), line.name, quantity, price, formats.amount(line.amount_minor))
        if remark.is_locked:
            return RowText(cells, self.tr("Not for this customer"), is_barred=True)
        return RowText(cells, " \u00b7 ".join(self._details(line, remark)), is_lower=bool(remark.off_minor))

    def _coupon_text(self, coupon: CouponLine) -> RowText:
        name = self.tr("Coupon {coupon}").format(coupon=coupon.coupon_id)
        off = self.formats.amount(-coupon.off_minor) if coupon.off_minor else ""
        details = [coupon.name]
        if not coupon.gives:
            values = {} if coupon.reason is None else written(coupon.reason.values, self.formats)
            details.append(why_idle(coupon).format(**values))
        return RowText(
            ("%", name, "", "", off), " \u00b7 ".join(details), is_lower=bool(off), is_barred=not coupon.gives
        )

    def _details(self, line: SaleLine, remark: Remark) -> list[str]:
        formats = self.formats
        details = []
        if line.batch:
            details.append(self.tr("batch {batch}").format(batch=line.batch))
        if line.unit_price_minor and line.amount_minor != line.list_minor:
            details.append(self.tr("list price {amount}").format(amount=formats.amount(line.list_minor)))
        details += (f"{name} {formats.amount(-minor)}" for name, minor in remark.off_minor)
        if line.burn_minor:
            details.append(self.tr("points {amount}").format(amount=formats.amount(-line.burn_minor)))
        if line.product_class is ProductClass.REGULATED:
            details.append(self.tr("regulated: no points"))
        return details
