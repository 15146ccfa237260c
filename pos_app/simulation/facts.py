"""What headquarters' database says in the end, read with plain SQL: the checks trust none of the product's own sums."""

import uuid
from collections import defaultdict
from typing import Any

import msgspec

from pos_app.simulation.headquarters import SimulatedHq, dashed

ASSETS = ("available", "pending", "leased")


class HqFacts(msgspec.Struct, frozen=True):
    """Everything that the checks look at. ``entries``: account, issuer, kind to units; ``booked``: event to issued and redeemed."""

    arrived: frozenset[str]
    sales: dict[str, int]
    entries: dict[tuple[str, str, str], int]
    balances: dict[tuple[str, str, str], int]
    lots: dict[tuple[str, str, str], int]
    leased: dict[tuple[str, str], int]
    homes: dict[str, str]
    owners: dict[str, str]
    overdrafts: dict[str, dict[str, int]]
    unbalanced: tuple[str, ...]
    tasks: dict[str, int]


def read_facts(hq: SimulatedHq) -> HqFacts:
    """Read it all."""
    entries = _sums(hq.query("SELECT account_ref, issuer, kind, SUM(units) FROM entry GROUP BY 1, 2, 3"))
    return HqFacts(
        arrived=frozenset(hq.event_ids()),
        sales={dashed(row[0]): row[1] for row in hq.query("SELECT event_id, COUNT(*) FROM sale GROUP BY 1")},
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
        overdrafts=_overdrafts(hq),
        unbalanced=tuple(
            dashed(row[0])
            for row in hq.query(
                "SELECT event_id FROM entry GROUP BY account_ref, event_id, issuer HAVING SUM(units) <> 0"
            )
        ),
        tasks={row[0]: row[1] for row in hq.query("SELECT code, COUNT(*) FROM task GROUP BY 1 ORDER BY 1")},
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


def _overdrafts(hq: SimulatedHq) -> dict[str, dict[str, int]]:
    """What each account came to owe, by the kind of event: ``sale`` (burned at two tills), ``return`` (clawed back).

    What the same booking repaid from points that were there is off: those only began later than the event. ``restored`` is what was
    owed because a restored HQ heard of burns before the tills that had the points sent them again.
    """
    kinds = {dashed(row[0]): row[1] for row in hq.query("SELECT event_id, kind FROM sale")}
    owed: dict[tuple[str, str], int] = defaultdict(int)
    booked_ms: dict[str, int] = {}
    for account_ref, event_id, units, at_ms in hq.query(
        "SELECT account_ref, event_id, SUM(-units), MIN(booked_at_ms) FROM entry WHERE kind = 'overdraft' GROUP BY 1, 2"
    ):
        owed[account_ref, dashed(event_id)] += int(units)
        booked_ms[dashed(event_id)] = at_ms
    overdrafts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (account_ref, event_id), units in owed.items():
        repaid_at_once = owed.get((account_ref, str(uuid.uuid5(uuid.UUID(event_id), "repaid"))), 0)
        if units + repaid_at_once > 0:
            cause = "restored" if booked_ms[event_id] in hq.restoring_ms else kinds.get(event_id, "other")
            overdrafts[account_ref][cause] += units + repaid_at_once
    return overdrafts
