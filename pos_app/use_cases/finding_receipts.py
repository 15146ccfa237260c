"""Looking up the receipt that goods come back with: here, else at headquarters. It may wait two seconds: not for the screen's thread."""

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError, ProgrammeError, SyncError
from pos_app.protocol.events import ReturnedLine, SaleEvent, decode_body
from pos_app.protocol.messages import (
    ErrorAnswer,
    ErrorCode,
    MalformedError,
    OtherReceipt,
    ReceiptAnswer,
    decode_message,
)
from pos_app.use_cases.clock import SystemClock
from pos_app.use_cases.goods_back import summed
from pos_app.use_cases.joining import private_key
from pos_app.use_cases.programmes import decode_programme_set
from pos_app.use_cases.returning import KnownSale, known_sales
from storage import foreign_receipts, journal, programmes, sales, unseen_returns
from storage.foreign_receipts import ForeignReceipt
from storage.unseen_returns import UnseenSum

if TYPE_CHECKING:
    from pos_app.sync.decisions import Refusal
    from pos_app.use_cases.till import Till
    from storage.database import Connection
    from storage.journal import Terminal

ASK_TIMEOUT_MS = 2_000
_NUMBER_CHARACTERS_MAX = 32
_NOT_FOUND = 404


class Word(StrEnum):
    """What headquarters said of a receipt."""

    NOT_ASKED = "not_asked"
    """This shop has no headquarters, or this till has not joined it."""
    SHOWN = "shown"
    UNKNOWN = "unknown"
    """It does not have this receipt, yet."""
    AWAY = "away"
    """No answer came in time, or none that can be believed."""


class Returnable(msgspec.Struct, frozen=True):
    """A receipt, and what may come back of it. ``word`` is what headquarters said: without it returns at other tills are not known.

    ``is_own``: this till sold it. ``unseen`` is what came back here unseen with this number before anybody could show it.
    ``same_number``: how many sales have the number, mostly 1.
    """

    known: KnownSale
    word: Word
    is_own: bool
    unseen: tuple[UnseenSum, ...] = ()
    same_number: int = 1


class ReceiptUnknownError(InputError):
    """Neither this till nor headquarters can show the receipt: goods may come back unseen, if a manager allows it."""

    def __init__(self, word: Word, unseen: tuple[UnseenSum, ...]) -> None:
        super().__init__(
            f"return.{word.value}",
            what="This receipt cannot be shown.",
            safe="Nothing was booked.",
            todo="Check the number. A manager can take the goods back without it.",
        )
        self.word = word
        self.unseen = unseen


def find_returnable(till: "Till", receipt_number: str, *, sale_event_id: str = "", after: str = "") -> Returnable:
    """The receipt of this number, ours or another till's, with what came back of it here and elsewhere.

    Where several sales have the number: the one with ``sale_event_id``, which the code on its paper names, else the next one ``after``
    that sale, and after the last again the earliest.
    Asks headquarters where there is one, for ours too: goods of it may have come back at another till. Takes two seconds at most.
    Raises ``ReceiptUnknownError``, and ``InputError`` for a receipt that is itself a return.
    """
    number = receipt_number.strip()[:_NUMBER_CHARACTERS_MAX]
    _refuse_returns(till, number)
    word = _ask(till, number)
    with till.database.reading() as connection:
        found = known_sales(connection, number)
        unseen = unseen_returns.unseen_of(connection, number)
        if not found:
            raise ReceiptUnknownError(word, unseen)
        known = _meant(found, sale_event_id=sale_event_id, after=after)
        is_own = sales.find_sale_by_event(connection, known.sale.event_id) is not None
    return Returnable(known, word, is_own, unseen, len(found))


def _meant(found: tuple[KnownSale, ...], *, sale_event_id: str, after: str) -> KnownSale:
    named = (one for one in found if one.sale.event_id == sale_event_id)
    later = (one for one in found if one.sale.event_id > after)
    return next(named, None) or next(later, found[0])


def ask_headquarters(till: "Till", receipt_number: str) -> Word:
    """Ask headquarters for a receipt and keep what it shows, with the programmes of its day. Takes two seconds at most."""
    return _ask(till, receipt_number.strip()[:_NUMBER_CHARACTERS_MAX])


def _refuse_returns(till: "Till", number: str) -> None:
    with till.database.reading() as connection:
        stored = sales.find_sale(connection, receipt_number=number)
    if stored is not None and stored.head.kind != "sale":
        raise InputError(
            "return.is_return",
            what=f"The receipt {number} is itself a return.",
            safe="Nothing was booked.",
            todo="Scan the receipt of the sale.",
        )


