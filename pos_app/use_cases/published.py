"""What headquarters publishes beside accounts: taken where the settings say that it owns it, and only what can be read.

A document that this version cannot read is logged and left: an older till goes on with what it has, and with the rest.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import ProgrammeError
from pos_app.loyalty.programme import Programme, ProgrammeSet, parse_programme, programme_set
from pos_app.model.coupons import CouponBatch
from pos_app.model.money import AMOUNT_MAX_MINOR, BASIS_POINTS
from pos_app.model.products import Product
from pos_app.protocol.draws import SEED_BYTES, hash_of
from pos_app.protocol.messages import Document, DocumentKind
from pos_app.settings import Owners
from pos_app.use_cases import staffing
from storage import catalogue, coupons, draws, journal, programmes, staff
from storage.database import Connection

if TYPE_CHECKING:
    from storage.outbox import TakeDocuments

_log = logging.getLogger(__name__)
_product = msgspec.json.Decoder(Product).decode


class _Seed(msgspec.Struct, frozen=True):
    """The body of a seed's document."""

    seed: str


_seed = msgspec.json.Decoder(_Seed).decode
_batch = msgspec.json.Decoder(CouponBatch).decode


def taker(owners: Owners) -> "TakeDocuments":
    """How a till with these settings takes documents; ``is_all``: what is not among them is withdrawn."""

    def take(connection: Connection, documents: Sequence[Document], is_all: bool, /) -> None:  # noqa: FBT001 - the port's shape
        if owners.products == "hq":
            _take_products(connection, _of(documents, DocumentKind.PRODUCT), is_all=is_all)
        if owners.programmes == "hq":
            _take_programmes(connection, _of(documents, DocumentKind.PROGRAMME), is_all=is_all)
            _take_seeds(connection, _of(documents, DocumentKind.SEED))
            _take_batches(connection, _of(documents, DocumentKind.COUPON), is_all=is_all)
            _take_spent(connection, _of(documents, DocumentKind.COUPON_SPENT), is_all=is_all)
        if owners.staff == "hq":
            _take_staff(connection, _of(documents, DocumentKind.STAFF), is_all=is_all)

    return take


def _of(documents: Sequence[Document], kind: DocumentKind) -> list[Document]:
    return [document for document in documents if document.kind == kind]


def _take_products(connection: Connection, documents: Sequence[Document], *, is_all: bool) -> None:
    """Put and withdraw products. All of nothing changes nothing: a shop whose goods HQ has not published yet goes on selling."""
    catalogue.put_products(connection, filter(None, map(_read_product, documents)))
    gone = {document.key for document in documents if document.body is None}
    if is_all and documents:
        gone |= catalogue.product_codes(connection) - {document.key for document in documents}
    catalogue.withdraw_products(connection, gone)


def _read_product(document: Document) -> Product | None:
    if document.body is None:
        return None
    try:
        product = _product(document.body)
    except msgspec.MsgspecError:
        product = None
    if product is None or product.code != document.key or not _is_sound(product):
        _log.error("published.unreadable kind=product key=%s", document.key)
        return None
    return product


def _is_sound(product: Product) -> bool:
    """Whether every figure is in its range; what a product need not have may be absent."""
    member_minor, floor_percent = product.member_price_minor or 0, product.margin_floor_percent or 0
    return (
        0 <= product.price_minor <= AMOUNT_MAX_MINOR
        and 0 <= product.tax_rate_bp <= BASIS_POINTS
        and 0 <= member_minor <= AMOUNT_MAX_MINOR
        and 0 <= floor_percent <= 100  # noqa: PLR2004 - percent
    )


def _take_seeds(connection: Connection, documents: Sequence[Document]) -> None:
    """Keep what chance goes by, and forget what was published to everybody; what is not what its hash says is logged and left."""
    for document in documents:
        if document.body is None:
            draws.forget_seed(connection, document.key)
            continue
        try:
            seed = bytes.fromhex(_seed(document.body).seed)
        except (msgspec.MsgspecError, ValueError):
            seed = b""
        if len(seed) == SEED_BYTES and hash_of(seed) == document.key:
            draws.keep_seed(connection, seed)
        else:
            _log.error("published.unreadable kind=seed key=%s", document.key)


def _take_programmes(connection: Connection, documents: Sequence[Document], *, is_all: bool) -> None:
    if is_all:
        for programme_id in programmes.published(connection):
            programmes.put_published(connection, programme_id, None)
    for document in documents:
        if document.body is None or _read_programme(document.key, document.body) is not None:
            programmes.put_published(connection, document.key, document.body)


def _read_programme(programme_id: str, body: str) -> Programme | None:
    try:
        programme = parse_programme(body, source=f"{programme_id}.json")
    except ProgrammeError:
        programme = None
    if programme is None or programme.id != programme_id:
        _log.error("published.unreadable kind=programme key=%s", programme_id)
        return None
    return programme


def programmes_of_hq(connection: Connection) -> ProgrammeSet | None:
    """The programmes that HQ published; None while there is none, or where they cannot run together."""
    read = (_read_programme(programme_id, body) for programme_id, body in programmes.published(connection).items())
    try:
        return programme_set(some) if (some := tuple(filter(None, read))) else None
    except ProgrammeError as error:
        _log.error("published.programmes %s", error.what)
        return None


def _take_batches(connection: Connection, documents: Sequence[Document], *, is_all: bool) -> None:
    """Put and forget batches of coupons; those that were made at this till stay."""
    coupons.put_batches(connection, filter(None, map(_read_batch, documents)))
    gone = {document.key for document in documents if document.body is None}
    if is_all:
        known = {batch.batch_id for batch in coupons.list_batches(connection)}
        gone |= known - {document.key for document in documents}
    coupons.forget_batches(connection, gone)


def _read_batch(document: Document) -> CouponBatch | None:
    if document.body is None:
        return None
    try:
        batch = _batch(document.body)
    except msgspec.MsgspecError:
        batch = None
    if batch is None or batch.batch_id != document.key or batch.is_own:
        _log.error("published.unreadable kind=coupon key=%s", document.key)
        return None
    return batch


def _take_spent(connection: Connection, documents: Sequence[Document], *, is_all: bool) -> None:
    """Which coupons are used up, so that a till knows it that is cut off."""
    coupons.put_spent(connection, [document.key for document in documents if document.body is not None])
    gone = {document.key for document in documents if document.body is None}
    if is_all:
        gone |= coupons.spent_ids(connection) - {document.key for document in documents}
    coupons.forget_spent(connection, gone)


def _take_staff(connection: Connection, documents: Sequence[Document], *, is_all: bool) -> None:
    utc_ms = journal.read_terminal(connection).trusted_ms
    named = {document.key for document in documents}
    gone = (
        [one.staff_ref for one in staff.list_staff(connection) if one.staff_ref not in named]
        if is_all and named
        else []
    )
    withdrawn = [Document(DocumentKind.STAFF, staff_ref, None) for staff_ref in gone]
    for document in (*documents, *withdrawn):
        staffing.take_published(connection, document, utc_ms=utc_ms)
