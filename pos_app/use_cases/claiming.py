"""Claims: a member shows the code of a receipt whose sale may be lost with a disk, and headquarters checks and books it."""

from typing import TYPE_CHECKING

from pos_app.errors import InputError
from pos_app.model.staff import Permission
from pos_app.protocol.claims import Claim, account_check, claim_code, read_claim
from pos_app.protocol.events import ClaimEvent, SaleEvent, decode_body
from pos_app.use_cases.moments import append, moment_of, new_id
from storage import accounts, journal
from storage.database import Connection
from storage.journal import Terminal

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


def book_claim(till: "Till", connection: Connection, code: str, card_number: str) -> Claim:
    """Write down that a member claims a receipt; runs on the writer thread. The points appear when HQ has checked the code.

    Raises ``InputError`` for what is no code, for another member's receipt, and where no HQ could check it.
    """
    till.require(Permission.SELL)
    signed = read_claim(code)
    if signed is None:
        raise _refused("code", "This is not the code of a receipt, or it was read wrong.", todo="Scan it again.")
    terminal = journal.read_terminal(connection)
    if not till.settings.hq.url or terminal.hq_public_key is None:
        raise _refused("no_hq", "There is no headquarters here that could check the code.", todo="Ask at another shop.")
    facts = accounts.find_by_card(connection, card_number)
    if facts is None:
        raise _refused("no_card", "This card was never seen here.", todo="Enrol it first, then scan the code again.")
    claim = signed.claim
    if not any(claim.is_account(ref) for ref in accounts.merged_with(connection, facts.account_ref)):
        raise _refused(
            "other_member", "The receipt belongs to another member.", todo="Scan the card of the receipt's member."
        )
    if journal.find_event(connection, claim.event_id) is not None:
        raise _refused(
            "here", "This sale is in this till's own books: nothing is lost.", todo="The points are there already."
        )
    _append(till, connection, terminal, code=code.strip().upper(), account_ref=facts.account_ref, card_ref=card_number)
    return claim


def code_for(connection: Connection, event_id: str) -> str:
    """The code for the receipt of a sale; empty where there is nothing to claim.

    That is a sale without points or member, one that HQ keeps for good already, and a till that has no key HQ could check it by.
    """
    terminal = journal.read_terminal(connection)
    row = journal.find_event(connection, event_id)
    if terminal.nps_key is None or row is None or row.body is None or row.seq <= terminal.durable_seq:
        return ""
    event = decode_body(row.body)
    if not isinstance(event, SaleEvent) or not event.account_ref or row.terminal_id != terminal.terminal_id:
        return ""
    earned_units = sum(lot.grant.units for lot in event.granted_lots if lot.grant.issuer == event.issuer)
    if not (earned_units or event.burn_units):
        return ""
    claim = Claim(
        terminal_number=terminal.terminal_number,
        incarnation=row.incarnation,
        seq=row.seq,
        event_id=event_id,
        account_check=account_check(event_id, event.account_ref),
        earned_units=earned_units,
        burned_units=event.burn_units,
        issuer=event.issuer,
    )
    return claim_code(claim, terminal.nps_key)


def _append(
    till: "Till", connection: Connection, terminal: Terminal, *, code: str, account_ref: str, card_ref: str
) -> None:
    now_ms = till.clock.utc_ms()
    event = ClaimEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, terminal, now_ms),
        code=code,
        account_ref=account_ref,
        card_ref=card_ref,
    )
    append(connection, event)


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"claim.{code}", what=sentence, safe="Nothing was claimed.", todo=todo)
