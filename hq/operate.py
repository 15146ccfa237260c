"""What the command line does with HQ: run it, make enrolment codes, read its totals."""

import ipaddress
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from sqlalchemy import Engine, update

from hq import enrolment, reports, tables
from hq.app import HqConfig, create_app
from hq.booker import Booker
from hq.database import open_engine, prepare, said_to_people
from hq.terminals import revoke_terminal
from pos_app.errors import InputError, StorageError

DEFAULT_PORT = 8765
_BACKLOG = 256
_START_TIMEOUT_S = 20.0
_log = logging.getLogger(__name__)


def serve(*, database_url: str, host: str = "127.0.0.1", port: int = DEFAULT_PORT, public_url: str = "") -> None:
    """Run HQ until it is interrupted; creates and upgrades the tables. ``port`` 0 takes any free one.

    ``public_url`` is what receipts link to, by default this address. Raises ``StorageError`` for a database or an address that
    cannot be used, and ``InputError`` for a ``host`` that stands for every address while ``public_url`` is missing.
    """
    if not public_url and _is_wildcard(host):
        raise InputError(
            "hq.public_url",
            what=f"Receipts would link to {host or 'no address'}, which no customer's telephone can open.",
            safe="Nothing was changed.",
            todo=f"Say with --public-url how this computer is reached, for example http://192.168.1.10:{port}.",
        )
    with _opened(database_url) as engine, _listening(host, port) as listener:
        _serve_on(engine, listener, public_url=public_url)


def create_enrolment_code(
    database_url: str, store_id: str, *, store_name: str = "", terminal_number: int | None = None
) -> str:
    """A one-time code for a till of this store, good for 15 minutes; ``terminal_number`` for a till that comes back."""
    with _opened(database_url) as engine:
        return enrolment.create_enrolment_code(
            engine, store_id, now_ms=_now_ms(), store_name=store_name, terminal_number=terminal_number
        )


def revoke(database_url: str, terminal_number: int) -> None:
    """Shut a till out; raises ``InputError`` if there is none of that number."""
    with _opened(database_url) as engine, engine.begin() as connection:
        if not revoke_terminal(connection, terminal_number):
            raise InputError(
                "hq.no_terminal",
                what=f"There is no till number {terminal_number}.",
                safe="Nothing was changed.",
                todo="`pos-app hq totals` lists the tills.",
            )


def declare_restored(database_url: str) -> int:
    """Say that the database was restored from a backup, before serving again; gives the new generation.

    Tills then fetch every account anew, and send again what the backup does not have.
    """
    with _opened(database_url) as engine, engine.begin() as connection:
        hq_gen = tables.headquarters.c.hq_gen
        grown: int = connection.execute(
            update(tables.headquarters).values(hq_gen=hq_gen + 1).returning(hq_gen)
        ).scalar_one()
        return grown


def totals(database_url: str) -> reports.Totals:
    """HQ's totals."""
    with _opened(database_url) as engine:
        return reports.totals(engine)


class RunningHq:
    """An HQ in threads of this process, on loopback."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.url = url


@contextmanager
def running(
    engine: Engine, *, port: int = 0, config: HqConfig | None = None, books: bool = True
) -> Iterator[RunningHq]:
    """HQ on loopback for as long as the block runs, on a prepared database: for demonstrations and tests.

    ``books``: whether the thread runs that moves the inbox into the ledger.
    """
    with _listening("127.0.0.1", port) as listener:
        url = _url_of(listener)
        booker = Booker(engine)
        app = create_app(engine, config or HqConfig(public_url=url), received=booker.wake)
        server = uvicorn.Server(_uvicorn_config(app))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="hq", daemon=True)
        thread.start()
        if books:
            booker.start()
        try:
            _wait_until_started(server, thread)
            yield RunningHq(engine, url)
        finally:
            server.should_exit = True
            thread.join()
            if books:
                booker.stop()


def _serve_on(engine: Engine, listener: socket.socket, *, public_url: str) -> None:
    booker = Booker(engine)
    booker.start()
    try:
        config = HqConfig(public_url=(public_url or _url_of(listener)).rstrip("/"))
        _log.info("hq.listening url=%s", _url_of(listener))
        app = create_app(engine, config, received=booker.wake)
        # uvicorn finishes what it is serving and then interrupts us as well.
        with suppress(KeyboardInterrupt):
            uvicorn.Server(_uvicorn_config(app)).run(sockets=[listener])
    finally:
        booker.stop()


def _uvicorn_config(app: object) -> uvicorn.Config:
    """No access log: the links of the question are secrets, and personal records pass here."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        lifespan="off",
        ws="none",
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline_s:
            raise RuntimeError("HQ did not start; its log says why.")
        time.sleep(0.01)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's algorithm only where the protocol is named; with it every answer would take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StorageError(
            "hq.address",
            what=f"HQ cannot listen on {host} port {port} ({error.strerror}).",
            safe="Nothing was changed.",
            todo="Stop what uses the port, or give another with --port.",
        ) from error
    with listener:
        yield listener


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_wildcard(host: str) -> bool:
    """Whether this stands for every address of the machine, however it is written (``0.0.0.0``, ``::``, ``0``, nothing)."""
    try:
        found = socket.getaddrinfo(host or None, 0, flags=socket.AI_PASSIVE)
    except OSError:
        return False  # listening on it will say what is wrong
    addresses = [str(address[0]).partition("%")[0] for *_, address in found]
    return any(ipaddress.ip_address(address).is_unspecified for address in addresses)


@contextmanager
def _opened(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    try:
        with said_to_people():
            prepare(engine)
            yield engine
    finally:
        engine.dispose()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
