"""Figures about HQ for Prometheus: how much, how late, how often. No names, no accounts, no secrets.

Those of HTTP are counted by each worker; with several workers ``prometheus_client`` adds them up in the folder that
``PROMETHEUS_MULTIPROC_DIR`` names. The others are read from the database when somebody asks, at most every ten seconds.
"""

import os
import time
from collections.abc import Iterable
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess, start_http_server
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, and_, case, func, literal, or_, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hq import tables
from hq.database import snapshot
from hq.restoring import waiting_for
from hq.terminals import waiting_events
from pos_app.errors import StorageError
from pos_app.model.identifiers import POOL_MARK

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_READ_EVERY_S = 10.0
_DRIFT_MS = 300_000
_CONTACT_HOURS = (1, 24, 72, 720)
_HOUR_MS = 3_600_000
_REGISTRY = CollectorRegistry()
REQUESTS = Counter("pos_hq_http_requests", "Requests by address and status", ["route", "status"], registry=_REGISTRY)
SECONDS = Histogram("pos_hq_http_seconds", "How long an answer took", ["route"], registry=_REGISTRY)
EVENTS = Counter(
    "pos_hq_events", "Events taken in, by what became of them at the door", ["outcome"], registry=_REGISTRY
)
APPLIED = Counter("pos_hq_events_applied", "Events booked into the ledger", registry=_REGISTRY)


