"""Members, cards, accounts and lots of points."""

from enum import StrEnum

import msgspec

from pos_app.model.contracts import Contract


class CardStatus(StrEnum):
    """Whether a card may be used."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"
    """A new card took its place: it still finds its member and earns, but whoever holds it may not burn."""


class AccountStatus(StrEnum):
    """Whether an account may be used. A merged one is empty: its cards and points are at the account that took it over."""

    ACTIVE = "active"
    FROZEN = "frozen"
    """Earns and does not burn, until somebody has looked at it."""
    BLOCKED = "blocked"
    MERGED = "merged"


class Expiring(msgspec.Struct, frozen=True):
    """So many units expire at this moment (UTC ms), if nobody burns them before."""

    expires_at_ms: int
    units: int


class Lease(msgspec.Struct, frozen=True):
    """Points of one lot that HQ has set aside for one till (``holder``, its terminal id): nobody else can burn them.

    They return only by the holder's release or an administrator's write-off, never by the clock alone. ``recalled``: HQ asks for
    them back.
    """

    lease_id: str
    holder: str
    issuer: str
    lot_id: str
    units: int
    expires_at_ms: int | None = None
    recalled: bool = False


class Lot(msgspec.Struct, frozen=True):
    """Points that one receipt gave with the same issuer, start and expiry.

    ``remaining_units`` is what is left to burn or to expire; ``matured`` says whether the ledger has moved it from pending to
    available; ``expires_at_ms`` is None for points that never expire. Times are UTC milliseconds; the lot can be used from
    ``starts_at_ms`` on and until just before ``expires_at_ms``.
    """

    lot_id: str
    account_ref: str
    issuer: str
    programme_id: str
    starts_at_ms: int
    expires_at_ms: int | None
    granted_units: int
    remaining_units: int
    matured: bool


class BalanceView(msgspec.Struct, frozen=True):
    """A balance as a till shows it at one moment, computed from the lots' dates; points in units.

    ``overdraft_units`` is what the member owes; the next credit repays it. Leased points are the member's and count as available.
    """

    available_units: int
    pending_units: int
    overdraft_units: int = 0
    next_expiry_ms: int | None = None
    next_expiry_units: int = 0
    next_start_ms: int | None = None


class Member(msgspec.Struct, frozen=True):
    """What the till knows of the holder of a card. ``name`` and ``phone`` are personal: screens and paper only, never logs or events.

    ``card_class`` is the class printed on the card (silver, gold, ...), empty for none; ``accumulators`` are the sums that
    programmes count (key: programme id), in minor units, for the period that the programme names. ``spendable_units`` may be
    burned here and now: what is available, less what this till may not give out yet. ``pool_balances``: the pools other than
    points, by their unit (``shop#stamps``), and ``pools``: what rewards may take of them here and now. ``needs_right``: rewards
    take points, and only by a right that somebody was asked for. ``tiers``, ``facts``, ``used``, ``pool_ends_ms``, ``segments``,
    ``chosen`` and ``verified`` are as in ``MemberContext``. ``contracts`` still owe something.
    """

    account_ref: str
    card_number: str
    card_status: CardStatus
    name: str
    phone: str
    card_class: str
    balance: BalanceView
    accumulators: dict[str, int]
    receipts_before: int
    spendable_units: int
    birthday: str = ""
    provisional: bool = False
    account_status: AccountStatus = AccountStatus.ACTIVE
    pool_balances: dict[str, BalanceView] = {}
    pools: dict[str, int] = {}
    needs_right: bool = False
    tiers: dict[str, str] = {}
    facts: tuple[str, ...] = ()
    used: dict[str, int] = {}
    pool_ends_ms: dict[str, int] = {}
    segments: tuple[str, ...] = ()
    chosen: dict[str, tuple[str, ...]] = {}
    verified: bool = False
    contracts: tuple[Contract, ...] = ()
