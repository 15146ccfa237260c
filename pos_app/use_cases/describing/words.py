"""A programme in words: what each of its rules and sections does, as a shop manager would say it.

Kinds and keys that have no sentence of their own are said by what their class says about itself, and by their values.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from pos_app.loyalty.document import (
    POINTS_POOL,
    PRICE_LANE,
    Access,
    Act,
    AmountOff,
    AnyRule,
    Bonus,
    Burning,
    Caps,
    Charity,
    Collect,
    Draw,
    Earning,
    FixedCard,
    FixedPrice,
    Goods,
    Guard,
    Instalments,
    Life,
    MemberPrice,
    Multiply,
    Notice,
    Pending,
    Percent,
    Pharmacy,
    Points,
    ProfitShare,
    Programme,
    Progressive,
    Returns,
    Reward,
    Rule,
    Tiers,
)
from pos_app.loyalty.document.values import LifeChoice, PendingChoice
from pos_app.model.evaluation import BurnAs
from pos_app.model.money import BASIS_POINTS, text_from_minor

_FULL_PERCENT = 100
_DOUBLE_PERCENT = 200
_PERIODS = {
    "calendar_month": "this calendar month",
    "previous_month": "the calendar month before this one",
    "rolling_12_months": "the last 12 months",
    "for_ever": "all the time so far",
}
_LIVES = {
    "never": "They never expire.",
    "end_of_month": "They expire at the end of the month.",
    "end_of_year": "They expire at the end of the year.",
}
_CAPS = {
    "line": "on one line",
    "receipt": "on one receipt",
    "day": "a day for each member",
    "month": "a month for each member",
    "year": "a year for each member",
    "ever": "for ever for each member",
    "budget": "for all members together",
    "receipts_day": "receipts of a member a day",
    "receipts_month": "receipts of a member a month",
    "receipts_year": "receipts of a member a year",
    "receipts_ever": "receipts of a member for ever",
}
_WEEKDAYS = {
    "mon": "Mondays",
    "tue": "Tuesdays",
    "wed": "Wednesdays",
    "thu": "Thursdays",
    "fri": "Fridays",
    "sat": "Saturdays",
    "sun": "Sundays",
}


class Wording(msgspec.Struct, frozen=True):
    """How amounts are written: the decimals of the currency."""

    currency_exponent: int = 2

    def money(self, minor: int) -> str:
        """An amount with its decimals and its thousands apart: 30 000.00."""
        whole, point, part = text_from_minor(minor, exponent=self.currency_exponent).partition(".")
        return f"{number(int(whole))}{point}{part}"

    def value(self, name: str, value: Any) -> str:
        """The value of a key, in the unit that ends its name."""
        if isinstance(value, msgspec.Struct):
            return ", ".join(f"{key} {text}" for key, text in self.own_keys(value))
        if isinstance(value, dict):
            return ", ".join(f"{key} {self.value(name, one)}" for key, one in value.items())
        if isinstance(value, tuple | frozenset):
            texts = [self.value(name, one) for one in value]
            return listed(sorted(texts) if isinstance(value, frozenset) else texts)
        if isinstance(value, bool) or not isinstance(value, int):
            return "yes" if value is True else str(value)
        if name.endswith("_minor"):
            return self.money(value)
        return percent(value) if name.endswith("_bp") else number(value)

    def own_keys(self, section: msgspec.Struct, *, without: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """The keys of a section that are not as by default, as people read them, and their values."""
        for field in msgspec.structs.fields(section):
            value = getattr(section, field.name)
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            if field.name not in without and value != default:
                yield spoken(field.encode_name), self.value(field.encode_name, value)


def spoken(key: str) -> str:
    """A key without its unit.

    >>> spoken("min_total_minor")
    'min total'
    """
    for unit in ("_minor", "_bp"):
        key = key.removesuffix(unit)
    return key.replace("_", " ")


def percent(rate_bp: int) -> str:
    """A rate.

    >>> percent(500), percent(50)
    ('5 %', '0.5 %')
    """
    return text_from_minor(rate_bp, exponent=2).rstrip("0").rstrip(".") + " %"


def number(count: int) -> str:
    """A number with its thousands apart: 12 000."""
    return f"{count:,}".replace(",", " ")


def several(count: int, noun: str) -> str:
    """A number of things: 1 point, 2 points."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def listed(texts: Sequence[str], *, last: str = "and") -> str:
    """Texts in a row: a, b and c."""
    return f" {last} ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def rule_in_words(programme: Programme, rule: AnyRule, wording: Wording) -> str:
    """What a rule gives, for which goods, when, and at most how much."""
    says = _KINDS.get(type(rule))
    what = _plainly(rule, wording) if says is None else says(programme, rule, wording)
    parts = [what, _goods(rule, verb="Only for"), _conditions(rule, wording), *_limits(rule, wording)]
    if rule.adds:
        parts.append("It comes on top of what other rules give.")
    if rule.group is not None:
        parts.append(f"Of the rules of the group “{rule.group}” only the one that gives the most on a receipt applies.")
    return " ".join(part for part in parts if part)


