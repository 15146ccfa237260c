"""The loyalty engine beside rule engines that others use, and how it grows with rules and lines.

The references have an environment of their own, ``.venv-bench``, which ``make bench`` installs: they bring a web framework along that
nothing else here needs. What they can and cannot do is said in ``bench.oscar_offers`` and ``bench.zen_tables``.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec

_ROOT = Path(__file__).parent.parent
_PYTHON = _ROOT / ".venv-bench/bin/python"
_TIMEOUT_S = 1_800


def measure() -> list[dict[str, Any]]:
    """The rows; raises ``SystemExit`` where the references are not installed, and ``CalledProcessError`` where outputs differ."""
    if not _PYTHON.exists():
        raise SystemExit("The references are not installed: make .venv-bench/.ready")
    command = [str(_PYTHON), "-m", "bench.rule_engines_run"]
    ran = subprocess.run(
        command, cwd=_ROOT, env=dict(os.environ), stdout=subprocess.PIPE, check=True, timeout=_TIMEOUT_S
    )
    return msgspec.json.decode(ran.stdout, type=list[dict[str, Any]])
