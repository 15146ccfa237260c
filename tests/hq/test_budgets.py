"""Budgets shared out to tills: never more than there is, whatever the tills do and however long they are cut off."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from hq import tables
from hq.backup import begin_generation
from hq.budgets import BudgetFigures, allotments_of, list_budgets, set_budgets
from hq.database import transact
from hq.enrolment import create_enrolment_code
from hq.operate import RunningHq
from hq.terminals import get_terminal
from pos_app.loyalty.document import Caps, Collect, FixedCard, Programme
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncRounds
from pos_app.use_cases.joining import join_hq, private_key
from storage.outbox import SqliteOutbox
from tests.hq.journals import now_ms
from tests.hq.ledgers import assert_sound, book
from tests.hq.postgres import empty
from tests.hq.tills import Till, rows
from tests.pos_app.loyalty.builders import programme
from tests.pos_app.use_cases.test_budgets import gift
from tests.shop import TEA, Shop
from tests.shop import programme as document

pytestmark = pytest.mark.usefixtures("no_keystore")
RULE = "p/stamp"


def stamps(budget: int) -> Programme:
    return programme(Collect(id="stamp", pool="stamps", caps=Caps(budget=budget)), FixedCard(id="five", rates_bp={}))


def publish(hq: RunningHq, one: Programme) -> None:
    transact(hq.engine, lambda connection: set_budgets(connection, one))


def asks(hq: RunningHq, till: Till) -> int:
    """The till asks for changes; what it may give then."""
    with hq.engine.connect() as connection:
        terminal = get_terminal(connection, till.terminal_id)
    return allotments_of(hq.engine, terminal).get(RULE, 0)


def uses(hq: RunningHq, till: Till, units: int) -> None:
    c = tables.allotment.c
    with hq.engine.begin() as connection:
        connection.execute(
            update(tables.allotment).where(c.terminal_id == till.terminal_id).values(used=c.used + units)
        )


def test_that_a_till_gets_a_part_and_more_as_it_uses_it_up(hq: RunningHq) -> None:
    publish(hq, stamps(100))
    till = Till(hq.engine)
    assert [25, 25] == [asks(hq, till), asks(hq, till)]
    uses(hq, till, 20)
    assert 38 == asks(hq, till)
    assert (BudgetFigures(RULE, 100, 38, 20),) == list_budgets(hq.engine)


def test_that_a_till_that_needs_all_gets_it_to_the_last_unit(hq: RunningHq) -> None:
    publish(hq, stamps(7))
    till = Till(hq.engine)
    for _ in range(20):
        uses(hq, till, asks(hq, till) - rows_used(hq))
    assert (7, 7) == (asks(hq, till), rows_used(hq))


def rows_used(hq: RunningHq) -> int:
    return sum(used for (used,) in rows(hq.engine, "allotment", "used"))


def test_that_programmes_without_a_budget_allot_nothing(hq: RunningHq) -> None:
    publish(hq, programme(FixedCard(id="five", rates_bp={})))
    assert ((), 0) == (list_budgets(hq.engine), asks(hq, Till(hq.engine)))


def test_that_a_budget_may_grow_and_shrink_but_what_is_allotted_stays(hq: RunningHq) -> None:
    publish(hq, stamps(8))
    till = Till(hq.engine)
    assert 2 == asks(hq, till)
    publish(hq, stamps(1))
    uses(hq, till, 2)
    assert 2 == asks(hq, till)
    publish(hq, stamps(42))
    assert 12 == asks(hq, till)


def test_that_a_restored_headquarters_allots_no_more_of_what_it_no_longer_knows(hq: RunningHq) -> None:
    publish(hq, stamps(8))
    till, other = Till(hq.engine), Till(hq.engine, 2)
    assert 1 == asks(hq, till)
    begin_generation(hq.engine)
    assert (1, 0) == (asks(hq, till), asks(hq, other))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.integers(0, 60), st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9)), max_size=25))
def test_that_tills_together_never_give_more_than_the_budget(
    sqlite_hq: RunningHq, budget: int, moves: list[tuple[int, int]]
) -> None:
    empty(sqlite_hq.engine)
    publish(sqlite_hq, stamps(budget))
    tills = {number: Till(sqlite_hq.engine, number) for number in (1, 2, 3)}
    may, gave = dict.fromkeys(tills, 0), dict.fromkeys(tills, 0)
    for number, wanted in moves:
        given_now = min(wanted, may[number] - gave[number])
        gave[number] += given_now
        uses(sqlite_hq, tills[number], given_now)
        may[number] = asks(sqlite_hq, tills[number])
        assert sum(may.values()) <= budget
    ((allotted,),) = rows(sqlite_hq.engine, "budget", "allotted")
    assert sum(may.values()) == allotted


class Joined:
    """A till of the shop that asks its headquarters when it is told to."""

    def __init__(self, stack: ExitStack, folder: Path, hq: RunningHq, budget: int) -> None:
        self.hq = hq
        self.shop = Shop(folder, gift(budget), at_ms=now_ms(), till={"authority": "hq"}, hq={"url": hq.url})
        stack.callback(self.shop.close)
        join_hq(self.shop.till, create_enrolment_code(hq.engine, "store-1", now_ms=now_ms()))
        client = stack.enter_context(HqClient(hq.url, private_key=private_key(self.shop.till)))
        self._rounds = SyncRounds(
            SqliteOutbox(self.shop.till.database),
            client,
            options=SyncOptions(),
            utc_ms=now_ms,
            fraction=lambda: 0.0,
            stopping=lambda: False,
        )

    def sync(self) -> None:
        for _ in range(3):
            report = self._rounds.run()
            assert None is report.problem, report.problem_words
            book(self.hq)

    def sell(self, times: int) -> int:
        return sum(self.shop.sell(TEA).quote.result.discount_minor for _ in range(times))


@pytest.fixture
def join(tmp_path: Path, sqlite_hq: RunningHq) -> Iterator[Callable[[str, int], Joined]]:
    empty(sqlite_hq.engine)
    with ExitStack() as stack:
        yield lambda name, budget: Joined(stack, tmp_path / name, sqlite_hq, budget)


def test_that_two_tills_that_are_cut_off_give_no_more_than_the_budget(
    join: Callable[[str, int], Joined], sqlite_hq: RunningHq
) -> None:
    publish(sqlite_hq, document(gift(5_000)))
    one, other = join("one", 5_000), join("other", 5_000)
    assert 0 == one.sell(1)
    for till in (one, other):
        till.sync()
    # For days neither of them is heard.
    offline = [till.sell(12) for till in (one, other)]
    assert all(0 < minor < 5_000 for minor in offline)
    for _ in range(6):
        for till in (one, other):
            till.sync()
            offline.append(till.sell(4))
    assert sum(offline) <= 5_000
    (figures,) = list_budgets(sqlite_hq.engine)
    assert figures.used <= figures.allotted <= 5_000
    for _ in range(30):
        one.sync()
        offline.append(one.sell(2))
    assert 0 == one.sell(1)
    assert 4_500 < sum(offline) <= 5_000
    assert_sound(sqlite_hq)
