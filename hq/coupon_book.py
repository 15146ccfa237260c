"""Which coupons are reserved and used, for a run of events: read with their names locked, changed in memory, written at the end.

A coupon is locked by its name, behind all accounts, so that a till that asks for it and the sale that used it take turns. A batch is a
published document; that a coupon of it is used up is another one, so that tills which are cut off know it too.
"""

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import Connection, bindparam, select

from hq import tables
from hq.statements import Values, change_number, lock_names, upsert_rows
from pos_app.model.coupons import CouponBatch, batch_of
from pos_app.protocol.messages import DocumentKind

HELD, USED, VOIDED, FREED = "held", "used", "voided", "freed"
_document = tables.document.c
_use = tables.coupon_use.c
_SPENT_BODY = "{}"


class CouponUse(msgspec.Struct):
    """A row of a coupon; changed in place while a run is booked."""

    coupon_id: str
    auth_id: str
    terminal_id: str
    state: str
    created_at_ms: int
    event_id: str | None = None


_USES = select(*(_use[name] for name in CouponUse.__struct_fields__)).where(
    _use.coupon_id.in_(bindparam("coupon_ids", expanding=True))
)
_BATCHES = select(_document.key, _document.body).where(
    _document.kind == DocumentKind.COUPON.value, _document.key.in_(bindparam("batch_ids", expanding=True))
)
_decode_batch = msgspec.json.Decoder(CouponBatch).decode


class CouponBook:
    """The coupons that were loaded, and what is to be written of them."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, str], CouponUse] = {}
        self._batches: dict[str, CouponBatch] = {}
        self._changed: dict[tuple[str, str], None] = {}
        self._spent: dict[str, bool] = {}

    def load(self, connection: Connection, coupon_ids: Collection[str]) -> None:
        """Lock and read these coupons, and their batches where HQ has published them."""
        if not coupon_ids:
            return
        ids = sorted(set(coupon_ids))
        lock_names(connection, [f"coupon {one}" for one in ids])
        for row in connection.execute(_USES, {"coupon_ids": ids}):
            self._uses[row.coupon_id, row.auth_id] = CouponUse(*row)
        batch_ids = sorted({batch_of(one) for one in ids})
        for key, body in connection.execute(_BATCHES, {"batch_ids": batch_ids}):
            if body is not None:
                self._batches[key] = _decode_batch(body)

    def batch_of(self, coupon_id: str) -> CouponBatch | None:
        """The batch of a coupon; None where HQ did not make it, or took the whole of it back."""
        return self._batches.get(batch_of(coupon_id))

    def find(self, coupon_id: str, auth_id: str) -> CouponUse | None:
        """What became of one reservation, or of what a sale used on its own."""
        return self._uses.get((coupon_id, auth_id))

    def count(self, coupon_id: str, state: str, *, since_ms: int = 0) -> int:
        """How often a coupon is in this state, of what began at this moment or later."""
        return sum(
            use.coupon_id == coupon_id and use.state == state and use.created_at_ms >= since_ms
            for use in self._uses.values()
        )

    def uses_on(self, event_id: str) -> list[CouponUse]:
        """What a sale used, of the coupons that are loaded."""
        return [use for use in self._uses.values() if use.event_id == event_id and use.state == USED]

    def put(self, use: CouponUse) -> None:
        """A row is new, or has changed."""
        self._uses[use.coupon_id, use.auth_id] = use
        self._changed[use.coupon_id, use.auth_id] = None

    def tell(self, coupon_id: str, *, is_spent: bool) -> None:
        """Have every till told that a coupon is used up, or is no longer."""
        self._spent[coupon_id] = is_spent

    def write(self, connection: Connection) -> None:
        """Write what has changed, in the order of the keys."""
        rows = [msgspec.structs.asdict(self._uses[key]) for key in sorted(self._changed)]
        upsert_rows(connection, tables.coupon_use, rows, replace=("state", "event_id"))
        publish_spent(connection, self._spent)


def publish_spent(connection: Connection, spent: dict[str, bool]) -> None:
    """Publish that coupons are used up, or take it back."""
    if spent:
        number = change_number(connection)
        rows = list(_spent_rows(spent, number))
        upsert_rows(connection, tables.document, rows, replace=("body", "change_no"))


def _spent_rows(spent: dict[str, bool], number: int) -> Iterable[Values]:
    for coupon_id in sorted(spent):
        body = _SPENT_BODY if spent[coupon_id] else None
        yield {"kind": DocumentKind.COUPON_SPENT.value, "key": coupon_id, "body": body, "change_no": number}
