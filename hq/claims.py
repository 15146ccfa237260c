"""Points claimed with a receipt's code, whose event may be lost with a till's disk: booked under that event's id, once."""

import uuid

from hq.due import book_and_repay, due_books, expired_since
from hq.received import UnbookableError
from hq.returns import UNKNOWN_LIFE_MS
from hq.rows import CONCURRENT, Account, Claimed
from hq.working_set import WorkingSet
from pos_app.loyalty.ledger import book_sale
from pos_app.model.accounts import Lot
from pos_app.model.identifiers import derived_id
from pos_app.protocol.claims import Claim, read_claim
from pos_app.protocol.events import AnyEvent, ClaimEvent

REFUSED = "claim_refused"
_TIME_SHIFT = 80
"""The bits of a UUIDv7 behind its time."""


def grant(work: WorkingSet, event: ClaimEvent, *, now_ms: int) -> None:
    """Book what a code proves; nothing where the event or another claim was there before. Raises ``UnbookableError``.

    The code has no dates: its points can be burned at once and live a year from the receipt.
    """
    signed = read_claim(event.code)
    key = None if signed is None else work.claim_keys.get(signed.claim.terminal_number)
    if signed is None or key is None or not signed.is_authentic(key):
        raise UnbookableError(REFUSED)
    claim = signed.claim
    account = work.home_of(event.account_ref)
    if account is None:
        raise UnbookableError("unknown_account")
    names = work.aliases.get(account.account_ref, {account.account_ref}) | {event.account_ref}
    if not any(claim.is_account(name) for name in sorted(names)):
        raise UnbookableError(REFUSED)
    if claim.event_id not in work.booked and claim.event_id not in work.claims:
        _book(work, account, claim, holder=work.claim_tills[claim.terminal_number], now_ms=now_ms)


def claimed_sale(event: AnyEvent) -> str:
    """The event of the sale whose points are claimed; empty where nobody can read the code."""
    signed = read_claim(event.code) if isinstance(event, ClaimEvent) else None
    return "" if signed is None else signed.claim.event_id


def sold_at_ms(claim: Claim) -> int:
    """When the claimed sale began, by its till's clock: UTC milliseconds."""
    return uuid.UUID(claim.event_id).int >> _TIME_SHIFT


def _book(work: WorkingSet, account: Account, claim: Claim, *, holder: str, now_ms: int) -> None:
    """As the sale would be, by its own time: what it burned comes from what was leased to its till."""
    at_ms = min(sold_at_ms(claim), now_ms)
    lot = Lot(
        lot_id=derived_id(claim.event_id, "claimed"),
        account_ref=account.account_ref,
        issuer=claim.issuer,
        programme_id="",
        starts_at_ms=at_ms,
        expires_at_ms=at_ms + UNKNOWN_LIFE_MS,
        granted_units=claim.earned_units,
        remaining_units=claim.earned_units,
        matured=True,
    )
    booking = book_sale(
        due_books(work, account, at_ms=at_ms, now_ms=now_ms),
        event_id=claim.event_id,
        at_ms=at_ms,
        burn_units=claim.burned_units,
        burn_issuer=claim.issuer,
        granted=[lot] if claim.earned_units else [],
        holder=holder,
        expired_units=expired_since(work, account, work.lapsed_lots, issuer=claim.issuer, at_ms=at_ms),
    )
    book_and_repay(work, account, booking, event_id=claim.event_id, cause=CONCURRENT, now_ms=now_ms)
    units = claim.earned_units - claim.burned_units
    work.claims[claim.event_id] = Claimed(account.account_ref, units)
    work.new_claims.append(
        {
            "event_id": claim.event_id,
            "account_ref": account.account_ref,
            "units": units,
            "claimed_at_ms": now_ms,
        }
    )
    work.touch(account)
