"""The sentinel: what in a day's receipts somebody should look at. It accuses nobody: it counts, by limits that the settings say. Pure.

Nothing here is personal data: staff references, accounts and the numbers of receipts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from pos_app.settings import Sentinel

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_PERCENT = 100


class CardCame(StrEnum):
    """When the member's card came to a sale. A till of an earlier version does not say."""

    IN_TIME = ""
    AFTER_GOODS = "after_goods"
    """After the last line: usual, and telling only if it is always the same card."""
    WHILE_PAYING = "while_paying"
    """After the customer was asked to pay these goods."""


class Deed(StrEnum):
    """What a receipt did."""

    SALE = "sale"
    RETURN = "return"
    UNSEEN_RETURN = "unseen_return"


class FindingCode(StrEnum):
    """What was found."""

    CARD_AGAIN = "card_again"
    """One card again and again at one cashier within a short time."""
    CARD_SHARE = "card_share"
    """One card has a large share of what a cashier sold to members."""
    CARD_WHILE_PAYING = "card_while_paying"
    """A cashier put cards to receipts after the customer was asked to pay."""
    CARD_AFTER_GOODS = "card_after_goods"
    """A cashier put the same card to receipts after the last line, again and again."""
    BURN_RETURNED = "burn_returned"
    """Goods that points paid for came back soon; ``burned_again_units`` are what the member burned after it on the same day."""
    UNSEEN_RETURNS = "unseen_returns"
    """A cashier took goods back without their receipt, again and again."""
    ADJUSTMENTS = "adjustments"
    """Somebody gave or took points by hand."""


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt of the day. Of a return: ``of_receipt`` is the sale's number, and ``sold_ms`` when it was, None where that is not known."""

    receipt_number: str
    deed: Deed
    staff_ref: str
    account_ref: str
    utc_ms: int
    burned_units: int = 0
    card_came: str = CardCame.IN_TIME.value
    of_receipt: str = ""
    sold_ms: int | None = None


class Adjusted(msgspec.Struct, frozen=True):
    """Points that somebody gave or took by hand."""

    staff_ref: str
    account_ref: str
    units: int


class Suspicion(msgspec.Struct, frozen=True):
    """One finding: at whom to look, on which receipts, and the figures that made it one."""

    code: FindingCode
    staff_ref: str
    account_ref: str
    receipts: tuple[str, ...]
    values: dict[str, int]


def suspicions(receipts: Iterable[Watched], adjustments: Iterable[Adjusted], limits: Sentinel) -> tuple[Suspicion, ...]:
    """Everything that reaches a limit, in a fixed order. The receipts are those of one business date.

    >>> receipts = [
    ...     Watched(receipt_number=f"r{number}", deed=Deed.SALE, staff_ref="ben", account_ref="a1", utc_ms=number * 60_000)
    ...     for number in range(4)
    ... ]
    >>> [one.code.value for one in suspicions(receipts, [], Sentinel(card_receipts=4))]
    ['card_again', 'card_share']
    """
    in_order = sorted(receipts, key=_place)
    sales = [one for one in in_order if one.deed is Deed.SALE and one.account_ref]
    found = [
        *_same_card(sales, limits),
        *_late_cards(sales, limits),
        *_burns_returned(in_order, sales, limits),
        *_unseen(in_order, limits),
        *_adjusted(adjustments, limits),
    ]
    return tuple(sorted(found, key=lambda one: (one.code, one.staff_ref, one.account_ref, one.receipts)))


def _place(receipt: Watched) -> tuple[int, str]:
    """Where a receipt stands in the day; the numbers of a till rise."""
    return receipt.utc_ms, receipt.receipt_number


def _same_card(sales: Sequence[Watched], limits: Sentinel) -> Iterator[Suspicion]:
    if not limits.card_receipts:
        return
    of_staff = _grouped(sales, lambda one: (one.staff_ref,))
    for (staff_ref, account_ref), theirs in _grouped(sales, lambda one: (one.staff_ref, one.account_ref)).items():
        if len(theirs) < limits.card_receipts:
            continue
        together = _closest(theirs, limits)
        if together:
            values = {"receipts": len(together), "window_minutes": limits.card_window_minutes}
            yield _suspicion(FindingCode.CARD_AGAIN, staff_ref, account_ref, together, values)
        percent = len(theirs) * _PERCENT // len(of_staff[staff_ref,])
        if limits.card_share_percent and percent >= limits.card_share_percent:
            values = {"receipts": len(theirs), "share_percent": percent}
            yield _suspicion(FindingCode.CARD_SHARE, staff_ref, account_ref, theirs, values)


