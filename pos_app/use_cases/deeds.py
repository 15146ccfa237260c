"""What the cashier can note of the member whose card lies on the counter: a choice among the goods that were scanned, or an act."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.loyalty.acting import REGISTRATION
from pos_app.model.accounts import Member
from pos_app.use_cases import acts, marking
from pos_app.use_cases.acts import GivenAct
from pos_app.use_cases.quoting import member_context
from pos_app.use_cases.views import Basket
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


class Deed(msgspec.Struct, frozen=True):
    """An act by its name and what it gives in units, or a product that is chosen for a rule (``programme/rule``)."""

    act: str = ""
    units: int = 0
    rule: str = ""
    product_code: str = ""
    product_name: str = ""


def deeds_now(till: "Till", basket: Basket) -> tuple[Deed, ...]:
    """Everything that could be noted now of the basket's member: choices first, in the order of the lines, then acts by name."""
    member = basket.member
    if member is None:
        return ()
    return (*_choices(till, basket, member), *till.database.read(lambda connection: _acts(till, connection, member)))


def has_acts(till: "Till") -> bool:
    """Whether some programme that runs gives points for acts that are booked at the counter."""
    return any(act != REGISTRATION for act in acts.acts_now(till))


def do_deed(till: "Till", connection: Connection, card_number: str, deed: Deed) -> Member:
    """Note it, on the writer thread; gives the member then. Its errors are those of ``marking.choose`` and ``acts.book_act``."""
    if deed.act:
        return acts.book_act(till, connection, card_number, deed.act).member
    return marking.choose(till, connection, card_number, deed.rule, deed.product_code)


def _choices(till: "Till", basket: Basket, member: Member) -> list[Deed]:
    found: dict[tuple[str, str], Deed] = {}
    for line in basket.lines:
        product = line.product
        for contender in marking.choices_for(till, product):
            chosen = member.chosen.get(contender.key, ())
            if product.code not in chosen and len(chosen) < marking.products_of(contender):
                found[contender.key, product.code] = Deed(
                    rule=contender.key, product_code=product.code, product_name=product.name
                )
    return list(found.values())


def _acts(till: "Till", connection: Connection, member: Member) -> list[Deed]:
    now_ms = till.clock.utc_ms()
    context = member_context(member, utc_ms=now_ms, zone=till.terms.zone)
    found = []
    for act in acts.acts_now(till):
        given = acts.given_for(till, connection, context, act, now_ms=now_ms) if act != REGISTRATION else ()
        if isinstance(given, GivenAct):
            found.append(Deed(act=act, units=given.result.earned_units))
    return found
