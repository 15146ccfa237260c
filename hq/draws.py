"""Draws of the whole chain: the seeds, lotteries among the tickets of all tills, what is published, and whether tills rolled right.

What a draw means is in ``pos_app.protocol.draws``. A prize is booked here without any till: under an id that follows from the ticket
that won, in the transaction that counts how far the booking got.
"""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, Engine, or_, select, update

from hq import documents, tables
from hq.database import transact
from hq.due import book_and_repay, due_books
from hq.intake import Outcome
from hq.programme_sets import read_sets
from hq.rows import ADJUSTED
from hq.terminals import waiting_events
from hq.working_set import WorkingSet
from pos_app.loyalty.chances import chances_of
from pos_app.loyalty.document import Programme
from pos_app.loyalty.ledger import book_gift
from pos_app.loyalty.programme import ProgrammeSet, decode_programme
from pos_app.model.accounts import Lot
from pos_app.model.calendar import begins_ms, business_date
from pos_app.model.identifiers import derived_id, ledger_unit
from pos_app.protocol.draws import ChanceReport, LotteryReport, Report, Rolled, Tickets, encode_report, hash_of, roll
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.protocol.messages import DocumentKind
from pos_app.use_cases import drawing
from pos_app.use_cases.draw_files import commit_seed, draw_of, find_programme

_BOOKED_AT_ONCE = 200
_RULES_MAX = 64
_PAGE_EVENTS = 500
_ROLLS = b'"rolls":{'
_seed = tables.draw_seed.c
_result = tables.draw_result.c
_lot = tables.lot.c
_entry = tables.entry.c
_receipt = tables.receipt.c
_terminal = tables.terminal.c
_inbox = tables.inbox.c


class _Prize(msgspec.Struct, frozen=True):
    """What is booked for a winner: the event's id, whose ticket it was, and the ledger's unit of the prize."""

    event_id: str
    account_ref: str
    unit: str


_decode_prizes = msgspec.json.Decoder(tuple[_Prize, ...]).decode


def open_draw(engine: Engine, path: Path) -> Programme:
    """Make a seed, keep it, and write its hash into a programme's file; the errors are those of ``commit_seed``."""

    def keep(seed: bytes) -> None:
        with engine.begin() as connection:
            connection.execute(tables.draw_seed.insert().values(seed_hash=hash_of(seed), seed=seed))

    return commit_seed(path, drawing.new_seed(), keep=keep)


def read_seeds(connection: Connection) -> dict[str, bytes]:
    """Every seed that HQ has, by its hash; published ones too."""
    return {row.seed_hash: row.seed for row in connection.execute(select(_seed.seed_hash, _seed.seed))}


def is_roll_wrong(sale: SaleEvent, programmes: ProgrammeSet, seeds: dict[str, bytes]) -> bool:
    """Whether a roll of this sale does not follow from its seed, or there should be none. A seed that is not here says nothing."""
    by_rule = {one.rule: one.seed_hash for one in chances_of(programmes.programmes)}
    for rule, number in sale.engine_input.rolls.items():
        seed = seeds.get(by_rule.get(rule, ""))
        if rule not in by_rule:
            return True
        if seed is not None and number != roll(seed, receipt_number=sale.receipt_number, rule=rule):
            return True
    return False


def programme_of(engine: Engine, reference: str) -> Programme:
    """A published programme by its id, or one by its file."""
    return find_programme(reference, _published(engine))


def hold(engine: Engine, programme: Programme, *, now_ms: int, zone_name: str, waits: bool = True) -> LotteryReport:
    """Draw the winners and book their prizes, once: a second time finishes what was broken off, and gives the same report.

    Days are those of the zone. Raises ``InputError`` before the day, without the seed or a ticket, and where ``waits`` is true
    while a till was not heard since the tickets ended: what it sold is not here yet.
    """
    draw = drawing.lottery_of(programme)
    kept = transact(
        engine, functools.partial(_kept_or_drawn, programme=programme, now_ms=now_ms, zone_name=zone_name, waits=waits)
    )
    while transact(engine, functools.partial(_book_some, programme=programme, seed_hash=draw.seed_hash, now_ms=now_ms)):
        pass
    report = drawing.held_report(kept)
    assert report is not None, "it was just kept"
    return report


