"""The network of a run: requests of the real client go to HQ's real application in this process, and meet seeded faults between.

Everything above the connection is the product's: signing, framing, checking the answer, giving up. Only the pool of connections
is another one.
"""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpcore
import msgspec

from pos_app.simulation.clocks import World
from pos_app.simulation.fuses import KilledError
from pos_app.simulation.options import HOUR_MS, FaultRates
from pos_app.sync.client import HqClient
from pos_app.sync.enrolment import ENROL_PATH

HQ_URL = "http://hq.simulation"
_BP = 10_000
_SICK_FACTOR = 12
_OK = 200
DELAY_MAX_MS = 6 * HOUR_MS
_STRANGERS = (
    (200, b"<html>Welcome to the hotel</html>", b"text/html"),
    (403, b"<html>Forbidden by the proxy</html>", b"text/html"),
    (502, b"Bad Gateway", b"text/plain"),
    (503, b"", b"text/plain"),
    (200, b"{}", b"application/json"),
)
Headers = list[tuple[bytes, bytes]]
Application = Callable[..., Any]


class WireRequest(msgspec.Struct, frozen=True):
    """A request as it is on the wire. ``target``: path and query."""

    method: str
    target: str
    headers: dict[str, str]
    content: bytes


class WireAnswer(msgspec.Struct, frozen=True):
    """An answer as it comes off the wire; what httpcore's has of the same names."""

    status: int
    headers: Headers
    content: bytes

    def iter_stream(self) -> Iterator[bytes]:
        """The body, in one part."""
        yield self.content


class HqDoor:
    """HQ's application and the loop that runs it. ``application`` is None while HQ is down."""

    def __init__(self) -> None:
        self.application: Application | None = None
        self.on_killed: Callable[[], None] = lambda: None
        self._loop = asyncio.new_event_loop()
        self._asked: asyncio.Queue[tuple[Application, WireRequest, asyncio.Future[WireAnswer]]] = asyncio.Queue()
        # One task for all requests: HQ's worker threads live as long as the task that first asked for one.
        self._server = self._loop.create_task(self._serve_all())

    def close(self) -> None:
        """End the loop and its threads."""
        self._server.cancel()
        self._loop.run_until_complete(asyncio.wait([self._server]))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def serve(self, request: WireRequest) -> WireAnswer:
        """What HQ answers; raises httpcore's errors where it cannot, or dies while it does."""
        if self.application is None:
            raise httpcore.ConnectError("HQ is down.")
        answer: asyncio.Future[WireAnswer] = self._loop.create_future()
        self._asked.put_nowait((self.application, request, answer))
        try:
            return self._loop.run_until_complete(answer)
        except KilledError:
            self.on_killed()
            raise httpcore.RemoteProtocolError("HQ died.") from None

    async def _serve_all(self) -> None:
        while True:
            application, request, answer = await self._asked.get()
            try:
                answer.set_result(await _asked(application, request))
            except Exception as error:  # noqa: BLE001 - whoever asked gets it
                answer.set_exception(error)
            except KilledError as error:
                answer.set_exception(error)


async def _asked(application: Application, request: WireRequest) -> WireAnswer:
    """One request by the rules of ASGI."""
    path, _, query = request.target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"content-length", str(len(request.content)).encode()),
            *((name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("hq.simulation", 80),
    }
    status, headers, content = 0, Headers(), bytearray()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": request.content, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", ()))
        else:
            content.extend(message.get("body", b""))

    await application(scope, receive, send)
    return WireAnswer(status, headers, bytes(content))


