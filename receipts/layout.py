"""From facts to a document: what stands on a receipt, in which order. The words come from ``receipts.words``.

Import it when rendering only: it brings Babel along.
"""

import textwrap
from collections.abc import Iterator

from pos_app.model.evaluation import Award
from pos_app.model.money import line_amount_minor
from pos_app.model.receipts import Payment, PaymentKind, SaleKind, SaleLine
from receipts.document import (
    Align,
    AnyBlock,
    Banner,
    Barcode,
    Columns,
    Cut,
    Document,
    LineItem,
    Note,
    Qr,
    Rule,
    Space,
    Table,
    Text,
    Weight,
)
from receipts.facts import CauseFacts, ContractFacts, DiscountFacts, DrawFacts, NpsFacts, ReceiptFacts
from receipts.formats import Formats
from receipts.layout_member import member_panel

_ONE_MILLI = 1000
_NAME_CHARACTERS_MAX = 22
_FULL_PERCENT = 100
_LOWERED = frozenset({"line_max_points", "receipt_max_units", "lowered_by"})
"""What reasons say where an award was lowered."""


def lay_out(facts: ReceiptFacts) -> Document:
    """The receipt of these facts. Pure; raises ``SettingsError`` for a locale or a language that there is not."""
    formats = Formats(facts)
    blocks: list[AnyBlock] = [*_head(facts, formats), *_goods(facts, formats), *([Rule()] if facts.lines else [])]
    if facts.mode == "beside":
        blocks += _sums_beside(facts, formats)
    else:
        blocks += _sums(facts, formats)
        blocks += _tax_table(facts, formats)
    if facts.contract is not None:
        blocks += _contract(facts.contract, formats)
    if facts.member is not None:
        blocks.append(member_panel(facts, facts.member, formats))
    for cause in facts.causes:
        blocks += _cause(cause, facts.kind, formats)
    for draw in facts.draws:
        blocks += _draw(draw, formats)
    if facts.nps is not None:
        blocks += _question(facts.nps, formats)
    blocks += _foot(facts, formats)
    return Document(blocks=tuple(blocks), title=formats.words.receipt.format(number=facts.receipt_number))


