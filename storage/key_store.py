"""The till's private key: in the OS keystore where there is one, else in a file that only this user may read."""

import base64
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

_SERVICE = "pos-app terminal key"
_FILE_NAME = "terminal.key"
_KEY_BYTES = 32


class KeyPlace(StrEnum):
    """Where the key lies; a file is the weaker place, and the doctor says so."""

    KEYSTORE = "keystore"
    FILE = "file"
    NONE = "none"


def load_or_create(folder: Path, create: Callable[[], bytes]) -> bytes:
    """The key of the till in ``folder``, 32 bytes; made with ``create`` and stored when there is none."""
    key = _from_file(folder) or _from_keystore(folder)
    if key is None:
        key = create()
        if not _to_keystore(folder, key):
            _to_file(folder, key)
    return key


def place(folder: Path) -> KeyPlace:
    """Where the key of the till in ``folder`` lies."""
    if _from_file(folder) is not None:
        return KeyPlace.FILE
    return KeyPlace.NONE if _from_keystore(folder) is None else KeyPlace.KEYSTORE


def _from_file(folder: Path) -> bytes | None:
    path = folder / _FILE_NAME
    if not path.exists():
        return None
    key = base64.b64decode(path.read_bytes(), validate=True)
    return key if len(key) == _KEY_BYTES else None


def _to_file(folder: Path, key: bytes) -> None:
    descriptor = os.open(folder / _FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key))
        file.flush()
        os.fsync(file.fileno())


def _from_keystore(folder: Path) -> bytes | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        text = keyring.get_password(_SERVICE, str(folder.resolve()))
    except KeyringError:
        return None
    return None if text is None else base64.b64decode(text)


def _to_keystore(folder: Path, key: bytes) -> bool:
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_SERVICE, str(folder.resolve()), base64.b64encode(key).decode())
    except KeyringError:
        return False
    return True
