"""HQ as several processes: some serve one listening socket together, some move the inbox into the ledger.

They share nothing but the database. A worker that dies takes the others down, so that whatever runs HQ (systemd) starts it anew.
"""

import logging
import multiprocessing
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from typing import Any

import msgspec
import uvicorn
from sqlalchemy import Engine, make_url

from hq.app import create_app
from hq.booker import Booker
from hq.config import HqConfig
from hq.connections import TimedProtocol, connections_possible, timed_protocol
from hq.database import open_engine
from pos_app.errors import InputError, StorageError

_STOP_TIMEOUT_S = 15.0
_LOOK_EVERY_S = 0.5
_log = logging.getLogger(__name__)


def refuse_too_many(database_url: str, *, workers: int, appliers: int) -> None:
    """SQLite has one writer: raises ``InputError`` where more are asked for."""
    if make_url(database_url).get_backend_name() == "sqlite" and (workers > 1 or appliers > 1):
        raise InputError(
            "hq.workers",
            what="SQLite lets one program write at a time.",
            safe="Nothing was changed.",
            todo="Leave out --workers and --appliers, or use PostgreSQL.",
        )


def run_workers(database_url: str, listener: socket.socket, config: HqConfig, *, workers: int, appliers: int) -> None:
    """Serve and book in processes of their own until this one is interrupted. Raises ``StorageError`` if one of them dies."""
    context = multiprocessing.get_context("spawn")
    logs = bool(logging.getLogger().handlers)
    processes: list[BaseProcess] = [
        *(context.Process(target=_serve, args=(database_url, listener, config, logs)) for _ in range(workers)),
        *(context.Process(target=_apply, args=(database_url, logs)) for _ in range(appliers)),
    ]
    with _stopping(processes), suppress(KeyboardInterrupt):
        for process in processes:
            process.start()
        while all(process.is_alive() for process in processes):
            time.sleep(_LOOK_EVERY_S)
        raise StorageError(
            "hq.worker",
            what="A worker of headquarters died; its log says why.",
            safe="What it has acknowledged is in the database.",
            todo="Start headquarters again.",
        )


def serve_here(engine: Engine, listener: socket.socket, config: HqConfig, *, received: Any = None) -> None:
    """Answer requests on this thread until the process is interrupted."""
    limited = msgspec.structs.replace(config, connections_max=connections_possible(config.connections_max))
    if limited.connections_max < config.connections_max:
        _log.warning("hq.few_files connections=%d wanted=%d", limited.connections_max, config.connections_max)
    app = create_app(engine, config) if received is None else create_app(engine, config, received=received)
    # uvicorn finishes what it is serving and then interrupts us as well.
    with suppress(KeyboardInterrupt):
        HqServer(uvicorn_config(app, limited)).run(sockets=[listener])


class HqServer(uvicorn.Server):
    """uvicorn's server, which at its end also lets go of the connections that it has accepted and not looked at yet."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, finish what is being served, and end."""
        protocol = self.config.http
        assert isinstance(protocol, type), "it is made for this server"
        assert issubclass(protocol, TimedProtocol), "it is made for this server"
        protocol.is_stopping = True
        await super().shutdown(sockets)


def uvicorn_config(app: object, config: HqConfig) -> uvicorn.Config:
    """No access log: the links of the question are secrets, and personal records pass here."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=timed_protocol(head_timeout_s=config.head_timeout_s, connections_max=config.connections_max),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        lifespan="off",
        ws="none",
    )


def _serve(database_url: str, listener: socket.socket, config: HqConfig, logs: bool) -> None:  # noqa: FBT001
    """One serving process, which logs if its parent does."""
    _begin_log(wanted=logs)
    engine = open_engine(database_url)
    serve_here(engine, listener, config)
    engine.dispose()


def _apply(database_url: str, logs: bool) -> None:  # noqa: FBT001
    """One booking process, which logs if its parent does."""
    _begin_log(wanted=logs)
    engine = open_engine(database_url)
    booker = Booker(engine)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: booker.end())
    booker.run()
    engine.dispose()


def _begin_log(*, wanted: bool) -> None:
    from pos_app import logs

    if wanted:
        logs.configure(folder=None)


@contextmanager
def _stopping(processes: Sequence[BaseProcess]) -> Iterator[None]:
    """End the processes with the block, gently at first. Being told to terminate ends the block."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        for process in processes:
            if process.is_alive():
                process.terminate()
        deadline_s = time.monotonic() + _STOP_TIMEOUT_S
        for process in processes:
            if process.pid is not None:
                process.join(max(0.0, deadline_s - time.monotonic()))
                if process.is_alive():
                    _log.error("hq.worker_killed pid=%s", process.pid)
                    process.kill()