def reach_in_words(programme: Programme) -> str:
    """When, where and for whom a programme runs; empty where it always does, everywhere and for everybody."""
    said = [
        *([f"from {programme.active_from} on"] if programme.active_from else []),
        *([f"until {programme.active_until}"] if programme.active_until else []),
        *([f"in the {_named('store', programme.stores)}"] if programme.stores else []),
        *([f"for members of the {_named('segment', programme.segments)}"] if programme.segments else []),
    ]
    return f"It runs {', '.join(said)}." if said else ""


def _named(noun: str, names: Iterable[str]) -> str:
    """``store a``, ``stores a and b``."""
    texts = sorted(names)
    return f"{noun if len(texts) == 1 else noun + 's'} {listed(texts)}"


def section_in_words(section: msgspec.Struct, wording: Wording) -> str:
    """What a section of a programme says; empty where it says nothing that is not so anyway."""
    says = _SECTIONS.get(type(section))
    words = _plainly(section, wording) if says is None else says(section, wording)
    goods = _goods(section, verb="Only for") if isinstance(section, Goods) else ""
    return " ".join(filter(None, [words, goods]))


def gives_points(programme: Programme) -> bool:
    """Whether any rule of a programme gives points."""
    return any(rule.lane != PRICE_LANE and not isinstance(rule, _NO_POINTS) for rule in programme.rules)


def _plainly(section: msgspec.Struct, wording: Wording) -> str:
    """What the class says of itself, and the values."""
    about = " ".join((type(section).__doc__ or "").split("\n\n")[0].split()).replace("``", "“", 1)
    common = {field.name for field in msgspec.structs.fields(Rule)} if isinstance(section, Rule) else ()
    values = ", ".join(f"{key}: {value}" for key, value in wording.own_keys(section, without=common))
    return f"{about.split('. ')[0].rstrip('.')}." + (f" Here: {values}." if values else "")


def _kind_of_gift(rule: AnyRule) -> str:
    return "off the price" if rule.lane == PRICE_LANE else "in points"


def _fixed_card(_: Programme, rule: FixedCard, __: Wording) -> str:
    rates = [f"{name} {percent(rate_bp)}" for name, rate_bp in rule.rates_bp.items()]
    return f"By the class of the card, {_kind_of_gift(rule)}: {listed(rates)}; any other card {percent(rule.other_rate_bp)}."


def _progressive(_: Programme, rule: Progressive, wording: Wording) -> str:
    steps = [
        (f"from {wording.money(step.from_minor)} on " if step.from_minor else "")
        + percent(step.rate_bp)
        + (f" and the class {step.card_class}" if step.card_class else "")
        for step in rule.steps
    ]
    by = "this receipt comes to" if rule.period is None else f"was paid for goods in {_PERIODS[rule.period]}"
    return f"By what {by}, {_kind_of_gift(rule)}: {'; '.join(steps)}."


def _pharmacy(_: Programme, rule: Pharmacy, __: Wording) -> str:
    levels = "".join(f", {name} {percent(rate_bp)}" for name, rate_bp in rule.levels_bp.items())
    weights = [f"goods of the band {name} {_times(weight)}" for name, weight in rule.band_percent.items()]
    weights += [
        f"goods with a margin from {name} % on {_times(weight)}" for name, weight in rule.margin_percent.items()
    ]
    weights += [f"{_readable(name)} goods {_times(weight)}" for name, weight in rule.class_percent.items()]
    more = f" {_upper(listed(weights))}." if weights else ""
    return f"{percent(rule.rate_bp)} {_kind_of_gift(rule)}{levels}.{more} Regulated medicine earns nothing."


def _times(weight_percent: int) -> str:
    known = {0: "earn nothing", _FULL_PERCENT: "as they are", _DOUBLE_PERCENT: "earn double"}
    return known.get(
        weight_percent, f"earn {text_from_minor(weight_percent, exponent=2).rstrip('0').rstrip('.')} times as much"
    )


def _percent(_: Programme, rule: Percent, __: Wording) -> str:
    return f"{percent(rule.rate_bp)} {_kind_of_gift(rule)}."


