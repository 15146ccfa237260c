"""What the presenter needs from around it."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

from devices.sounder import Tone
from ui.sale.screen import Screen

Result = TypeVar("Result")
Play = Callable[[Tone], None]


class View(Protocol):
    """The screen itself: it shows what it is given and decides nothing."""

    def show_screen(self, screen: Screen) -> None:
        """Show this in place of what was shown before."""


class Background(Protocol):
    """Work that must not hold up the screen. ``then`` is called on the screen's thread, with a future that is done."""

    def watch(self, future: Future[Result], then: Callable[[Future[Result]], None]) -> None:
        """Call ``then`` when ``future`` is done."""

    def run(self, job: Callable[[], Result], then: Callable[[Future[Result]], None]) -> None:
        """Run ``job`` on another thread, then call ``then``."""


class Printing(Protocol):
    """The print queue, as the screen uses it. The calls may read the database: they belong on another thread."""

    def reprint(self, event_id: str) -> None:
        """Queue a copy of a receipt."""

    def preview(self, event_id: str) -> str:
        """A receipt as plain text."""

    def last_receipt(self) -> str | None:
        """The newest receipt's event."""
