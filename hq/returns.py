"""Goods that came back, at whatever till: never more of a sale than was bought, and the points that go with them.

HQ knows what all tills took back, so it works the points out again (``goods_back``, the tills' own arithmetic) on what is left of
the sale. A return whose sale has not come yet waits for it: the points that it would move are not booked either.
"""

from collections.abc import Mapping, Sequence

import msgspec

from hq import contracts, coupons
from hq.checks import UNSOUND_INPUT
from hq.due import book_and_repay, due_books
from hq.received import Received, UnbookableError
from hq.rows import CLAW_BACK, Account
from hq.working_set import WorkingSet
from hq.writing_down import write_down
from pos_app.errors import PosError
from pos_app.loyalty.ledger import LotUnits, book_return
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.accounts import Lot
from pos_app.model.calendar import month_of
from pos_app.model.identifiers import derived_id
from pos_app.protocol.events import POOLS_VERSION, ReturnedLine, ReturnEvent, SaleEvent, UnseenReturnEvent
from pos_app.use_cases.goods_back import GoodsBack, forgiven_before, goods_back, restored_lots, summed
from pos_app.use_cases.pools_back import restored_of_rewards

SALE_MISSING = "sale_missing"
TOO_MUCH = "returned_too_much"
UNCLEAR = "unseen_unclear"
DIFFERS = "return_differs"
UNKNOWN_LIFE_MS = 365 * 86_400_000
"""How long points live whose dates nobody knows."""


def take_back(work: WorkingSet, received: Received, event: ReturnEvent, *, now_ms: int) -> None:
    """Book a return; one whose sale is missing becomes a task that ``hq.settling`` does when the sale comes."""
    contracts.lower(work, received, event, now_ms=now_ms)
    if event.sale_event_id in work.booked:
        settle(work, received, event, now_ms=now_ms)
    else:
        work.tasks.append(received.task(SALE_MISSING, now_ms=now_ms))
    write_down(
        work,
        received,
        event,
        earned_units=sum(change.units for change in event.clawed_back),
        burned_units=-sum(granted.grant.units for granted in event.restored_lots),
    )


def keep_unseen(work: WorkingSet, received: Received, event: UnseenReturnEvent) -> None:
    """Book the money of goods whose receipt nobody could show; ``hq.settling`` settles their points when HQ has the sale."""
    work.unseen_returns.append(
        {
            "sale_receipt_number": event.sale_receipt_number,
            "event_id": event.event_id,
            "terminal_id": received.terminal_id,
            "incarnation": received.incarnation,
            "seq": received.seq,
        }
    )
    write_down(work, received, event, earned_units=0, burned_units=0)


def settle(work: WorkingSet, received: Received, event: ReturnEvent, *, now_ms: int) -> None:
    """Book the points of a return whose sale is booked; raises ``UnbookableError`` before anything is booked."""
    sale = work.sale_events.get(event.sale_event_id)
    if sale is None:
        raise UnbookableError("not_a_sale")
    before = summed(work.returned[sale.event_id])
    wanted = {line.line_no: line.quantity_milli for line in event.lines}
    quantities = _left_of(sale, before, wanted)
    if quantities != wanted:
        work.tasks.append(received.task(TOO_MUCH, now_ms=now_ms))
    programmes = work.programme_sets.get(sale.engine_input.programme_set_hash)
    if programmes is not None and not _is_as_computed(sale, programmes, event):
        work.tasks.append(received.task(DIFFERS, now_ms=now_ms))
    if not quantities:
        account = work.home_of(sale.account_ref) if sale.account_ref else None
        if account is not None:
            # Nothing is booked, while the till shows a return: it is told how the account stands.
            work.touch(account)
        return
    if programmes is None and quantities == wanted and _holds(sale, before, event):
        back = _by_words(sale, event, before)
    else:
        back = _computed(sale, programmes, before=before, quantities=quantities)
        if programmes is None:
            pools = msgspec.structs.replace(back.pools, clamped_pools=event.clamped_pools)
            back = msgspec.structs.replace(back, clamps=event.clamps, pools=pools)
    book_back(work, sale, back, event_id=event.event_id, at_ms=min(event.moment.utc_ms, now_ms), now_ms=now_ms)
    coupons.free(work, sale, event)


def settle_unseen(work: WorkingSet, event: UnseenReturnEvent, sales: Sequence[SaleEvent], *, now_ms: int) -> bool:
    """Book the points of goods whose receipt has come on the one of these sales that has all of them to give back.

    False, and nothing is booked, where none has, or more than one: nobody can say whose points they were then.
    """
    fitting = [sale for sale in sales if has_all(work, event, sale)]
    return len(fitting) == 1 and settle_as_decided(work, event, fitting[0], now_ms=now_ms)


