"""What must hold when everything is healed. Each check gives sentences about what does not; no sentence, and it holds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pos_app.simulation.bounds import Debts, Owed
from pos_app.simulation.facts import ASSETS, HqFacts, LotInTime
from pos_app.simulation.machines import Machine
from pos_app.simulation.promises import NOBODY, Households, PromisedLot, Promises, Purse
from pos_app.use_cases.checking import Verdict, examine

_SHOWN_MAX = 5
_FREE = frozenset({"available", "pending"})
_CAUSES = {"sale": "concurrent", "return": "clawback", "unseen_return": "clawback", "restored": "restored"}
_UNCLEAR = "unseen_unclear"
_PEOPLES_TASKS = frozenset({"card_taken", "overdraft_again", "returned_too_much", _UNCLEAR})
"""A card given to two members, points burned twice, goods brought back twice, with a receipt or without: people did that.

Nobody can say either of which of two sales goods are whose number a disk has printed twice.
"""
_TASKS_THAT_END = frozenset({"sale_missing", "claim_refused"})
"""Done as soon as what they wait for has come: the code of an unknown till, or of an account that is not known to be the member's."""
_TASKS_OF_LOSS = frozenset({"sale_missing", "claim_refused", "unknown_account", "not_a_sale"})
"""What they are about died with a disk."""
_RECEIPTS = ("sale", "return", "unseen_return")


