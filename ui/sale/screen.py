"""Everything that the sale screen shows at one moment, as frozen data: codes and whole numbers. The view makes words of it."""

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import PosError
from pos_app.loyalty.offering import RewardChoice
from pos_app.model.accounts import BalanceView
from pos_app.model.evaluation import NextStep, Reason
from pos_app.model.receipts import SaleLine
from pos_app.model.staff import Permission
from pos_app.use_cases.coupon_refusals import CouponRefusedError
from pos_app.use_cases.deeds import Deed
from pos_app.use_cases.quoting import Tender
from pos_app.use_cases.signing_in import Person
from pos_app.use_cases.views import ClosedSale, CouponLine
from ui.keys import Command

if TYPE_CHECKING:
    from pos_app.use_cases.explaining import Explained

Values = dict[str, int | str]
"""What a sentence is filled with. The ending of a name says how it is written: ``_minor``, ``_units``, ``_bp``, ``_milli``."""


class ProblemCode(StrEnum):
    """Why the line stopped, where the screen itself found it. Errors of the core have codes of their own."""

    UNKNOWN_PRODUCT = "scan.unknown_product"
    CHECK_DIGIT = "scan.check_digit"
    UNREADABLE = "scan.unreadable"
    NO_PRODUCT = "scan.no_product"
    EXPIRED = "scan.expired"
    WEIGHT_MISSING = "scan.weight_missing"
    RECEIPT = "scan.receipt"
    CLAIM_WITHOUT_CARD = "claim.without_card"
    LINES_FULL = "sale.lines"
    LOCKED = "sale.locked"
    SURPRISE = "program.surprise"


class Problem(msgspec.Struct, frozen=True):
    """A message over the screen that stops the line; ``english`` is the core's own what, safe and todo where it has them."""

    code: str
    values: Values = {}
    english: tuple[str, str, str] = ("", "", "")
    ignored_scans: int = 0


def problem_of(error: PosError) -> Problem:
    """The core's error as a message over the screen."""
    values = error.values if isinstance(error, CouponRefusedError) else {}
    return Problem(error.code, values, (error.what, error.safe, error.todo))


class NoticeCode(StrEnum):
    """One sentence beside the entry; it stops nothing."""

    TYPE_QUANTITY_FIRST = "type_quantity_first"
    TYPE_PRICE_FIRST = "type_price_first"
    TYPE_AMOUNT_FIRST = "type_amount_first"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    BY_THE_PIECE = "by_the_piece"
    NEXT_TIMES = "next_times"
    BASKET_EMPTY = "basket_empty"
    NO_LINE = "no_line"
    NO_CARD = "no_card"
    NO_CAUSE = "no_cause"
    NO_CONTRACT = "no_contract"
    PARTS_AGREED = "parts_agreed"
    CONTRACT_OVERDUE = "contract_overdue"
    CONTRACT_PAID = "contract_paid"
    CONTRACT_ENDED = "contract_ended"
    GIFT_ON = "gift_on"
    GIFT_OFF = "gift_off"
    GIFT_GONE = "gift_gone"
    GIFT_FOLLOWS = "gift_follows"
    GIFT_TYPE = "gift_type"
    GIFT_NOTHING = "gift_nothing"
    CARD_TAKEN_OFF = "card_taken_off"
    VOIDED = "voided"
    PANEL_OPEN = "panel_open"
    ENROLLED = "enrolled"
    BROUGHT_BY = "brought_by"
    BURN_TOO_MANY = "burn_too_many"
    BURN_STEPS = "burn_steps"
    BURN_LOWERED = "burn_lowered"
    BURN_SET = "burn_set"
    BURN_HELD = "burn_held"
    BURN_BY_LIMIT = "burn_by_limit"
    BURN_BY_LEASE = "burn_by_lease"
    BURN_REFUSED = "burn_refused"
    BURN_REFUSED_ALL = "burn_refused_all"
    NO_REWARDS = "no_rewards"
    REWARD_TAKEN = "reward_taken"
    REWARD_LEFT = "reward_left"
    REWARD_REFUSED = "reward_refused"
    COUPON_ON = "coupon_on"
    COUPON_IDLE = "coupon_idle"
    COUPON_OFF = "coupon_off"
    ASKING = "asking"
    ASKING_CARD = "asking_card"
    CARD_ANSWERED = "card_answered"
    DEED_CHOSEN = "deed_chosen"
    DEED_BOOKED = "deed_booked"
    CLAIMED = "claimed"
    CASH_TOO_LITTLE = "cash_too_little"
    CASH_TOO_MUCH = "cash_too_much"
    CARD_TOO_MUCH = "card_too_much"
    CARD_ZERO = "card_zero"
    REFERENCE_MISSING = "reference_missing"
    REFERENCE_IS_CARD = "reference_is_card"
    CARD_PART_TAKEN = "card_part_taken"
    CARD_PART_KEPT = "card_part_kept"
    FOREIGN_MISSING = "foreign_missing"
    FINISH_FIRST = "finish_first"
    COPY_QUEUED = "copy_queued"
    NO_RECEIPT = "no_receipt"
    NO_STAFF = "no_staff"
    SIGN_IN_FIRST = "sign_in_first"
    APPROVE_FIRST = "approve_first"
    TYPE_PIN = "type_pin"
    NOBODY_MAY = "nobody_may"
    UNLOCKED = "unlocked"
    SAVING = "saving"
    REFUSED = "refused"


