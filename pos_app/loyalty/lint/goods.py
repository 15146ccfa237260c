"""Which goods a section means, as sets: what a programme does not name may be any product of the catalogue.

Exact for every catalogue: an attribute has the values that are named and at least one other, but for the class of product.
"""

from collections.abc import Sequence

from pos_app.loyalty.document import Goods
from pos_app.model.products import ProductClass

Names = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]
"""Classes of product, departments, categories and products."""

_CLASSES: frozenset[str] = frozenset(ProductClass) - {ProductClass.REGULATED}


def only(goods: Goods) -> Names:
    """What a section names; nothing at all where it is about all goods."""
    classes: frozenset[str] = frozenset(goods.only_product_classes)
    return classes, goods.only_departments, goods.only_categories, goods.only_products


def excluded(goods: Goods) -> Names:
    """What a section excludes."""
    classes: frozenset[str] = frozenset(goods.exclude_product_classes)
    return classes, goods.exclude_departments, goods.exclude_categories, goods.exclude_products


def means_some(goods: Goods) -> bool:
    """Whether a section means any goods that rules see.

    >>> means_some(Goods(only_categories=frozenset({"TEA"}), exclude_categories=frozenset({"TEA"})))
    False
    """
    return _exist(_needs(goods), excluded(goods))


def is_regulated_only(goods: Goods) -> bool:
    """Whether a section names regulated goods and nothing else."""
    return only(goods) == (frozenset({ProductClass.REGULATED}), frozenset(), frozenset(), frozenset())


def is_within(narrow: Goods, wide: Goods) -> bool:
    """Whether all goods of one section are goods of the other."""
    if any(excluded(wide)) and _exist([*_needs(narrow), excluded(wide)], excluded(narrow)):
        return False
    return not any(only(wide)) or not _exist(_needs(narrow), _both(excluded(narrow), only(wide)))


def meet(one: Goods, other: Goods) -> bool:
    """Whether some goods are meant by both sections."""
    return _exist([*_needs(one), *_needs(other)], _both(excluded(one), excluded(other)))


def _needs(goods: Goods) -> list[Names]:
    return [only(goods)] if any(only(goods)) else []


def _both(one: Names, other: Names) -> Names:
    return one[0] | other[0], one[1] | other[1], one[2] | other[2], one[3] | other[3]


def _exist(needs: Sequence[Names], without: Names) -> bool:
    """Whether goods can exist that have a name of each of up to two needs, and none of ``without``."""
    if without[0] >= _CLASSES:
        return False
    left = [
        [names - gone for names, gone in zip((need[0] & _CLASSES, *need[1:]), without, strict=True)] for need in needs
    ]
    if not all(any(names) for names in left):
        return False
    if len(left) <= 1:
        return True
    one, other = left
    return any(
        mine and theirs and (number != place or mine & theirs)
        for number, mine in enumerate(one)
        for place, theirs in enumerate(other)
    )
