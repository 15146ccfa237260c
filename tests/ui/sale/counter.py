"""A counter without Qt: the presenter with a real till behind it, and what a cashier would have seen and heard."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from devices.sounder import Tone
from pos_app.use_cases.till import Till
from ui.keys import Command
from ui.sale.presenter import SalePresenter
from ui.sale.screen import Screen

_WAIT_S = 10


class Tape:
    """A view that keeps every screen it was given."""

    def __init__(self) -> None:
        self.screens: list[Screen] = []

    def show_screen(self, screen: Screen) -> None:
        self.screens.append(screen)


class Patience:
    """A background that hands results over when the test says so, as the event loop would."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Future[Any], Callable[[Future[Any]], None]]] = []

    def watch(self, future: Future[Any], then: Callable[[Future[Any]], None]) -> None:
        self._waiting.append((future, then))

    def run(self, job: Callable[[], Any], then: Callable[[Future[Any]], None]) -> None:
        future: Future[Any] = Future()
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        self.watch(future, then)

    def deliver(self) -> None:
        """Hand over what is under way, and what that starts."""
        while self._waiting:
            future, then = self._waiting.pop(0)
            future.exception(_WAIT_S)
            then(future)


class Counter:
    """A cashier's hands and eyes."""

    def __init__(self, till: Till, printing: Any = None, booked: Callable[[], None] | None = None) -> None:
        self.till = till
        self.tape = Tape()
        self.patience = Patience()
        self.tones: list[Tone] = []
        self.bookings = 0
        self.presenter = SalePresenter(
            till,
            self.tape,
            background=self.patience,
            printing=printing,
            play=self.tones.append,
            booked=booked or self._count,
            amount_name="Goods",
        )
        self.presenter.start()

    def _count(self) -> None:
        self.bookings += 1

    def scan(self, *codes: str) -> Screen:
        for code in codes:
            self.presenter.scan(code)
        return self.screen

    def press(self, command: Command, first: str = "", second: str = "", third: str = "") -> Screen:
        self.presenter.command(command, first, second, third)
        return self.screen

    def finish(self, command: Command, first: str = "", second: str = "", third: str = "") -> Screen:
        """Press a key that books something, and wait for it."""
        self.press(command, first, second, third)
        self.patience.deliver()
        return self.screen

    @property
    def screen(self) -> Screen:
        return self.tape.screens[-1]

    @property
    def notice(self) -> str:
        return "" if self.screen.notice is None else self.screen.notice.code.value

    @property
    def problem(self) -> str:
        return "" if self.screen.problem is None else self.screen.problem.code
