"""What goes back with goods of pools other than points, and of what rewards took. Pure: till and headquarters reckon by it.

What a line collected goes back by its share: for k of n units, floor of share times k over n, less what went before. A reward that
took something off lines gives its units back with those lines, by the share that each has in its discount; one in words, or that took
nothing off, gives them back once the whole receipt is back. So any sequence of partial returns ends where one full return ends.
"""

from collections.abc import Iterable, Sequence

import msgspec

from pos_app.loyalty.ledger import LotUnits
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.accounts import Lot
from pos_app.model.evaluation import Taken
from pos_app.model.identifiers import derived_id, is_points
from pos_app.model.money import share_out
from pos_app.protocol.events import BurnedLot, GrantedLot, SaleEvent
from pos_app.use_cases.goods_share import GoodsShare

GRACE_DAYS = 14
_DAY_MS = 86_400_000
_RuleKey = tuple[str, str]


class TakenBack(msgspec.Struct, frozen=True):
    """Units of a reward that come back: ``number`` is its place in the sale's ``taken``, from 1; so many came back before."""

    number: int
    unit: str
    before_units: int
    units: int


class PoolsBack(msgspec.Struct, frozen=True):
    """What goes back of pools: units by lot, the pools in which what is spent is forgiven, and what comes back of rewards."""

    collected: tuple[LotUnits, ...] = ()
    clamped_pools: tuple[str, ...] = ()
    taken: tuple[TakenBack, ...] = ()

    @property
    def points_units(self) -> int:
        """The points that rewards took and that come back."""
        return sum(one.units for one in self.taken if is_points(one.unit))


def pools_back(goods: GoodsShare, programmes: ProgrammeSet | None) -> PoolsBack:
    """What goes back of the pools of a sale with these goods."""
    sale = goods.sale
    if not (sale.collected or sale.taken):
        return PoolsBack()
    return PoolsBack(
        collected=collected_back(goods),
        clamped_pools=_clamped(programmes, sale.pool_lots),
        taken=tuple(
            back for number, one in enumerate(sale.taken, start=1) if (back := _taken_back(goods, number, one))
        ),
    )


def lots_of_rules(sale: SaleEvent) -> dict[_RuleKey, GrantedLot]:
    """The lot that each collecting rule gave: programme and rule to lot. The engine writes both in one order."""
    keys = dict.fromkeys((one.programme_id, one.rule_id) for one in sale.collected)
    return dict(zip(keys, sale.pool_lots, strict=True))


def restored_of_rewards(sale: SaleEvent, back: PoolsBack, *, event_id: str, at_ms: int) -> tuple[Lot, ...]:
    """What rewards took comes back in the order in which it was taken, with its expiry but at least the days of grace."""
    parts = _parts_of_rewards(sale)
    return tuple(
        lot
        for one in back.taken
        for lot in given_back(
            parts[one.number - 1],
            sale=sale,
            unit=one.unit,
            begin=one.before_units,
            end=one.before_units + one.units,
            event_id=event_id,
            purpose=f"reward-{one.number}",
            at_ms=at_ms,
        )
    )


def given_back(
    parts: Sequence[BurnedLot],
    *,
    sale: SaleEvent,
    unit: str,
    begin: int,
    end: int,
    event_id: str,
    purpose: str,
    at_ms: int,
) -> tuple[Lot, ...]:
    """The units from ``begin`` on and up to ``end`` of what was taken in these parts, as lots with ids of their own."""
    restored: list[Lot] = []
    position = 0
    for number, part in enumerate(parts, start=1):
        units = min(end, position + part.units) - max(begin, position)
        position += part.units
        if units > 0:
            restored.append(
                Lot(
                    lot_id=derived_id(event_id, f"{purpose}-{number}"),
                    account_ref=sale.account_ref,
                    issuer=unit,
                    programme_id=part.programme_id,
                    starts_at_ms=at_ms,
                    expires_at_ms=None
                    if part.expires_at_ms is None
                    else max(part.expires_at_ms, at_ms + GRACE_DAYS * _DAY_MS),
                    granted_units=units,
                    remaining_units=units,
                    matured=True,
                )
            )
    return tuple(restored)


def collected_back(goods: GoodsShare) -> tuple[LotUnits, ...]:
    """What goes back now of what lines collected, by lot."""
    units: dict[_RuleKey, int] = {}
    for one in goods.sale.collected:
        key = one.programme_id, one.rule_id
        units[key] = units.get(key, 0) + goods.now(one.line_no, one.units)
    lots = lots_of_rules(goods.sale)
    return tuple(LotUnits(lots[key].lot_id, back, lots[key].grant.issuer) for key, back in units.items() if back)


def _clamped(programmes: ProgrammeSet | None, lots: Iterable[GrantedLot]) -> tuple[str, ...]:
    """Pools in which what is spent is forgiven: where every programme that gave units on the receipt says so."""
    if programmes is None:
        return ()
    forgiving = {one.id for one in programmes.programmes if one.returns.spent == "clamp"}
    forgives: dict[str, bool] = {}
    for lot in lots:
        unit = lot.grant.issuer
        forgives[unit] = forgives.get(unit, True) and lot.grant.programme_id in forgiving
    return tuple(unit for unit, is_forgiven in forgives.items() if is_forgiven)


def _taken_back(goods: GoodsShare, number: int, taken: Taken) -> TakenBack | None:
    """What comes back of one reward now; None for nothing."""
    by_line = _shares_of(goods.sale, taken)
    if by_line:
        before = sum(goods.before(line_no, units) for line_no, units in by_line.items())
        after = sum(goods.after(line_no, units) for line_no, units in by_line.items())
    else:
        before, after = (taken.units if whole else 0 for whole in (goods.was_whole, goods.is_whole))
    return TakenBack(number, taken.unit, before, after - before) if after > before else None


def _shares_of(sale: SaleEvent, taken: Taken) -> dict[int, int]:
    """What each line carries of a reward's units, by its discount; nothing where it took nothing off."""
    off_minor = {
        one.line_no: one.amount_minor
        for one in sale.discounts
        if (one.programme_id, one.rule_id) == (taken.programme_id, taken.rule_id)
    }
    if not any(off_minor.values()):
        return {}
    shares = share_out(taken.units, list(off_minor.values()), list(off_minor))
    return dict(zip(off_minor, shares, strict=True))


def _parts_of_rewards(sale: SaleEvent) -> list[tuple[BurnedLot, ...]]:
    """Which lots each reward took, in the order of the sale's ``taken``: the proposal lists them one after the other."""
    waiting = list(reversed(sale.taken_lots))
    found: list[tuple[BurnedLot, ...]] = []
    for one in sale.taken:
        missing, parts = one.units, []
        while missing and waiting:
            part = waiting.pop()
            units = min(part.units, missing)
            parts.append(msgspec.structs.replace(part, units=units))
            missing -= units
            if units < part.units:
                waiting.append(msgspec.structs.replace(part, units=part.units - units))
        found.append(tuple(parts))
    return found
