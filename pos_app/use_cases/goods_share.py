"""What is back of a sale, and how much of a share goes with it. Pure."""

import msgspec

from pos_app.model.money import returned_share
from pos_app.protocol.events import SaleEvent


class GoodsShare(msgspec.Struct, frozen=True):
    """What is back of a sale: line number to quantity in thousandths, before this return and with it."""

    sale: SaleEvent
    before_milli: dict[int, int]
    after_milli: dict[int, int]

    def now(self, line_no: int, share: int) -> int:
        """What goes back now of a share of this line."""
        return self.after(line_no, share) - self.before(line_no, share)

    def before(self, line_no: int, share: int) -> int:
        """What was back of it before this return."""
        return self._share_of(share, line_no, self.before_milli)

    def after(self, line_no: int, share: int) -> int:
        """What is back of it with this return."""
        return self._share_of(share, line_no, self.after_milli)

    @property
    def was_whole(self) -> bool:
        """Whether everything was back before this return."""
        return self._is_whole(self.before_milli)

    @property
    def is_whole(self) -> bool:
        """Whether everything is back with this return."""
        return self._is_whole(self.after_milli)

    def _is_whole(self, returned_milli: dict[int, int]) -> bool:
        return all(returned_milli.get(line.line_no, 0) >= line.quantity_milli for line in self.sale.lines)

    def _share_of(self, share: int, line_no: int, returned_milli: dict[int, int]) -> int:
        return returned_share(
            share=share,
            units_returned=returned_milli.get(line_no, 0),
            units_sold=self.sale.lines[line_no - 1].quantity_milli,
            taken_before=0,
        )
