"""Tills that write straight into HQ's inbox, and a look at what HQ made of it: for what booking does, without the network."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Engine, select, update

from hq import tables
from hq.apply import apply_inbox
from hq.settling import settle_waiting
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.model.evaluation import LotGrant
from pos_app.protocol.events import (
    KINDS,
    AnyEvent,
    GrantedLot,
    LotChange,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    UnseenLine,
    UnseenReturnEvent,
    encode_body,
)
from pos_app.use_cases.goods_back import goods_back, restored_lots, summed
from tests.hq.journals import DAY_MS, START_MS, moment, new_id
from tests.hq.ledgers import LATER_MS


class Till:
    """A till that HQ knows; ``write`` puts events into its chain as if it had sent them."""

    def __init__(self, engine: Engine, number: int = 1) -> None:
        self.engine = engine
        self.terminal_id = str(uuid.UUID(int=number))
        self.seq = 0
        with engine.begin() as connection:
            connection.execute(
                tables.terminal.insert().values(
                    terminal_id=self.terminal_id,
                    terminal_number=number,
                    store_id="store-1",
                    public_key=bytes(32),
                    incarnation=1,
                    last_hash=bytes(32),
                    applied_incarnation=1,
                    enrolled_at_ms=START_MS,
                    reported_gen=1,
                )
            )

    def write(self, *events: AnyEvent, received_at_ms: int = LATER_MS) -> None:
        """Put events into HQ's inbox."""
        if not events:
            return
        rows = []
        for event in events:
            self.seq += 1
            body = encode_body(event)
            rows.append(
                {
                    "terminal_id": self.terminal_id,
                    "incarnation": 1,
                    "seq": self.seq,
                    "event_id": event.event_id,
                    "kind": KINDS[type(event)],
                    "outcome": "accepted",
                    "hash": hashlib.sha256(body).digest(),
                    "body": body,
                    "received_at_ms": received_at_ms,
                }
            )
        terminal = tables.terminal
        with self.engine.begin() as connection:
            connection.execute(tables.inbox.insert(), rows)
            connection.execute(
                update(terminal).where(terminal.c.terminal_id == self.terminal_id).values(last_seq=self.seq)
            )

    def book(self, *events: AnyEvent, now_ms: int = LATER_MS) -> None:
        """Write events and have everything booked that waits."""
        self.write(*events)
        book_all(self.engine, now_ms=now_ms)


def book_all(engine: Engine, *, now_ms: int = LATER_MS) -> None:
    """Book and settle what waits."""
    apply_inbox(engine, now_ms=now_ms)
    settle_waiting(engine, now_ms=now_ms)


def taken_back(
    of: SaleEvent,
    quantities_milli: Mapping[int, int],
    *,
    before: tuple[ReturnedLine, ...] = (),
    programmes: ProgrammeSet | None = None,
    utc_ms: int = 0,
    **changes: Any,
) -> ReturnEvent:
    """A return as a till writes it that knows of what came back ``before``."""
    utc_ms = utc_ms or of.moment.utc_ms + DAY_MS
    back = goods_back(of, programmes, before=summed(before), quantities_milli=quantities_milli)
    event_id = new_id(utc_ms)
    event = ReturnEvent(
        event_id=event_id,
        moment=moment(utc_ms),
        receipt_number="001-01-0000002",
        account_ref=of.account_ref,
        sale_event_id=of.event_id,
        lines=back.lines,
        payments=(),
        total_minor=back.total_minor,
        clawed_back=tuple(LotChange(part.lot_id, -part.units, part.issuer) for part in back.clawed_back),
        overdraft_units=0,
        restored_lots=tuple(
            GrantedLot(
                lot.lot_id,
                LotGrant(lot.programme_id, lot.issuer, lot.granted_units, lot.starts_at_ms, lot.expires_at_ms),
            )
            for lot in restored_lots(of, back, event_id=event_id, at_ms=utc_ms)
        ),
        counted=back.counted,
        clamps=back.clamps,
        returned_before=before,
    )
    return msgspec.structs.replace(event, **changes)


def unseen(receipt_number: str, *goods: tuple[str, int], utc_ms: int = START_MS + DAY_MS) -> UnseenReturnEvent:
    """Goods (product code, quantity in thousandths) that came back with a receipt that nobody could show."""
    lines = tuple(UnseenLine(code, "Tea", milli, 100, 2000, 16) for code, milli in goods)
    return UnseenReturnEvent(
        event_id=new_id(utc_ms),
        moment=moment(utc_ms),
        receipt_number="002-01-0000009",
        sale_receipt_number=receipt_number,
        lines=lines,
        payments=(),
        total_minor=100 * len(lines),
    )


def units(engine: Engine, account_ref: str, *, issuer: str = "shop") -> dict[str, int]:
    """What the account's entries say by kind, without what is zero."""
    c = tables.balance.c
    found = select(c.kind, c.units).where(c.account_ref == account_ref, c.issuer == issuer, c.units != 0)
    with engine.connect() as connection:
        return dict(connection.execute(found).all())


def rows(engine: Engine, name: str, *columns: str, **where: object) -> list[tuple[Any, ...]]:
    """Some columns of a table, sorted."""
    table = tables.metadata.tables[name]
    found = select(*(table.c[column] for column in columns)).where(
        *(table.c[column] == value for column, value in where.items())
    )
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(found))


def task_codes(engine: Engine) -> list[str]:
    """The codes of the open tasks."""
    return [code for (code,) in rows(engine, "task", "code", done_at_ms=None)]


def programmes_known(engine: Engine, programmes: ProgrammeSet, body: str) -> None:
    """HQ has this set."""
    with engine.begin() as connection:
        connection.execute(
            tables.programme_set.insert().values(hash=programmes.hash, body=body, received_at_ms=START_MS)
        )
