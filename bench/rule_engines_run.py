"""The figures of ``bench.rule_engines``, in the environment that has the references: prints them as JSON.

All contestants take turns, a few calls each, and each counts with its best turn by the processor's time: what else runs on the machine
slows all of them, and would count against the slow ones most.
"""

import gc
import sys

import msgspec

from bench import zen_tables
from bench.figures import Contestant, Figure
from bench.oscar_offers import OscarBasket
from bench.rule_engines_case import compare, fifty_rules, receipt_of, three_rules, worths_of
from pos_app.loyalty.engine import evaluate, explain

_TURNS = 300
_TURNS_A_SLOW_ONE = 5
"""django-oscar has a turn in so many: one takes longer than all others together."""


def main() -> None:
    """Compare what everybody gives, then time them."""
    three, fifty = three_rules(), fifty_rules()
    receipt, large = receipt_of(three, lines=5), receipt_of(three, lines=161)
    receipt_of_fifty = receipt_of(fifty, lines=5)
    expected = worths_of(evaluate(receipt, three))
    compare("the same with fifty rules", expected, worths_of(evaluate(receipt_of_fifty, fifty)))
    zen = zen_tables.prepared(receipt)
    compare("zen-engine", expected, zen_tables.worths_of(receipt, zen()))
    compare(
        "zen-engine, many lines",
        worths_of(evaluate(large, three)),
        zen_tables.worths_of(large, zen_tables.prepared(large)()),
    )
    oscar = OscarBasket(receipt)
    oscar.apply()
    compare("django-oscar", expected, oscar.worths())
    contestants = {
        "ours": Contestant(lambda: evaluate(receipt, three), calls=20),
        "zen": Contestant(zen, calls=20),
        "fifty": Contestant(lambda: evaluate(receipt_of_fifty, fifty), calls=10),
        "large": Contestant(lambda: evaluate(large, three), calls=2),
        "explain": Contestant(lambda: explain(receipt_of_fifty, fifty), calls=5),
        "oscar": Contestant(oscar.apply, calls=1, prepare=oscar.reset),
    }
    # What is in memory for good, a web framework too, is not looked through again while somebody is timed.
    gc.collect()
    gc.freeze()
    for turn in range(_TURNS):
        for name, contestant in contestants.items():
            if name != "oscar" or turn % _TURNS_A_SLOW_ONE == 0:
                contestant.turn()
    best_us = {name: contestant.best_us for name, contestant in contestants.items()}
    sys.stdout.buffer.write(msgspec.json.encode(_rows(best_us)))


def _rows(best_us: dict[str, float]) -> list[dict[str, object]]:
    ours_us = best_us["ours"]
    figures = [
        Figure(
            "receipts of 5 lines, 3 rules; django-oscar's applicator",
            1e6 / ours_us,
            1e6 / best_us["oscar"],
            "receipts/s",
            reach=400,
            at_most=False,
        ),
        Figure("a receipt of 5 lines, 3 rules; zen-engine's tables", ours_us, best_us["zen"], "us", reach=1),
        Figure("50 rules; 3 rules", best_us["fifty"], ours_us, "us", reach=3),
        Figure("161 lines; 5 lines", best_us["large"], ours_us, "us", reach=32),
    ]
    explained = Figure("explain with 50 rules; the sale itself", best_us["explain"], best_us["fifty"], "us", reach=0)
    return [*(figure.as_json() for figure in figures), {**explained.as_json(), "reach": "reported", "holds": True}]


if __name__ == "__main__":
    main()
