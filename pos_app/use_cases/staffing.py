"""Who is at the till and what they may do: the one place that every act asks before it is booked.

A till whose staff has no PINs wants no sign-in, and everybody may do everything. As soon as a manager has set PINs up, somebody
must sign in, and what their role does not allow needs a manager's approval: good for one act, for two minutes.
"""

import logging
import threading
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import NotAllowedError
from pos_app.model.staff import Permission, Role, StaffMember
from pos_app.protocol.messages import Document, DocumentKind, MalformedError, StaffDocument, decode_message
from storage import staff
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

APPROVAL_LIFE_MS = 120_000
_KEPT_MAX = 200
_log = logging.getLogger(__name__)


class Approval(msgspec.Struct, frozen=True):
    """Somebody's PIN allowed one act: this ``permission`` for this ``subject``, until it is used or too old."""

    approval_id: str
    approver_ref: str
    permission: Permission
    subject: str
    good_until_monotonic_ms: int


class Attendance:
    """Who is signed in at one open till, which approvals wait to be used, and which were used for an act that is booked later."""

    def __init__(self) -> None:
        self.member: StaffMember | None = None
        self._lock = threading.Lock()
        self._open: dict[str, Approval] = {}
        self._granted: dict[tuple[Permission, str], str] = {}

    def keep(self, approval: Approval) -> None:
        """An approval was given."""
        with self._lock:
            self._open[approval.approval_id] = approval
            _drop_oldest(self._open)

    def use(self, approval: Approval, *, now_monotonic_ms: int) -> bool:
        """Use an approval up; gives whether it was still good."""
        with self._lock:
            kept = self._open.pop(approval.approval_id, None)
        return kept == approval and now_monotonic_ms < approval.good_until_monotonic_ms

    def grant(self, approval: Approval) -> None:
        """Remember what a used approval allowed, until its act is booked."""
        with self._lock:
            self._granted[approval.permission, approval.subject] = approval.approver_ref
            _drop_oldest(self._granted)

    def granted_by(self, permission: Permission, subject: str) -> str:
        """Who allowed it before, empty for nobody."""
        with self._lock:
            return self._granted.get((permission, subject), "")


def _drop_oldest(kept: "dict[str, Approval] | dict[tuple[Permission, str], str]") -> None:
    while len(kept) > _KEPT_MAX:
        del kept[next(iter(kept))]  # type: ignore[arg-type]  # a key of its own


def is_wanted(till: "Till") -> bool:
    """Whether this till wants its staff to sign in."""
    return till.database.read(staff.sign_in_is_wanted)


def check(till: "Till", permission: Permission, approval: Approval | None = None, *, subject: str = "") -> str:
    """Who approved it: empty where the person at the till may do it themselves. Raises ``NotAllowedError`` otherwise.

    Call it where the act is booked, after your own checks and just before you write, on any thread: an approval is used up by it.
    The role is read from the database, so it holds even if it was changed since the sign-in. ``subject`` is what the approval was
    asked for.
    """
    if not is_wanted(till):
        return ""
    member = till.staff
    row = (
        None
        if member is None
        else till.database.read(lambda connection: staff.find_staff(connection, member.staff_ref))
    )
    if row is None or not row.active:
        raise _nobody_is_signed_in()
    if approval is not None:
        return _use(till, approval, permission, subject)
    if row.member.may(permission):
        return ""
    approver_ref = till.attendance.granted_by(permission, subject)
    if not approver_ref:
        raise not_allowed(permission)
    return approver_ref


def may(till: "Till", permission: Permission, *, subject: str = "") -> bool:
    """Whether the person at the till may do it now, by their role or by what was granted before."""
    try:
        check(till, permission, subject=subject)
    except NotAllowedError:
        return False
    return True


def grant(till: "Till", approval: Approval) -> None:
    """Use an approval up now for an act that is booked later: ``check`` then finds it by permission and subject.

    Raises ``NotAllowedError`` for one that is used or too old.
    """
    _use(till, approval, approval.permission, approval.subject)
    till.attendance.grant(approval)


def take_published(connection: Connection, document: Document, *, utc_ms: int = 0) -> None:
    """Take somebody whom headquarters published, or withdrew; inside the caller's transaction. A PIN set here stays.

    Whom we cannot read, or whose role we do not know, may do nothing here.
    """
    assert document.kind == DocumentKind.STAFF
    before = staff.find_staff(connection, document.key)
    member = _published(document)
    if member is None and before is not None:
        member = msgspec.structs.replace(before.member, active=False)
    if member is not None:
        staff.put_staff(connection, member, utc_ms=utc_ms)


def _published(document: Document) -> StaffMember | None:
    if document.body is None:
        return None
    try:
        told = decode_message(document.body.encode(), StaffDocument)
        return StaffMember(document.key, told.name, Role(told.role), told.active)
    except (MalformedError, ValueError):
        _log.warning("headquarters published a member of staff that this version cannot read")
        return None


def _use(till: "Till", approval: Approval, permission: Permission, subject: str) -> str:
    is_for_this = (approval.permission, approval.subject) == (permission, subject)
    is_good = till.attendance.use(approval, now_monotonic_ms=till.clock.monotonic_ms())
    if not (is_for_this and is_good):
        raise NotAllowedError(
            "staff.approval_over",
            what="The approval is used up, too old, or was for something else.",
            safe="Nothing was changed.",
            todo="Ask for the approval again.",
        )
    return approval.approver_ref


def _nobody_is_signed_in() -> NotAllowedError:
    return NotAllowedError(
        "staff.not_signed_in",
        what="Nobody is signed in at this till.",
        safe="Nothing was changed.",
        todo="Sign in with your PIN, then do it again.",
    )


def not_allowed(permission: Permission) -> NotAllowedError:
    """That somebody has no right to it."""
    return NotAllowedError(
        "staff.not_allowed",
        what=f"This needs the right to {permission.value.replace('_', ' ')}.",
        safe="Nothing was changed.",
        todo="Ask somebody who has it to approve it, or to sign in.",
    )