def ledger_problems(facts: HqFacts) -> Iterator[str]:
    """Sums of zero, stored balances, lots: HQ's books in themselves."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for (account_ref, issuer, _kind), units in facts.entries.items():
        sums[account_ref, issuer] += units
    yield from _listed("do not sum to zero", [str(key) for key, units in sums.items() if units])
    yield from _listed("events do not sum to zero", list(facts.unbalanced))
    yield from _listed("stored balances differ from entries", _different(facts.entries, facts.balances))
    own = {key: units for key, units in facts.entries.items() if key[2] in {"available", "pending"}}
    yield from _listed("lots differ from entries", _different(own, facts.lots))
    leased = {(ref, issuer): units for (ref, issuer, kind), units in facts.entries.items() if kind == "leased"}
    yield from _listed("leases differ from entries", _different(leased, facts.leased))
    negative = [str(key) for key, units in facts.entries.items() if key[2] in ASSETS and units < 0]
    yield from _listed("are below zero", negative)


def arrival_problems(promises: Promises, facts: HqFacts) -> Iterator[str]:
    """Every acknowledged act is at HQ, once; nothing is there that nobody acknowledged."""
    missing = promises.made.keys() - facts.arrived
    yield from _listed("acknowledged acts never reached HQ", sorted(missing - promises.at_risk.keys()))
    receipts = {event_id for event_id, promise in promises.made.items() if promise.kind in _RECEIPTS}
    yield from _listed(
        "receipts are in the inbox and not booked", sorted((receipts & facts.arrived) - facts.sales.keys())
    )
    yield from _listed("receipts are booked that no till acknowledged", sorted(facts.sales.keys() - receipts))
    yield from _listed("receipts are booked twice", sorted(key for key, count in facts.sales.items() if count != 1))


def lost(promises: Promises, facts: HqFacts) -> dict[str, str]:
    """Acts that died with a disk before HQ had them, and why."""
    return {event_id: reason for event_id, reason in sorted(promises.at_risk.items()) if event_id not in facts.arrived}


def balance_problems(promises: Promises, facts: HqFacts, cards: dict[str, int]) -> Iterator[str]:
    """HQ issued and redeemed for each shopper what the promises add up to. ``cards``: card number to shopper."""
    expected = promises.sums(facts.arrived, facts.unseen)
    households = _households(expected.households, facts, cards)
    strays = sorted({ref for ref, _issuer, _kind in facts.entries} - households.keys())
    yield from _listed("accounts have points and no card", strays)
    issued = _purses(facts, households, "issued", sign=-1)
    redeemed = _purses(facts, households, "redeemed", sign=1)
    yield from _listed("issued otherwise than promised", _different(expected.issued_units, issued))
    yield from _listed("redeemed otherwise than promised", _different(expected.redeemed_units, redeemed))


def unseen_problems(promises: Promises, facts: HqFacts) -> Iterator[str]:
    """Goods without a receipt went back to a sale of their number that had them; where none could be named, HQ asked a person."""
    misplaced = promises.misplaced(facts.arrived, facts.unseen, facts.receipts)
    yield from _listed("returns without a receipt were settled wrongly", list(misplaced))
    waiting = [
        event_id
        for event_id, sale_id in sorted(facts.unseen.items())
        if not sale_id and event_id in promises.made and promises.made[event_id].number in facts.receipts
    ]
    if len(waiting) > facts.tasks.get(_UNCLEAR, 0):
        yield from _listed(
            "returns without a receipt were not settled, and nobody was asked about all of them", waiting
        )


def debts_of(promises: Promises, households_of: Households, facts: HqFacts, cards: dict[str, int]) -> Debts:
    """What each household came to owe and still owes. Of points that died with a disk all count that the household ever had."""
    households = _households(households_of, facts, cards)
    left: dict[int, int] = defaultdict(int)
    for (account_ref, _issuer, kind), units in facts.entries.items():
        if kind == "overdraft":
            left[households.get(account_ref, NOBODY)] -= units
    died: dict[int, int] = defaultdict(int)
    for event_id in lost(promises, facts):
        promise = promises.made[event_id]
        died[households_of.of(promise.shopper)] += sum(max(0, units) for units in promise.issued_units.values())
    return Debts(
        tuple(
            Owed(event_id, households.get(account_ref, NOBODY), units)
            for account_ref, event_id, cause, units in facts.owed
            if cause == "sale"
        ),
        left={household: units for household, units in left.items() if units},
        died_units=died,
        booked_ms=facts.booked_ms,
    )


def debt_problems(facts: HqFacts) -> Iterator[str]:
    """Nobody owes points and has some: what is owed is repaid by whatever there is. HQ counted the causes as its entries say."""
    kept = {(ref, issuer) for (ref, issuer, kind), units in facts.entries.items() if kind in _FREE and units > 0}
    owing = {(ref, issuer) for (ref, issuer, kind), units in facts.entries.items() if kind == "overdraft" and units}
    yield from _listed("owe points and have some", [str(key) for key in sorted(kept & owing)])
    sums: dict[str, int] = defaultdict(int)
    for _ref, _event_id, cause, units in facts.owed:
        sums[_CAUSES.get(cause, "adjustment")] += units
    yield from _listed("causes of overdraft are counted otherwise than booked", _different(sums, facts.causes))


def lease_problems(facts: HqFacts) -> Iterator[str]:
    """A lease comes back by an event of a till, never by the clock."""
    yield from _listed("leases came back without an event of a till", sorted(facts.lease_ends - facts.arrived))


def time_problems(promises: Promises, facts: HqFacts) -> Iterator[str]:
    """Every lot has the dates that were promised, has begun and ended by them, and nothing of it expired before."""
    promised = {
        lot.lot_id: lot for event_id in facts.arrived & promises.made.keys() for lot in promises.made[event_id].lots
    }
    found = {lot.lot_id: lot for lot in facts.lots_of_time}
    told = {lot_id: _dates(lot) for lot_id, lot in promised.items() if lot_id in found}
    yield from _listed(
        "lots have other dates than promised", _different(told, {lot_id: _dates(found[lot_id]) for lot_id in told})
    )
    late = [one for one in facts.lots_of_time if one.expires_at_ms is not None and one.expires_at_ms <= facts.now_ms]
    yield from _listed("lots are over and have points", [one.lot_id for one in late if one.remaining_units])
    pending = [one for one in facts.lots_of_time if not one.matured and one.remaining_units]
    yield from _listed("lots have begun and wait", [one.lot_id for one in pending if one.starts_at_ms <= facts.now_ms])
    for lot_id, (units, at_ms) in sorted(facts.expired.items()):
        lot = found.get(lot_id)
        if lot is None or lot.expires_at_ms is None or not lot.expires_at_ms <= at_ms or units > lot.granted_units:
            yield f"Of the lot {lot_id} {units} units expired at {at_ms}, which cannot be"


def _dates(lot: PromisedLot | LotInTime) -> tuple[str, int, int, int | None]:
    return lot.issuer, lot.granted_units, lot.starts_at_ms, lot.expires_at_ms


def task_problems(facts: HqFacts, *, anything_died: bool) -> Iterator[str]:
    """What HQ wants a person to look at are things that people did. The wire's tampering gives none: no signature fits."""
    explained = _PEOPLES_TASKS | (_TASKS_OF_LOSS if anything_died else frozenset())
    defects = {code: count for code, count in facts.tasks.items() if code not in explained | _TASKS_THAT_END}
    yield from _listed("tasks mean a defect", [f"{code}: {count}" for code, count in sorted(defects.items())])
    waiting = {code: count for code, count in facts.open_tasks.items() if code in _TASKS_THAT_END - explained}
    yield from _listed("tasks were not done by themselves", [f"{code}: {n}" for code, n in sorted(waiting.items())])
    if facts.replay_differences:
        yield f"{facts.replay_differences} receipts come out otherwise when they are computed again"
    if facts.not_replayed:
        yield f"The receipts of {facts.not_replayed} tills were not all computed again"


