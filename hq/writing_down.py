"""The copies for reports: a receipt as it says itself, its payments, its awards and its discounts."""

import msgspec

from hq.causes import note_given
from hq.received import Received
from hq.working_set import WorkingSet
from pos_app.protocol.events import ActEvent, InstalmentEvent, ReturnEvent, SaleEvent, UnseenReturnEvent
from pos_app.protocol.nps import one_time_code

_KINDS = {SaleEvent: "sale", InstalmentEvent: "instalment"}
"""Of what is written down; whatever else brings goods back."""


def write_down(
    work: WorkingSet,
    received: Received,
    event: SaleEvent | ReturnEvent | UnseenReturnEvent | InstalmentEvent,
    *,
    earned_units: int,
    burned_units: int,
) -> None:
    """A receipt and its payments. Money and points are reported as the receipt says, whatever the ledger makes of it."""
    if isinstance(event, SaleEvent | ReturnEvent):
        note_given(work, received, event)
    moment = event.moment
    asks = isinstance(event, SaleEvent) and event.asks_nps
    work.sales.append(
        {
            "business_date": moment.business_date,
            "event_id": event.event_id,
            "terminal_id": received.terminal_id,
            "incarnation": received.incarnation,
            "seq": received.seq,
            "kind": _KINDS.get(type(event), "return"),
            "receipt_number": event.receipt_number,
            "account_ref": "" if isinstance(event, UnseenReturnEvent) else event.account_ref,
            "store_id": moment.store_id,
            "staff_ref": moment.staff_ref,
            "shift_id": moment.shift_id,
            "utc_ms": moment.utc_ms,
            "total_minor": event.total_minor,
            "earned_units": earned_units,
            "burned_units": burned_units,
            "sale_event_id": event.sale_event_id if isinstance(event, ReturnEvent) else "",
            "nps_code": one_time_code(received.nps_key, event.event_id) if asks else None,
        }
    )
    work.payments += [
        {
            "business_date": moment.business_date,
            "event_id": event.event_id,
            "payment_no": number,
            "kind": payment.kind.value,
            "amount_minor": payment.amount_minor,
            "reference": payment.reference,
        }
        for number, payment in enumerate(event.payments, start=1)
    ]


def write_awards(work: WorkingSet, event: SaleEvent | ActEvent) -> None:
    """What each rule gave to each line, or for an act."""
    work.awards += [
        {
            "business_date": event.moment.business_date,
            "event_id": event.event_id,
            "award_no": number,
            "line_no": award.line_no,
            "programme_id": award.programme_id,
            "rule_id": award.rule_id,
            "units": award.units,
            "reason_code": award.reason.code,
            "reason_values": msgspec.json.encode(award.reason.values).decode(),
        }
        for number, award in enumerate(event.awards, start=1)
    ]


def write_discounts(work: WorkingSet, event: SaleEvent) -> None:
    """What each rule took off the price of each line."""
    work.discounts += [
        {
            "business_date": event.moment.business_date,
            "event_id": event.event_id,
            "discount_no": number,
            "line_no": discount.line_no,
            "programme_id": discount.programme_id,
            "rule_id": discount.rule_id,
            "amount_minor": discount.amount_minor,
            "reason_code": discount.reason.code,
            "reason_values": msgspec.json.encode(discount.reason.values).decode(),
        }
        for number, discount in enumerate(event.discounts, start=1)
    ]
