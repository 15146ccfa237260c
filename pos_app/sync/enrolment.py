"""Joining an HQ: a one-time code that a person typed, and the key that was made on this till."""

from collections.abc import Callable

from pos_app.errors import SyncError
from pos_app.protocol.messages import EnrolAnswer, EnrolRequest, encode_message
from pos_app.protocol.signing import public_key_of
from pos_app.sync.client import CallFailedError, HqClient
from pos_app.sync.decisions import WORDS, BackOff, Problem, WaitFor, decide_message

ENROL_PATH = "/v1/enrolments"
_CODE_REFUSED = 403


def enrol(
    base_url: str,
    *,
    code: str,
    private_key: bytes,
    time_ms: int,
    number_wish: int = 0,
    terminal_id: str | None = None,
    incarnation: int = 1,
    last_seq: int = 0,
    client_of: Callable[..., HqClient] = HqClient,
) -> EnrolAnswer:
    """Ask HQ to take this till; repeating it with the same code and key gives the same answer.

    ``number_wish`` is the terminal number to ask for, 0 for any. ``terminal_id``, ``incarnation`` and ``last_seq`` are those of the till's
    journal; ``EnrolAnswer`` says what to do when the answer has others. ``client_of`` makes the client of an address.
    Raises ``SyncError``; then nothing has changed here.
    """
    request = EnrolRequest(
        code=code.strip(),
        public_key=public_key_of(private_key),
        terminal_number_wish=number_wish,
        terminal_id=terminal_id,
        incarnation=incarnation,
        last_seq=last_seq,
    )
    with client_of(base_url, private_key=private_key) as client:
        try:
            answer = client.call("POST", ENROL_PATH, terminal_id="", time_ms=time_ms, body=encode_message(request))
        except CallFailedError as error:
            raise _failed(error.problem) from error
    if answer.status == _CODE_REFUSED:
        raise SyncError(
            "sync.code_refused",
            what="Headquarters refused the enrolment code: it is mistyped, used or older than 15 minutes.",
            safe="Nothing was changed.",
            todo="Make a new code at headquarters and type it again.",
        )
    decision = decide_message(answer, EnrolAnswer)
    match decision:
        case EnrolAnswer():
            return decision
        case BackOff(problem) | WaitFor(_, problem):
            raise _failed(problem)
        case _:
            raise _failed(Problem.RUBBISH)


def _failed(problem: Problem) -> SyncError:
    return SyncError(
        f"sync.{problem.value}", what=WORDS[problem], safe="Nothing was changed.", todo="Try again in a moment."
    )
