# What the project uses of the Complete Journey data: pandas frames, which it treats as opaque.

from collections.abc import Sequence
from typing import Any

def get_data(which: str | Sequence[str] | None = None) -> dict[str, Any]: ...
