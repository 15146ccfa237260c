"""What goes back with goods: money, tax, points of each lot, sums. Pure: a till books by it, and HQ settles and checks by it.

Money, tax, burned points and prorated points are cumulative shares: floor of share times returned over sold, less what went
before. Points of programmes that re-evaluate are what was given less what the goods that stay would have earned, on the sale's
own input and by that day's programmes. Either way no step is negative, and any sequence of partial returns ends where one
full return ends.

Programmes that re-evaluate are reckoned together, since one may earn what another no longer does, and their lots give in the
order in which the sale gave them. Where a set is not known, every share is prorated and nothing is forgiven.
"""

from collections.abc import Iterable, Mapping

import msgspec

from pos_app.loyalty.engine import evaluate
from pos_app.loyalty.ledger import LotUnits
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.accounts import Lot
from pos_app.model.evaluation import Donated, EngineInput, EngineLine
from pos_app.model.money import share_out
from pos_app.protocol.events import GrantedLot, ReturnedLine, SaleEvent
from pos_app.use_cases.goods_share import GoodsShare
from pos_app.use_cases.pools_back import GRACE_DAYS, PoolsBack, collected_back, given_back, pools_back
from pos_app.use_cases.quoting import off_by_line

__all__ = ["GRACE_DAYS", "GoodsBack", "forgiven_before", "goods_back", "restored_lots", "summed"]


class GoodsBack(msgspec.Struct, frozen=True):
    """One return, worked out; amounts in minor units, points in units, all >= 0.

    ``money_minor`` goes back as money, ``by_points_minor`` is what points paid as tender: it comes back as points alone.
    ``burned_before_units`` and ``burned_units``: burned points that came back before, and come back now. ``pools`` is what goes back
    of pools other than points and of rewards, ``donated`` what no longer goes to causes.
    """

    lines: tuple[ReturnedLine, ...]
    money_minor: int
    by_points_minor: int
    clawed_back: tuple[LotUnits, ...]
    burned_before_units: int
    burned_units: int
    counted: dict[str, int]
    clamps: bool
    pools: PoolsBack = PoolsBack()
    donated: tuple[Donated, ...] = ()

    @property
    def clawed_back_units(self) -> int:
        """The points that go back, spent or not."""
        return sum(part.units for part in self.clawed_back)

    @property
    def total_minor(self) -> int:
        """What the goods were sold for, whether money or points as tender paid it."""
        return self.money_minor + self.by_points_minor


def goods_back(
    sale: SaleEvent,
    programmes: ProgrammeSet | None,
    *,
    before: Mapping[int, ReturnedLine],
    quantities_milli: Mapping[int, int],
) -> GoodsBack:
    """What goes back with so much of these lines, after what came back ``before`` (summed by line).

    ``programmes`` is the set that the sale names, None where nobody has it. The quantities must be left to come back.
    """
    before_milli = {line_no: line.quantity_milli for line_no, line in before.items()}
    after_milli = before_milli | {no: before_milli.get(no, 0) + milli for no, milli in quantities_milli.items()}
    goods = GoodsShare(sale, before_milli, after_milli)
    re_evaluated = _re_evaluated_ids(programmes)
    prorated = _prorated(goods, re_evaluated)
    lines = tuple(_line(goods, line_no, prorated) for line_no in sorted(quantities_milli))
    lost = _lost_lots(goods, programmes, re_evaluated, before.values())
    by_points_minor = sum(goods.now(line_no, tendered_minor(sale, line_no)) for line_no in quantities_milli)
    clawed_back = _by_lot(sale, prorated) + lost
    return GoodsBack(
        lines=_with_lost(lines, sum(part.units for part in lost)),
        money_minor=sum(line.refund_minor for line in lines) - by_points_minor,
        by_points_minor=by_points_minor,
        clawed_back=clawed_back,
        burned_before_units=sum(goods.before(share.line_no, share.units) for share in sale.burn_shares),
        burned_units=sum(line.burned_units for line in lines),
        counted=_counted(goods, programmes),
        clamps=_clamps(sale, programmes),
        pools=pools_back(goods, programmes),
        donated=_donated_back(goods),
    )


def _donated_back(goods: GoodsShare) -> tuple[Donated, ...]:
    """What of the gifts goes back with their lines: the customer's own, and the shop's for its goods."""
    shares = ((one, goods.now(one.line_no, one.amount_minor)) for one in goods.sale.donated)
    return tuple(msgspec.structs.replace(one, amount_minor=minor) for one, minor in shares if minor)


def tendered_minor(sale: SaleEvent, line_no: int) -> int:
    """What points paid of a line as tender; a price reduction is in the line's price already."""
    if sale.burn_as != "tender":
        return 0
    return sum(share.worth_minor for share in sale.burn_shares if share.line_no == line_no)


