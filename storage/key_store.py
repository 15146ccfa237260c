"""The till's secrets: in the OS keystore where there is one, else each in a file that only this user may read.

The private key signs what the till says; the pepper goes into every PIN's hash, so that the database alone gives no PIN away.
"""

import base64
import binascii
import os
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import msgspec

from pos_app.errors import StorageError

_KEY_BYTES = 32


class Secret(msgspec.Struct, frozen=True):
    """One kind of secret of 32 bytes: its name in the keystore, its file beside the database, and what to do about a bad one."""

    service: str
    file_name: str
    todo: str


TERMINAL_KEY = Secret(
    "pos-app terminal key",
    "terminal.key",
    "Mend the file's rights, or move it away and enrol the till at headquarters again.",
)
PEPPER = Secret(
    "pos-app PIN pepper", "pin.pepper", "Mend the file's rights, or move it away and run `pos-app staff reset-pepper`."
)


class KeyPlace(StrEnum):
    """Where a secret lies; a file is the weaker place, and the doctor says so."""

    KEYSTORE = "keystore"
    FILE = "file"
    NONE = "none"


def load_or_create(folder: Path, create: Callable[[], bytes], *, secret: Secret = TERMINAL_KEY) -> bytes:
    """The secret of the till in ``folder``, 32 bytes; made with ``create`` and stored when there is none.

    Raises ``StorageError`` for a file that holds no key, or cannot be read or written.
    """
    key = load(folder, secret)
    if key is None:
        key = create()
        store(folder, key, secret)
    return key


def load(folder: Path, secret: Secret) -> bytes | None:
    """The secret, or None where there is none; raises ``StorageError`` as ``load_or_create`` does."""
    return _from_file(folder, secret) or _from_keystore(folder, secret)


def store(folder: Path, key: bytes, secret: Secret) -> None:
    """Keep this one in place of any before; raises ``StorageError``."""
    if _to_keystore(folder, key, secret):
        (folder / secret.file_name).unlink(missing_ok=True)
    else:
        _to_file(folder, key, secret)


def place(folder: Path, *, secret: Secret = TERMINAL_KEY) -> KeyPlace:
    """Where the secret of the till in ``folder`` lies."""
    if _from_file(folder, secret) is not None:
        return KeyPlace.FILE
    return KeyPlace.NONE if _from_keystore(folder, secret) is None else KeyPlace.KEYSTORE


def _from_file(folder: Path, secret: Secret) -> bytes | None:
    path = folder / secret.file_name
    try:
        return _decoded(path.read_bytes(), path.name, secret)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(f"The key file {path.name} cannot be read ({error.strerror}).", secret) from error


def _decoded(text: str | bytes, where: str, secret: Secret) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        raise _refused(f"What is in {where} is not a key.", secret)
    return key


def _to_file(folder: Path, key: bytes, secret: Secret) -> None:
    """Whole or not at all: a kill in the middle leaves no half key behind."""
    path = folder / secret.file_name
    half = path.with_suffix(".new")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(key))
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as error:
        raise _refused(f"The key file {path.name} cannot be written ({error.strerror}).", secret) from error


def _from_keystore(folder: Path, secret: Secret) -> bytes | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        text = keyring.get_password(secret.service, str(folder.resolve()))
    except KeyringError:
        return None
    return None if text is None else _decoded(text, "the system's keystore", secret)


def _to_keystore(folder: Path, key: bytes, secret: Secret) -> bool:
    """Whether the keystore has it now: read back, since one that was switched off takes everything and keeps nothing."""
    import keyring
    from keyring.errors import KeyringError

    text = base64.b64encode(key).decode()
    try:
        keyring.set_password(secret.service, str(folder.resolve()), text)
        return keyring.get_password(secret.service, str(folder.resolve())) == text
    except KeyringError:
        return False


def _refused(sentence: str, secret: Secret) -> StorageError:
    return StorageError("storage.key", what=sentence, safe="The till's sales are safe.", todo=secret.todo)
