"""What must hold when everything is healed. Each check gives sentences about what does not; no sentence, and it holds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pos_app.simulation.facts import ASSETS, HqFacts
from pos_app.simulation.machines import Machine
from pos_app.simulation.promises import NOBODY, Households, Promises, Purse
from pos_app.use_cases.checking import Verdict, examine
from storage.journal import read_terminal

_SHOWN_MAX = 5
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
    expected = promises.sums(facts.arrived)
    households = _households(expected.households, facts, cards)
    strays = sorted({ref for ref, _issuer, _kind in facts.entries} - households.keys())
    yield from _listed("accounts have points and no card", strays)
    issued = _purses(facts, households, "issued", sign=-1)
    redeemed = _purses(facts, households, "redeemed", sign=1)
    yield from _listed("issued otherwise than promised", _different(expected.issued_units, issued))
    yield from _listed("redeemed otherwise than promised", _different(expected.redeemed_units, redeemed))


def concurrent_overdraft(households_of: Households, facts: HqFacts, cards: dict[str, int]) -> dict[int, int]:
    """What burning at two tills at once made each household owe, in units, whether it was repaid since or not."""
    households = _households(households_of, facts, cards)
    sums: dict[int, int] = defaultdict(int)
    for account_ref, by_kind in facts.overdrafts.items():
        sums[households.get(account_ref, NOBODY)] += by_kind.get("sale", 0)
    return {household: units for household, units in sums.items() if units}


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


def hold_problems(machine: Machine, held: Mapping[str, int]) -> Iterator[str]:
    """No hold outlives its sale, unless the disk that asked for it is gone. ``held``: till's id to holds."""
    if machine.generation == 0 and not machine.has_twin:
        terminal_id = read_terminal(machine.till.database.reader()).terminal_id
        if held.get(terminal_id):
            yield f"{held[terminal_id]} holds of {machine.name} are held for nobody"


def doctor_problems(machine: Machine) -> Iterator[str]:
    """The till's own doctor finds nothing bad."""
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