class HttpMetrics:
    """Counts each request under the address as the program knows it, never as it was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        status = 500

        async def notice(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, notice)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            REQUESTS.labels(route, str(status)).inc()
            SECONDS.labels(route).observe(time.perf_counter() - started_s)


class DatabaseFigures(Collector):
    """What the database says of HQ. One who asks too often gets the figures of the last ten seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read_at_s = -_READ_EVERY_S
        self._figures: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """The figures, as gauges."""
        if time.monotonic() - self._read_at_s >= _READ_EVERY_S:
            with snapshot(self._engine) as connection:
                self._figures = list(read_figures(connection, now_ms=time.time_ns() // 1_000_000))
            self._read_at_s = time.monotonic()
        return self._figures


class MetricsServer:
    """Answers ``/metrics`` on a port of its own, from a thread, until it is stopped."""

    def __init__(self, server: WSGIServer, thread: Thread) -> None:
        self.port = int(server.server_port)
        self._server = server
        self._thread = thread

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_metrics(engine: Engine, *, port: int, host: str = "127.0.0.1") -> MetricsServer:
    """Begin to answer Prometheus; ``port`` 0 takes a free one. Raises ``StorageError`` for an address that cannot be used."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER_VARIABLE):
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_AsRegistered())
    registry.register(DatabaseFigures(engine))
    try:
        return MetricsServer(*start_http_server(port, addr=host, registry=registry))
    except OSError as error:
        raise StorageError(
            "hq.address",
            what=f"The figures cannot be offered on {host} port {port} ({error.strerror}).",
            safe="Nothing was changed.",
            todo="Give another port with --metrics-port.",
        ) from error


class _AsRegistered(Collector):
    """What this process counted."""

    def collect(self) -> Iterable[Metric]:
        """The figures so far."""
        return _REGISTRY.collect()


def read_figures(connection: Connection, *, now_ms: int) -> Iterable[Metric]:
    """The gauges of one moment. Nothing here reads the inbox, the entries or the sales as a whole."""
    terminal = tables.terminal.c
    sums = connection.execute(
        select(
            func.coalesce(func.sum(terminal.earlier_events + terminal.last_seq), 0),
            func.coalesce(func.sum(terminal.replay_differences), 0),
            func.coalesce(func.sum(terminal.stale_views), 0),
            func.coalesce(func.sum(case((func.abs(terminal.clock_drift_ms) > _DRIFT_MS, 1), else_=0)), 0),
        )
    ).one()
    yield _gauge("events_received_total", "Events of all tills", sums[0])
    yield _gauge("replay_differences", "Receipts that came out otherwise when computed again", sums[1])
    yield _gauge("stale_views", "Receipts that were rated on an outdated view", sums[2])
    yield _gauge("clock_drift_tills", "Tills whose clock is more than 300 s off", sums[3])
    yield _gauge("events_waiting", "Events that are not in the ledger yet", waiting_events(connection))
    yield _gauge("oldest_waiting_seconds", "How long the oldest of them has waited", _oldest_s(connection, now_ms))
    yield _gauge("restoring_tills", "Tills that HQ waits for since it was restored", len(waiting_for(connection)))
    yield _tills(connection, now_ms)
    yield _by("open_tasks", "Things for a person to look at", "code", _open_tasks(connection))
    yield _by("held_units", "Points held for sales under way", "issuer", _held(connection))
    yield _by("leased_units", "Points set aside for tills", "issuer", _leased(connection))
    yield _by("overdraft_units", "What was booked as overdraft", "cause", _overdraft(connection))


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"pos_hq_{name}", said, value=float(value))


def _by(name: str, said: str, label: str, values: Iterable[tuple[str, int]]) -> Metric:
    gauge = GaugeMetricFamily(f"pos_hq_{name}", said, labels=[label])
    for of, value in values:
        gauge.add_metric([of], float(value))
    return gauge


def _tills(connection: Connection, now_ms: int) -> Metric:
    """Tills by how long ago they were last heard."""
    terminal = tables.terminal.c
    silent_ms = now_ms - func.coalesce(terminal.last_contact_ms, terminal.enrolled_at_ms)
    steps = [(silent_ms <= hours * _HOUR_MS, literal(f"{hours}h")) for hours in _CONTACT_HOURS]
    label = case((terminal.revoked, literal("revoked")), *steps, else_=literal("longer"))
    counted = select(label.label("contact"), func.count()).select_from(tables.terminal).group_by("contact")
    return _by("tills", "Tills by their last contact", "last_contact_within", _pairs(connection, counted))


def _oldest_s(connection: Connection, now_ms: int) -> float:
    """By the first event that each till waits for: a look-up by key for each till that is behind."""
    terminal, inbox = tables.terminal.c, tables.inbox.c
    follows = and_(
        inbox.terminal_id == terminal.terminal_id,
        or_(
            and_(inbox.incarnation == terminal.applied_incarnation, inbox.seq == terminal.applied_seq + 1),
            and_(
                terminal.applied_incarnation < terminal.incarnation,
                inbox.incarnation == terminal.incarnation,
                inbox.seq == 1,
            ),
        ),
    )
    behind = or_(terminal.applied_seq != terminal.last_seq, terminal.applied_incarnation != terminal.incarnation)
    first = (
        select(func.min(inbox.received_at_ms)).select_from(tables.terminal.join(tables.inbox, follows)).where(behind)
    )
    oldest_ms = connection.execute(first).scalar_one()
    return 0.0 if oldest_ms is None else max(0, now_ms - oldest_ms) / 1000


def _open_tasks(connection: Connection) -> Iterable[tuple[str, int]]:
    task = tables.task.c
    return _pairs(connection, select(task.code, func.count()).where(task.done_at_ms.is_(None)).group_by(task.code))


def _held(connection: Connection) -> Iterable[tuple[str, int]]:
    hold = tables.hold.c
    return _pairs(
        connection, select(hold.issuer, func.sum(hold.units)).where(hold.state == "held").group_by(hold.issuer)
    )


def _leased(connection: Connection) -> Iterable[tuple[str, int]]:
    lease = tables.lease.c
    return _pairs(connection, select(lease.issuer, func.sum(lease.units)).where(lease.units > 0).group_by(lease.issuer))


def _overdraft(connection: Connection) -> Iterable[tuple[str, int]]:
    """Of points: units of other pools are no sum with them."""
    cause = tables.overdraft_cause.c
    of_points = ~cause.issuer.contains(POOL_MARK, autoescape=True)
    return _pairs(connection, select(cause.cause, func.sum(cause.units)).where(of_points).group_by(cause.cause))


def _pairs(connection: Connection, query: object) -> Iterable[tuple[str, int]]:
    return [(str(of), int(count)) for of, count in connection.execute(query)]  # type: ignore[call-overload]