def restored_lots(sale: SaleEvent, back: GoodsBack, *, event_id: str, at_ms: int) -> tuple[Lot, ...]:
    """Burned points come back in the order in which they were burned, with their expiry but at least the days of grace."""
    return given_back(
        sale.burned_lots,
        sale=sale,
        unit=sale.issuer,
        begin=back.burned_before_units,
        end=back.burned_before_units + back.burned_units,
        event_id=event_id,
        purpose="restored",
        at_ms=at_ms,
    )


def forgiven_before(
    sale: SaleEvent,
    programmes: ProgrammeSet | None,
    *,
    before: Mapping[int, ReturnedLine],
    taken_back: Mapping[str, int],
) -> dict[str, int]:
    """What earlier returns of a sale forgave, by unit: what went back with the goods ``before``, less what they took (``taken_back``).

    Nothing is said of points where the shares do not add up to what these returns say, because somebody reckoned without the programmes.
    """
    asked: dict[str, int] = {}
    for part in _clawed_before(sale, programmes, before):
        asked[part.issuer] = asked.get(part.issuer, 0) + part.units
    left = {unit: units - taken_back.get(unit, 0) for unit, units in asked.items()}
    return {unit: units for unit, units in left.items() if units > 0}


def _clawed_before(
    sale: SaleEvent, programmes: ProgrammeSet | None, before: Mapping[int, ReturnedLine]
) -> tuple[LotUnits, ...]:
    """What went back of the sale's lots with these goods."""
    earlier = GoodsShare(sale, {}, {line_no: line.quantity_milli for line_no, line in before.items()})
    collected = collected_back(earlier)
    re_evaluated = _re_evaluated_ids(programmes)
    prorated = _by_lot(sale, _prorated(earlier, re_evaluated))
    units = sum(line.earned_units for line in before.values())
    lost_units = units - sum(part.units for part in prorated)
    lost = _between(_lots_of(sale, re_evaluated), 0, lost_units)
    is_whole = units == sum(part.units for part in (*prorated, *lost))
    return (*prorated, *lost, *collected) if is_whole else collected


def summed(parts: Iterable[ReturnedLine]) -> dict[int, ReturnedLine]:
    """What came back, summed by line."""
    sums: dict[int, ReturnedLine] = {}
    for part in parts:
        known = sums.get(part.line_no)
        sums[part.line_no] = part if known is None else _added(known, part)
    return sums


def _added(one: ReturnedLine, other: ReturnedLine) -> ReturnedLine:
    return ReturnedLine(
        one.line_no,
        one.quantity_milli + other.quantity_milli,
        one.refund_minor + other.refund_minor,
        one.tax_minor + other.tax_minor,
        one.earned_units + other.earned_units,
        one.burned_units + other.burned_units,
    )


def _line(goods: GoodsShare, line_no: int, prorated: dict[tuple[int, str], int]) -> ReturnedLine:
    sale = goods.sale
    line = sale.lines[line_no - 1]
    by_points_minor = tendered_minor(sale, line_no)
    return ReturnedLine(
        line_no=line_no,
        quantity_milli=goods.after_milli[line_no] - goods.before_milli.get(line_no, 0),
        refund_minor=goods.now(line_no, line.payable_minor - by_points_minor) + goods.now(line_no, by_points_minor),
        tax_minor=goods.now(line_no, line.tax_minor),
        earned_units=sum(units for (award_line, _), units in prorated.items() if award_line == line_no),
        burned_units=sum(goods.now(line_no, share.units) for share in sale.burn_shares if share.line_no == line_no),
    )


def _re_evaluated_ids(programmes: ProgrammeSet | None) -> frozenset[str]:
    if programmes is None:
        return frozenset()
    return frozenset(one.id for one in programmes.programmes if one.returns.method == "re-evaluate")


def _prorated(goods: GoodsShare, re_evaluated: frozenset[str]) -> dict[tuple[int, str], int]:
    """The points to take back by shares, by line and programme."""
    units: dict[tuple[int, str], int] = {}
    for award in goods.sale.awards:
        back = goods.now(award.line_no, award.units)
        if back and award.programme_id not in re_evaluated:
            key = award.line_no, award.programme_id
            units[key] = units.get(key, 0) + back
    return units


def _by_lot(sale: SaleEvent, prorated: dict[tuple[int, str], int]) -> tuple[LotUnits, ...]:
    units: dict[str, int] = {}
    for (_, programme_id), back in prorated.items():
        units[programme_id] = units.get(programme_id, 0) + back
    lots = {granted.grant.programme_id: granted for granted in sale.granted_lots}
    return tuple(LotUnits(lots[one].lot_id, back, lots[one].grant.issuer) for one, back in units.items())