class Level(StrEnum):
    """How loud a notice is."""

    INFO = "info"
    ATTENTION = "attention"


class Notice(msgspec.Struct, frozen=True):
    """A sentence beside the entry. ``english`` is what the core said, where it is the core that refused."""

    code: NoticeCode
    level: Level = Level.ATTENTION
    values: Values = {}
    reason: Reason | None = None
    error_code: str = ""
    english: str = ""


NOT_MORE_HERE = "burn.not_more_here"
"""The code of a limit that the engine does not know: this till may not let more of the balance be used just now."""


class BurnPanel(msgspec.Struct, frozen=True, tag=True):
    """Points can be typed. ``burnable`` is the most that this receipt accepts here and now, ``limit`` says what sets it."""

    balance_units: int
    burnable_units: int
    burnable_worth_minor: int
    limit: Reason
    suggested: str


class RewardsPanel(msgspec.Struct, frozen=True, tag=True):
    """What the member could take now, and behind it what can be noted of them; Enter does the one that is ``marked``.

    A reward that is taken is given up by it.
    """

    rewards: tuple[RewardChoice, ...]
    marked: int = 0
    deeds: tuple[Deed, ...] = ()

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rewards) + len(self.deeds)


class WhyPanel(msgspec.Struct, frozen=True, tag=True):
    """Why the sale gives what it gives: a page for each line, and the last one (0) for the whole receipt."""

    explained: "Explained"
    pages: tuple[int, ...]
    marked: int = 0


class EnrolPanel(msgspec.Struct, frozen=True, tag=True):
    """A fresh card can be enrolled. ``brought_by`` is the card of who brought the member; None where that does not matter."""

    card_number: str
    card_class: str
    brought_by: str | None = None


class CashPanel(msgspec.Struct, frozen=True, tag=True):
    """Cash can be typed. ``change_minor`` is None until enough is typed."""

    due_minor: int
    tenders: tuple[Tender, ...] = ()
    change_minor: int | None = None


class CardPanel(msgspec.Struct, frozen=True, tag=True):
    """A card payment can be typed: an amount (``suggested`` is all that is left) and the terminal's reference."""

    due_minor: int
    suggested: str
    tenders: tuple[Tender, ...] = ()


class ForeignPanel(msgspec.Struct, frozen=True, tag=True):
    """Beside a fiscal till: what to key there as a discount (rules' discounts and points), what it then asks for, and its
    receipt's number is wanted.
    """

    deduct_minor: int
    to_pay_minor: int


