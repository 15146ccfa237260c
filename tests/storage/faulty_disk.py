"""A disk that writes down what SQLite does to it, and that can fail or kill at any one of those moments.

It is a VFS under the till's own SQLite library: the program above is unchanged, the files below are real. Every write, truncation,
sync and deletion passes here, is counted, and is recorded with its bytes. ``survivors`` then says what a power cut at any moment
would have left of a file.
"""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

SQLITE_IOERR = 10
SQLITE_FULL = 13
SQLITE_READONLY = 8
SQLITE_IOERR_WRITE = SQLITE_IOERR | 3 << 8
SQLITE_IOERR_FSYNC = SQLITE_IOERR | 4 << 8
SECTOR_BYTES = 512

_library = ctypes.CDLL(str(import_module("pysqlite3._sqlite3").__file__))
_Pointer = ctypes.c_void_p
_Write = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, ctypes.c_int, ctypes.c_int64)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_int)
# Names go through as the addresses that they came as: SQLite keeps them for as long as the file is open.
_Open = ctypes.CFUNCTYPE(
    ctypes.c_int, _Pointer, _Pointer, ctypes.POINTER(_Pointer), ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
_Delete = ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, _Pointer, ctypes.c_int)


class _Methods(ctypes.Structure):
    """``sqlite3_io_methods``, https://www.sqlite.org/c3ref/io_methods.html; what is not named here stays as it is."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", _Pointer),
        ("read", _Pointer),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        ("others", _Pointer * 13),
    )


class _Vfs(ctypes.Structure):
    """``sqlite3_vfs``, https://www.sqlite.org/c3ref/vfs.html."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("path_bytes_max", ctypes.c_int),
        ("next", _Pointer),
        ("name", ctypes.c_char_p),
        ("data", _Pointer),
        ("open", _Open),
        ("delete", _Delete),
        ("others", _Pointer * 14),
    )


_library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
_library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
_library.sqlite3_vfs_register.argtypes = [ctypes.POINTER(_Vfs), ctypes.c_int]
_library.sqlite3_vfs_unregister.argtypes = [ctypes.POINTER(_Vfs)]


class Operation(msgspec.Struct, frozen=True):
    """One thing that was done to a file: ``write``, ``truncate``, ``sync``, ``delete``, or a ``mark`` of the test's own."""

    kind: str
    file: str
    offset: int = 0
    data: bytes = b""


class FaultyDisk:
    """What the disk does. ``fail_at`` counts operations from 1 since ``arm``; ``forever``: all later ones fail too."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.count = 0
        self._fail_at = 0
        self._code = 0
        self._forever = False
        self._kill_at = 0

    def mark(self, name: str) -> None:
        """Note that something was acknowledged here."""
        self.operations.append(Operation("mark", name))

    def arm(self, *, fail_at: int = 0, code: int = SQLITE_IOERR_WRITE, forever: bool = False, kill_at: int = 0) -> None:
        """Count from now on, and fail with ``code``, or kill this process, at one operation (0: never)."""
        self.count, self._fail_at, self._code, self._forever, self._kill_at = 0, fail_at, code, forever, kill_at

    def meet(self, operation: Operation) -> int:
        """An operation is about to happen; gives SQLite's code for it, 0 to go on."""
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fail_at and (self.count == self._fail_at or (self._forever and self.count > self._fail_at)):
            return self._code
        self.operations.append(operation)
        return 0


