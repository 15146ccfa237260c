"""The program's door."""

import os
import pty
import subprocess
import sys
from pathlib import Path

_OPEN_AND_LIST_KEPT_SOURCES = """\
import linecache, sys
sys.argv = ["pos-app"]
from pos_app.__main__ import main
try:
    main()
except SystemExit as end:
    heavy = ("sqlalchemy", "msgspec", "use_cases", "storage", "ui")
    kept = {part for name in linecache.cache for part in heavy if f"/{part}/" in name}
    print(end.code, [part for part in ("sqlalchemy", "msgspec", "ui.window") if part in sys.modules], sorted(kept))
"""


def test_that_opening_the_window_keeps_no_source_in_memory(tmp_path: Path) -> None:
    (tmp_path / "pos-app").mkdir()
    (tmp_path / "pos-app" / "settings.toml").write_text("[till]\nmode = 'nowhere'\n", encoding="utf-8")
    # What stands in the way of opening is said on a terminal, else in a window that somebody must close.
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", _OPEN_AND_LIST_KEPT_SOURCES],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
            check=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.stdout == "2 ['sqlalchemy', 'msgspec', 'ui.window'] []\n"
