"""What scans and keys do to what is chosen: goods of a receipt, or goods without one."""

from devices.barcodes import BadScan, CardScan, ClaimScan, ProductScan, ReceiptScan, Scan
from devices.sounder import Tone
from pos_app.errors import InputError
from pos_app.model.money import MILLI
from pos_app.use_cases.unseen_returning import LINES_MAX, UnseenGoods, unseen_goods
from ui.returns.desk import Desk
from ui.returns.screen import NoticeCode, Row, Stage
from ui.sale.numbers import parse_quantity, parse_scaled


def take_scan(desk: Desk, scan: Scan) -> None:
    """Goods were scanned: one more of them comes back."""
    match scan:
        case ProductScan() if desk.stage is Stage.UNSEEN:
            _add_unseen(desk, scan)
        case ProductScan():
            _choose_scanned(desk, scan)
        case CardScan():
            desk.say(NoticeCode.NO_CARD_HERE)
        case ReceiptScan() | ClaimScan():
            desk.say(NoticeCode.OTHER_RECEIPT)
        case BadScan():
            desk.say(NoticeCode.UNREADABLE)


def _choose_scanned(desk: Desk, scan: ProductScan) -> None:
    """One piece of the first line of these goods that has one left; goods by weight come back whole."""
    matching = [index for index, row in enumerate(desk.rows()) if row.product_code == scan.code]
    if not matching:
        desk.say(NoticeCode.NOT_ON_RECEIPT)
        return
    rows = desk.rows()
    index = next((one for one in matching if rows[one].chosen_milli < rows[one].left_milli), None)
    if index is None:
        desk.say(NoticeCode.ALL_BACK)
        return
    row = rows[index]
    desk.marked = index
    _choose(desk, row, row.left_milli if row.sold_by_weight else row.chosen_milli + MILLI)
    desk.play(Tone.OK)


def _choose(desk: Desk, row: Row, quantity_milli: int) -> None:
    desk.choose(desk.chosen_milli | {row.line_no: quantity_milli})


def tick(desk: Desk) -> None:
    """All that is left of the marked line comes back, or none of it again."""
    row = marked_row(desk)
    if row is None or desk.stage is Stage.UNSEEN:
        return
    if not row.left_milli:
        desk.say(NoticeCode.ALL_BACK)
    else:
        _choose(desk, row, 0 if row.chosen_milli == row.left_milli else row.left_milli)


def choose_all(desk: Desk) -> None:
    """Everything that is left comes back."""
    left = {row.line_no: row.left_milli for row in desk.rows() if row.left_milli}
    if not left:
        desk.say(NoticeCode.ALL_BACK)
    else:
        desk.choose(left)


def set_quantity(desk: Desk, text: str) -> None:
    """The typed number is how much of the marked line comes back; 0 is none."""
    row = marked_row(desk)
    if row is None:
        desk.say(NoticeCode.NOTHING_CHOSEN)
        return
    quantity_milli = 0 if text.strip() == "0" else parse_quantity(text)
    if quantity_milli is None:
        desk.say(NoticeCode.NOT_A_NUMBER if text.strip() else NoticeCode.TYPE_QUANTITY_FIRST)
    elif desk.stage is Stage.UNSEEN:
        _set_unseen(desk, quantity_milli=quantity_milli)
    elif quantity_milli > row.left_milli:
        desk.say(NoticeCode.AT_MOST, left_milli=row.left_milli)
    elif quantity_milli % MILLI and not row.sold_by_weight:
        desk.say(NoticeCode.BY_THE_PIECE)
    else:
        _choose(desk, row, quantity_milli)


def set_refund(desk: Desk, text: str) -> None:
    """Without the receipt: the typed number is what goes back for the whole marked line, not more than today's price."""
    refund_minor = parse_scaled(text, desk.exponent)
    if marked_row(desk) is None:
        desk.say(NoticeCode.NOTHING_CHOSEN)
    elif refund_minor is None:
        desk.say(NoticeCode.NOT_A_NUMBER if text.strip() else NoticeCode.TYPE_PRICE_FIRST)
    else:
        _set_unseen(desk, quantity_milli=desk.goods[desk.marked].quantity_milli, refund_minor=refund_minor)


def remove(desk: Desk) -> None:
    """The marked line does not come back."""
    row = marked_row(desk)
    if row is None:
        desk.say(NoticeCode.NOTHING_CHOSEN)
    elif desk.stage is Stage.UNSEEN:
        desk.goods = desk.goods[: desk.marked] + desk.goods[desk.marked + 1 :]
        desk.marked = min(desk.marked, len(desk.goods) - 1)
    else:
        _choose(desk, row, 0)


def mark(desk: Desk, row: int) -> None:
    """Mark another line; a row that is not there marks none."""
    if 0 <= row < len(desk.rows()):
        desk.marked = row


def marked_row(desk: Desk) -> Row | None:
    """The line that keys are about."""
    rows = desk.rows()
    return rows[desk.marked] if 0 <= desk.marked < len(rows) else None


def _add_unseen(desk: Desk, scan: ProductScan) -> None:
    product = desk.till.find_product(scan.code)
    if product is None:
        desk.say(NoticeCode.UNKNOWN_PRODUCT)
    elif product.sold_by_weight and scan.weight_grams is None:
        desk.say(NoticeCode.WEIGH_FIRST)
    elif len(desk.goods) >= LINES_MAX:
        desk.say(NoticeCode.LINES_FULL)
    else:
        _put(desk, unseen_goods(product, quantity_milli=scan.weight_grams or MILLI))


def _put(desk: Desk, goods: UnseenGoods) -> None:
    """One more; a second piece of the line before counts there, as long as nobody has set its price."""
    last = desk.goods[-1] if desk.goods else None
    is_same = last is not None and last.product == goods.product and not goods.product.sold_by_weight
    if last is not None and is_same and last == unseen_goods(last.product, quantity_milli=last.quantity_milli):
        goods = unseen_goods(goods.product, quantity_milli=last.quantity_milli + goods.quantity_milli)
        desk.goods = (*desk.goods[:-1], goods)
    else:
        desk.goods = (*desk.goods, goods)
    desk.marked = len(desk.goods) - 1
    desk.play(Tone.OK)


def _set_unseen(desk: Desk, *, quantity_milli: int, refund_minor: int | None = None) -> None:
    try:
        goods = unseen_goods(desk.goods[desk.marked].product, quantity_milli=quantity_milli, refund_minor=refund_minor)
    except InputError as error:
        is_part = bool(quantity_milli % MILLI)
        refusals = {"return.price": NoticeCode.NOT_ABOVE_TODAY}
        desk.say(refusals.get(error.code, NoticeCode.BY_THE_PIECE if is_part else NoticeCode.OUT_OF_RANGE))
        return
    desk.goods = (*desk.goods[: desk.marked], goods, *desk.goods[desk.marked + 1 :])
