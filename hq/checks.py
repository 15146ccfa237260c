"""Whether an event is sound: references that every till can read, amounts within bounds, a date that is one.

A till's defect must not reach the ledger, nor the other tills. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from hq.received import UnbookableError
from pos_app.loyalty.couponing import rules_that_gave
from pos_app.model import marks
from pos_app.model.accounts import AccountStatus
from pos_app.model.contracts import contract_id_of
from pos_app.model.evaluation import Donated, EngineInput
from pos_app.model.identifiers import is_points
from pos_app.model.money import BASIS_POINTS
from pos_app.model.receipts import Payment
from pos_app.protocol.draws import ROLLS
from pos_app.protocol.events import (
    AccountStatusEvent,
    ActEvent,
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    AuditEvent,
    CardEvent,
    ClaimEvent,
    ContractEvent,
    CouponVoidEvent,
    EnrolmentEvent,
    ErasureEvent,
    GrantedLot,
    HoldVoidEvent,
    InstalmentEvent,
    LeaseReleaseEvent,
    MarkEvent,
    MergeEvent,
    ReturnEvent,
    SaleEvent,
    UnseenReturnEvent,
)

COUPONS_MAX = 50
"""On one receipt."""
AMOUNT_MAX = 10**12
"""Of money and of points: millions of such events still fit an account's sums."""
_QUANTITY_MAX_MILLI = 10**12
_PARTS_MAX = 36
_POINTS_EXPONENT_MAX = 2
_CURRENCY_EXPONENT_MAX = 3
_CLOCK_MAX_MS = 10**15
_TEXT_LENGTH_MAX = 1_000
_LOT_TIMES_MS = range(-62_135_510_400_000, 253_402_214_400_000)
"""0001-01-02 to 9999-12-31: in every time zone these have a date."""
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REF = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,64}")
"""What the protocol's ``Ref`` takes: one reference beyond it would make pages of changes that no till can read."""
_COUPON = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[1-9][0-9]{0,6}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UNSOUND_INPUT = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)
"""What the engine raises on an input that no sound till writes, and that passed all the checks."""
_STATUSES = {AccountStatus.ACTIVE.value, AccountStatus.FROZEN.value}
_RECEIPT_EVENTS = (SaleEvent, ReturnEvent, UnseenReturnEvent)


def check(event: AnyEvent) -> None:  # noqa: C901 - one arm for each kind
    """Raise ``UnbookableError`` with the reason for an event that means nothing sound."""
    if isinstance(event, AuditEvent):
        return
    _require(all(is_ref(ref) for ref in _refs(event)), "ref")
    _require(abs(event.moment.utc_ms) <= _CLOCK_MAX_MS, "range")
    _require(all(_UUID.fullmatch(name) for name in _uuids(event)), "ref")
    _require(all(_is_text(text) for text in _texts(event)), "text")
    match event:
        case SaleEvent():
            _check_receipt(event)
            _check_sale(event)
        case ReturnEvent():
            _check_receipt(event)
            _check_return(event)
        case UnseenReturnEvent():
            _check_receipt(event)
            _check_unseen(event)
        case AdjustmentEvent():
            _check_adjustment(event)
        case AccountStatusEvent():
            _require(event.status in _STATUSES, "status")
        case ContractEvent():
            _check_contract(event)
        case InstalmentEvent():
            _check_instalment(event)
        case LeaseReleaseEvent():
            _require(0 <= event.units <= AMOUNT_MAX, "range")
        case CouponVoidEvent():
            _check_coupon_ids([event.coupon_id])
        case MarkEvent():
            _require(_is_date(event.moment.business_date), "date")
            _require(marks.can_be_set(event.name, event.value), "mark")
        case ActEvent():
            _check_act(event)


def is_ref(text: str) -> bool:
    """Whether an account, a card, a programme or an issuer can have this name."""
    return _REF.fullmatch(text) is not None


def _check_receipt(event: SaleEvent | ReturnEvent | UnseenReturnEvent) -> None:
    _require(_is_date(event.moment.business_date), "date")
    _require(_are_amounts([event.total_minor, *_amounts_of(event.payments)]), "range")
    _require(isinstance(event, ReturnEvent) or event.total_minor >= 0, "range")


