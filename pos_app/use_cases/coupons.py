"""Coupons at the counter: read, found good, reserved at headquarters, used up by a sale.

A coupon that only this till can take it takes by its own books. One that any till may take is reserved at headquarters, under an id
that is written down before; where no answer comes it is taken within the bounds of ``loyalty.couponing``, under the same id, so that
reservation and use are one. A coupon is known by its batch and number: its code is in no table, event or log.
"""

import uuid
from concurrent.futures import Future
from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.couponing import (
    AloneFacts,
    coupon_rules,
    points_minor,
    rule_runs,
    rules_that_gave,
    why_batch_rests,
    why_not_alone,
    worth_minor,
)
from pos_app.loyalty.engine import explain
from pos_app.model.coupons import CouponBatch, CouponRefusal
from pos_app.model.evaluation import EngineResult, Reason
from pos_app.model.policy import BurnBasis
from pos_app.model.staff import Permission
from pos_app.protocol.coupons import CouponCode, read_coupon
from pos_app.protocol.events import SaleEvent, UsedCoupon
from pos_app.protocol.messages import CouponAnswer, CouponRequest, CouponReserveRefusal
from pos_app.sync.decisions import Stop
from pos_app.sync.holds import Asking, HoldDesk
from pos_app.use_cases import coupon_holds, quoting, staffing
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.burning import is_behind_hq, policy_of
from pos_app.use_cases.coupon_refusals import CouponRefusedError
from pos_app.use_cases.staffing import Approval
from pos_app.use_cases.views import Basket, BasketCoupon, CouponLine, CouponTaken, Quote
from storage import accounts, coupons, journal
from storage.database import Connection
from storage.journal import Terminal

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

WRONG_CODES_MAX = 5
WAIT_MS = 60_000


class CouponGuard:
    """Counts codes of one till that are unknown or made up: after five in a row none is read for a minute, and the audit log says so."""

    def __init__(self) -> None:
        self._wrong = 0
        self._wait_until_ms = 0

    def check(self, till: "Till") -> None:
        """Raise ``CouponRefusedError`` while no code is read."""
        if till.clock.monotonic_ms() < self._wait_until_ms:
            raise CouponRefusedError(CouponRefusal.WAIT)

    def good(self) -> None:
        """A code was one of ours."""
        self._wrong = 0

    def wrong(self, till: "Till") -> None:
        """A code was not."""
        self._wrong += 1
        if self._wrong >= WRONG_CODES_MAX:
            self._wrong = 0
            self._wait_until_ms = till.clock.monotonic_ms() + WAIT_MS
            till.database.submit(
                lambda connection: write_audit(
                    till, connection, action="coupon_guessing", outcome="refused", values={"codes": WRONG_CODES_MAX}
                )
            )


class _Found(msgspec.Struct, frozen=True):
    """A coupon that is good by what is known here. ``is_shared``: other tills can take it too."""

    coupon: BasketCoupon
    batch: CouponBatch
    terminal: Terminal
    is_shared: bool
    is_spent: bool


def present(
    till: "Till", basket: Basket, text: str, *, auth_id: str = "", approval: Approval | None = None
) -> Future[CouponTaken]:
    """Take a coupon by its code; ``Till.present_coupon`` says the rest."""
    try:
        till.coupon_guard.check(till)
        code = _read(text)
        found = till.database.read(lambda connection: _find(till, connection, basket, code))
    except CouponRefusedError as error:
        if error.refusal in {CouponRefusal.UNKNOWN, CouponRefusal.FORGED}:
            till.coupon_guard.wrong(till)
        return _failed(error)
    till.coupon_guard.good()
    if not found.is_shared:
        return _done(CouponTaken(found.coupon))
    return till.authoriser.with_desk(lambda desk: _decide(till, desk, basket, found, auth_id, approval))


def _read(text: str) -> CouponCode:
    code = read_coupon(text)
    if code is None:
        raise CouponRefusedError(CouponRefusal.MISTYPED)
    return code


