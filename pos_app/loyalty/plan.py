"""A programme set made ready for a day and a store: what runs, in which lanes, and which programme burns."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import msgspec

from pos_app.loyalty import reasons
from pos_app.loyalty.conditions import rests
from pos_app.loyalty.contenders import Contender, has_limits
from pos_app.loyalty.document import (
    PRICE_LANE,
    Access,
    Act,
    AnyRule,
    Collect,
    Earning,
    Guard,
    Multiply,
    Notice,
    Programme,
    Progressive,
    Reward,
)
from pos_app.loyalty.donating import Cause, causes_of
from pos_app.loyalty.goods_kinds import ByGoods, GoodsKinds
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.rating import NOTHING, Rating, Receipt, Scale, scale_for
from pos_app.loyalty.rules.goods import full_weight
from pos_app.model.evaluation import EngineLine, Reason

_OUT_OF_LANES = (Access, Act, Collect, Notice, Reward)
_RATES_MAX = 1_000


NOBODY = -1
Decision = tuple[int, int]
"""Which contender wins goods, and the rate times the weight that it wins with."""


class Lane:
    """The rules that compete for each line, and those that raise what the winner gives.

    ``by_line`` are the numbers of the contenders whose offers must be asked for line by line. What the others offer grows with what is
    paid alone, so that goods of one kind have one winner among them at given rates; the lane remembers it. What is paid counts as for
    ``base_of``, the first of these. ``counting`` are the numbers of the contenders that count on the card.
    """

    __slots__ = (
        "_always",
        "_asked",
        "_decided_by",
        "_decisions",
        "base_of",
        "boosters",
        "by_line",
        "contenders",
        "counting",
        "gives_discount",
    )

    def __init__(self, name: str, givers: list[Contender]) -> None:
        self.gives_discount = name == PRICE_LANE
        self.contenders = tuple(giver for giver in givers if not isinstance(giver.rule, Multiply))
        self.boosters = tuple(giver for giver in givers if isinstance(giver.rule, Multiply))
        numbered = tuple(enumerate(self.contenders))
        self.base_of = next((one.programme for one in self.contenders if one.is_proportional), None)
        self.by_line = tuple(number for number, one in numbered if not self._goes_by_kind(one))
        self.counting = tuple(number for number, one in numbered if isinstance(one.rule, Progressive))
        self._always = [contender.always or NOTHING for contender in self.contenders]
        self._asked = tuple((number, one) for number, one in numbered if one.always is None)
        self._decided_by = tuple(number for number, _ in self._asked if number not in self.by_line)
        self._decisions: dict[tuple[frozenset[str] | int, ...], ByGoods[Decision]] = {}

    def ratings(self, receipt: Receipt) -> list[Rating]:
        """What each contender says of the receipt."""
        if receipt.member is None:
            return [contender.rating(receipt) for contender in self.contenders]
        ratings = self._always.copy()
        for number, contender in self._asked:
            ratings[number] = contender.rating(receipt)
        return ratings

    def decisions(self, ratings: list[Rating], barred: frozenset[str], *, has_member: bool) -> ByGoods[Decision]:
        """What is known of the winners at these rates, where these rules are ``barred``: what always is the same needs no look."""
        numbers = self._decided_by
        rates: tuple[frozenset[str] | int, ...] = (barred, has_member, *[ratings[number].rate for number in numbers])
        known = self._decisions.get(rates)
        if known is None:
            if len(self._decisions) >= _RATES_MAX:
                self._decisions.clear()
            known = self._decisions[rates] = ByGoods(self._decision_at([rating.rate for rating in ratings]))
        return known

    def _decision_at(self, rates: list[int]) -> Callable[[EngineLine], Decision]:
        """Who wins goods at these rates: the highest worth, the first contender where worths are equal."""
        giving = [
            (number, rate, self.contenders[number].kind.weight)
            for number, rate in enumerate(rates)
            if rate and number not in self.by_line
        ]

        def decision(line: EngineLine) -> Decision:
            winner, best = NOBODY, 0
            for number, rate, weight in giving:
                factor = rate * weight(line)
                if factor > best:
                    winner, best = number, factor
            return winner, best

        return decision

    def _goes_by_kind(self, contender: Contender) -> bool:
        """Whether its offers can be compared by rate and weight alone; a discount is off the price that people see, for everybody."""
        if self.base_of is None or not contender.is_proportional:
            return False
        return self.gives_discount or contender.programme.earning.base == self.base_of.earning.base


class Plan(msgspec.Struct, frozen=True, eq=False):
    """What runs on a day in a store. Programmes and contenders are in the order of priority, then of their names.

    ``burners`` are the programmes that points may burn by, with what says for which goods: of one issuer all. ``guard`` is the
    strictest of the guards that run. ``with_tiers`` and ``with_limits`` are those programmes that have tiers, and that limit what a
    receipt gives; ``limits_points``: one of them does, or a rule. ``touches_prices``: some rule may take something off a price, or must
    be compared with others before it gives anything. ``causes`` by the products under which customers give to them.
    """

    programmes: tuple[Programme, ...]
    price_lanes: tuple[Lane, ...]
    point_lanes: tuple[Lane, ...]
    collects: tuple[Contender, ...]
    rewards: tuple[Contender, ...]
    notices: tuple[Contender, ...]
    accesses: tuple[Contender, ...]
    burners: tuple[tuple[Programme, ByGoods[int]], ...]
    guard: Guard | None
    scale: Scale
    goods: GoodsKinds
    has_groups: bool
    limits_points: bool
    touches_prices: bool
    with_tiers: tuple[Programme, ...]
    with_limits: tuple[Programme, ...]
    causes: dict[str, Cause]
    acts: tuple[Contender, ...]

    @property
    def burner(self) -> Programme | None:
        """The first programme that points may burn by: its issuer is the one whose points burn here."""
        return self.burners[0][0] if self.burners else None


@lru_cache(maxsize=1024)
def plan_for(programmes: ProgrammeSet, business_date: str, store_id: str = "") -> Plan:
    """The plan of a set for a business date (ISO) and a store; days on which the same rules run share one."""
    running = tuple(
        (programme.id, tuple(rule.id for rule in programme.rules if _applies(rule, business_date, store_id)))
        for programme in programmes.programmes
        if why_programme_rests(programme, business_date, store_id) is None
    )
    return _plan(programmes, running)


def _applies(rule: AnyRule, business_date: str, store_id: str) -> bool:
    return rests(rule, business_date=business_date, store_id=store_id) is None


def why_programme_rests(programme: Programme, business_date: str, store_id: str) -> Reason | None:
    """Why a programme does not run on this day in this store, or None."""
    begun = programme.active_from is None or programme.active_from.isoformat() <= business_date
    ended = programme.active_until is not None and programme.active_until.isoformat() < business_date
    if not begun or ended:
        return Reason(reasons.NOT_ACTIVE, {"business_date": business_date})
    if programme.stores and store_id not in programme.stores:
        return Reason(reasons.WHEN_STORE, {"store": store_id})
    return None


@lru_cache(maxsize=64)
def _plan(programmes: ProgrammeSet, running: tuple[tuple[str, tuple[str, ...]], ...]) -> Plan:
    """The plan of these programmes and rules of a set; the last 64 are kept."""
    rule_ids = dict(running)
    active = sorted(
        (programme for programme in programmes.programmes if programme.id in rule_ids),
        key=lambda programme: (programme.priority, programme.id),
    )
    rules = [(programme, rule) for programme in active for rule in programme.rules if rule.id in rule_ids[programme.id]]
    rules.sort(key=lambda one: (one[0].priority, one[1].priority, one[0].id, one[1].id))
    scale = scale_for([rule for _, rule in rules], point_worth_minor=active[0].point_worth_minor if active else 1)
    contenders = [Contender(programme, rule, scale) for programme, rule in rules]
    lanes = _lanes(contender for contender in contenders if not isinstance(contender.rule, _OUT_OF_LANES))
    has_groups = any(contender.rule.group for contender in contenders)
    with_limits = tuple(programme for programme in active if _limits_receipts(programme.earning))
    return Plan(
        programmes=tuple(active),
        price_lanes=tuple(lane for lane in lanes if lane.gives_discount),
        point_lanes=tuple(lane for lane in lanes if not lane.gives_discount),
        collects=_of(Collect, contenders),
        rewards=_of(Reward, contenders),
        notices=_of(Notice, contenders),
        accesses=_of(Access, contenders),
        burners=_burners(active),
        guard=_strictest([programme.guard for programme in active if programme.guard]),
        scale=scale,
        goods=GoodsKinds(by_product=_names_any_product(contenders, active)),
        has_groups=has_groups,
        touches_prices=has_groups or any(lane.gives_discount for lane in lanes) or bool(_of(Reward, contenders)),
        limits_points=bool(with_limits) or any(_limits_points(lane) for lane in lanes if not lane.gives_discount),
        with_tiers=tuple(programme for programme in active if programme.tiers is not None),
        with_limits=with_limits,
        causes=causes_of(active),
        acts=_of(Act, contenders),
    )


def _burners(active: list[Programme]) -> tuple[tuple[Programme, ByGoods[int]], ...]:
    """The programmes with a section for burning that are of the same issuer as the first of them."""
    found = [(one, ByGoods(full_weight(one.burning))) for one in active if one.burning]
    return tuple(pair for pair in found if pair[0].issuer == found[0][0].issuer)


def _of(kind: type[AnyRule], contenders: list[Contender]) -> tuple[Contender, ...]:
    return tuple(contender for contender in contenders if isinstance(contender.rule, kind))


def _limits_receipts(earning: Earning) -> bool:
    return earning.receipt_max_points is not None or earning.receipt_max_bp is not None


def _limits_points(lane: Lane) -> bool:
    return any(has_limits(giver.rule) for giver in (*lane.contenders, *lane.boosters))


def _names_any_product(contenders: list[Contender], active: list[Programme]) -> bool:
    """Whether some rule or section for burning names single products, so that goods are told apart by their code too."""
    return any(_names_products(one.rule) for one in contenders) or any(_names_products(one.burning) for one in active)


def _names_products(goods: Any) -> bool:
    return goods is not None and bool(goods.only_products or goods.exclude_products)


def _strictest(guards: list[Guard]) -> Guard | None:
    """One guard that keeps what each of them promises."""
    if not guards:
        return None
    return Guard(
        margin_percent=min(guard.margin_percent for guard in guards),
        per="line" if any(guard.per == "line" for guard in guards) else "receipt",
        unknown="refuse" if any(guard.unknown == "refuse" for guard in guards) else "allow",
    )


def _lanes(contenders: Iterable[Contender]) -> list[Lane]:
    """The contenders by lane, in the order of each lane's first; a rule that adds has a lane that no document can name."""
    lanes: dict[tuple[str, str], list[Contender]] = {}
    for contender in contenders:
        rule = contender.rule
        own = contender.key if rule.adds and not isinstance(rule, Multiply) else ""
        lanes.setdefault((rule.lane, own), []).append(contender)
    return [Lane(name, givers) for (name, _), givers in lanes.items()]
