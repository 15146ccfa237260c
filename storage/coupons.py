"""Coupons at this till: the batches that it knows, which coupons were used here, and what HQ said of them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.sqlite import insert

from pos_app.model.coupons import CouponBatch
from pos_app.protocol.events import ReturnEvent, SaleEvent
from storage import tables
from storage.database import driver_connection
from storage.journal import Terminal
from storage.statements import EMPTY, ZERO, Statement, insert_of

_batch = tables.coupon_batch.c
_use = tables.coupon_use.c
_hold = tables.coupon_hold.c
_event = tables.event.c
_spent = tables.coupon_spent.c
# With constants in it, word for word as the partial index has it, so that SQLite sees that it applies.
_IS_OPEN = text("coupon_hold.state IN ('asked', 'held')")
_IS_ALONE = text("coupon_use.basis = 'floor'")
_COLUMNS = tuple(_batch[name] for name in CouponBatch.__struct_fields__)
_FLAGS = ("withdrawn", "is_own")

_find = Statement(lambda: select(*_COLUMNS).where(_batch.batch_id == bindparam("batch_id")))
_uses = Statement(
    lambda: (
        select(func.count())
        .select_from(tables.coupon_use)
        .where(_use.coupon_id == bindparam("coupon_id"), _use.freed_by == EMPTY)
    )
)
_is_spent = Statement(lambda: select(_spent.coupon_id).where(_spent.coupon_id == bindparam("coupon_id")))
_note = Statement(
    lambda: (
        insert(tables.coupon_use)
        .values({name: bindparam(name) for name in ("coupon_id", "event_id", "business_date", "basis")})
        .on_conflict_do_nothing(index_elements=["coupon_id", "event_id"])
    )
)
_free = Statement(
    lambda: (
        update(tables.coupon_use)
        .where(_use.coupon_id == bindparam("that_coupon"), _use.event_id == bindparam("that_sale"))
        .values(freed_by=bindparam("that_return"))
    )
)
_end_hold = Statement(
    lambda: update(tables.coupon_hold).where(_hold.auth_id == bindparam("that_id")).values(state=bindparam("new_state"))
)
_taken_alone = Statement(
    lambda: (
        select(func.count())
        .select_from(tables.coupon_use.join(tables.event, _event.event_id == _use.event_id))
        .where(
            _IS_ALONE,
            _event.terminal_id == bindparam("terminal_id"),
            _event.incarnation == bindparam("incarnation"),
            _event.seq > bindparam("acked_seq"),
        )
    )
)
_ask = Statement(lambda: insert_of(tables.coupon_hold, "auth_id", "coupon_id", "created_at_ms"))
_open = Statement(
    lambda: (
        select(_hold.auth_id, _hold.coupon_id, _hold.state, _hold.created_at_ms)
        .where(_IS_OPEN, _hold.created_at_ms < bindparam("before_ms"))
        .order_by(_hold.created_at_ms)
        .limit(bindparam("rows_max"))
        .offset(ZERO)
    )
)
_find_hold = Statement(
    lambda: select(_hold.auth_id, _hold.coupon_id, _hold.state, _hold.created_at_ms).where(
        _hold.auth_id == bindparam("auth_id")
    )
)
_used_on = Statement(
    lambda: select(_use.coupon_id).where(_use.event_id == bindparam("event_id")).order_by(_use.coupon_id)
)


class CouponHold(msgspec.Struct, frozen=True):
    """What HQ was asked to reserve. ``state`` is asked, held, refused, used or voided."""

    auth_id: str
    coupon_id: str
    state: str
    created_at_ms: int

    @property
    def is_open(self) -> bool:
        """Whether HQ may reserve the coupon by it, and no sale took it."""
        return self.state in {"asked", "held"}


class CouponUse(msgspec.Struct, frozen=True):
    """A coupon that a sale used. ``freed_by`` is the return that made it free again."""

    coupon_id: str
    event_id: str
    business_date: str
    basis: str
    freed_by: str = ""


def put_batches(connection: Connection, batches: Iterable[CouponBatch]) -> None:
    """Keep batches, in place of what was known of them."""
    for batch in batches:
        values = msgspec.structs.asdict(batch) | {name: int(getattr(batch, name)) for name in _FLAGS}
        row = insert(tables.coupon_batch).values(values)
        connection.execute(row.on_conflict_do_update(index_elements=["batch_id"], set_=values))


def find_batch(connection: Connection, batch_id: str) -> CouponBatch | None:
    """The batch of this id."""
    row = _find.first(driver_connection(connection), batch_id)
    return None if row is None else _as_batch(row)


def list_batches(connection: Connection) -> list[CouponBatch]:
    """Every batch that is known here, in the order of rules and ids."""
    return [_as_batch(row) for row in connection.execute(select(*_COLUMNS).order_by(_batch.rule, _batch.batch_id))]


def forget_batches(connection: Connection, batch_ids: Iterable[str]) -> None:
    """Forget batches of HQ's; what was used of them stays known."""
    for batch_id in batch_ids:
        connection.execute(delete(tables.coupon_batch).where(_batch.batch_id == batch_id, _batch.is_own == 0))


