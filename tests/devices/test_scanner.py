"""The scanner's thread on real pseudo terminals."""

import logging
import logging.handlers
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import serial

from devices.emulators import PtyScanner
from devices.scanner import SerialScanner
from pos_app.settings import Scanner

# Most of these tests break the line on purpose.
pytestmark = pytest.mark.expects_log("The scanner")

WAIT_S = 5


class Till:
    """What the scanner's thread calls; each call is waited for, never slept for."""

    def __init__(self) -> None:
        self.codes: queue.Queue[str] = queue.Queue()
        self.states: queue.Queue[bool] = queue.Queue()

    def code(self) -> str:
        return self.codes.get(timeout=WAIT_S)

    def state(self) -> bool:
        return self.states.get(timeout=WAIT_S)


def reader(port: str, till: Till, **changes: object) -> SerialScanner:
    settings = msgspec.structs.replace(Scanner(port=port, bounce_ms=0), **changes)
    return SerialScanner(settings, on_code=till.codes.put, on_state=till.states.put)


@pytest.fixture
def till() -> Till:
    return Till()


@pytest.fixture
def gun(tmp_path: Path) -> Iterator[PtyScanner]:
    with PtyScanner(tmp_path) as gun:
        yield gun


@pytest.fixture
def scanner(gun: PtyScanner, till: Till) -> Iterator[SerialScanner]:
    scanner = reader(gun.port, till, partial_timeout_ms=50)
    scanner.start()
    assert till.state() is True
    yield scanner
    scanner.stop()


@pytest.mark.usefixtures("scanner")
def test_that_scans_arrive_in_order(gun: PtyScanner, till: Till) -> None:
    gun.scan("]E05901234123457")
    gun.send(b"A1\r\nB2\r\nC")
    gun.send("Ж\r\n".encode())
    assert [till.code() for _ in range(4)] == ["]E05901234123457", "A1", "B2", "CЖ"]