def _check_sale(event: SaleEvent) -> None:
    _require(_are_points(event.used.values()), "range")
    _check_lots(event.granted_lots)
    _require(0 <= event.burn_units <= AMOUNT_MAX, "range")
    _require(_are_amounts(event.counted.values()), "range")
    _require([line.line_no for line in event.lines] == list(range(1, len(event.lines) + 1)), "lines")
    _require(all(0 < line.quantity_milli <= _QUANTITY_MAX_MILLI for line in event.lines), "lines")
    amounts = (amount for line in event.lines for amount in (line.payable_minor, line.tax_minor))
    _require(_are_amounts(amounts), "range")
    _check_discounts(event)
    shared = [(award.line_no, award.units) for award in event.awards]
    shared += [(share.line_no, share.units) for share in event.burn_shares]
    _require(all(1 <= line_no <= len(event.lines) for line_no, _ in shared), "lines")
    _require(_are_points(units for _, units in shared), "range")
    _require(_are_points(part.units for part in event.burned_lots), "range")
    _check_lot_times(part.expires_at_ms for part in event.burned_lots)
    _require(all(0 <= share.worth_minor <= AMOUNT_MAX for share in event.burn_shares), "range")
    _check_input(event.engine_input)
    _check_pools(event)
    _check_donated(event.donated)
    _check_coupons(event)
    giving = {lot.grant.programme_id for lot in event.granted_lots}
    _require(all(award.programme_id in giving for award in event.awards if award.units), "awards")


def _check_act(event: ActEvent) -> None:
    """Each award gives points, for nothing that was bought, from the lot of its programme; and the input is that of this act."""
    _require(_is_date(event.moment.business_date), "date")
    _require(event.act != "" and event.act == event.engine_input.act and event.engine_input.lines == (), "act")
    _check_lots(event.granted_lots)
    _check_input(event.engine_input)
    _require(all(award.line_no == 0 and 0 < award.units <= AMOUNT_MAX for award in event.awards), "awards")
    given = [(lot.grant.programme_id, lot.grant.units) for lot in event.granted_lots]
    _require(given == [(award.programme_id, award.units) for award in event.awards], "awards")


def _check_discounts(event: SaleEvent) -> None:
    """Each takes something off one of the lines; together no more than the line costs at the catalogue's price or by hand."""
    before_minor = {line.line_no: line.amount_minor for line in event.engine_input.lines}
    off_minor = dict.fromkeys(before_minor, 0)
    for discount in event.discounts:
        _require(discount.line_no in off_minor and 0 < discount.amount_minor <= AMOUNT_MAX, "discounts")
        off_minor[discount.line_no] += discount.amount_minor
    _require(all(off <= before_minor[line_no] for line_no, off in off_minor.items() if off), "discounts")


def _check_pools(event: SaleEvent) -> None:
    """Each collecting rule gave one lot of what its lines collected, and each reward says which lots it took."""
    _check_lots(event.pool_lots)
    _require(all(not is_points(lot.grant.issuer) for lot in event.pool_lots), "pools")
    _require(
        all(1 <= one.line_no <= len(event.lines) and 0 < one.units <= AMOUNT_MAX for one in event.collected), "pools"
    )
    by_rule: dict[tuple[str, str, str], int] = {}
    for one in event.collected:
        key = one.programme_id, one.rule_id, one.unit
        by_rule[key] = by_rule.get(key, 0) + one.units
    told = [(lot.grant.programme_id, lot.grant.issuer, lot.grant.units) for lot in event.pool_lots]
    _require([(programme_id, unit, units) for (programme_id, _, unit), units in by_rule.items()] == told, "pools")
    _require(all(0 < one.units <= AMOUNT_MAX and one.times > 0 for one in event.taken), "taken")
    _require(_are_points(part.units for part in event.taken_lots), "range")
    _check_lot_times(part.expires_at_ms for part in event.taken_lots)
    _require(sum(one.units for one in event.taken) == sum(part.units for part in event.taken_lots), "taken")


def _check_coupons(event: SaleEvent) -> None:
    """A coupon for each rule that one was presented of and that gave something, and for no other."""
    _check_coupon_ids([coupon.coupon_id for coupon in event.coupons])
    rules = [coupon.rule for coupon in event.coupons]
    _require(len(rules) == len(set(rules)), "coupons")
    _require(set(rules) == rules_that_gave(event) & set(event.engine_input.coupons), "coupons")


def _check_coupon_ids(coupon_ids: list[str]) -> None:
    _require(len(set(coupon_ids)) == len(coupon_ids) <= COUPONS_MAX, "coupons")
    _require(all(_COUPON.fullmatch(one) for one in coupon_ids), "coupons")


