"""The closing report: what a business day of this till came to, and whether each figure ties to the ledger. It changes nothing."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from pos_app.errors import InputError
from pos_app.loyalty.couponing import points_minor
from pos_app.loyalty.programme import Programme
from pos_app.model.closing import (
    ClosingReport,
    GoodsSums,
    MemberCounts,
    ProgrammeGave,
    Queue,
    ReceiptCounts,
    TaxSums,
    Unsettled,
)
from pos_app.model.money import round_half_up
from pos_app.model.receipts import SaleKind
from pos_app.model.sentinel import Suspicion
from pos_app.model.staff import Permission
from pos_app.protocol.events import ActEvent, SaleEvent
from pos_app.use_cases import sentinel, staffing
from pos_app.use_cases.closing_checks import checks_of
from pos_app.use_cases.closing_day import Day
from pos_app.use_cases.closing_points import moves_of, said_by
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.sync_status import status_of
from storage import burning, closing, coupons, donations, journal, print_jobs, programmes
from storage.closing import LineSums, ProgrammeRow
from storage.database import Connection, snapshot
from storage.takings import takings_of

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def closing_report(till: "Till", business_date: str = "") -> ClosingReport:
    """The report of a business date (ISO; empty: today), all of it of one moment. Raises ``InputError`` for what is no date.

    The sentinel's findings are in it for whom the audit log is. It can be made again at any time; until the day is over it says "so far".
    """
    day = business_date or till.business_date(till.clock.utc_ms())
    _check_date(day)
    sees_findings = staffing.may(till, Permission.READ_AUDIT)
    return till.database.read(lambda connection: _of_one_moment(till, connection, day, sees_findings=sees_findings))


def _check_date(day: str) -> None:
    try:
        is_date = date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_date = False
    if not is_date:
        raise InputError(
            "closing.date",
            what=f"{day!r} is not a date.",
            safe="Nothing was changed.",
            todo="Write it like 2026-07-01.",
        )


def _of_one_moment(till: "Till", connection: Connection, business_date: str, *, sees_findings: bool) -> ClosingReport:
    with snapshot(connection):
        day = Day(till, connection, business_date)
        findings = sentinel.findings_of(connection, business_date, till.settings) if sees_findings else None
        return _report(day, findings)


def _report(day: Day, findings: tuple[Suspicion, ...] | None) -> ClosingReport:
    till, connection = day.till, day.connection
    now_ms = till.clock.utc_ms()
    terminal = journal.read_terminal(connection)
    lines = closing.line_sums_of(connection, day.business_date)
    tax = _tax(day)
    takings = takings_of(connection, from_date=day.business_date, until_date=day.business_date)
    discounts = closing.discounts_of(connection, day.business_date)
    awards = closing.awards_of(connection, day.business_date)
    said = said_by(day)
    goods = _goods(day, lines, discounts)
    receipts = _receipts(day)
    return ClosingReport(
        business_date=day.business_date,
        store_id=terminal.store_id,
        terminal_number=terminal.terminal_number,
        made_at_ms=now_ms,
        is_over=day.business_date < till.business_date(now_ms),
        receipts=receipts,
        goods=goods,
        average_minor=round_half_up(goods.sold_minor, receipts.sales) if receipts.sales else 0,
        tax=tax,
        takings=takings,
        programmes=_programmes(day, discounts, awards),
        causes=donations.totals_by_cause(connection, from_date=day.business_date, until_date=day.business_date),
        members=_members(day),
        points=moves_of(day, said),
        checks=checks_of(day, lines=lines, tax=tax, takings=takings, discounts=discounts, awards=awards, said=said),
        pruned_events=day.pruned_events,
        findings=findings,
        queue=_queue(till, takes_our_word=terminal.sync_state == "ok"),
        unsettled=_unsettled(day, terminal, left_to_hq=said.left_to_hq, unseen_returns=receipts.unseen_returns),
    )


def _receipts(day: Day) -> ReceiptCounts:
    used, freed = closing.coupons_of(day.connection, day.business_date)
    numbers = [head.receipt_number for head in day.heads]
    return ReceiptCounts(
        sales=len(day.heads_of(SaleKind.SALE)),
        returns=len(day.heads_of(SaleKind.RETURN)),
        unseen_returns=closing.unseen_returns_of(day.connection, day.business_date),
        instalments=len(day.heads_of(SaleKind.INSTALMENT)),
        first_number=numbers[0] if numbers else "",
        last_number=numbers[-1] if numbers else "",
        coupons_used=used,
        coupons_freed=freed,
    )


def _goods(day: Day, lines: LineSums, discounts: Iterable[ProgrammeRow]) -> GoodsSums:
    by_rules_minor = sum(row.amount for row in discounts)
    return GoodsSums(
        list_minor=lines.list_minor,
        discounts_minor=by_rules_minor,
        by_hand_minor=lines.list_minor - lines.amount_minor - by_rules_minor,
        by_points_minor=lines.burn_minor,
        sold_minor=sum(head.total_minor for head in day.heads_of(SaleKind.SALE)),
        returned_minor=sum(head.total_minor for head in day.heads_of(SaleKind.RETURN)),
    )


def _tax(day: Day) -> tuple[TaxSums, ...]:
    """By rate, the lowest first; what came back of a sale that is nowhere any more stands before them."""
    gross_minor: Counter[int | None] = Counter()
    tax_minor: Counter[int | None] = Counter()
    for row in closing.tax_of(day.connection, day.business_date):
        rate_bp = row.rate_bp
        if rate_bp is None:
            rate_bp = day.rates_bp(row.sale_event_id).get(row.line_no)
        gross_minor[rate_bp] += row.gross_minor
        tax_minor[rate_bp] += row.tax_minor
    in_order = sorted(gross_minor, key=lambda rate_bp: -1 if rate_bp is None else rate_bp)
    return tuple(TaxSums(rate_bp, gross_minor[rate_bp], tax_minor[rate_bp]) for rate_bp in in_order)


def _programmes(
    day: Day, discounts: Iterable[ProgrammeRow], awards: Iterable[ProgrammeRow]
) -> tuple[ProgrammeGave, ...]:
    """What each programme gave on receipts and for acts, by its name and by the worth of a point that it had then."""
    ran = _Ran(day)
    off_minor: Counter[str] = Counter()
    units: Counter[tuple[str, int]] = Counter()
    for row in discounts:
        off_minor[row.programme_id] += row.amount
    for row in (*awards, *_awards_of_acts(day)):
        units[row.programme_id, ran.point_worth_minor(row)] += row.amount
    ids = sorted(off_minor.keys() | {programme_id for (programme_id, _worth), given in units.items() if given})
    return tuple(_gave(day, ran, programme_id, off_minor[programme_id], units) for programme_id in ids)


def _awards_of_acts(day: Day) -> Iterable[ProgrammeRow]:
    for event in day.known:
        if isinstance(event, ActEvent):
            yield from (ProgrammeRow(event.event_id, award.programme_id, award.units) for award in event.awards)


def _gave(day: Day, ran: "_Ran", programme_id: str, off_minor: int, units: Counter[tuple[str, int]]) -> ProgrammeGave:
    exponent = day.till.terms.points_exponent
    mine = {worth: given for (one, worth), given in units.items() if one == programme_id}
    worth_minor = sum(
        points_minor(given, point_worth_minor=worth, points_exponent=exponent) for worth, given in mine.items()
    )
    return ProgrammeGave(programme_id, ran.name(programme_id), off_minor, sum(mine.values()), worth_minor)


class _Ran:
    """The programmes that the day's receipts and acts went by; those in force now where nothing says which."""

    def __init__(self, day: Day) -> None:
        self._now = {one.id: one for one in day.till.terms.programmes.programmes}
        hashes = {
            event.event_id: event.engine_input.programme_set_hash
            for event in day.known
            if isinstance(event, SaleEvent | ActEvent)
        }
        sets = {one: _programmes_of(day.connection, one) for one in sorted(set(hashes.values()))}
        self._of_event = {event_id: sets[one] for event_id, one in hashes.items()}
        self._names = {one.id: one.name for some in sets.values() for one in some.values()}

    def point_worth_minor(self, row: ProgrammeRow) -> int:
        """What a point was worth on that receipt; 0 where nobody knows any more."""
        ran = self._of_event.get(row.event_id, {}) or self._now
        programme = ran.get(row.programme_id)
        return 0 if programme is None else programme.point_worth_minor

    def name(self, programme_id: str) -> str:
        """What the manager called it; its id where nobody knows any more."""
        now = self._now.get(programme_id)
        return self._names.get(programme_id) or (programme_id if now is None else now.name)