def _find(till: "Till", connection: Connection, basket: Basket, code: CouponCode) -> _Found:
    """The coupon behind a code, where it is good by what is known here; raises ``CouponRefusedError``."""
    batch = coupons.find_batch(connection, code.batch_id)
    if batch is None or not 1 <= code.serial <= batch.codes:
        raise CouponRefusedError(CouponRefusal.UNKNOWN)
    if not code.is_genuine(batch.secret):
        raise CouponRefusedError(CouponRefusal.FORGED)
    if code.coupon_id in {one.coupon_id for one in basket.coupons}:
        raise CouponRefusedError(CouponRefusal.IN_BASKET)
    account_ref = accounts.survivor_of(connection, batch.account_ref) if batch.account_ref else ""
    terminal = journal.read_terminal(connection)
    batch = msgspec.structs.replace(batch, account_ref=account_ref)
    _check_batch(till, batch, basket, terminal)
    if batch.rule in {one.rule for one in basket.coupons}:
        raise CouponRefusedError(CouponRefusal.SAME_RULE)
    if coupons.uses_here(connection, code.coupon_id) >= batch.uses:
        raise CouponRefusedError(CouponRefusal.USED)
    name = coupon_rules(till.terms.programmes)[batch.rule].name
    return _Found(
        BasketCoupon(code.coupon_id, batch.rule, name, account_ref),
        batch,
        terminal,
        is_shared=_is_shared(till, batch),
        is_spent=coupons.is_spent(connection, code.coupon_id),
    )


def _check_batch(till: "Till", batch: CouponBatch, basket: Basket, terminal: Terminal) -> None:
    today = till.business_date(till.clock.utc_ms())
    refusal = why_batch_rests(
        batch,
        business_date=today,
        till_number=terminal.terminal_number,
        account_ref="" if basket.member is None else basket.member.account_ref,
    )
    if refusal is not None:
        day = batch.first_date if refusal is CouponRefusal.NOT_YET else batch.last_date
        raise CouponRefusedError(refusal, {"day": day})
    if not rule_runs(till.terms.programmes, batch.rule, business_date=today, store_id=till.terms.store_id):
        raise CouponRefusedError(CouponRefusal.NO_RULE)


def _is_shared(till: "Till", batch: CouponBatch) -> bool:
    """Whether other tills can take coupons of the batch, and headquarters decides between them."""
    return not (batch.is_own or batch.till_number or till.settings.till.authority == "local")


def _decide(
    till: "Till",
    desk: HoldDesk | None,
    basket: Basket,
    found: _Found,
    auth_id: str,
    approval: Approval | None,
) -> CouponTaken:
    """On the thread that asks: reserve the coupon, or take it within the bounds of a till that is alone."""
    if not auth_id and desk is not None and till.authoriser.can_ask(found.terminal):
        auth_id = str(uuid.uuid4())
        taken = _reserve(till, desk, found, auth_id)
        if taken is not None:
            return taken
    return _take_alone(till, basket, found, auth_id, approval)


def _reserve(till: "Till", desk: HoldDesk, found: _Found, auth_id: str) -> CouponTaken | None:
    """What headquarters says; None where the till must decide by itself. Raises ``CouponRefusedError``."""
    coupon, now_ms = found.coupon, till.clock.utc_ms()
    till.database.write(lambda connection: coupons.ask(connection, auth_id, coupon.coupon_id, created_at_ms=now_ms))
    answer = desk.reserve(
        CouponRequest(auth_id, coupon.coupon_id),
        Asking(found.terminal.terminal_id, found.terminal.hq_public_key or b"", now_ms),
    )
    match answer:
        case Stop(reason):
            till.database.write(lambda connection: journal.change_terminal(connection, sync_state=reason.value))
            return None
        case CouponAnswer(refusal=""):
            till.database.write(lambda connection: coupons.set_state(connection, auth_id, "held"))
            return CouponTaken(msgspec.structs.replace(coupon, auth_id=auth_id, basis=BurnBasis.HOLD))
        case CouponAnswer(refusal=CouponReserveRefusal.RESTORING):
            return None
        case CouponAnswer():
            till.database.write(lambda connection: _note_refusal(connection, auth_id, coupon.coupon_id, answer))
            raise CouponRefusedError(_OF_HQ.get(answer.refusal, CouponRefusal.NEEDS_HQ))
        case None:
            return None


