"""A share of the margin that members' purchases made, paid out in points once a quarter.

Each till reckons with its own receipts, by today's cost of the goods: nothing else knows it. Goods that come back count against the
quarter of their return, and what was paid out for them before is taken back, though never more than was ever paid out.
"""

import re
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from pos_app.errors import InputError
from pos_app.loyalty.document import Programme
from pos_app.loyalty.ledger import AccountKind
from pos_app.model.accounts import AccountStatus
from pos_app.model.marks import SEGMENT, of_name
from pos_app.model.money import MILLI
from pos_app.model.products import ProductClass
from pos_app.model.staff import Permission
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import staffing
from pos_app.use_cases.account_acts import Adjustment, book_adjustment
from pos_app.use_cases.auditing import write_audit
from storage import accounts, catalogue, journal, margins, marks
from storage.database import Connection

if TYPE_CHECKING:
    from pos_app.use_cases.till import Till

_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")
_LAST_DAYS = {1: "03-31", 2: "06-30", 3: "09-30", 4: "12-31"}
_PERCENT = 100
_QUARTERS_BACK = 40
"""For ten years a share can be taken back."""


class Share(msgspec.Struct, frozen=True):
    """A member's quarter. ``units`` of points are paid out, or taken back (below 0); ``is_booked``: that was done already.

    ``net_minor`` is what was paid without tax for goods whose cost is known, ``margin_minor`` that less their cost.
    """

    account_ref: str
    net_minor: int
    margin_minor: int
    units: int
    is_booked: bool = False


class Quarter(msgspec.Struct, frozen=True):
    """A quarter of a programme: every member's share, and the goods whose cost the till does not know, which do not count."""

    programme_id: str
    quarter: str
    shares: tuple[Share, ...]
    unknown_cost: tuple[str, ...]


def share_profit(
    till: "Till", connection: Connection, programme_id: str, quarter: str, *, is_booked: bool = False
) -> Quarter:
    """Reckon a quarter (``2026-Q3``), and with ``is_booked`` pay it out: once, however often it is asked for.

    On the writer thread. Raises ``InputError``, and ``NotAllowedError`` for whoever may not see costs, or not give points.
    """
    programme = _programme(till, programme_id)
    since, until = _days_of(quarter)
    today = till.business_date(till.clock.utc_ms())
    if is_booked and until >= today:
        raise _refused("early", f"The quarter {quarter} is not over.", todo="Book it from its end on.")
    _check_kept(till, connection, since)
    staffing.check(till, Permission.READ_COST)
    found = _reckoned(till, connection, programme, quarter, since=since, until=until)
    due = [share for share in found.shares if share.units and not share.is_booked]
    if not is_booked or not due:
        return found
    staffing.check(till, Permission.ADJUST_POINTS)
    for share in due:
        _book(till, connection, programme, quarter, share)
    values: dict[str, int | str] = {"quarter": quarter, "accounts": len(due), "units": sum(one.units for one in due)}
    write_audit(till, connection, action="share_profit", subject=programme_id, values=values)
    return _reckoned(till, connection, programme, quarter, since=since, until=until)


def _book(till: "Till", connection: Connection, programme: Programme, quarter: str, share: Share) -> None:
    wanted = Adjustment(
        share.units,
        AdjustmentReason.PROFIT_SHARE,
        reference=quarter,
        event_id=_event_id(connection, programme.id, quarter, share.account_ref),
        issuer=programme.issuer,
        programme_id=programme.id,
    )
    book_adjustment(till, connection, share.account_ref, wanted)


def _programme(till: "Till", programme_id: str) -> Programme:
    for programme in till.terms.programmes.programmes:
        if programme.id == programme_id and programme.profit_share is not None:
            return programme
    raise _refused(
        "programme", f"No programme {programme_id} that runs here shares profit.", todo="Check its id and its file."
    )


def _days_of(quarter: str) -> tuple[str, str]:
    """The first and the last business date of a quarter.

    >>> _days_of("2026-Q1")
    ('2026-01-01', '2026-03-31')
    """
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise _refused("quarter", f"{quarter!r} is no quarter.", todo="Write it as 2026-Q3.")
    year, number = match[1], int(match[2])
    return f"{year}-{3 * number - 2:02d}-01", f"{year}-{_LAST_DAYS[number]}"


