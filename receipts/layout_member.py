"""The part of a receipt that speaks to the member: what was earned and used, the balance, and what is worth knowing next."""

from collections.abc import Iterator

from pos_app.model.accounts import BalanceView
from pos_app.model.evaluation import NextStep
from pos_app.model.receipts import SaleKind
from receipts.document import Align, Columns, Panel, Text, Weight
from receipts.facts import MemberFacts, ReceiptFacts
from receipts.formats import Formats


def member_panel(facts: ReceiptFacts, member: MemberFacts, formats: Formats) -> Panel:
    """The member's box."""
    rows: list[Text | Columns] = [
        Columns(member.name or formats.words.member, member.card_class, weight=Weight.STRONG),
        *_movements(facts.kind, member, formats),
    ]
    rows += (Text(formats.words.gift.format(gift=gift), weight=Weight.STRONG) for gift in member.gifts)
    rows += (Text(formats.words.won.format(prize=win), weight=Weight.STRONG) for win in member.wins)
    if member.balance is not None:
        rows += _balance(member.balance, formats)
    rows += _pools(member, formats)
    if member.next_step is not None and facts.kind is SaleKind.SALE:
        rows.append(Text(_next_step(member.next_step, formats), align=Align.CENTRE))
    return Panel(tuple(rows))


def _movements(kind: SaleKind, member: MemberFacts, formats: Formats) -> Iterator[Columns]:
    """Earned and used; a return turns both round."""
    words = formats.words
    is_return = kind is SaleKind.RETURN
    if member.earned_units:
        earned = formats.points(member.earned_units)
        yield Columns(words.clawed_back, f"−{earned}") if is_return else Columns(words.earned, f"+{earned}")
    if member.burned_units:
        burned = formats.points(member.burned_units)
        yield Columns(words.restored, f"+{burned}") if is_return else Columns(words.burned, f"−{burned}")


def _balance(balance: BalanceView, formats: Formats) -> Iterator[Columns]:
    words = formats.words
    yield Columns(words.balance, formats.points(balance.available_units), weight=Weight.STRONG)
    if balance.overdraft_units:
        yield Columns(words.owed, f"−{formats.points(balance.overdraft_units)}")
    if balance.pending_units and balance.next_start_ms is not None:
        pending = words.pending.format(date=formats.start(balance.next_start_ms))
        yield Columns(pending, formats.points(balance.pending_units), weight=Weight.FINE)
    if balance.next_expiry_units and balance.next_expiry_ms is not None:
        expiring = words.expiring.format(date=formats.last_day(balance.next_expiry_ms))
        yield Columns(expiring, formats.points(balance.next_expiry_units), weight=Weight.FINE)


def _pools(member: MemberFacts, formats: Formats) -> Iterator[Columns]:
    """What is there of each pool, and until when; how many of them, where others last longer."""
    for name, count in sorted(member.pools.items()):
        yield Columns(name, str(count), weight=Weight.STRONG)
        ends = member.pool_ends.get(name)
        if ends is not None:
            until = formats.words.until.format(date=formats.last_day(ends.expires_at_ms))
            yield Columns(until, "" if ends.units == count else str(ends.units), weight=Weight.FINE)


def _next_step(step: NextStep, formats: Formats) -> str:
    """What is missing, in the words of the kind of step: one receipt's total, a new class, or a higher rate."""
    words = formats.words
    if step.on == "receipt":
        sentence = words.next_receipt
    elif step.on == "next_month":
        sentence = words.next_month
    elif not step.card_class:
        sentence = words.next_rate
    else:
        sentence = words.next_class_with_rate if step.rate_bp else words.next_class
    return sentence.format(
        amount=formats.money(step.missing_minor), rate=formats.rate(step.rate_bp), **{"class": step.card_class}
    )