def _head(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    words = formats.words
    yield Text(facts.shop.name, align=Align.CENTRE, weight=Weight.LARGE)
    for line in filter(None, (*facts.shop.address, facts.shop.tax_number)):
        yield Text(line, align=Align.CENTRE, weight=Weight.FINE)
    if facts.mode == "beside":
        yield Banner(words.not_fiscal)
    if facts.kind is SaleKind.RETURN:
        yield Banner(words.return_heading)
    if facts.kind is SaleKind.INSTALMENT:
        yield Banner(words.instalment_heading)
    if facts.copy:
        yield Banner(words.copy)
    yield Rule()
    if facts.mode == "beside":
        yield Text(words.fiscal_receipt.format(number=facts.foreign_receipt), weight=Weight.STRONG)
    number = words.receipt.format(number=facts.receipt_number)
    yield Columns(number, words.cashier.format(cashier=facts.cashier_ref), weight=Weight.FINE)
    count = "" if facts.kind is SaleKind.INSTALMENT else _item_count(facts, formats)
    yield Columns(formats.moment(facts.utc_ms), count, weight=Weight.FINE)
    if facts.original_receipt:
        yield Text(words.original_receipt.format(number=facts.original_receipt), weight=Weight.FINE)
    if facts.is_unseen:
        yield Text(words.points_later, weight=Weight.FINE)
    yield Rule()


def _item_count(facts: ReceiptFacts, formats: Formats) -> str:
    """How many things there are: pieces are counted, what is weighed is one thing."""
    count = sum(1 if _is_weighed(line) else line.quantity_milli // _ONE_MILLI for line in facts.lines)
    return formats.counted(formats.words.items, count)


def _goods(facts: ReceiptFacts, formats: Formats) -> Iterator[LineItem]:
    for line in facts.lines:
        awards = [award for award in facts.awards if award.line_no == line.line_no and award.units]
        discounts = [discount for discount in facts.discounts if discount.line_no == line.line_no]
        yield _line_item(line, awards, discounts, formats)


def _line_item(line: SaleLine, awards: list[Award], discounts: list[DiscountFacts], formats: Formats) -> LineItem:
    """The list price at the right with its discounts below, so that the column of amounts adds up to the total."""
    words = formats.words
    by_rules_minor = sum(discount.amount_minor for discount in discounts)
    by_hand_minor = line.list_minor - line.amount_minor - by_rules_minor
    shown_minor = max(line.list_minor, line.amount_minor + by_rules_minor)
    notes: list[Note] = []
    if by_hand_minor > 0:
        notes.append(Note(words.discount, formats.less(by_hand_minor)))
    notes += (Note(_short(one.name) or words.discount, formats.less(one.amount_minor)) for one in discounts)
    if line.batch:
        notes.append(Note(words.batch.format(batch=line.batch)))
    notes += (Note(_award(award, formats)) for award in awards)
    return LineItem(
        name=line.name,
        detail=_quantity(line, formats, shown_minor=shown_minor),
        amount=formats.amount(shown_minor),
        notes=tuple(notes),
    )


def _short(name: str) -> str:
    """As many whole words of a name as fit beside an amount on narrow paper; its first letters where even one does not."""
    short = textwrap.shorten(name, _NAME_CHARACTERS_MAX, placeholder="") or name[:_NAME_CHARACTERS_MAX]
    return short.rstrip(",;:")


def _award(award: Award, formats: Formats) -> str:
    """``+30 points``, with the rate and the goods' weight where the reason has them: ``+30 points (3% × 2)``.

    Without them where a limit or the guard left less: then the points are not that rate of anything.
    """
    points = formats.words.line_points.format(points=formats.points(award.units))
    values = award.reason.values
    rate_bp, weight_percent = (values.get(key) for key in ("rate_bp", "weight_percent"))
    if not isinstance(rate_bp, int) or not _LOWERED.isdisjoint(values):
        return points
    weight = (
        f" × {formats.percent_as_factor(weight_percent)}"
        if isinstance(weight_percent, int) and weight_percent != _FULL_PERCENT
        else ""
    )
    return f"{points} ({formats.rate(rate_bp)}{weight})"


def _quantity(line: SaleLine, formats: Formats, *, shown_minor: int) -> str:
    """``2 × 4.50`` or ``1.245 kg × 2.99``; empty for one piece; no unit price where the amount shown does not come from it."""
    if line.quantity_milli == _ONE_MILLI and not line.sold_by_weight:
        return ""
    quantity = formats.quantity(line.quantity_milli)
    if line.sold_by_weight:
        quantity = f"{quantity} {formats.words.kilogram}"
    catalogue_minor = line_amount_minor(unit_price_minor=line.unit_price_minor, quantity_milli=line.quantity_milli)
    return (
        f"{quantity} × {formats.amount(line.unit_price_minor)}" if shown_minor == catalogue_minor else f"{quantity} ×"
    )


def _is_weighed(line: SaleLine) -> bool:
    return line.sold_by_weight or line.quantity_milli % _ONE_MILLI != 0


def _sums(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    """Points off the price, the total, how it was paid."""
    words = formats.words
    is_return = facts.kind is SaleKind.RETURN
    burned_minor = sum(line.burn_minor for line in facts.lines)
    if burned_minor:
        yield Columns(words.points_burned.format(points=_burned_points(facts, formats)), formats.less(burned_minor))
    headings = {SaleKind.RETURN: words.refund, SaleKind.INSTALMENT: words.instalment}
    yield Columns(headings.get(facts.kind, words.total), formats.money(facts.total_minor), weight=Weight.LARGE)
    yield from _payments(facts, formats)
    yield from _coupons(facts, formats)
    saved_minor = _saved_minor(facts)
    if saved_minor and not is_return:
        yield Space()
        yield Text(words.saved.format(amount=formats.money(saved_minor)), align=Align.CENTRE, weight=Weight.STRONG)


def _sums_beside(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    """What the cashier does at the fiscal till: the amount to deduct there, and what it should then ask for."""
    words = formats.words
    tender_minor = sum(payment.amount_minor for payment in facts.payments if payment.kind is PaymentKind.POINTS)
    if facts.kind is SaleKind.RETURN:
        yield Columns(words.refund, formats.money(facts.total_minor), weight=Weight.LARGE)
        return
    deduct_minor = tender_minor + sum(line.burn_minor for line in facts.lines)
    deduct_minor += sum(discount.amount_minor for discount in facts.discounts)
    if deduct_minor:
        yield Columns(words.deduct_at_till, formats.money(deduct_minor), weight=Weight.LARGE)
    yield Columns(words.total_beside, formats.money(facts.total_minor - tender_minor), weight=Weight.STRONG)
    yield from _coupons(facts, formats)


def _coupons(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    """Those that the sale used up."""
    for coupon in facts.coupons:
        yield Text(formats.words.coupon.format(coupon=coupon), weight=Weight.FINE)


def _burned_points(facts: ReceiptFacts, formats: Formats) -> str:
    return formats.points(facts.member.burned_units if facts.member is not None else 0)


def _saved_minor(facts: ReceiptFacts) -> int:
    """What discounts and points took off the list prices."""
    return sum(max(0, line.list_minor - line.amount_minor) + line.burn_minor for line in facts.lines)


def _payments(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    """Rounding first, then what was handed over, then the change.

    The rounding shown is what the payments come to less the total: it stands for itself whatever its sign is in the books.
    """
    tenders = [payment for payment in facts.payments if payment.kind is not PaymentKind.ROUNDING]
    rounding_minor = sum(payment.amount_minor for payment in tenders) - facts.total_minor
    if len(tenders) < len(facts.payments) and rounding_minor:
        yield Columns(formats.words.rounding, formats.signed(rounding_minor))
    for payment in tenders:
        yield Columns(
            _payment_name(payment, facts, formats), formats.amount(payment.given_minor or payment.amount_minor)
        )
        if payment.reference:
            reference = formats.words.card_reference.format(reference=payment.reference)
            yield Text(reference, weight=Weight.FINE)
    if facts.change_minor:
        yield Columns(formats.words.change, formats.amount(facts.change_minor))


def _payment_name(payment: Payment, facts: ReceiptFacts, formats: Formats) -> str:
    words = formats.words
    if facts.kind is SaleKind.RETURN:
        names = {
            PaymentKind.CASH: words.cash_back,
            PaymentKind.CARD: words.card_back,
            PaymentKind.POINTS: words.points_back,
            PaymentKind.INSTALMENTS: words.contract_lowered,
        }
    else:
        tender = words.points_tender.format(points=_burned_points(facts, formats))
        names = {
            PaymentKind.CASH: words.cash,
            PaymentKind.CARD: words.card,
            PaymentKind.POINTS: tender,
            PaymentKind.INSTALMENTS: words.in_parts,
        }
    return names.get(payment.kind, words.foreign)


def _tax_table(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    """Net, tax and gross by rate; nothing where nothing is taxed."""
    if not any(row.rate_bp for row in facts.tax):
        return
    words = formats.words
    yield Rule()
    yield Table(
        header=(words.tax_rate, words.tax_net, words.tax, words.tax_gross),
        rows=tuple(
            (
                formats.rate(row.rate_bp),
                formats.amount(row.gross_minor - row.tax_minor),
                formats.amount(row.tax_minor),
                formats.amount(row.gross_minor),
            )
            for row in facts.tax
        ),
    )


def _contract(contract: ContractFacts, formats: Formats) -> Iterator[AnyBlock]:
    """What is still to be paid on a contract, and until when."""
    words = formats.words
    yield Rule()
    yield Text(words.contract.format(number=contract.number), weight=Weight.STRONG)
    for due_on, minor in contract.left:
        yield Columns(words.contract_due.format(date=formats.iso_date(due_on)), formats.amount(minor))
    yield Columns(words.contract_owed, formats.money(contract.owed_minor), weight=Weight.STRONG)


def _cause(cause: CauseFacts, kind: SaleKind, formats: Formats) -> Iterator[AnyBlock]:
    """What was given for a cause, and how much that is so far."""
    words, is_return = formats.words, kind is SaleKind.RETURN
    yield Space()
    yield Text(words.cause.format(cause=cause.name), weight=Weight.STRONG)
    for name, minor in ((words.cause_given, cause.by_customer_minor), (words.cause_by_shop, cause.by_shop_minor)):
        if minor:
            yield Columns(name, formats.less(minor) if is_return else formats.amount(minor))
    if cause.member_minor is not None:
        yield Columns(words.cause_member, formats.money(cause.member_minor))
    yield Columns(words.cause_all, formats.money(cause.all_minor))


def _draw(draw: DrawFacts, formats: Formats) -> Iterator[AnyBlock]:
    """By what chance goes here: two lines, since the digits of the hash fit on no narrow paper in one."""
    half = len(draw.seed_hash) // 2
    yield Space()
    for words in (draw.name, formats.words.draw):
        yield Text(words, align=Align.CENTRE, weight=Weight.FINE)
    for digits in (draw.seed_hash[:half], draw.seed_hash[half:]):
        yield Text(digits, align=Align.CENTRE, weight=Weight.FINE)


def _question(nps: NpsFacts, formats: Formats) -> Iterator[AnyBlock]:
    words = formats.words
    yield Space()
    yield Text(nps.question or words.nps_question, align=Align.CENTRE, weight=Weight.STRONG)
    yield Text(words.nps_scan, align=Align.CENTRE, weight=Weight.FINE)
    yield Qr(nps.url, caption=words.nps_code.format(code=nps.code))


def _foot(facts: ReceiptFacts, formats: Formats) -> Iterator[AnyBlock]:
    words = formats.words
    yield Space()
    yield Text(words.thanks_beside if facts.mode == "beside" else words.thanks, align=Align.CENTRE)
    yield Space()
    yield Barcode(facts.receipt_number)
    if facts.claim:
        yield Space()
        yield Text(words.claim, align=Align.CENTRE, weight=Weight.FINE)
        yield Qr(facts.claim, is_small=True)
    yield Cut()
