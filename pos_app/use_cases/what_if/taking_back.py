"""Goods that come back, and points by hand, as the ledger books them."""

from collections.abc import Collection, Mapping

from pos_app.model.calendar import month_of
from pos_app.model.identifiers import is_points
from pos_app.use_cases.goods_back import GoodsBack, forgiven_before, goods_back, restored_lots, summed, tendered_minor
from pos_app.use_cases.goods_share import GoodsShare
from pos_app.use_cases.pools_back import restored_of_rewards
from pos_app.use_cases.what_if.counting import rule_of
from pos_app.use_cases.what_if.figures import Tally
from pos_app.use_cases.what_if.history import Adjusted, CameBack, cost_of
from pos_app.use_cases.what_if.purse import Lot, restored_lot
from pos_app.use_cases.what_if.sold import Sold
from pos_app.use_cases.what_if.standing import Standing


def take_back(
    sold: Sold,
    one: CameBack,
    standing: Standing | None,
    tally: Tally,
    reward_keys: Collection[str],
    costs_minor: Mapping[str, int],
) -> None:
    """Book a return: money, points, sums, and what it lowers of what was counted. ``standing`` is None without a card."""
    back = goods_back(sold.event, sold.programmes, before=sold.before, quantities_milli=one.quantities_milli)
    before_milli = {line_no: line.quantity_milli for line_no, line in sold.before.items()}
    after_milli = before_milli | {no: before_milli.get(no, 0) + milli for no, milli in one.quantities_milli.items()}
    goods = GoodsShare(sold.event, before_milli, after_milli)
    tally.returns += 1
    tally.sales_minor -= back.money_minor
    off_minor = _count_rules(goods, tally, reward_keys)
    tally.burned_minor -= sum(goods.now(share.line_no, share.worth_minor) for share in sold.event.burn_shares)
    _count_margin(goods, back, tally, costs_minor)
    if standing is not None:
        tally.member_sales_minor -= back.money_minor
        standing.tally.off_minor -= off_minor
        _points_back(sold, back, one, standing, tally)
    sold.before = summed([*sold.before.values(), *back.lines])


def _count_rules(goods: GoodsShare, tally: Tally, reward_keys: Collection[str]) -> int:
    """Take back what rules took off the goods; gives how much that is."""
    off_minor = 0
    for discount in goods.sale.discounts:
        minor = goods.now(discount.line_no, discount.amount_minor)
        key = f"{discount.programme_id}/{discount.rule_id}"
        rule_of(tally, key).off_minor -= minor
        off_minor += minor
        if key in reward_keys:
            tally.reward_minor -= minor
        else:
            tally.discount_minor -= minor
    return off_minor


def _count_margin(goods: GoodsShare, back: GoodsBack, tally: Tally, costs_minor: Mapping[str, int]) -> None:
    for line in back.lines:
        by_points_minor = goods.now(line.line_no, tendered_minor(goods.sale, line.line_no))
        unit_cost_minor = costs_minor.get(goods.sale.lines[line.line_no - 1].product_code)
        if unit_cost_minor is None:
            tally.uncosted_minor -= line.refund_minor - by_points_minor
        else:
            tally.net_minor -= line.refund_minor - line.tax_minor - by_points_minor
            before, after = (milli.get(line.line_no, 0) for milli in (goods.before_milli, goods.after_milli))
            tally.goods_cost_minor -= cost_of(unit_cost_minor, after) - cost_of(unit_cost_minor, before)


def _points_back(sold: Sold, back: GoodsBack, one: CameBack, standing: Standing, tally: Tally) -> None:
    sale, at_ms = sold.event, one.utc_ms
    restored = restored_lots(sale, back, event_id=one.return_id, at_ms=at_ms)
    restored += restored_of_rewards(sale, back.pools, event_id=one.return_id, at_ms=at_ms)
    credited = [(lot.issuer, restored_lot(lot)) for lot in restored]
    for issuer, lot in credited:
        tally.given_back_units += lot.remaining_units if is_points(issuer) else 0
        standing.purse(issuer).credit(lot, at_ms=at_ms)
    forgiven = forgiven_before(sale, sold.programmes, before=sold.before, taken_back=sold.taken_back)
    for issuer, units in _taken_from_own_lots(sold, back, standing, tally).items():
        purse = standing.purse(issuer)
        from_any = purse.cancel_from_any(units)
        owed = 0 if _is_forgiven(back, issuer) else units - from_any
        purse.overdraft_units += owed
        _count_taken(sold, issuer, from_any + owed, standing, tally)
    for issuer, units in forgiven.items():
        if _is_forgiven(back, issuer):
            own = [lot for lot_issuer, lot in credited if lot_issuer == issuer]
            _count_taken(sold, issuer, standing.purse(issuer).cancel_from(own, units), standing, tally)
    month = month_of(sale.moment.business_date)
    standing.count({programme_id: -minor for programme_id, minor in back.counted.items() if minor}, month)


def _is_forgiven(back: GoodsBack, issuer: str) -> bool:
    return back.clamps if is_points(issuer) else issuer in back.pools.clamped_pools


def _count_taken(sold: Sold, issuer: str, units: int, standing: Standing, tally: Tally) -> None:
    sold.taken_back[issuer] += units
    if is_points(issuer):
        tally.taken_back_units += units
        standing.tally.units -= units


def _taken_from_own_lots(sold: Sold, back: GoodsBack, standing: Standing, tally: Tally) -> dict[str, int]:
    """Take points back from the lots that the sale gave, and from what expired of them; gives what is left, by issuer."""
    owed: dict[str, int] = {}
    for part in (*back.clawed_back, *back.pools.collected):
        issuer, lot = part.issuer or sold.event.issuer, sold.lots[part.lot_id]
        cancelled = standing.purse(issuer).cancel(lot, part.units)
        lapsed = min(part.units - cancelled, lot.expired_units)
        lot.expired_units -= lapsed
        owed[issuer] = owed.get(issuer, 0) + part.units - cancelled - lapsed
        # What had expired is taken back in the place of expiring.
        tally.expired_units -= lapsed if is_points(issuer) else 0
        _count_taken(sold, issuer, cancelled + lapsed, standing, tally)
    return owed


def adjust(standing: Standing, one: Adjusted, tally: Tally) -> None:
    """Book what a person gave, took away or forgave."""
    purse = standing.purse(one.issuer)
    if one.forgives:
        forgiven = min(one.units, purse.overdraft_units)
        purse.overdraft_units -= forgiven
        tally.adjusted_units += forgiven
        return
    if one.units > 0:
        lot = Lot(one.units, starts_at_ms=one.utc_ms, expires_at_ms=one.expires_at_ms, lot_id=one.lot_id)
        purse.credit(lot, at_ms=one.utc_ms)
    else:
        purse.overdraft_units -= one.units + purse.cancel_from_any(-one.units)
    tally.adjusted_units += one.units