def _points(_: Programme, rule: Points, wording: Wording) -> str:
    return f"{several(rule.points, 'point')} for each {wording.money(rule.per_minor)} that is paid."


def _bonus(_: Programme, rule: Bonus, __: Wording) -> str:
    return f"{several(rule.points, 'point')} for {'each piece' if rule.per == 'piece' else 'the receipt'}."


def _multiply(_: Programme, rule: Multiply, __: Wording) -> str:
    if rule.tier_percent:
        tiers = [f"{name} to {percent_} %" for name, percent_ in rule.tier_percent.items()]
        return f"Raises the points of other rules by the member's tier: {listed(tiers)}."
    return f"Raises the points of other rules to {rule.percent} %."


def _member_price(_: Programme, __: MemberPrice, ___: Wording) -> str:
    return "Whoever shows a card pays the product's second price, where the catalogue has one."


def _fixed_price(_: Programme, rule: FixedPrice, wording: Wording) -> str:
    return (
        f"A piece or kilogram costs {wording.money(rule.price_minor)}." if rule.price_minor else "These goods are free."
    )


def _amount_off(_: Programme, rule: AmountOff, wording: Wording) -> str:
    return f"{wording.money(rule.off_minor)} off what the goods cost."


def _collect(_: Programme, rule: Collect, wording: Wording) -> str:
    each = {"piece": "for each piece that is paid for", "receipt": "for the receipt"}
    per = each.get(rule.per, f"for each {wording.money(rule.per_minor or 0)} that is paid")
    extra = [f"{key}: {value}" for key, value in wording.own_keys(rule, without=_COLLECT_SAID)]
    said = [
        f"Puts {number(rule.units)} into the pool “{rule.pool}” {per}.",
        f"Not always, but {percent(rule.chance_bp)} of the times, as the draw says." if rule.chance_bp else "",
        _pending(rule.pending) if rule.pending else "",
        _life(rule.life) if rule.life else "",
        f"The receipt says: “{rule.wins}”." if rule.wins else "",
        "Each begins where the last one ends." if rule.begins == "after_last" else "",
        f"Also {listed(extra)}." if extra else "",
    ]
    return " ".join(filter(None, said))


def _reward(_: Programme, rule: Reward, wording: Wording) -> str:
    cost = several(rule.cost, "point") if rule.pool == POINTS_POOL else f"{number(rule.cost)} of the pool “{rule.pool}”"
    gift = rule.gives or (
        f"{several(rule.free_pieces, 'piece')} free, the cheapest"
        if rule.free_pieces
        else f"{wording.money(rule.off_minor or 0)} off"
    )
    taken = "by itself" if rule.take == "auto" else "when the member asks for it"
    times = f", up to {rule.times} times on a receipt" if rule.times > 1 else ""
    return f"{gift}, for {cost}: {taken}{times}."


def _notice(_: Programme, rule: Notice, __: Wording) -> str:
    return f"The cashier sees: “{rule.text}”."


def _access(_: Programme, __: Access, ___: Wording) -> str:
    return "Only such members may buy these goods; for anybody else the sale stays open until they are taken out."


def _act(_: Programme, rule: Act, __: Wording) -> str:
    by_itself = {
        "referred": "who was brought by another member, with the first paid receipt",
        "referral": "who brought another one, with that one's first paid receipt",
    }
    return f"{several(rule.points, 'point')} for the member {by_itself.get(rule.act, f'who did this: {_readable(rule.act)}')}."


def _goods(goods: Goods, *, verb: str) -> str:
    """Which goods are meant; empty for all."""
    only, without = [
        [
            f"{one if len(names) == 1 else some} {listed(sorted(map(_readable_name, names)))}"
            for one, some in _GOODS
            if (names := getattr(goods, f"{prefix}_{some.replace(' ', '_')}"))
        ]
        for prefix in ("only", "exclude")
    ]
    said = [
        f"{verb} the {listed(only, last='or')}." if only else "",
        f"Not for the {listed(without)}." if without else "",
    ]
    return " ".join(filter(None, said))


_GOODS = (
    ("product class", "product classes"),
    ("department", "departments"),
    ("category", "categories"),
    ("product", "products"),
)


def _readable(name: str) -> str:
    return name.replace("_", " ").replace("high margin", "high-margin")


def _readable_name(name: str) -> str:
    return _readable(name) if name.islower() else name


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _conditions(rule: AnyRule, wording: Wording) -> str:
    said = (
        []
        if rule.when is None
        else [
            _SAID[field.name](value) if field.name in _SAID else _condition(field.encode_name, value, wording)
            for field in msgspec.structs.fields(rule.when)
            if (value := getattr(rule.when, field.name))
        ]
    )
    when = f"It applies {', '.join(said)}." if said else ""
    who = "For anybody, with a card or without it." if rule.anyone else ""
    return f"{when} {who}".strip()


