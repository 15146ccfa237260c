"""From what lies on the desk to what the screen shows."""

from collections.abc import Set as AbstractSet

from ui.keys import Command
from ui.returns.desk import Desk
from ui.returns.screen import ReturnsScreen, Stage
from ui.sale.screen import ApprovalPanel

_WITH_GOODS = frozenset({Stage.CHOOSING, Stage.UNSEEN})
_MOVES = frozenset({Command.UP, Command.DOWN})
_WITH_ROWS = frozenset({Command.CONFIRM, Command.BACK, Command.QUANTITY, Command.REMOVE}) | _MOVES
_BY_STAGE: dict[Stage, AbstractSet[Command]] = {
    Stage.ASKING: {Command.CONFIRM, Command.BACK},
    Stage.LOOKING: {Command.BACK},
    Stage.CHOOSING: _WITH_ROWS | {Command.RETURNS},
    Stage.UNKNOWN: {Command.CONFIRM, Command.BACK, Command.RETURNS},
    Stage.UNSEEN: _WITH_ROWS | {Command.PRICE},
    Stage.DONE: {Command.CONFIRM, Command.BACK},
}


def screen_of(desk: Desk) -> ReturnsScreen:
    """What is to be seen now."""
    return ReturnsScreen(
        stage=desk.stage,
        number=desk.number if desk.stage in _WITH_GOODS else "",
        rows=desk.rows(),
        marked=desk.marked,
        figures=desk.figures(),
        panel=desk.top_panel(),
        notice=desk.notice,
        problem=desk.problem,
        unknown=desk.unknown,
        done=desk.done,
        commands=frozenset(_commands(desk)),
    )


def _commands(desk: Desk) -> AbstractSet[Command]:
    """What can be asked for now: the other buttons are pale."""
    if desk.is_booking:
        return frozenset()
    if desk.problem is not None:
        return {Command.BACK}
    panel = desk.top_panel()
    if isinstance(panel, ApprovalPanel):
        return _MOVES | {Command.CONFIRM, Command.BACK}
    if panel is not None:
        other = set() if desk.is_beside else {Command.CASH if panel.by_card else Command.CARD}
        return {Command.CONFIRM, Command.BACK} | other
    possible = set(_BY_STAGE[desk.stage])
    if desk.stage in _WITH_GOODS and (desk.chosen_milli or desk.goods):
        possible |= {Command.FINISH} if desk.is_beside else {Command.CASH, Command.CARD}
    return possible
