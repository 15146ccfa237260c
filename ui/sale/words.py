"""From codes to words: every sentence that the sale screen can say. The presenter and the core speak in codes only."""

from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QObject

from pos_app.loyalty import reasons
from pos_app.model.evaluation import Reason
from ui.formats import Formats
from ui.noop import QT_TRANSLATE_NOOP
from ui.sale import burn_words, coupon_words
from ui.sale.screen import NOT_MORE_HERE, Notice, NoticeCode, Problem, ProblemCode, Values

_NOTICES: dict[NoticeCode, str] = {
    NoticeCode.TYPE_QUANTITY_FIRST: QT_TRANSLATE_NOOP("Notice", "Type the quantity first, then press the key."),
    NoticeCode.TYPE_PRICE_FIRST: QT_TRANSLATE_NOOP("Notice", "Type the price of the whole line first, then press F3."),
    NoticeCode.TYPE_AMOUNT_FIRST: QT_TRANSLATE_NOOP("Notice", "Type the amount first, then press F8."),
    NoticeCode.NOT_A_NUMBER: QT_TRANSLATE_NOOP("Notice", "That is not a number that can be used here."),
    NoticeCode.OUT_OF_RANGE: QT_TRANSLATE_NOOP("Notice", "That is out of range. The line is as it was."),
    NoticeCode.BY_THE_PIECE: QT_TRANSLATE_NOOP("Notice", "This is sold by the piece: type a whole number."),
    NoticeCode.NEXT_TIMES: QT_TRANSLATE_NOOP("Notice", "The next scan counts {factor_milli} times."),
    NoticeCode.BASKET_EMPTY: QT_TRANSLATE_NOOP("Notice", "There is nothing in the basket yet."),
    NoticeCode.NO_LINE: QT_TRANSLATE_NOOP("Notice", "There is no line to change yet."),
    NoticeCode.NO_CARD: QT_TRANSLATE_NOOP("Notice", "There is no card on this sale. Scan one."),
    NoticeCode.NO_CAUSE: QT_TRANSLATE_NOOP("Notice", "Customers cannot give to a cause here now."),
    NoticeCode.NO_CONTRACT: QT_TRANSLATE_NOOP("Notice", "This member has no contract to pay on."),
    NoticeCode.PARTS_AGREED: QT_TRANSLATE_NOOP(
        "Notice", "Parts are agreed on this basket. Take the first, or press Esc to go back."
    ),
    NoticeCode.CONTRACT_OVERDUE: QT_TRANSLATE_NOOP(
        "Notice", "{overdue_minor} of a contract is overdue. PgDown takes the payment, with an empty basket."
    ),
    NoticeCode.CONTRACT_PAID: QT_TRANSLATE_NOOP("Notice", "{paid_minor} is booked. {owed_minor} is still to be paid."),
    NoticeCode.CONTRACT_ENDED: QT_TRANSLATE_NOOP("Notice", "{paid_minor} is booked. The contract is paid."),
    NoticeCode.GIFT_ON: QT_TRANSLATE_NOOP("Notice", "{given_minor} for: {cause}"),
    NoticeCode.GIFT_OFF: QT_TRANSLATE_NOOP("Notice", "Taken off again: {cause}"),
    NoticeCode.GIFT_GONE: QT_TRANSLATE_NOOP("Notice", "The total needs no rounding up: the donation is off this sale."),
    NoticeCode.GIFT_FOLLOWS: QT_TRANSLATE_NOOP(
        "Notice", "This rounds the total up. For another amount type it, then press +."
    ),
    NoticeCode.GIFT_TYPE: QT_TRANSLATE_NOOP("Notice", "Type the amount to be given first, then press +."),
    NoticeCode.GIFT_NOTHING: QT_TRANSLATE_NOOP(
        "Notice", "The total is a multiple of {step_minor} already. Type an amount to be given, then press +."
    ),
    NoticeCode.CARD_TAKEN_OFF: QT_TRANSLATE_NOOP("Notice", "The card is off this sale."),
    NoticeCode.VOIDED: QT_TRANSLATE_NOOP("Notice", "The basket was dropped. Nothing was booked."),
    NoticeCode.PANEL_OPEN: QT_TRANSLATE_NOOP("Notice", "Finish here first: Enter, or Esc to go back."),
    NoticeCode.BROUGHT_BY: QT_TRANSLATE_NOOP("Notice", "This member brought the new one. Enter enrols the new card."),
    NoticeCode.ENROLLED: QT_TRANSLATE_NOOP("Notice", "The card is enrolled and earns on this sale."),
    NoticeCode.BURN_TOO_MANY: QT_TRANSLATE_NOOP("Notice", "At most {most_units} can be used here. {reason}"),
    NoticeCode.BURN_STEPS: QT_TRANSLATE_NOOP("Notice", "Points are used in whole steps: {fits_units} would fit."),
    NoticeCode.BURN_LOWERED: QT_TRANSLATE_NOOP("Notice", "The points were lowered to {burned_units}. {reason}"),
    NoticeCode.BURN_SET: QT_TRANSLATE_NOOP("Notice", "{burned_units} used: {worth_minor} less to pay."),
    NoticeCode.BURN_HELD: QT_TRANSLATE_NOOP(
        "Notice", "{burned_units} used: {worth_minor} less to pay. Headquarters holds them for this sale."
    ),
    NoticeCode.BURN_BY_LIMIT: QT_TRANSLATE_NOOP(
        "Notice", "{burned_units} used: {worth_minor} less to pay. Headquarters is away; within this till's limits."
    ),
    NoticeCode.BURN_BY_LEASE: QT_TRANSLATE_NOOP(
        "Notice", "{burned_units} used: {worth_minor} less to pay. Headquarters is away; set aside for this till."
    ),
    NoticeCode.BURN_REFUSED: QT_TRANSLATE_NOOP("Notice", "{refusal} At most {most_units} can be used now."),
    NoticeCode.BURN_REFUSED_ALL: QT_TRANSLATE_NOOP("Notice", "{refusal} No points can be used now."),
    NoticeCode.NO_REWARDS: QT_TRANSLATE_NOOP("Notice", "There is no reward that this member can take now."),
    NoticeCode.REWARD_TAKEN: QT_TRANSLATE_NOOP("Notice", "The reward is on this sale."),
    NoticeCode.REWARD_LEFT: QT_TRANSLATE_NOOP("Notice", "The reward is off this sale."),
    NoticeCode.REWARD_REFUSED: QT_TRANSLATE_NOOP("Notice", "{refusal} The reward cannot be taken now."),
    NoticeCode.COUPON_ON: QT_TRANSLATE_NOOP("Notice", "Coupon {coupon} is on this sale."),
    NoticeCode.COUPON_IDLE: QT_TRANSLATE_NOOP(
        "Notice", "Coupon {coupon} is good, but gives nothing on this basket yet."
    ),
    NoticeCode.COUPON_OFF: QT_TRANSLATE_NOOP("Notice", "Coupon {coupon} is off this sale. It was not used up."),
    NoticeCode.ASKING: QT_TRANSLATE_NOOP("Notice", "Asking headquarters\u2026"),
    NoticeCode.ASKING_CARD: QT_TRANSLATE_NOOP("Notice", "Asking headquarters about this card. Go on scanning."),
    NoticeCode.CARD_ANSWERED: QT_TRANSLATE_NOOP("Notice", "Headquarters knows this card: it is from another region."),
    NoticeCode.DEED_CHOSEN: QT_TRANSLATE_NOOP("Notice", "{product} is the member's choice now."),
    NoticeCode.DEED_BOOKED: QT_TRANSLATE_NOOP("Notice", "Booked: {given_units} for {act}."),
    NoticeCode.CLAIMED: QT_TRANSLATE_NOOP(
        "Notice", "{claimed_units} of that receipt were claimed. They appear when headquarters has checked the code."
    ),
    NoticeCode.CASH_TOO_LITTLE: QT_TRANSLATE_NOOP(
        "Notice", "{missing_minor} is missing. Take more cash, or press F10 for a card first."
    ),
    NoticeCode.CASH_TOO_MUCH: QT_TRANSLATE_NOOP(
        "Notice", "That is too much to be cash. Was a code scanned into the field?"
    ),
    NoticeCode.CARD_TOO_MUCH: QT_TRANSLATE_NOOP("Notice", "Only {left_minor} is left to pay."),
    NoticeCode.CARD_ZERO: QT_TRANSLATE_NOOP("Notice", "Type the amount that the card pays."),
    NoticeCode.REFERENCE_MISSING: QT_TRANSLATE_NOOP("Notice", "Type the reference from the card terminal's slip."),
    NoticeCode.REFERENCE_IS_CARD: QT_TRANSLATE_NOOP(
        "Notice", "That is a card number, which is never kept. Type the terminal's reference."
    ),
    NoticeCode.CARD_PART_TAKEN: QT_TRANSLATE_NOOP(
        "Notice",
        "{taken_minor} was taken by card. Finish the payment, or cancel it at the terminal and press Esc again.",
    ),
    NoticeCode.CARD_PART_KEPT: QT_TRANSLATE_NOOP(
        "Notice", "{taken_minor} by card is noted. The rest in cash, or F10 again."
    ),
    NoticeCode.FOREIGN_MISSING: QT_TRANSLATE_NOOP("Notice", "Type the number of the fiscal receipt."),
    NoticeCode.FINISH_FIRST: QT_TRANSLATE_NOOP("Notice", "Finish this sale first, or drop it with F7."),
    NoticeCode.COPY_QUEUED: QT_TRANSLATE_NOOP("Notice", "A copy of the last receipt is on its way to the printer."),
    NoticeCode.NO_RECEIPT: QT_TRANSLATE_NOOP("Notice", "There is no receipt to print again."),
    NoticeCode.NO_STAFF: QT_TRANSLATE_NOOP("Notice", "Nobody has to sign in at this till."),
    NoticeCode.SIGN_IN_FIRST: QT_TRANSLATE_NOOP("Notice", "Sign in first. What was scanned was not taken."),
    NoticeCode.APPROVE_FIRST: QT_TRANSLATE_NOOP("Notice", "Finish the approval first, or Esc to go back."),
    NoticeCode.TYPE_PIN: QT_TRANSLATE_NOOP("Notice", "Type the PIN, then press Enter."),
    NoticeCode.NOBODY_MAY: QT_TRANSLATE_NOOP("Notice", "Nobody who may allow this has a PIN here. Esc goes back."),
    NoticeCode.UNLOCKED: QT_TRANSLATE_NOOP("Notice", "The lock is open. Type the PIN."),
    NoticeCode.SAVING: QT_TRANSLATE_NOOP("Notice", "Saving\u2026"),
    NoticeCode.REFUSED: "",
}

