"""Who works at a till, and what each role may do."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What somebody is at the till."""

    CASHIER = "cashier"
    PHARMACIST = "pharmacist"
    MANAGER = "manager"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """One thing that not everybody may do."""

    SELL = "sell"
    RETURN = "return"
    RETURN_UNSEEN = "return_unseen"
    """Take goods of a receipt back that neither this till nor headquarters can show at the moment."""
    OVERRIDE_PRICE = "override_price"
    BURN_STEP_UP = "burn_step_up"
    """Burn more points offline than the policy lets a cashier burn alone."""
    ENROL = "enrol"
    CHANGE_CARD = "change_card"
    ADJUST_POINTS = "adjust_points"
    CHANGE_ACCOUNT = "change_account"
    """Freeze, unfreeze and merge accounts."""
    MANAGE_STAFF = "manage_staff"
    ERASE_MEMBER = "erase_member"
    READ_AUDIT = "read_audit"
    READ_COST = "read_cost"
    """See what goods cost the shop, and its margins."""
    REPAIR = "repair"
    LEND = "lend"
    """Let a member pay in parts where the programme wants somebody to allow it."""


_AT_THE_COUNTER = frozenset({Permission.SELL, Permission.RETURN, Permission.ENROL})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.CASHIER: _AT_THE_COUNTER,
    Role.PHARMACIST: _AT_THE_COUNTER | {Permission.OVERRIDE_PRICE, Permission.CHANGE_CARD},
    Role.MANAGER: frozenset(Permission),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT, Permission.READ_COST}),
}


class StaffMember(msgspec.Struct, frozen=True):
    """Somebody who works here. ``staff_ref`` names them in events and on receipts; ``name`` is for screens of this shop only."""

    staff_ref: str
    name: str
    role: Role
    active: bool = True

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it.

        >>> StaffMember("anna", "Anna", Role.CASHIER).may(Permission.ADJUST_POINTS)
        False
        """
        return self.active and permission in PERMISSIONS[self.role]
