"""From stored rows to the facts that a receipt is laid out from. The member's name is joined here, and only here."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.chances import has_won, seeds_on, wins_of
from pos_app.loyalty.donating import cause_of
from pos_app.loyalty.programme import Programme, programme_set
from pos_app.model.contracts import Contract, contract_id_of
from pos_app.model.evaluation import Taken
from pos_app.model.identifiers import pool_of
from pos_app.model.products import ProductClass
from pos_app.model.receipts import PaymentKind, SaleKind, SaleLine, tax_table
from pos_app.protocol.contracting import contract_of, owed_by
from pos_app.protocol.events import ContractEvent, ReturnedLine, SaleEvent, UnseenLine, decode_body
from pos_app.protocol.nps import nps_url, one_time_code, spaced
from pos_app.use_cases import claiming
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.views import Standing
from receipts.facts import (
    CauseFacts,
    ContractFacts,
    DiscountFacts,
    DrawFacts,
    MemberFacts,
    NpsFacts,
    ReceiptFacts,
    ShopFacts,
)
from storage import accounts, coupons, donations, foreign_receipts, journal, pools, programmes, sales, unseen_returns
from storage.database import Connection
from storage.sales import SaleRow, StoredSale

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def receipt_facts(till: "Till", connection: Connection, event_id: str, *, is_copy: bool) -> ReceiptFacts:
    """The facts of a stored sale or return; the receipt must exist."""
    stored = sales.find_sale_by_event(connection, event_id)
    assert stored is not None, "a print job belongs to a sale"
    head = stored.head
    original = _original(connection, head)
    lines = stored.lines if original is None else original.lines
    shop = till.settings.shop
    return ReceiptFacts(
        shop=ShopFacts(shop.name, shop.address, shop.tax_number),
        receipt_number=head.receipt_number,
        utc_ms=head.utc_ms,
        zone=head.zone,
        cashier_ref=head.staff_ref,
        lines=lines,
        tax=tax_table(lines),
        payments=stored.payments,
        gross_minor=sum(line.list_minor for line in lines),
        discount_minor=sum(line.list_minor - line.amount_minor for line in lines),
        total_minor=head.total_minor,
        currency=till.terms.currency,
        change_minor=sum(
            payment.given_minor - payment.amount_minor
            for payment in stored.payments
            if payment.kind is PaymentKind.CASH and payment.given_minor
        ),
        kind=SaleKind(head.kind),
        mode="beside" if head.mode == "beside" else "till",
        foreign_receipt=head.foreign_receipt,
        original_receipt="" if original is None else original.receipt_number,
        is_unseen=original is not None and original.is_unseen and bool(till.settings.hq.url),
        member=_member(till, connection, stored),
        points_exponent=till.settings.points.exponent,
        awards=stored.awards,
        discounts=_discounts(till, connection, stored),
        nps=_nps(connection, head),
        causes=_causes(till, connection, head),
        contract=_contract(connection, stored),
        draws=_draws(connection, head),
        claim=claiming.code_for(connection, event_id) if till.settings.hq.claim_codes else "",
        copy=is_copy,
        coupons=coupons.used_on(connection, event_id),
        locale=shop.locale,
        language=shop.language,
    )


def _discounts(till: "Till", connection: Connection, stored: StoredSale) -> tuple[DiscountFacts, ...]:
    """What each programme took off each line, under the name that it had then."""
    if not stored.discounts:
        return ()
    names = {
        one.id: one.name
        for one in programmes_of_sale(connection, stored.head.event_id) or till.terms.programmes.programmes
    }
    off_minor: dict[tuple[int, str], int] = {}
    for one in stored.discounts:
        key = one.line_no, names.get(one.programme_id, "")
        off_minor[key] = off_minor.get(key, 0) + one.amount_minor
    return tuple(DiscountFacts(line_no, name, minor) for (line_no, name), minor in off_minor.items())


def _draws(connection: Connection, head: SaleRow) -> tuple[DrawFacts, ...]:
    """By which seeds chance went on the day of this sale, as they were committed."""
    if head.kind != SaleKind.SALE.value:
        return ()
    ran = programmes_of_sale(connection, head.event_id)
    names = {one.draw.seed_hash: one.name for one in ran if one.draw is not None}
    if not names:
        return ()
    seeds = seeds_on(programme_set(ran), head.business_date, journal.read_terminal(connection).store_id)
    return tuple(DrawFacts(names[seed_hash], seed_hash) for seed_hash in seeds)


def programmes_of_sale(connection: Connection, event_id: str) -> tuple[Programme, ...]:
    """The programmes that a sale of this till went by; none where its details are past their retention."""
    row = journal.find_event(connection, event_id)
    sale = None if row is None or row.body is None else decode_body(row.body)
    if not isinstance(sale, SaleEvent):
        return ()
    body = programmes.find_programme_set(connection, sale.engine_input.programme_set_hash)
    return () if body is None else decode_programme_set(body).programmes


def _causes(till: "Till", connection: Connection, head: SaleRow) -> tuple[CauseFacts, ...]:
    """What this receipt gave to causes, or took back, and how much that was by then."""
    sums = donations.donations_of(connection, head.event_id)
    if not sums:
        return ()
    ran = programmes_of_sale(connection, head.sale_event_id or head.event_id) or till.terms.programmes.programmes
    units = {cause.name: cause.unit for cause in filter(None, map(cause_of, ran))}
    pools_then = msgspec.json.decode(head.standing, type=Standing).pools if head.standing else None
    return tuple(
        CauseFacts(
            name=one.cause,
            by_customer_minor=abs(one.by_customer_minor),
            by_shop_minor=abs(one.by_shop_minor),
            member_minor=None if pools_then is None else pools_then.get(units.get(one.cause, ""), 0),
            all_minor=donations.given_so_far(connection, one.cause, until_event_id=head.event_id),
        )
        for one in sums
    )


def _contract(connection: Connection, stored: StoredSale) -> ContractFacts | None:
    """What is left of the contract that a payment was for, or that was agreed on a sale, as it was then."""
    head = stored.head
    if head.kind == SaleKind.INSTALMENT.value:
        contract = msgspec.json.decode(head.standing, type=Contract) if head.standing else None
    else:
        row = journal.find_event(connection, contract_id_of(head.event_id)) if owed_by(stored.payments) else None
        event = None if row is None or row.body is None else decode_body(row.body)
        contract = contract_of(event) if isinstance(event, ContractEvent) else None
    if contract is None:
        return None
    left = tuple((part.due_on, part.amount_minor) for part in contract.left)
    return ContractFacts(contract.number, left, contract.owed_minor)


class _Original(msgspec.Struct, frozen=True):
    """The receipt that goods came back with, and the goods as lines of the return's own receipt."""

    receipt_number: str
    lines: tuple[SaleLine, ...]
    is_unseen: bool = False


