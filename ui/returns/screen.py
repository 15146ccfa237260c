"""Everything that the returns screen shows at one moment, as frozen data: codes and whole numbers. The view makes words of it."""

from enum import StrEnum

import msgspec

from ui.keys import Command
from ui.sale import screen as sale
from ui.sale.screen import ApprovalPanel, Level, Problem, Values


class Stage(StrEnum):
    """What the screen is about."""

    ASKING = "asking"
    """Which receipt?"""
    LOOKING = "looking"
    CHOOSING = "choosing"
    """Which of its goods?"""
    UNKNOWN = "unknown"
    """Nobody can show the receipt."""
    UNSEEN = "unseen"
    """Which goods, without the receipt?"""
    DONE = "done"


class NoticeCode(StrEnum):
    """One sentence beside the entry; it stops nothing."""

    SCAN_RECEIPT = "scan_receipt"
    NOT_ON_RECEIPT = "not_on_receipt"
    ALL_BACK = "all_back"
    OTHER_RECEIPT = "other_receipt"
    NO_CARD_HERE = "no_card_here"
    NOT_A_NUMBER = "not_a_number"
    TYPE_QUANTITY_FIRST = "type_quantity_first"
    TYPE_PRICE_FIRST = "type_price_first"
    AT_MOST = "at_most"
    BY_THE_PIECE = "by_the_piece"
    OUT_OF_RANGE = "out_of_range"
    NOT_ABOVE_TODAY = "not_above_today"
    NOTHING_CHOSEN = "nothing_chosen"
    UNKNOWN_PRODUCT = "unknown_product"
    WEIGH_FIRST = "weigh_first"
    UNREADABLE = "unreadable"
    LINES_FULL = "lines_full"
    PANEL_OPEN = "panel_open"
    LOOKING = "looking"
    SAVING = "saving"
    HQ_AWAY = "hq_away"
    BACK_UNSEEN = "back_unseen"
    SAME_NUMBER = "same_number"


class Notice(msgspec.Struct, frozen=True):
    """A sentence beside the entry."""

    code: NoticeCode
    level: Level = Level.ATTENTION
    values: Values = {}


class Row(msgspec.Struct, frozen=True):
    """One line of the receipt, or one thing that came without it.

    ``bought_milli`` is what was sold (0 without the receipt), ``back_milli`` what came back before, ``chosen_milli`` what comes back
    now, and ``refund_minor`` what it was sold for. ``price_minor`` is the price of one.
    """

    line_no: int
    product_code: str
    name: str
    sold_by_weight: bool
    bought_milli: int
    back_milli: int
    chosen_milli: int
    price_minor: int
    refund_minor: int

    @property
    def left_milli(self) -> int:
        """What may come back yet."""
        return self.bought_milli - self.back_milli


class Figures(msgspec.Struct, frozen=True):
    """What the chosen goods come to. Points in units, >= 0; the meanings are those of ``returning.ClosedReturn``.

    ``by_card``: the sale was paid by card alone, so that is where the money belongs. ``has_account`` and ``knows_account``: there is
    a member, and this till knows them. ``is_unseen``: nobody can show the receipt, and ``is_settled_later``:
    headquarters will. ``has_receipt`` and ``has_goods``: one is open, and something of it is chosen.
    ``lowered_minor``: what the sale's contract owes less, and is not given back as money.
    """

    paid_back_minor: int = 0
    clawed_back_units: int = 0
    restored_units: int = 0
    overdraft_units: int = 0
    forgiven_units: int = 0
    lapsed_units: int = 0
    by_card: bool = False
    has_account: bool = False
    knows_account: bool = True
    is_unseen: bool = False
    is_settled_later: bool = False
    has_receipt: bool = False
    has_goods: bool = False
    lowered_minor: int = 0
    reclaimed_units: int = 0


class GivePanel(msgspec.Struct, frozen=True, tag=True):
    """The money goes back if the cashier says so once more. ``by_card``: to the card, with the terminal's reference."""

    amount_minor: int
    by_card: bool
    is_beside: bool


Panel = GivePanel | ApprovalPanel | None
AnyNotice = Notice | sale.Notice | None
"""A sentence of this screen, or one about the PIN of an approval."""


class Unknown(msgspec.Struct, frozen=True):
    """A receipt that nobody can show; ``word`` is what headquarters said (``finding_receipts.Word``).

    ``back`` is what came back here with this number before, unseen, as a list; empty for nothing.
    """

    number: str
    word: str
    back: str = ""


class Done(msgspec.Struct, frozen=True):
    """The return that was just booked; ``preview`` is its paper as plain text once it is rendered."""

    event_id: str
    receipt_number: str
    figures: Figures
    by_card: bool
    preview: str = ""


class ReturnsScreen(msgspec.Struct, frozen=True):
    """The whole screen. ``number`` is the receipt that goods come back with."""

    stage: Stage
    number: str
    rows: tuple[Row, ...]
    marked: int
    figures: Figures
    panel: Panel
    notice: AnyNotice
    problem: Problem | None
    unknown: Unknown | None
    done: Done | None
    commands: frozenset[Command]
