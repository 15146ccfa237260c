"""Burning points where headquarters decides about them: it is asked first, and what it does not answer in time is decided here.

A hold is written down before it is asked for, so that whatever happens (a lost reply, a power cut, a basket that is given up) ends
with a sale that captures it or an event that gives it back. A burn that HQ did not answer goes on under the same id: where HQ holds
the points after all, hold and burn are one.
"""

import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pos_app.errors import InputError, SyncError
from pos_app.loyalty.allowance import BurnFacts, BurnLimit, allowance, refused_everywhere
from pos_app.model.policy import BurnBasis
from pos_app.model.staff import Permission
from pos_app.protocol.events import HoldVoidEvent, SaleEvent
from pos_app.protocol.messages import HoldAnswer, HoldRefusal, HoldRequest
from pos_app.sync.decisions import Stop
from pos_app.sync.holds import Asking, HoldDesk
from pos_app.use_cases import staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.burning import burn_facts, policy_of
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.views import Authorisation, Basket, BurnAnswer
from storage import accounts, burning, journal
from storage.burning import AuthorisationRow
from storage.database import Connection
from storage.journal import Terminal

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_MINUTE_MS = 60_000
Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


class _Wish(msgspec.Struct, frozen=True):
    """So many points of one account on one sale; the id stays the same while the wish does."""

    event_id: str
    account_ref: str
    issuer: str
    units: int


class Authoriser:
    """Decides about burning beside the screen: one question at a time on a thread of its own, which starts with the first one."""

    def __init__(self, till: "Till") -> None:
        self._till = till
        self._executor: ThreadPoolExecutor | None = None
        self._desk: HoldDesk | None = None
        self._unanswered: tuple[_Wish, str] | None = None

    def can_ask(self, terminal: Terminal) -> bool:
        """Whether HQ would be asked now: the till has joined, HQ takes its word, and did not fail of late."""
        has_joined = bool(self._till.settings.hq.url) and terminal.hq_public_key is not None
        return has_joined and terminal.sync_state == "ok" and (self._desk is None or self._desk.is_open)

    def authorise(self, basket: Basket, units: int, approval: Approval | None) -> Future[BurnAnswer]:
        """Ask for the right to burn ``units`` > 0 on this basket, which has a member."""
        assert basket.member is not None, "points are a member's"
        assert units > 0, "burning nothing wants no right"
        if self._till.settings.till.authority == "local":
            return _done(_local(basket, units))
        return self._thread().submit(self._decide, basket, units, approval)

    def with_desk(self, question: Callable[[HoldDesk | None], Answer]) -> Future[Answer]:
        """Ask something else of HQ on the same thread, over the same connection and behind the same breaker; None: there is none."""
        return self._thread().submit(lambda: question(self._desk_for()))

    def _thread(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="burning")
        return self._executor

    def close(self) -> None:
        """Finish the question at hand and close the connection."""
        if self._executor is not None:
            self._executor.submit(self._till.database.close_reader)
            self._executor.shutdown(wait=True)
            self._executor = None
        if self._desk is not None:
            self._desk.close()

    def _decide(self, basket: Basket, units: int, approval: Approval | None) -> BurnAnswer:
        """On the thread of its own: everything from the facts to the answer."""
        till = self._till
        now_ms = till.clock.utc_ms()
        before = basket.authorisation
        assert basket.member is not None
        terminal, known = till.database.read(lambda connection: _facts(till, connection, basket, now_ms))
        refusal = refused_everywhere(known)
        if refusal is not None:
            return BurnAnswer(units, refusal=refusal.value)
        wish = _Wish(basket.event_id, basket.member.account_ref, till.issuer_at(now_ms), units)
        if before is not None and self._still_covers(before, wish):
            return BurnAnswer(units, before.auth_id, before, most_units=before.units)
        auth_id = self._id_of(wish)
        replaced_id = "" if before is None else before.auth_id
        if replaced_id:
            self._give_back(replaced_id)
        if approval is None and self.can_ask(terminal):
            answer = self._ask(wish, auth_id, terminal, now_ms, replaces=replaced_id)
            if answer is not None:
                return answer
            # What was refused or stopped meanwhile counts: the facts are read anew.
            terminal, known = till.database.read(lambda connection: _facts(till, connection, basket, now_ms))
        return self._decide_offline(wish, auth_id, known, approval)

    def _still_covers(self, authorisation: Authorisation, wish: _Wish) -> bool:
        if authorisation.account_ref != wish.account_ref or authorisation.units < wish.units:
            return False
        if authorisation.basis is not BurnBasis.HOLD:
            return True
        row = self._till.database.read(lambda c: burning.find_authorisation(c, authorisation.auth_id))
        return row is not None and row.state == "held"

    def _id_of(self, wish: _Wish) -> str:
        """A new id, or that of the same wish where a manager was asked meanwhile."""
        unanswered, self._unanswered = self._unanswered, None
        if unanswered is not None and unanswered[0] == wish:
            return unanswered[1]
        if unanswered is not None:
            self._give_back(unanswered[1])
        return str(uuid.uuid4())

    def _ask(self, wish: _Wish, auth_id: str, terminal: Terminal, now_ms: int, *, replaces: str) -> BurnAnswer | None:
        """HQ's answer, or None where the till must decide by itself."""
        desk = self._desk_for()
        if desk is None:
            return None
        self._till.database.write(lambda connection: _write_down(connection, wish, auth_id, now_ms))
        answer = desk.ask(
            HoldRequest(auth_id, wish.account_ref, wish.issuer, wish.units, replaces),
            Asking(terminal.terminal_id, terminal.hq_public_key or b"", now_ms),
        )
        if isinstance(answer, Stop):
            reason = answer.reason.value
            self._till.database.write(lambda connection: journal.change_terminal(connection, sync_state=reason))
            return None
        return None if answer is None else self._answered(wish, auth_id, answer)

    def _answered(self, wish: _Wish, auth_id: str, answer: HoldAnswer) -> BurnAnswer | None:
        if not answer.refusal:
            self._set_state(auth_id, "held")
            authorisation = Authorisation(auth_id, wish.account_ref, wish.units, BurnBasis.HOLD)
            return BurnAnswer(wish.units, auth_id, authorisation, most_units=wish.units)
        self._set_state(auth_id, "refused")
        if answer.refusal == HoldRefusal.RESTORING:
            # HQ says nothing about this member: what a till may burn without HQ it may burn now.
            return None
        return BurnAnswer(
            wish.units,
            auth_id,
            refusal=f"burn.hq.{answer.refusal}",
            most_units=min(answer.available_units, wish.units - 1),
        )

    def _decide_offline(self, wish: _Wish, auth_id: str, known: BurnFacts, approval: Approval | None) -> BurnAnswer:
        allowed = allowance(known)
        if wish.units > allowed.units:
            self._give_back(auth_id)
            return BurnAnswer(wish.units, refusal=allowed.limit.value, most_units=allowed.units)
        if approval is not None:
            staffing.grant(self._till, approval)
        if wish.units > known.policy.step_up_units and not _may_step_up(self._till, auth_id):
            self._unanswered = (wish, auth_id)
            return BurnAnswer(wish.units, auth_id, needs_approval=True, most_units=allowed.units)
        authorisation = Authorisation(auth_id, wish.account_ref, wish.units, allowed.basis)
        return BurnAnswer(wish.units, auth_id, authorisation, most_units=allowed.units)

    def unanswered_id(self, event_id: str) -> str:
        """The id by which HQ may hold points for this sale while a manager is asked; empty for none."""
        unanswered = self._unanswered
        return unanswered[1] if unanswered is not None and unanswered[0].event_id == event_id else ""

    def _give_back(self, auth_id: str) -> None:
        """Give back what HQ may hold by an id that will not be used."""
        self._till.database.write(lambda connection: void(self._till, connection, auth_id))

    def _set_state(self, auth_id: str, state: str) -> None:
        self._till.database.write(lambda connection: burning.set_state(connection, auth_id, state))

    def _desk_for(self) -> HoldDesk | None:
        if self._desk is None:
            from pos_app.use_cases.joining import private_key

            hq = self._till.settings.hq
            try_ms = hq.hold_timeout_ms // 2
            try:
                client = self._till.client_of(
                    hq.url,
                    private_key=private_key(self._till),
                    connect_timeout_ms=try_ms,
                    call_timeout_ms=try_ms,
                )
            except SyncError as error:
                _log.warning("HQ cannot be asked about burning: %s", error.code)
                return None
            self._desk = HoldDesk(client, timeout_ms=hq.hold_timeout_ms, monotonic_ms=self._till.clock.monotonic_ms)
        return self._desk


