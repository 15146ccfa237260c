"""What people note of a member for every till: that somebody checked who they are, segments, who brought them, what they chose.

Each is one transaction: its event, the row, and an entry of the audit log, on the writer thread. Raises ``InputError`` or
``NotAllowedError``: nothing was noted then.
"""

from typing import TYPE_CHECKING

from pos_app.errors import InputError
from pos_app.loyalty.contenders import Contender
from pos_app.loyalty.document import AnyRule, Chosen
from pos_app.loyalty.rating import is_meant
from pos_app.model.accounts import Member
from pos_app.model.evaluation import EngineLine
from pos_app.model.marks import CHOSEN, REFERRED_BY, SEGMENT, VERIFIED, of_name
from pos_app.model.products import Product, ProductClass
from pos_app.model.staff import Permission
from pos_app.protocol.events import MarkEvent
from pos_app.use_cases import staffing
from pos_app.use_cases.account_acts import find_holder
from pos_app.use_cases.acts import plan_now
from pos_app.use_cases.auditing import write_audit
from pos_app.use_cases.members import days_before
from pos_app.use_cases.moments import append, moment_of, new_id
from pos_app.use_cases.referring import is_first_paid
from pos_app.use_cases.staffing import Approval
from storage import account_changes, accounts, catalogue, journal, marks
from storage.accounts import AccountFacts
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

SEGMENT_LENGTH_MAX = 64
SEGMENTS_MAX = 20
"""The most segments of one member."""


def verify(
    till: "Till", connection: Connection, holder: str, *, withdraw: bool = False, approval: Approval | None = None
) -> Member:
    """Somebody has checked who the member is, or has doubts again. The approval's subject is the account."""
    facts = find_holder(connection, holder)
    is_verified = VERIFIED in _names(connection, facts)
    if is_verified is not withdraw:
        words = "is verified already" if is_verified else "is not verified"
        raise _refused("same", f"The member {words}.", todo="Nothing is to be done.")
    approver_ref = staffing.check(till, Permission.CHANGE_ACCOUNT, approval, subject=facts.account_ref)
    return _mark(till, connection, facts, VERIFIED, "", on=not withdraw, approver_ref=approver_ref)


def put_in_segment(
    till: "Till",
    connection: Connection,
    holder: str,
    segment: str,
    *,
    remove: bool = False,
    approval: Approval | None = None,
) -> Member:
    """Put a member into a segment, or take them out of it. The approval's subject is the account."""
    facts = find_holder(connection, holder)
    segments = of_name(marks.marks_of(connection, facts.account_ref), SEGMENT)
    _check_segment(segment, segments, remove=remove)
    approver_ref = staffing.check(till, Permission.CHANGE_ACCOUNT, approval, subject=facts.account_ref)
    return _mark(till, connection, facts, SEGMENT, segment, on=not remove, approver_ref=approver_ref)


def _check_segment(segment: str, segments: tuple[str, ...], *, remove: bool) -> None:
    if not (0 < len(segment) <= SEGMENT_LENGTH_MAX and segment.isprintable()):
        raise _refused("segment", f"A segment has 1 to {SEGMENT_LENGTH_MAX} letters.", todo="Correct its name.")
    if (segment in segments) is not remove:
        words = "is not in this segment" if remove else "is in this segment already"
        raise _refused("same", f"The member {words}.", todo="Nothing is to be done.")
    if not remove and len(segments) >= SEGMENTS_MAX:
        raise _refused("segments", f"A member is in {SEGMENTS_MAX} segments at most.", todo="Take them out of one.")


def choose(
    till: "Till",
    connection: Connection,
    holder: str,
    rule_key: str,
    product_code: str,
    *,
    approval: Approval | None = None,
) -> Member:
    """The member chooses a product for a rule (``programme/rule``) that offers a choice. The approval's subject is the account."""
    facts = find_holder(connection, holder)
    product = catalogue.find_product(connection, product_code)
    if product is None:
        raise _refused("product", "There is no such product.", todo="Scan or type another one.")
    choice = _choice_rule(till, rule_key)
    if not takes(choice.rule, product):
        raise _refused("product", f"{product.name} is not among the goods to choose from.", todo="Choose another one.")
    chosen = _choice_of(choice)
    name, today = f"{CHOSEN}{rule_key}", till.business_date(till.clock.utc_ms())
    first = days_before(today, chosen.days)
    now = [one for one in marks.marks_of(connection, facts.account_ref) if one.name == name and one.since_date >= first]
    if any(mark.value == product_code for mark in now):
        raise _refused("same", f"{product.name} is chosen already.", todo="Nothing is to be done.")
    if len(now) >= chosen.products:
        most = "One product" if chosen.products == 1 else f"{chosen.products} products"
        raise _refused(
            "chosen", f"{most} may be chosen in {chosen.days} days, and that is done.", todo="Choose again later."
        )
    approver_ref = staffing.check(till, Permission.ENROL, approval, subject=facts.account_ref)
    return _mark(till, connection, facts, name, product_code, on=True, approver_ref=approver_ref)


