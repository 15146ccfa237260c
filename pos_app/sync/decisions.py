"""What an answer of HQ means for the till: pure decisions, no waiting and no network.

Only a well-formed answer of HQ may stop a till from burning or move its queue: a hotel's login page answers 200 and 403 too. What
is not understood means: wait and send again; nothing is ever dropped.
"""

from enum import StrEnum
from typing import TypeVar

import msgspec

from pos_app.protocol.messages import BatchAnswer, ErrorAnswer, ErrorCode, MalformedError, decode_message
from pos_app.protocol.signing import answer_to_sign, verify
from pos_app.sync.ports import StopReason

WAIT_MIN_MS = 1_000
BACK_OFF_MAX_MS = 300_000
RETRY_AFTER_MAX_S = 3_600
_DOUBLINGS_MAX = 20

_OK = 200
_CONFLICT = 409
_SERVER_ERROR = 500


class Problem(StrEnum):
    """Why nothing moves at the moment: a stable code; ``WORDS`` has a sentence for each."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    RUBBISH = "rubbish"
    HQ_ERROR = "hq_error"
    BUSY = "busy"
    UNKNOWN_TILL = "unknown_till"
    UPGRADE = "upgrade"
    EVENT_TOO_LARGE = "event_too_large"
    FORK = "fork"
    FENCED = "fenced"
    REVOKED = "revoked"
    OWN_ERROR = "own_error"
    UNSIGNED = "unsigned"
    REWOUND_TOO_FAR = "rewound_too_far"


WORDS: dict[Problem, str] = {
    Problem.UNREACHABLE: "Headquarters cannot be reached. Sales are kept here and sent later.",
    Problem.SLOW: "Headquarters answers too slowly. Sales are kept here and sent later.",
    Problem.RUBBISH: "Something else than headquarters answers at its address. Sales are kept here. Check hq.url.",
    Problem.HQ_ERROR: "Headquarters has an error of its own. Sales are kept here and sent later.",
    Problem.BUSY: "Headquarters is busy. Sales are kept here and sent in a moment.",
    Problem.UNKNOWN_TILL: "Headquarters does not know this till. Sales are kept here. Enrol the till again.",
    Problem.UPGRADE: "Headquarters wants a newer version of this program. Sales are kept here. Install the update.",
    Problem.EVENT_TOO_LARGE: "Headquarters refuses a receipt for its size. It is kept here. Call support.",
    Problem.FORK: "Another till writes under this till's name. Sales are kept here, points cannot be spent. Enrol again.",
    Problem.FENCED: "This till was enrolled on another computer. Sales are kept here, points cannot be spent. Enrol again.",
    Problem.REVOKED: "Headquarters has shut this till out. Sales are kept here, points cannot be spent. Call support.",
    Problem.OWN_ERROR: "Sending failed by an error of this program, which is in the log. Sales are kept here.",
    Problem.UNSIGNED: (
        "What answers at the address of headquarters does not sign with its key. Nothing was taken from it, sales are kept here. "
        "Check hq.url; if it is right, somebody is in between: call support."
    ),
    Problem.REWOUND_TOO_FAR: (
        "Headquarters wants events that it had called safe for ever and that were pruned here. Sales are kept here. Headquarters "
        "must be restored from a newer backup; if there is none, put the mirror or a backup of this till back. Call support."
    ),
}


class HttpAnswer(msgspec.Struct, frozen=True):
    """An answer as it came, from whoever answered. ``retry_after`` is the header of that name, empty for none.

    ``signature`` is HQ's over this answer, in hexadecimal, empty for none; ``nonce`` is that of the request.
    """

    status: int
    body: bytes
    retry_after: str = ""
    signature: str = ""
    nonce: str = ""


class Advance(msgspec.Struct, frozen=True):
    """HQ has the events up to ``answer.acked_seq``."""

    answer: BatchAnswer


class Rewind(msgspec.Struct, frozen=True):
    """HQ has less than the till believed: send again from ``expected_seq`` on."""

    expected_seq: int


class Stop(msgspec.Struct, frozen=True):
    """HQ no longer takes this till's word."""

    reason: StopReason


class Halve(msgspec.Struct, frozen=True):
    """The batch was too large: send half as many events."""


class SignAgain(msgspec.Struct, frozen=True):
    """The till's clock is wrong: sign by HQ's, which showed ``hq_time_ms``."""

    hq_time_ms: int


class WaitFor(msgspec.Struct, frozen=True):
    """HQ named the time to wait."""

    wait_ms: int
    problem: Problem


class BackOff(msgspec.Struct, frozen=True):
    """Wait longer with every failure."""

    problem: Problem


Refusal = Stop | Halve | SignAgain | WaitFor | BackOff
Decision = Advance | Rewind | Refusal
Message = TypeVar("Message")


def decide_upload(answer: HttpAnswer, *, first_seq: int, own_last_seq: int) -> Decision:
    """What the answer to a batch means that began at ``first_seq``, on a till whose last event is ``own_last_seq``."""
    if answer.status == _OK:
        return _accepted(answer, first_seq=first_seq, own_last_seq=own_last_seq)
    if answer.status == _CONFLICT:
        error = _error_of(answer)
        if error.code == ErrorCode.GAP and error.expected_seq is not None and error.expected_seq < first_seq:
            return Rewind(error.expected_seq)
    return refused(answer)


