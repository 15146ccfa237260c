"""The till's key: in the system's keystore, else in a file that only this user may read."""

import base64
import stat
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import null

from pos_app.errors import StorageError
from storage import key_store
from storage.key_store import KeyPlace

KEY = bytes(range(32))


class InMemory(KeyringBackend):
    """A keystore through the library's own door for new backends."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password


pytestmark = pytest.mark.usefixtures("no_keystore")


def never() -> bytes:
    raise AssertionError("there is a key")


def test_that_without_a_keystore_the_key_is_in_a_file_of_this_users_alone(tmp_path: Path) -> None:
    assert KeyPlace.NONE is key_store.place(tmp_path)
    assert KEY == key_store.load_or_create(tmp_path, lambda: KEY)
    assert KEY == key_store.load_or_create(tmp_path, never)
    assert KeyPlace.FILE is key_store.place(tmp_path)
    assert ["terminal.key"] == [path.name for path in tmp_path.iterdir()]
    assert 0o600 == stat.S_IMODE((tmp_path / "terminal.key").stat().st_mode)


def test_that_a_keystore_is_preferred_and_leaves_no_file(tmp_path: Path) -> None:
    keyring.set_keyring(InMemory())
    assert KEY == key_store.load_or_create(tmp_path, lambda: KEY)
    assert KEY == key_store.load_or_create(tmp_path, never)
    assert KeyPlace.KEYSTORE is key_store.place(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_that_each_folder_has_a_key_of_its_own(tmp_path: Path) -> None:
    keyring.set_keyring(InMemory())
    key_store.load_or_create(tmp_path, lambda: KEY)
    assert bytes(32) == key_store.load_or_create(tmp_path / "other", lambda: bytes(32))


@pytest.mark.parametrize("content", [b"", b"?????", base64.b64encode(KEY)[:20], base64.b64encode(KEY + b"x")])
def test_that_a_file_that_holds_no_key_is_refused_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "terminal.key").write_bytes(content)
    with pytest.raises(StorageError, match=r"terminal\.key is not a key") as refused:
        key_store.load_or_create(tmp_path, lambda: KEY)
    assert "storage.key" == refused.value.code
    assert content == (tmp_path / "terminal.key").read_bytes()


def test_that_a_damaged_entry_of_the_keystore_is_refused(tmp_path: Path) -> None:
    keystore = InMemory()
    keystore.set_password("pos-app terminal key", str(tmp_path.resolve()), "?")
    keyring.set_keyring(keystore)
    with pytest.raises(StorageError, match="What is in the system's keystore is not a key"):
        key_store.place(tmp_path)


def test_that_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "terminal.key").mkdir()
    with pytest.raises(StorageError, match=r"cannot be read \(Is a directory\)"):
        key_store.place(tmp_path)


def test_that_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be written \(No such file or directory\)"):
        key_store.load_or_create(tmp_path / "absent", lambda: KEY)


def test_that_a_kill_while_the_key_was_written_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "terminal.new").write_bytes(b"half of a k")
    assert KEY == key_store.load_or_create(tmp_path, lambda: KEY)
    assert ["terminal.key"] == [path.name for path in tmp_path.iterdir()]


def test_that_a_keystore_that_keeps_nothing_is_not_trusted(tmp_path: Path) -> None:
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]
    assert KEY == key_store.load_or_create(tmp_path, lambda: KEY)
    assert KEY == key_store.load_or_create(tmp_path, never)
    assert KeyPlace.FILE is key_store.place(tmp_path)