_REFUSALS: dict[str, str] = {
    "contract.member": QT_TRANSLATE_NOOP("Notice", "Only a member who is enrolled can pay in parts. Scan the card."),
    "contract.programme": QT_TRANSLATE_NOOP("Notice", "No programme lets this member pay in parts today."),
    "contract.total": QT_TRANSLATE_NOOP("Notice", "The programme does not let such a total be paid in parts."),
    "contract.overdue": QT_TRANSLATE_NOOP("Notice", "A part of another contract is overdue: take that payment first."),
    "contract.open": QT_TRANSLATE_NOOP("Notice", "The member has as many open contracts as the programme allows."),
    "contract.amount": QT_TRANSLATE_NOOP("Notice", "That is more than the contract owes."),
    "contract.unknown": QT_TRANSLATE_NOOP("Notice", "This contract was paid meanwhile."),
    "enrol.name": QT_TRANSLATE_NOOP("Notice", "The name is too long or has a sign that cannot be printed."),
    "enrol.phone": QT_TRANSLATE_NOOP("Notice", "A phone number has digits, spaces and + - ( ) /, 20 at most."),
    "enrol.no_card": QT_TRANSLATE_NOOP("Notice", "This number is in none of the shop's card ranges."),
    "enrol.check_digit": QT_TRANSLATE_NOOP("Notice", "The check digit of this card is wrong. Scan it again."),
    "staff.wrong_pin": QT_TRANSLATE_NOOP("Notice", "This is not the PIN. Type it again."),
    "staff.wait": QT_TRANSLATE_NOOP("Notice", "The next try has to wait. Nothing was tried."),
    "staff.locked": QT_TRANSLATE_NOOP("Notice", "This PIN is locked. Ask a manager to open it."),
    "staff.pin_shape": QT_TRANSLATE_NOOP("Notice", "A PIN has 6 to 12 digits. Nothing was tried."),
    "staff.not_allowed": QT_TRANSLATE_NOOP("Notice", "This person may not allow it either."),
    "enrol.referred_by": QT_TRANSLATE_NOOP("Notice", "The card of the member who brought this one is not known."),
    "enrol.taken": QT_TRANSLATE_NOOP("Notice", "This card belongs to a member already. Scan it again."),
}


