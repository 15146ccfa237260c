"""What a member does, not buys, and the points for it: registering, a survey, a review. Booked in one transaction, like a sale's points.

An act that a rule gives points for so many times has an event whose id follows from the account, the rule and the time: two tills that
book the same one, without knowing of each other, book one event, and headquarters counts it once.
"""

from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty import acting, ledger
from pos_app.loyalty.engine import SEMANTICS, explain
from pos_app.loyalty.plan import Plan, plan_for
from pos_app.loyalty.reasons import words
from pos_app.model.accounts import AccountStatus, CardStatus, Member
from pos_app.model.evaluation import EngineInput, EngineResult, MemberContext, Refusal
from pos_app.model.identifiers import derived_id
from pos_app.model.staff import Permission
from pos_app.protocol.events import ActEvent, GrantedLot
from pos_app.use_cases import staffing
from pos_app.use_cases.account_acts import find_holder
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.member_events import due_books, write_due
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.quoting import member_context
from pos_app.use_cases.staffing import Approval
from storage import accounts, journal, marks, member_history
from storage.accounts import AccountFacts
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

SPACE = "6f2d3c60-52a4-5a57-9d2f-3a6f5c1f0b11"
"""Every till derives the ids of shared acts from this one."""


class GivenAct(msgspec.Struct, frozen=True):
    """An act that a rule gives points for, worked out: what is left is to book it under ``event_id``."""

    event_id: str
    engine_input: EngineInput
    result: EngineResult

    @property
    def account_ref(self) -> str:
        """Whose act it is."""
        assert self.engine_input.member is not None, "acts are a member's"
        return self.engine_input.member.account_ref


class DoneAct(msgspec.Struct, frozen=True):
    """An act that is booked: the points that it gave, and the member then."""

    units: int
    member: Member


def acts_now(till: "Till") -> tuple[str, ...]:
    """The acts that the running programmes know and that somebody can book, in the order of their names."""
    return acting.act_names(plan_now(till))


def rewards_referrals(till: "Till") -> bool:
    """Whether it matters now who brought a new member."""
    return bool(acting.running_acts(plan_now(till)) & acting.OF_ITSELF)


def plan_now(till: "Till") -> Plan:
    """What runs now in this store."""
    return plan_for(till.terms.programmes, till.business_date(till.clock.utc_ms()), till.terms.store_id)


def book_act(
    till: "Till", connection: Connection, holder: str, act: str, *, approval: Approval | None = None
) -> DoneAct:
    """Book that a member did something, and give the points for it; runs on the writer thread.

    Raises ``InputError`` where no rule gives anything for it, to this member, now. The approval's subject is the account.
    """
    facts = find_holder(connection, holder)
    _check(facts, act)
    now_ms = till.clock.utc_ms()
    found = given_for(till, connection, context_of(till, connection, facts), act, now_ms=now_ms)
    if not isinstance(found, GivenAct):
        raise refused("refused", words_of(till, found))
    if journal.find_event(connection, found.event_id) is not None:
        raise refused("done", "This is booked already.")
    approver_ref = staffing.check(till, Permission.ENROL, approval, subject=facts.account_ref)
    write_act(till, connection, found, approver_ref=approver_ref)
    units = found.result.earned_units
    values: dict[str, int | str] = {"act": act, "units": units}
    write_audit(
        till, connection, action="book_act", approver_ref=approver_ref, subject=facts.account_ref, values=values
    )
    after = accounts.find_by_card(connection, facts.card_number)
    assert after is not None, "the account was just read"
    return DoneAct(units, till.member_from(connection, after))


def book_by_itself(till: "Till", connection: Connection, facts: AccountFacts, act: str) -> None:
    """Book an act that follows from something else, where some rule gives points for it; inside the caller's transaction."""
    if all(getattr(contender.rule, "act", "") != act for contender in plan_now(till).acts):
        return
    found = given_for(till, connection, context_of(till, connection, facts), act, now_ms=till.clock.utc_ms())
    if isinstance(found, GivenAct):
        write_act(till, connection, found)


def context_of(till: "Till", connection: Connection, facts: AccountFacts) -> MemberContext:
    """The member's state as rules see it."""
    now_ms = till.clock.utc_ms()
    return member_context(till.member_from(connection, facts), utc_ms=now_ms, zone=till.terms.zone)


