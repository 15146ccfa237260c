"""The till's private key: in the OS keystore where there is one, else in a file that only this user may read."""

import base64
import binascii
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from pos_app.errors import StorageError

_SERVICE = "pos-app terminal key"
_FILE_NAME = "terminal.key"
_KEY_BYTES = 32


class KeyPlace(StrEnum):
    """Where the key lies; a file is the weaker place, and the doctor says so."""

    KEYSTORE = "keystore"
    FILE = "file"
    NONE = "none"


def load_or_create(folder: Path, create: Callable[[], bytes]) -> bytes:
    """The key of the till in ``folder``, 32 bytes; made with ``create`` and stored when there is none.

    Raises ``StorageError`` for a file that holds no key, or cannot be read or written.
    """
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
    try:
        return _decoded(path.read_bytes(), path.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(f"The key file {path.name} cannot be read ({error.strerror}).") from error


def _decoded(text: str | bytes, where: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise _refused(f"What is in {where} is not a key.")
    return key


def _to_file(folder: Path, key: bytes) -> None:
    """Whole or not at all: a kill in the middle leaves no half key behind."""
    path = folder / _FILE_NAME
    half = path.with_suffix(".new")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(key))
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise _refused(f"The key file {path.name} cannot be written ({error.strerror}).") from error


def _from_keystore(folder: Path) -> bytes | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        text = keyring.get_password(_SERVICE, str(folder.resolve()))
    except KeyringError:
        return None
    return None if text is None else _decoded(text, "the system's keystore")


def _to_keystore(folder: Path, key: bytes) -> bool:
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_SERVICE, str(folder.resolve()), base64.b64encode(key).decode())
    except KeyringError:
        return False
    return True


def _refused(sentence: str) -> StorageError:
    return StorageError(
        "storage.key",
        what=sentence,
        safe="The till's sales are safe.",
        todo="Mend the file's rights, or move it away and enrol the till at headquarters again.",
    )