_OF_HQ: dict[str, CouponRefusal] = {
    CouponReserveRefusal.USED: CouponRefusal.USED,
    CouponReserveRefusal.HELD: CouponRefusal.HELD,
    CouponReserveRefusal.UNKNOWN: CouponRefusal.WITHDRAWN,
    CouponReserveRefusal.WITHDRAWN: CouponRefusal.WITHDRAWN,
}


def _note_refusal(connection: Connection, auth_id: str, coupon_id: str, answer: CouponAnswer) -> None:
    coupons.set_state(connection, auth_id, "refused")
    if answer.refusal == CouponReserveRefusal.USED:
        coupons.put_spent(connection, [coupon_id])


def _take_alone(till: "Till", basket: Basket, found: _Found, auth_id: str, approval: Approval | None) -> CouponTaken:
    """Take the coupon without headquarters; what that may have reserved is given back where it is not taken."""
    coupon = msgspec.structs.replace(found.coupon, auth_id=auth_id, basis=BurnBasis.FLOOR)
    here = sum(one.basis is BurnBasis.FLOOR for one in basket.coupons)
    refusal = till.database.read(lambda connection: _why_not_alone(till, connection, taken_here=here))
    if found.is_spent:
        refusal = CouponRefusal.USED
    if refusal is not None:
        if auth_id:
            coupon_holds.give_up(till, [coupon]).result()
        raise CouponRefusedError(refusal)
    if approval is not None:
        staffing.grant(till, approval)
    wanted = till.quote(msgspec.structs.replace(basket, coupons=(*basket.coupons, coupon)))
    if _needs_approval(till, coupon, wanted.result, found.terminal):
        return CouponTaken(coupon, needs_approval=True)
    return CouponTaken(coupon)


def _why_not_alone(till: "Till", connection: Connection, *, taken_here: int) -> CouponRefusal | None:
    terminal = journal.read_terminal(connection)
    now_ms = till.clock.utc_ms()
    policy = policy_of(terminal)
    heard_ms = terminal.last_contact_ms
    return why_not_alone(
        AloneFacts(
            policy=policy,
            takes_our_word=terminal.sync_state == "ok",
            believes_clock=till.believes_clock(terminal, now_ms) and not is_behind_hq(terminal, now_ms),
            word_age_ms=None if heard_ms is None else max(0, till.trusted_ms(terminal, now_ms) - heard_ms),
            hours_max=min(policy.confirmed_hours_max, till.settings.hq.offline_burn_hours_max),
            taken_since_contact=coupons.taken_alone(connection, terminal) + taken_here,
        )
    )


def _needs_approval(till: "Till", coupon: BasketCoupon, result: EngineResult, terminal: Terminal) -> bool:
    """Whether a coupon is worth so much, without headquarters, that somebody must allow it who has not."""
    programmes = till.terms.programmes.programmes
    scale = {"point_worth_minor": programmes[0].point_worth_minor, "points_exponent": till.terms.points_exponent}
    most_minor = points_minor(policy_of(terminal).step_up_units, **scale)
    is_large = worth_minor(result, coupon.rule, **scale) > most_minor
    return is_large and not staffing.may(till, Permission.BURN_STEP_UP, subject=coupon.coupon_id)


# What stands on the basket.


def lines_of(till: "Till", basket: Basket, quote: Quote) -> tuple[CouponLine, ...]:
    """The basket's coupons with what each of them gives; those that give nothing say why."""
    if not basket.coupons:
        return ()
    gave = rules_that_gave(quote.result)
    is_idle = any(coupon.rule not in gave for coupon in basket.coupons)
    why = _reasons(till, basket) if is_idle and basket.lines else {}
    return tuple(_line(basket, coupon, quote, why) for coupon in basket.coupons)


