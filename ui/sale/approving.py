"""Signing in, and letting a manager approve one act: two panels that lie over whatever is open, which waits as it is.

Any act that is not for everybody goes through ``ask``. The PIN is checked on another thread; ``begin`` starts that, ``end`` goes on.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

import msgspec

from devices.sounder import Tone
from pos_app.errors import InputError, NotAllowedError
from pos_app.model.staff import Permission
from pos_app.use_cases import signing_in, staffing
from pos_app.use_cases.signing_in import Person
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.till import Till
from ui.keys import Command
from ui.sale.desk import Desk, Pending
from ui.sale.ports import Play
from ui.sale.screen import ApprovalPanel, Level, Notice, NoticeCode, SignInPanel

_SAID_IN_THE_PANEL = frozenset(
    {"staff.wrong_pin", "staff.wait", "staff.locked", "staff.pin_shape", "staff.not_allowed"}
)


class PinDesk(Protocol):
    """What a screen has for PINs: a panel over its own, the act that waits for it, and ways to say something."""

    till: Till
    play: Play
    is_done: bool
    notice: Any
    sign_in: SignInPanel | None
    approval: ApprovalPanel | None
    pending: Pending | None

    def say(self, code: NoticeCode) -> None:
        """A sentence beside the entry that wants attention."""

    def tell(self, notice: Notice) -> None:
        """The same, made elsewhere."""


def ask(desk: PinDesk, permission: Permission, *, subject: str = "", then: Callable[[Approval | None], None]) -> None:
    """Do an act at once where the person at the till may, else once somebody's PIN has allowed it.

    ``then`` gets the approval for the core, None where none is needed. It may change the desk and raise ``PosError``; it is not
    called where the cashier goes back.
    """
    if staffing.may(desk.till, permission, subject=subject):
        then(None)
        return
    desk.pending = Pending(permission, subject, then)
    desk.approval = ApprovalPanel(permission, _people(desk))
    desk.is_done = False
    desk.play(Tone.ATTENTION)


def open_sign_in(desk: Desk) -> None:
    """Wait for somebody to sign in, where this till wants it; what was open waits below."""
    if not staffing.is_wanted(desk.till):
        return
    people = signing_in.people(desk.till)
    last = [number for number, person in enumerate(people) if person.staff_ref == desk.last_staff_ref]
    desk.sign_in = SignInPanel(people, marked=last[0] if last else 0)
    desk.approval = desk.pending = None
    desk.is_done = False


def sign_out(desk: Desk) -> "Future[None] | None":
    """Sign out and wait for the next; the basket stays. None where nobody is signed in."""
    member = desk.till.staff
    if member is None:
        desk.say(NoticeCode.NO_STAFF)
        return None
    desk.last_staff_ref = member.staff_ref
    open_sign_in(desk)
    return desk.till.sign_out()


def is_open(desk: PinDesk) -> bool:
    """Whether a PIN is wanted now: then nothing else is done."""
    return desk.sign_in is not None or desk.approval is not None


def refuse_scan(desk: PinDesk) -> None:
    """A scan while a PIN is wanted is not taken."""
    desk.say(NoticeCode.APPROVE_FIRST if desk.approval is not None else NoticeCode.SIGN_IN_FIRST)


def press(desk: PinDesk, command: Command, typed: str) -> "Future[Any] | None":
    """A key while a PIN is wanted. Gives the check of a PIN that was typed; hand it to ``end`` when it is done."""
    panel = _panel(desk)
    if panel.is_checking:
        return None
    desk.notice = None
    if command is Command.CONFIRM:
        return _begin(desk, typed)
    if command in {Command.UP, Command.DOWN}:
        choose(desk, panel.marked + (-1 if command is Command.UP else 1))
    elif command is Command.BACK and desk.approval is not None:
        desk.approval = desk.pending = None
    else:
        refuse_scan(desk)
    return None


def choose(desk: PinDesk, number: int) -> None:
    """Whose PIN it will be; a number that is not there chooses nobody."""
    panel = _panel(desk)
    if 0 <= number < len(panel.people) and not panel.is_checking:
        _show(desk, marked=number)


def end(desk: PinDesk, future: "Future[Any]") -> None:
    """The PIN was checked: go on with what waited for it, or say why not."""
    pending = desk.pending
    _show(desk, is_checking=False)
    try:
        answer = future.result()
    except (InputError, NotAllowedError) as error:
        refresh(desk)
        if error.code not in _SAID_IN_THE_PANEL:
            raise
        desk.tell(Notice(NoticeCode.REFUSED, error_code=error.code, english=error.what))
        return
    if desk.approval is None:
        desk.sign_in = None
        desk.play(Tone.OK)
        return
    desk.approval = desk.pending = None
    if pending is not None:
        pending.then(answer)
    refresh(desk)


def refresh(desk: PinDesk) -> bool:
    """Read anew who waits how long; gives whether anything is different now."""
    if not is_open(desk):
        return False
    panel = _panel(desk)
    people = _people(desk)
    is_changed = people != panel.people
    if is_changed:
        _show(desk, people=people, marked=max(0, min(panel.marked, len(people) - 1)))
    return is_changed


def is_counting(desk: PinDesk) -> bool:
    """Whether somebody in the open panel has to wait, so that it counts down."""
    return is_open(desk) and any(person.wait_ms for person in _panel(desk).people)


def _begin(desk: PinDesk, pin: str) -> "Future[Any] | None":
    panel = _panel(desk)
    if not panel.people:
        desk.say(NoticeCode.NOBODY_MAY)
        return None
    person = panel.people[panel.marked]
    if person.is_locked and desk.approval is None:
        _ask_to_unlock(desk, person)
        return None
    if not pin:
        desk.say(NoticeCode.TYPE_PIN)
        return None
    _show(desk, is_checking=True)
    return _check_pin(desk, person, pin)


def _check_pin(desk: PinDesk, person: Person, pin: str) -> "Future[Any]":
    pending = desk.pending
    if pending is None:
        return desk.till.sign_in(person.staff_ref, pin)
    if pending.unlocks:
        return signing_in.unlock(desk.till, pending.unlocks, staff_ref=person.staff_ref, pin=pin)
    return desk.till.approve(pending.permission, staff_ref=person.staff_ref, pin=pin, subject=pending.subject)


def _ask_to_unlock(desk: PinDesk, person: Person) -> None:
    """A manager opens the lock here, so that the till need not be closed for it."""
    desk.pending = Pending(
        Permission.MANAGE_STAFF,
        person.staff_ref,
        lambda _nothing: desk.tell(Notice(NoticeCode.UNLOCKED, Level.INFO)),
        unlocks=person.staff_ref,
    )
    desk.approval = ApprovalPanel(Permission.MANAGE_STAFF, _people(desk))
    desk.play(Tone.ATTENTION)


def _people(desk: PinDesk) -> tuple[Person, ...]:
    """Who can type a PIN for what is wanted now: nobody opens their own lock."""
    if desk.pending is None:
        return signing_in.people(desk.till)
    people = signing_in.people(desk.till, desk.pending.permission)
    return tuple(person for person in people if person.staff_ref != desk.pending.unlocks)


def _panel(desk: PinDesk) -> SignInPanel | ApprovalPanel:
    panel = desk.approval or desk.sign_in
    assert panel is not None, "a PIN is wanted"
    return panel


def _show(desk: PinDesk, **changes: Any) -> None:
    if desk.approval is not None:
        desk.approval = msgspec.structs.replace(desk.approval, **changes)
    elif desk.sign_in is not None:
        desk.sign_in = msgspec.structs.replace(desk.sign_in, **changes)
