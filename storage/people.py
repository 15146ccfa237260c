"""Finding members by a part of their name or phone, and reading everything that is held of one person.

The index is ``personal_search``: FTS5 with trigrams, kept by triggers, case and accents ignored.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, Select, column, select, table, text

from pos_app.loyalty.ledger import AccountKind, Entry
from pos_app.model.accounts import Lot
from pos_app.model.marks import Mark
from storage import accounts, marks, sales, tables
from storage.account_changes import cards_of
from storage.accounts import MonthlySum
from storage.sales import StoredSale

WORD_LENGTH_MIN = 3
"""A trigram index finds nothing shorter."""
_personal = tables.personal_field.c
_search = table("personal_search", column("rowid"))


class FoundMember(msgspec.Struct, frozen=True):
    """Somebody that a search found. Personal: for the screen only."""

    account_ref: str
    name: str
    phone: str
    cards: tuple[str, ...]


class PersonalField(msgspec.Struct, frozen=True):
    """One personal field as it is held."""

    field: str
    value: str
    version: int
    changed_at_ms: int


class HeldCard(msgspec.Struct, frozen=True):
    """One card as it is held."""

    number: str
    status: str


class HeldOfPerson(msgspec.Struct, frozen=True):
    """Everything that this till holds of one person. ``account_refs`` begins with the account, then those merged into it."""

    account_refs: tuple[str, ...]
    status: str
    card_class: str
    receipts_count: int
    personal: tuple[PersonalField, ...]
    cards: tuple[HeldCard, ...]
    lots: tuple[Lot, ...]
    overdraft_units: dict[str, int]
    monthly_sums: tuple[MonthlySum, ...]
    entries: tuple[Entry, ...]
    receipts: tuple[StoredSale, ...]
    marks: tuple[Mark, ...] = ()


def search_members(connection: Connection, words: list[str], *, limit: int) -> list[FoundMember]:
    """Members of whom each of these words (3 characters or more) is a part of the name or the phone, by name."""
    assert all(len(word) >= WORD_LENGTH_MIN for word in words), "the index finds nothing shorter"
    found = select(_personal.account_ref).distinct()
    for number, word in enumerate(words):
        matching = text(f"personal_search MATCH :word_{number}").bindparams(**{f"word_{number}": _quoted(word)})
        rows = select(_search.c.rowid).select_from(_search).where(matching)
        having = select(_personal.account_ref).where(_personal.id.in_(rows))
        found = found.where(_personal.account_ref.in_(having))
    refs = connection.execute(found.limit(limit)).scalars().all()
    return sorted((_found(connection, ref) for ref in refs), key=lambda one: (one.name.casefold(), one.account_ref))


def rebuild_search(connection: Connection) -> None:
    """Make the search index anew from what is held, in the caller's transaction."""
    connection.exec_driver_sql("INSERT INTO personal_search (personal_search) VALUES ('delete-all')")
    connection.exec_driver_sql(
        "INSERT INTO personal_search (rowid, value)"
        " SELECT id, value FROM personal_field WHERE field IN ('name', 'phone')"
    )


def search_is_whole(connection: Connection) -> bool:
    """Whether the index says of every name and phone what the table says, and nothing more."""
    vocabulary = "SELECT count(*) FROM personal_search_docsize"
    indexed = connection.exec_driver_sql(vocabulary).scalar_one()
    held = connection.exec_driver_sql(
        "SELECT count(*), count(docsize.id) FROM personal_field LEFT JOIN personal_search_docsize AS docsize"
        " USING (id) WHERE field IN ('name', 'phone')"
    ).one()
    return (indexed, indexed) == tuple(held)


def read_person(connection: Connection, account_ref: str) -> HeldOfPerson:
    """Everything about one account and those that were merged into it; the account must exist."""
    refs = accounts.merged_with(connection, account_ref)
    facts = connection.execute(select(tables.account).where(tables.account.c.account_ref == refs[0])).one()
    counted, owed = tables.accumulator.c, tables.overdraft.c
    return HeldOfPerson(
        account_refs=refs,
        status=facts.status,
        card_class=facts.card_class,
        receipts_count=facts.receipts_count,
        personal=_fields(connection, refs),
        cards=tuple(HeldCard(number, status.value) for number, status in cards_of(connection, refs[0]).items()),
        lots=_lots(connection, refs),
        overdraft_units=_pairs(
            connection, select(owed.issuer, owed.units).where(owed.account_ref.in_(refs), owed.units > 0)
        ),
        monthly_sums=tuple(
            MonthlySum(*row)
            for row in connection.execute(
                select(counted.programme_id, counted.month, counted.sum_minor)
                .where(counted.account_ref.in_(refs))
                .order_by(counted.programme_id, counted.month)
            )
        ),
        entries=_entries(connection, refs),
        receipts=_receipts(connection, refs),
        marks=marks.marks_of(connection, refs[0]),
    )


def _pairs(connection: Connection, query: Select[tuple[str, Any]]) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _quoted(word: str) -> str:
    """The word as FTS5 takes it literally."""
    return '"' + word.replace('"', '""') + '"'


def _found(connection: Connection, account_ref: str) -> FoundMember:
    held = _pairs(connection, select(_personal.field, _personal.value).where(_personal.account_ref == account_ref))
    cards = tuple(cards_of(connection, account_ref))
    return FoundMember(account_ref, held.get("name", ""), held.get("phone", ""), cards)


def _fields(connection: Connection, refs: tuple[str, ...]) -> tuple[PersonalField, ...]:
    columns = (_personal.field, _personal.value, _personal.version, _personal.changed_at_ms)
    query = select(*columns).where(_personal.account_ref.in_(refs)).order_by(_personal.field)
    return tuple(PersonalField(*row) for row in connection.execute(query))


def _lots(connection: Connection, refs: tuple[str, ...]) -> tuple[Lot, ...]:
    lot = tables.lot.c
    query = select(lot.lot_id).where(lot.account_ref.in_(refs)).order_by(lot.starts_at_ms, lot.lot_id)
    return accounts.read_lots(connection, connection.execute(query).scalars())


def _entries(connection: Connection, refs: tuple[str, ...]) -> tuple[Entry, ...]:
    c = tables.entry.c
    rows = connection.execute(
        select(c.account_ref, c.event_id, c.entry_no, c.kind, c.issuer, c.units, c.lot_id)
        .where(c.account_ref.in_(refs))
        .order_by(c.booked_at_ms, c.event_id, c.account_ref, c.entry_no)
    )
    return tuple(Entry(r[0], r[1], r[2], AccountKind(r[3]), r[4], r[5], r[6]) for r in rows)


def _receipts(connection: Connection, refs: tuple[str, ...]) -> tuple[StoredSale, ...]:
    sale = tables.sale.c
    query = select(sale.event_id).where(sale.account_ref.in_(refs)).order_by(sale.utc_ms, sale.receipt_number)
    stored = (sales.find_sale_by_event(connection, one) for one in connection.execute(query).scalars().all())
    return tuple(one for one in stored if one is not None)
