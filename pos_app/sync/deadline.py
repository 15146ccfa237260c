"""A network for httpcore whose every operation ends at one deadline. Slow to import: import it late."""

import ssl
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import httpcore

_WRITE_BYTES_MAX = 16 * 1024
_KEEP_ALIVE_S = 60.0


class Deadline:
    """The moment by the monotonic clock at which the running call must be over.

    ``ended`` says whether the other side closed the connection during the call.
    """

    def __init__(self) -> None:
        self._at_s = 0.0
        self.ended = False

    def set(self, *, call_timeout_s: float) -> None:
        """The call begins now and may take so long."""
        self._at_s = time.monotonic() + call_timeout_s
        self.ended = False

    def left_s(self, timeout_s: float | None) -> float:
        """What an operation may still take, at most ``timeout_s``; raises httpcore's time-out when nothing is left."""
        left = self._at_s - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The call took too long.")
        return left if timeout_s is None else min(left, timeout_s)


class DeadlineStream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline. Large writes go in pieces, since each piece may block."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, or none at the end of the stream."""
        part = self._stream.read(max_bytes, self._deadline.left_s(timeout))
        self._deadline.ended = not part
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        for start in range(0, len(buffer), _WRITE_BYTES_MAX):
            self._stream.write(buffer[start : start + _WRITE_BYTES_MAX], self._deadline.left_s(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        encrypted = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left_s(timeout))
        return DeadlineStream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the connection."""
        return self._stream.get_extra_info(info)


class DeadlineNetwork(httpcore.NetworkBackend):
    """Opens connections that end at the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._network = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A TCP connection."""
        left_s = self._deadline.left_s(timeout)
        stream = self._network.connect_tcp(host, port, left_s, local_address, socket_options)
        return DeadlineStream(stream, self._deadline)


class DeadlinePool:
    """One connection at a time, kept open between calls; the system's certificates decide whom to trust."""

    def __init__(self, *, encrypted: bool, connect_timeout_s: float, call_timeout_s: float) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._call_timeout_s = call_timeout_s
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            # Without a context httpcore reads the certificates, for nothing on plain HTTP.
            ssl_context=ssl.create_default_context() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            max_connections=1,
            keepalive_expiry=_KEEP_ALIVE_S,
            network_backend=DeadlineNetwork(self._deadline),
        )

    def stream(
        self, method: str, url: str, *, headers: dict[str, str], content: bytes
    ) -> AbstractContextManager[httpcore.Response]:
        """Begin a call: its time runs from here until the answer is read."""
        self._deadline.set(call_timeout_s=self._call_timeout_s)
        return self._pool.stream(
            method,
            url,
            headers=list(headers.items()),
            content=content,
            extensions={"timeout": {"connect": self._connect_timeout_s}},
        )

    @property
    def was_cut_off(self) -> bool:
        """Whether the other side closed the connection during the last call."""
        return self._deadline.ended

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()