def publish(engine: Engine, programme: Programme, *, now_ms: int, zone_name: str) -> Report:
    """Everything of a draw that is over, with its seed, which tills get no more. Raises ``InputError`` before its end."""
    draw = draw_of(programme)
    versions = [programme, *_published(engine)]
    with engine.connect() as connection:
        seed = read_seeds(connection).get(draw.seed_hash)
        held = drawing.held_report(
            connection.execute(select(_result.report).where(_result.seed_hash == draw.seed_hash)).scalar_one_or_none()
        )
        if seed is None:
            raise drawing.seed_missing(draw.seed_hash)
        report: Report
        if draw.pool is not None:
            if held is None:
                raise drawing.not_held(programme)
            report = held
        else:
            drawing.check_over(versions, draw, _today(now_ms, zone_name))
            report = _chance_report(connection, programme, seed)
    with engine.begin() as connection:
        connection.execute(update(tables.draw_seed).where(_seed.seed_hash == draw.seed_hash).values(published=True))
    documents.withdraw_seed(engine, draw.seed_hash)
    return report


def _chance_report(connection: Connection, programme: Programme, seed: bytes) -> ChanceReport:
    """One till may have sent a sale under two names: it is named once."""
    rolled = dict.fromkeys(_rolled(connection, hash_of(seed)))
    return drawing.chance_report(programme, seed, iter(rolled))


def _rolled(connection: Connection, seed_hash: str) -> Iterator[Rolled]:
    sales = select(_inbox.body).where(
        _inbox.kind == "sale", _inbox.outcome == Outcome.ACCEPTED.value, _inbox.body.is_not(None)
    )
    sets: dict[str, ProgrammeSet | None] = {}
    found = [
        body
        for body in connection.execution_options(yield_per=_PAGE_EVENTS).execute(sales).scalars()
        if body and _ROLLS in body
    ]
    for body in found:
        sale = decode_body(body)
        assert isinstance(sale, SaleEvent), "its kind says so"
        set_hash = sale.engine_input.programme_set_hash
        if set_hash not in sets:
            sets[set_hash] = read_sets(connection, [set_hash]).get(set_hash)
        programmes = sets[set_hash]
        if programmes is not None:
            yield from drawing.rolled_of(sale, chances_of(programmes.programmes), seed_hash)


def _kept_or_drawn(connection: Connection, *, programme: Programme, now_ms: int, zone_name: str, waits: bool) -> bytes:
    """The report of a lottery as it is kept; drawn now where nobody has."""
    draw = drawing.lottery_of(programme)
    kept: bytes | None = connection.execute(
        select(_result.report).where(_result.seed_hash == draw.seed_hash)
    ).scalar_one_or_none()
    if kept is not None:
        return kept
    drawing.check_day(draw, _today(now_ms, zone_name))
    seed = connection.execute(
        select(_seed.seed).where(_seed.seed_hash == draw.seed_hash, ~_seed.published)
    ).scalar_one_or_none()
    if seed is None:
        raise drawing.seed_missing(draw.seed_hash)
    before_ms = begins_ms(str(draw.draw_on), zone_name=zone_name)
    if waits:
        _refuse_missing_tills(connection, before_ms)
    lots = _ticket_lots(connection, ledger_unit(programme.issuer, draw.pool or ""), before_ms=before_ms, now_ms=now_ms)
    receipts = _receipts_of(connection, [lot_id for lot_id, _, _ in lots])
    report = drawing.drawn(
        programme, seed, [Tickets(lot_id, receipts.get(lot_id, ""), units) for lot_id, _, units in lots]
    )
    account_refs = {lot_id: account_ref for lot_id, account_ref, _ in lots}
    prizes = [
        _Prize(drawing.prize_id(draw, won), account_refs[won.lot], drawing.prize_unit(programme, won))
        for won in report.winners
    ]
    encoded = encode_report(report)
    connection.execute(
        tables.draw_result.insert().values(
            seed_hash=draw.seed_hash,
            report=encoded,
            prizes=msgspec.json.encode(prizes).decode(),
            booked=0,
            held_at_ms=now_ms,
        )
    )
    return encoded


