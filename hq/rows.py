"""Rows of HQ's tables, as booking has them in memory."""

import msgspec

from pos_app.model.accounts import CardStatus

HELD, CAPTURED, VOIDED = "held", "captured", "voided"
CONCURRENT, CLAW_BACK, ADJUSTED, RESTORED = "concurrent", "clawback", "adjustment", "restored"
"""Why an account owes points: burned at two tills at once, taken back when spent, taken away by a person when spent."""


class Account(msgspec.Struct):
    """An account's row; changed in place while a run is booked."""

    account_ref: str
    status: str = "active"
    card_class: str = ""
    provisional: bool = True
    merged_into: str = ""
    receipts_count: int = 0
    offline_burning: bool = True
    regions: str = ""


class Card(msgspec.Struct):
    """A card's row."""

    number: str
    account_ref: str
    status: str = CardStatus.ACTIVE.value


class Hold(msgspec.Struct):
    """A row of points held; ``account_ref`` is the account that has them now."""

    account_ref: str
    auth_id: str
    terminal_id: str
    issuer: str
    units: int
    state: str
    created_at_ms: int


class ContractRow(msgspec.Struct):
    """A row of a contract; ``account_ref`` is the account that owes it now, and ``total_minor`` 0 until the contract itself has come."""

    account_ref: str
    contract_id: str
    number: str = ""
    sale_event_id: str | None = None
    programme_id: str = ""
    opened_on: str = ""
    store_id: str = ""
    total_minor: int = 0
    parts: str = "[]"
    paid_minor: int = 0
    lowered_minor: int = 0

    @property
    def over_minor(self) -> int:
        """What was paid and taken off beyond what was owed; 0 while the contract is not known."""
        return max(0, self.paid_minor + self.lowered_minor - self.total_minor) if self.total_minor else 0


class Booked(msgspec.Struct, frozen=True):
    """From where an event was booked first, and the SHA-256 of its body."""

    terminal_id: str
    incarnation: int
    seq: int
    body_hash: bytes


class Claimed(msgspec.Struct, frozen=True):
    """Points of an event that were claimed before it came."""

    account_ref: str
    units: int
