"""Members who bring members: with the first paid receipt of whom they brought, both get points; all of it back, and they go again.

Both acts have ids that follow from the new member's account, so that they happen once in the chain, whatever tills do.
"""

from typing import TYPE_CHECKING

from pos_app.loyalty import acting
from pos_app.model.evaluation import MemberContext
from pos_app.model.identifiers import derived_id
from pos_app.model.marks import REFERRED_BY, of_name
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.protocol.events import AdjustmentEvent, AdjustmentReason, CausedAct, ReturnedLine, SaleEvent
from pos_app.use_cases.account_acts import Adjustment, book_adjustment
from pos_app.use_cases.acts import SPACE, GivenAct, context_of, given_for, rewards_referrals
from pos_app.use_cases.moments import append, moment_of
from pos_app.use_cases.views import Basket
from storage import accounts, journal, marks, sales
from storage.accounts import AccountFacts
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_NO_MONEY = frozenset({PaymentKind.POINTS, PaymentKind.ROUNDING})


def acts_of_sale(
    till: "Till", connection: Connection, basket: Basket, payments: tuple[Payment, ...], *, now_ms: int
) -> tuple[GivenAct, ...]:
    """The acts that follow from this sale: none but with the first paid receipt of a member whom another one brought."""
    if basket.member is None or not rewards_referrals(till) or not _is_paid(payments):
        return ()
    facts = accounts.find_by_ref(connection, basket.member.account_ref)
    if facts is None or not is_first_paid(connection, facts):
        return ()
    brought_by = of_name(marks.marks_of(connection, facts.account_ref), REFERRED_BY)
    found = [
        _given(till, connection, facts.account_ref, acting.REFERRED, of=facts.account_ref, now_ms=now_ms)
        for _ in brought_by
    ]
    found += [_given(till, connection, ref, acting.REFERRAL, of=facts.account_ref, now_ms=now_ms) for ref in brought_by]
    return tuple(given for given in found if given is not None)


def is_first_paid(connection: Connection, facts: AccountFacts) -> bool:
    """Whether nothing was paid by money so far: receipts that points alone paid do not count, as far as this till knows them."""
    refs = accounts.merged_with(connection, facts.account_ref)
    return facts.receipts_count <= sales.receipts_without_money(connection, refs)


def caused(acts: tuple[GivenAct, ...]) -> tuple[CausedAct, ...]:
    """What the sale's event says of the acts that follow from it."""
    return tuple(
        CausedAct(given.event_id, given.account_ref, lot.issuer, lot.units)
        for given in acts
        for lot in given.result.lots
    )


def take_back(till: "Till", connection: Connection, sale: SaleEvent, back: dict[int, ReturnedLine]) -> None:
    """Once all goods of a sale are back, so are the points of the acts that followed from it: what is spent is owed.

    ``back``: what came back so far, by line. Inside the caller's transaction; a second time changes nothing.
    """
    if any(line.line_no not in back or back[line.line_no].quantity_milli < line.quantity_milli for line in sale.lines):
        return
    for number, one in enumerate(sale.caused, start=1):
        event_id = derived_id(sale.event_id, f"referral returned {number}")
        if journal.find_event(connection, event_id) is None:
            _take_one_back(till, connection, one, event_id)


def _take_one_back(till: "Till", connection: Connection, one: CausedAct, event_id: str) -> None:
    reason = AdjustmentReason.REFERRAL_RETURNED
    facts = accounts.find_by_ref(connection, one.account_ref)
    if facts is not None:
        wanted = Adjustment(-one.units, reason, event_id=event_id, issuer=one.issuer)
        book_adjustment(till, connection, facts.account_ref, wanted)
        return
    # Somebody else's member: headquarters books it.
    event = AdjustmentEvent(
        event_id=event_id,
        moment=moment_of(till, journal.read_terminal(connection), till.clock.utc_ms()),
        account_ref=one.account_ref,
        units=-one.units,
        reason=reason,
        issuer=one.issuer,
    )
    append(connection, event)


def _given(
    till: "Till", connection: Connection, account_ref: str, act: str, *, of: str, now_ms: int
) -> GivenAct | None:
    """What the act gives to this account; nothing where it was booked before. An account that is not known here has done nothing."""
    event_id = derived_id(SPACE, f"{of} {act}")
    if journal.find_event(connection, event_id) is not None:
        return None
    facts = accounts.find_by_ref(connection, account_ref)
    member = MemberContext(account_ref, "", {}, 0, 0) if facts is None else context_of(till, connection, facts)
    given = given_for(till, connection, member, act, now_ms=now_ms, event_id=event_id)
    return given if isinstance(given, GivenAct) else None


def _is_paid(payments: tuple[Payment, ...]) -> bool:
    return any(payment.amount_minor > 0 for payment in payments if payment.kind not in _NO_MONEY)
