"""Draws at a till: open one with a secret seed, hold a lottery, publish everything when it is over.

A till that decides about points does all of it by itself; beneath headquarters that does (``hq.draws``).
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from pos_app.errors import InputError
from pos_app.loyalty.chances import Chance, chances_of, last_day
from pos_app.loyalty.document import Draw, Programme
from pos_app.model.calendar import begins_ms
from pos_app.model.identifiers import derived_id, ledger_unit
from pos_app.model.staff import Permission
from pos_app.protocol.draws import (
    SEED_BYTES,
    ChanceReport,
    LotteryReport,
    Report,
    Rolled,
    Tickets,
    Won,
    decode_report,
    draw_winners,
    encode_report,
    in_order,
    is_example,
)
from pos_app.protocol.events import AdjustmentReason, SaleEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.account_acts import Adjustment, book_adjustment
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.draw_files import draw_of
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.staffing import Approval
from storage import draws, journal, programmes
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def new_seed() -> bytes:
    """A seed that nobody knows."""
    return os.urandom(SEED_BYTES)


def keep_seed(till: "Till", connection: Connection, seed: bytes) -> str:
    """Keep a seed that is about to be committed; gives its hash. Raises ``NotAllowedError`` for whoever may not give points."""
    staffing.check(till, Permission.ADJUST_POINTS)
    seed_hash = draws.keep_seed(connection, seed)
    write_audit(till, connection, action="open_draw", subject=seed_hash[:32])
    return seed_hash


def hold(
    till: "Till", connection: Connection, programme: Programme, *, approval: Approval | None = None
) -> LotteryReport:
    """Draw the winners and book their prizes, once: a second time gives the same report and books nothing.

    On the writer thread. Raises ``InputError`` before the day, without the seed or a ticket, and where headquarters holds it;
    ``NotAllowedError`` for whoever may not give points. The approval's subject is the programme.
    """
    draw = lottery_of(programme)
    held = held_report(draws.find_result(connection, draw.seed_hash))
    if held is not None:
        return held
    now_ms = till.clock.utc_ms()
    if till.settings.till.authority != "local":
        raise refused(
            "elsewhere", "Headquarters has the tickets of all tills.", todo="Run `pos-app hq draw hold` there."
        )
    if not till.believes_clock(journal.read_terminal(connection), now_ms):
        raise refused("clock", "The clock cannot be right.", todo="Set it, then run `pos-app clock --confirm`.")
    check_day(draw, till.business_date(now_ms))
    seed = draws.usable_seeds(connection).get(draw.seed_hash)
    if seed is None:
        raise seed_missing(draw.seed_hash)
    lots = draws.ticket_lots(
        connection,
        ledger_unit(programme.issuer, draw.pool or ""),
        before_ms=begins_ms(
            str(draw.draw_on), zone_name=till.terms.zone, day_starts_minute=till.settings.day_starts_minute()
        ),
        at_ms=now_ms,
    )
    report = drawn(programme, seed, [Tickets(one.lot_id, one.receipt_number, one.count) for one in lots])
    approver_ref = staffing.check(till, Permission.ADJUST_POINTS, approval, subject=programme.id)
    account_refs = {one.lot_id: one.account_ref for one in lots}
    for won in report.winners:
        wanted = _prize(programme, draw, won)
        book_adjustment(till, connection, account_refs[won.lot], wanted, approver_ref=approver_ref)
    draws.put_result(connection, draw.seed_hash, encode_report(report), held_at_ms=now_ms)
    values: dict[str, int | str] = {"tickets": sum(one.count for one in lots), "winners": len(report.winners)}
    write_audit(till, connection, action="hold_draw", approver_ref=approver_ref, subject=programme.id, values=values)
    return report


def _prize(programme: Programme, draw: Draw, won: Won) -> Adjustment:
    return Adjustment(
        1,
        AdjustmentReason.DRAW_PRIZE,
        event_id=prize_id(draw, won),
        issuer=prize_unit(programme, won),
        programme_id=programme.id,
    )


def publish(till: "Till", connection: Connection, programme: Programme, *, approval: Approval | None = None) -> Report:
    """Everything of a draw that is over, with its seed, which is drawn by no more. Raises ``InputError`` before its end.

    On the writer thread. ``NotAllowedError`` for whoever may not give points; the approval's subject is the programme.
    """
    draw = draw_of(programme)
    seed = draws.find_seed(connection, draw.seed_hash)
    if seed is None:
        raise seed_missing(draw.seed_hash)
    if draw.pool is not None:
        held = held_report(draws.find_result(connection, draw.seed_hash))
        if held is None:
            raise not_held(programme)
        report: Report = held
    else:
        check_over([programme, *till.terms.programmes.programmes], draw, till.business_date(till.clock.utc_ms()))
        report = chance_report(programme, seed, _rolled(connection, draw.seed_hash))
    approver_ref = staffing.check(till, Permission.ADJUST_POINTS, approval, subject=programme.id)
    draws.mark_published(connection, draw.seed_hash)
    write_audit(till, connection, action="publish_draw", approver_ref=approver_ref, subject=programme.id)
    return report


def _rolled(connection: Connection, seed_hash: str) -> Iterator[Rolled]:
    """What was rolled by a seed at this till, as far as its receipts are kept in detail."""

    @lru_cache(maxsize=64)
    def chances(set_hash: str) -> tuple[Chance, ...]:
        body = programmes.find_programme_set(connection, set_hash)
        return () if body is None else chances_of(decode_programme_set(body).programmes)

    for event in draws.sales_with_rolls(connection):
        yield from rolled_of(event, chances(event.engine_input.programme_set_hash), seed_hash)


def rolled_of(event: SaleEvent, chances: Sequence[Chance], seed_hash: str) -> Iterator[Rolled]:
    """What a sale rolled by one seed; ``chances`` are those of its programmes."""
    given = {f"{one.programme_id}/{one.rule_id}" for one in event.collected}
    for one in chances:
        number = event.engine_input.rolls.get(one.rule)
        if one.seed_hash == seed_hash and number is not None:
            yield Rolled(event.receipt_number, one.rule, number, one.chance_bp, one.rule in given)


def chance_report(programme: Programme, seed: bytes, rolled: Iterator[Rolled]) -> ChanceReport:
    """What is published of rules of chance, in the order of the receipts."""
    return ChanceReport(
        programme=programme.id,
        name=programme.name,
        seed_hash=draw_of(programme).seed_hash,
        seed=seed.hex(),
        rolls=tuple(sorted(rolled, key=lambda one: (one.receipt, one.rule))),
    )


def drawn(programme: Programme, seed: bytes, lots: Iterable[Tickets]) -> LotteryReport:
    """The lottery with these tickets; pure. Raises ``InputError`` where there are none: a lottery is held once, and nobody could win."""
    draw = lottery_of(programme)
    tickets = in_order(lots)
    if not tickets:
        raise refused(
            "no_tickets",
            f"Nobody has a ticket of the lottery {programme.id} from before {draw.draw_on}.",
            todo="Hold it once there are. Where they were given on that day or later, set draw_on to a later day and raise the version.",
        )
    prizes = tuple(prize.name for prize in draw.prizes for _ in range(prize.count))
    return LotteryReport(
        programme=programme.id,
        name=programme.name,
        seed_hash=draw.seed_hash,
        seed=seed.hex(),
        draw_on="" if draw.draw_on is None else draw.draw_on.isoformat(),
        prizes=prizes,
        tickets=tickets,
        winners=draw_winners(seed, prizes=prizes, tickets=tickets),
    )


def held_report(raw: bytes | None) -> LotteryReport | None:
    """A lottery that was held, as it is kept."""
    report = None if raw is None else decode_report(raw)
    assert report is None or isinstance(report, LotteryReport), "only lotteries are held"
    return report


def prize_id(draw: Draw, won: Won) -> str:
    """The id of the event that books a prize: the same wherever the draw is held, and however often."""
    return derived_id(won.lot, f"prize {won.number} of {draw.seed_hash}")


def prize_unit(programme: Programme, won: Won) -> str:
    """The ledger's unit of a prize."""
    pools = [prize.pool for prize in lottery_of(programme).prizes for _ in range(prize.count)]
    return ledger_unit(programme.issuer, pools[won.number - 1])


