"""What the partners of a coalition owe each other: whoever gave points pays whoever took them for goods.

A lot names the programme that gave it, and a programme its partner. Points that are burned in a store are taken by the partner whose
programme names that store. Times are those of the booking at HQ: what has been settled never changes afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Subquery, Uuid, cast, func, select

from hq import tables
from hq.database import snapshot
from pos_app.loyalty.ledger import AccountKind
from pos_app.loyalty.programme import Programme
from pos_app.model.identifiers import POOL_MARK
from pos_app.use_cases.programmes import decode_programme_set

_entry, _lot, _set = tables.entry.c, tables.lot.c, tables.programme_set.c
_MOVED = {
    AccountKind.ISSUED: "issued_units",
    AccountKind.REDEEMED: "burned_units",
    AccountKind.EXPIRED: "expired_units",
}


class Owed(msgspec.Struct, frozen=True):
    """The partner ``giver`` owes ``taker`` for so many points that it gave and that burned there; ``minor`` is their worth, rounded down.

    An empty ``giver`` gave points by hand, or they were burned without being there; an empty ``taker`` is a store of no partner.
    """

    giver: str
    taker: str
    units: int
    minor: int


class PartnerTotals(msgspec.Struct, frozen=True):
    """One partner's points: what it gave in the time, what of it burned and expired then, and what members still have of it now."""

    partner: str
    issued_units: int
    burned_units: int
    expired_units: int
    outstanding_units: int


class Settlement(msgspec.Struct, frozen=True):
    """A period, from ``since_ms`` (UTC, included) to ``until_ms`` (not included)."""

    since_ms: int
    until_ms: int
    owed: tuple[Owed, ...]
    partners: tuple[PartnerTotals, ...]


class _Coalition(msgspec.Struct, frozen=True):
    """Programme to partner, store to partner, and the worth of a point."""

    by_programme: dict[str, str]
    by_store: dict[str, str]
    point_worth_minor: int


def settlement(engine: Engine, *, since_ms: int, until_ms: int, points_exponent: int = 0) -> Settlement:
    """What is to be settled for this time. It reads every entry of points of that time, and every lot with points left."""
    with snapshot(engine) as connection:
        coalition = _coalition(connection)
        owed: defaultdict[tuple[str, str], int] = defaultdict(int)
        for programme_id, store_id, units in _burned(connection, since_ms, until_ms):
            owed[coalition.by_programme.get(programme_id, ""), coalition.by_store.get(store_id, "")] += units
        partners = tuple(_partners(connection, coalition, since_ms, until_ms))
    unit_worth = (coalition.point_worth_minor, 10**points_exponent)
    rows = tuple(
        Owed(giver, taker, units, _worth_minor(units, *unit_worth)) for (giver, taker), units in sorted(owed.items())
    )
    return Settlement(since_ms, until_ms, tuple(row for row in rows if row.units), partners)


def _worth_minor(units: int, point_worth_minor: int, units_per_point: int) -> int:
    """Rounded towards nothing, so that a claim and its reversal are worth the same."""
    worth = abs(units) * point_worth_minor // units_per_point
    return worth if units >= 0 else -worth


def _coalition(connection: Connection) -> _Coalition:
    """By the newest document of each programme that HQ knows."""
    by_id: dict[str, Programme] = {}
    for body in connection.execute(select(_set.body).order_by(_set.received_at_ms, _set.hash)).scalars():
        by_id |= {programme.id: programme for programme in decode_programme_set(body.encode()).programmes}
    partners = [programme for programme in by_id.values() if programme.partner is not None]
    return _Coalition(
        by_programme={programme.id: programme.partner or "" for programme in partners},
        by_store={store: programme.partner or "" for programme in partners for store in programme.stores},
        point_worth_minor=partners[0].point_worth_minor if partners else 1,
    )


def _programme_of_lots() -> Subquery:
    """The programme of each lot, once: an account that was merged leaves a lot of the same name behind."""
    return select(_lot.lot_id, func.min(_lot.programme_id).label("programme_id")).group_by(_lot.lot_id).subquery()


def _within(since_ms: int, until_ms: int) -> tuple[ColumnElement[bool], ...]:
    is_pool = _entry.issuer.contains(POOL_MARK, autoescape=True)
    return _entry.booked_at_ms >= since_ms, _entry.booked_at_ms < until_ms, ~is_pool


def _burned(connection: Connection, since_ms: int, until_ms: int) -> Iterator[tuple[str, str, int]]:
    """Points that burned, or came back with goods (below 0), by the programme that gave them and the store where they burned."""
    receipt, sold, lots = tables.sale.alias(), tables.sale.alias(), _programme_of_lots()
    keys = (lots.c.programme_id, sold.c.store_id, receipt.c.store_id)
    found = (
        select(*keys, func.sum(_entry.units))
        .select_from(tables.entry)
        .outerjoin(lots, lots.c.lot_id == _entry.lot_id)
        .outerjoin(receipt, receipt.c.event_id == _entry.event_id)
        .outerjoin(sold, sold.c.event_id == _id_in(connection, receipt.c.sale_event_id))
        .where(*_within(since_ms, until_ms), _entry.kind == AccountKind.REDEEMED.value)
        .group_by(*keys)
    )
    for programme_id, sold_in, booked_in, units in connection.execute(found):
        yield programme_id or "", sold_in or booked_in or "", int(units)


def _id_in(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """The event's id that a text column holds, as the columns of ids have it; NULL where it is empty."""
    if connection.dialect.name == "postgresql":
        return cast(func.nullif(column, ""), Uuid(as_uuid=False))
    return func.nullif(func.replace(column, "-", ""), "")


def _partners(connection: Connection, coalition: _Coalition, since_ms: int, until_ms: int) -> Iterable[PartnerTotals]:
    totals: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    lots = _programme_of_lots()
    moved = (
        select(lots.c.programme_id, _entry.kind, func.sum(_entry.units))
        .select_from(tables.entry)
        .outerjoin(lots, lots.c.lot_id == _entry.lot_id)
        .where(*_within(since_ms, until_ms), _entry.kind.in_([kind.value for kind in _MOVED]))
        .group_by(lots.c.programme_id, _entry.kind)
    )
    for programme_id, kind, units in connection.execute(moved):
        sign = -1 if kind == AccountKind.ISSUED.value else 1
        totals[coalition.by_programme.get(programme_id or "", "")][_MOVED[AccountKind(kind)]] += sign * int(units)
    left = select(_lot.programme_id, func.sum(_lot.remaining_units)).where(
        _lot.remaining_units > 0, ~_lot.issuer.contains(POOL_MARK, autoescape=True)
    )
    for programme_id, units in connection.execute(left.group_by(_lot.programme_id)):
        totals[coalition.by_programme.get(programme_id, "")]["outstanding_units"] += int(units)
    for partner, of_partner in sorted(totals.items()):
        yield PartnerTotals(partner, *(of_partner[name] for name in PartnerTotals.__struct_fields__[1:]))
