"""Errors that people read: each says what happened, what is safe and what to do."""


class PosError(Exception):
    """An expected failure of the environment or of the input, never a bug of ours.

    ``code`` is stable and meant for programs; the three sentences are meant for the person at the till.
    """

    def __init__(self, code: str, *, what: str, safe: str, todo: str) -> None:
        super().__init__(f"{what} {safe} {todo}".strip())
        self.code = code
        self.what = what
        self.safe = safe
        self.todo = todo

    def __reduce__(self) -> tuple[object, ...]:
        # An exception is pickled by its positional arguments; a process pool must hand ours on whole.
        return _rebuilt, (type(self), self.code, self.what, self.safe, self.todo)


def _rebuilt(kind: type[PosError], code: str, what: str, safe: str, todo: str) -> PosError:
    return kind(code, what=what, safe=safe, todo=todo)


class SettingsError(PosError):
    """A settings file that cannot be used: a key or value is named."""


class ProgrammeError(PosError):
    """A programme document that cannot be used: file, line and reason are named."""


class InputError(PosError):
    """What a person typed or scanned is out of range or malformed; nothing was changed."""


class NotAllowedError(PosError):
    """Whoever is at the till may not do this, or nobody has signed in; nothing was changed."""


class StorageError(PosError):
    """The database cannot be opened or written; says whether the last sale is safe."""


class DeviceError(PosError):
    """A scanner, printer or drawer does not answer."""


class SyncError(PosError):
    """HQ is away, slow or answers what we cannot use."""
