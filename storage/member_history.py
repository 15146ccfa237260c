"""What a member did at this till, as rules ask for it: the goods of their receipts, and what rules with caps gave them."""

from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from pos_app.model.products import ProductClass
from pos_app.protocol.events import ActEvent, SaleEvent
from storage import accounts, budgets, tables
from storage.database import driver_connection
from storage.statements import EMPTY, Statement


class GoodsBought(msgspec.Struct, frozen=True):
    """Goods that a member bought on a business date."""

    business_date: str
    product_code: str
    product_class: ProductClass
    department: str
    category: str


class RuleUse(msgspec.Struct, frozen=True):
    """What a rule with caps (``programme/rule``) gave on one receipt, or for one act."""

    rule: str
    business_date: str
    units: int
    event_id: str = ""


_DAY_MS = 86_400_000
"""No zone's midnight is further from that of UTC; the index goes by moments, the question by business dates."""
USING = ("sale", "act")
"""The kinds of events that say what rules with caps gave."""
_sale = tables.sale.c
_line = tables.sale_line.c
_use = tables.rule_use.c
_goods_of = Statement(
    lambda: (
        select(_sale.business_date, _line.product_code, _line.product_class, _line.department, _line.category)
        .distinct()
        .select_from(tables.sale.join(tables.sale_line))
        .where(
            _sale.account_ref == bindparam("account_ref"),
            # The constant lets SQLite see that its partial index applies.
            _sale.account_ref != EMPTY,
            _sale.utc_ms >= bindparam("since_ms"),
            _sale.business_date >= bindparam("since"),
        )
    )
)
_uses_of = Statement(
    lambda: select(_use.rule, _use.business_date, _use.units, _use.event_id).where(
        _use.account_ref == bindparam("account_ref")
    )
)
_rules_used = Statement(lambda: select(_use.rule).where(_use.event_id == bindparam("event_id")))
_insert_use = Statement(
    lambda: (
        insert(tables.rule_use)
        .values({column.name: bindparam(column.name) for column in _use})
        .on_conflict_do_nothing(index_elements=["event_id", "rule"])
    )
)
_uses_on = Statement(
    lambda: select(_use.rule, _use.account_ref, _use.business_date, _use.units).where(
        _use.event_id == bindparam("event_id")
    )
)


def goods_bought(connection: Connection, account_ref: str, *, since: str) -> list[GoodsBought]:
    """What this account, and those that were merged into it, bought here since a business date; each product once a day."""
    driver = driver_connection(connection)
    since_ms = int(datetime.fromisoformat(since).replace(tzinfo=UTC).timestamp() * 1000) - _DAY_MS
    refs = accounts.merged_with(connection, account_ref)
    rows = [row for ref in refs for row in _goods_of.all(driver, ref, since_ms, since)]
    return [GoodsBought(day, code, ProductClass(product_class), *names) for day, code, product_class, *names in rows]


def rule_uses(connection: Connection, account_ref: str) -> list[RuleUse]:
    """What rules with caps gave this account, and those that were merged into it, here."""
    driver = driver_connection(connection)
    return [RuleUse(*row) for ref in accounts.merged_with(connection, account_ref) for row in _uses_of.all(driver, ref)]


def note_uses(connection: Connection, event: SaleEvent | ActEvent) -> None:
    """Keep what rules with caps gave on this sale or for this act, longer than a receipt; a second time changes nothing.

    What a rule with a budget gave counts for it without a card too.
    """
    if not event.used:
        return
    driver = driver_connection(connection)
    of_budgets = event.engine_input.budgets
    known = {row[0] for row in _rules_used.all(driver, event.event_id)} if of_budgets else set()
    for rule in sorted(of_budgets.keys() & event.used.keys() - known):
        budgets.add_given(connection, rule, event.used[rule])
    _insert_use.run_many(
        driver,
        _said_uses(event),
    )


def uses_agree(connection: Connection, event: SaleEvent | ActEvent) -> bool:
    """Whether what is kept of the rules with caps is what the event says."""
    stored = _uses_on.all(driver_connection(connection), event.event_id)
    return sorted((event.event_id, *row) for row in stored) == sorted(_said_uses(event))


def made_up_uses(connection: Connection) -> list[str]:
    """The events under which something is kept and which never happened at this till, or could not have used anything."""
    event = tables.event.c
    has_happened = select(event.event_id).where(event.event_id == _use.event_id, event.kind.in_(USING)).exists()
    rows = connection.execute(select(_use.event_id).where(~has_happened).distinct().order_by(_use.event_id))
    return list(rows.scalars())


def put_uses(connection: Connection, event_id: str, event: SaleEvent | ActEvent | None) -> None:
    """Put what an event says in place of what is kept; without an event it was made up, and goes. Budgets stay as they are."""
    connection.execute(delete(tables.rule_use).where(_use.event_id == event_id))
    if event is not None:
        _insert_use.run_many(driver_connection(connection), _said_uses(event))


def _said_uses(event: SaleEvent | ActEvent) -> list[tuple[str, str, str, str, int]]:
    """The rows of an event, as the table has them: of nobody only what a budget counts."""
    date, of_budgets = event.moment.business_date, event.engine_input.budgets
    return [
        (event.event_id, rule, event.account_ref, date, units)
        for rule, units in event.used.items()
        if event.account_ref or rule in of_budgets
    ]
