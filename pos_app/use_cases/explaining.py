"""Why a receipt gives what it gives: the engine runs on the stored input, under that day's programmes, with refusals.

A basket that is not paid yet is explained the same way, on the input that would be booked now.
"""

from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.document import Guard
from pos_app.loyalty.engine import explain
from pos_app.loyalty.plan import plan_for
from pos_app.loyalty.programme import ProgrammeSet
from pos_app.loyalty.why import Because, because_of, may_read_cost
from pos_app.model.evaluation import EngineInput, EngineResult, Reason
from pos_app.model.receipts import SaleKind, SaleLine
from pos_app.model.staff import Permission, Role
from pos_app.protocol.events import SaleEvent, decode_body
from pos_app.use_cases import quoting, staffing
from pos_app.use_cases.finding_receipts import ask_headquarters
from pos_app.use_cases.programmes import decode_programme_set
from storage import foreign_receipts, journal, pools, programmes, sales
from storage.database import Connection
from storage.sales import StoredSale

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till
    from pos_app.use_cases.views import Basket


class Explanation(msgspec.Struct, frozen=True):
    """A stored sale, the engine's result with refusals, and whether both agree on everything that was given.

    ``programmes`` are those of its day. ``is_own``: this till sold it; else headquarters showed it.
    """

    sale: SaleEvent
    result: EngineResult
    agrees: bool
    programmes: ProgrammeSet
    is_own: bool = True


class Explained(msgspec.Struct, frozen=True):
    """An explanation as somebody may see it. ``agrees`` is None, and the number empty, for a basket that is not paid yet.

    ``names`` are those of the programmes. ``is_restricted``: what would tell a margin is left out; else ``margins_percent`` has the lower
    end of the band of each line that has one, and ``guard`` the share of the margin that rewards may cost.
    """

    receipt_number: str
    business_date: str
    semantics: int
    programme_set_hash: str
    lines: tuple[SaleLine, ...]
    because: tuple[Because, ...]
    names: dict[str, str]
    burn_units: int
    burnable_units: int
    burn_limit: Reason
    is_restricted: bool
    agrees: bool | None = None
    margins_percent: dict[int, int] = {}
    guard: Guard | None = None

    def of_line(self, line_no: int) -> tuple[Because, ...]:
        """What happened on one line; 0 is the whole receipt."""
        return tuple(one for one in self.because if one.line_no == line_no)


def role_asking(till: "Till") -> Role:
    """By whose eyes an explanation is seen: a manager's where the person at the till may read costs, else a cashier's."""
    return Role.MANAGER if staffing.may(till, Permission.READ_COST) else Role.CASHIER


def explain_receipt(till: "Till", receipt_number: str) -> Explanation:
    """Explain a past receipt: ours, or one whose details headquarters has; asks it where they are not here, two seconds at most.

    Raises ``InputError`` for one that nobody can show. Not for the screen's thread.
    """
    try:
        return explain_own(till, receipt_number)
    except _NotHereError:
        ask_headquarters(till, receipt_number)
        return explain_own(till, receipt_number)


def explain_own(till: "Till", receipt_number: str) -> Explanation:
    """Explain a receipt of which everything is here; asks nobody, so the screen's thread may. Raises ``InputError`` for any other."""
    return till.database.read(lambda connection: _explain(connection, receipt_number))


def explain_basket(till: "Till", basket: "Basket", *, role: Role = Role.CASHIER) -> Explained:
    """Explain what a basket would give if it were booked now."""
    now_ms = till.clock.utc_ms()
    terms = till.database.read(till.terms_now)
    wanted = quoting.engine_input(basket, terms, utc_ms=now_ms, business_date=till.business_date(now_ms))
    result = explain(wanted, till.terms.programmes)
    lines = quoting.quote_of(basket, result, till.terms).lines
    return _explained(wanted, result, till.terms.programmes, lines, role)


