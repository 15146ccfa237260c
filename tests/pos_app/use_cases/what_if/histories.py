"""Histories in a few words: receipts of a shop that sells tea and bread."""

import random
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

from pos_app.loyalty.programme import ProgrammeSet, parse_programme, programme_set
from pos_app.model.evaluation import EngineLine
from pos_app.model.products import ProductClass
from pos_app.programmes import preset_text
from pos_app.use_cases.what_if.history import Adjusted, Bought, CameBack, Happening, History, Merged, goods_figures

COSTS_MINOR = {"tea": 600}
"""Tea costs 6.00 without tax; what bread costs is not known."""


def programmes(*names_or_texts: str) -> ProgrammeSet:
    """Shipped programmes by their names, others by their text."""
    return programme_set(
        parse_programme(one if "\n" in one else preset_text(one), source="test") for one in names_or_texts
    )


def moment_ms(day: str, hour: int = 12) -> int:
    """An hour of a day, UTC."""
    return int(datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=UTC).timestamp()) * 1000


def receipt_id(number: int) -> str:
    """The id of the nth receipt."""
    return str(uuid.UUID(int=number))


def line(number: int, code: str, amount_minor: int, *, pieces: int = 1) -> EngineLine:
    """One line of tea or bread; taxed with 20 %."""
    return EngineLine(number, code, ProductClass.GENERAL, "", "food", "", pieces * 1000, amount_minor, tax_rate_bp=2000)


def bought(number: int, day: str, member: str, *lines: EngineLine, hour: int = 12, **more: object) -> Bought:
    """A receipt; ``member`` is empty for a stranger."""
    return Bought(
        receipt_id=receipt_id(number),
        account_ref=member,
        utc_ms=moment_ms(day, hour),
        zone="UTC",
        business_date=day,
        lines=lines,
        **goods_figures(lines, COSTS_MINOR),
        **more,  # type: ignore[arg-type]
    )


def came_back(number: int, sale: int, day: str, member: str, **pieces_by_line: int) -> CameBack:
    """``line_1=1``: one piece of the first line of a sale."""
    milli = {int(name.removeprefix("line_")): pieces * 1000 for name, pieces in pieces_by_line.items()}
    return CameBack(receipt_id(number), receipt_id(sale), member, moment_ms(day), day, milli)


def history(happenings: Iterable[Happening], **more: object) -> History:
    """A history of these, in their order."""
    return History(tuple(happenings), COSTS_MINOR, currency_code="EUR", **more)  # type: ignore[arg-type]


def random_history(seed: int, *, receipts: int, members: int = 30) -> History:
    """A quarter of random receipts, returns, points by hand and merges."""
    rng = random.Random(seed)
    names = [f"member-{number}" for number in range(members)]
    happenings: list[Happening] = []
    sold: list[Bought] = []
    returned: set[str] = set()
    for number in range(1, receipts + 1):
        day = f"2026-{1 + 3 * number // (receipts + 1):02d}-{1 + 84 * number // (receipts + 1) % 28:02d}"
        lines = [
            line(place, rng.choice(("tea", "bread")), rng.randint(50, 3000), pieces=rng.randint(1, 3))
            for place in range(1, rng.randint(2, 5))
        ]
        one = bought(number, day, rng.choice([*names, ""]), *lines, card_class="gold" if number % 3 else None)
        happenings.append(one)
        sold.append(one)
        chance = rng.random()
        sale = rng.choice(sold)
        if chance < 0.1 and sale.receipt_id not in returned:
            returned.add(sale.receipt_id)
            returned_milli = {1: sale.lines[0].quantity_milli}
            again = CameBack(
                receipt_id(receipts + number), sale.receipt_id, sale.account_ref, one.utc_ms, day, returned_milli
            )
            happenings.append(again)
        elif chance < 0.13:
            happenings.append(
                Adjusted(
                    receipt_id(2 * receipts + number),
                    rng.choice(names),
                    one.utc_ms,
                    day,
                    40,
                    "shop",
                    lot_id=receipt_id(3 * receipts + number),
                )
            )
        elif chance < 0.14:
            happenings.append(Merged(rng.choice(names[:5]), rng.choice(names[5:9]), one.utc_ms, day))
    return history(happenings)
