"""Why a receipt gave what it gave: the engine runs again on the stored input, under that day's programmes, with refusals."""

from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.engine import explain
from pos_app.model.evaluation import EngineResult
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases.programmes import decode_programme_set
from storage import journal, programmes, sales
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till


class Explanation(msgspec.Struct, frozen=True):
    """A stored sale, the engine's result with refusals, and whether both agree on every discount and award."""

    sale: SaleEvent
    result: EngineResult
    agrees: bool


def explain_receipt(till: "Till", receipt_number: str) -> Explanation:
    """Explain a past receipt of this till; raises ``InputError`` for one that it does not have."""
    return till.database.read(lambda connection: _explain(connection, receipt_number))


def _explain(connection: Connection, receipt_number: str) -> Explanation:
    stored = sales.find_sale(connection, receipt_number=receipt_number)
    if stored is None or stored.head.kind != "sale":
        raise _refused(f"There is no sale with the number {receipt_number} on this till.")
    row = journal.find_event(connection, stored.head.event_id)
    if row is None or row.body is None:
        raise _refused(f"The details of {receipt_number} are past their retention.")
    sale = decode_body(row.body)
    assert isinstance(sale, SaleEvent), "the sale table and the journal agree"
    body = programmes.find_programme_set(connection, sale.engine_input.programme_set_hash)
    assert body is not None, "every programme set that was used is kept"
    result = explain(sale.engine_input, decode_programme_set(body))
    agrees = (
        result.awards == sale.awards == stored.awards
        and result.discounts == sale.discounts == stored.discounts
        and result.burn_shares == sale.burn_shares
    )
    return Explanation(sale, result, agrees)


def _refused(sentence: str) -> InputError:
    return InputError(
        "explain.unknown", what=sentence, safe="Nothing was changed.", todo="Check the number on the receipt."
    )
