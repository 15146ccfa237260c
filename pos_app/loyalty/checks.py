"""What a programme document must be beyond the types of its values: each problem with the path of its key."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import lcm
from typing import get_args

import msgspec

from pos_app.loyalty.document import (
    PRICE_LANE,
    Access,
    Act,
    AmountOff,
    AnyRule,
    Bonus,
    Collect,
    Draw,
    FixedCard,
    FixedPrice,
    Goods,
    MemberPrice,
    Multiply,
    Notice,
    Period,
    Pharmacy,
    Points,
    Programme,
    Progressive,
    Reward,
    When,
)
from pos_app.loyalty.document.values import POINTS_POOL, LifeChoice
from pos_app.loyalty.rating import has_only
from pos_app.model.money import AMOUNT_MAX_MINOR, BASIS_POINTS

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

_FULL_PERCENT = 100
_FIXED_SPACES = "\u00a0\u202f"


def problems(programme: Programme) -> Iterator[Problem]:
    """Everything that is wrong with a programme: its texts, then the rest in the order of the file."""
    yield from _texts(programme, ())
    yield from _dates(programme)
    if programme.partner is not None and not programme.stores:
        yield ("partner",), "a partner's programme must name its stores: points that burn there are owed to it"
    yield from _repeated(programme.card_classes, ("card_classes",))
    yield from _life(programme.earning.life, ("earning", "life"))
    yield from _tiers(programme)
    yield from _parts(programme)
    yield from _draw(programme)
    yield from _charity(programme)
    for number, rule in enumerate(programme.rules):
        yield from _rule(rule, programme, ("rules", number))
    for index in _repeats([rule.id for rule in programme.rules]):
        yield ("rules", index, "id"), f"the rule id {programme.rules[index].id!r} is used before"
    for index in _accumulating(programme)[0 if programme.tiers else 1 :]:
        yield ("rules", index, "on"), "only one rule of a programme, or its tiers, may go by an accumulated sum"


def _texts(value: object, path: Path) -> Iterator[Problem]:
    """Texts go to screens, terminals and paper: what is no letter, sign or space could command them, or show what is not there."""
    if isinstance(value, str):
        odd = next((one for one in value if not (one.isprintable() or one in _FIXED_SPACES)), "")
        if odd:
            yield path, f"the character U+{ord(odd):04X} cannot be printed"
    elif isinstance(value, msgspec.Struct):
        for name, key in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from _texts(getattr(value, name), (*path, key))
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _texts(one, (*path, number))
    elif isinstance(value, dict | frozenset):
        for name in sorted(value):
            yield from _texts(name, path)


def _dates(programme: Programme) -> Iterator[Problem]:
    begin, end = programme.active_from, programme.active_until
    if begin and end and begin > end:
        yield ("active_until",), f"the programme ends on {end}, before it begins on {begin}"


def _life(life: LifeChoice, path: Path) -> Iterator[Problem]:
    if not isinstance(life, str) and (life.months is None) == (life.days is None):
        yield path, "either months or days must be given"


def _tiers(programme: Programme) -> Iterator[Problem]:
    steps = () if programme.tiers is None else programme.tiers.steps
    for index, tier in enumerate(steps):
        at = ("tiers", "steps", index)
        if index and tier.from_minor <= steps[index - 1].from_minor:
            yield (*at, "from_minor"), f"tiers must rise: {tier.from_minor} follows {steps[index - 1].from_minor}"
        if tier.id in [before.id for before in steps[:index]]:
            yield (*at, "id"), f"the tier {tier.id!r} is there twice"


def _parts(programme: Programme) -> Iterator[Problem]:
    """Rates are reckoned exactly, on a scale that every ``per_minor`` divides: it must stay within what numbers are made for."""
    given = [(number, rule.per_minor) for number, rule in enumerate(programme.rules) if isinstance(rule, Points)]
    scales = accumulate((per_minor for _, per_minor in given), lcm)
    for (number, per_minor), scale in zip(given, scales, strict=True):
        if scale > AMOUNT_MAX_MINOR:
            yield (
                ("rules", number, "per_minor"),
                f"{per_minor} and the per_minor of rules before it are too odd together",
            )


def _draw(programme: Programme) -> Iterator[Problem]:
    """Chance wants a draw, and a draw decides something: rules of chance, or once, among tickets, who gets its prizes."""
    collects = [rule for rule in programme.rules if isinstance(rule, Collect)]
    yield from _chances(programme, programme.draw)
    if programme.draw is not None:
        yield from _lottery(programme.draw, collects)


def _chances(programme: Programme, draw: Draw | None) -> Iterator[Problem]:
    for number, rule in enumerate(programme.rules):
        path = ("rules", number)
        if not isinstance(rule, Collect):
            continue
        if rule.chance_bp is None and rule.wins is not None:
            yield (*path, "wins"), "only what chance gives is won: it wants chance_bp"
        if rule.chance_bp is not None and draw is None:
            yield (*path, "chance_bp"), "chance wants a draw: `pos-app draw open` writes one into the file"
        elif rule.chance_bp is not None and draw is not None and draw.pool is not None:
            yield (
                (*path, "chance_bp"),
                "a lottery's seed stays secret until it is held: give chance a programme of its own",
            )


def _lottery(draw: Draw, collects: Sequence[Collect]) -> Iterator[Problem]:
    parts = (draw.pool is not None, draw.draw_on is not None, bool(draw.prizes))
    if any(parts) and not all(parts):
        yield ("draw",), "a lottery has all three: pool, draw_on and prizes"
    elif not any(parts) and all(rule.chance_bp is None for rule in collects):
        yield ("draw",), "it decides nothing: no rule has chance_bp, and it has no pool of tickets"
    if draw.pool is not None and draw.pool not in [rule.pool for rule in collects]:
        yield ("draw", "pool"), f"no rule collects tickets into {draw.pool!r}"
    for number, prize in enumerate(draw.prizes):
        if prize.pool in (draw.pool, POINTS_POOL):
            yield ("draw", "prizes", number, "pool"), "a prize is a unit of a pool of its own, not a ticket or points"


def _charity(programme: Programme) -> Iterator[Problem]:
    """What was given to a cause is neither points nor anything that a reward could be paid with."""
    charity = programme.charity
    if charity is None:
        return
    if charity.pool == POINTS_POOL:
        yield ("charity", "pool"), "what is given to a cause is no points: name another pool"
    for number, rule in enumerate(programme.rules):
        if isinstance(rule, Reward) and rule.pool == charity.pool:
            yield ("rules", number, "pool"), "a reward cannot be paid with what was given to a cause"


def _rule(rule: AnyRule, programme: Programme, path: Path) -> Iterator[Problem]:
    card_classes = programme.card_classes
    yield from _lane(rule, path)
    yield from _caps(rule, path)
    if rule.when is not None:
        yield from _when(rule.when, programme, (*path, "when"))
    if isinstance(rule, FixedCard):
        yield from _known(rule.rates_bp, card_classes, (*path, "rates_bp"))
    elif isinstance(rule, Progressive):
        yield from _progressive(rule, card_classes, path)
    elif isinstance(rule, Pharmacy):
        yield from _known(rule.levels_bp, card_classes, (*path, "levels_bp"))
        yield from _worth(rule, path)
    elif isinstance(rule, Points) and rule.points * programme.point_worth_minor > rule.per_minor:
        worth_minor = rule.points * programme.point_worth_minor
        yield (
            (*path, "points"),
            f"points worth {worth_minor} for each {rule.per_minor} would give more than the goods cost",
        )
    elif isinstance(rule, Multiply):
        yield from _multiply(rule, programme, path)
    else:
        yield from _unrated(rule, path)


def _unrated(rule: AnyRule, path: Path) -> Iterator[Problem]:
    """What is wrong with a rule that rates no goods."""
    if isinstance(rule, Collect):
        yield from _collect(rule, path)
    elif isinstance(rule, Reward):
        yield from _reward(rule, path)
    elif isinstance(rule, Act):
        yield from _act(rule, path)
    elif isinstance(rule, Access) and not has_only(rule):
        yield path, "it must name the goods that are for some only: only_products, only_categories, ..."


_ONLY_DISCOUNTS = (AmountOff, FixedPrice, MemberPrice)
_ONLY_POINTS = (Bonus, Points, Multiply)
_NEITHER = (Access, Act, Collect, Notice, Reward)


def _lane(rule: AnyRule, path: Path) -> Iterator[Problem]:
    """Which rules may be in which lane."""
    in_price_lane = rule.lane == PRICE_LANE
    if isinstance(rule, _ONLY_DISCOUNTS) and not in_price_lane:
        yield (*path, "lane"), f"this kind of rule gives a discount: its lane is {PRICE_LANE}"
    if isinstance(rule, (*_ONLY_POINTS, *_NEITHER)) and in_price_lane:
        yield (*path, "lane"), f"this kind of rule gives no discount: its lane cannot be {PRICE_LANE}"
    if rule.adds and not isinstance(rule, Multiply) and rule.lane not in {"points", PRICE_LANE, "bonus"}:
        yield (*path, "adds"), "a rule that adds has a lane of its own: leave out lane or adds"
    if rule.anyone and not in_price_lane:
        yield (*path, "anyone"), "only a discount can be for anyone: points need a card"
    if rule.group is not None and isinstance(rule, (Multiply, *_NEITHER)):
        yield (*path, "group"), "only rules that compete in a lane can be of a group"


def _caps(rule: AnyRule, path: Path) -> Iterator[Problem]:
    """Which kinds of rules may have which caps."""
    if rule.caps is None:
        return
    if isinstance(rule, (Access, Notice)):
        yield (*path, "caps"), "this kind of rule gives nothing that could be capped"
    elif isinstance(rule, Reward):
        for field in msgspec.structs.fields(rule.caps):
            if not field.name.startswith("receipts_") and getattr(rule.caps, field.name) is not None:
                yield (
                    (*path, "caps", field.name),
                    "of a reward only receipts can be capped (receipts_day, ...); times is its limit on one",
                )


def _when(when: When, programme: Programme, path: Path) -> Iterator[Problem]:
    for number, window in enumerate(when.dates):
        if window.begin > window.end:
            yield (*path, "dates", number, "until"), f"the window ends on {window.end}, before it begins"
    for number, hours in enumerate(when.hours):
        if hours.begin == hours.end:
            yield (*path, "hours", number, "until"), "the window is empty: it ends when it begins"
    wanted = when.receipt_number
    if wanted is not None and wanted.end is not None and wanted.end < wanted.begin:
        yield (*path, "receipt_number", "until"), f"{wanted.end} is before {wanted.begin}"
    yield from _known(sorted(when.card_classes), programme.card_classes, (*path, "card_classes"), by_key=False)
    tiers = [] if programme.tiers is None else [tier.id for tier in programme.tiers.steps]
    for tier in sorted(when.tiers):
        if tier not in tiers:
            yield (*path, "tiers"), f"the tier {tier!r} is not among the programme's tiers"
    if when.bought is not None and not (when.bought.departments or when.bought.categories or when.bought.products):
        yield (*path, "bought"), "it must name departments, categories or products"


def _multiply(rule: Multiply, programme: Programme, path: Path) -> Iterator[Problem]:
    tiers = [] if programme.tiers is None else [tier.id for tier in programme.tiers.steps]
    for tier in rule.tier_percent:
        if tier not in tiers:
            yield (*path, "tier_percent", tier), f"the tier {tier!r} is not among the programme's tiers"


def _collect(rule: Collect, path: Path) -> Iterator[Problem]:
    if (rule.per == "amount") != (rule.per_minor is not None):
        yield (*path, "per"), "per_minor is needed for each amount, and for nothing else"
    if rule.per_minor is not None and rule.units > rule.per_minor:
        yield (
            (*path, "units"),
            f"{rule.units} units for each {rule.per_minor} are more than one for the smallest amount",
        )
    if rule.pool == POINTS_POOL:
        yield (*path, "pool"), "points are given by rules of a lane: collect into a pool of another name"
    if rule.life is not None:
        yield from _life(rule.life, (*path, "life"))
    if rule.begins == "after_last" and rule.life in (None, "never"):
        yield (*path, "begins"), "what never ends cannot be gone on from: give the rule a life"


def _reward(rule: Reward, path: Path) -> Iterator[Problem]:
    given = [choice for choice in (rule.free_pieces, rule.off_minor, rule.gives) if choice is not None]
    if len(given) != 1:
        yield path, "exactly one of free_pieces, off_minor and gives must be there"


def _act(rule: Act, path: Path) -> Iterator[Problem]:
    """Nothing is bought: there are no goods, and no receipt."""
    if any(getattr(rule, field.name) for field in msgspec.structs.fields(Goods)):
        yield path, "an act is about no goods: leave only_... and exclude_... out"
    when = rule.when or When()
    for name in ("receipt_from_minor", "coupon", "chosen"):
        if getattr(when, name):
            yield (*path, "when", name), "an act has no receipt that this could look at"


def _progressive(rule: Progressive, card_classes: Sequence[str], path: Path) -> Iterator[Problem]:
    accumulated = rule.on == "accumulated"
    if accumulated and rule.period is None:
        yield (*path, "on"), f"an accumulated sum needs a period: {', '.join(get_args(Period))}"
    if not accumulated and rule.period is not None:
        yield (*path, "period"), "a rule that goes by the receipt has no period"
    if rule.steps[0].from_minor != 0:
        yield (*path, "steps", 0, "from_minor"), "the first step must begin at 0 (a rate_bp of 0 gives nothing)"
    reached: list[str] = []
    for index, step in enumerate(rule.steps):
        at = (*path, "steps", index)
        if index:
            yield from _rising(rule, index, at)
        if step.card_class and not accumulated:
            yield (*at, "card_class"), "only an accumulated sum moves the class of a card"
        elif step.card_class:
            yield from _known([step.card_class], card_classes, (*at, "card_class"), by_key=False)
            reached.append(step.card_class)
    if [name for name in card_classes if name in reached] != reached and set(reached) <= set(card_classes):
        yield (*path, "steps"), "the classes of the steps must rise in the order of card_classes"


def _rising(rule: Progressive, index: int, path: Path) -> Iterator[Problem]:
    step, before = rule.steps[index], rule.steps[index - 1]
    if step.from_minor <= before.from_minor:
        yield (*path, "from_minor"), f"steps must rise: {step.from_minor} follows {before.from_minor}"
    if step.rate_bp < before.rate_bp:
        yield (*path, "rate_bp"), f"a higher step must not give less: {step.rate_bp} follows {before.rate_bp}"


def _worth(rule: Pharmacy, path: Path) -> Iterator[Problem]:
    rate_bp = max([rule.rate_bp, *rule.levels_bp.values()])
    for name in rule.margin_percent:
        if not name.isdecimal() or int(name) > _FULL_PERCENT:
            yield (*path, "margin_percent", name), "a margin is a whole number of percent, 0 to 100"
    weights = (rule.band_percent, rule.margin_percent, rule.class_percent)
    weight_percent = max([_FULL_PERCENT, *(percent for table in weights for percent in table.values())])
    if rate_bp * weight_percent > BASIS_POINTS * _FULL_PERCENT:
        yield (
            (*path, "rate_bp"),
            f"{rate_bp} bp with a weight of {weight_percent} % would give more than the goods cost",
        )


def _known(
    names: Sequence[str] | dict[str, int], card_classes: Sequence[str], path: Path, *, by_key: bool = True
) -> Iterator[Problem]:
    for name in names:
        if name not in card_classes:
            yield (*path, name) if by_key else path, f"the card class {name!r} is not among card_classes"


def _repeated(names: Sequence[str], path: Path) -> Iterator[Problem]:
    for index in _repeats(names):
        yield (*path, index), f"{names[index]!r} is there twice"


def _repeats(names: Sequence[str]) -> list[int]:
    return [index for index, name in enumerate(names) if name in names[:index]]


def _accumulating(programme: Programme) -> list[int]:
    return [
        index
        for index, rule in enumerate(programme.rules)
        if isinstance(rule, Progressive) and rule.on == "accumulated"
    ]
