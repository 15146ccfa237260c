"""Where a till's reading of changes or of a snapshot stands, as text that it hands back without looking into it.

Letters, digits, full stops, hyphens and underscores only, so that it stands in an address as it is.
"""

import base64
import re

import msgspec

from hq.terminals import DEFAULT_REGION

ACCOUNT, DOCUMENT, END = "a", "d", "z"
"""What a change is of, in the order in which changes of one number are read; ``END`` is behind all of them."""
_PERSONAL = "p"
"""Of an older HQ, where holders changed apart from their accounts: whoever stood there reads the number again."""
_REGION = r"(?:\.([a-z0-9_-]{1,24}))?"
_CHANGES = re.compile(r"(\d{1,18})\.(\d{1,19})\.([adpz])\.([A-Za-z0-9_-]{0,350})" + _REGION)
_SNAPSHOT = re.compile(r"(\d{1,18})\.(\d{1,19})\.s([ad])\.([A-Za-z0-9_-]{0,350})" + _REGION)


class Position(msgspec.Struct, frozen=True, order=True):
    """Everything up to this key, of this kind, among the changes of this number, has been read."""

    change_no: int = 0
    kind: str = END
    key: str = ""

    def cursor(self, hq_gen: int, region: str) -> str:
        """The position as a till keeps it, good in this generation of HQ and for this region."""
        return f"{hq_gen}.{self.change_no}.{self.kind}.{_packed(self.key)}{_suffix(region)}"


class SnapshotPosition(msgspec.Struct, frozen=True):
    """All accounts, or documents, up to ``key`` have been read; changes are read on from behind ``changes_from``."""

    changes_from: int
    kind: str = ACCOUNT
    key: str = ""

    def cursor(self, hq_gen: int, region: str) -> str:
        """The position as a till keeps it, good in this generation of HQ and for this region."""
        return f"{hq_gen}.{self.changes_from}.s{self.kind}.{_packed(self.key)}{_suffix(region)}"


def read_position(cursor: str, hq_gen: int, region: str) -> Position | None:
    """The position in a cursor of this generation and region; None for any other text."""
    parts = _parts(_CHANGES, cursor, hq_gen, region)
    if parts is None or (parts[1] == DOCUMENT and "/" not in parts[2]):
        return None
    return Position(parts[0], "") if parts[1] == _PERSONAL else Position(*parts)


def read_snapshot_position(cursor: str, hq_gen: int, region: str) -> SnapshotPosition | None:
    """The position in a snapshot's cursor of this generation and region; None for any other text."""
    parts = _parts(_SNAPSHOT, cursor, hq_gen, region)
    return None if parts is None else SnapshotPosition(*parts)


def _parts(form: re.Pattern[str], cursor: str, hq_gen: int, region: str) -> tuple[int, str, str] | None:
    """Number, kind and key of a cursor of this form, generation and region."""
    match = form.fullmatch(cursor)
    key = _unpacked(match[4]) if match else None
    if match is None or key is None or int(match[1]) != hq_gen or int(match[2]) >= 2**63:
        return None
    return (int(match[2]), match[3], key) if (match[5] or DEFAULT_REGION) == region else None


def _suffix(region: str) -> str:
    """The default region is not named: cursors of before there were regions go on."""
    return "" if region == DEFAULT_REGION else f".{region}"


def _packed(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _unpacked(text: str) -> str | None:
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return None
    return None if "\0" in key else key
