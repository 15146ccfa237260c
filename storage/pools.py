"""What a receipt put into pools other than points, and which rewards were taken on it, as rows beside the sale."""

import msgspec
from sqlalchemy import Connection, bindparam, select

from pos_app.model.evaluation import Collected, Reason, Taken
from storage import tables
from storage.database import driver_connection
from storage.statements import Row, Statement, insert_of


class PoolRows(msgspec.Struct, frozen=True):
    """What stands beside one sale; nothing of a return, whose event says what goes back."""

    collected: tuple[Collected, ...] = ()
    taken: tuple[Taken, ...] = ()


_COLLECTED = ("line_no", "programme_id", "rule_id", "unit", "units", "reason_code", "reason_values")
_TAKEN = ("programme_id", "rule_id", "unit", "units", "times", "gives", "reason_code", "reason_values")
_insert_collected = Statement(lambda: insert_of(tables.collected, "event_id", "collected_no", *_COLLECTED))
_insert_taken = Statement(lambda: insert_of(tables.taken, "event_id", "taken_no", *_TAKEN))
_collected_of = Statement(
    lambda: (
        select(*(tables.collected.c[name] for name in _COLLECTED))
        .where(tables.collected.c.event_id == bindparam("event_id"))
        .order_by(tables.collected.c.collected_no)
    )
)
_taken_of = Statement(
    lambda: (
        select(*(tables.taken.c[name] for name in _TAKEN))
        .where(tables.taken.c.event_id == bindparam("event_id"))
        .order_by(tables.taken.c.taken_no)
    )
)
_encode_values = msgspec.json.Encoder().encode
_decode_values = msgspec.json.Decoder(dict[str, int | str]).decode


def write_pools(connection: Connection, event_id: str, rows: PoolRows) -> None:
    """Write them beside the sale, inside its transaction."""
    driver = driver_connection(connection)
    _insert_collected.run_many(
        driver,
        (
            (event_id, number, one.line_no, one.programme_id, one.rule_id, one.unit, one.units, *_told(one.reason))
            for number, one in enumerate(rows.collected, start=1)
        ),
    )
    _insert_taken.run_many(
        driver,
        (
            (event_id, number, t.programme_id, t.rule_id, t.unit, t.units, t.times, t.gives, *_told(t.reason))
            for number, t in enumerate(rows.taken, start=1)
        ),
    )


def read_pools(connection: Connection, event_id: str) -> PoolRows:
    """What stands beside this sale."""
    driver = driver_connection(connection)
    return PoolRows(
        collected=tuple(_collected(row) for row in _collected_of.all(driver, event_id)),
        taken=tuple(_taken(row) for row in _taken_of.all(driver, event_id)),
    )


def _collected(row: Row) -> Collected:
    line_no, programme_id, rule_id, unit, units, code, values = row
    return Collected(line_no, programme_id, rule_id, unit, units, _reason(code, values))


def _taken(row: Row) -> Taken:
    programme_id, rule_id, unit, units, times, gives, code, values = row
    return Taken(programme_id, rule_id, unit, units, times, gives, _reason(code, values))


def _told(reason: Reason) -> tuple[str, str]:
    return reason.code, _encode_values(reason.values).decode()


def _reason(code: str, values: str) -> Reason:
    return Reason(code, _decode_values(values))
