"""Clients that do not behave, on bare sockets."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hq.operate import RunningHq

Found = TypeVar("Found")
WAIT_S = 20.0


def connect(hq: RunningHq) -> socket.socket:
    """A connection on which nothing was said yet."""
    host, port = hq.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=WAIT_S)


def head(length: int, *, method: str = "POST", path: str = "/n") -> bytes:
    """The head of a request with a body of that many bytes."""
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def status_of(connection: socket.socket) -> int:
    """The status of the answer; 0 when the other side hung up without one."""
    said = connection.recv(65536)
    return int(said.split(b" ")[1]) if said else 0


@contextmanager
def dawdling(hq: RunningHq, count: int, *, length: int = 1_000) -> Iterator[list[socket.socket]]:
    """So many senders that have promised a body and sent one byte of it."""
    senders = [connect(hq) for _ in range(count)]
    try:
        for sender in senders:
            sender.sendall(head(length) + b"c")
        yield senders
    finally:
        for sender in senders:
            sender.close()


def until(look: Callable[[], Found], is_it: Callable[[Found], bool]) -> Found:
    """What is looked for, as soon as it is there."""
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        found = look()
        if is_it(found):
            return found
    raise AssertionError("it never came")
