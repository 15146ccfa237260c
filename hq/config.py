"""What HQ can be told when it starts."""

import msgspec


class HqConfig(msgspec.Struct, frozen=True):
    """HQ's few settings. ``public_url`` is where customers and tills reach it; the receipts' links begin with it.

    ``requests_max`` are served at once by each worker, and the bodies of ``bodies_max`` more may be on their way; a sender gets
    ``body_timeout_s`` for one at most, and ``head_timeout_s`` for what stands before it. Each worker has ``connections_max`` open at
    most, less where the system gives it fewer files. While more than ``backlog_events_max``
    events wait to be booked, tills are asked to send later.
    """

    public_url: str
    requests_max: int = 64
    bodies_max: int = 64
    body_timeout_s: float = 30.0
    head_timeout_s: float = 10.0
    connections_max: int = 4_096
    backlog_events_max: int = 200_000