def settle_as_decided(work: WorkingSet, event: UnseenReturnEvent, sale: SaleEvent, *, now_ms: int) -> bool:
    """Book the points of as much of these goods as this sale has to give back: a person says that they are its. False: none."""
    quantities, _all_found = _matched(sale, summed(work.returned[sale.event_id]), event)
    if quantities:
        programmes = work.programme_sets.get(sale.engine_input.programme_set_hash)
        back = _computed(sale, programmes, before=summed(work.returned[sale.event_id]), quantities=quantities)
        at_ms = min(event.moment.utc_ms, now_ms)
        book_back(work, sale, back, event_id=event.event_id, at_ms=at_ms, now_ms=now_ms)
    return bool(quantities)


def has_all(work: WorkingSet, event: UnseenReturnEvent, sale: SaleEvent) -> bool:
    """Whether all of these goods may still come back of this sale."""
    return _matched(sale, summed(work.returned[sale.event_id]), event)[1]


def book_back(work: WorkingSet, sale: SaleEvent, back: GoodsBack, *, event_id: str, at_ms: int, now_ms: int) -> None:
    """Book what goes back of a sale, under the event that took it back."""
    forgiven = forgiven_before(
        sale,
        work.programme_sets.get(sale.engine_input.programme_set_hash),
        before=summed(work.returned[sale.event_id]),
        taken_back=work.taken_back[sale.event_id],
    )
    work.add_returned(sale.event_id, event_id, back.lines)
    account = work.home_of(sale.account_ref) if sale.account_ref else None
    if account is None:
        return
    given = {granted.lot_id: granted.grant.units for granted in (*sale.granted_lots, *sale.pool_lots)}
    clawed_back = [
        LotUnits(part.lot_id, min(part.units, given.get(part.lot_id, 0)), part.issuer)
        for part in (*back.clawed_back, *back.pools.collected)
    ]
    booking = book_return(
        due_books(work, account, at_ms=at_ms, now_ms=now_ms),
        event_id=event_id,
        claw_back=clawed_back,
        issuer=sale.issuer,
        restored=_restored(account, sale, back, event_id=event_id, at_ms=at_ms),
        expired_units=work.expired_units,
        clamps=back.clamps,
        clamped_pools=back.pools.clamped_pools,
        forgiven_units=forgiven,
    )
    work.add_taken_back(sale.event_id, booking.entries)
    overdrawn_units = book_and_repay(work, account, booking, event_id=event_id, cause=CLAW_BACK, now_ms=now_ms)
    # What was counted leaves the month in which it was counted.
    month = month_of(sale.moment.business_date)
    for programme_id, counted_minor in back.counted.items():
        work.count(account, programme_id, month, sum_minor=-counted_minor)
    if overdrawn_units:
        work.recall(account)
    work.touch(account)


def _left_of(sale: SaleEvent, before: Mapping[int, ReturnedLine], wanted: Mapping[int, int]) -> dict[int, int]:
    """As much of the wanted quantities as is left of the sale's lines."""
    sold = {line.line_no: line.quantity_milli for line in sale.lines}
    returned = {line_no: line.quantity_milli for line_no, line in before.items()}
    left = {no: min(milli, sold.get(no, 0) - returned.get(no, 0)) for no, milli in wanted.items()}
    return {line_no: milli for line_no, milli in left.items() if milli > 0}


def _computed(
    sale: SaleEvent,
    programmes: ProgrammeSet | None,
    *,
    before: Mapping[int, ReturnedLine],
    quantities: Mapping[int, int],
) -> GoodsBack:
    """What goes back by the tills' own arithmetic; prorated where this HQ cannot run the sale's programmes."""
    try:
        return goods_back(sale, programmes, before=before, quantities_milli=quantities)
    except (PosError, *UNSOUND_INPUT):
        return goods_back(sale, None, before=before, quantities_milli=quantities)


def _is_as_computed(sale: SaleEvent, programmes: ProgrammeSet, event: ReturnEvent) -> bool:
    """Whether the till came to the same points on what it knew; a difference is a defect."""
    known = summed(event.returned_before)
    wanted = {line.line_no: line.quantity_milli for line in event.lines}
    if _left_of(sale, known, wanted) != wanted:
        return False
    back = _computed(sale, programmes, before=known, quantities=wanted)
    told = {change.lot_id: -change.units for change in event.clawed_back}
    restored_units = sum(granted.grant.units for granted in event.restored_lots)
    if {part.lot_id: part.units for part in back.clawed_back} != told or restored_units != back.burned_units:
        return False
    # An older till says nothing of pools.
    return event.version < POOLS_VERSION or _are_pools_as_computed(back, event)