def _closest(theirs: Sequence[Watched], limits: Sentinel) -> list[Watched]:
    """The largest run of receipts within the window, if it reaches the limit; the first of equal ones."""
    window_ms = limits.card_window_minutes * _MINUTE_MS
    runs = [
        [one for one in theirs[start:] if one.utc_ms - first.utc_ms <= window_ms] for start, first in enumerate(theirs)
    ]
    longest = max(runs, key=len)
    return longest if len(longest) >= limits.card_receipts else []


def _late_cards(sales: Sequence[Watched], limits: Sentinel) -> Iterator[Suspicion]:
    if not limits.late_cards:
        return
    paying = [one for one in sales if one.card_came == CardCame.WHILE_PAYING]
    for (staff_ref,), late in _grouped(paying, lambda one: (one.staff_ref,)).items():
        if len(late) >= limits.late_cards:
            yield _suspicion(FindingCode.CARD_WHILE_PAYING, staff_ref, "", late, {"receipts": len(late)})
    after = [one for one in sales if one.card_came]
    for (staff_ref, account_ref), late in _grouped(after, lambda one: (one.staff_ref, one.account_ref)).items():
        if len(late) >= limits.late_cards:
            yield _suspicion(FindingCode.CARD_AFTER_GOODS, staff_ref, account_ref, late, {"receipts": len(late)})


def _burns_returned(receipts: Iterable[Watched], sales: Sequence[Watched], limits: Sentinel) -> Iterator[Suspicion]:
    for back in receipts:
        if back.deed is not Deed.RETURN or not back.burned_units or back.sold_ms is None:
            continue
        age_ms = back.utc_ms - back.sold_ms
        if age_ms >= limits.burn_return_hours * _HOUR_MS:
            continue
        again = [
            one
            for one in sales
            if one.account_ref == back.account_ref and one.burned_units and _place(one) > _place(back)
        ]
        values = {
            "returned_units": back.burned_units,
            "after_minutes": age_ms // _MINUTE_MS,
            "burned_again_units": sum(one.burned_units for one in again),
        }
        numbers = (back.of_receipt, back.receipt_number, *(one.receipt_number for one in again))
        yield Suspicion(FindingCode.BURN_RETURNED, back.staff_ref, back.account_ref, numbers, values)


def _unseen(receipts: Iterable[Watched], limits: Sentinel) -> Iterator[Suspicion]:
    unseen = [one for one in receipts if one.deed is Deed.UNSEEN_RETURN]
    for (staff_ref,), theirs in _grouped(unseen, lambda one: (one.staff_ref,)).items():
        if limits.unseen_returns and len(theirs) >= limits.unseen_returns:
            yield _suspicion(FindingCode.UNSEEN_RETURNS, staff_ref, "", theirs, {"receipts": len(theirs)})


def _adjusted(adjustments: Iterable[Adjusted], limits: Sentinel) -> Iterator[Suspicion]:
    theirs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one in adjustments:
        theirs[one.staff_ref, one.account_ref].append(one.units)
    for (staff_ref, account_ref), units in theirs.items():
        if limits.adjustments and len(units) >= limits.adjustments:
            values = {"adjustments": len(units), "net_units": sum(units)}
            yield Suspicion(FindingCode.ADJUSTMENTS, staff_ref, account_ref, (), values)


def _grouped(
    receipts: Iterable[Watched], key: Callable[[Watched], tuple[str, ...]]
) -> dict[tuple[str, ...], list[Watched]]:
    groups: dict[tuple[str, ...], list[Watched]] = defaultdict(list)
    for one in receipts:
        groups[key(one)].append(one)
    return groups


def _suspicion(
    code: FindingCode, staff_ref: str, account_ref: str, receipts: Sequence[Watched], values: dict[str, int]
) -> Suspicion:
    return Suspicion(code, staff_ref, account_ref, tuple(one.receipt_number for one in receipts), values)
