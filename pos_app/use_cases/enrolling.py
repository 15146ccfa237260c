"""A fresh card becomes a member's: an account, the card, and the enrolment's event. Name and phone go by their own channel."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pos_app.errors import InputError
from pos_app.loyalty import acting
from pos_app.model.accounts import Member
from pos_app.model.staff import Permission
from pos_app.protocol.events import EnrolmentEvent
from pos_app.use_cases import acts, marking
from pos_app.use_cases.card_ranges import card_range_of
from pos_app.use_cases.moments import append, moment_of, new_id
from storage import accounts, journal
from storage.accounts import NewMember
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

NAME_LENGTH_MAX = 80
PHONE_LENGTH_MAX = 20
_PHONE_CHARACTERS = frozenset("0123456789 +-()/")


def enrol(
    till: "Till", connection: Connection, card_number: str, *, name: str, phone: str, referred_by: str = ""
) -> Member:
    """Book the enrolment, and the points that it gives; runs on the writer thread.

    ``referred_by`` is a card of the member who brought this one. Raises ``InputError`` where a card is taken or unknown, or a field
    is bad.
    """
    name, phone = " ".join(name.split()), " ".join(phone.split())
    if len(name) > NAME_LENGTH_MAX or not all(character.isprintable() for character in name):
        raise _refused("name", f"The name is longer than {NAME_LENGTH_MAX} characters or cannot be printed.")
    if len(phone) > PHONE_LENGTH_MAX or not set(phone) <= _PHONE_CHARACTERS:
        raise _refused("phone", f"The phone number may have up to {PHONE_LENGTH_MAX} digits, spaces and + - ( ) /.")
    if accounts.find_by_card(connection, card_number) is not None:
        raise _refused("taken", "This card belongs to a member already.")
    if referred_by and accounts.find_by_card(connection, referred_by) is None:
        raise _refused("referred_by", "The card of the member who brought this one is not known.")
    till.require(Permission.ENROL)
    now_ms = till.clock.utc_ms()
    member = NewMember(
        account_ref=str(uuid.uuid4()),
        card_number=card_number,
        card_class=card_range_of(till.settings, card_number).card_class,
        name=name,
        phone=phone,
    )
    add_members(till, connection, [member], utc_ms=now_ms)
    facts = accounts.find_by_card(connection, card_number)
    assert facts is not None, "the card was just added"
    acts.book_by_itself(till, connection, facts, acting.REGISTRATION)
    if referred_by:
        marking.refer(till, connection, card_number, referred_by)
    facts = accounts.find_by_card(connection, card_number)
    assert facts is not None, "the card was just added"
    return till.member_from(connection, facts)


def add_members(till: "Till", connection: Connection, members: Sequence[NewMember], *, utc_ms: int) -> None:
    """Add members, and the events that tell HQ of their cards, in the transaction of the caller."""
    accounts.add_members(connection, members, utc_ms=utc_ms)
    for member in members:
        terminal = journal.read_terminal(connection)
        event = EnrolmentEvent(
            event_id=new_id(utc_ms),
            moment=moment_of(till, terminal, utc_ms),
            account_ref=member.account_ref,
            card_number=member.card_number,
            card_class=member.card_class,
        )
        append(connection, event)


def _refused(code: str, sentence: str) -> InputError:
    return InputError(f"enrol.{code}", what=sentence, safe="Nobody was enrolled.", todo="Correct it, or press Esc.")
