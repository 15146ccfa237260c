"""Jobs to printers: a real socket, a real pseudo terminal, real files."""

import contextlib
import os
import socket
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import serial

from devices.emulators import SocketPrinter
from devices.printer import (
    FileTransport,
    NetworkTransport,
    PrinterStatus,
    SerialTransport,
    Transport,
    _drain,
    open_transport,
    read_status,
)
from pos_app.errors import DeviceError
from pos_app.settings import Printer

# Most of these tests break the line on purpose.
pytestmark = pytest.mark.expects_log("The printer")

JOB = b"\x1b@" + bytes(range(256)) * 8 + b"\x1dV\x00"
MORE_THAN_BUFFERS_HOLD = b"x" * 12_000_000


@pytest.fixture
def printer() -> Iterator[SocketPrinter]:
    with SocketPrinter() as printer:
        yield printer


def network(printer: SocketPrinter, *, timeout_ms: int = 2000) -> NetworkTransport:
    return NetworkTransport(host=printer.host, port=printer.port, timeout_ms=timeout_ms)


def failure(transport: Transport, payload: bytes = JOB) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        transport.send(payload)
    return caught.value


def test_that_a_network_printer_gets_each_job_whole(printer: SocketPrinter) -> None:
    transport = network(printer)
    transport.send(JOB)
    transport.send(b"second")
    assert printer.wait_for_jobs(2) == [JOB, b"second"]


def test_that_a_printer_that_answers_no_status_gets_the_job(printer: SocketPrinter) -> None:
    printer.silent = True
    network(printer).send(JOB)
    assert printer.wait_for_jobs(1) == [JOB]


def test_that_a_printer_low_on_paper_prints_and_it_is_logged(
    printer: SocketPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    printer.paper_low = True
    network(printer).send(JOB)
    assert printer.wait_for_jobs(1) == [JOB]
    assert "low on paper" in caplog.text


def test_that_a_refused_connection_says_what_is_safe_and_what_to_do(printer: SocketPrinter) -> None:
    printer.refuse()
    error = failure(network(printer))
    assert (error.code, error.what, error.safe, error.todo) == (
        "printer.no_answer",
        f"The printer at 127.0.0.1:{printer.port} does not answer.",
        "The sale is saved.",
        "Check paper and cable, then print it again.",
    )


def test_that_a_printer_switched_on_again_prints(printer: SocketPrinter) -> None:
    printer.refuse()
    failure(network(printer))
    printer.accept()
    network(printer).send(JOB)
    assert printer.wait_for_jobs(1) == [JOB]


def test_that_a_printer_without_paper_gets_nothing_until_there_is_a_new_roll(printer: SocketPrinter) -> None:
    printer.paper_out = True
    error = failure(network(printer))
    assert (error.code, error.todo) == ("printer.paper_out", "Put in a new roll, then print it again.")
    assert printer.jobs == []
    printer.paper_out = False
    network(printer).send(JOB)
    assert printer.wait_for_jobs(1) == [JOB]


def test_that_an_open_cover_is_named(printer: SocketPrinter) -> None:
    printer.cover_open = True
    assert failure(network(printer)).code == "printer.cover_open"


def test_that_a_printer_that_stops_reading_ends_in_a_time_out(printer: SocketPrinter) -> None:
    printer.stalled = True
    began_s = time.monotonic()
    error = failure(network(printer, timeout_ms=200), MORE_THAN_BUFFERS_HOLD)
    assert error.code == "printer.no_answer"
    assert time.monotonic() - began_s < 5


def test_that_a_printer_that_hangs_up_in_the_middle_is_a_failed_job() -> None:
    def hang_up() -> None:
        connection, _ = listener.accept()
        connection.recv(3)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=hang_up)
        server.start()
        transport = NetworkTransport(host="127.0.0.1", port=listener.getsockname()[1], timeout_ms=1000)
        assert failure(transport, MORE_THAN_BUFFERS_HOLD).code == "printer.no_answer"
        server.join()


class PtyPrinter:
    """A serial printer on a pseudo terminal: keeps what it gets, answers each status query with ``status``."""

    def __init__(self, *, status: bytes | None) -> None:
        self._controller, self._terminal = os.openpty()
        tty.setraw(self._terminal)
        self.device = os.ttyname(self._terminal)
        self._status = status
        self._got = b""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # raised when the last terminal is closed and all is read
            while True:
                data = os.read(self._controller, 4096)
                if data.startswith(b"\x10\x04"):
                    data = data[3:]
                    if self._status is not None:
                        os.write(self._controller, self._status)
                self._got += data

    def close(self) -> bytes:
        """Everything it got."""
        os.close(self._terminal)
        self._thread.join(5)
        os.close(self._controller)
        return self._got


@pytest.mark.parametrize("status", [None, b"\x12"])
def test_that_a_serial_printer_gets_the_job_whole(status: bytes | None) -> None:
    printer = PtyPrinter(status=status)
    SerialTransport(device=printer.device, baud=115_200, timeout_ms=2000).send(JOB)
    assert printer.close() == JOB


