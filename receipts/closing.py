"""A closing report on paper: what a manager counts, compares and signs at the end of a day, in the receipts' languages.

Import it when rendering only: it brings Babel along.
"""

from collections.abc import Iterator

import msgspec

from pos_app.model.closing import Check, ClosingReport, Measure, ProgrammeGave, Taking, UnitMoves
from pos_app.model.identifiers import POOL_MARK, is_points, pool_of
from pos_app.model.money import Currency
from pos_app.model.receipts import PaymentKind
from pos_app.model.sentinel import Suspicion
from receipts.document import (
    Align,
    AnyBlock,
    Banner,
    Columns,
    Cut,
    Document,
    LineItem,
    Note,
    Rule,
    Space,
    Table,
    Text,
    Weight,
)
from receipts.facts import ShopFacts
from receipts.formats import Formats


class ClosingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A report and how this shop writes. ``causes`` are the names of causes by the unit of their pool, which counts money."""

    shop: ShopFacts
    report: ClosingReport
    currency: Currency
    points_exponent: int
    zone: str
    locale: str
    language: str
    causes: dict[str, str] = {}


def lay_out_closing(facts: ClosingFacts) -> Document:
    """The report as a document for every rendering. Raises ``SettingsError`` for a locale or a language that there is not."""
    return _Paper(facts).document()


class _Paper:
    """One report being laid out, section by section; a section of which nothing is to be said is left out."""

    def __init__(self, facts: ClosingFacts) -> None:
        self._facts, self._report = facts, facts.report
        self._formats = Formats(facts)
        self._words = self._formats.words.closing

    def document(self) -> Document:
        report = self._report
        blocks: list[AnyBlock] = [*self._head(), *self._receipts(), *self._goods(), *self._tax(), *self._takings()]
        blocks += [*self._programmes(), *self._causes(), *self._members()]
        for moves in report.points:
            blocks += self._unit(moves)
        blocks += [*self._ledger(), *self._findings(), *self._queue(), *self._unsettled()]
        return Document((*blocks, Space(), Cut()), title=f"{self._words.heading} {report.business_date}")

    def _head(self) -> Iterator[AnyBlock]:
        words, report, shop = self._words, self._report, self._facts.shop
        yield Text(shop.name, align=Align.CENTRE, weight=Weight.LARGE)
        for line in filter(None, (*shop.address, shop.tax_number)):
            yield Text(line, align=Align.CENTRE, weight=Weight.FINE)
        yield Banner(words.heading)
        if not report.is_over:
            yield Banner(words.so_far)
        yield Rule()
        yield Text(words.date.format(date=self._formats.iso_date(report.business_date)), weight=Weight.STRONG)
        yield Text(words.till.format(number=report.terminal_number, store=report.store_id), weight=Weight.FINE)
        yield Text(words.made.format(moment=self._formats.moment(report.made_at_ms)), weight=Weight.FINE)

    def _receipts(self) -> Iterator[AnyBlock]:
        words, counts = self._words, self._report.receipts
        yield from _section(words.receipts)
        if counts.first_number:
            numbers = words.numbers.format(first=counts.first_number, last=counts.last_number)
            yield Text(numbers, weight=Weight.FINE)
        yield Columns(words.sales, self._count(counts.sales))
        yield Columns(words.returns, self._count(counts.returns))
        yield from self._counted(words.unseen, counts.unseen_returns)
        yield from self._counted(words.instalments, counts.instalments)
        yield from self._counted(words.coupons_used, counts.coupons_used)
        yield from self._counted(words.coupons_freed, counts.coupons_freed)
        yield Columns(words.average, self._amount(self._report.average_minor))

    def _goods(self) -> Iterator[AnyBlock]:
        words, goods = self._words, self._report.goods
        yield from _section(words.goods)
        yield Columns(words.list_prices, self._amount(goods.list_minor))
        yield from self._money_unless_zero(words.discounts, -goods.discounts_minor)
        yield from self._money_unless_zero(words.by_hand, -goods.by_hand_minor)
        yield from self._money_unless_zero(words.by_points, -goods.by_points_minor)
        yield Columns(words.sold, self._amount(goods.sold_minor), weight=Weight.STRONG)
        yield from self._money_unless_zero(words.returned, -goods.returned_minor)
        yield Columns(words.net, self._formats.money(goods.net_minor), weight=Weight.LARGE)

    def _tax(self) -> Iterator[AnyBlock]:
        """Net, tax and gross by rate, returns taken off; nothing where nothing is taxed."""
        tax = self._report.tax
        if not any(row.rate_bp != 0 for row in tax):
            return
        words = self._formats.words
        yield Rule()
        yield Table(
            header=(words.tax_rate, words.tax_net, words.tax, words.tax_gross),
            rows=tuple(
                (
                    self._rate(row.rate_bp),
                    self._amount(row.gross_minor - row.tax_minor),
                    self._amount(row.tax_minor),
                    self._amount(row.gross_minor),
                )
                for row in tax
            ),
        )

    def _takings(self) -> Iterator[AnyBlock]:
        words, takings = self._words, self._report.takings
        yield from _section(words.takings)
        yield from map(self._taking, takings)
        money_minor = sum(taking.total_minor for taking in takings if taking.is_money)
        yield Columns(words.money, self._formats.money(money_minor), weight=Weight.STRONG)
        for taking in takings:
            if taking.kind == PaymentKind.CASH.value:
                yield Columns(words.drawer, self._formats.money(taking.total_minor), weight=Weight.STRONG)

    def _taking(self, taking: Taking) -> LineItem:
        """Its parts below it, where it is not what came with sales alone."""
        words = self._words
        if taking.kind == PaymentKind.ROUNDING.value:
            # What coins came to above the totals: in the books it has the other sign.
            return LineItem(words.payments[taking.kind], self._formats.signed(-taking.total_minor))
        parts = (
            (words.with_sales, taking.sold_minor),
            (words.on_contracts, taking.on_contracts_minor),
            (words.paid_back, -taking.returned_minor),
        )
        is_plain = taking.total_minor == taking.sold_minor and not taking.returned_minor
        notes = () if is_plain else tuple(Note(name, self._amount(minor)) for name, minor in parts if minor)
        return LineItem(words.payments[taking.kind], self._amount(taking.total_minor), notes=notes)

    def _programmes(self) -> Iterator[AnyBlock]:
        if self._report.programmes:
            yield from _section(self._words.programmes)
            yield from map(self._programme, self._report.programmes)

    def _programme(self, gave: ProgrammeGave) -> LineItem:
        words = self._words
        notes = []
        if gave.discount_minor:
            notes.append(Note(words.money_off, self._amount(gave.discount_minor)))
        if gave.points_units:
            points = words.points_given.format(points=self._formats.points(gave.points_units))
            notes.append(Note(points, self._amount(gave.points_worth_minor)))
        in_all_minor = gave.discount_minor + gave.points_worth_minor
        return LineItem(gave.name, self._amount(in_all_minor), notes=tuple(notes))

    def _causes(self) -> Iterator[AnyBlock]:
        words = self._words
        if self._report.causes:
            yield from _section(words.causes)
        for cause in self._report.causes:
            parts = (
                (words.by_customers, cause.by_customers_minor),
                (words.by_shop, cause.by_shop_minor),
                (words.paid_back, -cause.returned_minor),
            )
            notes = tuple(Note(name, self._amount(minor)) for name, minor in parts if minor)
            yield LineItem(cause.cause, self._amount(sum(minor for _name, minor in parts)), notes=notes)

    def _members(self) -> Iterator[AnyBlock]:
        words, members = self._words, self._report.members
        yield from _section(words.members)
        yield Columns(words.with_card, self._count(members.receipts))
        yield Columns(words.served, self._count(members.served))
        yield Columns(words.joined, self._count(members.joined))

    def _unit(self, moves: UnitMoves) -> Iterator[AnyBlock]:
        """From what members had to what they have, what they owe taken off: the lines between add up to the difference."""
        words, unit = self._words, moves.unit
        yield from _section(self._unit_name(unit))
        parts = (
            (words.issued, moves.issued_units),
            (words.burned, -moves.burned_units),
            (words.restored, moves.restored_units),
            (words.clawed_back, -moves.clawed_back_units),
            (words.expired, -moves.expired_units),
            (words.adjusted, moves.adjusted_units),
            (words.written_off, moves.written_off_units),
            (words.other, moves.other_units),
        )
        if moves.opening_units is not None:
            yield Columns(words.opening, self._units(moves.opening_units, unit))
        yield from (Columns(name, self._units(units, unit)) for name, units in parts if units)
        if moves.closing_units is not None:
            yield Columns(words.closing, self._units(moves.closing_units, unit), weight=Weight.STRONG)
        if moves.forgiven_units:
            yield Columns(words.forgiven, self._units(moves.forgiven_units, unit), weight=Weight.FINE)

    def _ledger(self) -> Iterator[AnyBlock]:
        """Whether every figure is what the books say; each that is not, with both."""
        words, report = self._words, self._report
        compared = sum(check.booked is not None for check in report.checks)
        yield from _section(words.ledger)
        yield Columns(words.compared, self._count(compared))
        yield from self._counted(words.not_compared, len(report.checks) - compared)
        if report.pruned_events:
            yield Text(words.pruned)
        if report.ties:
            yield Text(words.ties, weight=Weight.STRONG)
            return
        yield Banner(words.differs)
        for check in report.differences:
            yield self._difference(check)
        yield Text(words.todo)

    def _difference(self, check: Check) -> LineItem:
        words = self._words
        name = words.checks[check.code].format(subject=self._subject(check))
        booked = 0 if check.booked is None else check.booked
        return LineItem(
            name,
            self._figure(check, check.difference),
            notes=(
                Note(words.shown, self._figure(check, check.shown)),
                Note(words.booked, self._figure(check, booked)),
            ),
        )

    def _subject(self, check: Check) -> str:
        if check.measure is Measure.UNITS:
            return self._unit_name(check.subject)
        if check.subject.isdecimal() or not check.subject:
            return self._rate(int(check.subject) if check.subject else None)
        return self._words.payments[check.subject]

    def _figure(self, check: Check, figure: int) -> str:
        match check.measure:
            case Measure.COUNT:
                return self._count(figure)
            case Measure.MINOR:
                return self._amount(figure)
            case Measure.UNITS:
                return self._units(figure, check.subject)

    def _findings(self) -> Iterator[AnyBlock]:
        words, findings = self._words, self._report.findings
        yield from _section(words.look_at)
        if findings is None:
            yield Text(words.not_for_you)
        elif not findings:
            yield Text(words.nothing_found)
        for one in findings or ():
            yield Text(self._finding(one))
            if one.receipts:
                yield Text(words.of_receipts.format(numbers=", ".join(one.receipts)), weight=Weight.FINE)

    def _finding(self, one: Suspicion) -> str:
        values = {
            name: self._formats.points(value) if name.endswith("_units") else self._count(value)
            for name, value in one.values.items()
        }
        return self._words.findings[one.code].format(staff=one.staff_ref, account=one.account_ref, **values)

    def _queue(self) -> Iterator[AnyBlock]:
        words, queue = self._words, self._report.queue
        yield from _section(words.hq)
        if not queue.has_hq:
            yield Text(words.no_hq)
            return
        if not queue.has_joined:
            yield Text(words.not_joined, weight=Weight.STRONG)
        if not queue.takes_our_word:
            yield Text(words.not_believed, weight=Weight.STRONG)
        yield Columns(words.waiting, self._count(queue.waiting_events))
        if queue.oldest_waiting_ms is not None:
            since_ms = self._report.made_at_ms - queue.oldest_waiting_ms
            yield Text(words.oldest.format(moment=self._formats.moment(since_ms)), weight=Weight.FINE)
        if queue.last_contact_ms is None:
            yield Text(words.never)
        else:
            yield Text(words.last_contact.format(moment=self._formats.moment(queue.last_contact_ms)))

    def _unsettled(self) -> Iterator[AnyBlock]:
        words, unsettled = self._words, self._report.unsettled
        rows = (
            (words.point_holds, self._count(unsettled.point_holds), unsettled.point_holds),
            (words.coupon_holds, self._count(unsettled.coupon_holds), unsettled.coupon_holds),
            (words.burned_alone, self._formats.units(unsettled.burned_alone_units), unsettled.burned_alone_units),
            (words.coupons_alone, self._count(unsettled.coupons_alone), unsettled.coupons_alone),
            (words.unseen_open, self._count(unsettled.unseen_returns), unsettled.unseen_returns),
            (words.left_to_hq, self._count(unsettled.left_to_hq), unsettled.left_to_hq),
            (words.failed_prints, self._count(unsettled.failed_prints), unsettled.failed_prints),
        )
        yield from _section(words.open)
        if not any(figure for _name, _text, figure in rows):
            yield Text(words.nothing_open)
        yield from (Columns(name, text) for name, text, figure in rows if figure)

    def _unit_name(self, unit: str) -> str:
        words = self._words
        if not unit:
            return words.points
        if unit in self._facts.causes:
            return self._facts.causes[unit]
        if is_points(unit):
            return words.points_of.format(issuer=unit)
        return words.pool_of.format(pool=pool_of(unit), issuer=unit.partition(POOL_MARK)[0])

    def _units(self, units: int, unit: str) -> str:
        """Points with their decimals, a cause's pool as the money that it is, other pools as they are counted."""
        if unit in self._facts.causes:
            return self._amount(units)
        return self._formats.units(units) if is_points(unit) else self._count(units)

    def _rate(self, rate_bp: int | None) -> str:
        return self._words.rate_unknown if rate_bp is None else self._formats.rate(rate_bp)

    def _money_unless_zero(self, name: str, minor: int) -> Iterator[AnyBlock]:
        if minor:
            yield Columns(name, self._amount(minor))

    def _counted(self, name: str, number: int) -> Iterator[AnyBlock]:
        if number:
            yield Columns(name, self._count(number))

    def _amount(self, minor: int) -> str:
        return self._formats.amount(minor)

    def _count(self, number: int) -> str:
        return self._formats.count(number)


def _section(name: str) -> Iterator[AnyBlock]:
    yield Rule()
    yield Text(name, weight=Weight.STRONG)