def _check_contract(event: ContractEvent) -> None:
    """Its parts have days and sum to its total, and it is the contract of its sale."""
    _require(_is_date(event.moment.business_date), "date")
    _require(event.contract_id == event.event_id == contract_id_of(event.sale_event_id), "contract")
    _require(0 < len(event.parts) <= _PARTS_MAX and all(_is_date(part.due_on) for part in event.parts), "contract")
    _require(all(0 < part.amount_minor <= AMOUNT_MAX for part in event.parts), "contract")
    _require(sum(part.amount_minor for part in event.parts) == event.total_minor <= AMOUNT_MAX, "contract")


def _check_instalment(event: InstalmentEvent) -> None:
    _require(_is_date(event.moment.business_date), "date")
    _require(0 < event.total_minor <= AMOUNT_MAX and _are_amounts(_amounts_of(event.payments)), "range")
    _require(sum(_amounts_of(event.payments)) == event.total_minor, "contract")


def _check_donated(donated: Iterable[Donated]) -> None:
    """Sums of it are kept by cause."""
    for one in donated:
        _require(0 < one.amount_minor <= AMOUNT_MAX, "donated")
        _require(len(one.cause) > 0 and _is_text(one.cause), "donated")


def _check_input(seen: EngineInput) -> None:
    """The engine reckons with these again; a power with an exponent beyond bounds would keep it busy for ever."""
    _require(0 <= seen.points_exponent <= _POINTS_EXPONENT_MAX, "range")
    _require(0 <= seen.currency_exponent <= _CURRENCY_EXPONENT_MAX, "range")
    _require(0 <= seen.burn_units <= AMOUNT_MAX and abs(seen.utc_ms) <= _CLOCK_MAX_MS, "range")
    _require(_is_date(seen.business_date), "date")
    _require(all(0 < line.quantity_milli <= _QUANTITY_MAX_MILLI for line in seen.lines), "lines")
    _require(
        _are_amounts(minor for line in seen.lines for minor in (line.amount_minor, line.member_minor or 0)), "range"
    )
    _require(all(0 <= line.tax_rate_bp <= BASIS_POINTS for line in seen.lines), "range")
    _require(_are_points(seen.budgets.values()), "range")
    _require(all(0 <= number < ROLLS for number in seen.rolls.values()), "range")
    if seen.member is not None:
        figures = seen.member.receipts_before, seen.member.spendable_units, *seen.member.accumulators.values()
        _require(_are_amounts(figures), "range")


def _check_return(event: ReturnEvent) -> None:
    _check_lots(event.restored_lots)
    _check_lots(event.restored_taken)
    _check_donated(event.donated_back)
    _check_coupon_ids(list(event.freed_coupons))
    changes = (*event.clawed_back, *event.collected_back)
    _require(_are_points(-change.units for change in changes), "range")
    _require(_are_amounts(event.counted.values()), "range")
    numbers = [line.line_no for line in event.lines]
    _require(numbers != [] and len(numbers) == len(set(numbers)), "lines")
    _require(all(0 < line.quantity_milli <= _QUANTITY_MAX_MILLI for line in event.lines), "lines")
    parts = (part for line in event.lines for part in (line.refund_minor, line.tax_minor))
    _require(_are_amounts(parts), "range")
    _require(_are_points(part for line in event.lines for part in (line.earned_units, line.burned_units)), "range")


def _check_unseen(event: UnseenReturnEvent) -> None:
    _require(event.lines != (), "lines")
    _require(all(0 < line.quantity_milli <= _QUANTITY_MAX_MILLI for line in event.lines), "lines")
    _require(all(0 <= line.refund_minor <= AMOUNT_MAX for line in event.lines), "range")


def _check_adjustment(event: AdjustmentEvent) -> None:
    _require(0 < abs(event.units) <= AMOUNT_MAX, "range")
    if event.reason is AdjustmentReason.FORGIVEN_OVERDRAFT:
        _require(event.units > 0 and event.granted is None, "range")
        return
    granted = () if event.granted is None else (event.granted,)
    _check_lots(granted)
    _require(sum(lot.grant.units for lot in granted) == max(0, event.units), "range")
    _require(all(lot.grant.issuer == event.issuer for lot in granted), "ref")


def _check_lots(lots: Iterable[GrantedLot]) -> None:
    lots = tuple(lots)
    _require(_are_points(lot.grant.units for lot in lots), "range")
    _require(sum(lot.grant.units for lot in lots) <= AMOUNT_MAX, "range")
    _check_lot_times(time_ms for lot in lots for time_ms in (lot.grant.starts_at_ms, lot.grant.expires_at_ms))


def _check_lot_times(times_ms: Iterable[int | None]) -> None:
    _require(all(time_ms is None or time_ms in _LOT_TIMES_MS for time_ms in times_ms), "range")


