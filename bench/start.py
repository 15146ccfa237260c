"""Starting the till with a million members against a bare window with SQLAlchemy imported: time and peak memory."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, median
from bench.scan_to_paint import MEMBERS_MANY, filled_folder
from devices.emulators import PtyScanner

_ROUNDS = 9
_SETTINGS = """\
[scanner]
port = "{port}"
[storage]
folder = "{folder}"
[till]
sound = false
"""


def measure() -> list[Figure]:
    """Both figures, from processes started in turns."""
    with TemporaryDirectory() as name, PtyScanner(Path(name)) as scanner:
        settings = Path(name) / "pos-app" / "settings.toml"
        settings.parent.mkdir()
        settings.write_text(
            _SETTINGS.format(port=scanner.port, folder=filled_folder(MEMBERS_MANY).resolve()), encoding="utf-8"
        )
        environment = {**os.environ, "XDG_CONFIG_HOME": name}
        runs = [(_run("bench.start_ours", environment), _run("bench.start_bare", environment)) for _ in range(_ROUNDS)]
    ours, bare = zip(*runs, strict=True)
    to_ms = 1000
    return [
        Figure(
            "start to a till ready to scan, 1 000 000 members, median",
            median([time_s for time_s, _ in ours]) * to_ms,
            median([time_s for time_s, _ in bare]) * to_ms,
            "ms",
            1.5,
        ),
        Figure(
            "peak memory of that",
            median([kilobytes for _, kilobytes in ours]) / 1024,
            median([kilobytes for _, kilobytes in bare]) / 1024,
            "MB",
            1.5,
        ),
    ]


def _run(module: str, environment: dict[str, str]) -> tuple[float, int]:
    """Seconds from the start of the process to its word, and its peak memory in KB."""
    begin_s = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module], stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        word = process.stdout.readline().split()
        time_s = time.perf_counter() - begin_s
        assert word[:1] == ["ready"], "the program came up"
        process.wait(timeout=30)
    return time_s, int(word[1])
