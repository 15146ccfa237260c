"""The sets of programmes by which receipts were made, as tills keep them: HQ asks for those that it lacks."""

import functools
import re
from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, Engine, bindparam, select

from hq import tables
from hq.authentication import SignedCall, authenticate_active
from hq.refusals import RefusedError
from hq.statements import upsert_rows
from pos_app.errors import ProgrammeError
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.protocol.messages import (
    WANTED_SETS_MAX,
    Done,
    ErrorCode,
    MalformedError,
    ProgrammeSetUpload,
    decode_message,
)
from pos_app.use_cases.programmes import decode_programme_set

_HASH = re.compile(r"[0-9a-f]{64}")
_set = tables.programme_set.c
_KNOWN = select(_set.hash).where(_set.hash.in_(bindparam("hashes", expanding=True)))


def receive_programme_set(engine: Engine, call: SignedCall, *, now_ms: int) -> Done:
    """Keep a set; raises ``RefusedError`` for one that is not what its hash says. Sending it again changes nothing."""
    with engine.begin() as connection:
        authenticate_active(connection, call)
        try:
            upload = decode_message(call.request.body, ProgrammeSetUpload)
        except MalformedError as error:
            raise RefusedError(ErrorCode.MALFORMED) from error
        programmes = _decoded(upload.body)
        if programmes is None or programmes.hash != upload.hash:
            raise RefusedError(ErrorCode.MALFORMED)
        row = {"hash": upload.hash, "body": upload.body, "received_at_ms": now_ms}
        upsert_rows(connection, tables.programme_set, [row])
    return Done(hq_time_ms=now_ms)


def wanted(connection: Connection, hashes: Iterable[str]) -> tuple[str, ...]:
    """Which of these sets HQ lacks; not more than an answer holds, the others come with a later one."""
    named = _sound(hashes)
    if not named:
        return ()
    known = set(connection.execute(_KNOWN, {"hashes": named}).scalars())
    return tuple(one for one in named if one not in known)[:WANTED_SETS_MAX]


def read_sets(connection: Connection, hashes: Iterable[str]) -> dict[str, ProgrammeSet]:
    """Those of these sets that HQ has."""
    rows = connection.execute(select(_set.hash, _set.body).where(_set.hash.in_(_sound(hashes))))
    found = ((set_hash, _decoded(body)) for set_hash, body in rows)
    return {set_hash: programmes for set_hash, programmes in found if programmes is not None}


def _sound(hashes: Iterable[str]) -> list[str]:
    """Those that are hashes: an event may say anything, and PostgreSQL takes no NUL."""
    return sorted(one for one in set(hashes) if _HASH.fullmatch(one))


@functools.lru_cache(maxsize=64)
def _decoded(body: str) -> ProgrammeSet | None:
    """The set in this text; None for what is none. The last ones are kept: a chain runs few."""
    try:
        return decode_programme_set(body.encode())
    except (msgspec.MsgspecError, ProgrammeError, UnicodeEncodeError, RecursionError):
        return None