def _ask(till: "Till", number: str) -> Word:
    """Ask headquarters, and keep what it shows."""
    with till.database.reading() as connection:
        terminal = journal.read_terminal(connection)
    if not till.settings.hq.url or terminal.hq_public_key is None:
        return Word.NOT_ASKED
    answer = _answer(till, terminal, number)
    if not isinstance(answer, ReceiptAnswer):
        return answer
    shown = _sales_shown(answer, number)
    if not shown:
        return Word.AWAY
    till.database.write(lambda connection: _keep_all(till, connection, shown))
    return Word.SHOWN


def _answer(till: "Till", terminal: "Terminal", number: str) -> ReceiptAnswer | Word:
    """What headquarters says. A till whose clock is far off asks once more, by headquarters' own time."""
    from urllib.parse import quote

    from pos_app.sync.decisions import SignAgain

    path = f"/v1/terminals/{terminal.terminal_id}/receipts/{quote(number, safe='')}"
    stopwatch = SystemClock()
    begun_ms = stopwatch.monotonic_ms()
    said = _call(till, terminal, path, time_ms=till.clock.utc_ms(), timeout_ms=ASK_TIMEOUT_MS)
    left_ms = ASK_TIMEOUT_MS - (stopwatch.monotonic_ms() - begun_ms)
    if isinstance(said, SignAgain) and left_ms > 0:
        said = _call(till, terminal, path, time_ms=said.hq_time_ms, timeout_ms=left_ms)
    return said if isinstance(said, ReceiptAnswer | Word) else Word.AWAY


def _call(
    till: "Till", terminal: "Terminal", path: str, *, time_ms: int, timeout_ms: int
) -> "ReceiptAnswer | Refusal | Word":
    from pos_app.sync.client import CallFailedError
    from pos_app.sync.decisions import decide_signed

    assert terminal.hq_public_key is not None, "only a till that has joined asks"
    try:
        with till.client_of(
            till.settings.hq.url,
            private_key=private_key(till),
            connect_timeout_ms=timeout_ms,
            call_timeout_ms=timeout_ms,
        ) as client:
            answer = client.call("GET", path, terminal_id=terminal.terminal_id, time_ms=time_ms)
    except (CallFailedError, SyncError):
        return Word.AWAY
    if answer.status == _NOT_FOUND and _is_hqs_word(answer.body):
        return Word.UNKNOWN
    return decide_signed(answer, ReceiptAnswer, terminal_id=terminal.terminal_id, hq_public_key=terminal.hq_public_key)


def _is_hqs_word(body: bytes) -> bool:
    """Whether it is headquarters that does not find the receipt: a hotel's login page says 404 too."""
    try:
        return decode_message(body, ErrorAnswer).code == ErrorCode.NOT_FOUND
    except MalformedError:
        return False


_Shown = ReceiptAnswer | OtherReceipt


def _sales_shown(answer: ReceiptAnswer, number: str) -> list[tuple[_Shown, SaleEvent]]:
    """The sales that headquarters showed, as far as they have the number that was asked for."""
    shown: list[_Shown] = [answer, *answer.others]
    read = ((one, _sale_in(one.body)) for one in shown)
    return [(one, sale) for one, sale in read if sale is not None and sale.receipt_number == number]


def _sale_in(body: str) -> SaleEvent | None:
    try:
        event = decode_body(body.encode())
    except msgspec.MsgspecError:
        return None
    return event if isinstance(event, SaleEvent) else None


def _keep_all(till: "Till", connection: "Connection", shown: list[tuple[_Shown, SaleEvent]]) -> None:
    for one, sale in shown:
        _keep(till, connection, one, sale)


def _keep(till: "Till", connection: "Connection", answer: _Shown, sale: SaleEvent) -> None:
    """Store what headquarters showed. Of what came back, our own returns are left out: they are counted from our own rows."""
    ours = sales.returns_of(connection, sale.event_id)
    elsewhere: list[ReturnedLine] = []
    for one in answer.returns:
        if one.event_id not in ours:
            elsewhere += one.lines
    by_line = summed(elsewhere)
    now_ms = till.clock.utc_ms()
    foreign_receipts.keep_foreign(
        connection,
        ForeignReceipt(
            sale.event_id,
            sale.receipt_number,
            answer.body.encode(),
            tuple(by_line[line_no] for line_no in sorted(by_line)),
            now_ms,
        ),
    )
    _keep_programmes(connection, answer, sale.engine_input.programme_set_hash, now_ms)


def _keep_programmes(connection: "Connection", answer: _Shown, set_hash: str, now_ms: int) -> None:
    """The programmes of that day, if they are what the sale names, and this program can read them."""
    if not answer.programme_set or programmes.find_programme_set(connection, set_hash) is not None:
        return
    body = answer.programme_set.encode()
    try:
        is_right = decode_programme_set(body).hash == set_hash
    except (ProgrammeError, msgspec.MsgspecError):
        is_right = False
    if is_right:
        programmes.keep_programme_set(connection, set_hash=set_hash, body=body, utc_ms=now_ms)