def _check_kept(till: "Till", connection: Connection, since: str) -> None:
    """Receipts that were dropped would make the share too small."""
    kept = margins.first_business_date(connection)
    if till.settings.storage.keep_sales_days and kept > since:
        raise _refused(
            "dropped",
            f"The receipts before {kept} are not kept here any more.",
            todo="Reckon a later quarter, and keep receipts for longer (keep_sales_days).",
        )


def _reckoned(
    till: "Till", connection: Connection, programme: Programme, quarter: str, *, since: str, until: str
) -> Quarter:
    costs_minor = catalogue.costs_minor(connection)
    net: defaultdict[str, int] = defaultdict(int)
    cost_milli: defaultdict[str, int] = defaultdict(int)
    unknown: set[str] = set()
    for bought in margins.purchases(connection, since=since, until=until):
        # No rule rewards regulated goods, and this one neither.
        if bought.product_class == ProductClass.REGULATED.value:
            continue
        if bought.product_code not in costs_minor:
            unknown.add(bought.product_code)
            continue
        account_ref = accounts.survivor_of(connection, bought.account_ref)
        net[account_ref] += bought.net_minor
        cost_milli[account_ref] += costs_minor[bought.product_code] * bought.quantity_milli
    shares = (
        _share(till, connection, programme, quarter, account_ref, net[account_ref], cost_milli[account_ref])
        for account_ref in sorted(net)
        if _takes_part(connection, programme, account_ref)
    )
    return Quarter(programme.id, quarter, tuple(shares), tuple(sorted(unknown)))


def _takes_part(connection: Connection, programme: Programme, account_ref: str) -> bool:
    """Whether the programme is for this member: a business under contract, as a rule, which a segment says."""
    facts = accounts.find_by_ref(connection, account_ref)
    if facts is None or facts.account_status is AccountStatus.BLOCKED:
        return False
    segments = of_name(marks.marks_of(connection, account_ref), SEGMENT)
    return not programme.segments or not programme.segments.isdisjoint(segments)


def _share(
    till: "Till",
    connection: Connection,
    programme: Programme,
    quarter: str,
    account_ref: str,
    net_minor: int,
    cost_milli: int,
) -> Share:
    """A share is rounded down, also where it is below nothing; small ones are not paid out."""
    assert programme.profit_share is not None, "looked at before"
    terms = programme.profit_share
    in_units = 10**till.terms.points_exponent
    margin_milli = net_minor * MILLI - cost_milli
    worth = MILLI * _PERCENT * programme.point_worth_minor
    units = margin_milli * terms.margin_percent * in_units // worth
    family = accounts.merged_with(connection, account_ref)
    if units < 0:
        units = max(units, -_paid_before(connection, programme.id, quarter, family))
    elif units < terms.min_payout_points * in_units:
        units = 0
    ids = (_event_id(connection, programme.id, quarter, ref) for ref in family)
    is_booked = any(journal.find_event(connection, event_id) is not None for event_id in ids)
    return Share(account_ref, net_minor, -(-margin_milli // MILLI), units, is_booked)


def _paid_before(connection: Connection, programme_id: str, quarter: str, family: tuple[str, ...]) -> int:
    """The units that were paid out for earlier quarters and not taken back."""
    units = 0
    for _ in range(_QUARTERS_BACK):
        quarter = _quarter_before(quarter)
        for ref in family:
            entries = accounts.entries_of(connection, ref, _event_id(connection, programme_id, quarter, ref))
            units -= sum(entry.units for entry in entries if entry.kind is AccountKind.ISSUED)
    return units


def _quarter_before(quarter: str) -> str:
    """The quarter before.

    >>> _quarter_before("2026-Q1")
    '2025-Q4'
    """
    year, number = int(quarter[:4]), int(quarter[-1])
    return f"{year}-Q{number - 1}" if number > 1 else f"{year - 1}-Q4"


def _event_id(connection: Connection, programme_id: str, quarter: str, account_ref: str) -> str:
    """One for each till, programme, quarter and account: booking again books nothing more."""
    terminal_id = journal.read_terminal(connection).terminal_id
    return str(uuid.uuid5(uuid.UUID(terminal_id), f"profit share {programme_id} {quarter} {account_ref}"))


def _refused(code: str, sentence: str, *, todo: str) -> InputError:
    return InputError(f"profit_share.{code}", what=sentence, safe="Nothing was booked.", todo=todo)