def give_up(till: "Till", connection: Connection, basket: Basket) -> None:
    """No sale will burn by what this basket asked for: HQ gets its points back. Repeating it changes nothing."""
    authorisation = basket.authorisation
    for auth_id in {
        "" if authorisation is None else authorisation.auth_id,
        till.authoriser.unanswered_id(basket.event_id),
    }:
        if auth_id:
            void(till, connection, auth_id)


def void(till: "Till", connection: Connection, auth_id: str) -> None:
    """Book that a hold will not be captured, if HQ may have it; in the caller's transaction, after whatever it appended."""
    row = burning.find_authorisation(connection, auth_id)
    if row is not None and row.is_open:
        _void(till, connection, row)


def void_orphans(till: "Till", connection: Connection, *, older_than_ms: int) -> int:
    """Give back what was asked for that long ago and that no sale took; gives how many there were."""
    orphans = burning.open_authorisations(connection, created_before_ms=till.clock.utc_ms() - older_than_ms)
    for row in orphans:
        _void(till, connection, row)
    return len(orphans)


def void_left_open(till: "Till") -> None:
    """At the start of the program: nothing that an earlier run asked for will be captured."""

    def is_open(connection: Connection) -> bool:
        return bool(burning.open_authorisations(connection, created_before_ms=2**62, limit=1))

    while till.database.read(is_open):
        till.database.write(lambda connection: void_orphans(till, connection, older_than_ms=-(2**62)))


