"""Goods, days and hours as sets, compared with trying every one."""

from datetime import date, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pos_app.loyalty.conditions import rests
from pos_app.loyalty.document import Dates, Goods, Hours, Percent, When
from pos_app.loyalty.lint.goods import is_within, means_some, meet
from pos_app.loyalty.lint.times import are_within, common, days_of, has_some_day, minutes_of
from pos_app.loyalty.rating import is_meant
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import line, programme
from tests.pos_app.loyalty.strategies import any_speed

CATALOGUE = [
    line(code=code, product_class=product_class, department=department, category=category)
    for product_class, department, category, code in product(
        set(ProductClass) - {ProductClass.REGULATED}, ["F", "D", "other"], ["T", "S", "other"], ["1", "2", "other"]
    )
]
names = st.frozensets(st.sampled_from(["F", "D"]), max_size=2)
sections = st.builds(
    Goods,
    only_product_classes=st.just(frozenset()) | st.frozensets(st.sampled_from(ProductClass), max_size=3),
    exclude_product_classes=st.just(frozenset()) | st.frozensets(st.sampled_from(ProductClass), max_size=3),
    only_departments=st.just(frozenset()) | names,
    exclude_departments=names,
    only_categories=st.just(frozenset()) | st.frozensets(st.sampled_from(["T", "S"])),
    exclude_categories=st.frozensets(st.sampled_from(["T", "S"])),
    only_products=st.just(frozenset()) | st.frozensets(st.sampled_from(["1", "2"])),
    exclude_products=st.frozensets(st.sampled_from(["1", "2"])),
)


def meant(goods: Goods) -> set[int]:
    return {number for number, one in enumerate(CATALOGUE) if is_meant(goods, one)}


@any_speed
@given(sections, sections)
def test_that_goods_are_reasoned_about_as_a_whole_catalogue_would_say(one: Goods, other: Goods) -> None:
    mine, theirs = meant(one), meant(other)
    assert (bool(mine), mine <= theirs, bool(mine & theirs)) == (
        means_some(one),
        is_within(one, other),
        meet(one, other),
    )


FIRST = date(2026, 6, 20)
moments = st.integers(0, 60).map(lambda days: FIRST + timedelta(days=days))
windows = st.tuples(moments, moments).map(lambda pair: Dates(begin=min(pair), end=max(pair)))
whens = st.builds(
    When,
    weekdays=st.frozensets(st.sampled_from(["mon", "tue", "sun"]), max_size=2),
    holidays=st.just(frozenset()) | st.frozensets(st.sampled_from(["07-01", "07-04", "02-30"]), max_size=2),
    dates=st.lists(windows, min_size=1, max_size=3).map(tuple),
)


def days(when: When) -> set[date]:
    rule = Percent(id="a", rate_bp=1, when=when)
    every = (FIRST + timedelta(days=number) for number in range(70))
    return {day for day in every if rests(rule, business_date=day.isoformat(), store_id="") is None}


@any_speed
@given(whens, whens)
def test_that_days_are_those_on_which_the_rule_applies(one: When, other: When) -> None:
    nothing = programme()
    mine, theirs = days_of(nothing, one), days_of(nothing, other)
    both = common(mine, theirs)
    assert bool(days(one)) == has_some_day(mine)
    assert bool(days(one) & days(other)) == (both is not None and has_some_day(both))
    if are_within(mine, theirs):
        assert days(one) <= days(other)


def test_that_a_window_without_its_holiday_has_no_day() -> None:
    summer = (Dates(begin=date(2026, 6, 20), end=date(2026, 8, 20)),)
    assert not has_some_day(days_of(programme(), When(holidays=frozenset({"12-25"}), dates=summer)))
    assert has_some_day(days_of(programme(), When(holidays=frozenset({"12-25", "07-01"}), dates=summer)))


def test_that_hours_are_minutes_of_the_day() -> None:
    assert 24 * 60 == minutes_of(()).bit_count()
    assert 24 * 60 == minutes_of((Hours(begin="00:00", end="24:00"),)).bit_count()
    assert 180 == minutes_of((Hours(begin="22:00", end="00:30"), Hours(begin="00:00", end="01:00"))).bit_count()
    assert 0 == minutes_of((Hours(begin="24:00", end="00:00"),))
