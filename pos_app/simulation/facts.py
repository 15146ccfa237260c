"""What headquarters' database says in the end, read with plain SQL: the checks trust none of the product's own sums."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from pos_app.simulation.headquarters import SimulatedHq, dashed

ASSETS = ("available", "pending", "leased")


class LotInTime(msgspec.Struct, frozen=True):
    """A lot and its dates, as HQ has them."""

    lot_id: str
    issuer: str
    granted_units: int
    remaining_units: int
    starts_at_ms: int
    expires_at_ms: int | None
    matured: bool


class HqFacts(msgspec.Struct, frozen=True):
    """Everything that the checks look at. ``entries``, ``balances``, ``lots``: account, issuer, kind to units.

    ``receipts``: printed number to the sales that have it. ``unseen``: goods without a receipt to the sale that they went back to,
    empty for none.
    ``overdrafts``: by account and cause; ``owed``: account, event, cause and units of each; ``causes``: as HQ counted them itself.
    ``booked_ms``: when each burn was booked. ``tasks`` and ``open_tasks`` count by code. ``expired``: by lot what expired of it, and
    when the first of that was booked. ``lease_ends``: events that took something from a lease.
    """

    arrived: frozenset[str]
    sales: dict[str, int]
    receipts: dict[str, tuple[str, ...]]
    unseen: dict[str, str]
    entries: dict[tuple[str, str, str], int]
    balances: dict[tuple[str, str, str], int]
    lots: dict[tuple[str, str, str], int]
    leased: dict[tuple[str, str], int]
    homes: dict[str, str]
    owners: dict[str, str]
    overdrafts: dict[str, dict[str, int]]
    owed: tuple[tuple[str, str, str, int], ...]
    booked_ms: dict[str, int]
    causes: dict[str, int]
    unbalanced: tuple[str, ...]
    tasks: dict[str, int]
    open_tasks: dict[str, int]
    replay_differences: int
    not_replayed: int
    lease_ends: frozenset[str]
    lots_of_time: tuple[LotInTime, ...]
    expired: dict[str, tuple[int, int]]
    now_ms: int


def read_facts(hq: SimulatedHq) -> HqFacts:
    """Read it all."""
    entries = _sums(hq.query("SELECT account_ref, issuer, kind, SUM(units) FROM entry GROUP BY 1, 2, 3"))
    owed = tuple(_owed(hq))
    return HqFacts(
        arrived=frozenset(hq.event_ids()),
        sales={dashed(row[0]): row[1] for row in hq.query("SELECT event_id, COUNT(*) FROM sale GROUP BY 1")},
        receipts=_receipts(hq),
        unseen=_unseen(hq),
        entries=entries,
        balances=_sums(hq.query("SELECT account_ref, issuer, kind, units FROM balance")),
        lots=_lots(hq),
        leased={
            (row[0], row[1]): int(row[2])
            for row in hq.query("SELECT account_ref, issuer, SUM(units) FROM lease GROUP BY 1, 2")
            if row[2]
        },
        homes=_homes(hq),
        owners={row[0]: row[1] for row in hq.query("SELECT number, account_ref FROM card")},
        overdrafts=_by_cause(owed),
        owed=owed,
        booked_ms=_booked_ms(hq),
        causes={
            row[0]: int(row[1])
            for row in hq.query("SELECT cause, SUM(units) FROM overdraft_cause GROUP BY 1 ORDER BY 1")
        },
        unbalanced=tuple(
            dashed(row[0])
            for row in hq.query(
                "SELECT event_id FROM entry GROUP BY account_ref, event_id, issuer HAVING SUM(units) <> 0"
            )
        ),
        tasks=_counted(hq, "SELECT code, COUNT(*) FROM task GROUP BY 1 ORDER BY 1"),
        open_tasks=_counted(hq, "SELECT code, COUNT(*) FROM task WHERE done_at_ms IS NULL GROUP BY 1 ORDER BY 1"),
        replay_differences=int(hq.query("SELECT SUM(replay_differences) FROM terminal")[0][0] or 0),
        not_replayed=hq.query(
            "SELECT COUNT(*) FROM terminal WHERE replayed_seq <> applied_seq OR replayed_incarnation <> applied_incarnation"
        )[0][0],
        lease_ends=frozenset(
            dashed(row[0])
            for row in hq.query("SELECT DISTINCT event_id FROM entry WHERE kind = 'leased' AND units < 0")
        ),
        lots_of_time=_lots_in_time(hq),
        expired={
            dashed(row[0]): (int(row[1]), int(row[2]))
            for row in hq.query(
                "SELECT lot_id, SUM(units), MIN(booked_at_ms) FROM entry WHERE kind = 'expired' AND units > 0 GROUP BY 1"
            )
        },
        now_ms=hq.due_ms,
    )


def _receipts(hq: SimulatedHq) -> dict[str, tuple[str, ...]]:
    """The sales of each printed number."""
    sales: dict[str, tuple[str, ...]] = {}
    for number, event_id in hq.query("SELECT receipt_number, event_id FROM receipt ORDER BY 1, 2"):
        sales[number] = (*sales.get(number, ()), dashed(event_id))
    return sales


def _unseen(hq: SimulatedHq) -> dict[str, str]:
    rows = hq.query(
        "SELECT DISTINCT u.event_id, r.sale_event_id FROM unseen_return u"
        " LEFT JOIN return_line r ON r.return_event_id = u.event_id"
    )
    return {dashed(row[0]): "" if row[1] is None else dashed(row[1]) for row in rows}


def _counted(hq: SimulatedHq, sql: str) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in hq.query(sql)}


def _booked_ms(hq: SimulatedHq) -> dict[str, int]:
    rows = hq.query("SELECT event_id, MIN(booked_at_ms) FROM entry WHERE kind = 'redeemed' GROUP BY 1")
    return {dashed(row[0]): int(row[1]) for row in rows}


def _lots_in_time(hq: SimulatedHq) -> tuple[LotInTime, ...]:
    rows = hq.query(
        "SELECT lot_id, issuer, granted_units, remaining_units, starts_at_ms, expires_at_ms, matured FROM lot ORDER BY 1"
    )
    return tuple(
        LotInTime(dashed(row[0]), row[1], int(row[2]), int(row[3]), row[4], row[5], bool(row[6])) for row in rows
    )


def read_lots(hq: SimulatedHq) -> dict[str, tuple[str, str, int]]:
    """Every lot with something left: its account, issuer and units."""
    rows = hq.query("SELECT lot_id, account_ref, issuer, remaining_units FROM lot WHERE remaining_units > 0")
    return {dashed(row[0]): (row[1], row[2], int(row[3])) for row in rows}


def _sums(rows: list[tuple[Any, ...]]) -> dict[tuple[str, str, str], int]:
    return {(row[0], row[1], row[2]): int(row[3]) for row in rows if row[3]}


def _lots(hq: SimulatedHq) -> dict[tuple[str, str, str], int]:
    """What is left in lots, as the balance of its kind should say."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for account_ref, issuer, matured, units in hq.query(
        "SELECT account_ref, issuer, matured, SUM(remaining_units) FROM lot GROUP BY 1, 2, 3"
    ):
        sums[account_ref, issuer, "available" if matured else "pending"] += int(units)
    return {key: units for key, units in sums.items() if units}


