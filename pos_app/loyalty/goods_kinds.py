"""Kinds of goods, as the rules of a plan tell them apart, and what is remembered about them."""

from collections.abc import Callable
from typing import TypeVar

from pos_app.model.evaluation import EngineLine

KINDS_MAX = 20_000
"""So many kinds of goods are remembered; then it begins anew."""

Said = TypeVar("Said")
_Name = tuple[str | int | None, ...]


class GoodsKind:
    """Goods that no rule tells apart: whatever a rule says of ``line`` it says of all of them. It is known by itself, not by its line."""

    __slots__ = ("line",)

    def __init__(self, line: EngineLine) -> None:
        self.line = line


class GoodsKinds:
    """The kinds that goods are of. ``by_product``: some rule names single products, so goods are told apart by their code too."""

    __slots__ = ("_by_product", "_known")

    def __init__(self, *, by_product: bool) -> None:
        self._by_product = by_product
        self._known: dict[_Name, GoodsKind] = {}

    def of_lines(self, lines: list[EngineLine]) -> list[GoodsKind]:
        """The kind of every line's goods."""
        known = self._known
        try:
            if self._by_product:
                return [known[_name_by_product(line)] for line in lines]
            # A class's plain text hashes quicker than the class.
            return [
                known[line.product_class._value_, line.band, line.department, line.category, line.margin_floor_percent]
                for line in lines
            ]
        except KeyError:
            return [self._learned(line) for line in lines]

    def _learned(self, line: EngineLine) -> GoodsKind:
        name = _name_by_product(line) if self._by_product else _name_by_product(line)[:-1]
        if name not in self._known and len(self._known) >= KINDS_MAX:
            self._known.clear()
        return self._known.setdefault(name, GoodsKind(line))


def _name_by_product(line: EngineLine) -> _Name:
    return (
        line.product_class._value_,
        line.band,
        line.department,
        line.category,
        line.margin_floor_percent,
        line.product_code,
    )


class ByGoods(dict[GoodsKind, Said]):
    """What is said of each kind of goods: it is asked for once, and then remembered."""

    __slots__ = ("_say",)

    def __init__(self, say: Callable[[EngineLine], Said]) -> None:
        super().__init__()
        self._say = say

    def __missing__(self, kind: GoodsKind) -> Said:
        if len(self) >= KINDS_MAX:
            self.clear()
        said = self[kind] = self._say(kind.line)
        return said
