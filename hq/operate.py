"""What the command line does with HQ: run it, make enrolment codes, read its totals."""

import ipaddress
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from sqlalchemy import Engine

from hq import backup, documents, enrolment, regions, reports, restoring
from hq.app import create_app
from hq.backup import begin_generation
from hq.booker import Booker
from hq.config import HqConfig
from hq.database import open_engine, prepare, said_to_people
from hq.metrics import FOLDER_VARIABLE, serve_metrics
from hq.retention import Forgotten, Retention
from hq.retention import retain as drop_old
from hq.terminals import revoke_terminal
from hq.workers import HqServer, refuse_too_many, run_workers, serve_here, uvicorn_config
from pos_app.errors import InputError, StorageError
from pos_app.loyalty.programme import decode_programme
from pos_app.protocol.messages import Document, DocumentKind
from pos_app.settings import STANDARD_MARGINS, Margins
from pos_app.use_cases.programme_checking import Remark, check_beside

DEFAULT_PORT = 8765
_BACKLOG = 256
_START_TIMEOUT_S = 20.0
_log = logging.getLogger(__name__)


class Serving(msgspec.Struct, frozen=True):
    """How HQ is to run: where it listens, in how many processes, and where its figures can be asked for.

    ``port`` 0 takes any free one. ``public_url`` is what receipts link to, by default this address. ``metrics_port`` None: nowhere.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str = ""
    workers: int = 1
    appliers: int = 1
    backlog_events_max: int = 200_000
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"


def serve(database_url: str, serving: Serving) -> None:
    """Run HQ until it is interrupted; creates and upgrades the tables.

    Raises ``StorageError`` for a database or an address that cannot be used, and ``InputError`` for a ``host`` that stands for every
    address while ``public_url`` is missing, or for several processes on SQLite.
    """
    if not serving.public_url and _is_wildcard(serving.host):
        raise InputError(
            "hq.public_url",
            what=f"Receipts would link to {serving.host or 'no address'}, which no customer's telephone can open.",
            safe="Nothing was changed.",
            todo=f"Say with --public-url how this computer is reached, for example http://192.168.1.10:{serving.port}.",
        )
    refuse_too_many(database_url, workers=serving.workers, appliers=serving.appliers)
    with opened(database_url) as engine, _listening(serving.host, serving.port) as listener, _measured(engine, serving):
        config = HqConfig(
            public_url=(serving.public_url or _url_of(listener)).rstrip("/"),
            backlog_events_max=serving.backlog_events_max,
        )
        if serving.workers > 1 or serving.appliers > 1:
            _log.info("hq.listening url=%s workers=%d", _url_of(listener), serving.workers)
            run_workers(database_url, listener, config, workers=serving.workers, appliers=serving.appliers)
        else:
            _serve_on(engine, listener, config)


@contextmanager
def _measured(engine: Engine, serving: Serving) -> Iterator[None]:
    """HQ's figures on a port of their own; several workers count into a folder for as long as the block runs."""
    if serving.metrics_port is None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="pos-app-hq-metrics-") as folder:
        if serving.workers > 1 or serving.appliers > 1:
            os.environ[FOLDER_VARIABLE] = folder
        server = serve_metrics(engine, port=serving.metrics_port, host=serving.metrics_host)
        _log.info("hq.metrics port=%d", server.port)
        try:
            yield
        finally:
            os.environ.pop(FOLDER_VARIABLE, None)
            server.stop()


def create_enrolment_code(
    database_url: str, store_id: str, *, store_name: str = "", terminal_number: int | None = None, region: str = ""
) -> str:
    """A one-time code for a till of this store, good for 15 minutes; ``terminal_number`` for a till that comes back.

    ``region`` is that of a new store.
    """
    with opened(database_url) as engine:
        return enrolment.create_enrolment_code(
            engine,
            store_id,
            now_ms=now_ms(),
            store_name=store_name,
            terminal_number=terminal_number,
            region=region,
        )


def move_store(database_url: str, store_id: str, region: str) -> int:
    """Put a store into a region; gives how many accounts came with it. Raises ``InputError``."""
    with opened(database_url) as engine:
        return regions.move_store(engine, store_id, region)


def list_stores(database_url: str) -> list[tuple[str, str]]:
    """Region and store of every store."""
    with opened(database_url) as engine:
        return regions.list_stores(engine)


