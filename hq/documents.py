"""What HQ publishes to its tills beside accounts: products, programmes and staff, each thing a document of its own.

A till takes a kind only where its settings say that HQ owns it. What is published again as it is changes nothing; what is withdrawn
stays as a row without a body, so that tills hear of it.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, select, update

from hq import tables
from hq.budgets import set_budgets
from hq.database import transact
from hq.statements import change_number, upsert_rows
from pos_app.errors import InputError
from pos_app.loyalty.chances import chances_of
from pos_app.loyalty.document import Programme
from pos_app.loyalty.programme import encode_programme, programme_set
from pos_app.model.products import Product
from pos_app.protocol.messages import DOCUMENT_BYTES_MAX, Document, DocumentKind
from pos_app.settings import STANDARD_MARGINS, Margins
from pos_app.use_cases.importing import read_products, read_staff, with_margin
from pos_app.use_cases.programmes import read_file

_ROWS_AT_ONCE = 2_000
_document = tables.document.c
_seed = tables.draw_seed.c


def publish_products(engine: Engine, path: Path, *, exponent: int, margins: Margins = STANDARD_MARGINS) -> int:
    """Publish the products of a CSV file, with the bands of their margins but without their cost; gives how many are new or differ.

    ``exponent`` is the decimals of the prices in it. Raises ``InputError`` that names every bad row, and then nothing has changed.
    """
    products = [with_margin(item, margins.bands_percent) for item in read_products(path, exponent=exponent)]
    return _publish(engine, DocumentKind.PRODUCT, [(product.code, _product_body(product)) for product in products])


def _product_body(product: Product) -> bytes:
    """A product without what it does not have, so that an older till's product is the same document as ever."""
    values = msgspec.to_builtins(product)
    return msgspec.json.encode({name: value for name, value in values.items() if value is not None})


def publish_programme(engine: Engine, path: Path) -> int:
    """Publish a programme's file; gives 1 if it is new or differs. Raises ``ProgrammeError`` for one that is not sound by itself."""
    programme = read_file(path)
    programme_set([programme])
    seeds = transact(engine, lambda connection: _seeds_for_tills(connection, programme))
    transact(engine, lambda connection: set_budgets(connection, programme))
    _publish(engine, DocumentKind.SEED, seeds)
    return _publish(engine, DocumentKind.PROGRAMME, [(programme.id, encode_programme(programme))])


def _seeds_for_tills(connection: Connection, programme: Programme) -> list[tuple[str, bytes]]:
    """The seed that tills need for the programme's chance; a lottery's stays here. Raises ``InputError`` where HQ has none to draw by."""
    if programme.draw is None:
        return []
    seed_hash = programme.draw.seed_hash
    found = select(_seed.seed).where(_seed.seed_hash == seed_hash, ~_seed.published)
    seed = connection.execute(found).scalar_one_or_none()
    if seed is None:
        raise InputError(
            "draw.seed_missing",
            what=f"Headquarters has no secret seed for the draw of {programme.id}: nobody could win.",
            safe="Nothing was changed.",
            todo="Open it with `pos-app hq draw open FILE`, and publish that file.",
        )
    return [(seed_hash, msgspec.json.encode({"seed": seed.hex()}))] if chances_of([programme]) else []


def withdraw_seed(engine: Engine, seed_hash: str) -> None:
    """Tills get a seed no more, and forget it."""
    mine = (_document.kind == DocumentKind.SEED.value, _document.key == seed_hash, _document.body.is_not(None))

    def step(connection: Connection) -> None:
        number = change_number(connection)
        connection.execute(update(tables.document).where(*mine).values(body=None, change_no=number))

    transact(engine, step)


def publish_staff(engine: Engine, path: Path) -> int:
    """Publish who works in the chain, from a CSV file; gives how many are new or differ. PINs stay at the tills."""
    staff = read_staff(path)
    return _publish(engine, DocumentKind.STAFF, [(one.staff_ref, msgspec.json.encode(one)) for one in staff])


def withdraw(engine: Engine, kind: DocumentKind, key: str) -> None:
    """Take a published thing back. Raises ``InputError`` where nothing like it is published."""

    def step(connection: Connection) -> bool:
        published = (_document.kind == kind.value, _document.key == key, _document.body.is_not(None))
        number = change_number(connection)
        return (
            connection.execute(update(tables.document).where(*published).values(body=None, change_no=number)).rowcount
            > 0
        )

    if not transact(engine, step):
        raise InputError(
            "hq.not_published",
            what=f"There is no published {kind.value} {key}.",
            safe="Nothing was changed.",
            todo="`pos-app hq published` lists what there is.",
        )


def published(engine: Engine) -> tuple[Document, ...]:
    """Everything that is published now, but for coupons."""
    # Of coupons there may be very many, and whoever has a batch can make its codes: `pos-app hq coupons` lists them.
    kinds = (DocumentKind.PRODUCT.value, DocumentKind.PROGRAMME.value, DocumentKind.STAFF.value)
    found = select(_document.kind, _document.key, _document.body).where(
        _document.body.is_not(None), _document.kind.in_(kinds)
    )
    with engine.connect() as connection:
        return tuple(Document(*row) for row in connection.execute(found.order_by(_document.kind, _document.key)))


def _publish(engine: Engine, kind: DocumentKind, documents: Sequence[tuple[str, bytes]]) -> int:
    """All of them in one transaction."""
    for key, body in documents:
        if len(body) > DOCUMENT_BYTES_MAX:
            raise InputError(
                "hq.document_size",
                what=f"The {kind.value} {key} is larger than {DOCUMENT_BYTES_MAX // 1024} KB.",
                safe="Nothing was changed.",
                todo="Make it smaller.",
            )

    def step(connection: Connection) -> int:
        number = change_number(connection)
        changed = 0
        for start in range(0, len(documents), _ROWS_AT_ONCE):
            changed += _put(connection, kind, dict(documents[start : start + _ROWS_AT_ONCE]), number)
        return changed

    return transact(engine, step)


def _put(connection: Connection, kind: DocumentKind, documents: dict[str, bytes], number: int) -> int:
    found = select(_document.key, _document.body).where(_document.kind == kind.value, _document.key.in_(documents))
    known: dict[str, str | None] = dict(connection.execute(found).all())
    rows = [
        {"kind": kind.value, "key": key, "body": body.decode(), "change_no": number}
        for key, body in sorted(documents.items())
        if known.get(key) != body.decode()
    ]
    upsert_rows(connection, tables.document, rows, replace=("body", "change_no"))
    return len(rows)