def _homes(hq: SimulatedHq) -> dict[str, str]:
    """Each account to the one that holds its points now."""
    into: dict[str, str] = {row[0]: row[1] for row in hq.query("SELECT account_ref, merged_into FROM account")}
    homes = {}
    for start in into:
        ref = start
        while into[ref]:
            ref = into[ref]
        homes[start] = ref
    return homes


def _owed(hq: SimulatedHq) -> Iterator[tuple[str, str, str, int]]:
    """What each account came to owe, by event and cause: ``sale`` (burned at two tills), ``return`` (clawed back).

    What the same booking repaid from points that were there is off: those only began later than the event. ``restored`` is what was
    owed because a restored HQ heard of burns before the tills that had the points sent them again.
    """
    kinds = {dashed(row[0]): row[1] for row in hq.query("SELECT event_id, kind FROM sale")}
    # A claim is booked in its sale's place.
    kinds |= {dashed(row[0]): "sale" for row in hq.query("SELECT event_id FROM claim")}
    owed: dict[tuple[str, str, str], int] = defaultdict(int)
    booked_ms: dict[str, int] = {}
    for account_ref, event_id, issuer, units, at_ms in hq.query(
        "SELECT account_ref, event_id, issuer, SUM(-units), MIN(booked_at_ms) FROM entry WHERE kind = 'overdraft' GROUP BY 1, 2, 3"
    ):
        owed[account_ref, dashed(event_id), issuer] += int(units)
        booked_ms[dashed(event_id)] = at_ms
    for (account_ref, event_id, issuer), units in owed.items():
        left = units + owed.get((account_ref, str(uuid.uuid5(uuid.UUID(event_id), "repaid")), issuer), 0)
        if left > 0:
            kind = kinds.get(event_id, "other")
            is_restored = kind == "sale" and booked_ms[event_id] in hq.restoring_ms
            yield account_ref, event_id, "restored" if is_restored else kind, left


def _by_cause(owed: Iterable[tuple[str, str, str, int]]) -> dict[str, dict[str, int]]:
    overdrafts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for account_ref, _event_id, cause, units in owed:
        overdrafts[account_ref][cause] += units
    return overdrafts
