"""What a programme document must be beyond the types of its values: each problem with the path of its key."""

from collections.abc import Iterator, Sequence

from pos_app.loyalty.document import AnyRule, FixedCard, Pharmacy, Programme, Progressive
from pos_app.model.money import BASIS_POINTS

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

_FULL_PERCENT = 100


def problems(programme: Programme) -> Iterator[Problem]:
    """Everything that is wrong with a programme, in the order of the file."""
    yield from _dates(programme)
    yield from _repeated(programme.card_classes, ("card_classes",))
    yield from _life(programme)
    for number, rule in enumerate(programme.rules):
        yield from _rule(rule, programme.card_classes, ("rules", number))
    for index in _repeats([rule.id for rule in programme.rules]):
        yield ("rules", index, "id"), f"the rule id {programme.rules[index].id!r} is used before"
    for index in _accumulating(programme)[1:]:
        yield ("rules", index, "on"), "only one rule of a programme may go by an accumulated sum"


def _dates(programme: Programme) -> Iterator[Problem]:
    begin, end = programme.active_from, programme.active_until
    if begin and end and begin > end:
        yield ("active_until",), f"the programme ends on {end}, before it begins on {begin}"


def _life(programme: Programme) -> Iterator[Problem]:
    life = programme.earning.life
    if not isinstance(life, str) and (life.months is None) == (life.days is None):
        yield ("earning", "life"), "either months or days must be given"


def _rule(rule: AnyRule, card_classes: Sequence[str], path: Path) -> Iterator[Problem]:
    if rule.adds and rule.lane != "points":
        yield (*path, "adds"), "a rule that adds has a lane of its own: leave out lane or adds"
    if isinstance(rule, FixedCard):
        yield from _known(rule.rates_bp, card_classes, (*path, "rates_bp"))
    elif isinstance(rule, Progressive):
        yield from _progressive(rule, card_classes, path)
    else:
        yield from _known(rule.levels_bp, card_classes, (*path, "levels_bp"))
        yield from _worth(rule, path)


def _progressive(rule: Progressive, card_classes: Sequence[str], path: Path) -> Iterator[Problem]:
    accumulated = rule.on == "accumulated"
    if accumulated and rule.period is None:
        yield (*path, "on"), "an accumulated sum needs a period: calendar_month, rolling_12_months or for_ever"
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
    weight_percent = max([_FULL_PERCENT, *rule.band_percent.values(), *rule.class_percent.values()])
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
