"""Where a till's reading of changes or of a snapshot stands, as text that it hands back without looking into it.

Letters, digits, full stops, hyphens and underscores only, so that it stands in an address as it is.
"""

import base64
import re

import msgspec

ACCOUNT, DOCUMENT, PERSONAL, END = "a", "d", "p", "z"
"""What a change is of, in the order in which changes of one number are read; ``END`` is behind all of them."""
_CHANGES = re.compile(r"(\d{1,18})\.(\d{1,19})\.([adpz])\.([A-Za-z0-9_-]{0,350})")
_SNAPSHOT = re.compile(r"(\d{1,18})\.(\d{1,19})\.s([ad])\.([A-Za-z0-9_-]{0,350})")


class Position(msgspec.Struct, frozen=True, order=True):
    """Everything up to this key, of this kind, among the changes of this number, has been read."""

    change_no: int = 0
    kind: str = END
    key: str = ""

    def cursor(self, hq_gen: int) -> str:
        """The position as a till keeps it, good in this generation of HQ."""
        return f"{hq_gen}.{self.change_no}.{self.kind}.{_packed(self.key)}"


class SnapshotPosition(msgspec.Struct, frozen=True):
    """All accounts, or documents, up to ``key`` have been read; changes are read on from behind ``changes_from``."""

    changes_from: int
    kind: str = ACCOUNT
    key: str = ""

    def cursor(self, hq_gen: int) -> str:
        """The position as a till keeps it, good in this generation of HQ."""
        return f"{hq_gen}.{self.changes_from}.s{self.kind}.{_packed(self.key)}"


def read_position(cursor: str, hq_gen: int) -> Position | None:
    """The position in a cursor of this generation; None for any other text."""
    match = _CHANGES.fullmatch(cursor)
    key = _unpacked(match[4]) if match else None
    if match is None or key is None or int(match[1]) != hq_gen or int(match[2]) >= 2**63:
        return None
    if match[3] == DOCUMENT and "/" not in key:
        return None
    return Position(int(match[2]), match[3], key)


def read_snapshot_position(cursor: str, hq_gen: int) -> SnapshotPosition | None:
    """The position in a snapshot's cursor of this generation; None for any other text."""
    match = _SNAPSHOT.fullmatch(cursor)
    key = _unpacked(match[4]) if match else None
    if match is None or key is None or int(match[1]) != hq_gen or int(match[2]) >= 2**63:
        return None
    return SnapshotPosition(int(match[2]), match[3], key)


def _packed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _unpacked(text: str) -> str | None:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return None if "\0" in key else key
