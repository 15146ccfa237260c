"""Batches of coupons that HQ makes: documents to its tills, which no file holds and no list shows whole."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Engine, delete, func, select

from hq import tables
from hq.coupon_book import USED, publish_spent
from hq.database import transact
from hq.documents import published
from hq.statements import change_number, upsert_rows
from pos_app.errors import InputError
from pos_app.loyalty.programme import ProgrammeSet, decode_programme, programme_set
from pos_app.model.coupons import CouponBatch
from pos_app.protocol import base32
from pos_app.protocol.messages import DocumentKind
from pos_app.use_cases.coupon_making import BatchView, CouponWish, new_batch, no_batch, paper_name, view_of

_document = tables.document.c
_use = tables.coupon_use.c
_decode = msgspec.json.Decoder(CouponBatch).decode


def make_batch(engine: Engine, wish: CouponWish, *, member: str = "") -> tuple[CouponBatch, str]:
    """Make and publish a batch; gives it and what its coupons are called on paper. Raises ``InputError``.

    ``member`` is a card's number or an account, empty for anyone.
    """
    programmes = _programmes(engine)
    batch = transact(engine, lambda connection: _make(connection, wish, programmes, member))
    return batch, paper_name(programmes, batch.rule)


def withdraw_batch(engine: Engine, batch_id: str) -> None:
    """Have no coupon of a batch taken any more. Raises ``InputError`` where there is none of that name."""

    def step(connection: Connection) -> None:
        batch = _find(connection, batch_id)
        _put(connection, msgspec.structs.replace(batch, withdrawn=True))

    transact(engine, step)


def find_batch(engine: Engine, batch_id: str) -> tuple[CouponBatch, str]:
    """A batch whose codes are wanted once more, and what its coupons are called on paper. Raises ``InputError``."""
    with engine.connect() as connection:
        batch = _find(connection, batch_id)
    return batch, paper_name(_programmes(engine), batch.rule)


def list_batches(engine: Engine) -> tuple[BatchView, ...]:
    """Every batch, with how often its coupons were used."""
    with engine.connect() as connection:
        used = _used(connection)
        batches = sorted(_batches(connection), key=lambda batch: (batch.rule, batch.batch_id))
    return tuple(view_of(batch, used=used.get(batch.batch_id, 0)) for batch in batches)


def forget_old(connection: Connection, *, before: str) -> None:
    """Forget batches that ended before a day, with their uses; tills forget them too."""
    number = change_number(connection)
    for batch in [one for one in _batches(connection) if "" < one.last_date < before]:
        is_of_it = _use.coupon_id.startswith(f"{batch.batch_id}-", autoescape=True)
        coupon_ids = connection.execute(select(_use.coupon_id).where(is_of_it).distinct()).scalars().all()
        publish_spent(connection, dict.fromkeys(coupon_ids, False))
        connection.execute(delete(tables.coupon_use).where(is_of_it))
        row = {"kind": DocumentKind.COUPON.value, "key": batch.batch_id, "body": None, "change_no": number}
        upsert_rows(connection, tables.document, [row], replace=("body", "change_no"))


def _programmes(engine: Engine) -> ProgrammeSet:
    bodies = (one.body for one in published(engine) if one.kind == DocumentKind.PROGRAMME)
    return programme_set(decode_programme(body.encode()) for body in bodies if body is not None)


def _make(connection: Connection, wish: CouponWish, programmes: ProgrammeSet, member: str) -> CouponBatch:
    if member:
        wish = msgspec.structs.replace(wish, account_ref=_account_of(connection, member))
    batch = new_batch(wish, programmes, is_taken=lambda name: _body(connection, name) is not None)
    _put(connection, batch)
    return batch


def _account_of(connection: Connection, member: str) -> str:
    card, account = tables.card.c, tables.account.c
    by_card = select(card.account_ref).where(card.number == member)
    by_name = select(account.account_ref).where(account.account_ref == member)
    found: str | None = connection.execute(by_card.union(by_name)).scalars().first()
    if found is None:
        raise InputError(
            "coupon.no_member",
            what=f"Headquarters knows no member by {member}.",
            safe="Nothing was made or changed.",
            todo="Check the card's number.",
        )
    return found


def _put(connection: Connection, batch: CouponBatch) -> None:
    row = {
        "kind": DocumentKind.COUPON.value,
        "key": batch.batch_id,
        "body": msgspec.json.encode(batch).decode(),
        "change_no": change_number(connection),
    }
    upsert_rows(connection, tables.document, [row], replace=("body", "change_no"))


def _body(connection: Connection, batch_id: str) -> str | None:
    found = select(_document.body).where(_document.kind == DocumentKind.COUPON.value, _document.key == batch_id)
    body: str | None = connection.execute(found).scalar_one_or_none()
    return body


def _find(connection: Connection, batch_id: str) -> CouponBatch:
    body = _body(connection, base32.normalise(batch_id))
    if body is None:
        raise no_batch(batch_id)
    return _decode(body)


def _batches(connection: Connection) -> Iterator[CouponBatch]:
    found = select(_document.body).where(_document.kind == DocumentKind.COUPON.value, _document.body.is_not(None))
    bodies = connection.execute(found).scalars().all()
    return (_decode(body) for body in bodies)


def _used(connection: Connection) -> dict[str, int]:
    """How often the coupons of each batch were used; a batch's id has five characters."""
    batch = func.substr(_use.coupon_id, 1, 5)
    rows = connection.execute(select(batch, func.count()).where(_use.state == USED).group_by(batch))
    return {row[0]: int(row[1]) for row in rows}
