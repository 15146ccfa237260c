"""The tie-out of a day: each figure of the closing report beside the same from the journal's events or the ledger's entries."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pos_app.loyalty.ledger import AccountKind
from pos_app.model.closing import Check, CheckCode, Measure, Taking, TaxSums
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.protocol.events import ReturnEvent, SaleEvent, UnseenReturnEvent
from pos_app.use_cases.closing_day import Day
from pos_app.use_cases.closing_points import Said, booked_by, explained_by, members_have
from storage import closing, rebuild
from storage.closing import LineSums, ProgrammeRow

_GIVES = frozenset({"sale", "act"})
_SALE, _RETURN, _ADJUSTMENT = frozenset({"sale"}), frozenset({"return"}), frozenset({"adjustment"})


def checks_of(
    day: Day,
    *,
    lines: LineSums,
    tax: Iterable[TaxSums],
    takings: Iterable[Taking],
    discounts: Iterable[ProgrammeRow],
    awards: Iterable[ProgrammeRow],
    said: Said,
) -> tuple[Check, ...]:
    """Every comparison of the day, those of money first. Figures of which both sides are 0 are left out, but for whole receipts."""
    tax, takings = tuple(tax), tuple(takings)
    found = [
        *_receipts(day),
        *_heads(day, lines=lines, tax=tax, takings=takings),
        *_against_events(day, tax=tax, takings=takings, discounts=discounts, awards=awards),
        *_points(day, said),
        *_ledger(day),
    ]
    always = {CheckCode.RECEIPTS, CheckCode.WORD_FOR_WORD}
    return tuple(check for check in found if check.shown or check.booked or check.code in always)


def _receipts(day: Day) -> Iterator[Check]:
    """How many there are, and whether each is what its event says."""
    in_journal = sum(one.kind in rebuild.RECEIPT_KINDS for one in day.events.values())
    yield Check(code=CheckCode.RECEIPTS, measure=Measure.COUNT, shown=len(day.heads), booked=in_journal)
    kept = [one for one in day.events.values() if one.kind in rebuild.RECEIPT_KINDS and not one.is_pruned]
    agreeing = sum(rebuild.agree(day.connection, event) for event in day.receipt_events)
    yield Check(code=CheckCode.WORD_FOR_WORD, measure=Measure.COUNT, shown=len(kept), booked=agreeing)


def _heads(day: Day, *, lines: LineSums, tax: tuple[TaxSums, ...], takings: tuple[Taking, ...]) -> Iterator[Check]:
    """The receipts' heads beside their own lines and payments."""
    instalments_minor = sum(head.total_minor for head in day.heads_of("instalment"))
    yield _minor(CheckCode.LINES, day.net_minor - instalments_minor, sum(row.gross_minor for row in tax))
    yield _minor(CheckCode.PAYMENTS, day.net_minor, sum(taking.total_minor for taking in takings))
    by_points = sum(head.burn_worth_minor for head in day.heads_of("sale"))
    tendered = sum(taking.sold_minor for taking in takings if taking.kind == PaymentKind.POINTS.value)
    yield _minor(CheckCode.BY_POINTS, by_points, lines.burn_minor + tendered)


def _against_events(
    day: Day,
    *,
    tax: tuple[TaxSums, ...],
    takings: tuple[Taking, ...],
    discounts: Iterable[ProgrammeRow],
    awards: Iterable[ProgrammeRow],
) -> Iterator[Check]:
    """What the tables say beside what the journal's events say."""
    events = day.receipt_events
    sales = [event for event in events if isinstance(event, SaleEvent)]
    total = sum(_sign(event) * event.total_minor for event in events)
    yield _minor(CheckCode.TOTALS, day.net_minor, _if_whole(day, total))
    paid = _paid(events)
    for kind in PaymentKind:
        shown = sum(taking.total_minor for taking in takings if taking.kind == kind.value)
        yield _minor(CheckCode.TAKINGS, shown, _if_whole(day, paid[kind]), subject=kind.value)
    off = sum(discount.amount_minor for event in sales for discount in event.discounts)
    yield _minor(CheckCode.DISCOUNTS, sum(row.amount for row in discounts), _if_whole(day, off))
    yield from _tax(day, tax)
    earned = sum(lot.grant.units for event in sales for lot in event.granted_lots)
    yield Check(
        code=CheckCode.AWARDS,
        measure=Measure.UNITS,
        shown=sum(row.amount for row in awards),
        booked=_if_whole(day, earned),
    )


