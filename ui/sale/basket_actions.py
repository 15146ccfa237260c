"""What scans and keys do to the basket."""

from concurrent.futures import Future

import msgspec

from devices.barcodes import BadScan, CardScan, ClaimScan, ProductScan, ReceiptScan, is_expired, read_code
from devices.sounder import Tone
from pos_app.errors import InputError
from pos_app.loyalty.donating import Cause
from pos_app.model.money import MILLI
from pos_app.model.products import Product
from pos_app.model.staff import Permission
from pos_app.use_cases import acts, giving, overriding, staffing
from pos_app.use_cases.quoting import LINES_MAX, check_line
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.views import BasketLine
from ui.sale import approving, couponing, scanning
from ui.sale.desk import Desk
from ui.sale.numbers import parse_quantity, parse_scaled
from ui.sale.screen import EnrolPanel, Notice, NoticeCode, Problem, ProblemCode

AMOUNT_CODE = "AMOUNT"
"""The product code of a line that is only an amount; a shop may have a product of this code, with its own name and tax."""


def take_code(desk: Desk, raw: str) -> str:
    """A code that was scanned or typed: goods go into the basket, a card brings its member. Gives a receipt's number, or nothing."""
    settings = desk.till.settings
    scan = read_code(
        raw, cards=settings.cards, in_store=settings.in_store_codes, aim_prefix=settings.scanner.aim_prefix
    )
    match scan:
        case CardScan():
            _take_card(desk, scan)
        case ProductScan():
            _take_goods(desk, scan)
        case ReceiptScan():
            return scan.number
        case ClaimScan():
            desk.stop(Problem(ProblemCode.CLAIM_WITHOUT_CARD))
        case BadScan():
            desk.stop(scanning.problem_of_bad(scan))
    return ""


def _take_card(desk: Desk, scan: CardScan) -> None:
    member = desk.till.find_member(scan.number)
    if member is not None and isinstance(desk.panel, EnrolPanel) and desk.panel.brought_by is not None:
        desk.panel = msgspec.structs.replace(desk.panel, brought_by=scan.number)
        desk.inform(NoticeCode.BROUGHT_BY)
        desk.play(Tone.OK)
    elif member is not None:
        desk.put_member(member)
        desk.play(Tone.OK)
    elif desk.till.can_look_up():
        desk.asked_card = scan
        desk.panel = None
        desk.is_done = False
        desk.inform(NoticeCode.ASKING_CARD)
    else:
        _offer_enrolment(desk, scan)


def _offer_enrolment(desk: Desk, scan: CardScan) -> None:
    desk.panel = EnrolPanel(scan.number, scan.card_class, "" if acts.rewards_referrals(desk.till) else None)
    desk.is_done = False
    desk.play(Tone.ATTENTION)


def take_word(desk: Desk, scan: CardScan, is_known: Future[bool]) -> None:
    """Headquarters' word about a card that is still waited for: its member comes to the basket, or it is a new card."""
    desk.asked_card = desk.notice = None
    member = desk.till.find_member(scan.number) if is_known.result() else None
    if member is None:
        _offer_enrolment(desk, scan)
    else:
        desk.put_member(member)
        desk.inform(NoticeCode.CARD_ANSWERED)
        desk.play(Tone.OK)


def _take_goods(desk: Desk, scan: ProductScan) -> None:
    product = desk.till.find_product(scan.code)
    cause = giving.causes_now(desk.till).get(scan.code)
    if cause is not None and desk.basket.lines and (product is None or not product.price_minor):
        _round_up(desk, cause)
    elif product is None:
        desk.stop(Problem(ProblemCode.UNKNOWN_PRODUCT, {"code": scan.code}))
    elif is_expired(scan.expires, desk.till.business_date(desk.till.clock.utc_ms())):
        desk.stop(Problem(ProblemCode.EXPIRED, {"name": product.name, "expires": scan.expires, "batch": scan.batch}))
    elif scanning.lacks_weight(scan, product, desk.factor_milli):
        desk.stop(Problem(ProblemCode.WEIGHT_MISSING, {"name": product.name}))
    else:
        _add(desk, scanning.line_of(scan, product, desk.factor_milli))


def _add(desk: Desk, line: BasketLine) -> None:
    if len(desk.basket.lines) >= LINES_MAX:
        desk.stop(Problem(ProblemCode.LINES_FULL, {"most": LINES_MAX}))
        return
    desk.marked = len(desk.basket.lines)
    desk.factor_milli = None
    desk.change(msgspec.structs.replace(desk.basket, lines=(*desk.basket.lines, line)))
    desk.play(Tone.OK)


def multiply(desk: Desk, text: str) -> None:
    """The typed number is the quantity of the next scan."""
    factor_milli = parse_quantity(text)
    if factor_milli is None:
        _ask_again(desk, text, NoticeCode.TYPE_QUANTITY_FIRST)
        return
    desk.factor_milli = factor_milli
    desk.is_done = False
    desk.inform(NoticeCode.NEXT_TIMES, {"factor_milli": factor_milli})


def set_quantity(desk: Desk, text: str) -> None:
    """The typed number is the quantity of the marked line."""
    quantity_milli = parse_quantity(text)
    if quantity_milli is None:
        _ask_again(desk, text, NoticeCode.TYPE_QUANTITY_FIRST)
    else:
        is_fraction = bool(quantity_milli % MILLI)
        _change_marked(
            desk,
            NoticeCode.BY_THE_PIECE if is_fraction else NoticeCode.OUT_OF_RANGE,
            quantity_milli=quantity_milli,
            price_on_label=False,
        )