def revoke(database_url: str, terminal_number: int) -> None:
    """Shut a till out; raises ``InputError`` if there is none of that number."""
    with opened(database_url) as engine, engine.begin() as connection:
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
    with opened(database_url) as engine:
        return begin_generation(engine)


def write_off_till(database_url: str, terminal_number: int) -> None:
    """Go on after a restore without a till that will not report; raises ``InputError`` if there is none of that number."""
    with opened(database_url) as engine:
        restoring.write_off(engine, terminal_number)


def tills_to_report(database_url: str) -> list[int]:
    """The numbers of the tills that HQ waits for since it was restored."""
    with opened(database_url) as engine, engine.connect() as connection:
        return restoring.waiting_for(connection)


def back_up(database_url: str, folder: Path) -> Path:
    """Write a backup and give its file."""
    with opened(database_url) as engine:
        return backup.back_up(engine, folder, now_ms=now_ms())


def verify_backup(database_url: str, path: Path, *, scratch_url: str = "") -> backup.Verified:
    """Read a backup back, and call durable what it holds."""
    with opened(database_url) as engine:
        return backup.verify(engine, path, scratch_url=scratch_url, now_ms=now_ms())


def restore_backup(database_url: str, path: Path) -> int:
    """Fill an empty database from a backup; gives the new generation."""
    engine = open_engine(database_url)
    try:
        with said_to_people():
            return backup.restore(engine, path)
    finally:
        engine.dispose()


def retain(database_url: str, retention: Retention) -> Forgotten:
    """Drop what is past its retention."""
    with opened(database_url) as engine:
        return drop_old(engine, retention, now_ms=now_ms())


def publish(
    database_url: str, kind: DocumentKind, path: Path, *, exponent: int = 2, margins: Margins = STANDARD_MARGINS
) -> int:
    """Publish a file to the tills; gives how many things in it are new or differ. ``exponent``: the decimals of prices in it.

    ``margins``: the bands that the margins of products are published by.
    """
    with opened(database_url) as engine:
        match kind:
            case DocumentKind.PRODUCT:
                return documents.publish_products(engine, path, exponent=exponent, margins=margins)
            case DocumentKind.PROGRAMME:
                return documents.publish_programme(engine, path)
            case DocumentKind.STAFF:
                return documents.publish_staff(engine, path)
            case DocumentKind.COUPON | DocumentKind.COUPON_SPENT | DocumentKind.SEED:
                raise AssertionError("coupons and seeds are made, and not read from a file")


def check_programme(database_url: str, path: Path, *, margins: Margins = STANDARD_MARGINS) -> tuple[Remark, ...]:
    """What is odd about a programme's file beside those that are published; raises ``ProgrammeError`` where they cannot run together."""
    others = [
        decode_programme((one.body or "").encode())
        for one in published(database_url)
        if one.kind == DocumentKind.PROGRAMME
    ]
    return check_beside(path, others, bands_percent=margins.bands_percent)


def published(database_url: str) -> tuple[Document, ...]:
    """Everything that is published."""
    with opened(database_url) as engine:
        return documents.published(engine)


def withdraw(database_url: str, kind: DocumentKind, key: str) -> None:
    """Take a published thing back; raises ``InputError`` where there is none of that name."""
    with opened(database_url) as engine:
        documents.withdraw(engine, kind, key)


def totals(database_url: str, *, whole_ledger: bool = True) -> reports.Totals:
    """HQ's totals; ``whole_ledger`` adds up every entry too."""
    with opened(database_url) as engine:
        return reports.totals(engine, whole_ledger=whole_ledger)


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
        config = config or HqConfig(public_url=url)
        app = create_app(engine, config, received=booker.wake)
        server = HqServer(uvicorn_config(app, config))
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


def _serve_on(engine: Engine, listener: socket.socket, config: HqConfig) -> None:
    """Serve and book in this process."""
    booker = Booker(engine)
    booker.start()
    try:
        _log.info("hq.listening url=%s", _url_of(listener))
        serve_here(engine, listener, config, received=booker.wake)
    finally:
        booker.stop()


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
def opened(database_url: str) -> Iterator[Engine]:
    """HQ's database for as long as the block runs, brought up to date; raises ``StorageError``."""
    engine = open_engine(database_url)
    try:
        with said_to_people():
            prepare(engine)
            yield engine
    finally:
        engine.dispose()


def now_ms() -> int:
    """HQ's clock: the wall clock of this computer, UTC."""
    return time.time_ns() // 1_000_000