def _refs(event: AnyEvent) -> Iterator[str]:  # noqa: C901 - one arm for each kind
    """Every reference that booking keeps; those that may be empty only where they are not."""
    match event:
        case EnrolmentEvent():
            yield from (event.account_ref, event.card_number, *filter(None, (event.card_class,)))
        case CardEvent():
            yield from (event.account_ref, event.card_number, *filter(None, (event.replaces,)))
        case MergeEvent():
            yield from (event.account_ref, event.merged_ref)
        case AccountStatusEvent() | HoldVoidEvent() | LeaseReleaseEvent() | ErasureEvent() | ClaimEvent():
            yield event.account_ref
        case AdjustmentEvent():
            yield from (event.account_ref, event.issuer)
            yield from _refs_of_lots(() if event.granted is None else (event.granted,))
        case MarkEvent():
            yield from (event.account_ref, *filter(None, (event.value,)))
        case ActEvent():
            yield from (event.account_ref, event.act)
            yield from _refs_of_lots(event.granted_lots)
        case ContractEvent():
            yield from (event.account_ref, event.number, event.programme_id)
        case InstalmentEvent():
            yield from (event.account_ref, event.receipt_number)
        case UnseenReturnEvent():
            yield from (event.sale_receipt_number, event.receipt_number)
        case SaleEvent():
            yield from filter(None, (event.account_ref, event.card_ref, event.class_after))
            yield from (event.issuer, event.receipt_number, *event.counted)
            yield from (award.programme_id for award in event.awards)
            yield from (name for one in event.caused for name in (one.account_ref, one.issuer))
            yield from (discount.programme_id for discount in event.discounts)
            yield from (name for one in event.collected for name in (one.programme_id, one.unit))
            yield from (name for one in event.taken for name in (one.programme_id, one.unit))
            yield from _refs_of_lots((*event.granted_lots, *event.pool_lots))
        case ReturnEvent():
            yield from filter(None, (event.account_ref,))
            yield from (event.issuer, event.receipt_number, *event.counted)
            yield from filter(None, (change.issuer for change in (*event.clawed_back, *event.collected_back)))
            yield from event.clamped_pools
            yield from _refs_of_lots((*event.restored_lots, *event.restored_taken))


def _refs_of_lots(lots: Iterable[GrantedLot]) -> Iterator[str]:
    for lot in lots:
        yield lot.grant.issuer
        yield from filter(None, (lot.grant.programme_id,))


def _uuids(event: AnyEvent) -> Iterator[str]:
    """The ids that name rows of the database."""
    match event:
        case SaleEvent():
            yield from filter(None, (event.auth_id, *(coupon.auth_id for coupon in event.coupons)))
            yield from (one.event_id for one in event.caused)
        case ReturnEvent() | ContractEvent():
            yield event.sale_event_id
        case InstalmentEvent():
            yield event.contract_id
        case ActEvent():
            yield from filter(None, (event.cause,))
        case HoldVoidEvent() | CouponVoidEvent():
            yield event.auth_id
        case LeaseReleaseEvent():
            yield event.lease_id


def _texts(event: AnyEvent) -> Iterator[str]:
    """What reports keep as it is."""
    moment = event.moment
    yield from (moment.store_id, moment.staff_ref, moment.shift_id)
    if isinstance(event, (*_RECEIPT_EVENTS, InstalmentEvent)):
        yield from (payment.reference for payment in event.payments)
    if isinstance(event, SaleEvent | ActEvent):
        yield from event.used
        for award in event.awards:
            yield from (award.rule_id, award.reason.code)
    if isinstance(event, SaleEvent):
        for discount in event.discounts:
            yield from (discount.rule_id, discount.reason.code)


def _is_text(text: str) -> bool:
    """Whether both databases can keep it; PostgreSQL takes no NUL."""
    return len(text) <= _TEXT_LENGTH_MAX and "\0" not in text


def _amounts_of(payments: Iterable[Payment]) -> Iterator[int]:
    return (payment.amount_minor for payment in payments)


def _are_amounts(amounts: Iterable[int]) -> bool:
    return all(abs(amount) <= AMOUNT_MAX for amount in amounts)


def _are_points(points: Iterable[int]) -> bool:
    return all(0 <= units <= AMOUNT_MAX for units in points)


def _is_date(text: str) -> bool:
    """Whether this is a day of the calendar as ``YYYY-MM-DD``, which ``fromisoformat`` alone is not strict about."""
    if _ISO_DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _require(holds: bool, reason: str) -> None:  # noqa: FBT001 - a condition is what this takes
    if not holds:
        raise UnbookableError(reason)