def _condition(name: str, value: Any, wording: Wording) -> str:
    known = {
        "receipt_from_minor": "where the receipt's prices come to {} or more",
        "card_classes": "to cards of the class {}",
        "tiers": "to members of the tier {}",
        "stores": "in the stores {}",
        "segments": "to members of the segment {}",
        "coupon": "where a coupon of it is presented",
        "verified": "to members whom somebody has verified",
    }
    return known.get(name, f"where {spoken(name)} is {{}}").format(wording.value(name, value))


def _around(before_days: int, after_days: int) -> str:
    sides = [
        f"{several(days, 'day')} {side}" for days, side in ((before_days, "before"), (after_days, "after")) if days
    ]
    return f", up to {listed(sides, last='or')} it" if sides else ""


_SAID: dict[str, Callable[[Any], str]] = {
    "weekdays": lambda days: f"on {listed([name for day, name in _WEEKDAYS.items() if day in days])}",
    "hours": lambda hours: listed([f"from {one.begin} until {one.end}" for one in hours]),
    "dates": lambda dates: listed([f"from {one.begin} until {one.end}" for one in dates]),
    "holidays": lambda days: f"on the days {listed(sorted(days))} of each year",
    "birthday": lambda window: "on the member's birthday" + _around(window.before_days, window.after_days),
    "receipt_number": lambda wanted: (
        "to the member's first receipt"
        if (wanted.begin, wanted.end) == (1, 1)
        else f"from the member's receipt number {wanted.begin} on"
        + (f" until number {wanted.end}" if wanted.end else "")
    ),
    "bought": lambda bought: (
        "where the member bought "
        + listed([*sorted(bought.departments), *sorted(bought.categories), *sorted(bought.products)], last="or")
        + f" within {several(bought.days, 'day')} before"
    ),
    "holds": lambda wanted: f"while the member has {number(wanted.units)} or more of the pool “{wanted.pool}”",
    "chosen": lambda chosen: (
        f"to goods that the member chose: {several(chosen.products, 'product')} at a time, "
        f"for {several(chosen.days, 'day')}"
    ),
}


def _limits(rule: AnyRule, wording: Wording) -> Iterator[str]:
    """The caps of a rule, in what it gives."""
    for field in msgspec.structs.fields(Caps):
        most = None if rule.caps is None else getattr(rule.caps, field.name)
        if most is None:
            continue
        if field.name.startswith("receipts_") and isinstance(rule, Act):
            yield f"{'Once' if most == 1 else f'At most {number(most)} times'} {_CAPS[field.name].partition('member ')[2]}."
            continue
        if field.name.startswith("receipts_"):
            where = _CAPS[field.name].replace("receipts", "receipt", 1) if most == 1 else _CAPS[field.name]
            yield f"On at most {'one' if most == 1 else number(most)} {where}."
            continue
        given = (
            wording.money(most)
            if rule.lane == PRICE_LANE
            else number(most)
            if isinstance(rule, Collect)
            else several(most, "point")
        )
        yield f"At most {given} {_CAPS.get(field.name, spoken(field.name))}."


def _pending(pending: PendingChoice) -> str:
    if isinstance(pending, Pending):
        return f"They can be used after {several(pending.hours, 'hour')}."
    return "They can be used from the next day on." if pending == "next_day" else "They can be used at once."


def _life(life: LifeChoice) -> str:
    if isinstance(life, Life):
        return (
            f"They live for {several(life.days, 'day') if life.days else several(life.months or 0, 'month')} from then."
        )
    return _LIVES[life]


def _earning(earning: Earning, _: Wording) -> str:
    net = " Goods earn on what is paid without tax." if earning.base == "net" else ""
    limits = [
        f"one {where} earns at most {most}"
        for where, most in (
            ("line", None if earning.line_max_points is None else several(earning.line_max_points, "point")),
            ("receipt", None if earning.receipt_max_points is None else several(earning.receipt_max_points, "point")),
            (
                "receipt",
                None if earning.receipt_max_bp is None else f"{percent(earning.receipt_max_bp)} of what is paid",
            ),
        )
        if most
    ]
    extra = f" {_upper(listed(limits))}." if limits else ""
    return f"{_pending(earning.pending)} {_life(earning.life)}{net}{extra}"