def _line(basket: Basket, coupon: BasketCoupon, quote: Quote, why: dict[str, Reason]) -> CouponLine:
    result = quote.result
    is_theirs = coupon in quoting.coupons_that_count(basket)
    return CouponLine(
        coupon_id=coupon.coupon_id,
        name=coupon.name,
        off_minor=sum(
            one.amount_minor for one in result.discounts if f"{one.programme_id}/{one.rule_id}" == coupon.rule
        ),
        gives=coupon.rule in rules_that_gave(result),
        is_theirs=is_theirs,
        reason=why.get(coupon.rule),
    )


def _reasons(till: "Till", basket: Basket) -> dict[str, Reason]:
    """Why rules give nothing on this basket: of each the reason for the receipt, else for its first line."""
    now_ms = till.clock.utc_ms()
    wanted = quoting.engine_input(basket, till.terms, utc_ms=now_ms, business_date=till.business_date(now_ms))
    refusals = sorted(explain(wanted, till.terms.programmes).refusals, key=lambda one: one.line_no, reverse=True)
    return {f"{one.programme_id}/{one.rule_id}": one.reason for one in refusals}


# What a sale uses.


def used_by(
    till: "Till", connection: Connection, basket: Basket, result: EngineResult, terminal: Terminal
) -> tuple[UsedCoupon, ...]:
    """The coupons that gave something on this sale, each checked once more; raises ``CouponRefusedError`` where one is no longer good.

    Runs on the writer thread, so that two sales cannot both use what is left.
    """
    if not basket.coupons:
        return ()
    gave = rules_that_gave(result)
    used = [coupon for coupon in quoting.coupons_that_count(basket) if coupon.rule in gave]
    for number, coupon in enumerate(used):
        _check_use(till, connection, basket, coupon, terminal)
        if coupon.basis is BurnBasis.FLOOR:
            before = sum(one.basis is BurnBasis.FLOOR for one in used[:number])
            _check_alone(till, connection, coupon, result, terminal, taken_here=before)
    return tuple(UsedCoupon(one.coupon_id, one.rule, one.auth_id, one.basis.value) for one in used)


def _check_use(till: "Till", connection: Connection, basket: Basket, coupon: BasketCoupon, terminal: Terminal) -> None:
    batch = coupons.find_batch(connection, coupon.coupon_id.partition("-")[0])
    if batch is None:
        raise CouponRefusedError(CouponRefusal.WITHDRAWN)
    _check_batch(till, msgspec.structs.replace(batch, account_ref=coupon.account_ref), basket, terminal)
    if coupons.uses_here(connection, coupon.coupon_id) >= batch.uses:
        raise CouponRefusedError(CouponRefusal.USED)
    if coupon.basis is BurnBasis.HOLD:
        hold = coupons.find_hold(connection, coupon.auth_id)
        if hold is None or hold.state != "held":
            raise CouponRefusedError(CouponRefusal.LAPSED)


def _check_alone(
    till: "Till",
    connection: Connection,
    coupon: BasketCoupon,
    result: EngineResult,
    terminal: Terminal,
    *,
    taken_here: int,
) -> None:
    refusal = _why_not_alone(till, connection, taken_here=taken_here)
    if coupons.is_spent(connection, coupon.coupon_id):
        refusal = CouponRefusal.USED
    if refusal is None and _needs_approval(till, coupon, result, terminal):
        refusal = CouponRefusal.STEP_UP
    if refusal is not None:
        raise CouponRefusedError(refusal)


def note(till: "Till", connection: Connection, event: SaleEvent) -> None:
    """Put a coupon that somebody had to allow into the audit log, in the transaction of its sale."""
    for coupon in event.coupons:
        approver_ref = till.attendance.granted_by(Permission.BURN_STEP_UP, coupon.coupon_id)
        if coupon.basis == BurnBasis.FLOOR and approver_ref:
            write_audit(
                till,
                connection,
                action="coupon_step_up",
                approver_ref=approver_ref,
                subject=event.receipt_number,
                values={"coupon": coupon.coupon_id},
            )


def _done(taken: CouponTaken) -> Future[CouponTaken]:
    future: Future[CouponTaken] = Future()
    future.set_result(taken)
    return future


def _failed(error: CouponRefusedError) -> Future[CouponTaken]:
    future: Future[CouponTaken] = Future()
    future.set_exception(error)
    return future