class Sentences(NamedTuple):
    """What happened, what is safe, what to do."""

    what: str
    safe: str
    todo: str


_KEPT = QT_TRANSLATE_NOOP("Problem", "The basket is as it was.")
_NOT_BOOKED = QT_TRANSLATE_NOOP(
    "Problem", "This sale is not booked yet; the basket is kept, and everything before it is safe."
)
_NOT_CLAIMED = QT_TRANSLATE_NOOP("Problem", "Nothing was claimed. The basket is as it was.")
_AGAIN = QT_TRANSLATE_NOOP("Problem", "Scan it again, or type the number under the bars.")

_PROBLEMS: dict[str, Sentences] = {
    ProblemCode.UNKNOWN_PRODUCT: Sentences(
        QT_TRANSLATE_NOOP("Problem", "This code is not in the catalogue."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Put the item aside and ask for its price and code."),
    ),
    ProblemCode.CHECK_DIGIT: Sentences(
        QT_TRANSLATE_NOOP("Problem", "The code was read wrong: its check digit does not fit."), _KEPT, _AGAIN
    ),
    ProblemCode.UNREADABLE: Sentences(QT_TRANSLATE_NOOP("Problem", "This code cannot be read."), _KEPT, _AGAIN),
    ProblemCode.NO_PRODUCT: Sentences(
        QT_TRANSLATE_NOOP("Problem", "This code names a package or a place, not goods."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Scan the code of the item itself."),
    ),
    ProblemCode.EXPIRED: Sentences(
        QT_TRANSLATE_NOOP("Problem", "Past its date: {name}, {expires}."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Do not sell it. Put it aside and take another one."),
    ),
    ProblemCode.WEIGHT_MISSING: Sentences(
        QT_TRANSLATE_NOOP("Problem", "{name} is sold by weight, and the code carries none."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Weigh it. Type the weight in kilograms, press *, then scan it again."),
    ),
    ProblemCode.RECEIPT: Sentences(
        QT_TRANSLATE_NOOP("Problem", "This is one of our receipts, not goods."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "To take goods back, finish this sale first, then scan the receipt again."),
    ),
    ProblemCode.LINES_FULL: Sentences(
        QT_TRANSLATE_NOOP("Problem", "The basket is full."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Finish this sale, then scan the rest as another."),
    ),
    ProblemCode.LOCKED: Sentences(
        QT_TRANSLATE_NOOP("Problem", "There are goods in the basket that this customer may not buy."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked. The basket is as it was."),
        QT_TRANSLATE_NOOP("Problem", "Take out the marked goods, or scan the card of a member who may buy them."),
    ),
    ProblemCode.SURPRISE: Sentences(
        QT_TRANSLATE_NOOP("Problem", "The program met an error of its own."),
        QT_TRANSLATE_NOOP("Problem", "The basket is kept; everything that was booked is safe."),
        QT_TRANSLATE_NOOP("Problem", "Try again. If it comes back, restart the till and report the time."),
    ),
    "card.blocked": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This card is blocked."),
        QT_TRANSLATE_NOOP("Problem", "Its points are kept."),
        QT_TRANSLATE_NOOP("Problem", "Go on without the card; the member can ask for a new one."),
    ),
    "sale.blocked": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This card was blocked meanwhile."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Take the card off with F6 and finish without it."),
    ),
    "sale.card_moved": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This card belongs to another account now."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Scan the card again, then finish the sale."),
    ),
    "sale.balance": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The balance has changed since the card was scanned."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Scan the card again, then finish the sale."),
    ),
    "sale.burn": Sentences(
        QT_TRANSLATE_NOOP("Problem", "These points can no longer be used on this sale."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Press F4 and type fewer points."),
    ),
    "sale.burn_card": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The points of this card or account may not be used any more."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Press F4 and type 0, then finish the sale."),
    ),
    "sale.burn_unasked": Sentences(
        QT_TRANSLATE_NOOP("Problem", "Headquarters was not asked about these points."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Press F4 and Enter, then finish the sale."),
    ),
    "sale.burn_lapsed": Sentences(
        QT_TRANSLATE_NOOP("Problem", "Headquarters held these points for too long a time and has them back."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Press F4 and Enter, then finish the sale."),
    ),
    ProblemCode.CLAIM_WITHOUT_CARD: Sentences(
        QT_TRANSLATE_NOOP("Problem", "This code claims the points of a receipt, and there is no card on this sale."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Scan the member's card, then this code again."),
    ),
    "claim.code": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This code of a receipt was read wrong."),
        _NOT_CLAIMED,
        QT_TRANSLATE_NOOP("Problem", "Scan it again."),
    ),
    "claim.no_hq": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This till has no headquarters that could check the code."),
        _NOT_CLAIMED,
        QT_TRANSLATE_NOOP("Problem", "Send the member to another shop of the chain."),
    ),
    "claim.no_card": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This card is not known here."),
        _NOT_CLAIMED,
        QT_TRANSLATE_NOOP("Problem", "Enrol it first, then scan the code again."),
    ),
    "claim.other_member": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This receipt belongs to another member."),
        _NOT_CLAIMED,
        QT_TRANSLATE_NOOP("Problem", "Scan the card that was used on the receipt, then the code again."),
    ),
    "claim.here": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This receipt is in the till's own books: none of its points are lost."),
        _NOT_CLAIMED,
        QT_TRANSLATE_NOOP("Problem", "Show the member the balance; points that are not usable yet come by their date."),
    ),
    "sale.payment": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The payment does not fit the total, which has changed."),
        QT_TRANSLATE_NOOP("Problem", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Problem", "Press Esc, look at the total, and take the payment again."),
    ),
    "sale.quantity_range": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This quantity cannot be sold: it is out of range, or a part of a piece."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Type the quantity again."),
    ),
    "sale.amount_range": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The amount of the line is out of range."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Type it again."),
    ),
    "sale.already_booked": Sentences(
        QT_TRANSLATE_NOOP("Problem", "This sale is already booked."),
        QT_TRANSLATE_NOOP("Problem", "It was not booked a second time."),
        QT_TRANSLATE_NOOP("Problem", "Go on with the next customer; F12 prints the receipt."),
    ),
    "staff.not_signed_in": Sentences(
        QT_TRANSLATE_NOOP("Problem", "Nobody is signed in at this till."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Sign in with your PIN, then do it again."),
    ),
    "staff.not_allowed": Sentences(
        QT_TRANSLATE_NOOP("Problem", "You may not do this."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Ask somebody who may to sign in."),
    ),
    "staff.approval_over": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The approval is used up or too old."),
        _KEPT,
        QT_TRANSLATE_NOOP("Problem", "Do it again and have it approved anew."),
    ),
    "staff.pepper_lost": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The secret that belongs to the PINs of this till is gone from this computer."),
        QT_TRANSLATE_NOOP("Problem", "Sales and points are safe; the PINs cannot be checked."),
        QT_TRANSLATE_NOOP("Problem", 'Close the till and run "pos-app staff reset-pepper" with the recovery code.'),
    ),
    "storage.full": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The disk is full: this could not be saved."),
        _NOT_BOOKED,
        QT_TRANSLATE_NOOP("Problem", "Free some space, then finish the sale again."),
    ),
    "storage.read_only": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The till's database cannot be written."),
        _NOT_BOOKED,
        QT_TRANSLATE_NOOP("Problem", "Have the right to write to its file restored, then finish the sale again."),
    ),
    "storage.damaged": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The till's database is damaged."),
        QT_TRANSLATE_NOOP("Problem", "It was not changed; what headquarters has confirmed is safe there."),
        QT_TRANSLATE_NOOP("Problem", 'Keep the file, run "pos-app doctor" and restore a backup.'),
    ),
    "storage.unavailable": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The till's database could not be used."),
        _NOT_BOOKED,
        QT_TRANSLATE_NOOP("Problem", "Check the disk, then finish the sale again."),
    ),
    "storage.refused": Sentences(
        QT_TRANSLATE_NOOP("Problem", "The database refused what was to be saved."),
        _NOT_BOOKED,
        QT_TRANSLATE_NOOP("Problem", 'Run "pos-app doctor" and report what it says.'),
    ),
}

