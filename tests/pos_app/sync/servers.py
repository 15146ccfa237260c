"""Servers on real sockets that stand in for an HQ that is away, slow, mad, or somebody else."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from pos_app.protocol.messages import encode_message
from pos_app.protocol.signing import NONCE_HEADER, TERMINAL_HEADER, answer_to_sign, sign

Script = Callable[[socket.socket], None]


class Reply:
    """A script that depends on the request that it answers."""

    def __init__(self, to: "Callable[[Request], Script]") -> None:
        self.to = to


class Request(msgspec.Struct, frozen=True):
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server:
    """Answers each connection with the next script, the last one again and again; ``requests`` are what came."""

    def __init__(self, scripts: "tuple[Script | Reply, ...]") -> None:
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    request = read_request(connection)
                    if request is not None:
                        self.requests.append(request)
                        script = self._next_script()
                        (script.to(request) if isinstance(script, Reply) else script)(connection)
                except OSError:
                    continue

    def _next_script(self) -> "Script | Reply":
        return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]


@contextmanager
def serving(*scripts: Script | Reply) -> Iterator[Server]:
    """A server with these scripts for as long as the block runs."""
    server = Server(scripts)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def read_request(connection: socket.socket) -> Request | None:
    """A whole request; None when the client hangs up first."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        part = connection.recv(65536)
        if not part:
            return None
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


def answer(status: int, message: msgspec.Struct | bytes = b"", **headers: str) -> Script:
    """A whole answer."""
    body = message if isinstance(message, bytes) else encode_message(message)
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def signed(message: msgspec.Struct, private_key: bytes, *, status: int = 200, **headers: str) -> Reply:
    """A success, or another answer, that HQ signs for the till and the request that asked."""

    def to(request: Request) -> Script:
        body = encode_message(message)
        to_sign = answer_to_sign(
            terminal_id=request.headers[TERMINAL_HEADER.lower()], nonce=request.headers[NONCE_HEADER.lower()], body=body
        )
        signature = sign(private_key, to_sign).hex()
        return answer(status, body, X_Pos_Answer_Signature=signature, **headers)

    return Reply(to)


def raw(content: bytes) -> Script:
    """These bytes, then the end of the connection."""
    return lambda connection: connection.sendall(content)


def trickle(head: bytes, then: bytes, *, every_s: float, closing: threading.Event) -> Script:
    """``head`` at once, then one byte again and again."""

    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        while not closing.wait(every_s):
            connection.sendall(then)

    return script
