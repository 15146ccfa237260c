"""What a run of events has to know: read set by set, with the accounts locked first."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, tuple_

from hq import tables
from hq.checks import is_ref
from hq.claims import sold_at_ms
from hq.contracts import touches_contracts
from hq.database import read_headquarters
from hq.policy import read_policy
from hq.programme_sets import read_sets
from hq.restoring import is_restoring
from hq.rows import CONCURRENT, Booked, Claimed, Hold
from hq.working_set import WorkingSet
from pos_app.loyalty.ledger import AccountKind
from pos_app.model.accounts import Lot
from pos_app.model.marks import REFERRED_BY
from pos_app.protocol.claims import Claim, read_claim
from pos_app.protocol.events import (
    AnyEvent,
    AuditEvent,
    CardEvent,
    ClaimEvent,
    CouponVoidEvent,
    EnrolmentEvent,
    HoldVoidEvent,
    MarkEvent,
    MergeEvent,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
    decode_body,
)
from pos_app.protocol.nps import terminal_nps_key

_booked = tables.booked_event.c
_inbox = tables.inbox.c
_BOOKED_COLUMNS = [tables.booked_event.c[name] for name in Booked.__struct_fields__]
_HOLD_COLUMNS = [tables.hold.c[name] for name in Hold.__struct_fields__]
_BOOKED = select(_booked.event_id, *_BOOKED_COLUMNS).where(_booked.event_id.in_(bindparam("event_ids", expanding=True)))
_claim = tables.claim.c
_CLAIMS = select(_claim.event_id, _claim.account_ref, _claim.units).where(
    _claim.event_id.in_(bindparam("event_ids", expanding=True))
)
_hold = tables.hold.c
_HOLDS = select(*_HOLD_COLUMNS).where(
    _hold.account_ref.in_(bindparam("refs", expanding=True)), _hold.auth_id.in_(bindparam("auth_ids", expanding=True))
)
_cause = tables.overdraft_cause.c
_OVERDRAWN = select(_cause.account_ref).where(
    _cause.account_ref.in_(bindparam("refs", expanding=True)), _cause.cause == CONCURRENT, _cause.units > 0
)
_LOT_COLUMNS = [tables.lot.c[name] for name in Lot.__struct_fields__]
_RETURNED_COLUMNS = [tables.return_line.c[name] for name in ReturnedLine.__struct_fields__]


def load_run(
    connection: Connection,
    events: Sequence[AnyEvent],
    *,
    sale_ids: Iterable[str] = (),
    region: str = "",
    now_ms: int = 0,
) -> WorkingSet:
    """Lock and read all that booking these events looks at. ``sale_ids`` are sales whose returns are settled with them.

    ``region`` is that of the till that sent the events; empty where they were booked before. ``now_ms``: by when points that tills
    burned may have expired here.
    """
    work = WorkingSet(region)
    work.policy = read_policy(connection)
    work.is_restoring = is_restoring(connection)
    sale_ids = sorted({*sale_ids, *(event.sale_event_id for event in events if isinstance(event, ReturnEvent))})
    sale_ids = list(filter(_is_uuid, sale_ids))
    claims = _claims_of(events)
    refs, cards = _touched(events)
    # Before the locks, to know which accounts to lock; a sale that is booked meanwhile is seen afterwards.
    _load_sales(connection, work, sale_ids)
    refs |= {sale.account_ref for sale in work.sale_events.values() if sale.account_ref}
    work.load(connection, account_refs=refs, card_numbers=cards)
    _load_booked(connection, work, [event.event_id for event in events] + [claim.event_id for claim in claims])
    if sale_ids:
        _load_sales(connection, work, sale_ids)
        work.load(connection, account_refs=[one.account_ref for one in work.sale_events.values() if one.account_ref])
        in_run = [event for event in events if isinstance(event, SaleEvent) and event.event_id in sale_ids]
        _load_returns(connection, work, sale_ids, in_run)
    _load_expired(connection, work, events, claims, now_ms=now_ms)
    if claims:
        _load_claimants(connection, work, claims)
    of_sales = [event.event_id for event in events if isinstance(event, SaleEvent)]
    _load_claims(connection, work, [*of_sales, *(claim.event_id for claim in claims)])
    _load_holds(connection, work, events)
    if any(map(touches_contracts, events)):
        work.load_contracts(connection)
    _load_overdrawn(connection, work)
    work.coupons.load(connection, _coupons_of(events))
    return work


def touched_refs(event: AnyEvent) -> tuple[set[str], set[str]]:
    """The accounts and cards that booking this event will look at; none that no account or card can have."""
    card_numbers: set[str] = set()
    match event:
        case UnseenReturnEvent() | AuditEvent() | CouponVoidEvent():
            account_refs = set()
        case SaleEvent() | ClaimEvent():
            account_refs, card_numbers = {event.account_ref}, {event.card_ref}
        case EnrolmentEvent():
            account_refs, card_numbers = {event.account_ref}, {event.card_number}
        case CardEvent():
            account_refs, card_numbers = {event.account_ref}, {event.card_number, event.replaces}
        case MergeEvent():
            account_refs = {event.account_ref, event.merged_ref}
        case MarkEvent() if event.name == REFERRED_BY:
            account_refs = {event.account_ref, event.value}
        case _:
            account_refs = {event.account_ref}
    return set(filter(is_ref, account_refs)), set(filter(is_ref, card_numbers))


def _touched(events: Sequence[AnyEvent]) -> tuple[set[str], set[str]]:
    refs: set[str] = set()
    cards: set[str] = set()
    for event in events:
        of_event = touched_refs(event)
        refs |= of_event[0]
        cards |= of_event[1]
    return refs, cards


def _load_booked(connection: Connection, work: WorkingSet, event_ids: list[str]) -> None:
    # Of an event that was rejected for its id, that id is anything.
    event_ids = list(filter(_is_uuid, event_ids))
    rows = connection.execute(_BOOKED, {"event_ids": event_ids})
    work.booked.update((event_id, Booked(*values)) for event_id, *values in rows)


def _load_sales(connection: Connection, work: WorkingSet, sale_ids: list[str]) -> None:
    """The sales with these ids, as far as they are booked; not those whose body is past its retention."""
    # Another applier may have booked one between two looks: that it is booked does not say that its event was read.
    missing = [event_id for event_id in sale_ids if event_id not in work.sale_events]
    if not missing:
        return
    _load_booked(connection, work, missing)
    places = {
        (booked.terminal_id, booked.incarnation, booked.seq)
        for event_id in missing
        if (booked := work.booked.get(event_id)) is not None
    }
    place = tuple_(_inbox.terminal_id, _inbox.incarnation, _inbox.seq)
    bodies = select(_inbox.body).where(place.in_(sorted(places)), _inbox.body.is_not(None)) if places else None
    for body in () if bodies is None else connection.execute(bodies).scalars():
        event = decode_body(body)
        if isinstance(event, SaleEvent):
            work.sale_events[event.event_id] = event


def _load_returns(connection: Connection, work: WorkingSet, sale_ids: list[str], in_run: Sequence[SaleEvent]) -> None:
    """What is back of these sales, and by which programmes they go.

    ``in_run`` are those that are booked in the same run as their returns.
    """
    c = tables.return_line.c
    sale_of: dict[str, str] = {}
    for sale_id, return_id, *values in connection.execute(
        select(c.sale_event_id, c.return_event_id, *_RETURNED_COLUMNS).where(c.sale_event_id.in_(sale_ids))
    ):
        sale_of[return_id] = sale_id
        work.returned[sale_id].append(ReturnedLine(*values))
    if sale_of:
        _load_taken_back(connection, work, sale_of)
    hashes = {sale.engine_input.programme_set_hash for sale in (*work.sale_events.values(), *in_run)}
    work.programme_sets.update(read_sets(connection, hashes))


def _load_taken_back(connection: Connection, work: WorkingSet, sale_of: Mapping[str, str]) -> None:
    """What the returns of these sales took (``sale_of``: return to sale), whichever of its accounts each found: all of them are loaded."""
    entry = tables.entry.c
    taken = select(entry.event_id, entry.issuer, entry.units).where(
        entry.account_ref.in_(list(work.accounts)),
        entry.event_id.in_(list(sale_of)),
        entry.kind == AccountKind.ISSUED.value,
    )
    for return_id, issuer, units in connection.execute(taken):
        work.taken_back[sale_of[return_id]][issuer] += units


def _load_expired(
    connection: Connection, work: WorkingSet, events: Sequence[AnyEvent], claims: Sequence[Claim], *, now_ms: int
) -> None:
    """What has expired of the points of sales whose goods come back, and of those that tills burned and that are over by now.

    A receipt's code does not say which points it burned: of its account, those that it may have been.
    """
    returned = {
        granted.lot_id for sale in work.sale_events.values() for granted in (*sale.granted_lots, *sale.pool_lots)
    }
    sales = [event for event in events if isinstance(event, SaleEvent)]
    parts = [part for sale in sales for part in sale.burned_lots if (part.expires_at_ms or now_ms + 1) <= now_ms]
    burned = {part.lot_id for part in parts if _is_uuid(part.lot_id)}
    since_ms = min((sold_at_ms(claim) for claim in claims if claim.burned_units), default=now_ms)
    refs = set(work.accounts)
    entry, lot = tables.entry.c, tables.lot.c
    if burned or since_ms < now_ms:
        # A till that has merged two accounts burns from the lots of both, which may have expired before anybody heard of that.
        work.heirs = _merged_into(connection, refs)
        refs |= work.heirs.keys()
    if since_ms < now_ms:
        over = select(lot.lot_id).where(lot.account_ref.in_(refs), lot.expires_at_ms.between(since_ms + 1, now_ms))
        burned.update(connection.execute(over).scalars())
    if not returned | burned:
        return
    expired = select(entry.lot_id, entry.units).where(
        entry.account_ref.in_(refs), entry.kind == AccountKind.EXPIRED.value, entry.lot_id.in_(returned | burned)
    )
    for lot_id, units in connection.execute(expired):
        work.expired_units[lot_id] += units
    lapsed = burned & work.expired_units.keys()
    if lapsed:
        lots = select(*_LOT_COLUMNS).where(lot.account_ref.in_(refs), lot.lot_id.in_(lapsed))
        work.lapsed_lots.update((row.lot_id, Lot(*row)) for row in connection.execute(lots))


def _merged_into(connection: Connection, refs: Collection[str]) -> dict[str, str]:
    """The accounts that these took over, and those that the latter had: each with the one that took it over."""
    account = tables.account.c
    heirs: dict[str, str] = {}
    newest = sorted(refs)
    while newest:
        merged = select(account.account_ref, account.merged_into).where(
            account.merged_into != "", account.merged_into.in_(newest)
        )
        found = {row.account_ref: row.merged_into for row in connection.execute(merged)}
        newest = sorted(found.keys() - heirs.keys())
        heirs.update(found)
    return heirs


def _claims_of(events: Sequence[AnyEvent]) -> list[Claim]:
    codes = (read_claim(event.code) for event in events if isinstance(event, ClaimEvent))
    return [signed.claim for signed in codes if signed is not None]


def _load_claimants(connection: Connection, work: WorkingSet, claims: Sequence[Claim]) -> None:
    """The keys of the tills that made the codes, and under which names the accounts were known before they were merged."""
    c = tables.terminal.c
    master_key = read_headquarters(connection).master_key
    numbers = {claim.terminal_number for claim in claims}
    tills = select(c.terminal_number, c.terminal_id).where(c.terminal_number.in_(numbers))
    for number, terminal_id in connection.execute(tills):
        work.claim_keys[number] = terminal_nps_key(master_key, terminal_id)
        work.claim_tills[number] = terminal_id
    for home_ref in [ref for ref, known in work.accounts.items() if not known.merged_into]:
        work.aliases[home_ref] = {home_ref, *_merged_into(connection, [home_ref])}


def _load_claims(connection: Connection, work: WorkingSet, event_ids: list[str]) -> None:
    rows = connection.execute(_CLAIMS, {"event_ids": list(filter(_is_uuid, event_ids))})
    work.claims.update((event_id, Claimed(account_ref, units)) for event_id, account_ref, units in rows)


def _load_holds(connection: Connection, work: WorkingSet, events: Sequence[AnyEvent]) -> None:
    """The holds that the events end, in whatever state; those that are held were read with their accounts."""
    auth_ids = [event.auth_id for event in events if isinstance(event, SaleEvent | HoldVoidEvent)]
    auth_ids = list(filter(_is_uuid, auth_ids))
    if auth_ids:
        found = connection.execute(_HOLDS, {"refs": list(work.accounts), "auth_ids": auth_ids})
        work.holds.update((row.auth_id, Hold(*row)) for row in found)


def _coupons_of(events: Sequence[AnyEvent]) -> set[str]:
    """The coupons that the events name; none that can be no coupon."""
    named: set[str] = set()
    for event in events:
        match event:
            case SaleEvent():
                named.update(one.coupon_id for one in event.coupons)
            case ReturnEvent():
                named.update(event.freed_coupons)
            case CouponVoidEvent():
                named.add(event.coupon_id)
            case _:
                pass
    return set(filter(is_ref, named))


def _load_overdrawn(connection: Connection, work: WorkingSet) -> None:
    found = connection.execute(_OVERDRAWN, {"refs": list(work.accounts)})
    work.overdrawn.update(found.scalars())


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