def void_lapsed(till: "Till") -> Future[int]:
    """Now and then: give back holds of baskets that lie about longer than the settings say; gives how many there were."""
    older_than_ms = till.settings.hq.hold_minutes_max * _MINUTE_MS
    return till.database.submit(lambda connection: void_orphans(till, connection, older_than_ms=older_than_ms))


class BurnRight(msgspec.Struct, frozen=True):
    """By what right a sale burns, as its event says it."""

    basis: str = ""
    auth_id: str = ""
    approved_by: str = ""


def right_to_burn(
    till: "Till",
    connection: Connection,
    basket: Basket,
    facts: accounts.AccountFacts,
    burn_units: int,
    terminal: Terminal,
) -> BurnRight:
    """The right by which this sale burns, checked once more where it is booked; raises ``InputError`` where there is none.

    Runs on the writer thread, so that two sales cannot both use what is left.
    """
    if burn_units == 0:
        return BurnRight()
    known = burn_facts(till, connection, facts, terminal, now_ms=till.clock.utc_ms())
    refusal = refused_everywhere(known)
    if refusal is not None:
        raise _refused("burn_card", "This card or account may not spend points.", todo="Press F4 and type 0.")
    if known.decides_here:
        _check_allowed(allowance(known).units, burn_units)
        return BurnRight(BurnBasis.LOCAL.value)
    authorisation = basket.authorisation
    if authorisation is None or (authorisation.account_ref, True) != (
        facts.account_ref,
        authorisation.units >= burn_units,
    ):
        raise _refused("burn_unasked", "Nobody was asked whether these points may be spent.", todo="Press F4 again.")
    if authorisation.basis is BurnBasis.HOLD:
        _check_held(connection, authorisation)
        return BurnRight(BurnBasis.HOLD.value, authorisation.auth_id)
    _check_allowed(allowance(known).units, burn_units)
    approved_by = ""
    if burn_units > known.policy.step_up_units:
        approved_by = staffing.check(till, Permission.BURN_STEP_UP, subject=authorisation.auth_id)
    return BurnRight(authorisation.basis.value, authorisation.auth_id, approved_by)


def note(till: "Till", connection: Connection, event: SaleEvent) -> None:
    """Put an offline burn that is not everybody's into the audit log, in the transaction of its sale."""
    if event.burn_basis not in {BurnBasis.FLOOR.value, BurnBasis.LEASE.value} or not staffing.is_wanted(till):
        return
    if event.redeemed_units > policy_of(journal.read_terminal(connection)).step_up_units:
        write_audit(
            till,
            connection,
            action="burn_step_up",
            approver_ref=staffing.check(till, Permission.BURN_STEP_UP, subject=event.auth_id),
            subject=event.receipt_number,
            values={"units": event.redeemed_units},
        )


def _check_held(connection: Connection, authorisation: Authorisation) -> None:
    row = burning.find_authorisation(connection, authorisation.auth_id)
    if row is None or row.state != "held":
        raise _refused("burn_lapsed", "The points were held too long ago and were given back.", todo="Press F4 again.")


def _check_allowed(allowed_units: int, burn_units: int) -> None:
    if allowed_units < burn_units:
        raise _refused("balance", "The balance has changed since the card was scanned.", todo="Scan the card again.")


def _facts(till: "Till", connection: Connection, basket: Basket, now_ms: int) -> tuple[Terminal, BurnFacts]:
    assert basket.member is not None
    facts = accounts.find_by_card(connection, basket.member.card_number)
    if facts is None or facts.account_ref != basket.member.account_ref:
        raise _refused("card_moved", "This card belongs to another account now.", todo="Scan the card again.")
    terminal = journal.read_terminal(connection)
    return terminal, burn_facts(till, connection, facts, terminal, now_ms=now_ms)


def _local(basket: Basket, units: int) -> BurnAnswer:
    assert basket.member is not None
    most_units = basket.member.spendable_units
    if units > most_units:
        return BurnAnswer(units, refusal=BurnLimit.BALANCE.value, most_units=most_units)
    authorisation = Authorisation("", basket.member.account_ref, units, BurnBasis.LOCAL)
    return BurnAnswer(units, "", authorisation, most_units=most_units)


def _may_step_up(till: "Till", auth_id: str) -> bool:
    return staffing.may(till, Permission.BURN_STEP_UP, subject=auth_id)


def _write_down(connection: Connection, wish: _Wish, auth_id: str, now_ms: int) -> None:
    burning.ask(
        connection,
        auth_id,
        account_ref=wish.account_ref,
        issuer=wish.issuer,
        units=wish.units,
        created_at_ms=now_ms,
    )


def _void(till: "Till", connection: Connection, row: AuthorisationRow) -> None:
    terminal = journal.read_terminal(connection)
    now_ms = till.clock.utc_ms()
    event = HoldVoidEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        auth_id=row.auth_id,
        account_ref=row.account_ref,
    )
    append(connection, event)
    burning.set_state(connection, row.auth_id, "voided")


def _done(answer: BurnAnswer) -> Future[BurnAnswer]:
    future: Future[BurnAnswer] = Future()
    future.set_result(answer)
    return future


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"sale.{code}", what=sentence, safe="Nothing was booked.", todo=todo)
