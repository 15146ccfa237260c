"""From codes to words: every sentence that the returns screen can say."""

from PySide6.QtCore import QCoreApplication

from pos_app.use_cases.finding_receipts import Word
from ui.formats import Formats
from ui.noop import QT_TRANSLATE_NOOP
from ui.returns.screen import AnyNotice, Notice, NoticeCode
from ui.sale import words as sale
from ui.sale.screen import Problem
from ui.sale.words import Sentences, written

_NOTICES: dict[NoticeCode, str] = {
    NoticeCode.SCAN_RECEIPT: QT_TRANSLATE_NOOP(
        "Returns", "Scan the bars at the foot of the receipt, or type its number."
    ),
    NoticeCode.NOT_ON_RECEIPT: QT_TRANSLATE_NOOP("Returns", "These goods are not on this receipt."),
    NoticeCode.ALL_BACK: QT_TRANSLATE_NOOP("Returns", "All of it is back already, or chosen."),
    NoticeCode.OTHER_RECEIPT: QT_TRANSLATE_NOOP(
        "Returns", "That is another receipt. Finish this one first, or press Esc."
    ),
    NoticeCode.NO_CARD_HERE: QT_TRANSLATE_NOOP(
        "Returns", "No card is needed: the receipt knows whose points they are."
    ),
    NoticeCode.NOT_A_NUMBER: QT_TRANSLATE_NOOP("Returns", "That is not a number that can be used here."),
    NoticeCode.TYPE_QUANTITY_FIRST: QT_TRANSLATE_NOOP("Returns", "Type how much comes back first, then press F2."),
    NoticeCode.TYPE_PRICE_FIRST: QT_TRANSLATE_NOOP("Returns", "Type what is given back for the line, then press F3."),
    NoticeCode.AT_MOST: QT_TRANSLATE_NOOP("Returns", "Of this line at most {left_milli} can come back."),
    NoticeCode.BY_THE_PIECE: QT_TRANSLATE_NOOP("Returns", "This is sold by the piece: type a whole number."),
    NoticeCode.OUT_OF_RANGE: QT_TRANSLATE_NOOP("Returns", "That is out of range. The line is as it was."),
    NoticeCode.NOT_ABOVE_TODAY: QT_TRANSLATE_NOOP(
        "Returns", "Without the receipt not more than today's price is given back."
    ),
    NoticeCode.NOTHING_CHOSEN: QT_TRANSLATE_NOOP("Returns", "Choose first what comes back: scan it."),
    NoticeCode.UNKNOWN_PRODUCT: QT_TRANSLATE_NOOP("Returns", "This code is not in the catalogue."),
    NoticeCode.WEIGH_FIRST: QT_TRANSLATE_NOOP("Returns", "Sold by weight: scan the label with the weight."),
    NoticeCode.UNREADABLE: QT_TRANSLATE_NOOP("Returns", "This code cannot be read. Scan it again."),
    NoticeCode.LINES_FULL: QT_TRANSLATE_NOOP("Returns", "The list is full. Finish it, then take the rest back."),
    NoticeCode.PANEL_OPEN: QT_TRANSLATE_NOOP("Returns", "Finish here first: Enter, or Esc to go back."),
    NoticeCode.LOOKING: QT_TRANSLATE_NOOP("Returns", "Looking the receipt up\u2026"),
    NoticeCode.SAVING: QT_TRANSLATE_NOOP("Returns", "Saving\u2026"),
    NoticeCode.HQ_AWAY: QT_TRANSLATE_NOOP(
        "Returns", "Headquarters does not answer: what came back at other tills is not known now."
    ),
    NoticeCode.BACK_UNSEEN: QT_TRANSLATE_NOOP(
        "Returns", "Before it could be shown, goods came back with this receipt: {goods}."
    ),
    NoticeCode.SAME_NUMBER: QT_TRANSLATE_NOOP(
        "Returns",
        "{receipts} receipts have this number. This is that of {day}, {total_minor}. For the next one scan the number again.",
    ),
}

_PROBLEMS: dict[str, Sentences] = {
    "return.is_return": Sentences(
        QT_TRANSLATE_NOOP("Returns", "This receipt is itself a return."),
        QT_TRANSLATE_NOOP("Returns", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Returns", "Scan the receipt of the sale."),
    ),
    "return.quantity": Sentences(
        QT_TRANSLATE_NOOP("Returns", "More would come back than was sold: some of it came back meanwhile."),
        QT_TRANSLATE_NOOP("Returns", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Returns", "Press Esc, scan the receipt again and choose anew."),
    ),
    "return.gift": Sentences(
        QT_TRANSLATE_NOOP("Returns", "Money that was given to a cause comes back with its receipt only."),
        QT_TRANSLATE_NOOP("Returns", "Nothing was booked."),
        QT_TRANSLATE_NOOP("Returns", "Take it off the list, or find the receipt."),
    ),
    "return.already_booked": Sentences(
        QT_TRANSLATE_NOOP("Returns", "This return is already booked."),
        QT_TRANSLATE_NOOP("Returns", "It was not booked a second time."),
        QT_TRANSLATE_NOOP("Returns", "Go on with the next customer; F12 prints the receipt."),
    ),
}

_UNKNOWN: dict[str, Sentences] = {
    Word.NOT_ASKED: Sentences(
        QT_TRANSLATE_NOOP("Returns", "This till has no such receipt."),
        QT_TRANSLATE_NOOP("Returns", "Nothing was booked, and nobody's points were touched."),
        QT_TRANSLATE_NOOP("Returns", "Check the number on the paper and scan it again."),
    ),
    Word.UNKNOWN: Sentences(
        QT_TRANSLATE_NOOP("Returns", "Headquarters does not have this receipt yet."),
        QT_TRANSLATE_NOOP("Returns", "Nothing was booked, and nobody's points were touched."),
        QT_TRANSLATE_NOOP(
            "Returns", "Check the number on the paper. The till that sold it may not have sent it yet: try again later."
        ),
    ),
    Word.AWAY: Sentences(
        QT_TRANSLATE_NOOP("Returns", "The receipt is not of this till, and headquarters does not answer."),
        QT_TRANSLATE_NOOP("Returns", "Nothing was booked, and nobody's points were touched."),
        QT_TRANSLATE_NOOP("Returns", "Try again in a moment, or at the till that sold it."),
    ),
}


def notice_text(notice: Notice, formats: Formats) -> str:
    """A notice as a sentence."""
    return _translated(_NOTICES[notice.code]).format(**written(notice.values, formats))


def any_notice_text(notice: AnyNotice, formats: Formats) -> str:
    """The same, also for one about a PIN; empty for none."""
    if notice is None:
        return ""
    return notice_text(notice, formats) if isinstance(notice, Notice) else sale.notice_text(notice, formats)


def problem_sentences(problem: Problem, formats: Formats) -> Sentences:
    """What happened, what is safe, what to do."""
    sources = _PROBLEMS.get(problem.code)
    if sources is None:
        return sale.problem_sentences(problem, formats)
    return Sentences(*(_translated(source) for source in sources))


def unknown_sentences(word: str) -> Sentences:
    """Why the receipt cannot be shown, what is safe, what to do."""
    return Sentences(*(_translated(source) for source in _UNKNOWN[word]))


def _translated(source: str) -> str:
    return QCoreApplication.translate("Returns", source)