_LIMITS: dict[str, str] = {
    reasons.BURN_NO_MEMBER: QT_TRANSLATE_NOOP("Limit", "There is no card on this sale."),
    reasons.BURN_NO_PROGRAMME: QT_TRANSLATE_NOOP("Limit", "No programme accepts points at present."),
    reasons.BURN_NOT_FROM_THIS_RECEIPT: QT_TRANSLATE_NOOP(
        "Limit", "Points can be used from purchase {from_receipt} on; this is purchase {receipt}."
    ),
    reasons.BURN_MIN_BALANCE: QT_TRANSLATE_NOOP(
        "Limit", "Points can be used from a balance of {minimum_units} on; it is {balance_units}."
    ),
    reasons.BURN_NO_ELIGIBLE_GOODS: QT_TRANSLATE_NOOP("Limit", "There are no goods in the basket that accept points."),
    NOT_MORE_HERE: QT_TRANSLATE_NOOP("Limit", "No more of the balance can be used here just now."),
    reasons.BURN_BALANCE: QT_TRANSLATE_NOOP("Limit", "The balance allows no more."),
    reasons.BURN_CAP: QT_TRANSLATE_NOOP(
        "Limit", "Points pay at most {cap_bp} % of the goods that accept them, {cap_minor}."
    ),
    reasons.BURN_MIN_PAID: QT_TRANSLATE_NOOP("Limit", "At least {min_paid_minor} is always paid by money."),
}


