from datetime import date

from sqlalchemy import Connection, func, select, text

from hq import tables
from hq.apply import apply_inbox
from hq.operate import RunningHq
from hq.partitions import drop_before, make_ahead
from hq.reports import totals
from tests.hq.conftest import Enrol
from tests.hq.journals import DAY_MS, OFF, START_MS, sale
from tests.hq.ledgers import LATER_MS


def months(connection: Connection) -> list[str]:
    found = "SELECT relname FROM pg_class WHERE relname ~ '^sale_[0-9]{4}_[0-9]{2}$' ORDER BY relname"
    return list(connection.execute(text(found)).scalars())


def sales_in(connection: Connection, name: str) -> int:
    return int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())


def test_that_rows_move_into_the_month_that_was_missing_and_old_months_go(hq: RunningHq, enrol: Enrol) -> None:
    journal = enrol()
    journal.upload(
        *[
            sale(earned=1, account_ref="a", card="1", utc_ms=START_MS + 31 * day * DAY_MS, discounts=(OFF,))
            for day in range(3)
        ]
    )
    apply_inbox(hq.engine, now_ms=LATER_MS)
    with hq.engine.begin() as connection:
        make_ahead(connection, today=date(2026, 2, 10))
        if hq.engine.dialect.name == "postgresql":
            assert {"sale_2026_01", "sale_2026_02", "sale_2026_03", "sale_2026_04", "sale_2026_05"} <= set(
                months(connection)
            )
            assert [1, 1, 1, 0] == [
                sales_in(connection, name) for name in ("sale_2026_01", "sale_2026_02", "sale_2026_03", "sale_default")
            ]
        assert 1 == drop_before(connection, date(2026, 2, 15))

    with hq.engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.sale, tables.payment, tables.award, tables.discount)
        ]
    assert [2, 2, 4, 2] == counts
    assert 3 == totals(hq.engine).sales, "the sums of the days stay"


def test_that_making_months_again_changes_nothing(postgres_hq: RunningHq) -> None:
    with postgres_hq.engine.begin() as connection:
        make_ahead(connection, today=date(2026, 11, 30))
        before = months(connection)
        make_ahead(connection, today=date(2026, 11, 30))
        assert before == months(connection)
    assert {"sale_2026_11", "sale_2026_12", "sale_2027_01", "sale_2027_02"} <= set(before)