def given_for(
    till: "Till", connection: Connection, member: MemberContext, act: str, *, now_ms: int, event_id: str = ""
) -> GivenAct | tuple[Refusal, ...]:
    """What an act gives now, or why nothing. ``event_id`` is what it is booked under, empty where that follows from the rule."""
    terms = till.terms_now(connection)
    engine_input = EngineInput(
        semantics=SEMANTICS,
        programme_set_hash=terms.programmes.hash,
        currency_exponent=terms.currency.exponent,
        points_exponent=terms.points_exponent,
        utc_ms=now_ms,
        zone=terms.zone,
        business_date=till.business_date(now_ms),
        lines=(),
        member=member,
        store_id=terms.store_id,
        budgets=terms.budgets,
        act=act,
    )
    result = explain(engine_input, terms.programmes)
    if not result.awards:
        return result.refusals
    return GivenAct(event_id or _id_of(till, engine_input, result), engine_input, result)


def _id_of(till: "Till", engine_input: EngineInput, result: EngineResult) -> str:
    """The id that every till gives to this time of a rule that gives so many times, else a new one."""
    (award,) = result.awards
    plan = plan_for(till.terms.programmes, engine_input.business_date, engine_input.store_id)
    member = engine_input.member
    assert member is not None, "acts are a member's"
    name = acting.once_name(
        acting.rule_of(plan, award).caps,
        f"{award.programme_id}/{award.rule_id}",
        used=member.used,
        business_date=engine_input.business_date,
    )
    return derived_id(SPACE, f"{member.account_ref} {name}") if name else new_id(engine_input.utc_ms)


def write_act(
    till: "Till", connection: Connection, given: GivenAct, *, cause: str = "", approver_ref: str = ""
) -> None:
    """Book an act: its event, and what it does to the account where this till knows it. Inside the caller's transaction."""
    account_ref, now_ms = given.account_ref, given.engine_input.utc_ms
    lots = ledger.lots_granted(given.result.lots, account_ref=account_ref, event_id=given.event_id, at_ms=now_ms)
    event = ActEvent(
        event_id=given.event_id,
        moment=moment_of(till, journal.read_terminal(connection), now_ms),
        account_ref=account_ref,
        act=given.engine_input.act,
        engine_input=given.engine_input,
        awards=given.result.awards,
        granted_lots=tuple(GrantedLot(lot.lot_id, grant) for lot, grant in zip(lots, given.result.lots, strict=True)),
        used=given.result.used,
        cause=cause,
        approved_by=approver_ref,
    )
    append(connection, event)
    if accounts.find_by_ref(connection, account_ref) is None:
        # Somebody else's member: headquarters books it.
        return
    before, due = due_books(till, connection, account_ref, now_ms)
    booking = ledger.book_sale(
        due.books,
        event_id=event.event_id,
        at_ms=now_ms,
        burn_units=0,
        burn_issuer=till.issuer_at(now_ms),
        granted=lots,
    )
    write_due(till, connection, before, due, now_ms)
    accounts.write_booking(connection, booking, before=due.books, utc_ms=now_ms)
    member_history.note_uses(connection, event)
    marks.note_event(connection, event)


def words_of(till: "Till", refusals: tuple[Refusal, ...]) -> str:
    """Why an act gives nothing: what each of its rules says."""
    exponents = {"currency_exponent": till.terms.currency.exponent, "points_exponent": till.terms.points_exponent}
    return " ".join(dict.fromkeys(words(refusal.reason, **exponents) for refusal in refusals))


def _check(facts: AccountFacts, act: str) -> None:
    if act in acting.OF_ITSELF:
        raise refused("of_itself", "This happens by itself, with the first paid receipt of a member who was brought.")
    if facts.card_status is CardStatus.BLOCKED or facts.account_status is AccountStatus.BLOCKED:
        raise refused("blocked", "This card is blocked.")


def refused(code: str, sentence: str) -> InputError:
    """Why an act cannot be booked."""
    return InputError(f"act.{code}", what=sentence, safe="Nothing was booked.", todo="Go on without it.")