@pytest.mark.usefixtures("scanner")
def test_that_a_cut_code_is_dropped_at_the_time_out(
    gun: PtyScanner, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    said: queue.Queue[logging.LogRecord] = queue.Queue()
    teller = logging.handlers.QueueHandler(said)
    logging.getLogger("devices.framing").addHandler(teller)
    gun.send(b"59012")
    said.get(timeout=WAIT_S)
    logging.getLogger("devices.framing").removeHandler(teller)
    gun.scan("A1")
    assert till.code() == "A1"
    assert "Dropped 5 bytes" in caplog.text
    assert "59012" not in caplog.text


def test_that_without_a_suffix_the_time_out_ends_a_code(gun: PtyScanner, till: Till) -> None:
    scanner = reader(gun.port, till, suffix="", partial_timeout_ms=30)
    scanner.start()
    till.state()
    gun.send(b"5901234123457")
    assert till.code() == "5901234123457"
    scanner.stop()


def test_that_a_bounce_at_the_port_is_one_scan(gun: PtyScanner, till: Till) -> None:
    scanner = reader(gun.port, till, bounce_ms=60_000)
    scanner.start()
    till.state()
    for code in ("A1", "A1", "B2"):
        gun.scan(code)
    assert [till.code(), till.code()] == ["A1", "B2"]
    scanner.stop()


def test_that_unplugging_is_told_and_replugging_goes_on(gun: PtyScanner, till: Till, scanner: SerialScanner) -> None:
    for code in ("A1", "B2"):
        gun.send(b"half a co")
        gun.unplug()
        assert till.state() is False
        gun.replug()
        assert till.state() is True
        gun.scan(code)
        assert till.code() == code
        assert scanner._retry_ms == 50  # the next replug is quick again
    assert till.states.empty()


def test_that_a_port_that_is_not_there_yet_is_waited_for(gun: PtyScanner, till: Till) -> None:
    gun.unplug()
    scanner = reader(gun.port, till)
    scanner.start()
    assert till.state() is False
    gun.replug()
    assert till.state() is True
    scanner.stop()


def test_that_a_port_that_stays_away_is_told_once(
    tmp_path: Path, till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries: queue.Queue[float] = queue.Queue()
    really_open = serial.Serial.open

    def count(port: serial.Serial) -> None:
        tries.put(time.monotonic())
        really_open(port)

    monkeypatch.setattr(serial.Serial, "open", count)
    scanner = reader(str(tmp_path / "nothing"), till)
    scanner.start()
    first, second, third, fourth = (tries.get(timeout=WAIT_S) for _ in range(4))
    scanner.stop()
    assert till.states.qsize() == len(caplog.records) == 1
    assert second - first < fourth - third  # quick at first, then slower


def test_that_a_bare_os_error_is_an_unplugged_port(
    gun: PtyScanner, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyserial's in_waiting raises it when the port goes between two calls; here it goes exactly then."""
    in_waiting = serial.Serial.in_waiting

    def vanish(port: serial.Serial) -> int:
        if unplug.is_set():
            unplug.clear()
            gun.unplug()
        return int(in_waiting.fget(port))  # type: ignore[attr-defined]

    unplug = threading.Event()
    monkeypatch.setattr(serial.Serial, "in_waiting", property(vanish))
    scanner = reader(gun.port, till)
    scanner.start()
    assert till.state() is True
    unplug.set()
    gun.send(b"5")
    assert till.state() is False
    gun.replug()
    assert till.state() is True
    scanner.stop()


def test_that_stop_ends_the_thread_and_frees_the_port(gun: PtyScanner, till: Till) -> None:
    before = threading.active_count()
    for _ in range(3):
        scanner = reader(gun.port, till, partial_timeout_ms=60_000)
        scanner.start()
        assert till.state() is True
        scanner.stop(timeout_ms=500)  # less than one wait for a byte
        assert threading.active_count() == before
    serial.Serial(gun.port, exclusive=True).close()


def test_that_stop_does_not_wait_for_the_next_try(tmp_path: Path, till: Till) -> None:
    scanner = reader(str(tmp_path / "nothing"), till)
    scanner.start()
    assert till.state() is False
    scanner.stop(timeout_ms=5_000)
    assert not scanner._thread.is_alive()


def test_that_a_scanner_never_started_can_be_stopped(gun: PtyScanner, till: Till) -> None:
    reader(gun.port, till).stop()


def test_that_a_second_reader_of_the_port_is_kept_out(gun: PtyScanner, till: Till, scanner: SerialScanner) -> None:
    second_till = Till()
    second = reader(gun.port, second_till)
    second.start()
    assert second_till.state() is False
    gun.scan("A1")
    assert till.code() == "A1"
    scanner.stop()
    assert second_till.state() is True
    second.stop()


def test_that_a_failing_receiver_does_not_end_the_scanning(
    gun: PtyScanner, till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    def receive(code: str) -> None:
        if code == "A1":
            raise ValueError(code)
        till.codes.put(code)

    scanner = SerialScanner(Scanner(port=gun.port), on_code=receive, on_state=till.states.put)
    scanner.start()
    till.state()
    gun.scan("A1")
    gun.scan("B2")
    assert till.code() == "B2"
    scanner.stop()
    assert [record.getMessage() for record in caplog.records] == ["The receiver of a scan failed: ValueError"]


def test_that_no_code_is_ever_logged(gun: PtyScanner, till: Till, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scanner = reader(gun.port, till, code_bytes_max=5)
    scanner.start()
    till.state()
    gun.scan("2990000000019")
    gun.scan("A1")
    assert till.code() == "A1"
    scanner.stop()
    assert "Dropped 13 bytes" in caplog.text
    assert "2990000000019" not in caplog.text


def test_that_no_descriptor_leaks_over_many_replugs(gun: PtyScanner, till: Till, scanner: SerialScanner) -> None:
    counts = []
    for _ in range(5):
        gun.unplug()
        till.state()
        gun.replug()
        till.state()
        gun.scan("A1")
        till.code()
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert len(set(counts)) == 1