def _lost_lots(
    goods: GoodsShare,
    programmes: ProgrammeSet | None,
    re_evaluated: frozenset[str],
    before: Iterable[ReturnedLine],
) -> tuple[LotUnits, ...]:
    """What the goods that stay would not have earned, less what went back before, from the sale's lots in their order."""
    lots = _lots_of(goods.sale, re_evaluated)
    if programmes is None or not lots:
        return ()
    given = sum(granted.grant.units for granted in lots)
    kept = sum(
        lot.units
        for lot in evaluate(_rest_of(goods.sale, goods.after_milli), programmes).lots
        if lot.programme_id in re_evaluated
    )
    by_shares = sum(
        goods.before(award.line_no, award.units)
        for award in goods.sale.awards
        if award.programme_id not in re_evaluated
    )
    taken = min(given, max(0, sum(line.earned_units for line in before) - by_shares))
    return _between(lots, taken, max(taken, given - min(given, kept)))


def _lots_of(sale: SaleEvent, programme_ids: frozenset[str]) -> list[GrantedLot]:
    return [granted for granted in sale.granted_lots if granted.grant.programme_id in programme_ids]


def _between(lots: Iterable[GrantedLot], begin: int, end: int) -> tuple[LotUnits, ...]:
    """The units from ``begin`` on and up to ``end`` of what was given in these lots, in their order."""
    parts: list[LotUnits] = []
    position = 0
    for granted in lots:
        units = min(end, position + granted.grant.units) - max(begin, position)
        position += granted.grant.units
        if units > 0:
            parts.append(LotUnits(granted.lot_id, units, granted.grant.issuer))
    return tuple(parts)


def _with_lost(lines: tuple[ReturnedLine, ...], lost_units: int) -> tuple[ReturnedLine, ...]:
    """The points that the rest lost stand with the goods that came back, in proportion to their price."""
    weights = [line.refund_minor for line in lines]
    shares = share_out(lost_units, weights if any(weights) else [1] * len(lines), [line.line_no for line in lines])
    return tuple(
        msgspec.structs.replace(line, earned_units=line.earned_units + share)
        for line, share in zip(lines, shares, strict=True)
    )


def _counted(goods: GoodsShare, programmes: ProgrammeSet | None) -> dict[str, int]:
    """What programmes counted for the goods that come back: the sums with what was left before, less what is left now."""
    sale = goods.sale
    if not sale.counted:
        return {}
    # Where the sale's discounts or rewards make even the whole of it count otherwise when it is rated again, prices decide.
    if programmes is None or evaluate(_rest_of(sale, {}), programmes).counted != sale.counted:
        return {programme_id: _by_price(goods, minor) for programme_id, minor in sale.counted.items()}
    before = evaluate(_rest_of(sale, goods.before_milli), programmes).counted
    after = evaluate(_rest_of(sale, goods.after_milli), programmes).counted
    return {programme_id: minor - after.get(programme_id, 0) for programme_id, minor in before.items()}


def _by_price(goods: GoodsShare, counted_minor: int) -> int:
    """The share of a sum that the price of the goods has in the receipt."""
    lines = goods.sale.lines
    whole_minor = sum(line.payable_minor for line in lines)
    before, after = (
        sum(share(line.line_no, line.payable_minor) for line in lines) for share in (goods.before, goods.after)
    )
    return counted_minor * after // whole_minor - counted_minor * before // whole_minor if whole_minor else 0


def _rest_of(sale: SaleEvent, returned_milli: dict[int, int]) -> EngineInput:
    """The sale's own input without what is back. Its points stay burned, so what is left of each line is what money paid.

    Prices stay too: what rules took off what is left is not taken off again, nor asked back.
    """
    gone_minor = off_by_line(sale.discounts)
    for share in sale.burn_shares:
        gone_minor[share.line_no] = gone_minor.get(share.line_no, 0) + share.worth_minor
    goods = GoodsShare(sale, {}, returned_milli)
    lines = (
        _left_of(line, goods, paid_minor=line.amount_minor - gone_minor.get(line.line_no, 0))
        for line in sale.engine_input.lines
    )
    kept = tuple(line for line in lines if line.quantity_milli)
    return msgspec.structs.replace(sale.engine_input, lines=kept, burn_units=0, takes=())


def _left_of(line: EngineLine, goods: GoodsShare, *, paid_minor: int) -> EngineLine:
    return msgspec.structs.replace(
        line,
        quantity_milli=line.quantity_milli - goods.after_milli.get(line.line_no, 0),
        amount_minor=paid_minor - goods.after(line.line_no, paid_minor),
        fixed=True,
    )


def _clamps(sale: SaleEvent, programmes: ProgrammeSet | None) -> bool:
    """Whether what is spent is forgiven: where every programme that gave points on the receipt says so.

    Of the receipt and not of these goods alone: else it would matter in which parts they come back.
    """
    if programmes is None or not sale.granted_lots:
        return False
    forgiving = {one.id for one in programmes.programmes if one.returns.spent == "clamp"}
    return all(granted.grant.programme_id in forgiving for granted in sale.granted_lots)
