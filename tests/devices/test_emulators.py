"""The simulated devices do what the real ones do."""

import socket
from pathlib import Path

import pytest
import serial

from devices.emulators import PtyScanner, SocketPrinter
from pos_app.errors import DeviceError
from pos_app.settings import Scanner


def test_that_a_scan_is_prefix_code_and_suffix(tmp_path: Path) -> None:
    with PtyScanner(tmp_path, Scanner(prefix="\x02", suffix="\x03")) as gun, serial.Serial(gun.port, timeout=5) as port:
        gun.scan("A1")
        assert port.read(4) == b"\x02A1\x03"


def test_that_no_byte_is_changed_on_the_way(tmp_path: Path) -> None:
    sent = bytes(range(256))
    with PtyScanner(tmp_path) as gun, serial.Serial(gun.port, timeout=5) as port:
        gun.send(sent)
        assert port.read(256) == sent


def test_that_the_port_keeps_its_name_over_a_replug(tmp_path: Path) -> None:
    with PtyScanner(tmp_path) as gun:
        port = gun.port
        gun.unplug()
        assert not Path(port).exists()
        gun.replug()
        assert (gun.port, Path(port).exists()) == (port, True)
    assert not Path(port).is_symlink()


def test_that_a_scanner_that_nobody_reads_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.emulators._SEND_WAIT_S", 0.05)
    with PtyScanner(tmp_path) as gun, pytest.raises(DeviceError) as caught:
        gun.send(b"x" * 1_000_000)
    assert caught.value.code == "emulator.unread"


def ask(printer: SocketPrinter, number: int) -> bytes:
    with socket.create_connection((printer.host, printer.port), timeout=5) as client:
        client.sendall(b"\x10\x04" + bytes([number]))
        return client.recv(1)


def test_that_status_queries_are_answered_and_are_no_job() -> None:
    with SocketPrinter() as printer:
        answers = [ask(printer, number) for number in (1, 2, 3, 4)]
        printer.paper_out = printer.cover_open = True
        answers += [ask(printer, number) for number in (1, 2, 3, 4)]
        assert printer.jobs == []
    assert answers == [b"\x12"] * 4 + [b"\x1a", b"\x36", b"\x12", b"\x7e"]


def test_that_bytes_like_a_query_inside_a_job_stay_in_it() -> None:
    job = b"image\x10\x04\x01data"
    with SocketPrinter() as printer:
        with socket.create_connection((printer.host, printer.port)) as client:
            client.sendall(job)
        assert printer.wait_for_jobs(1) == [job]


def test_that_jobs_are_kept_in_a_folder(tmp_path: Path) -> None:
    with SocketPrinter(tmp_path / "jobs") as printer:
        for job in (b"one", b"two"):
            with socket.create_connection((printer.host, printer.port)) as client:
                client.sendall(job)
        printer.wait_for_jobs(2)
    files = sorted((tmp_path / "jobs").iterdir())
    assert [(file.name, file.read_bytes()) for file in files] == [("job-0001.bin", b"one"), ("job-0002.bin", b"two")]


def test_that_waiting_for_a_job_that_does_not_come_ends() -> None:
    with SocketPrinter() as printer, pytest.raises(TimeoutError, match="0 of 1"):
        printer.wait_for_jobs(1, timeout_ms=10)
