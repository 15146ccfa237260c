"""A sale as it would have been booked, for the goods of it that come back: what goes back is reckoned by ``goods_back``."""

from collections import Counter
from collections.abc import Iterable

from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.evaluation import BurnAs, EngineInput, EngineLine, EngineResult, LotGrant
from pos_app.model.money import tax_included_minor
from pos_app.model.receipts import SaleLine
from pos_app.protocol.events import BurnedLot, GrantedLot, Moment, ReturnedLine, SaleEvent
from pos_app.use_cases.quoting import off_by_line
from pos_app.use_cases.what_if.history import Bought
from pos_app.use_cases.what_if.purse import NEVER, Lot, Part


class Sold:
    """A sale of which goods come back later: its event, its programmes, its lots, and what is back so far by line.

    ``taken_back``: what returns took of its points and pools, by unit, as the ledger would say.
    """

    __slots__ = ("before", "event", "lots", "programmes", "taken_back")

    def __init__(self, event: SaleEvent, programmes: ProgrammeSet, lots: Iterable[Lot]) -> None:
        self.event = event
        self.programmes = programmes
        self.lots = {lot.lot_id: lot for lot in lots}
        self.before: dict[int, ReturnedLine] = {}
        self.taken_back: Counter[str] = Counter()


def sale_event(
    one: Bought,
    engine_input: EngineInput,
    result: EngineResult,
    *,
    issuer: str,
    burned: Iterable[Part],
    taken: Iterable[Part],
    lots: list[tuple[Lot, LotGrant]],
    pool_lots: list[tuple[Lot, LotGrant]],
) -> SaleEvent:
    """The event that a till would have written, with what a return looks at."""
    lines = _lines(engine_input.lines, result)
    return SaleEvent(
        event_id=one.receipt_id,
        moment=Moment(one.store_id, "", "", one.utc_ms, one.zone, one.business_date, "", 0, 0),
        receipt_number="",
        account_ref=one.account_ref,
        card_ref="",
        lines=lines,
        payments=(),
        total_minor=sum(line.payable_minor for line in lines),
        engine_input=engine_input,
        burn_units=result.burn_units,
        burn_worth_minor=result.burn_worth_minor,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
        burned_lots=_proposal(burned),
        awards=result.awards,
        granted_lots=_granted(lots),
        counted=result.counted,
        class_after=result.class_after,
        issuer=issuer,
        discounts=result.discounts,
        collected=result.collected,
        pool_lots=_granted(pool_lots),
        taken=result.taken,
        taken_lots=_proposal(taken),
        used=result.used,
    )


def _proposal(parts: Iterable[Part]) -> tuple[BurnedLot, ...]:
    return tuple(
        BurnedLot(lot.lot_id, units, None if lot.expires_at_ms == NEVER else lot.expires_at_ms) for lot, units in parts
    )


def _granted(lots: list[tuple[Lot, LotGrant]]) -> tuple[GrantedLot, ...]:
    return tuple(GrantedLot(lot.lot_id, grant) for lot, grant in lots)


def _lines(lines: tuple[EngineLine, ...], result: EngineResult) -> tuple[SaleLine, ...]:
    off_minor = off_by_line(result.discounts)
    is_reduction = result.burn_as is BurnAs.PRICE_REDUCTION
    reductions = {share.line_no: share.worth_minor for share in result.burn_shares} if is_reduction else {}
    return tuple(
        _line(line, off_minor=off_minor.get(line.line_no, 0), burn_minor=reductions.get(line.line_no, 0))
        for line in lines
    )


def _line(line: EngineLine, *, off_minor: int, burn_minor: int) -> SaleLine:
    amount_minor = line.amount_minor - off_minor
    payable_minor = amount_minor - burn_minor
    return SaleLine(
        line_no=line.line_no,
        product_code=line.product_code,
        name="",
        product_class=line.product_class,
        band=line.band,
        department=line.department,
        category=line.category,
        quantity_milli=line.quantity_milli,
        unit_price_minor=0,
        list_minor=line.amount_minor,
        amount_minor=amount_minor,
        burn_minor=burn_minor,
        payable_minor=payable_minor,
        tax_rate_bp=line.tax_rate_bp,
        tax_minor=tax_included_minor(amount_minor=payable_minor, rate_bp=line.tax_rate_bp),
    )
