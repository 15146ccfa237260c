"""What an event in a till's journal promised: where "done" was not heard, the journal says what it would have said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pos_app.model.evaluation import Award, BurnShare
from pos_app.protocol.events import (
    KINDS,
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
)
from pos_app.simulation.promises import NOBODY, LineShares, Promise

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
    lines: dict[int, LineShares] = {}
    returned: dict[int, int] = {}
    basis = ""
    match event:
        case SaleEvent():
            issued = by_issuer((lot.grant.issuer, lot.grant.units) for lot in event.granted_lots)
            redeemed = {event.issuer: event.burn_units} if event.burn_units else {}
            basis, sale = event.burn_basis, event.event_id
            issuers = {lot.grant.programme_id: lot.grant.issuer for lot in event.granted_lots}
            pieces = {line.line_no: line.quantity_milli // _MILLI for line in event.lines}
            lines = shares_of(pieces, event.awards, event.burn_shares, issuers=issuers, burn_issuer=event.issuer)
        case ReturnEvent():
            sale = event.sale_event_id
            returned = {line.line_no: line.quantity_milli // _MILLI for line in event.lines}
        case UnseenReturnEvent():
            known = lines_of or {}
            returned = {known[line.product_code]: line.quantity_milli // _MILLI for line in event.lines}
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
        lines=lines,
        returned=returned,
        joins=joins,
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


def by_issuer(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units summed by issuer."""
    sums: dict[str, int] = defaultdict(int)
    for issuer, units in parts:
        sums[issuer] += units
    return dict(sums)