def explained_to(explanation: Explanation, *, role: Role) -> Explained:
    """A past receipt's explanation as this role may see it."""
    sale = explanation.sale
    seen = _explained(sale.engine_input, explanation.result, explanation.programmes, sale.lines, role)
    return msgspec.structs.replace(seen, receipt_number=sale.receipt_number, agrees=explanation.agrees)


def _explained(
    engine_input: EngineInput, result: EngineResult, rules: ProgrammeSet, lines: tuple[SaleLine, ...], role: Role
) -> Explained:
    is_restricted = not may_read_cost(role)
    margins = {
        line.line_no: line.margin_floor_percent for line in engine_input.lines if line.margin_floor_percent is not None
    }
    return Explained(
        receipt_number="",
        business_date=engine_input.business_date,
        semantics=engine_input.semantics,
        programme_set_hash=engine_input.programme_set_hash,
        lines=lines,
        because=because_of(result, role=role),
        names={programme.id: programme.name for programme in rules.programmes},
        burn_units=result.burn_units,
        burnable_units=result.burnable_units,
        burn_limit=result.burn_limit,
        is_restricted=is_restricted,
        margins_percent={} if is_restricted else margins,
        guard=None if is_restricted else plan_for(rules, engine_input.business_date, engine_input.store_id).guard,
    )


def _explain(connection: Connection, receipt_number: str) -> Explanation:
    stored = sales.find_sale(connection, receipt_number=receipt_number)
    if stored is not None and stored.head.kind != SaleKind.SALE:
        raise _UnknownError(f"There is no sale with the number {receipt_number} on this till.")
    sale = _event_of(connection, stored, receipt_number)
    kept = programmes.find_programme_set(connection, sale.engine_input.programme_set_hash)
    if kept is None:
        raise _NotHereError(f"The programmes of {receipt_number} are not known here.")
    rules = decode_programme_set(kept)
    result = explain(sale.engine_input, rules)
    agrees = _agrees(result, sale) and (stored is None or _is_stored(connection, stored, sale))
    return Explanation(sale, result, agrees, rules, is_own=stored is not None)


def _event_of(connection: Connection, stored: StoredSale | None, receipt_number: str) -> SaleEvent:
    """The sale's event: our own, or as headquarters showed it; raises where neither is here."""
    row = None if stored is None else journal.find_event(connection, stored.head.event_id)
    body = None if row is None else row.body
    if body is None:
        shown = foreign_receipts.find_foreign(connection, receipt_number=receipt_number)
        is_it = shown is not None and (stored is None or shown.event_id == stored.head.event_id)
        body = shown.body if shown is not None and is_it else None
    if body is None and stored is not None:
        raise _NotHereError(f"The details of {receipt_number} are past their retention.")
    if body is None:
        raise _NotHereError(f"There is no sale with the number {receipt_number} on this till.")
    event = decode_body(body)
    assert isinstance(event, SaleEvent), "the sale table and the journal agree"
    return event


def _agrees(result: EngineResult, sale: SaleEvent) -> bool:
    """Whether the engine gives today what the sale's event says."""
    computed = (result.awards, result.discounts, result.burn_shares, result.collected, result.taken, result.used)
    told = (sale.awards, sale.discounts, sale.burn_shares, sale.collected, sale.taken, sale.used)
    return computed == told and result.donated == sale.donated


def _is_stored(connection: Connection, stored: StoredSale, sale: SaleEvent) -> bool:
    """Whether the tables say what the sale's event says."""
    beside = pools.read_pools(connection, sale.event_id)
    told = (sale.awards, sale.discounts, sale.collected, sale.taken)
    return told == (stored.awards, stored.discounts, beside.collected, beside.taken)


class _UnknownError(InputError):
    """There is nothing to explain."""

    def __init__(self, sentence: str) -> None:
        super().__init__(
            "explain.unknown", what=sentence, safe="Nothing was changed.", todo="Check the number on the receipt."
        )


class _NotHereError(_UnknownError):
    """It is not here; headquarters may have it."""
