"""Killing a process between any two of its statements: from the kill on nothing that it does reaches the disk."""

from collections.abc import Callable
from typing import Any

import pysqlite3.dbapi2


class KilledError(BaseException):
    """The process is dead. Not an ``Exception``: nothing in the product may catch it and go on."""


class EndlessError(BaseException):
    """Something goes on and on: a defect of the product, which would hang for ever."""


class Fuse:
    """Blows at a statement that was chosen before. ``blown`` is called at that moment, to look at the disk as it is then."""

    def __init__(self, blown: Callable[[], None] = lambda: None) -> None:
        self._blown = blown
        self._left: int | None = None
        self._bound: int | None = None
        self.is_blown = False

    def light(self, statements: int) -> None:
        """The process dies after so many more statements have run."""
        self._left = statements

    def bound(self, statements: int | None) -> None:
        """What it does next ends within so many statements, or ``EndlessError`` is raised; None: there is no such bound."""
        self._bound = statements

    def put_out(self) -> None:
        """It lives on."""
        self._left = None

    def burn(self) -> None:
        """A statement is about to run; raises ``KilledError`` when the process is dead."""
        if self._bound is not None:
            self._bound -= 1
            if self._bound < 0:
                raise EndlessError
        if self._left is None:
            if self.is_blown:
                raise KilledError
            return
        if self._left == 0:
            self._left, self.is_blown = None, True
            self._blown()
            raise KilledError
        self._left -= 1

    def connect(self, *arguments: Any, **options: Any) -> "MortalConnection":
        """An SQLite connection of the process that this fuse can kill."""
        connection = MortalConnection(*arguments, **options)
        connection.fuse = self
        return connection


class MortalCursor(pysqlite3.dbapi2.Cursor):
    """A cursor that does nothing for a dead process."""

    def __init__(self, connection: "MortalConnection") -> None:
        super().__init__(connection)
        self._burn = connection.fuse.burn

    def execute(self, *arguments: Any) -> Any:
        """Run a statement."""
        self._burn()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        """Run a statement for each row."""
        self._burn()
        return super().executemany(*arguments)


class MortalConnection(pysqlite3.dbapi2.Connection):
    """A connection whose statements pass its process' fuse, in whatever way they are run."""

    fuse: Fuse

    def cursor(self, factory: Any = MortalCursor) -> Any:
        """A cursor."""
        return super().cursor(factory)

    def execute(self, *arguments: Any) -> Any:
        """Run a statement, through a cursor of the driver's own: the fuse is asked once."""
        self.fuse.burn()
        return super().cursor(pysqlite3.dbapi2.Cursor).execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        """Run a statement for each row."""
        self.fuse.burn()
        return super().cursor(pysqlite3.dbapi2.Cursor).executemany(*arguments)