class _Shim:
    """The VFS that stands before SQLite's own one. It is made once and lives as long as the process."""

    def __init__(self) -> None:
        self.disk: FaultyDisk | None = None
        self._original = _library.sqlite3_vfs_find(None)
        self._names: dict[int, str] = {}
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}
        self._of_file: dict[int, _Methods] = {}
        self._vfs = _Vfs.from_buffer_copy(self._original.contents)
        self._vfs.name, self._vfs.next = b"faulty", None
        self._vfs.open, self._vfs.delete = _Open(self._open), _Delete(self._delete)

    def install(self, disk: FaultyDisk) -> None:
        self.disk = disk
        _library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)

    def remove(self) -> None:
        self.disk = None
        _library.sqlite3_vfs_register(self._original, 1)

    def _open(self, _vfs: Any, name: int | None, file: Any, flags: int, out_flags: Any) -> int:
        code: int = self._original.contents.open(ctypes.cast(self._original, _Pointer), name, file, flags, out_flags)
        if code == 0 and name is not None and file.contents.value is not None:
            address = ctypes.cast(file, _Pointer).value or 0
            ours, theirs = self._methods_before(file.contents.value)
            self._names[address], self._of_file[address] = _name_at(name), theirs
            file.contents.value = ctypes.addressof(ours)
        return code

    def _methods_before(self, address: int) -> tuple[_Methods, _Methods]:
        if address not in self._methods:
            theirs = _Methods.from_address(address)
            ours = _Methods.from_buffer_copy(theirs)
            ours.write, ours.truncate, ours.sync = _Write(self._write), _Truncate(self._truncate), _Sync(self._sync)
            self._methods[address] = ours, theirs
        return self._methods[address]

    def _meet(self, kind: str, file: int, offset: int = 0, data: bytes = b"") -> int:
        return 0 if self.disk is None else self.disk.meet(Operation(kind, self._names[file], offset, data))

    def _write(self, file: int, data: int, amount: int, offset: int) -> int:
        failed = self._meet("write", file, offset, ctypes.string_at(data, amount))
        return failed or self._of_file[file].write(file, data, amount, offset)

    def _truncate(self, file: int, size: int) -> int:
        return self._meet("truncate", file, size) or self._of_file[file].truncate(file, size)

    def _sync(self, file: int, flags: int) -> int:
        return self._meet("sync", file) or self._of_file[file].sync(file, flags)

    def _delete(self, _vfs: Any, name: int, sync_folder: int) -> int:
        failed = 0 if self.disk is None else self.disk.meet(Operation("delete", _name_at(name)))
        return failed or self._original.contents.delete(ctypes.cast(self._original, _Pointer), name, sync_folder)


def _name_at(address: int) -> str:
    return Path(os.fsdecode(ctypes.string_at(address))).name


_shim = _Shim()


@contextmanager
def faulty_disk() -> Iterator[FaultyDisk]:
    """Every database that is opened in the block, and closed in it too, stands on this disk."""
    disk = FaultyDisk()
    _shim.install(disk)
    try:
        yield disk
    finally:
        _shim.remove()


def state_after(before: dict[str, bytes], operations: list[Operation]) -> dict[str, bytes]:
    """The files after these operations, all of them done."""
    files = {name: bytearray(content) for name, content in before.items()}
    for one in operations:
        match one.kind:
            case "write":
                content = files.setdefault(one.file, bytearray())
                content.extend(bytes(max(0, one.offset - len(content))))
                content[one.offset : one.offset + len(one.data)] = one.data
            case "truncate":
                del files.setdefault(one.file, bytearray())[one.offset :]
            case "delete":
                files.pop(one.file, None)
    return {name: bytes(content) for name, content in files.items()}


def synced(operations: list[Operation]) -> list[Operation]:
    """Those operations that a power cut right after the last one cannot undo: what came before its file's last sync."""
    last_sync = {one.file: number for number, one in enumerate(operations) if one.kind == "sync"}
    return [one for number, one in enumerate(operations) if number <= last_sync.get(one.file, -1)]


def torn(operations: list[Operation], *, keeps: Any) -> list[Operation]:
    """The same, and some sectors of what was not synced reached the disk all the same, in whatever order: ``keeps()`` says which."""
    safe = {id(one) for one in synced(operations)}
    left: list[Operation] = []
    for one in operations:
        if id(one) in safe:
            left.append(one)
        elif one.kind == "write":
            left += [sector for sector in _sectors(one) if keeps()]
        elif keeps():
            left.append(one)
    return left


def _sectors(write: Operation) -> Iterator[Operation]:
    start = write.offset
    end = write.offset + len(write.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield Operation("write", write.file, start, write.data[start - write.offset : stop - write.offset])
        start = stop
