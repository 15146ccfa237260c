"""What an HQ holds, as one text to compare: nothing that was refused may change it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select

from hq import tables

_UNCOUNTED = {"last_contact_ms", "clock_drift_ms", "last_change_no"}
"""That a till was heard is written down however it is answered, so are nonces; and numbers of changes may be left out."""


def digests(engine: Engine) -> dict[str, str]:
    """A digest of each table's rows."""
    found = {}
    with engine.connect() as connection:
        for name, table in tables.metadata.tables.items():
            if name != "nonce":
                columns = [column for column in table.columns if column.name not in _UNCOUNTED]
                rows = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
                found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


@contextmanager
def without_effect(engine: Engine) -> Iterator[None]:
    """Nothing that happens in the block changes what HQ holds."""
    before = digests(engine)
    yield
    after = digests(engine)
    assert before == after, [name for name in before if before[name] != after[name]]