def decide_message(answer: HttpAnswer, kind: type[Message]) -> Message | Refusal:
    """The message of that kind, or what its absence means."""
    if answer.status != _OK:
        return refused(answer)
    try:
        return decode_message(answer.body, kind)
    except MalformedError:
        return BackOff(Problem.RUBBISH)


def decide_signed(
    answer: HttpAnswer, kind: type[Message], *, terminal_id: str, hq_public_key: bytes, must_be_signed: bool = True
) -> Message | Refusal:
    """The message of that kind, which HQ must have signed for this till and this very request; or what its absence means.

    Only a success is signed. Without ``must_be_signed`` an answer may come without a signature (an older HQ), never with a wrong one.
    """
    is_believed = is_signed(answer, terminal_id=terminal_id, hq_public_key=hq_public_key, must_be_signed=must_be_signed)
    return decide_message(answer, kind) if is_believed else BackOff(Problem.UNSIGNED)


def is_signed(answer: HttpAnswer, *, terminal_id: str, hq_public_key: bytes, must_be_signed: bool) -> bool:
    """Whether an answer is HQ's own, as of ``decide_signed``; one that is no success moves nothing and needs no signature."""
    if answer.status != _OK:
        return True
    return _is_hqs(answer, terminal_id, hq_public_key) if answer.signature else not must_be_signed


def sign_again(answer: HttpAnswer, *, terminal_id: str, hq_public_key: bytes) -> SignAgain | None:
    """The time that HQ wants a request signed by; None where it wants none, or where HQ has not signed that it does.

    Who signs by the time that somebody else names may sign for a day to come, on which it is used.
    """
    refusal = refused(answer)
    return refusal if isinstance(refusal, SignAgain) and _is_hqs(answer, terminal_id, hq_public_key) else None


def _is_hqs(answer: HttpAnswer, terminal_id: str, hq_public_key: bytes) -> bool:
    try:
        signature = bytes.fromhex(answer.signature)
    except ValueError:
        return False
    signed = answer_to_sign(terminal_id=terminal_id, nonce=answer.nonce, body=answer.body)
    return verify(hq_public_key, signature, signed)


def refused(answer: HttpAnswer) -> Refusal:  # noqa: PLR0911 - a table of answers, one line each
    """What an answer means that is no success."""
    match answer.status, _error_of(answer).code:
        case 401, ErrorCode.STALE:
            return SignAgain(_error_of(answer).hq_time_ms)
        case 401, _:
            return BackOff(Problem.UNKNOWN_TILL)
        case 403, ErrorCode.REVOKED:
            return Stop(StopReason.REVOKED)
        case 409, ErrorCode.FORK:
            return Stop(StopReason.FORK)
        case 410, ErrorCode.FENCED:
            return Stop(StopReason.FENCED)
        case 413, _:
            return Halve()
        case 426, _:
            return WaitFor(BACK_OFF_MAX_MS, Problem.UPGRADE)
        case 429 | 503, _:
            return _busy(answer.retry_after)
        case _:
            return BackOff(Problem.HQ_ERROR if answer.status >= _SERVER_ERROR else Problem.RUBBISH)


def back_off_ms(failures: int, *, fraction: float) -> int:
    """How long to wait after ``failures`` >= 1 in a row: random between 1 s and 2ⁿ s, at most 300 s.

    ``fraction`` is the random number, 0 <= fraction < 1; it spreads the tills that lost HQ at the same moment.

    >>> back_off_ms(3, fraction=0.5), back_off_ms(1, fraction=0.0), back_off_ms(99, fraction=0.999)
    (4000, 1000, 299700)
    """
    span_ms = min(BACK_OFF_MAX_MS, 1_000 << min(failures, _DOUBLINGS_MAX))
    return max(WAIT_MIN_MS, int(span_ms * fraction))


def _accepted(answer: HttpAnswer, *, first_seq: int, own_last_seq: int) -> Decision:
    message = decide_message(answer, BatchAnswer)
    if not isinstance(message, BatchAnswer):
        return message
    if message.acked_seq < first_seq or message.durable_seq > message.acked_seq:
        return BackOff(Problem.RUBBISH)
    if message.acked_seq > own_last_seq:
        # HQ has events of ours that we do not have: this disk was rolled back, or it has a twin.
        return Stop(StopReason.FORK)
    return Advance(message)


def _error_of(answer: HttpAnswer) -> ErrorAnswer:
    """What HQ says went wrong; an answer of someone else has no code that we know."""
    try:
        return decode_message(answer.body, ErrorAnswer)
    except MalformedError:
        return ErrorAnswer(code="?")


def _busy(retry_after: str) -> Refusal:
    if not (retry_after.isascii() and retry_after.isdigit() and len(retry_after) < len("999999")):
        return BackOff(Problem.BUSY)
    return WaitFor(max(WAIT_MIN_MS, min(RETRY_AFTER_MAX_S, int(retry_after)) * 1_000), Problem.BUSY)
