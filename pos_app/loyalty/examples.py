"""A short way to say a receipt, for the worked examples of the rules."""

from pos_app.loyalty.goods_kinds import GoodsKind
from pos_app.loyalty.rating import Receipt
from pos_app.model.evaluation import EngineInput, EngineLine, MemberContext
from pos_app.model.products import ProductClass


def receipt_of(
    amounts_minor: list[int], *, card_class: str = "", accumulators: dict[str, int] | None = None
) -> Receipt:
    """A member's receipt with a line of general goods for each amount, all paid by money."""
    lines = [
        EngineLine(number, f"p{number}", ProductClass.GENERAL, "", "FOOD", "TEA", 1000, amount_minor)
        for number, amount_minor in enumerate(amounts_minor, start=1)
    ]
    member = MemberContext("a-1", card_class, accumulators or {}, receipts_before=4, spendable_units=0)
    engine_input = EngineInput(2, "", 2, 0, 0, "UTC", "2026-07-01", tuple(lines), member)
    return Receipt(engine_input, lines, [GoodsKind(line) for line in lines], amounts_minor)
