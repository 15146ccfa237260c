"""Logging set-up: one line a record, to standard error and a rotating file. No personal data is ever logged.

Log codes and ids (event ids, receipt numbers, account refs), never names, phones or card numbers: use ``mask`` for a code
that was scanned.
"""

import logging
import logging.handlers
import sys
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_FILE_BYTES_MAX = 1_000_000
_FILES_KEPT = 5


def configure(*, folder: Path | None, to_terminal: bool = True, level: int = logging.INFO) -> None:
    """Send our records to standard error and, where ``folder`` is given, to ``pos-app.log`` in it (5 files of 1 MB).

    A folder that cannot be written is no reason not to start: what then opens the database says what to do.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)] if to_terminal else []
    logging.basicConfig(level=level, format=_FORMAT, handlers=handlers, force=True)
    for chatty in ("httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if folder is not None:
        try:
            _log_to_file(folder)
        except OSError as error:
            logging.getLogger(__name__).warning("no log file is written: %s", error)


def _log_to_file(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "pos-app.log", maxBytes=_FILE_BYTES_MAX, backupCount=_FILES_KEPT, encoding="utf-8"
    )
    file.setFormatter(logging.Formatter(_FORMAT))
    logging.getLogger().addHandler(file)


def mask(code: str) -> str:
    """A scanned code as it may be logged: its length and last two characters.

    >>> mask("2990000000017")
    '13 characters ending in 17'
    """
    return f"{len(code)} characters ending in {code[-2:]}"