def test_that_a_serial_printer_without_paper_gets_nothing() -> None:
    printer = PtyPrinter(status=b"\x72")
    error = failure(SerialTransport(device=printer.device, baud=115_200, timeout_ms=2000))
    assert error.what == f"The printer at {printer.device} is out of paper."
    assert printer.close() == b""


def test_that_a_serial_printer_that_takes_nothing_ends_in_a_time_out() -> None:
    controller, terminal = os.openpty()
    tty.setraw(terminal)
    began_s = time.monotonic()
    transport = SerialTransport(device=os.ttyname(terminal), baud=115_200, timeout_ms=200)
    assert failure(transport, b"x" * 1_000_000).code == "printer.no_answer"
    assert time.monotonic() - began_s < 5
    os.close(controller)
    os.close(terminal)


def test_that_a_serial_printer_that_another_program_holds_is_left_alone() -> None:
    printer = PtyPrinter(status=None)
    with serial.Serial(printer.device, exclusive=True):
        error = failure(SerialTransport(device=printer.device, baud=115_200, timeout_ms=200))
    assert error.code == "printer.no_answer"
    assert printer.close() == b""


class Line:
    """A serial port that is slow to send what it was given; a pseudo terminal sends at once and cannot show this."""

    def __init__(self, waiting: list[int]) -> None:
        self._waiting = waiting

    @property
    def out_waiting(self) -> int:
        return self._waiting.pop(0) if len(self._waiting) > 1 else self._waiting[0]


def test_that_a_slow_line_is_waited_for_as_long_as_it_moves() -> None:
    _drain(cast("serial.Serial", Line(list(range(20, -1, -1)))), timeout_s=0.1)  # takes twice the time-out


def test_that_a_line_that_stands_still_ends_in_a_time_out() -> None:
    with pytest.raises(TimeoutError):
        _drain(cast("serial.Serial", Line([20])), timeout_s=0.05)


def test_that_a_missing_serial_port_does_not_answer(tmp_path: Path) -> None:
    transport = SerialTransport(device=str(tmp_path / "nothing"), baud=9600, timeout_ms=200)
    assert failure(transport).what == f"The printer at {tmp_path / 'nothing'} does not answer."


def test_that_jobs_are_appended_to_a_file(tmp_path: Path) -> None:
    transport = FileTransport(path=str(tmp_path / "printer"), timeout_ms=200)
    transport.send(JOB)
    transport.send(b"second")
    assert (tmp_path / "printer").read_bytes() == JOB + b"second"


@pytest.mark.parametrize("path", ["/dev/full", "/nowhere/printer", ""])
def test_that_a_file_that_cannot_be_written_is_a_failed_job(path: str) -> None:
    assert failure(FileTransport(path=path, timeout_ms=200)).code == "printer.no_answer"


def test_that_a_device_file_that_takes_nothing_ends_in_a_time_out(tmp_path: Path) -> None:
    pipe = tmp_path / "lp0"
    os.mkfifo(pipe)
    transport = FileTransport(path=str(pipe), timeout_ms=200)
    assert failure(transport).code == "printer.no_answer"  # nobody has it open
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert failure(transport, b"x" * 1_000_000).code == "printer.no_answer"
    os.close(reading)


@pytest.mark.parametrize(
    ("paper", "cause", "expected"),
    [
        (b"\x12", b"\x12", PrinterStatus(paper_out=False, paper_low=False, cover_open=False)),
        (b"\x1e", b"\x12", PrinterStatus(paper_out=False, paper_low=True, cover_open=False)),
        (b"\x7e", b"\x32", PrinterStatus(paper_out=True, paper_low=True, cover_open=False)),
        (b"\x12", b"\x16", PrinterStatus(paper_out=False, paper_low=False, cover_open=True)),
        (b"\x12", b"", PrinterStatus(paper_out=False, paper_low=False, cover_open=False)),
        (b"\x00\x12", b"\x12", PrinterStatus(paper_out=False, paper_low=False, cover_open=False)),
        (b"", b"\x12", None),
        (b"\xff", b"\x12", None),
        (b"K", b"\x12", None),
    ],
)
def test_that_status_bytes_are_read_by_the_book(paper: bytes, cause: bytes, expected: PrinterStatus | None) -> None:
    replies = {b"\x10\x04\x04": paper, b"\x10\x04\x02": cause}
    assert expected == read_status(lambda query: replies[query])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Printer(), None),
        (Printer(kind="network", host="10.0.0.9"), NetworkTransport),
        (Printer(kind="serial", device="/dev/ttyS0"), SerialTransport),
        (Printer(kind="file", path="/dev/usb/lp0"), FileTransport),
    ],
)
def test_that_the_settings_choose_the_transport(settings: Printer, expected: type | None) -> None:
    transport = open_transport(settings)
    assert expected == (transport and type(transport))
