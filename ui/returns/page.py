"""View and presenter of the returns screen put together, as the window opens it."""

from collections.abc import Callable

from pos_app.use_cases.till import Till
from ui.formats import Formats
from ui.keys import Command
from ui.returns.presenter import ReturnsPresenter
from ui.returns.view import ReturnsView
from ui.sale.ports import Background, Play, Printing


class ReturnsPage(ReturnsView):
    """The screen with its mind. ``leave`` goes back to the sale, with a code to take there; ``stir``: somebody is typing."""

    def __init__(
        self,
        till: Till,
        formats: Formats,
        *,
        background: Background,
        printing: Printing | None,
        play: Play,
        booked: Callable[[], None],
        stir: Callable[[], None],
        leave: Callable[[str], None],
    ) -> None:
        super().__init__(till.settings, formats)
        self.presenter = ReturnsPresenter(
            till,
            self,
            background=background,
            printing=printing,
            play=play,
            booked=booked,
            stir=stir,
            leave=leave,
        )
        self.asked.connect(self._command)
        self.row_touched.connect(self._mark)
        self.person_touched.connect(self._choose)

    def open(self, number: str) -> None:
        """Begin a return, with this receipt or by asking for one."""
        self.presenter.open(number)
        self.take_focus()

    def _command(self, command: Command, first: str) -> None:
        self.presenter.command(command, first)

    def _mark(self, row: int) -> None:
        self.presenter.mark(row)

    def _choose(self, number: int) -> None:
        self.presenter.choose(number)
