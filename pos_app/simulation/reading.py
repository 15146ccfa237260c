"""What an event in a till's journal promised: where "done" was not heard, the journal says what it would have said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pos_app.model.evaluation import Award, BurnShare, LotGrant
from pos_app.model.identifiers import derived_id
from pos_app.protocol.claims import read_claim
from pos_app.protocol.events import (
    KINDS,
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    ClaimEvent,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
)
from pos_app.simulation.promises import NOBODY, LineShares, Promise, PromisedLot

_MILLI = 1_000


def promise_of(
    event: AnyEvent,
    *,
    shopper: int,
    till: str,
    sale: str = "",
    lines_of: Mapping[str, int] | None = None,
    joins: int = NOBODY,
) -> Promise:
    """The promise of an event. ``sale`` is that of goods which came back unseen; ``lines_of``: product code to line of it."""
    issued: dict[str, int] = {}
    redeemed: dict[str, int] = {}
    lots: tuple[PromisedLot, ...] = ()
    lines: dict[int, LineShares] = {}
    returned: dict[int, int] = {}
    basis = number = ""
    goods: Mapping[str, int] = lines_of or {}
    match event:
        case SaleEvent():
            issued = by_issuer((lot.grant.issuer, lot.grant.units) for lot in event.granted_lots)
            redeemed = {event.issuer: event.burn_units} if event.burn_units else {}
            lots = lots_of(event.event_id, (lot.grant for lot in event.granted_lots))
            basis, sale, number = event.burn_basis, event.event_id, event.receipt_number
            goods = {line.product_code: line.line_no for line in event.lines}
            issuers = {lot.grant.programme_id: lot.grant.issuer for lot in event.granted_lots}
            pieces = {line.line_no: line.quantity_milli // _MILLI for line in event.lines}
            lines = shares_of(pieces, event.awards, event.burn_shares, issuers=issuers, burn_issuer=event.issuer)
        case ReturnEvent():
            sale = event.sale_event_id
            returned = {line.line_no: line.quantity_milli // _MILLI for line in event.lines}
        case UnseenReturnEvent():
            number = event.sale_receipt_number
            returned = {goods[line.product_code]: line.quantity_milli // _MILLI for line in event.lines}
        case ClaimEvent():
            signed = read_claim(event.code)
            assert signed is not None, "the till has read it"
            sale, issuer = signed.claim.event_id, signed.claim.issuer
            issued, redeemed = {issuer: signed.claim.earned_units}, {issuer: signed.claim.burned_units}
        case AdjustmentEvent() if event.reason is not AdjustmentReason.FORGIVEN_OVERDRAFT:
            issued = {event.issuer: event.units}
    is_anonymous = isinstance(event, SaleEvent) and not event.account_ref
    return Promise(
        event_id=event.event_id,
        kind=KINDS[type(event)],
        shopper=NOBODY if is_anonymous else shopper,
        till=till,
        issued_units=issued,
        redeemed_units=redeemed,
        basis=basis,
        business_date=event.moment.business_date,
        sale=sale,
        lots=lots,
        lines=lines,
        returned=returned,
        joins=joins,
        number=number,
        goods=dict(goods),
    )


def shares_of(
    pieces: Mapping[int, int],
    awards: Iterable[Award],
    burned: Iterable[BurnShare],
    *,
    issuers: Mapping[str, str],
    burn_issuer: str,
) -> dict[int, LineShares]:
    """What each line gave and what was burned on it."""
    awarded: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for award in awards:
        if award.units:
            awarded[award.line_no].append((issuers[award.programme_id], award.units))
    spent: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for share in burned:
        spent[share.line_no].append((burn_issuer, share.units))
    return {
        line_no: LineShares(count, tuple(awarded[line_no]), tuple(spent[line_no])) for line_no, count in pieces.items()
    }


def lots_of(event_id: str, grants: Iterable[LotGrant]) -> tuple[PromisedLot, ...]:
    """What a receipt's member was told: how many points, from when, until when."""
    return tuple(
        PromisedLot(
            derived_id(event_id, f"lot-{number}"), grant.issuer, grant.units, grant.starts_at_ms, grant.expires_at_ms
        )
        for number, grant in enumerate(grants, start=1)
    )


def by_issuer(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units summed by issuer."""
    sums: dict[str, int] = defaultdict(int)
    for issuer, units in parts:
        sums[issuer] += units
    return dict(sums)
