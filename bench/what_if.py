"""A year of real receipts replayed with every member's state, against the same three rules written by hand; and what a second core gives.

``replay``: what a what-if does on one core for one side: a year of receipts through the engine, members with lots, sums and classes carried
along, everything counted by month, rule and member. The reference walks the same lines in memory by ``engine_by_hand`` and carries sums
and classes. Points are compared for every member before anything is timed.

``cores``: how many times as fast two cores are as one, over what two independent copies give together: a copy on each core, both at once.
"""

import gc
import multiprocessing
import time
import uuid
from collections.abc import Callable
from typing import Any

from bench import shop
from bench.engine_by_hand import PROGRAMMES, points_by_hand
from pos_app.loyalty.programme import parse_programme, programme_set
from pos_app.model.calendar import business_date
from pos_app.model.evaluation import EngineLine
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_text
from pos_app.use_cases.what_if.history import Bought, Happening, History, goods_figures
from pos_app.use_cases.what_if.working import Work, encoded, run_share, work_through

_NAMESPACE = uuid.UUID("0d6a3f7e-3d5b-4a43-8b57-7c4d9e2f1a60")
_ZONE = "UTC"
_TURNS = 2
_REACH = 20.0
_REACH_CORES = 0.85
_NOT_COUNTED = (ProductClass.REGULATED, ProductClass.MEDICINE)


def measure(*, baskets_max: int | None = None) -> list[dict[str, Any]]:
    """Both figures, on the first so many baskets or on all."""
    history = history_of_journey(baskets_max)
    work = _work()
    run = run_share(history, work)[0]
    _compare(history, {account_ref: tally.units for account_ref, tally in run.accounts.items()})
    # What is in memory for good is not looked through again, and is not copied into other processes.
    gc.collect()
    gc.freeze()
    hand_s, ours_s = _best_of_turns(lambda: by_hand(history), lambda: run_share(history, work))
    return [_row_of_replay(ours_s, hand_s, len(history.happenings)), _cores(history, work, ours_s)]


def history_of_journey(baskets_max: int | None = None) -> History:
    """The year as a history: lines at the prices that were paid, costs as the demo has them."""
    journey = shop.journey()
    goods = {product.code: product for product in journey.products}
    members = {member.card_number: member for member in journey.members}
    seen: set[str] = set()
    happenings: list[Happening] = []
    for basket in journey.baskets[:baskets_max]:
        lines = tuple(
            EngineLine(
                number,
                line.product_code,
                goods[line.product_code].product_class,
                goods[line.product_code].band,
                goods[line.product_code].department,
                goods[line.product_code].category,
                line.quantity_milli,
                line.amount_minor,
                tax_rate_bp=goods[line.product_code].tax_rate_bp,
            )
            for number, line in enumerate(basket.lines, start=1)
        )
        member = members[basket.card_number]
        happenings.append(
            Bought(
                receipt_id=str(uuid.uuid5(_NAMESPACE, str(basket.basket_id))),
                account_ref=member.account_ref,
                utc_ms=basket.utc_ms,
                zone=_ZONE,
                business_date=business_date(utc_ms=basket.utc_ms, zone_name=_ZONE, day_starts_minute=0),
                lines=lines,
                card_class=None if member.account_ref in seen else member.card_class,
                **goods_figures(lines, journey.costs_minor),
            )
        )
        seen.add(member.account_ref)
    return History(tuple(happenings), journey.costs_minor, zone=_ZONE)


def _work() -> Work:
    programmes = encoded(programme_set(parse_programme(preset_text(name), source=name) for name in PROGRAMMES))
    since_ms, end_ms = 0, 1_600_000_000_000
    return Work(programmes, (programmes,), (False,), "", since_ms, end_ms, burn_bp=0)


class _HandMember:
    """What the rules by hand look at."""

    __slots__ = ("accumulators", "card_class", "units")

    def __init__(self, card_class: str) -> None:
        self.card_class = card_class
        self.accumulators = {"progressive": 0}
        self.units = 0


def by_hand(history: History) -> dict[str, _HandMember]:
    """The same receipts by the rules by hand: all of the data is within twelve months, so the sum only grows."""
    members: dict[str, _HandMember] = {}
    for one in history.happenings:
        assert isinstance(one, Bought), "the data has no returns"
        member = members.get(one.account_ref)
        if member is None:
            member = members[one.account_ref] = _HandMember(one.card_class or "")
        member.units += sum(points_by_hand(one.lines, member))  # type: ignore[arg-type]  # it has what they look at
        member.accumulators["progressive"] += sum(
            [line.amount_minor for line in one.lines if line.product_class not in _NOT_COUNTED]
        )
    return members


def _compare(history: History, units: dict[str, int]) -> None:
    expected = {account_ref: member.units for account_ref, member in by_hand(history).items()}
    assert expected == units, "the points of the rules by hand"


def _best_of_turns(reference: Callable[[], object], ours: Callable[[], object]) -> tuple[float, float]:
    """The shortest time of each in seconds, by turns: neither has the quieter machine."""
    took_s: tuple[list[float], list[float]] = ([], [])
    for _ in range(_TURNS):
        for run, times_s in zip((reference, ours), took_s, strict=True):
            begin_s = time.perf_counter()
            run()
            times_s.append(time.perf_counter() - begin_s)
    return min(took_s[0]), min(took_s[1])


def _cores(history: History, work: Work, one_s: float) -> dict[str, Any]:
    context = multiprocessing.get_context("fork")

    def two_copies() -> None:
        copies = [context.Process(target=run_share, args=(history, work)) for _ in range(2)]
        for copy in copies:
            copy.start()
        for copy in copies:
            copy.join()

    copies_s, ours_s = _best_of_turns(two_copies, lambda: work_through(history, work, cores=2))
    ours, reference = one_s / ours_s, 2 * one_s / copies_s
    return {
        "name": "what-if on two cores over one, against two independent copies",
        "ours": round(ours, 3),
        "reference": round(reference, 3),
        "unit": "times",
        "ratio": round(ours / reference, 3),
        "reach": f">= {_REACH_CORES}",
        "holds": ours / reference >= _REACH_CORES,
    }


def _row_of_replay(ours_s: float, hand_s: float, receipts: int) -> dict[str, Any]:
    return {
        "name": f"what-if of {receipts} receipts on one core, members' state carried along",
        "ours": round(ours_s, 3),
        "reference": round(hand_s, 3),
        "unit": "s",
        "ratio": round(ours_s / hand_s, 2),
        "reach": f"<= {_REACH:g}",
        "holds": ours_s / hand_s <= _REACH,
    }
