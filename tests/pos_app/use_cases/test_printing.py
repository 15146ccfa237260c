"""The print queue, with a printer on a socket. Printing never holds up a sale, and nothing is forgotten."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.emulators import SocketPrinter
from devices.printer import open_transport
from pos_app.errors import StorageError
from pos_app.model.receipts import PaymentKind
from pos_app.settings import Printer
from pos_app.use_cases.printing import PrintQueue
from pos_app.use_cases.quoting import Tender
from storage import journal, print_jobs
from tests.conftest import OpenShop
from tests.receipts.escpos_reader import BarCode, Printed, QrCode, read
from tests.shop import BOB, BREAD, TEA, TENDER, Shop

WAIT_MS = 10_000


@pytest.fixture
def printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SocketPrinter]:
    """A network printer that works."""
    monkeypatch.setenv("ESCPOS_CAPABILITIES_PICKLE_DIR", str(tmp_path))
    with SocketPrinter() as one:
        yield one


class Queue:
    """A running print queue, and what it reported."""

    def __init__(self, shop: Shop, printer: SocketPrinter | None) -> None:
        self.problems: list[str] = []
        self.shop = shop
        transport = None
        if printer is not None:
            transport = open_transport(Printer(kind="network", host=printer.host, port=printer.port, timeout_ms=500))
        self.prints = PrintQueue(shop.till, None if transport is None else transport.send, self.problems.append)
        self.prints.start()

    def settle(self) -> None:
        """Print what waits."""
        self.prints.wake()
        assert self.prints.wait_until_idle(WAIT_MS)

    def states(self) -> list[tuple[str, int, int]]:
        """State, attempts and whether it is a copy, of each job in order."""
        return self.shop.query("SELECT state, attempts, is_copy FROM print_job ORDER BY id")


@pytest.fixture
def queue(shop: Shop, printer: SocketPrinter) -> Iterator[Queue]:
    """A queue for the shop and the printer."""
    one = Queue(shop, printer)
    yield one
    one.prints.stop()


def text(job: bytes) -> str:
    return "\n".join(item.text for item in read(job) if isinstance(item, Printed))


def test_that_every_sale_and_return_is_printed_once(shop: Shop, printer: SocketPrinter, queue: Queue) -> None:
    sale = shop.sell(TEA, BREAD, card=BOB)
    queue.settle()
    shop.take_back(sale, line_1=1)
    queue.settle()
    first, second = printer.wait_for_jobs(2)
    assert sale.receipt_number in text(first)
    assert "13.33" in text(first)
    assert "RETURN" in text(second)
    assert sale.receipt_number in text(second), "the return names the sale"
    assert "COPY" not in text(first) + text(second)
    assert [sale.receipt_number] == [item.data for item in read(first) if isinstance(item, BarCode)]
    assert [("printed", 1, 0)] * 2 == queue.states()
    assert [] == queue.problems


def test_that_a_printer_that_is_off_costs_no_sale_and_the_receipt_can_be_repeated_as_a_copy(
    shop: Shop, printer: SocketPrinter, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    printer.refuse()
    sale = shop.sell(TEA)
    queue.settle()
    assert [("failed", 1, 0)] == queue.states()
    assert 1 == len(queue.problems)
    assert "The sale is saved." in queue.problems[0]
    assert {} == shop.bad_findings()
    assert f"receipt of event {sale.event_id} was not printed: printer.no_answer" in caplog.messages
    printer.accept()
    queue.prints.reprint(sale.event_id)
    queue.settle()
    assert "COPY" in text(printer.wait_for_jobs(1)[0])
    assert [("failed", 1, 0), ("printed", 1, 1)] == queue.states()
    assert "" == queue.problems[-1], "printing works again"
    assert 0 == shop.till.database.read(print_jobs.failed_jobs)


@pytest.mark.expects_log("was not printed: printer.paper_out")
def test_that_one_failure_does_not_stop_the_next_receipt(shop: Shop, printer: SocketPrinter, queue: Queue) -> None:
    printer.paper_out = True
    shop.sell(TEA)
    queue.settle()
    printer.paper_out = False
    shop.sell(BREAD)
    queue.settle()
    assert [("failed", 1, 0), ("printed", 1, 0)] == queue.states()
    assert "out of paper" in queue.problems[0]
    assert [""] == queue.problems[1:]


def test_that_a_receipt_that_cannot_be_laid_out_does_not_keep_the_others_back(
    shop: Shop, printer: SocketPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    sale = shop.sell(TEA, card=BOB)
    shop.sell(BREAD)
    shop.damage("UPDATE sale SET standing = '{}' WHERE event_id = ?", sale.event_id)
    queue = Queue(shop, printer)
    queue.settle()
    queue.prints.stop()
    assert [("failed", 1, 0), ("printed", 1, 0)] == queue.states()
    assert "cannot be laid out. The sale is saved." in queue.problems[0]
    assert [logging.ERROR] == [
        record.levelno for record in caplog.records if record.name == "pos_app.use_cases.printing"
    ]


@pytest.mark.expects_log("was not printed: settings.language_unknown")
def test_that_settings_that_cannot_be_printed_are_said(open_shop: OpenShop, printer: SocketPrinter) -> None:
    shop = open_shop(shop={"language": "xx"})
    queue = Queue(shop, printer)
    shop.sell(TEA)
    queue.settle()
    queue.prints.stop()
    assert "There are no receipts in the language 'xx'." in queue.problems[0]
    assert [("failed", 1, 0)] == queue.states()


def test_that_what_an_earlier_run_left_is_printed_at_the_start(shop: Shop, printer: SocketPrinter) -> None:
    numbers = [shop.sell(TEA).receipt_number for _ in range(3)]
    shop.reopen()
    queue = Queue(shop, printer)
    assert queue.prints.wait_until_idle(WAIT_MS)
    queue.prints.stop()
    jobs = printer.wait_for_jobs(3)
    assert [True] * 3 == [number in text(job) for number, job in zip(numbers, jobs, strict=True)]


def test_that_a_stopped_queue_leaves_the_rest_for_the_next_start(shop: Shop, printer: SocketPrinter) -> None:
    queue = Queue(shop, printer)
    queue.settle()
    queue.prints.stop()
    shop.sell(TEA)
    queue.prints.wake()
    assert [("waiting", 0, 0)] == queue.states()
    assert [] == printer.jobs


def test_that_a_queue_that_never_started_stops_at_once(shop: Shop) -> None:
    problems: list[str] = []
    PrintQueue(shop.till, None, problems.append).stop()
    assert [] == problems


def test_that_a_shop_without_a_printer_queues_and_forgets(shop: Shop) -> None:
    queue = Queue(shop, None)
    shop.sell(TEA)
    queue.settle()
    queue.prints.stop()
    assert [("printed", 1, 0)] == queue.states()


def test_that_a_queue_that_cannot_write_says_so_and_goes_on_when_it_can(
    shop: Shop, printer: SocketPrinter, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    shop.sell(TEA)
    rename = "ALTER TABLE print_job RENAME TO {}"
    shop.till.database.write(lambda c: c.exec_driver_sql(rename.format("elsewhere")))
    queue.settle()
    assert "no such table: print_job" in queue.problems[0]
    assert "the print queue cannot go on: storage.unavailable" in caplog.messages
    shop.till.database.write(lambda c: c.exec_driver_sql("ALTER TABLE elsewhere RENAME TO print_job"))
    queue.settle()
    assert [("printed", 1, 0)] == queue.states()
    assert "" == queue.problems[-1]


def test_that_many_sales_and_wakes_at_once_print_each_receipt_once(
    shop: Shop, printer: SocketPrinter, queue: Queue
) -> None:
    """Idle is said only when nothing is left, however the wakes fall."""
    for _ in range(5):
        shop.sell(TEA)
        threading.Thread(target=queue.prints.wake).start()
        queue.prints.wake()
        assert queue.prints.wait_until_idle(WAIT_MS)
        assert [] == shop.query("SELECT id FROM print_job WHERE state = 'waiting'")
    assert 5 == len(printer.wait_for_jobs(5))


def test_that_a_copy_of_nothing_is_refused(queue: Queue) -> None:
    with pytest.raises(StorageError):
        queue.prints.reprint("no-such-event")


def test_that_the_preview_is_the_receipt_as_text(shop: Shop, queue: Queue) -> None:
    assert None is queue.prints.last_receipt()
    sale = shop.sell(TEA, card=BOB, paid=(Tender(PaymentKind.CASH, 2000),))
    assert sale.event_id == queue.prints.last_receipt()
    preview = queue.prints.preview(sale.event_id)
    assert max(map(len, preview.splitlines())) <= 42
    for said in (sale.receipt_number, "Боб", "Tea", "10.00", "20.00", "30"):
        assert said in preview


def test_that_a_receipt_asks_for_an_answer_where_the_till_chose_it(
    shop: Shop, printer: SocketPrinter, queue: Queue
) -> None:
    shop.till.database.write(
        lambda c: journal.change_terminal(c, nps_url="https://hq.example.org", nps_key=bytes(range(32)))
    )
    shop.sell(TEA)
    queue.settle()
    codes = [item for item in read(printer.wait_for_jobs(1)[0]) if isinstance(item, QrCode)]
    assert 1 == len(codes)
    assert codes[0].data.startswith("https://hq.example.org/")


def test_that_beside_a_till_the_slip_says_what_to_deduct(open_shop: OpenShop, printer: SocketPrinter) -> None:
    shop = open_shop(TENDER, till={"mode": "beside"})
    shop.sell(*[TEA] * 10, card=BOB, paid=(), foreign="F-1")
    shop.wait(2 * 3_600_000)
    shop.sell(TEA, card=BOB, burn=40, paid=(), foreign="F-2")
    queue = Queue(shop, printer)
    queue.settle()
    queue.prints.stop()
    slip = text(printer.wait_for_jobs(2)[1])
    lines = slip.splitlines()
    deduct = lines.index("DEDUCT AT THE")
    assert "NOT A FISCAL DOCUMENT" in slip
    assert ["TILL", "€4.00"] == lines[deduct + 1].split()
    assert "F-2" in slip


def test_that_a_receipt_names_its_member_only_on_paper(shop: Shop, printer: SocketPrinter) -> None:
    """The name is joined when it is printed: it is in no row of the sale and in no event."""
    shop.sell(TEA, card=BOB)
    queue = Queue(shop, printer)
    queue.settle()
    queue.prints.stop()
    assert "Боб" in text(printer.wait_for_jobs(1)[0])
    assert [] == shop.query("SELECT 1 FROM sale WHERE standing LIKE '%Боб%'")