class VoidPanel(msgspec.Struct, frozen=True, tag=True):
    """The whole basket is to be dropped, if the cashier says so once more."""

    line_count: int


class PartsPanel(msgspec.Struct, frozen=True, tag=True):
    """The basket can be paid in parts: ``first_minor`` at once, and what is due when (ISO dates). Enter agrees."""

    first_minor: int
    rest: tuple[tuple[str, int], ...]


class PayPanel(msgspec.Struct, frozen=True, tag=True):
    """Money can be taken on a contract: an amount (``suggested`` is what is due), and a reference where a card pays."""

    contract_id: str
    number: str
    owed_minor: int
    overdue_minor: int
    next_due_on: str
    suggested: str
    event_id: str


class SignInPanel(msgspec.Struct, frozen=True, tag=True):
    """Somebody is to sign in: the one of ``people`` who is ``marked`` types a PIN. ``is_checking``: it is being checked."""

    people: tuple[Person, ...]
    marked: int = 0
    is_checking: bool = False


class ApprovalPanel(msgspec.Struct, frozen=True, tag=True):
    """Somebody of ``people`` is to allow what the cashier may not, by PIN; ``permission`` says what."""

    permission: Permission
    people: tuple[Person, ...]
    marked: int = 0
    is_checking: bool = False


Panel = (
    SignInPanel
    | ApprovalPanel
    | BurnPanel
    | RewardsPanel
    | WhyPanel
    | EnrolPanel
    | CashPanel
    | CardPanel
    | ForeignPanel
    | PartsPanel
    | PayPanel
    | VoidPanel
    | None
)


class MemberFacts(msgspec.Struct, frozen=True):
    """What the member's panel shows. ``earns_units``: by the basket as it is. ``pools``: what is there of stamps, tickets and the
    like, by name; what is owed of them is below 0. ``given_minor``: what they and the shop gave to each cause so far.
    ``contracts``: number, what is owed and what of it is overdue.
    """

    name: str
    card_number: str
    card_class: str
    balance: BalanceView
    spendable_units: int
    earns_units: int
    next_step: NextStep | None
    is_birthday: bool
    pools: tuple[tuple[str, int], ...] = ()
    given_minor: tuple[tuple[str, int], ...] = ()
    contracts: tuple[tuple[str, int, int], ...] = ()


class Totals(msgspec.Struct, frozen=True):
    """The box of totals: pieces (goods by weight count once), catalogue prices, what was taken off, points, what is to be paid.

    ``cash_to_pay_minor`` is rounded for coins.
    """

    item_count: int = 0
    gross_minor: int = 0
    discount_minor: int = 0
    burn_units: int = 0
    burn_worth_minor: int = 0
    to_pay_minor: int = 0
    cash_to_pay_minor: int = 0


class Remark(msgspec.Struct, frozen=True):
    """What is to be said of a line: who takes how much off it (a programme's name, minor units), and whether it cannot be sold so."""

    off_minor: tuple[tuple[str, int], ...] = ()
    is_locked: bool = False


class Receipt(msgspec.Struct, frozen=True):
    """The sale that was just booked; ``preview`` is its paper as plain text once it is rendered."""

    sale: ClosedSale
    preview: str = ""


class Screen(msgspec.Struct, frozen=True):
    """The whole screen. ``receipt`` is the last sale; ``is_done`` says that it has the stage, until something is scanned.

    ``staff_name`` is who is signed in, empty for nobody. ``remarks`` by the numbers of lines; ``tells`` is what programmes have the
    cashier say to this member, in the manager's own words. ``coupons`` stand below the lines, and are marked after them.
    """

    lines: tuple[SaleLine, ...]
    marked: int
    totals: Totals
    member: MemberFacts | None
    panel: Panel
    notice: Notice | None
    problem: Problem | None
    receipt: Receipt | None
    is_done: bool
    factor_milli: int | None
    commands: frozenset[Command]
    staff_name: str = ""
    remarks: dict[int, Remark] = {}
    tells: tuple[str, ...] = ()
    coupons: tuple[CouponLine, ...] = ()
