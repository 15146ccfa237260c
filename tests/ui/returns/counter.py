"""A counter without Qt: the returns presenter with a real till behind it, and what a cashier would have seen and heard."""

from collections.abc import Callable
from typing import Any

from devices.sounder import Tone
from pos_app.use_cases.till import Till
from tests.ui.sale.counter import Patience
from ui.keys import Command
from ui.returns.presenter import ReturnsPresenter
from ui.returns.screen import ReturnsScreen


class Counter:
    """A cashier's hands and eyes."""

    def __init__(self, till: Till, printing: Any = None, booked: Callable[[], None] | None = None) -> None:
        self.till = till
        self.screens: list[ReturnsScreen] = []
        self.patience = Patience()
        self.tones: list[Tone] = []
        self.left: list[str] = []
        self.bookings = 0
        self.presenter = ReturnsPresenter(
            till,
            self,
            background=self.patience,
            printing=printing,
            play=self.tones.append,
            booked=booked or self._count,
            stir=lambda: None,
            leave=self.left.append,
        )

    def show_screen(self, screen: ReturnsScreen) -> None:
        self.screens.append(screen)

    def _count(self) -> None:
        self.bookings += 1

    def open(self, number: str = "") -> ReturnsScreen:
        self.presenter.open(number)
        self.patience.deliver()
        return self.screen

    def scan(self, *codes: str) -> ReturnsScreen:
        for code in codes:
            self.presenter.scan(code)
        self.patience.deliver()
        return self.screen

    def press(self, command: Command, first: str = "") -> ReturnsScreen:
        self.presenter.command(command, first)
        self.patience.deliver()
        return self.screen

    @property
    def screen(self) -> ReturnsScreen:
        return self.screens[-1]

    @property
    def notice(self) -> str:
        return "" if self.screen.notice is None else self.screen.notice.code.value

    @property
    def problem(self) -> str:
        return "" if self.screen.problem is None else self.screen.problem.code

    @property
    def chosen(self) -> dict[int, int]:
        return {row.line_no: row.chosen_milli for row in self.screen.rows if row.chosen_milli}
