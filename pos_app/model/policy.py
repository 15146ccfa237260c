"""What headquarters lets tills burn on their own, and how often they are to ask: one setting for the whole chain."""

from enum import StrEnum
from typing import Annotated

import msgspec

Units = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class Allowance(StrEnum):
    """How the bound of offline burning is reckoned."""

    NONE = "none"
    """No offline burning at all."""
    FLOOR = "floor"
    """Each till up to a limit for a card and day, and a budget of its own until it meets headquarters again: 1 to 50 stores."""
    LEASE = "lease"
    """Only what headquarters has set aside for this till: thousands of tills, and no overdraft."""


class BurnBasis(StrEnum):
    """By what right a till let points be burned."""

    LOCAL = "local"
    """The till itself decides about points."""
    HOLD = "hold"
    """HQ held the points for this sale."""
    FLOOR = "floor"
    LEASE = "lease"


class BurnPolicy(msgspec.Struct, frozen=True):
    """Points in units. ``card_day_units``: what one till may burn offline of one account on one business date (FLOOR).

    ``till_budget_units``: what it may burn offline in all from one contact with HQ to the next (FLOOR). ``lease_units``: how much
    HQ sets aside of an account for the till where its member shops (LEASE). Above ``step_up_units`` an offline burn wants a manager.
    ``confirmed_hours_max``: how old HQ's word on balances may be. ``poll_s``: how long a till at least sleeps that has nothing to send;
    0 leaves it to the till's settings. ``till_coupons``: how many coupons that any till may take it takes without HQ from one contact
    to the next (FLOOR).
    """

    allowance: Allowance = Allowance.FLOOR
    card_day_units: Units = 5_000
    till_budget_units: Units = 100_000
    lease_units: Units = 2_000
    step_up_units: Units = 2_000
    confirmed_hours_max: Annotated[int, msgspec.Meta(ge=1, le=720)] = 72
    poll_s: Annotated[int, msgspec.Meta(ge=0, le=3_600)] = 0
    till_coupons: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 20
