"""Enrolment: a till shows a one-time code and its public key, and gets a name, a number and the key of its questions' codes."""

import hashlib
import hmac
import secrets
import uuid

import msgspec
from sqlalchemy import Connection, Engine, select, update

from hq import tables
from hq.authentication import SignedCall
from hq.database import lock_headquarters
from hq.refusals import RefusedError
from hq.regions import checked_region
from hq.statements import upsert_rows
from hq.terminals import DEFAULT_REGION, Terminal, find_by_number, find_terminal
from pos_app.errors import InputError
from pos_app.model.identifiers import TERMINAL_NUMBER_MAX
from pos_app.protocol import base32
from pos_app.protocol.chain import GENESIS
from pos_app.protocol.messages import EnrolAnswer, EnrolRequest, ErrorCode, MalformedError, decode_message
from pos_app.protocol.nps import terminal_nps_key
from pos_app.protocol.signing import public_key_of

CODE_LIFE_MS = 15 * 60 * 1000
_CODE_LENGTH = 12
_code = tables.enrolment_code.c
_terminal = tables.terminal.c


def create_enrolment_code(
    engine: Engine,
    store_id: str,
    *,
    now_ms: int,
    store_name: str = "",
    terminal_number: int | None = None,
    region: str = "",
) -> str:
    """A code of 60 bits that one till may use within 15 minutes; only its hash is kept.

    ``terminal_number`` names a till that is to come back (a new disk, a fork): it keeps its number and gets a new incarnation.
    ``region`` is of a store that is new; one that is there keeps its own. Raises ``InputError`` if there is no till of that number,
    or for a region that is none or not the store's.
    """
    code = base32.encode(secrets.randbits(5 * _CODE_LENGTH), _CODE_LENGTH)
    with engine.begin() as connection:
        if terminal_number is not None and find_by_number(connection, terminal_number) is None:
            raise InputError(
                "hq.no_terminal",
                what=f"There is no till number {terminal_number}.",
                safe="Nothing was changed.",
                todo="Leave the number out for a new till.",
            )
        store = [{"store_id": store_id, "name": store_name, "region": checked_region(region or DEFAULT_REGION)}]
        upsert_rows(connection, tables.store, store, replace=("name",) if store_name else ())
        if region:
            _refuse_other_region(connection, store_id, region)
        connection.execute(
            tables.enrolment_code.insert().values(
                code_hash=_hash(code),
                store_id=store_id,
                terminal_number=terminal_number,
                expires_at_ms=now_ms + CODE_LIFE_MS,
            )
        )
    return "-".join(code[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def _refuse_other_region(connection: Connection, store_id: str, region: str) -> None:
    """A store is moved by a command of its own, since its members move along."""
    store = tables.store.c
    known = connection.execute(select(store.region).where(store.store_id == store_id)).scalar_one()
    if known != region:
        raise InputError(
            "hq.other_region",
            what=f"The store {store_id} is of the region {known}.",
            safe="Nothing was changed.",
            todo=f"Leave --region out, or move the store first: `pos-app hq region {store_id} {region}`.",
        )


def receive_enrolment(engine: Engine, call: SignedCall, *, now_ms: int, public_url: str) -> EnrolAnswer:
    """Take a till in; raises ``RefusedError``. The same code with the same key gives the same till again while it is young."""
    try:
        wish = decode_message(call.request.body, EnrolRequest)
    except MalformedError as error:
        raise RefusedError(ErrorCode.MALFORMED) from error
    if not call.is_signed_by(wish.public_key):
        raise RefusedError(ErrorCode.UNAUTHENTICATED)
    with engine.begin() as connection:
        headquarters = lock_headquarters(connection)
        terminal = _redeem(connection, wish, hq_gen=headquarters.hq_gen, now_ms=now_ms)
        return EnrolAnswer(
            terminal_id=terminal.terminal_id,
            terminal_number=terminal.terminal_number,
            incarnation=terminal.incarnation,
            store_id=terminal.store_id,
            hq_gen=headquarters.hq_gen,
            nps_url_base=public_url,
            nps_key=terminal_nps_key(headquarters.master_key, terminal.terminal_id),
            hq_public_key=public_key_of(headquarters.private_key),
            hq_time_ms=now_ms,
        )


class _Code(msgspec.Struct, frozen=True):
    code_hash: bytes
    store_id: str
    terminal_number: int | None
    expires_at_ms: int
    used_at_ms: int | None
    public_key: bytes | None
    terminal_id: str | None


def _redeem(connection: Connection, wish: EnrolRequest, *, hq_gen: int, now_ms: int) -> Terminal:
    code_hash = _hash(wish.code)
    columns = [tables.enrolment_code.c[name] for name in _Code.__struct_fields__]
    row = connection.execute(select(*columns).where(_code.code_hash == code_hash)).one_or_none()
    if row is None:
        raise RefusedError(ErrorCode.CODE_REFUSED)
    code = _Code(*row)
    if not hmac.compare_digest(code.code_hash, code_hash) or code.expires_at_ms < now_ms:
        raise RefusedError(ErrorCode.CODE_REFUSED)
    if code.terminal_id is not None:
        # Used. The till may not have heard our answer; anyone else has another key.
        terminal = find_terminal(connection, code.terminal_id)
        if terminal is None or code.public_key != wish.public_key:
            raise RefusedError(ErrorCode.CODE_REFUSED)
        return terminal
    terminal_id = (
        _returning(connection, code, wish)
        if code.terminal_number
        else _new(connection, code, wish, hq_gen=hq_gen, now_ms=now_ms)
    )
    connection.execute(
        update(tables.enrolment_code)
        .where(_code.code_hash == code_hash)
        .values(used_at_ms=now_ms, public_key=wish.public_key, terminal_id=terminal_id)
    )
    terminal = find_terminal(connection, terminal_id)
    assert terminal is not None
    return terminal


def _new(connection: Connection, code: _Code, wish: EnrolRequest, *, hq_gen: int, now_ms: int) -> str:
    """A new till. It keeps the name of its journal, unless another till has it (a copied disk)."""
    keeps_name = wish.terminal_id is not None and find_terminal(connection, wish.terminal_id) is None
    terminal_id = wish.terminal_id if keeps_name and wish.terminal_id else str(uuid.uuid4())
    # A till that gets another name gets another incarnation too, so that its old chain and its new one never share a number.
    incarnation = wish.incarnation if keeps_name or wish.terminal_id is None else wish.incarnation + 1
    connection.execute(
        tables.terminal.insert().values(
            terminal_id=terminal_id,
            terminal_number=_free_number(connection, wish.terminal_number_wish),
            store_id=code.store_id,
            public_key=wish.public_key,
            incarnation=incarnation,
            last_hash=GENESIS,
            applied_incarnation=incarnation,
            enrolled_at_ms=now_ms,
            # A restored HQ may have known this journal before: it waits until all of that is in the ledger again.
            reported_gen=hq_gen - 1 if wish.last_seq and hq_gen > 1 else hq_gen,
        )
    )
    return terminal_id


def _returning(connection: Connection, code: _Code, wish: EnrolRequest) -> str:
    """A known till under a new key: whoever still has the old one is fenced off."""
    assert code.terminal_number is not None
    terminal = find_by_number(connection, code.terminal_number)
    assert terminal is not None, "tills are never deleted"
    connection.execute(
        update(tables.terminal)
        .where(_terminal.terminal_id == terminal.terminal_id)
        .values(
            public_key=wish.public_key,
            store_id=code.store_id,
            revoked=False,
            incarnation=max(terminal.incarnation, wish.incarnation) + 1,
            last_seq=0,
            durable_seq=0,
            last_hash=GENESIS,
            earlier_events=tables.terminal.c.earlier_events + terminal.last_seq,
        )
    )
    return terminal.terminal_id


def _free_number(connection: Connection, wish: int) -> int:
    """The wished number if it is free, else the lowest free one."""
    taken: set[int] = set(connection.execute(select(_terminal.terminal_number)).scalars())
    candidates = [wish] if wish else []
    free: int | None = next(
        (number for number in [*candidates, *range(1, TERMINAL_NUMBER_MAX + 1)] if number not in taken), None
    )
    if free is None:
        raise RefusedError(ErrorCode.CODE_REFUSED)
    return free


def _hash(code: str) -> bytes:
    return hashlib.sha256(base32.normalise(code).encode()).digest()
