"""Kinds of goods: what rules do not tell apart is one kind, and what is said of a kind is asked for once."""

import msgspec
import pytest

from pos_app.loyalty import goods_kinds
from pos_app.loyalty.goods_kinds import ByGoods, GoodsKinds
from pos_app.model.evaluation import EngineLine
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line


def test_that_lines_that_no_rule_tells_apart_are_of_one_kind() -> None:
    kinds = GoodsKinds(by_product=False)
    milk, other_price = line(1, 100), line(2, 900)
    first, second = kinds.of_lines([milk, other_price])
    assert first is second
    assert [first] == kinds.of_lines([msgspec.structs.replace(milk, product_code="another")])


@pytest.mark.parametrize(
    "other",
    [
        {"product_class": ProductClass.MEDICINE},
        {"band": "3"},
        {"department": "OTHER"},
        {"category": "OTHER"},
        {"margin_floor_percent": 7},
    ],
    ids=str,
)
def test_that_whatever_a_rule_may_name_makes_another_kind(other: dict[str, object]) -> None:
    first, second = GoodsKinds(by_product=False).of_lines([line(1), msgspec.structs.replace(line(1), **other)])
    assert first is not second


def test_that_products_are_told_apart_where_a_rule_names_some() -> None:
    kinds = GoodsKinds(by_product=True)
    one, other = line(1), msgspec.structs.replace(line(1), product_code="another")
    first, second, again = kinds.of_lines([one, other, one])
    assert first is again
    assert first is not second


def test_that_a_kind_is_asked_about_once() -> None:
    asked: list[int] = []

    def price(one: EngineLine) -> int:
        asked.append(one.amount_minor)
        return one.amount_minor

    (kind,) = GoodsKinds(by_product=False).of_lines([line(1, 100)])
    said = ByGoods(price)
    assert [100, 100] == [said[kind], said[kind]]
    assert [100] == asked


def test_that_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goods_kinds, "KINDS_MAX", 2)
    kinds = GoodsKinds(by_product=False)
    lines = [line(number, number, category=f"c{number}") for number in range(1, 6)]
    said = ByGoods(lambda one: one.category)
    for _ in range(2):
        assert ["c1", "c2", "c3", "c4", "c5"] == [said[kind] for kind in kinds.of_lines(lines)]
    assert len(said) <= 2
