"""The print queue: a job is written with its sale, so a receipt is never forgotten, and printing never holds up a sale."""

import msgspec
from sqlalchemy import Connection, exists, func, insert, select, update

from storage import tables

_job = tables.print_job.c


class PrintJob(msgspec.Struct, frozen=True):
    """One receipt to print; ``is_copy`` marks a repetition."""

    id: int
    event_id: str
    is_copy: bool
    state: str
    attempts: int


def next_job(connection: Connection) -> PrintJob | None:
    """The oldest job that was not tried yet."""
    row = connection.execute(
        select(_job.id, _job.event_id, _job.is_copy, _job.state, _job.attempts)
        .where(_job.state == "waiting")
        .order_by(_job.id)
        .limit(1)
    ).first()
    return None if row is None else PrintJob(row[0], row[1], bool(row[2]), row[3], row[4])


def finish_job(connection: Connection, job_id: int, *, problem: str) -> None:
    """Note that a job was printed, or with a ``problem`` that it failed and waits to be repeated."""
    connection.execute(
        update(tables.print_job)
        .where(_job.id == job_id)
        .values(state="failed" if problem else "printed", problem=problem, attempts=_job.attempts + 1)
    )


def queue_copy(connection: Connection, event_id: str, *, utc_ms: int) -> int:
    """Queue a repetition of a receipt, which will be marked COPY. Gives the job's id."""
    row = insert(tables.print_job).values(event_id=event_id, is_copy=1, queued_at_ms=utc_ms)
    result = connection.execute(row)
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def failed_jobs(connection: Connection) -> int:
    """How many receipts failed and were not printed since."""
    later = tables.print_job.alias("later").c
    printed_since = exists().where(later.event_id == _job.event_id, later.id > _job.id, later.state == "printed")
    return connection.execute(
        select(func.count(_job.event_id.distinct())).where(_job.state == "failed", ~printed_since)
    ).scalar_one()
