"""How HQ says no: a status, a code, and sometimes when to come again."""

from pos_app.protocol.messages import ErrorAnswer, ErrorCode, encode_message

STATUS = {
    ErrorCode.MALFORMED: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.STALE: 401,
    ErrorCode.REVOKED: 403,
    ErrorCode.CODE_REFUSED: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.SLOW: 408,
    ErrorCode.GAP: 409,
    ErrorCode.FORK: 409,
    ErrorCode.FENCED: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UPGRADE: 426,
    ErrorCode.BUSY: 503,
}


class RefusedError(Exception):
    """A request that HQ does not serve. ``status`` overrides the code's own."""

    def __init__(
        self,
        code: ErrorCode,
        *,
        expected_seq: int | None = None,
        hq_time_ms: int = 0,
        status: int = 0,
        retry_after_s: int = 0,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.status = status or STATUS[code]
        self.body = encode_message(ErrorAnswer(code.value, expected_seq, hq_time_ms))
        self.headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