def notice_text(notice: Notice, formats: Formats) -> str:
    """The sentence beside the entry. What the core refused with a code that is not known here stays in English."""
    if notice.code is NoticeCode.REFUSED:
        source = _REFUSALS.get(notice.error_code)
        return notice.english if source is None else _translated("Notice", source)
    limit = "" if notice.reason is None else limit_text(notice.reason, formats)
    values = {**written(notice.values, formats), "reason": limit, "refusal": _burn_refusal(notice.error_code)}
    return _translated("Notice", _NOTICES[notice.code]).format(**values).strip()


def _burn_refusal(code: str) -> str:
    return _translated("Burning", burn_words.REFUSALS.get(code, burn_words.OTHERWISE))


def limit_text(reason: Reason, formats: Formats) -> str:
    """What sets the limit to the points of a sale; empty for a reason that is not known here."""
    source = _LIMITS.get(reason.code)
    return "" if source is None else _translated("Limit", source).format(**written(reason.values, formats))


def problem_sentences(problem: Problem, formats: Formats) -> Sentences:
    """What happened, what is safe, what to do. A code that is not known here stays in the core's English."""
    values = written(problem.values, formats)
    of_coupon = coupon_words.refused(problem.code)
    if of_coupon is not None:
        return Sentences(*(sentence.format(**values) for sentence in of_coupon))
    sources = _PROBLEMS.get(problem.code)
    if sources is None:
        return Sentences(*problem.english)
    return Sentences(*(_translated("Problem", source).format(**values) for source in sources))


