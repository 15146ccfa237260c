"""The goods that come back as a Qt model: what was bought, what is back, what comes back now."""

from ui.returns.screen import Row
from ui.sale.model import RowsModel, RowText


class ReturnsModel(RowsModel):
    """The lines of the receipt; or, without one, the goods that were scanned."""

    def _heading_texts(self) -> tuple[str, str, str, str, str]:
        return self.tr("No."), self.tr("Item"), self.tr("Bought"), self.tr("Back now"), self.tr("Refund")

    def _row_text(self, line: Row) -> RowText:
        formats = self.formats
        cells = (
            str(line.line_no),
            line.name,
            self._quantity(line, line.bought_milli),
            self._quantity(line, line.chosen_milli),
            formats.amount(line.refund_minor) if line.chosen_milli else "",
        )
        return RowText(cells, " \u00b7 ".join(self._details(line)))

    def _quantity(self, line: Row, quantity_milli: int) -> str:
        if not quantity_milli:
            return ""
        quantity = self.formats.quantity(quantity_milli)
        return self.tr("{weight} kg").format(weight=quantity) if line.sold_by_weight else quantity

    def _details(self, line: Row) -> list[str]:
        details = []
        if line.bought_milli and not line.left_milli:
            details.append(self.tr("all of it is back already"))
        elif line.back_milli:
            details.append(self.tr("{quantity} back already").format(quantity=self._quantity(line, line.back_milli)))
        if not line.bought_milli:
            details.append(self.tr("today {amount}").format(amount=self.formats.amount(line.price_minor)))
        return details