def _programmes_of(connection: Connection, set_hash: str) -> dict[str, Programme]:
    body = programmes.find_programme_set(connection, set_hash)
    return {} if body is None else {one.id: one for one in decode_programme_set(body).programmes}


def _members(day: Day) -> MemberCounts:
    with_card = [head.account_ref for head in day.heads_of(SaleKind.SALE) if head.account_ref]
    joined = sum(one.kind == "enrolment" for one in day.events.values())
    return MemberCounts(len(with_card), len(set(with_card)), joined)


def _queue(till: "Till", *, takes_our_word: bool) -> Queue:
    status = status_of(till, None, None)
    return Queue(
        has_hq=bool(till.settings.hq.url),
        has_joined=status.has_joined,
        takes_our_word=takes_our_word,
        waiting_events=status.waiting_events,
        oldest_waiting_ms=status.oldest_waiting_ms,
        last_contact_ms=status.last_contact_ms,
    )


def _unsettled(day: Day, terminal: journal.Terminal, *, left_to_hq: int, unseen_returns: int) -> Unsettled:
    has_hq = bool(day.till.settings.hq.url)
    point_holds, coupon_holds = closing.open_holds(day.connection)
    return Unsettled(
        point_holds=point_holds,
        coupon_holds=coupon_holds,
        burned_alone_units=burning.burned_since_contact_units(day.connection, terminal),
        coupons_alone=coupons.taken_alone(day.connection, terminal),
        unseen_returns=unseen_returns if has_hq else 0,
        left_to_hq=left_to_hq,
        failed_prints=print_jobs.failed_jobs(day.connection),
    )