def _households(households: Households, facts: HqFacts, cards: dict[str, int]) -> dict[str, int]:
    """Each of HQ's accounts to the household whose card it has."""
    of_home = {
        facts.homes[account_ref]: households.of(cards[number])
        for number, account_ref in facts.owners.items()
        if number in cards
    }
    return {ref: of_home[home] for ref, home in facts.homes.items() if home in of_home}


def _purses(facts: HqFacts, households: dict[str, int], kind: str, *, sign: int) -> dict[Purse, int]:
    sums: dict[Purse, int] = defaultdict(int)
    for (account_ref, issuer, entry_kind), units in facts.entries.items():
        if entry_kind == kind:
            sums[households.get(account_ref, NOBODY), issuer] += sign * units
    return {purse: units for purse, units in sums.items() if units}


def view_problems(machine: Machine, facts: HqFacts, hq_lots: Mapping[str, tuple[Any, ...]]) -> Iterator[str]:
    """The till sees of each account it knows what HQ has."""
    reader = machine.till.database.reader()
    lots = {
        row[0]: tuple(row[1:])
        for row in reader.exec_driver_sql(
            "SELECT lot_id, account_ref, issuer, remaining_units FROM lot WHERE remaining_units > 0"
        )
    }
    yield from _listed(f"lots at {machine.name} differ from HQ's", _different(hq_lots, lots))
    owed = {
        (row[0], row[1]): row[2]
        for row in reader.exec_driver_sql("SELECT account_ref, issuer, units FROM overdraft WHERE units > 0")
    }
    hq_owed = {(ref, issuer): -units for (ref, issuer, kind), units in facts.balances.items() if kind == "overdraft"}
    yield from _listed(f"overdrafts at {machine.name} differ from HQ's", _different(hq_owed, owed))
    cards = {row[0]: row[1] for row in reader.exec_driver_sql("SELECT number, account_ref FROM card")}
    yield from _listed(f"cards at {machine.name} differ from HQ's", _different(facts.owners, cards))


def hold_problems(held: Iterable[str]) -> Iterator[str]:
    """No hold outlives its sale. Those of disks that are gone an administrator has ended by now."""
    yield from _listed("holds are held for nobody", sorted(held))


def doctor_problems(machine: Machine) -> Iterator[str]:
    """The till's own doctor finds nothing bad, once the mirror had the time to catch up."""
    machine.catch_up_with_mirror()
    for finding in examine(machine.till):
        if finding.verdict is Verdict.BAD:
            yield f"The doctor of {machine.name} finds {finding.check} bad: {finding.words}"


def _different(expected: Mapping[Any, Any], actual: Mapping[Any, Any]) -> list[str]:
    keys = sorted(key for key in expected.keys() | actual.keys() if expected.get(key) != actual.get(key))
    return [f"{key}: {expected.get(key)} expected, {actual.get(key)} found" for key in keys]


def _listed(what: str, found: list[str]) -> Iterator[str]:
    if found:
        more = f" and {len(found) - _SHOWN_MAX} more" if len(found) > _SHOWN_MAX else ""
        yield f"{len(found)} {what}: {'; '.join(found[:_SHOWN_MAX])}{more}"
