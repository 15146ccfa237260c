"""One sound event of each kind, and everything that can be done to the JSON of one."""

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

import msgspec

from pos_app.loyalty.engine import evaluate
from pos_app.model.evaluation import LotGrant, MemberContext
from pos_app.model.identifiers import derived_id
from pos_app.model.receipts import Payment, PaymentKind
from pos_app.protocol.events import (
    AccountStatusEvent,
    AdjustmentEvent,
    AdjustmentReason,
    AnyEvent,
    AuditEvent,
    BurnedLot,
    CardAction,
    CardEvent,
    ClaimEvent,
    CouponVoidEvent,
    EnrolmentEvent,
    ErasureEvent,
    GrantedLot,
    HoldVoidEvent,
    LeaseReleaseEvent,
    LotChange,
    MergeEvent,
    ReturnedLine,
    ReturnEvent,
    SaleEvent,
    UnseenLine,
    UnseenReturnEvent,
)
from pos_app.use_cases.programmes import encode_programme_set
from tests.hq.journals import START_MS, moment, new_id, sale
from tests.pos_app.loyalty.builders import presets

PROGRAMMES = presets("fixed-card", "progressive")
PROGRAMMES_BODY = encode_programme_set(PROGRAMMES).decode()
NUMBERS = (0, -1, 2**31, 2**53, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**40)
TEXTS = (
    "",
    "\0",
    "a\0b",
    "\x01\x1b[2J\r\n",
    "\ud800",
    "x" * 70_000,
    "Europe",
    "../../etc/passwd",
    "z" * 300,
    "٢٠٢٦-٠١-٠١",
    "9999-12-31",
    "0001-01-01",
    "<script>",
    "🙈" * 64,
)
OTHER_TYPES: tuple[object, ...] = (None, True, 1.5, float("nan"), float("inf"), [], {}, [[]], "1")
Place = tuple[str | int, ...]
STEP = 1 if os.environ.get("POS_APP_ABUSE_ALL") else 17
"""Every so manieth of all that could be tried is, or with ``make abuse`` everything."""


def rated(**changes: Any) -> SaleEvent:
    """A sale that the engine computes the same, of a member who burns what an earlier one gave."""
    sold = sale(account_ref="a", card="299", amounts=(100_000, 250), **changes)
    engine_input = msgspec.structs.replace(
        sold.engine_input,
        programme_set_hash=PROGRAMMES.hash,
        member=MemberContext("a", "", {"progressive": 5}, 0, 100),
        burn_units=20,
    )
    result = evaluate(engine_input, PROGRAMMES)
    lots = [GrantedLot(derived_id(sold.event_id, f"lot-{n}"), grant) for n, grant in enumerate(result.lots, start=1)]
    return msgspec.structs.replace(
        sold,
        engine_input=engine_input,
        awards=result.awards,
        granted_lots=tuple(lots),
        burn_units=result.burn_units,
        burn_worth_minor=result.burn_worth_minor,
        burn_as=result.burn_as.value,
        burn_shares=result.burn_shares,
        burned_lots=(BurnedLot(new_id(), result.burn_units, START_MS * 2),),
        counted=result.counted,
        class_after=result.class_after,
        auth_id=new_id(),
        asks_nps=True,
    )


def returned(of: str, **changes: Any) -> ReturnEvent:
    """A line of a sale comes back, with everything that such an event may hold."""
    back = ReturnEvent(
        event_id=new_id(),
        moment=moment(),
        receipt_number="001-01-0000002",
        account_ref="a",
        sale_event_id=of,
        lines=(ReturnedLine(1, 500, 500, 83, 5, 1),),
        payments=(Payment(PaymentKind.CASH, 500, 500),),
        total_minor=500,
        clawed_back=(LotChange(derived_id(of, "lot-1"), -5, "shop"),),
        overdraft_units=1,
        restored_lots=(GrantedLot(new_id(), LotGrant("", "shop", 1, START_MS, START_MS * 2)),),
        counted={"progressive": 500},
        sale_business_date="2026-01-01",
        returned_before=(ReturnedLine(2, 1, 1, 1, 1, 1),),
    )
    return msgspec.structs.replace(back, **changes)


def one_of_each(sold: SaleEvent) -> tuple[AnyEvent, ...]:
    """A sound event of each kind, new ones each time; ``sold`` is the sale whose goods come back."""
    head: Any = {"event_id": new_id(), "moment": moment()}
    gift_id = new_id()
    gift = GrantedLot(derived_id(gift_id, "lot-1"), LotGrant("points", "shop", 5, START_MS, START_MS * 2))
    unseen_line = UnseenLine("2000000000001", "Tea", 1000, 100, 2000, 16)
    return (
        rated(),
        returned(sold.event_id),
        returned(new_id()),
        EnrolmentEvent(event_id=new_id(), moment=moment(), account_ref="b", card_number="300", card_class="gold"),
        UnseenReturnEvent(
            **head | {"event_id": new_id()},
            receipt_number="001-01-0000003",
            sale_receipt_number=sold.receipt_number,
            lines=(unseen_line,),
            payments=(Payment(PaymentKind.CARD, 100, 0, "ref"),),
            total_minor=100,
        ),
        CardEvent(**head, account_ref="a", card_number="301", action=CardAction.REPLACE, replaces="299"),
        MergeEvent(**head | {"event_id": new_id()}, account_ref="a", merged_ref="m", approved_by="boss"),
        AccountStatusEvent(**head | {"event_id": new_id()}, account_ref="s", status="frozen", reason="x"),
        AdjustmentEvent(
            **head | {"event_id": gift_id},
            account_ref="a",
            units=5,
            reason=AdjustmentReason.GOODWILL,
            reference="A-1",
            granted=gift,
        ),
        HoldVoidEvent(**head | {"event_id": new_id()}, auth_id=new_id(), account_ref="a"),
        CouponVoidEvent(**head | {"event_id": new_id()}, auth_id=new_id(), coupon_id="7KQ2M-1"),
        LeaseReleaseEvent(**head | {"event_id": new_id()}, account_ref="a", lease_id=new_id(), units=1),
        ClaimEvent(**head | {"event_id": new_id()}, code="POSC04", account_ref="a", card_ref="299"),
        ErasureEvent(**head | {"event_id": new_id()}, account_ref="e"),
        AuditEvent(**head | {"event_id": new_id()}, action="drawer", subject="x", values={"n": 1, "t": "x"}),
    )


def places(tree: object, kind: type | tuple[type, ...], at: Place = ()) -> Iterator[Place]:
    """Where a value of this type stands; booleans are no numbers here."""
    if isinstance(tree, kind) and not (isinstance(tree, bool) and kind is int):
        yield at
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inner:
        yield from places(value, kind, (*at, key))


def value_at(tree: Any, at: Place) -> Any:
    """What stands there."""
    for key in at:
        tree = tree[key]
    return tree


def replaced(tree: Any, at: Place, value: object) -> Any:
    """The tree with another value there; nothing else where that is all of it."""
    if not at:
        return value
    changed = copy.deepcopy(tree)
    value_at(changed, at[:-1])[at[-1]] = value
    return changed


def without(tree: Any, at: Place) -> Any:
    """The tree with nothing there; ``at`` is not all of it."""
    changed = copy.deepcopy(tree)
    del value_at(changed, at[:-1])[at[-1]]
    return changed


def as_bytes(tree: object) -> bytes:
    """JSON of anything, also of what no JSON may hold."""
    return json.dumps(tree, separators=(",", ":")).encode()