def _refuse_missing_tills(connection: Connection, before_ms: int) -> None:
    """Tickets that are still on their way would not take part."""
    silent = select(_terminal.terminal_number).where(
        ~_terminal.revoked, or_(_terminal.last_contact_ms.is_(None), _terminal.last_contact_ms < before_ms)
    )
    numbers = sorted(connection.execute(silent).scalars())
    if numbers:
        raise drawing.refused(
            "tills_missing",
            f"These tills were not heard since the last tickets were given: {', '.join(map(str, numbers))}.",
            todo="Wait for them, or add --without-waiting: what they sold does not take part then.",
        )
    if waiting_events(connection):
        raise drawing.refused("waiting", "Some of what tills sent is not booked yet.", todo="Try again in a moment.")


def _ticket_lots(connection: Connection, unit: str, *, before_ms: int, now_ms: int) -> list[tuple[str, str, int]]:
    found = select(_lot.lot_id, _lot.account_ref, _lot.remaining_units).where(
        _lot.issuer == unit,
        _lot.remaining_units > 0,
        _lot.starts_at_ms < before_ms,
        or_(_lot.expires_at_ms.is_(None), _lot.expires_at_ms > now_ms),
    )
    return [(row.lot_id, row.account_ref, row.remaining_units) for row in connection.execute(found)]


def _receipts_of(connection: Connection, lot_ids: Sequence[str]) -> dict[str, str]:
    """The receipts that gave these lots: of all events that moved one, that from whose id its own follows."""
    wanted = set(lot_ids)
    moved = (
        select(_entry.lot_id, _entry.event_id, _receipt.receipt_number)
        .join(tables.receipt, _receipt.event_id == _entry.event_id)
        .join(tables.lot, _lot.lot_id == _entry.lot_id)
        .where(_lot.remaining_units > 0)
        .distinct()
    )
    return {
        row.lot_id: row.receipt_number
        for row in connection.execute(moved)
        if row.lot_id in wanted
        and any(derived_id(row.event_id, f"pool-{number}") == row.lot_id for number in range(1, _RULES_MAX + 1))
    }


def _book_some(connection: Connection, *, programme: Programme, seed_hash: str, now_ms: int) -> bool:
    """Book the next prizes and count them, in one transaction; False where there are none left."""
    row = connection.execute(
        select(_result.prizes, _result.booked).where(_result.seed_hash == seed_hash).with_for_update()
    ).one()
    some = _decode_prizes(row.prizes)[row.booked : row.booked + _BOOKED_AT_ONCE]
    if not some:
        return False
    work = WorkingSet()
    work.load(connection, account_refs=[prize.account_ref for prize in some])
    for prize in some:
        _give(work, prize, programme, now_ms=now_ms)
    work.write(connection, now_ms=now_ms)
    counted = update(tables.draw_result).where(_result.seed_hash == seed_hash)
    connection.execute(counted.values(booked=row.booked + len(some)))
    return True


def _give(work: WorkingSet, prize: _Prize, programme: Programme, *, now_ms: int) -> None:
    account = work.home_of(prize.account_ref)
    assert account is not None, "accounts are never deleted"
    lot = Lot(
        lot_id=derived_id(prize.event_id, "lot-1"),
        account_ref=account.account_ref,
        issuer=prize.unit,
        programme_id=programme.id,
        starts_at_ms=now_ms,
        expires_at_ms=None,
        granted_units=1,
        remaining_units=1,
        matured=True,
    )
    books = due_books(work, account, at_ms=now_ms, now_ms=now_ms)
    booking = book_gift(books, event_id=prize.event_id, lot=lot)
    book_and_repay(work, account, booking, event_id=prize.event_id, cause=ADJUSTED, now_ms=now_ms)


def _published(engine: Engine) -> tuple[Programme, ...]:
    return tuple(
        decode_programme((one.body or "").encode())
        for one in documents.published(engine)
        if one.kind == DocumentKind.PROGRAMME
    )


def _today(now_ms: int, zone_name: str) -> str:
    return business_date(utc_ms=now_ms, zone_name=zone_name, day_starts_minute=0)