def written(values: Values, formats: Formats) -> dict[str, str]:
    """The values of a sentence as people read them, by the ending of their names."""
    return {name: _written(name, value, formats) for name, value in values.items()}


def _written(name: str, value: int | str, formats: Formats) -> str:
    if isinstance(value, str):
        return formats.iso_date(value) if name in {"expires", "day"} else value
    match name.rpartition("_")[2]:
        case "minor":
            return formats.money(value)
        case "units":
            return points_text(value, formats)
        case "bp":
            return formats.percent(value)
        case "milli":
            return formats.quantity(value)
        case _:
            return str(value)


def points_text(units: int, formats: Formats) -> str:
    """Points with their noun: ``1 point``, ``250 points``."""
    return _POINTS.counted(formats.plural_of_points(units)).format(number=formats.points(units))


class _Points(QObject):
    """The noun in the right plural. An object of Qt's, because lupdate sees plurals only in calls of ``self.tr``."""

    def counted(self, plural: int) -> str:
        return self.tr("{number} point(s)", "", plural)


_POINTS = _Points()


def class_name(card_class: str) -> str:
    """A class of card as a heading; what it is called is the programme's matter."""
    return card_class[:1].upper() + card_class[1:]


def _translated(context: str, source: str) -> str:
    return QCoreApplication.translate(context, source)
