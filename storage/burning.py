"""What this till burned, and by what right: holds that it asked for, and what headquarters does not have yet."""

import msgspec
from sqlalchemy import Connection, Select, Subquery, Text, bindparam, func, literal_column, select, text, update
from sqlalchemy.dialects.sqlite import Insert, insert

from pos_app.protocol.events import SaleEvent
from storage import tables
from storage.database import driver_connection
from storage.journal import Terminal
from storage.statements import EMPTY, ONE, ZERO, Statement, insert_of

# With constants in them, word for word as the partial indexes have them, so that SQLite sees that those apply.
_IS_OPEN = text("authorisation.state IN ('asked', 'held')")
_IS_OFFLINE = text("authorisation.basis IN ('floor', 'lease')")
_authorisation = tables.authorisation.c
_entry = tables.entry.c
_event = tables.event.c
_account = tables.account.c
_lease = tables.lease.c
_terminal = tables.terminal.c


class AuthorisationRow(msgspec.Struct, frozen=True):
    """A hold as the till knows it. ``state`` is asked, held, refused, captured or voided."""

    auth_id: str
    account_ref: str
    issuer: str
    units: int
    state: str
    created_at_ms: int

    @property
    def is_open(self) -> bool:
        """Whether HQ may hold points by it that no sale has taken."""
        return self.state in {"asked", "held"}


class Unsynced(msgspec.Struct, frozen=True):
    """What this till did to an account since the state that HQ last sent: lots it gave, and units it burned, by lot (of one issuer).

    A burn that found no lot stands under an empty name.
    """

    given_lots: frozenset[str]
    burned_units: dict[str, int]


_columns = tuple(tables.authorisation.c[name] for name in AuthorisationRow.__struct_fields__)
_ask = Statement(lambda: insert_of(tables.authorisation, "auth_id", "account_ref", "issuer", "units", "created_at_ms"))
_set_state = Statement(
    lambda: (
        update(tables.authorisation)
        .where(_authorisation.auth_id == bindparam("that_id"))
        .values(state=bindparam("new_state"))
    )
)
_find = Statement(lambda: select(*_columns).where(_authorisation.auth_id == bindparam("auth_id")))
_open = Statement(
    lambda: (
        select(*_columns)
        .where(_IS_OPEN, _authorisation.created_at_ms < bindparam("before_ms"))
        .order_by(_authorisation.created_at_ms)
        .limit(bindparam("rows_max"))
        .offset(ZERO)
    )
)
_leases_to_release = Statement(
    lambda: (
        select(_lease.account_ref, _lease.lease_id)
        .where((_lease.recalled == ONE) | (_lease.expires_at_ms <= bindparam("at_ms")))
        .order_by(_lease.lease_id)
        .limit(bindparam("rows_max"))
        .offset(ZERO)
    )
)
# The account's events first, each looked up once: a member of many years has many entries and few that HQ does not count.
_unsynced_entries = Statement(
    lambda: select(_entry.kind, _entry.units, _entry.lot_id).where(
        _entry.account_ref == bindparam("account_ref"),
        _entry.issuer == bindparam("issuer"),
        _entry.event_id.in_(
            select(_event.event_id)
            .select_from(_events_of_account())
            .join(tables.event, _event.event_id == literal_column("touching.event_id"))
            .join(tables.account, _account.account_ref == bindparam("same_ref"))
            .join(
                tables.terminal,
                (_terminal.terminal_id == _event.terminal_id) & (_terminal.incarnation == _event.incarnation),
            )
            .where((_event.incarnation != _account.includes_incarnation) | (_event.seq > _account.includes_seq))
        ),
    )
)


def _events_of_account() -> Subquery:
    other = tables.entry.alias("other")
    events = select(other.c.event_id).distinct().where(other.c.account_ref == bindparam("that_ref"))
    return events.subquery("touching")


def _merged_into_account() -> Select[tuple[str]]:
    """The account and all that were merged into it: what these burned today, it has burned."""
    family = select(bindparam("account_ref", type_=Text()).label("ref")).cte("family", recursive=True)
    # The constant lets SQLite see that its partial index applies.
    merged = select(_account.account_ref).where(_account.merged_into == family.c.ref, _account.merged_into != EMPTY)
    return select(family.union(merged).c.ref)


def unsynced(connection: Connection, account_ref: str, issuer: str) -> Unsynced:
    """What HQ's state of this account does not count yet of what this till did to it.

    What stands in the journal under a former name is durable at HQ, so it is counted.
    """
    driver = driver_connection(connection)
    given: set[str] = set()
    burned: dict[str, int] = {}
    for kind, units, lot_id in _unsynced_entries.all(driver, account_ref, issuer, account_ref, account_ref):
        if units < 0 and kind in {"issued", "redeemed"}:
            given.add(lot_id)
        elif kind == "redeemed":
            burned[lot_id] = burned.get(lot_id, 0) + units
    return Unsynced(frozenset(given), burned)


