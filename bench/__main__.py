"""``make bench``: every figure against its reference in one run; the table is printed and written to build/bench.json.

``python -m bench NAME ...`` runs some of them: sale_write, scan_to_paint, start, engine, rule_engines, hq_inbox,
hq_ledger, snapshot, points, what_if.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from pos_app.model.evaluation import EngineLine, MemberContext

Row = dict[str, Any]


def _sale_write() -> list[Row]:
    from bench import sale_write

    return [figure.as_json() for figure in sale_write.measure()]


def _scan_to_paint() -> list[Row]:
    from bench import scan_to_paint

    return [figure.as_json() for figure in scan_to_paint.measure()]


def _start() -> list[Row]:
    from bench import start

    return [figure.as_json() for figure in start.measure()]


def _engine() -> list[Row]:
    from bench import engine

    return [{**engine.measure(_engine_baskets()), "reach": "<= 20"}]


def _rule_engines() -> list[Row]:
    from bench import rule_engines

    return rule_engines.measure()


def _hq_inbox() -> list[Row]:
    from bench import hq_inbox

    return hq_inbox.measure()


def _hq_ledger() -> list[Row]:
    from bench import hq_ledger

    return hq_ledger.measure()


def _snapshot() -> list[Row]:
    from bench import snapshot

    return snapshot.measure()


def _points() -> list[Row]:
    from bench import points

    return points.measure()


def _what_if() -> list[Row]:
    from bench import what_if

    return what_if.measure()


BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "sale_write": _sale_write,
    "scan_to_paint": _scan_to_paint,
    "start": _start,
    "engine": _engine,
    "rule_engines": _rule_engines,
    "hq_inbox": _hq_inbox,
    "hq_ledger": _hq_ledger,
    "snapshot": _snapshot,
    "points": _points,
    "what_if": _what_if,
}


def _engine_baskets() -> list[tuple[tuple[EngineLine, ...], MemberContext]]:
    """All real baskets as the engine sees them; each household's sum grows with what it buys."""
    from bench import shop

    journey = shop.journey()
    goods = {product.code: product for product in journey.products}
    classes = {member.card_number: member.card_class for member in journey.members}
    sums = dict.fromkeys(classes, 0)
    receipts = dict.fromkeys(classes, 0)
    baskets = []
    for basket in journey.baskets:
        lines = []
        for number, line in enumerate(basket.lines, start=1):
            product = goods[line.product_code]
            lines.append(
                EngineLine(
                    number,
                    product.code,
                    product.product_class,
                    product.band,
                    product.department,
                    product.category,
                    line.quantity_milli,
                    line.amount_minor,
                )
            )
        card = basket.card_number
        member = MemberContext(card, classes[card], {"progressive": sums[card]}, receipts[card], 0)
        baskets.append((tuple(lines), member))
        sums[card] += sum(line.amount_minor for line in lines)
        receipts[card] += 1
    return baskets


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    rows: list[Row] = []
    for name in names or BENCHMARKS:
        sys.stderr.write(f"{name} ...\n")
        rows += BENCHMARKS[name]()
    table = Table("figure", "ours", "reference", "unit", "ratio", "reach", "holds")
    for row in rows:
        holds = "[green]yes[/green]" if row["holds"] else "[bold red]no[/bold red]"
        table.add_row(
            row["name"],
            f"{row['ours']:.3f}",
            f"{row['reference']:.3f}",
            row["unit"],
            f"{row['ratio']:.3f}",
            str(row["reach"]),
            holds,
        )
    Console(width=140).print(table)
    path = Path("build/bench.json")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