def _burning(burning: Burning, wording: Wording) -> str:
    how = "lower the prices before tax" if burning.burn_as is BurnAs.PRICE_REDUCTION else "pay like money, after tax"
    said = [f"Points {how}."]
    if burning.cap_bp < BASIS_POINTS:
        said.append(f"They pay at most {percent(burning.cap_bp)} of the goods that accept them.")
    if burning.min_paid_minor:
        said.append(f"At least {wording.money(burning.min_paid_minor)} is always paid by money.")
    if burning.min_balance_points:
        said.append(f"Only from a balance of {several(burning.min_balance_points, 'point')} on.")
    if burning.multiple_points:
        said.append(f"In multiples of {number(burning.multiple_points)}.")
    if burning.from_receipt > 1:
        said.append(f"From the member's receipt number {burning.from_receipt} on.")
    return " ".join(said)


def _returns(returns: Returns, _: Wording) -> str:
    how = {"prorate": "a share of what they earned", "re-evaluate": "what the goods that stay would not have earned"}
    spent = {"overdraft": "the member owes them", "clamp": "they are forgiven"}
    return f"With goods that come back goes {how[returns.method]}; of points that were spent already, {spent[returns.spent]}."


def _guard(guard: Guard, _: Wording) -> str:
    unknown = (
        "goods whose margin is not known get nothing"
        if guard.unknown == "refuse"
        else "goods whose margin is not known get all"
    )
    return f"All rewards together cost at most {guard.margin_percent} % of the margin of each {guard.per}; {unknown}."


def _tiers(tiers: Tiers, wording: Wording) -> str:
    steps = [
        tier.id
        + (f" from {wording.money(tier.from_minor)} on" if tier.from_minor else " from the beginning")
        + (f" ({', '.join(tier.benefits)})" if tier.benefits else "")
        for tier in tiers.steps
    ]
    return (
        f"By what was spent in {several(tiers.window_months, 'month')}: {'; '.join(steps)}. "
        f"A tier is kept for {several(tiers.kept_months, 'month')} more."
    )


def _draw(draw: Draw, _: Wording) -> str:
    proof = "Anybody can check it afterwards: all follows from a secret seed, whose SHA-256 stands in the file and on the receipts before."
    if draw.pool is None or draw.draw_on is None:
        return f"Chance decides. {proof}"
    prizes = [f"{one.count} × {one.name}" if one.count > 1 else one.name for one in draw.prizes]
    return (
        f"On {draw.draw_on} or later these prizes are drawn among the pool “{draw.pool}”: {'; '.join(prizes)}. {proof}"
    )


def _charity(charity: Charity, wording: Wording) -> str:
    rounding = (
        f" Whoever wants to rounds up to whole {wording.money(charity.round_to_minor)}."
        if charity.round_to_minor
        else ""
    )
    return (
        f"The cause is “{charity.cause}”. Customers give by buying the product {charity.product}.{rounding} "
        f"What the shop gives itself is the pool “{charity.pool}”."
    )


def _profit_share(share: ProfitShare, _: Wording) -> str:
    least = (
        f" Less than {several(share.min_payout_points, 'point')} is not paid out." if share.min_payout_points else ""
    )
    return f"{share.margin_percent} % of the margin that a member's purchases made, in points, once a quarter.{least}"


def _instalments(parts: Instalments, wording: Wording) -> str:
    most = "" if parts.max_total_minor is None else f" and {wording.money(parts.max_total_minor)} at most"
    return (
        f"A basket of {wording.money(parts.min_total_minor)} at least{most} is paid in {parts.parts} equal parts, "
        f"one every {parts.every_days} days, the first at once. "
        f"A member has at most {several(parts.max_open_contracts, 'open contract')}."
    )


_NO_POINTS = (Access, Collect, Notice, Reward)
_COLLECT_SAID = {field.name for field in msgspec.structs.fields(Rule)}
_COLLECT_SAID |= {"pool", "units", "per", "per_minor", "pending", "life", "chance_bp", "wins", "begins"}
_KINDS: dict[type, Callable[[Programme, Any, Wording], str]] = {
    Access: _access,
    Act: _act,
    AmountOff: _amount_off,
    Bonus: _bonus,
    Collect: _collect,
    FixedCard: _fixed_card,
    FixedPrice: _fixed_price,
    MemberPrice: _member_price,
    Multiply: _multiply,
    Notice: _notice,
    Percent: _percent,
    Pharmacy: _pharmacy,
    Points: _points,
    Progressive: _progressive,
    Reward: _reward,
}
_SECTIONS: dict[type, Callable[[Any, Wording], str]] = {
    Burning: _burning,
    Charity: _charity,
    Draw: _draw,
    Earning: _earning,
    Guard: _guard,
    Instalments: _instalments,
    ProfitShare: _profit_share,
    Returns: _returns,
    Tiers: _tiers,
}