_held = Statement(
    lambda: select(tables.reserved.c.held_units).where(
        tables.reserved.c.account_ref == bindparam("account_ref"), tables.reserved.c.issuer == bindparam("issuer")
    )
)
_own_held = Statement(
    lambda: select(func.sum(_authorisation.units)).where(
        _IS_OPEN,
        _authorisation.state == literal_column("'held'"),
        _authorisation.account_ref == bindparam("account_ref"),
        _authorisation.issuer == bindparam("issuer"),
    )
)
_burned_today = Statement(
    lambda: select(func.sum(_authorisation.burned_units)).where(
        _IS_OFFLINE,
        _authorisation.business_date == bindparam("business_date"),
        _authorisation.account_ref.in_(_merged_into_account()),
        _authorisation.issuer == bindparam("issuer"),
    )
)
_burned_since_contact = Statement(
    lambda: select(func.sum(_authorisation.burned_units)).where(
        _IS_OFFLINE, _authorisation.event_seq > bindparam("acked_seq")
    )
)


def held_units(connection: Connection, account_ref: str, issuer: str) -> int:
    """What HQ said that it holds of an account for sales under way."""
    return _sum(_held, connection, account_ref, issuer)


def own_held_units(connection: Connection, account_ref: str, issuer: str) -> int:
    """What HQ holds of an account for sales under way at this till."""
    return _sum(_own_held, connection, account_ref, issuer)


def burned_today_units(connection: Connection, account_ref: str, issuer: str, business_date: str) -> int:
    """What this till burned offline of an account, and of those that were merged into it, on one business date."""
    return _sum(_burned_today, connection, account_ref, business_date, issuer)


def burned_since_contact_units(connection: Connection, terminal: Terminal) -> int:
    """What this till burned offline of all accounts together that HQ has not acknowledged: the episode's part of the budget.

    By numbers of the chain and not by time, so that no wrong clock makes a budget new.
    """
    return _sum(_burned_since_contact, connection, terminal.acked_seq)


def _sum(statement: Statement, connection: Connection, *values: str | int) -> int:
    row = statement.first(driver_connection(connection), *values)
    return 0 if row is None else int(row[0] or 0)


def ask(connection: Connection, auth_id: str, *, account_ref: str, issuer: str, units: int, created_at_ms: int) -> None:
    """Write a hold down before it is asked for."""
    _ask.run(driver_connection(connection), auth_id, account_ref, issuer, units, created_at_ms)


def set_state(connection: Connection, auth_id: str, state: str) -> None:
    """What became of a hold."""
    _set_state.run(driver_connection(connection), state, auth_id)


def find_authorisation(connection: Connection, auth_id: str) -> AuthorisationRow | None:
    """The hold of this id, or None where none was asked for."""
    row = _find.first(driver_connection(connection), auth_id)
    return None if row is None else AuthorisationRow(*row)


def open_authorisations(
    connection: Connection, *, created_before_ms: int, limit: int = 500
) -> tuple[AuthorisationRow, ...]:
    """Holds that HQ may still have and that no sale took, the oldest first."""
    rows = _open.all(driver_connection(connection), created_before_ms, limit)
    return tuple(AuthorisationRow(*row) for row in rows)


def _captured() -> Insert:
    """A captured authorisation, whether the till had asked for it or not."""
    named = ("auth_id", "account_ref", "issuer", "units", "created_at_ms")
    taken = ("state", "basis", "event_id", "business_date", "burned_units", "event_seq")
    seq = select(_event.seq).where(_event.event_id == bindparam("same_event_id")).scalar_subquery()
    row = insert(tables.authorisation).values(
        {name: bindparam(name) for name in (*named, *taken[1:-1])}
        | {"state": literal_column("'captured'"), "event_seq": func.coalesce(seq, ZERO)}
    )
    return row.on_conflict_do_update(index_elements=["auth_id"], set_={name: row.excluded[name] for name in taken})


_capture = Statement(_captured)


def capture(
    connection: Connection,
    auth_id: str,
    *,
    account_ref: str,
    issuer: str,
    basis: str,
    event_id: str,
    business_date: str,
    burned_units: int,
    utc_ms: int,
) -> None:
    """A sale burned by this authorisation, asked for or not; in the sale's transaction. Doing it again changes nothing."""
    burned = (basis, event_id, business_date, burned_units, event_id)
    _capture.run(driver_connection(connection), auth_id, account_ref, issuer, burned_units, utc_ms, *burned)


def capture_sale(connection: Connection, event: SaleEvent) -> None:
    """The sale has burned by its authorisation: nothing else may, and it counts for the day's limit and the till's budget.

    For after its event stands in the journal. Nothing where it burned by none.
    """
    if event.auth_id:
        capture(
            connection,
            event.auth_id,
            account_ref=event.account_ref,
            issuer=event.issuer,
            basis=event.burn_basis,
            event_id=event.event_id,
            business_date=event.moment.business_date,
            burned_units=event.redeemed_units,
            utc_ms=event.moment.utc_ms,
        )


def leases_to_release(connection: Connection, *, at_ms: int, limit: int) -> list[tuple[str, str]]:
    """Leases that HQ asks back and those whose points have expired: account and lease, in the order of their ids."""
    rows = _leases_to_release.all(driver_connection(connection), at_ms, limit)
    return [(account_ref, lease_id) for account_ref, lease_id in rows]


def leased_here_units(connection: Connection) -> int:
    """What HQ has set aside for this till of all accounts, and has not asked back."""
    c = tables.lease.c
    return int(connection.execute(select(func.sum(c.units)).where(c.recalled == 0)).scalar() or 0)
