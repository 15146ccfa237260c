"""What rules look at and only the till knows of a member."""

from typing import Any

import pytest

from pos_app.loyalty.document import Birthday, Bought, Caps, FixedCard, When
from pos_app.loyalty.knowing import counts_now, in_window, is_among, wanted_by
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import FIVE_PERCENT, line, preset, programme


def test_that_a_programme_without_such_rules_wants_nothing() -> None:
    wanted = wanted_by([programme(FIVE_PERCENT)])
    assert ({}, {}, {}, {}, ()) == (
        wanted.periods,
        wanted.tiers,
        wanted.birthdays,
        wanted.bought,
        wanted.counters,
    )


def test_that_conditions_sums_tiers_and_caps_are_found() -> None:
    names = ("dynamic-month", "tiers", "happy-hours", "follow-up-offer")
    wanted = wanted_by(preset(name) for name in names)
    assert {"dynamic-month": "previous_month"} == wanted.periods
    assert ["tiers"] == list(wanted.tiers)
    assert {"happy-hours/birthday": Birthday(before_days=3, after_days=3)} == wanted.birthdays
    assert {"follow-up-offer/baby": Bought(days=30, categories=frozenset({"NAPPIES"}))} == wanted.bought
    assert ["happy-hours/birthday:receipts_year"] == [one.name for one in wanted.counters]


def _counter(**caps: int) -> Any:
    rule = FixedCard(id="r", rates_bp={}, other_rate_bp=1, caps=Caps(**caps), when=When())
    (counter,) = wanted_by([programme(rule)]).counters
    return counter


@pytest.mark.parametrize(
    ("period", "used_on", "expected"),
    [
        ("day", "2026-03-05", True),
        ("day", "2026-03-04", False),
        ("month", "2026-03-31", True),
        ("month", "2025-03-05", False),
        ("year", "2026-12-31", True),
        ("year", "2025-12-31", False),
        ("ever", "1999-01-01", True),
    ],
)
def test_that_a_cap_counts_in_its_period(period: str, used_on: str, expected: bool) -> None:
    for name, counts_receipts in ((period, False), (f"receipts_{period}", True)):
        counter = _counter(**{name: 5})
        assert (f"p/r:{name}", counts_receipts) == (counter.name, counter.counts_receipts)
        assert expected == counts_now(counter, used_on=used_on, business_date="2026-03-05")


@pytest.mark.parametrize(
    ("birthday", "day", "expected"),
    [
        ("03-10", "2026-03-07", True),
        ("03-10", "2026-03-06", False),
        ("03-10", "2026-03-12", True),
        ("03-10", "2026-03-13", False),
        ("01-01", "2025-12-29", True),
        ("12-31", "2026-01-02", True),
        ("12-31", "2026-01-03", False),
        ("02-29", "2026-02-25", True),
        ("02-29", "2026-03-02", True),
        ("02-29", "2026-03-03", False),
        ("02-29", "2028-03-02", True),
        ("02-29", "2028-02-25", False),
        ("02-30", "2026-03-01", False),
    ],
)
def test_that_a_window_lies_around_the_birthday(birthday: str, day: str, expected: bool) -> None:
    """Three days before and two after it."""
    assert expected == in_window(Birthday(before_days=3, after_days=2), birthday, day)


@pytest.mark.parametrize("kind", ["departments", "categories", "products"])
def test_that_goods_are_named_by_department_category_or_code(kind: str) -> None:
    names = {"departments": "FOOD", "categories": "TEA", "products": "p1"}
    some, other = (Bought(days=1, **{kind: frozenset({name})}) for name in (names[kind], "ELSE"))
    assert is_among(some, line())
    assert not is_among(other, line())


def test_that_nobody_sees_that_regulated_goods_were_bought() -> None:
    bought = Bought(days=1, products=frozenset({"p1"}))
    assert not is_among(bought, line(product_class=ProductClass.REGULATED))
