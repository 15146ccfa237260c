"""Programmes and receipts of every kind, for properties. Products are few, so that equal lines and ties are common."""

from datetime import date
from functools import cache
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from pos_app.loyalty.document import (
    CAP_PERIODS,
    Access,
    AmountOff,
    AnyRule,
    Birthday,
    Bonus,
    Bought,
    Burning,
    Caps,
    Chosen,
    Collect,
    Dates,
    Earning,
    FixedCard,
    FixedPrice,
    Guard,
    Holding,
    Hours,
    Life,
    MemberPrice,
    Multiply,
    Notice,
    Pending,
    Percent,
    Pharmacy,
    Points,
    Programme,
    Progressive,
    ReceiptNumber,
    Reward,
    Step,
    Tier,
    Tiers,
    When,
)
from pos_app.loyalty.programme import ProgrammeSet, programme_set
from pos_app.model.evaluation import BurnAs, EngineInput, EngineLine, MemberContext
from pos_app.model.products import ProductClass
from tests.pos_app.loyalty.builders import receipt

any_speed = settings(deadline=None)
"""A busy machine may take its time: what is slow is measured by the benchmarks."""
every_kind = settings(any_speed, max_examples=50)
"""For receipts of programmes with rules of every kind, which take long to make up."""

CARD_CLASSES = ("silver", "gold")
_BANDS = ("", "A", "B")
_DEPARTMENTS = ("FOOD", "DRUG")
_CATEGORIES = ("TEA", "SKIN")
_PRODUCTS = ("c0", "c1", "c2")
_PROGRAMMES = ("p0", "p1", "p2")
_RULES = tuple(f"{programme}/r{number}" for programme in _PROGRAMMES for number in range(4))
_POOLS = ("stamps", "spent")

_rates_bp = st.integers(0, 1000)
_percents = st.integers(0, 1000)
_points = st.integers(0, 50)
_some = st.integers(1, 50)
_minor = st.integers(1, 3000)
_priorities = st.integers(0, 2)


def _sometimes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


_NAMES: dict[str, tuple[Any, ...]] = {
    "product_classes": tuple(ProductClass),
    "departments": _DEPARTMENTS,
    "categories": _CATEGORIES,
    "products": _PRODUCTS,
}
_ONE_KEY = [
    {f"{choice}_{key}": frozenset({name})}
    for key, names in _NAMES.items()
    for name in names
    for choice in ("exclude", "only")
]
_GOODS: list[dict[str, Any]] = [
    *[{}] * 20,
    *_ONE_KEY,
    *({**one, **other} for number, one in enumerate(_ONE_KEY) for other in _ONE_KEY[number + 1 :: 5]),
]
"""Which goods a section means, ready made: nothing said, one key, or two."""


def _goods() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(_GOODS)


