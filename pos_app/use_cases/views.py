"""What the use cases hand to a face (a screen, the command line): frozen data, no behaviour, no rows."""

from enum import StrEnum

import msgspec

from pos_app.model.accounts import BalanceView, Expiring, Member
from pos_app.model.evaluation import EngineResult, NextStep, Reason
from pos_app.model.policy import BurnBasis
from pos_app.model.products import Product
from pos_app.model.receipts import Payment, PaymentKind, SaleLine, TaxRow
from pos_app.use_cases.working import WorksNow


class BasketLine(msgspec.Struct, frozen=True):
    """One line before the sale is closed. ``override_minor`` is a price for the whole line in place of the catalogue's.

    ``batch`` and ``expires`` (ISO date) come from a GS1 code. ``price_on_label``: the override came with the code, from the shop's
    own scales, and nobody has to allow it. ``rounds_up``: money for a cause that follows the total of the rest.
    """

    product: Product
    quantity_milli: int = 1000
    override_minor: int | None = None
    batch: str = ""
    expires: str = ""
    price_on_label: bool = False
    rounds_up: bool = False


class Authorisation(msgspec.Struct, frozen=True):
    """The right to burn up to ``units`` of an account on one sale: HQ holds them, or the till may do it on its own."""

    auth_id: str
    account_ref: str
    units: int
    basis: BurnBasis


class BasketCoupon(msgspec.Struct, frozen=True):
    """A coupon on the basket: which, for which rule (``programme/rule``) of the programme ``name``, by what right.

    ``account_ref``: for that member only. ``auth_id``: what headquarters was asked to reserve it under, empty where it was not.
    """

    coupon_id: str
    rule: str
    name: str
    account_ref: str = ""
    auth_id: str = ""
    basis: BurnBasis = BurnBasis.LOCAL


class CouponTaken(msgspec.Struct, frozen=True):
    """A coupon can be put on the basket. ``needs_approval``: not before somebody allows it (``Permission.BURN_STEP_UP``, the subject is
    the coupon's id); ask again then, with its ``auth_id``.
    """

    coupon: BasketCoupon
    needs_approval: bool = False


class CouponLine(msgspec.Struct, frozen=True):
    """A coupon as the basket shows it: what it takes off, or why it gives nothing (``reason``). ``gives``: it will be used up.

    ``is_theirs`` is false for a coupon of another member than the one whose card is on the sale.
    """

    coupon_id: str
    name: str
    off_minor: int
    gives: bool
    is_theirs: bool = True
    reason: Reason | None = None


class BurnAnswer(msgspec.Struct, frozen=True):
    """What became of the wish to burn ``asked_units``. ``authorisation`` is None where it was refused or a manager must agree.

    ``refusal`` is a stable code, empty where it may be burned; ``most_units`` is how many may be burned instead. ``needs_approval``:
    ask a manager (``Permission.BURN_STEP_UP``, the subject is ``auth_id``) and then again.
    """

    asked_units: int
    auth_id: str = ""
    authorisation: Authorisation | None = None
    refusal: str = ""
    most_units: int = 0
    needs_approval: bool = False


class Basket(msgspec.Struct, frozen=True):
    """An open basket. ``event_id`` is minted when it opens; ``member`` is None until a card is scanned.

    ``authorisation``: by what right ``burn_units`` are burned, where the till does not decide by itself. ``takes``: the rewards
    (``programme/rule``) that the member asks for; the points that they cost want the same right. ``card_after_lines``: how many lines
    there were when the member came; ``card_while_paying``: the customer had been asked to pay these goods by then.
    """

    event_id: str
    lines: tuple[BasketLine, ...] = ()
    member: Member | None = None
    burn_units: int = 0
    authorisation: Authorisation | None = None
    takes: tuple[str, ...] = ()
    card_after_lines: int = 0
    card_while_paying: bool = False
    coupons: tuple[BasketCoupon, ...] = ()


class Standing(msgspec.Struct, frozen=True):
    """How a member stands after a receipt, as paper says it: class, balance, and what is missing to the next step.

    ``pools``: what is available of each pool other than points, by its unit; ``pool_ends``: which of it ends first, and when.
    """

    card_class: str
    balance: BalanceView
    next_step: NextStep | None
    pools: dict[str, int] = {}
    pool_ends: dict[str, Expiring] = {}


class Quote(msgspec.Struct, frozen=True):
    """A basket evaluated: what the screen shows and what closing it will book, to the last unit.

    ``total_minor``: the sum of the lines after burning as price reduction. ``to_pay_minor``: less what points pay as tender.
    ``cash_to_pay_minor``: the same rounded to the cash step. ``gross_minor``: at catalogue prices; ``discount_minor``: what overrides
    and rules take off them.
    """

    lines: tuple[SaleLine, ...]
    result: EngineResult
    tax: tuple[TaxRow, ...]
    gross_minor: int
    discount_minor: int
    total_minor: int
    to_pay_minor: int
    cash_to_pay_minor: int

    @property
    def deduct_minor(self) -> int:
        """What a fiscal till beside us has to take off its own prices: the rules' discounts and what points pay."""
        return self.result.discount_minor + self.result.burn_worth_minor


class ClosedSale(msgspec.Struct, frozen=True):
    """A sale that is in the ledger: COMMIT has happened. ``balance_after`` is None without a member.

    ``pools_after``: what is available then of each pool other than points, by its unit. ``wins``: what chance gave, in words.
    """

    event_id: str
    receipt_number: str
    utc_ms: int
    quote: Quote
    payments: tuple[Payment, ...]
    change_minor: int
    member: Member | None
    balance_after: BalanceView | None
    print_job_id: int
    foreign_receipt: str = ""
    pools_after: dict[str, int] = {}
    wins: tuple[str, ...] = ()


class Refund(msgspec.Struct, frozen=True):
    """How money goes back for goods: in cash, or to a card by the terminal, whose reference is typed."""

    kind: PaymentKind = PaymentKind.CASH
    reference: str = ""


class PrintState(StrEnum):
    """Where a print job is."""

    WAITING = "waiting"
    PRINTED = "printed"
    FAILED = "failed"


class SyncStatus(msgspec.Struct, frozen=True):
    """The queue to HQ in figures: events not yet acknowledged, age of the oldest, last contact (UTC ms, None = never).

    ``problem`` says in a sentence why nothing moves. ``is_away``: no answer came. ``is_stopped``: it does not go on by itself,
    somebody has to do what ``problem`` says. ``has_joined`` is false where HQ has never taken this till. ``snapshot_accounts``: so many
    accounts came with a snapshot that is still under way. ``mirror_lag_events`` is what the mirror lacks (None: there is none).
    ``works`` says what can be done now; ``problem_code`` is a ``pos_app.sync.decisions.Problem``, empty for none.
    """

    waiting_events: int
    oldest_waiting_ms: int | None
    last_contact_ms: int | None
    problem: str = ""
    is_away: bool = False
    is_stopped: bool = False
    has_joined: bool = True
    snapshot_accounts: int | None = None
    mirror_lag_events: int | None = None
    mirror_problem: str = ""
    works: WorksNow | None = None
    problem_code: str = ""