def refer(
    till: "Till", connection: Connection, holder: str, by_holder: str, *, approval: Approval | None = None
) -> Member:
    """Note who brought a member, before anything was paid. The approval's subject is the account of the new member."""
    facts, by = find_holder(connection, holder), find_holder(connection, by_holder)
    if facts.account_ref == by.account_ref:
        raise _refused("self", "Nobody brings themselves.", todo="Scan the card of the member who did.")
    if facts.account_ref in of_name(marks.marks_of(connection, by.account_ref), REFERRED_BY):
        raise _refused("circle", "This member was brought by the other one.", todo="Nothing is to be done.")
    if not is_first_paid(connection, facts):
        raise _refused("late", "The member has bought here before.", todo="Only a new member can have been brought.")
    if by.account_ref in of_name(marks.marks_of(connection, facts.account_ref), REFERRED_BY):
        raise _refused("same", "That is noted already.", todo="Nothing is to be done.")
    approver_ref = staffing.check(till, Permission.ENROL, approval, subject=facts.account_ref)
    return _mark(till, connection, facts, REFERRED_BY, by.account_ref, on=True, approver_ref=approver_ref)


def choices_for(till: "Till", product: Product) -> tuple[Contender, ...]:
    """The rules that run now, let members choose, and would take this product."""
    return tuple(one for one in choice_rules(till) if takes(one.rule, product))


def choice_rules(till: "Till") -> tuple[Contender, ...]:
    """The rules that run now and let members choose, in the order of their programmes' priority."""
    plan = plan_now(till)
    in_lanes = (one for lane in (*plan.price_lanes, *plan.point_lanes) for one in (*lane.contenders, *lane.boosters))
    return tuple(one for one in (*in_lanes, *plan.collects, *plan.rewards) if one.chooses)


def products_of(contender: Contender) -> int:
    """How many products may be chosen for a rule that offers a choice."""
    return _choice_of(contender).products


def _choice_of(contender: Contender) -> Chosen:
    when = contender.rule.when
    assert when is not None, "a rule that offers a choice says so in its conditions"
    assert when.chosen is not None, "a rule that offers a choice says so in its conditions"
    return when.chosen


def takes(rule: AnyRule, product: Product) -> bool:
    """Whether a rule is about such goods; none is about regulated ones."""
    line = EngineLine(
        1, product.code, product.product_class, product.band, product.department, product.category, 1000, 0
    )
    return product.product_class is not ProductClass.REGULATED and is_meant(rule, line)


def _choice_rule(till: "Till", rule_key: str) -> Contender:
    for one in choice_rules(till):
        if one.key == rule_key:
            return one
    names = ", ".join(one.key for one in choice_rules(till))
    todo = f"These do: {names}." if names else "Nothing is to be done."
    raise _refused("rule", f"No rule {rule_key} runs now that lets members choose.", todo=todo)


def _names(connection: Connection, facts: AccountFacts) -> set[str]:
    return {mark.name for mark in marks.marks_of(connection, facts.account_ref)}


def _mark(
    till: "Till",
    connection: Connection,
    facts: AccountFacts,
    name: str,
    value: str,
    *,
    on: bool,
    approver_ref: str,
) -> Member:
    now_ms = till.clock.utc_ms()
    event = MarkEvent(
        event_id=new_id(now_ms),
        moment=moment_of(till, journal.read_terminal(connection), now_ms),
        account_ref=facts.account_ref,
        name=name,
        value=value,
        on=on,
        approved_by=approver_ref,
    )
    append(connection, event)
    account_changes.apply_act(connection, event)
    values: dict[str, int | str] = {"mark": name, **({"value": value} if value else {}), "on": int(on)}
    write_audit(
        till, connection, action="mark_member", approver_ref=approver_ref, subject=facts.account_ref, values=values
    )
    after = accounts.find_by_card(connection, facts.card_number)
    assert after is not None, "the account was just read"
    return till.member_from(connection, after)


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"mark.{code}", what=sentence, safe="Nothing was changed.", todo=todo)