def _tax(day: Day, tax: tuple[TaxSums, ...]) -> Iterator[Check]:
    booked: Counter[int | None] = Counter()
    for event in day.receipt_events:
        booked.update(_tax_minor(day, event))
    shown = {row.rate_bp: row.tax_minor for row in tax}
    for rate_bp in sorted(shown.keys() | booked.keys(), key=lambda rate_bp: -1 if rate_bp is None else rate_bp):
        subject = "" if rate_bp is None else str(rate_bp)
        yield _minor(CheckCode.TAX, shown.get(rate_bp, 0), _if_whole(day, booked[rate_bp]), subject=subject)


def _tax_minor(day: Day, event: rebuild.ReceiptEvent) -> Counter[int | None]:
    """An event's tax by rate. What came back says no rate: that of the sale's line counts."""
    tax_minor: Counter[int | None] = Counter()
    match event:
        case SaleEvent():
            for sold in event.lines:
                tax_minor[sold.tax_rate_bp] += sold.tax_minor
        case ReturnEvent():
            rates_bp = day.rates_bp(event.sale_event_id)
            for back in event.lines:
                tax_minor[rates_bp.get(back.line_no)] -= back.tax_minor
        case UnseenReturnEvent():
            for unseen in event.lines:
                tax_minor[unseen.tax_rate_bp] -= unseen.tax_minor
    return tax_minor


def _paid(events: Iterable[rebuild.ReceiptEvent]) -> Mapping[PaymentKind, int]:
    paid: Counter[PaymentKind] = Counter()
    for event in events:
        payments: tuple[Payment, ...] = event.payments
        for payment in payments:
            paid[payment.kind] += _sign(event) * payment.amount_minor
    return paid


def _sign(event: rebuild.ReceiptEvent) -> int:
    return -1 if isinstance(event, ReturnEvent | UnseenReturnEvent) else 1


def _points(day: Day, said: Said) -> Iterator[Check]:
    """What the day's events say of points and pools beside what their entries moved."""
    issued = booked_by(day, AccountKind.ISSUED, _GIVES)
    burned = booked_by(day, AccountKind.REDEEMED, _SALE)
    restored = booked_by(day, AccountKind.REDEEMED, _RETURN)
    clawed_back = booked_by(day, AccountKind.ISSUED, _RETURN)
    adjusted = booked_by(day, AccountKind.ISSUED, _ADJUSTMENT)
    written_off = booked_by(day, AccountKind.WRITE_OFF, _ADJUSTMENT)
    yield from _by_unit(day, CheckCode.ISSUED, said.issued, issued, sign=-1)
    yield from _by_unit(day, CheckCode.BURNED, said.burned, burned, sign=1)
    yield from _by_unit(day, CheckCode.RESTORED, said.restored, restored, sign=-1)
    yield from _by_unit(day, CheckCode.CLAWED_BACK, said.clawed_back, clawed_back, sign=1)
    yield from _by_unit(day, CheckCode.ADJUSTED, said.adjusted, adjusted, sign=-1)
    yield from _by_unit(day, CheckCode.WRITTEN_OFF, said.written_off, written_off, sign=-1)


def _by_unit(
    day: Day, code: CheckCode, said: Mapping[str, int], booked: Mapping[str, int], *, sign: int
) -> Iterator[Check]:
    """Where bodies of the day were pruned, nobody here can say what they said."""
    for unit in sorted(said.keys() | booked.keys()):
        moved = sign * booked.get(unit, 0)
        if day.pruned_events:
            yield _units(code, moved, None, unit)
        else:
            yield _units(code, said.get(unit, 0), moved, unit)


def _ledger(day: Day) -> Iterator[Check]:
    """The entries beside themselves, and beside the lots."""
    put: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    for entry in day.entries:
        (put if entry.units > 0 else taken)[entry.issuer] += abs(entry.units)
        if entry.units > 0 and explained_by(day, entry):
            explained[entry.issuer] += entry.units
    for unit in sorted(put.keys() | taken.keys()):
        yield _units(CheckCode.ZERO_SUM, put[unit], taken[unit], unit)
        yield _units(CheckCode.EXPLAINED, put[unit], explained[unit], unit)
    if day.decides_here:
        held = closing.held_now(day.connection)
        by_entries = members_have(closing.entry_sums(day.connection))
        for unit in sorted(held.keys() | by_entries.keys()):
            yield _units(CheckCode.BALANCE, held.get(unit, 0), by_entries.get(unit, 0), unit)


def _if_whole(day: Day, booked: int) -> int | None:
    return None if day.pruned_events else booked


def _minor(code: CheckCode, shown: int, booked: int | None, *, subject: str = "") -> Check:
    return Check(code=code, measure=Measure.MINOR, shown=shown, booked=booked, subject=subject)


def _units(code: CheckCode, shown: int, booked: int | None, unit: str) -> Check:
    return Check(code=code, measure=Measure.UNITS, shown=shown, booked=booked, subject=unit)