def set_price(desk: Desk, text: str) -> None:
    """The typed number is the price of the whole marked line."""
    amount_minor = parse_scaled(text, desk.exponent)
    if amount_minor is None:
        _ask_again(desk, text, NoticeCode.TYPE_PRICE_FIRST)
    else:
        _change_marked(desk, NoticeCode.OUT_OF_RANGE, override_minor=amount_minor, price_on_label=False)


def _change_marked(desk: Desk, refusal: NoticeCode, **changes: int) -> None:
    lines, marked = desk.basket.lines, desk.marked
    if not 0 <= marked < len(lines):
        desk.say(NoticeCode.NO_LINE)
        return
    if lines[marked].rounds_up:
        desk.say(NoticeCode.GIFT_FOLLOWS)
        return
    try:
        line = check_line(msgspec.structs.replace(lines[marked], **changes))
    except InputError as error:
        desk.tell(Notice(refusal, error_code=error.code))
        return

    def put(approval: Approval | None) -> None:
        if approval is not None:
            staffing.grant(desk.till, approval)
        desk.change(msgspec.structs.replace(desk.basket, lines=(*lines[:marked], line, *lines[marked + 1 :])))

    if overriding.is_overridden(line):
        subject = overriding.price_subject(desk.basket.event_id, line)
        approving.ask(desk, Permission.OVERRIDE_PRICE, subject=subject, then=put)
    else:
        put(None)


def add_amount(desk: Desk, text: str, *, name: str) -> None:
    """The typed number is a line of its own: beside a till the goods need not be scanned."""
    amount_minor = parse_scaled(text, desk.exponent)
    if not amount_minor:
        _ask_again(desk, text, NoticeCode.TYPE_AMOUNT_FIRST)
        return
    product = desk.till.find_product(AMOUNT_CODE) or Product(AMOUNT_CODE, name, 0, 0)
    _add(desk, check_line(BasketLine(msgspec.structs.replace(product, price_minor=amount_minor))))


def give(desk: Desk, text: str) -> None:
    """The typed amount is for the first cause; without one it gets what rounds the total up, and once more takes that off again."""
    cause = next(iter(giving.causes_now(desk.till).values()), None)
    if cause is None:
        desk.say(NoticeCode.NO_CAUSE)
    elif not desk.basket.lines:
        desk.say(NoticeCode.BASKET_EMPTY)
    elif text.strip():
        _give_amount(desk, cause, text)
    else:
        _round_up(desk, cause)


def _give_amount(desk: Desk, cause: Cause, text: str) -> None:
    amount_minor = parse_scaled(text, desk.exponent)
    if amount_minor is None:
        desk.say(NoticeCode.NOT_A_NUMBER)
    else:
        _put_gift(desk, cause, amount_minor)


def _round_up(desk: Desk, cause: Cause) -> None:
    """Round up what is to be paid, or no longer where it is rounded already."""
    if any(line.product.code == cause.product_code and line.rounds_up for line in desk.basket.lines):
        _put_gift(desk, cause, 0)
    elif cause.round_to_minor is None:
        desk.say(NoticeCode.GIFT_TYPE)
    elif amount_minor := giving.missing_minor(desk.quote, desk.basket, cause):
        _put_gift(desk, cause, amount_minor, rounds_up=True)
    else:
        desk.say(NoticeCode.GIFT_NOTHING, step_minor=cause.round_to_minor)


def _put_gift(desk: Desk, cause: Cause, amount_minor: int, *, rounds_up: bool = False) -> None:
    product = giving.product_of(desk.till, cause)
    basket = giving.with_gift(desk.basket, product, amount_minor, rounds_up=rounds_up)
    for line in basket.lines:
        check_line(line)
    if len(basket.lines) > LINES_MAX:
        desk.stop(Problem(ProblemCode.LINES_FULL, {"most": LINES_MAX}))
        return
    desk.marked = len(basket.lines) - 1
    desk.change(basket)
    if amount_minor:
        desk.inform(NoticeCode.GIFT_ON, {"given_minor": amount_minor, "cause": cause.name})
    else:
        desk.inform(NoticeCode.GIFT_OFF, {"cause": cause.name})
    desk.play(Tone.OK)


def _ask_again(desk: Desk, text: str, when_empty: NoticeCode) -> None:
    desk.say(NoticeCode.NOT_A_NUMBER if text.strip() else when_empty)


def remove_marked(desk: Desk) -> None:
    """Take the marked line out."""
    lines = desk.basket.lines
    if couponing.is_marked(desk):
        couponing.take_off(desk)
        return
    if not lines:
        desk.say(NoticeCode.NO_LINE)
        return
    rest = lines[: desk.marked] + lines[desk.marked + 1 :]
    desk.marked = min(desk.marked, len(rest) + len(desk.basket.coupons) - 1)
    desk.change(msgspec.structs.replace(desk.basket, lines=rest))


def mark(desk: Desk, row: int) -> None:
    """Mark another line; a row that is not there marks none."""
    if 0 <= row < len(desk.basket.lines) + len(desk.basket.coupons):
        desk.marked = row


def take_card_off(desk: Desk) -> None:
    """Go on without the member."""
    if desk.basket.member is None:
        desk.say(NoticeCode.NO_CARD)
        return
    desk.put_member(None)
    desk.inform(NoticeCode.CARD_TAKEN_OFF)


def void(desk: Desk) -> None:
    """Drop the whole basket."""
    desk.begin_sale()
    desk.inform(NoticeCode.VOIDED)
