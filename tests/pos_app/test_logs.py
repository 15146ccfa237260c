"""Logs: one line a record, to standard error and a bounded file."""

import logging
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from pos_app import logs
from pos_app.errors import PosError


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_that_records_go_to_standard_error_and_to_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(folder=tmp_path / "logs")
    logging.getLogger("pos_app.test").info("receipt %s is printed", "001-01-0000001")
    expected = "INFO pos_app.test: receipt 001-01-0000001 is printed"
    assert expected in capsys.readouterr().err
    assert expected in (tmp_path / "logs" / "pos-app.log").read_text(encoding="utf-8")


def test_that_without_a_folder_only_standard_error_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(folder=None)
    logging.getLogger("pos_app.test").warning("мало бумаги")
    assert "WARNING pos_app.test: мало бумаги" in capsys.readouterr().err


def test_that_the_terminal_can_be_spared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(folder=tmp_path, to_terminal=False)
    logging.getLogger("pos_app.test").info("receipt 1 is printed")
    assert "" == capsys.readouterr().err
    assert "receipt 1 is printed" in (tmp_path / "pos-app.log").read_text(encoding="utf-8")


def test_that_a_folder_that_cannot_be_made_is_said_and_costs_no_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    logs.configure(folder=tmp_path / "logs")
    logging.getLogger("pos_app.test").info("receipt 1 is printed")
    said = capsys.readouterr().err
    assert "no log file is written" in said
    assert "receipt 1 is printed" in said


def test_that_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    logs.configure(folder=tmp_path)
    handler = next(h for h in logging.getLogger().handlers if isinstance(h, RotatingFileHandler))
    assert (1_000_000, 5) == (handler.maxBytes, handler.backupCount)


def test_that_libraries_that_chat_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(folder=None)
    logging.getLogger("httpx").info("HTTP Request: POST https://hq.example.org/v1/terminals/...")
    assert "" == capsys.readouterr().err


def test_that_a_scanned_code_is_logged_without_itself() -> None:
    assert "13 characters ending in 17" == logs.mask("2990000000017")


def test_that_an_error_says_three_sentences_and_has_a_code_for_programs() -> None:
    error = PosError("printer.offline", what="Printer is offline.", safe="The sale is saved.", todo="Reprint it.")
    assert "Printer is offline. The sale is saved. Reprint it." == str(error)
    assert "printer.offline" == error.code