def _are_pools_as_computed(back: GoodsBack, event: ReturnEvent) -> bool:
    told = {change.lot_id: -change.units for change in event.collected_back}
    restored: dict[str, int] = {}
    for granted in event.restored_taken:
        restored[granted.grant.issuer] = restored.get(granted.grant.issuer, 0) + granted.grant.units
    computed: dict[str, int] = {}
    for one in back.pools.taken:
        computed[one.unit] = computed.get(one.unit, 0) + one.units
    return {part.lot_id: part.units for part in back.pools.collected} == told and computed == restored


def _holds(sale: SaleEvent, before: Mapping[int, ReturnedLine], event: ReturnEvent) -> bool:
    """Whether the till's words can be taken as they are: it knew all that came back, and gives and takes what the sale had."""
    known = {line_no: line.quantity_milli for line_no, line in summed(event.returned_before).items()}
    given = {granted.lot_id: granted.grant.units for granted in sale.granted_lots}
    taken = -sum(change.units for change in event.clawed_back)
    restored = sum(granted.grant.units for granted in event.restored_lots)
    return (
        known == {line_no: line.quantity_milli for line_no, line in before.items()}
        and all(-change.units <= given.get(change.lot_id, -1) for change in event.clawed_back)
        and taken <= sum(given.values()) - sum(line.earned_units for line in before.values())
        and restored <= sale.burn_units - sum(line.burned_units for line in before.values())
        and taken == sum(line.earned_units for line in event.lines)
        and restored == sum(line.burned_units for line in event.lines)
    )


def _by_words(sale: SaleEvent, event: ReturnEvent, before: Mapping[int, ReturnedLine]) -> GoodsBack:
    """What the till says goes back; of pools what the sale itself says, which needs no programme."""
    wanted = {line.line_no: line.quantity_milli for line in event.lines}
    of_sale = goods_back(sale, None, before=before, quantities_milli=wanted).pools
    return GoodsBack(
        lines=event.lines,
        money_minor=event.total_minor,
        by_points_minor=0,
        clawed_back=tuple(
            LotUnits(change.lot_id, -change.units, change.issuer or event.issuer) for change in event.clawed_back
        ),
        burned_before_units=sum(line.burned_units for line in before.values()),
        burned_units=sum(line.burned_units for line in event.lines),
        counted=event.counted,
        clamps=event.clamps,
        pools=msgspec.structs.replace(of_sale, clamped_pools=event.clamped_pools),
    )


def _restored(account: Account, sale: SaleEvent, back: GoodsBack, *, event_id: str, at_ms: int) -> tuple[Lot, ...]:
    """The burned points that come back, with the dates of the lots that the till took them from as far as it knew any."""
    burned = restored_lots(sale, back, event_id=event_id, at_ms=at_ms)
    rewards = restored_of_rewards(sale, back.pools, event_id=event_id, at_ms=at_ms)
    lots = tuple(msgspec.structs.replace(lot, account_ref=account.account_ref) for lot in (*burned, *rewards))
    undated_units = back.burned_units - sum(lot.granted_units for lot in burned)
    if undated_units <= 0:
        return lots
    undated = Lot(
        lot_id=derived_id(event_id, "restored-0"),
        account_ref=account.account_ref,
        issuer=sale.issuer,
        programme_id="",
        starts_at_ms=at_ms,
        expires_at_ms=at_ms + UNKNOWN_LIFE_MS,
        granted_units=undated_units,
        remaining_units=undated_units,
        matured=True,
    )
    return (*lots, undated)


def _matched(
    sale: SaleEvent, before: Mapping[int, ReturnedLine], event: UnseenReturnEvent
) -> tuple[dict[int, int], bool]:
    """The sale's lines that were scanned, by product code, and whether all of it was found."""
    left = _left_of(sale, before, {line.line_no: line.quantity_milli for line in sale.lines})
    found: dict[int, int] = {}
    all_found = True
    for scanned in event.lines:
        missing = scanned.quantity_milli
        for line in sale.lines:
            if line.product_code == scanned.product_code and missing:
                part = min(missing, left.get(line.line_no, 0) - found.get(line.line_no, 0))
                found[line.line_no] = found.get(line.line_no, 0) + part
                missing -= part
        all_found = all_found and not missing
    return {line_no: milli for line_no, milli in found.items() if milli}, all_found