def lottery_of(programme: Programme) -> Draw:
    """The programme's lottery; raises ``InputError`` where its draw is none."""
    draw = draw_of(programme)
    if draw.pool is None:
        raise refused(
            "no_lottery",
            f"The programme {programme.id} gives by chance at the till; there is nothing to hold.",
            todo="Publish it when it is over.",
        )
    return draw


def check_day(draw: Draw, today: str) -> None:
    """Raise ``InputError`` before the day of a lottery."""
    if draw.draw_on is None or date.fromisoformat(today) < draw.draw_on:
        raise refused("early", f"The draw is on {draw.draw_on}.", todo="Hold it on that day or later.")


def check_over(versions: Sequence[Programme], draw: Draw, today: str) -> None:
    """Raise ``InputError`` as long as some version of a programme can still roll by this seed."""
    end = last_day(versions, draw.seed_hash)
    if end is None or date.fromisoformat(today) <= end:
        until = "has no end" if end is None else f"gives until {end}"
        raise refused(
            "running",
            f"The draw {until}: whoever knew its seed before could tell who wins.",
            todo="Publish it after the last day (active_until, or dates of its rules).",
        )


def not_held(programme: Programme) -> InputError:
    """What to raise where a lottery that nobody has held is to be published."""
    return refused("not_held", f"The lottery {programme.id} was not held yet.", todo="Hold it first.")


def seed_missing(seed_hash: str) -> InputError:
    """What to raise where a draw has no secret seed here."""
    if is_example(seed_hash):
        return refused(
            "example",
            "This draw has the seed of the examples, which everybody knows.",
            todo="Open it with `pos-app draw open FILE`, and load the file.",
        )
    return refused(
        "seed_missing", "The seed of this draw is not here, or was published before.", todo="Draw where it was opened."
    )


def refused(code: str, sentence: str, *, todo: str) -> InputError:
    """A draw that cannot be."""
    return InputError(f"draw.{code}", what=sentence, safe="Nothing was drawn or booked.", todo=todo)
