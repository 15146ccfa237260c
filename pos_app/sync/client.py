"""One signed HTTP call to HQ, with an end: by the wall clock, and by the size of the answer.

An HTTP client's time-outs are per read, so a server that sends a byte now and then holds a caller for ever. Here every
connect, read and write gets no more than what is left of the whole call's time.
"""

import secrets
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pos_app.errors import SyncError
from pos_app.protocol.messages import ANSWER_BYTES_MAX
from pos_app.protocol.signing import ANSWER_SIGNATURE_HEADER, NONCE_BYTES, RequestToSign, signed_headers
from pos_app.sync.decisions import HttpAnswer, Problem

if TYPE_CHECKING:
    from pos_app.sync.deadline import DeadlinePool
_TIME_MAX_MS = 2**53
_ANSWER_SIGNATURE = ANSWER_SIGNATURE_HEADER.lower().encode()


class CallFailedError(Exception):
    """No usable answer came. Whether HQ did what was asked is unknown, so ask again."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class HqClient:
    """Calls to one HQ over one connection. Use it from one thread, and close it.

    ``base_url`` is where HQ lives (a path in front is allowed). ``private_key`` signs. Raises ``SyncError`` for an address
    that cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        *,
        private_key: bytes,
        connect_timeout_ms: int = 3_000,
        call_timeout_ms: int = 30_000,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._base_url = _checked(base_url)
        self._private_key = private_key
        self._connect_timeout_s = connect_timeout_ms / 1000
        self._call_timeout_s = call_timeout_ms / 1000
        self._answer_bytes_max = answer_bytes_max
        self._pool: DeadlinePool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def call(self, method: str, path: str, *, terminal_id: str, time_ms: int, body: bytes = b"") -> HttpAnswer:
        """Sign and send one request, and read the whole answer, whatever its status.

        ``path`` begins with a slash and includes the query; ``time_ms`` is the time to sign by, brought into what the
        protocol can say: a clock that is far off then gets HQ's own time for an answer. Raises ``CallFailedError`` when no
        whole answer came in time.
        """
        import httpcore

        pool = self._opened()
        sayable_ms = min(max(time_ms, 0), _TIME_MAX_MS)
        request = RequestToSign(method, path, terminal_id, sayable_ms, secrets.token_hex(NONCE_BYTES), body)
        try:
            return self._exchange(pool, request)
        except httpcore.TimeoutException as error:
            raise CallFailedError(Problem.SLOW) from error
        except httpcore.NetworkError as error:
            raise CallFailedError(Problem.UNREACHABLE) from error
        except httpcore.ProtocolError as error:
            raise CallFailedError(Problem.UNREACHABLE if pool.was_cut_off else Problem.RUBBISH) from error

    def _exchange(self, pool: "DeadlinePool", request: RequestToSign) -> HttpAnswer:
        headers = {**signed_headers(self._private_key, request), "Accept-Encoding": "identity"}
        with pool.stream(
            request.method, self._base_url + request.path, headers=headers, content=request.body
        ) as response:
            content = bytearray()
            for part in response.iter_stream():
                content += part
                if len(content) > self._answer_bytes_max:
                    raise CallFailedError(Problem.RUBBISH)
            return HttpAnswer(
                response.status,
                bytes(content),
                retry_after=_header(response.headers, b"retry-after"),
                signature=_header(response.headers, _ANSWER_SIGNATURE),
                nonce=request.nonce,
            )

    def _opened(self) -> "DeadlinePool":
        if self._pool is None:
            from pos_app.sync.deadline import DeadlinePool

            self._pool = DeadlinePool(
                encrypted=self._base_url.startswith("https:"),
                connect_timeout_s=self._connect_timeout_s,
                call_timeout_s=self._call_timeout_s,
            )
        return self._pool


def _header(headers: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    for name, value in headers:
        if name.lower() == wanted:
            return value.decode("latin-1")
    return ""


def _checked(base_url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0 and base_url.isascii()
        usable = usable and bool((parts.hostname or "").encode("idna"))
    except ValueError:
        usable = False
    if not usable:
        raise SyncError(
            "sync.address",
            what=f"The address of headquarters cannot be used: {base_url}",
            safe="Sales are kept here.",
            todo="Correct hq.url in the settings; it looks like https://hq.example.org",
        )
    return base_url.rstrip("/")