def _original(connection: Connection, head: SaleRow) -> _Original | None:
    """What a return belongs to: a sale of this till, one that headquarters showed, or one that nobody could; None for a sale."""
    if head.kind != SaleKind.RETURN.value:
        return None
    if not head.sale_event_id:
        return _unseen(connection, head.event_id)
    sold = sales.find_sale_by_event(connection, head.sale_event_id)
    if sold is not None:
        return _Original(sold.head.receipt_number, returned_lines(connection, sold.lines, head.event_id))
    shown = foreign_receipts.find_foreign_by_event(connection, head.sale_event_id)
    assert shown is not None, "what came back was sold here, or shown by headquarters"
    sale = decode_body(shown.body)
    assert isinstance(sale, SaleEvent), "only sales are kept"
    return _Original(sale.receipt_number, returned_lines(connection, sale.lines, head.event_id))


def returned_lines(connection: Connection, sold: tuple[SaleLine, ...], event_id: str) -> tuple[SaleLine, ...]:
    """The lines of a return as receipt lines: the goods that came back and what was paid back for each."""
    back = {line.line_no: line for line in sales.lines_of_return(connection, event_id)}
    return tuple(_returned(line, back[line.line_no]) for line in sold if line.line_no in back)


def _unseen(connection: Connection, event_id: str) -> _Original:
    lines = unseen_returns.lines_of_unseen(connection, event_id)
    return _Original(
        unseen_returns.receipt_of_unseen(connection, event_id),
        tuple(_unseen_line(number, line) for number, line in enumerate(lines, start=1)),
        is_unseen=True,
    )


def _unseen_line(number: int, line: UnseenLine) -> SaleLine:
    return SaleLine(
        line_no=number,
        product_code=line.product_code,
        name=line.name,
        product_class=ProductClass.GENERAL,
        band="",
        department="",
        category="",
        quantity_milli=line.quantity_milli,
        unit_price_minor=0,
        list_minor=line.refund_minor,
        amount_minor=line.refund_minor,
        burn_minor=0,
        payable_minor=line.refund_minor,
        tax_rate_bp=line.tax_rate_bp,
        tax_minor=line.tax_minor,
    )


def _returned(line: SaleLine, back: ReturnedLine) -> SaleLine:
    return msgspec.structs.replace(
        line,
        quantity_milli=back.quantity_milli,
        list_minor=back.refund_minor,
        amount_minor=back.refund_minor,
        burn_minor=0,
        payable_minor=back.refund_minor,
        tax_minor=back.tax_minor,
    )


def _member(till: "Till", connection: Connection, stored: StoredSale) -> MemberFacts | None:
    head = stored.head
    if not head.standing or head.kind == SaleKind.INSTALMENT.value:
        return None
    standing = msgspec.json.decode(head.standing, type=Standing)
    facts = accounts.find_by_ref(connection, head.account_ref)
    beside = pools.read_pools(connection, head.event_id)
    ran = programmes_of_sale(connection, head.event_id) if has_won(beside.collected) else ()
    return MemberFacts(
        name="" if facts is None else facts.name,
        card_class=standing.card_class,
        earned_units=head.earned_units,
        burned_units=head.burn_units,
        burned_worth_minor=head.burn_worth_minor,
        balance=standing.balance,
        next_step=standing.next_step,
        pools={pool_of(unit): units for unit, units in standing.pools.items() if unit not in till.causes_by_unit},
        pool_ends={pool_of(unit): one for unit, one in standing.pool_ends.items() if unit not in till.causes_by_unit},
        gifts=tuple(_gift(one) for one in beside.taken if one.gives),
        wins=wins_of(beside.collected, ran or till.terms.programmes.programmes),
    )


def _gift(taken: Taken) -> str:
    return taken.gives if taken.times == 1 else f"{taken.times} × {taken.gives}"


def _nps(connection: Connection, head: SaleRow) -> NpsFacts | None:
    terminal = journal.read_terminal(connection)
    if not head.asks_nps or terminal.nps_key is None:
        return None
    return NpsFacts(
        url=nps_url(
            base=terminal.nps_url,
            terminal_number=terminal.terminal_number,
            event_id=head.event_id,
            nps_key=terminal.nps_key,
        ),
        code=spaced(one_time_code(terminal.nps_key, head.event_id)),
    )
