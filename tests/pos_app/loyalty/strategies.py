"""Programmes and receipts of every kind, for properties. Products are few, so that equal lines and ties are common."""

from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from pos_app.loyalty.document import (
    AnyRule,
    Burning,
    Earning,
    FixedCard,
    Life,
    Pending,
    Pharmacy,
    Programme,
    Progressive,
    Step,
)
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.model.evaluation import BurnAs, EngineInput, EngineLine, MemberContext
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import receipt

any_speed = settings(deadline=None)
"""A busy machine may take its time: what is slow is measured by the benchmarks."""

CARD_CLASSES = ("silver", "gold")
_BANDS = ("", "A", "B")
_DEPARTMENTS = ("FOOD", "DRUG")
_CATEGORIES = ("TEA", "SKIN")

_rates_bp = st.integers(0, 1000)
_percents = st.integers(0, 1000)
_points = st.integers(0, 50)


def _sometimes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def _goods() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "exclude_product_classes": st.frozensets(st.sampled_from(ProductClass), max_size=2),
        "exclude_departments": st.frozensets(st.sampled_from(_DEPARTMENTS), max_size=1),
        "exclude_categories": st.frozensets(st.sampled_from(_CATEGORIES), max_size=1),
    }


def _rule(rule_id: str, **more: Any) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "id": st.just(rule_id),
        "lane": st.sampled_from(["points", "extra"]),
        "adds": st.booleans(),
        **_goods(),
        **more,
    }


@cache
@st.composite
def steps(draw: st.DrawFn, *, with_classes: bool) -> tuple[Step, ...]:
    starts = [0, *sorted(draw(st.sets(st.integers(1, 4000), max_size=3)))]
    rates = sorted(draw(st.lists(_rates_bp, min_size=len(starts), max_size=len(starts))))
    classes = ["", *CARD_CLASSES, ""] if with_classes else [""] * 4
    return tuple(
        Step(from_minor=start, rate_bp=rate, card_class=name)
        for start, rate, name in zip(starts, rates, classes, strict=False)
    )


@cache
def _progressive(rule_id: str, on: str) -> st.SearchStrategy[AnyRule]:
    accumulated = on == "accumulated"
    return st.builds(
        Progressive,
        **_rule(
            rule_id,
            on=st.just(on),
            period=st.just("for_ever" if accumulated else None),
            steps=steps(with_classes=accumulated),
        ),
    )


@cache
def rules(rule_id: str) -> st.SearchStrategy[AnyRule]:
    """A rule of any kind; at most the one whose id is r0 goes by an accumulated sum."""
    by_class = st.dictionaries(st.sampled_from(CARD_CLASSES), _rates_bp)
    return st.one_of(
        st.builds(FixedCard, **_rule(rule_id, rates_bp=by_class, other_rate_bp=_rates_bp)),
        _progressive(rule_id, "accumulated" if rule_id == "r0" else "receipt"),
        st.builds(
            Pharmacy,
            **_rule(
                rule_id,
                rate_bp=_rates_bp,
                levels_bp=by_class,
                band_percent=st.dictionaries(st.sampled_from(["A", "B"]), _percents),
                class_percent=st.dictionaries(st.sampled_from(ProductClass), _percents),
            ),
        ),
    )


@cache
def _earning(*, receipt_limits: bool) -> st.SearchStrategy[Earning]:
    limits = (
        {"receipt_max_points": _sometimes(_points), "receipt_max_bp": _sometimes(_rates_bp)} if receipt_limits else {}
    )
    return st.builds(
        Earning,
        pending=st.sampled_from(["none", "next_day", Pending(hours=36)]),
        life=st.sampled_from(["never", "end_of_month", "end_of_year", Life(months=12), Life(days=3)]),
        line_max_points=_sometimes(_points),
        **limits,
    )


@cache
def _burning() -> st.SearchStrategy[Burning]:
    return st.builds(
        Burning,
        burn_as=st.sampled_from(BurnAs),
        cap_bp=st.integers(0, 10_000),
        min_paid_minor=st.integers(0, 500),
        min_balance_points=st.integers(0, 20),
        multiple_points=_sometimes(st.integers(1, 7)),
        from_receipt=st.integers(1, 3),
        **_goods(),
    )


@cache
@st.composite
def programmes(draw: st.DrawFn, programme_id: str, point_worth_minor: int, *, receipt_limits: bool = True) -> Programme:
    count = draw(st.integers(0, 3))
    return Programme(
        schema=1,
        id=programme_id,
        version=1,
        name="P",
        point_worth_minor=point_worth_minor,
        priority=draw(st.integers(0, 2)),
        card_classes=CARD_CLASSES,
        earning=draw(_earning(receipt_limits=receipt_limits)),
        burning=draw(_sometimes(_burning())),
        rules=tuple(draw(rules(f"r{number}")) for number in range(count)),
    )


@cache
@st.composite
def programme_sets(draw: st.DrawFn, *, receipt_limits: bool = True, count_max: int = 3) -> ProgrammeSet:
    point_worth_minor = draw(st.sampled_from([1, 3, 10, 100]))
    count = draw(st.integers(1, count_max))
    return programme_set(
        draw(programmes(f"p{number}", point_worth_minor, receipt_limits=receipt_limits)) for number in range(count)
    )


@cache
@st.composite
def goods_lines(draw: st.DrawFn, *, size_max: int = 6) -> tuple[EngineLine, ...]:
    """Lines of a shop whose products keep their attributes: the code says what a product is."""
    catalogue = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ProductClass),
                st.sampled_from(_BANDS),
                st.sampled_from(_DEPARTMENTS),
                st.sampled_from(_CATEGORIES),
            ),
            min_size=1,
            max_size=3,
        )
    )
    sold = draw(
        st.lists(
            st.tuples(st.integers(0, len(catalogue) - 1), st.sampled_from([0, 1, 99, 250]) | st.integers(0, 3000)),
            max_size=size_max,
        )
    )
    return tuple(
        EngineLine(number, f"c{product}", *catalogue[product], quantity_milli=1000, amount_minor=amount_minor)
        for number, (product, amount_minor) in enumerate(sold, start=1)
    )


@cache
def members() -> st.SearchStrategy[MemberContext]:
    return st.builds(
        MemberContext,
        account_ref=st.just("a-1"),
        card_class=st.sampled_from(["", *CARD_CLASSES, "staff"]),
        accumulators=st.dictionaries(st.sampled_from(["p0", "p1", "p2"]), st.integers(-100, 5000)),
        receipts_before=st.integers(0, 3),
        spendable_units=st.integers(-10, 5000),
    )


@st.composite
def receipts(draw: st.DrawFn, sets: st.SearchStrategy[ProgrammeSet] | None = None) -> tuple[EngineInput, ProgrammeSet]:
    """A receipt, with or without a member, and the programmes that it goes by."""
    programmes_of_receipt = draw(programme_sets() if sets is None else sets)
    engine_input = receipt(
        programmes_of_receipt,
        *draw(goods_lines()),
        holder=draw(st.none() | members()),
        burn_units=draw(st.integers(-5, 3000)),
        points_exponent=draw(st.integers(0, 2)),
    )
    return engine_input, programmes_of_receipt