def _built(kind: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Such a section, about some goods."""
    return st.tuples(st.builds(kind, **fields), _goods()).map(lambda pair: msgspec.structs.replace(pair[0], **pair[1]))


_CONDITIONS: list[dict[str, Any]] = [
    {"weekdays": frozenset({"wed"})},
    {"weekdays": frozenset({"sat", "sun"})},
    {"hours": (Hours(begin="11:00", end="13:00"),)},
    {"hours": (Hours(begin="22:00", end="02:00"),)},
    {"dates": (Dates(begin=date(2026, 7, 1), end=date(2026, 7, 2)),)},
    {"holidays": frozenset({"07-01"})},
    {"birthday": Birthday(before_days=1)},
    {"receipt_number": ReceiptNumber(begin=2, end=3)},
    {"receipt_number": ReceiptNumber(begin=2)},
    {"receipt_from_minor": 1},
    {"receipt_from_minor": 1500},
    {"card_classes": frozenset({"gold"})},
    {"tiers": frozenset({"high"})},
    {"stores": frozenset({"s1"})},
    {"segments": frozenset({"regulars"})},
    {"bought": Bought(days=30, categories=frozenset({"TEA"}))},
    {"holds": Holding(pool="stamps", units=5)},
    {"holds": Holding(pool="points", units=5)},
    {"chosen": Chosen(products=2)},
    {"chosen": Chosen()},
    {"coupon": True},
    {"verified": True},
]
_WHENS = [
    *[None] * 30,
    *(When(**one) for one in _CONDITIONS),
    *(When(**{**one, **other}) for number, one in enumerate(_CONDITIONS) for other in _CONDITIONS[number + 1 :: 7]),
]


def conditions() -> st.SearchStrategy[When | None]:
    """No condition, one, or two."""
    return st.sampled_from(_WHENS)


_RECEIPTS_CAPS = [*[None] * 4, *(Caps(**{f"receipts_{period}": 2}) for period in CAP_PERIODS)]
_CAPS = [
    *[None] * 12,
    *_RECEIPTS_CAPS,
    *(Caps(**{name: most}) for name in ("line", "receipt", "budget", *CAP_PERIODS) for most in (0, 7, 60)),
    Caps(line=9, receipt=20, day=30),
    Caps(month=50, budget=40, receipts_ever=1),
]


def caps() -> st.SearchStrategy[Caps | None]:
    """The caps of a rule; mostly none."""
    return st.sampled_from(_CAPS)


def _rule(rule_id: str, **more: Any) -> dict[str, st.SearchStrategy[Any]]:
    return {"id": st.just(rule_id), "priority": _priorities, "when": conditions(), **more}


def _competing(rule_id: str, lanes: tuple[str, ...], *, free: bool, **more: Any) -> dict[str, st.SearchStrategy[Any]]:
    """A rule of a lane; a ``free`` one has no caps but for lines and no group, so that more goods never earn less."""
    line_caps = st.sampled_from([None, None, Caps(line=0), Caps(line=40)])
    return _rule(
        rule_id,
        lane=st.sampled_from(lanes),
        adds=st.booleans(),
        group=st.none() if free else st.sampled_from([None, None, "one"]),
        caps=line_caps if free else caps(),
        **more,
    )


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
def _rated(rule_id: str, lanes: tuple[str, ...], *, free: bool, accumulates: bool) -> st.SearchStrategy[AnyRule]:
    """The kinds that say a rate: they give points, or a discount in the price lane."""
    by_class = st.dictionaries(st.sampled_from(CARD_CLASSES), _rates_bp)
    periods = st.sampled_from(["for_ever", "previous_month"]) if accumulates else st.none()
    return st.one_of(
        _built(FixedCard, **_competing(rule_id, lanes, free=free, rates_bp=by_class, other_rate_bp=_rates_bp)),
        _built(
            Progressive,
            **_competing(
                rule_id,
                lanes,
                free=free,
                on=st.just("accumulated" if accumulates else "receipt"),
                period=periods,
                steps=steps(with_classes=accumulates),
            ),
        ),
        _built(
            Pharmacy,
            **_competing(
                rule_id,
                lanes,
                free=free,
                rate_bp=_rates_bp,
                levels_bp=by_class,
                band_percent=st.dictionaries(st.sampled_from(["A", "B"]), _percents),
                margin_percent=st.dictionaries(st.sampled_from(["0", "20", "30"]), _percents),
                class_percent=st.dictionaries(st.sampled_from(ProductClass), _percents),
            ),
        ),
        _built(Percent, **_competing(rule_id, lanes, free=free, rate_bp=st.integers(0, 10_000))),
    )


@cache
def earning_rules(rule_id: str, *, free: bool, accumulates: bool) -> st.SearchStrategy[AnyRule]:
    """A rule that gives points."""
    tier_percent = st.dictionaries(st.sampled_from(["low", "high"]), st.integers(100, 400))
    bonus_lanes = ("bonus",) if free else ("bonus", "points")
    return st.one_of(
        _rated(rule_id, ("points", "extra"), free=free, accumulates=accumulates),
        _built(
            Points,
            **_competing(
                rule_id, ("points",), free=free, points=st.integers(1, 3), per_minor=st.sampled_from([300, 450, 1000])
            ),
        ),
        _built(
            Bonus,
            **_competing(rule_id, bonus_lanes, free=free, points=_some, per=st.sampled_from(["receipt", "piece"])),
        ),
        _built(
            Multiply,
            **_competing(
                rule_id, ("points", "extra"), free=True, percent=st.integers(100, 400), tier_percent=tier_percent
            ),
        )
        if free
        else _built(
            Multiply,
            **_rule(
                rule_id,
                lane=st.sampled_from(["points", "extra", "bonus"]),
                adds=st.booleans(),
                caps=caps(),
                percent=st.integers(100, 400),
                tier_percent=tier_percent,
            ),
        ),
    )


@cache
def price_rules(rule_id: str, *, accumulates: bool) -> st.SearchStrategy[AnyRule]:
    """A rule that gives a discount."""
    lanes = ("price",)
    anyone = st.booleans()
    priced = _competing(rule_id, lanes, free=False, anyone=anyone)
    return st.one_of(
        _rated(rule_id, lanes, free=False, accumulates=accumulates).flatmap(
            lambda rule: anyone.map(lambda one: msgspec.structs.replace(rule, anyone=one))
        ),
        _built(MemberPrice, **priced),
        _built(FixedPrice, **priced, price_minor=st.integers(0, 400)),
        _built(AmountOff, **priced, off_minor=_minor),
    )


@cache
def pool_rules(rule_id: str) -> st.SearchStrategy[AnyRule]:
    """A rule that collects or rewards."""
    per_amount = {"per": st.just("amount"), "per_minor": st.integers(20, 500)}
    collecting = _rule(rule_id, pool=st.sampled_from(_POOLS), units=st.integers(1, 20), caps=caps())
    reward = _rule(
        rule_id,
        pool=st.sampled_from([*_POOLS, "points"]),
        cost=st.integers(1, 30),
        take=st.sampled_from(["auto", "ask"]),
        times=st.integers(1, 3),
        caps=st.sampled_from(_RECEIPTS_CAPS),
    )
    return st.one_of(
        _built(Collect, **collecting, per=st.sampled_from(["piece", "receipt"])),
        _built(Collect, **collecting, **per_amount),
        _built(Reward, **reward, free_pieces=st.integers(1, 3)),
        _built(Reward, **reward, off_minor=_minor),
        _built(Reward, **reward, gives=st.just("An umbrella")),
    )


@cache
def telling_rules(rule_id: str) -> st.SearchStrategy[AnyRule]:
    """A rule that tells or locks."""
    locking = st.builds(
        Access, **_rule(rule_id), only_products=st.sampled_from([frozenset({"c0"}), frozenset({"c1", "c2"})])
    )
    return _built(Notice, **_rule(rule_id, text=st.just("Serve first"))) | locking


@cache
def rules(rule_id: str, *, accumulates: bool, free: bool) -> st.SearchStrategy[AnyRule]:
    """A rule of any kind, or of those that give points alone."""
    earning = earning_rules(rule_id, free=free, accumulates=accumulates)
    if free:
        return earning
    return st.one_of(
        earning, earning, price_rules(rule_id, accumulates=accumulates), pool_rules(rule_id), telling_rules(rule_id)
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
        base=st.sampled_from(["gross", "gross", "net"]),
        line_max_points=_sometimes(_points),
        **limits,
    )


@cache
def _burning() -> st.SearchStrategy[Burning]:
    return _built(
        Burning,
        burn_as=st.sampled_from(BurnAs),
        cap_bp=st.integers(0, 10_000),
        min_paid_minor=st.integers(0, 500),
        min_balance_points=st.integers(0, 20),
        multiple_points=_sometimes(st.integers(1, 7)),
        from_receipt=st.integers(1, 3),
    )


@cache
def guards() -> st.SearchStrategy[Guard]:
    return st.builds(
        Guard,
        margin_percent=st.integers(0, 100),
        per=st.sampled_from(["line", "receipt"]),
        unknown=st.sampled_from(["refuse", "allow"]),
    )


@cache
def _tiers() -> st.SearchStrategy[Tiers]:
    levels = (Tier(id="low", from_minor=0), Tier(id="high", from_minor=2000))
    return _built(Tiers, window_months=st.just(3), kept_months=st.just(3), steps=st.just(levels))


@cache
@st.composite
def programmes(
    draw: st.DrawFn, programme_id: str, point_worth_minor: int, *, receipt_limits: bool, free: bool, guarded: bool
) -> Programme:
    tiers = draw(_sometimes(_tiers()))
    rule_ids = [f"r{number}" for number in range(draw(st.integers(0, 4)))]
    return Programme(
        schema=1,
        id=programme_id,
        version=1,
        name="P",
        point_worth_minor=point_worth_minor,
        issuer=draw(st.sampled_from(["shop", "shop", "partner"])),
        priority=draw(_priorities),
        stores=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"s1"})])),
        segments=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"regulars"})])),
        card_classes=CARD_CLASSES,
        earning=draw(_earning(receipt_limits=receipt_limits)),
        burning=None if free else draw(_sometimes(_burning())),
        guard=None if free else draw(guards() if guarded else st.none() | st.none() | guards()),
        tiers=tiers,
        rules=tuple(
            draw(rules(rule_id, accumulates=rule_id == "r0" and tiers is None, free=free)) for rule_id in rule_ids
        ),
    )


@cache
@st.composite
def programme_sets(
    draw: st.DrawFn, *, receipt_limits: bool = True, count_max: int = 3, free: bool = False, guarded: bool = False
) -> ProgrammeSet:
    """Programmes that run together. ``free``: rules that give points, without anything that could make more goods earn less."""
    point_worth_minor = draw(st.sampled_from([1, 3, 10, 100]))
    count = draw(st.integers(1, count_max))
    return programme_set(
        draw(programmes(f"p{number}", point_worth_minor, receipt_limits=receipt_limits, free=free, guarded=guarded))
        for number in range(count)
    )


@cache
@st.composite
def goods_lines(draw: st.DrawFn, *, size_max: int = 6) -> tuple[EngineLine, ...]:
    """Lines of a shop whose products keep their attributes: the code says what a product is."""
    catalogue = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "product_class": st.sampled_from([*ProductClass, ProductClass.GENERAL]),
                    "band": st.sampled_from(_BANDS),
                    "department": st.sampled_from(_DEPARTMENTS),
                    "category": st.sampled_from(_CATEGORIES),
                    "tax_rate_bp": st.sampled_from([0, 1000, 2500]),
                    "margin_floor_percent": st.sampled_from([None, 0, 20, 40]),
                    "member_minor": st.none() | st.integers(0, 2000),
                }
            ),
            min_size=1,
            max_size=3,
        )
    )
    sold = draw(
        st.lists(
            st.tuples(
                st.integers(0, len(catalogue) - 1),
                st.sampled_from([0, 1, 99, 250]) | st.integers(0, 3000),
                st.sampled_from([1000, 1000, 2000, 3000, 500]),
                st.sampled_from([False, False, False, True]),
            ),
            max_size=size_max,
        )
    )
    return tuple(
        EngineLine(
            line_no=number,
            product_code=f"c{product}",
            quantity_milli=quantity_milli,
            amount_minor=amount_minor,
            fixed=fixed,
            **catalogue[product],
        )
        for number, (product, amount_minor, quantity_milli, fixed) in enumerate(sold, start=1)
    )


@cache
def members() -> st.SearchStrategy[MemberContext]:
    units = ["shop#stamps", "shop#spent", "partner#stamps", "partner#spent", "partner"]
    used = st.sampled_from([f"{rule}:{name}" for rule in _RULES[:6] for name in ("day", "ever", "receipts_day")])
    facts = st.sampled_from([f"{rule}:{name}" for rule in _RULES for name in ("birthday", "bought")])
    products = st.sets(st.sampled_from(_PRODUCTS), max_size=2).map(lambda chosen: tuple(sorted(chosen)))
    return st.builds(
        MemberContext,
        account_ref=st.just("a-1"),
        card_class=st.sampled_from(["", *CARD_CLASSES, "staff"]),
        accumulators=st.dictionaries(st.sampled_from([*_PROGRAMMES, "p0:this_month"]), st.integers(-100, 5000)),
        receipts_before=st.integers(0, 3),
        spendable_units=st.integers(-10, 5000),
        tiers=st.dictionaries(st.sampled_from(_PROGRAMMES), st.sampled_from(["low", "high"])),
        pools=st.dictionaries(st.sampled_from(units), st.integers(-5, 100)),
        used=st.dictionaries(used, st.integers(0, 100), max_size=4),
        segments=st.sampled_from([(), ("regulars",), ("others", "regulars")]),
        facts=st.sets(facts, max_size=6).map(lambda found: tuple(sorted(found))),
        chosen=st.dictionaries(st.sampled_from(_RULES), products, max_size=6),
        verified=st.booleans(),
    )


@st.composite
def receipts(draw: st.DrawFn, sets: st.SearchStrategy[ProgrammeSet] | None = None) -> tuple[EngineInput, ProgrammeSet]:
    """A receipt, with or without a member, and the programmes that it goes by."""
    programmes_of_receipt = draw(programme_sets() if sets is None else sets)
    engine_input = receipt(
        programmes_of_receipt,
        *draw(goods_lines()),
        holder=draw(members() | members() | st.none()),
        burn_units=draw(st.integers(-5, 3000)),
        points_exponent=draw(st.integers(0, 2)),
        business_date=draw(st.sampled_from(["2026-07-01", "2026-07-01", "2026-07-04"])),
    )
    some_rules = st.sets(st.sampled_from(_RULES), max_size=8).map(lambda found: tuple(sorted(found)))
    complete = msgspec.structs.replace(
        engine_input,
        store_id=draw(st.sampled_from(["s1", "s1", "s2"])),
        coupons=draw(some_rules),
        takes=draw(some_rules),
        budgets=_left_of(
            programmes_of_receipt, draw(st.dictionaries(st.sampled_from(_RULES), st.integers(0, 100), max_size=4))
        ),
    )
    return complete, programmes_of_receipt


def _left_of(programmes: ProgrammeSet, left: dict[str, int]) -> dict[str, int]:
    """Of a budget of nothing, nothing is ever left."""
    empty = {
        f"{one.id}/{rule.id}"
        for one in programmes.programmes
        for rule in one.rules
        if rule.caps is not None and rule.caps.budget == 0
    }
    return {key: 0 if key in empty else units for key, units in left.items()}