class Network:
    """Every line between a till and HQ. ``faults`` counts what was done to requests."""

    def __init__(self, world: World, door: HqDoor, rates: FaultRates, chance: random.Random) -> None:
        self.door = door
        self.faults: Counter[str] = Counter()
        self.is_healed = False
        self._world = world
        self._rates = rates
        self._chance = chance
        self._late: list[tuple[int, int, WireRequest]] = []
        self._number = 0

    @property
    def now_ms(self) -> int:
        """The true time."""
        return self._world.now_ms

    def heal(self) -> None:
        """No more faults; what is under way still arrives."""
        self.is_healed = True

    def deliver_late(self) -> None:
        """Hand over requests whose time has come, long after their sender gave up. Nobody hears the answers."""
        while self._late and self._late[0][0] <= self._world.now_ms:
            _at_ms, _number, request = heapq.heappop(self._late)
            self.faults["arrived late"] += 1
            self._unheard(request)

    def exchange(self, line: "Line", request: WireRequest) -> WireAnswer:
        """One request over one line; raises httpcore's errors."""
        if self.is_healed:
            return self.door.serve(request)
        if self._world.now_ms < line.away_until_ms:
            self.faults["line down"] += 1
            raise httpcore.ConnectError("The line is down.")
        fault = self._drawn(_SICK_FACTOR if self._world.now_ms < line.sick_until_ms else 1)
        if not fault:
            return self.door.serve(request)
        self.faults[fault] += 1
        return self._disturbed(fault, request)

    def _drawn(self, factor: int) -> str:
        """Which fault this request meets, mostly none."""
        number = self._chance.randrange(_BP)
        rates = self._rates
        for name, rate_bp in (
            ("lost request", rates.lost_request_bp),
            ("lost answer", rates.lost_answer_bp),
            ("doubled", rates.doubled_bp),
            ("delayed", rates.delayed_bp),
            ("truncated", rates.truncated_bp),
            ("tampered", rates.tampered_bp),
            ("tampered answer", rates.tampered_answer_bp),
            ("stranger", rates.stranger_bp),
        ):
            number -= rate_bp * factor
            if number < 0:
                return name
        return ""

    def _disturbed(self, fault: str, request: WireRequest) -> WireAnswer:
        match fault:
            case "lost request":
                raise httpcore.ReadTimeout("The request was lost.")
            case "lost answer":
                self.door.serve(request)
                raise httpcore.ReadTimeout("The answer was lost.")
            case "doubled":
                self._unheard(request)
                return self.door.serve(request)
            case "delayed":
                self._number += 1
                late_ms = self._world.now_ms + self._chance.randrange(1_000, DELAY_MAX_MS)
                heapq.heappush(self._late, (late_ms, self._number, request))
                raise httpcore.ReadTimeout("The request takes its time.")
            case "truncated":
                return self.door.serve(msgspec.structs.replace(request, content=self._cut(request.content)))
            case "tampered":
                return self.door.serve(msgspec.structs.replace(request, content=self._tampered(request.content)))
            case "tampered answer" if request.target != ENROL_PATH:
                # Only TLS keeps an enrolment's answer whole: the till does not know HQ's key yet.
                answer = self.door.serve(request)
                return msgspec.structs.replace(answer, content=self._tampered(answer.content))
            case _:
                status, content, kind = self._chance.choice(_STRANGERS)
                return WireAnswer(status, [(b"content-type", kind)], content)

    def _unheard(self, request: WireRequest) -> None:
        try:
            self.door.serve(request)
        except (httpcore.NetworkError, httpcore.ProtocolError):
            self.faults["arrived in vain"] += 1

    def _cut(self, content: bytes) -> bytes:
        return content[: self._chance.randrange(len(content))] if content else b"x"

    def _tampered(self, content: bytes) -> bytes:
        """One byte is another one."""
        if not content:
            return b"x"
        position = self._chance.randrange(len(content))
        changed = content[position] ^ self._chance.randrange(1, 256)
        return content[:position] + bytes([changed]) + content[position + 1 :]


class Line:
    """One till's line: when it is down, and when it is sick (most faults many times as likely)."""

    def __init__(self, network: Network) -> None:
        self.away_until_ms = 0
        self.sick_until_ms = 0
        self.failed_ms = -DELAY_MAX_MS
        """When something last kept HQ's answer from the till, or the answer was no answer."""
        self._network = network

    def is_up(self, now_ms: int) -> bool:
        """Whether requests go through at all."""
        return self._network.is_healed or (now_ms >= self.away_until_ms and self._network.door.application is not None)

    def client(self, base_url: str, *, private_key: bytes, **options: Any) -> HqClient:
        """A client of the product's own on this line."""
        return _SimulatedClient(base_url, private_key=private_key, line=self, **options)

    def exchange(self, request: WireRequest) -> WireAnswer:
        """One request."""
        faults = self._network.faults.total()
        is_good = False
        try:
            answer = self._network.exchange(self, request)
            is_good = answer.status == _OK and self._network.faults.total() == faults
            return answer
        finally:
            if not is_good:
                self.failed_ms = self._network.now_ms


class _LinePool:
    """In place of a pool of connections."""

    was_cut_off = True

    def __init__(self, line: Line) -> None:
        self._line = line

    def stream(
        self, method: str, url: str, *, headers: dict[str, str], content: bytes
    ) -> AbstractContextManager[WireAnswer]:
        """One call."""
        return self._answer(method, url, headers, content)

    @contextmanager
    def _answer(self, method: str, url: str, headers: dict[str, str], content: bytes) -> Iterator[WireAnswer]:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        yield self._line.exchange(WireRequest(method, target, headers, content))

    def close(self) -> None:
        """There is nothing to close."""


class _SimulatedClient(HqClient):
    """The product's client over a simulated line."""

    def __init__(self, base_url: str, *, line: Line, **options: Any) -> None:
        super().__init__(base_url, **options)
        self._line = line

    def _opened(self) -> Any:
        return _LinePool(self._line)