def _as_batch(row: Sequence[object]) -> CouponBatch:
    values = dict(zip(CouponBatch.__struct_fields__, row, strict=True))
    return msgspec.convert(values | {name: bool(values[name]) for name in _FLAGS}, CouponBatch, builtin_types=(bytes,))


def put_spent(connection: Connection, coupon_ids: Iterable[str]) -> None:
    """HQ says that these are used up."""
    for coupon_id in coupon_ids:
        connection.execute(insert(tables.coupon_spent).values(coupon_id=coupon_id).on_conflict_do_nothing())


def forget_spent(connection: Connection, coupon_ids: Iterable[str]) -> None:
    """HQ says that these are free again."""
    for coupon_id in coupon_ids:
        connection.execute(delete(tables.coupon_spent).where(_spent.coupon_id == coupon_id))


def spent_ids(connection: Connection) -> set[str]:
    """Coupons that are used up by HQ's word."""
    return set(connection.execute(select(_spent.coupon_id)).scalars())


def is_spent(connection: Connection, coupon_id: str) -> bool:
    """Whether HQ said that a coupon is used up."""
    return _is_spent.first(driver_connection(connection), coupon_id) is not None


def uses_here(connection: Connection, coupon_id: str) -> int:
    """On how many receipts of this till a coupon was used, less those that freed it."""
    row = _uses.first(driver_connection(connection), coupon_id)
    return 0 if row is None else int(row[0])


def count_uses(connection: Connection) -> dict[str, int]:
    """On how many receipts of this till the coupons of each batch were used."""
    batch = func.substr(_use.coupon_id, 1, func.instr(_use.coupon_id, "-") - 1)
    rows = connection.execute(select(batch, func.count()).where(_use.freed_by == "").group_by(batch))
    return {row[0]: row[1] for row in rows}


def taken_alone(connection: Connection, terminal: Terminal) -> int:
    """How many coupons this till took without HQ that HQ does not have yet; by numbers of the chain, so that no clock makes room."""
    name = terminal.terminal_id, terminal.incarnation, terminal.acked_seq
    row = _taken_alone.first(driver_connection(connection), *name)
    return 0 if row is None else int(row[0])


def note_uses(connection: Connection, event: SaleEvent) -> None:
    """The sale has used its coupons, in its transaction; a second time changes nothing."""
    driver = driver_connection(connection)
    for used in uses_of(event):
        _note.run(driver, used.coupon_id, used.event_id, used.business_date, used.basis)
    for coupon in event.coupons:
        if coupon.auth_id:
            _end_hold.run(driver, "used", coupon.auth_id)


def uses_of(event: SaleEvent) -> Iterator[CouponUse]:
    """What a sale's event says."""
    day = event.moment.business_date
    return (CouponUse(one.coupon_id, event.event_id, day, one.basis) for one in event.coupons)


def note_freed(connection: Connection, event: ReturnEvent) -> None:
    """A return has freed coupons of its sale, as far as that was sold here."""
    for coupon_id in event.freed_coupons:
        _free.run(driver_connection(connection), event.event_id, coupon_id, event.sale_event_id)


def used_on(connection: Connection, event_id: str) -> tuple[str, ...]:
    """The coupons that a sale used, freed or not."""
    return tuple(row[0] for row in _used_on.all(driver_connection(connection), event_id))


def all_uses(connection: Connection) -> dict[tuple[str, str], CouponUse]:
    """Every use that is known here, by coupon and sale."""
    columns = (_use[name] for name in CouponUse.__struct_fields__)
    rows = connection.execute(select(*columns).order_by(_use.coupon_id, _use.event_id))
    return {(row[0], row[1]): CouponUse(*row) for row in rows}


def put_uses(connection: Connection, uses: Iterable[CouponUse]) -> None:
    """Put these uses in place of what is said of the same coupon and sale."""
    for use in uses:
        values = msgspec.structs.asdict(use)
        row = insert(tables.coupon_use).values(values)
        connection.execute(row.on_conflict_do_update(index_elements=["coupon_id", "event_id"], set_=values))


def drop_uses(connection: Connection, keys: Iterable[tuple[str, str]]) -> None:
    """Forget uses (coupon and sale) that no event says."""
    for coupon_id, event_id in keys:
        connection.execute(delete(tables.coupon_use).where(_use.coupon_id == coupon_id, _use.event_id == event_id))


def ask(connection: Connection, auth_id: str, coupon_id: str, *, created_at_ms: int) -> None:
    """Write down what HQ will be asked to reserve."""
    _ask.run(driver_connection(connection), auth_id, coupon_id, created_at_ms)


def set_state(connection: Connection, auth_id: str, state: str) -> None:
    """What became of a reservation."""
    _end_hold.run(driver_connection(connection), state, auth_id)


def find_hold(connection: Connection, auth_id: str) -> CouponHold | None:
    """The reservation of this id, or None where none was asked for."""
    row = _find_hold.first(driver_connection(connection), auth_id)
    return None if row is None else CouponHold(*row)


def open_holds(connection: Connection, *, created_before_ms: int, limit: int = 500) -> tuple[CouponHold, ...]:
    """Reservations that HQ may still have and that no sale took, the oldest first."""
    rows = _open.all(driver_connection(connection), created_before_ms, limit)
    return tuple(CouponHold(*row) for row in rows)
