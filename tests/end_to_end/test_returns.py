"""Goods bought at one till come back at another: by real scans and keys, with headquarters in between."""

from PySide6.QtCore import Qt
from sqlalchemy import select

from hq import tables
from pos_app.use_cases.booking import number_of
from pos_app.use_cases.till import Till
from storage import journal
from tests.end_to_end.conftest import TEA, VITAMIN, Counter, OpenCounter
from tests.end_to_end.test_first_sale import CARD, enrol
from ui.returns.screen import ReturnsScreen, Stage


def turn_to(counter: Counter) -> None:
    """Stand at this till: keys go to its window."""
    counter.window.activateWindow()
    counter.until(lambda _screen: counter.window.isActiveWindow())


def returns_of(counter: Counter) -> ReturnsScreen:
    page = counter.window.returns
    assert page is not None
    return page.presenter.screen()


def until_returns(counter: Counter, stage: Stage) -> ReturnsScreen:
    counter.until(lambda _screen: counter.window.returns is not None and returns_of(counter).stage is stage)
    return returns_of(counter)


def balance_units(till: Till) -> int:
    member = till.find_member(CARD)
    return -1 if member is None else member.balance.available_units - member.balance.overdraft_units


def give_back(counter: Counter, *keys: Qt.Key) -> ReturnsScreen:
    for key in (*keys, Qt.Key.Key_F9, Qt.Key.Key_Return):
        counter.press(key)
    return until_returns(counter, Stage.DONE)


def test_that_what_one_till_sold_comes_back_at_another_once(open_counter: OpenCounter) -> None:
    first, second = open_counter(1), open_counter(2)
    turn_to(first)
    enrol(first)
    first.scan_goods(VITAMIN.code)
    first.scan_goods(TEA.code)
    number = first.pay_cash()
    first.wait_for_headquarters()
    second.until(lambda _screen: balance_units(second.till) == 126)

    turn_to(second)
    second.scan(number)
    until_returns(second, Stage.CHOOSING)
    second.scan(VITAMIN.code)
    second.until(lambda _screen: returns_of(second).figures.has_goods)
    done = give_back(second).done
    assert done is not None
    assert (1290, 116, 0) == (
        done.figures.paid_back_minor,
        done.figures.clawed_back_units,
        done.figures.overdraft_units,
    )
    second.wait_for_headquarters()
    with second.headquarters.engine.connect() as connection:
        lines = connection.execute(select(tables.return_line.c.line_no, tables.return_line.c.earned_units)).all()
    assert [(1, 116)] == [tuple(line) for line in lines]
    first.until(lambda _screen: balance_units(first.till) == 10)

    # The same goods again: neither at the till that took them, nor at the one that sold them.
    for counter in (second, first):
        turn_to(counter)
        counter.press(Qt.Key.Key_Escape)
        counter.scan(number)
        until_returns(counter, Stage.CHOOSING)
        counter.scan(VITAMIN.code)
        counter.until(lambda _screen, counter=counter: returns_of(counter).notice is not None)  # type: ignore[misc]
        assert [0, 1000] == [row.left_milli for row in returns_of(counter).rows]
        assert not returns_of(counter).figures.has_goods
    assert [] == first.till.database.read(lambda c: c.exec_driver_sql("SELECT * FROM return_line").all())


def test_that_goods_taken_back_unseen_are_settled_when_the_sale_comes(open_counter: OpenCounter) -> None:
    first, second = open_counter(1), open_counter(2)
    turn_to(first)
    enrol(first)
    first.wait_for_headquarters()
    terminal = first.till.database.read(journal.read_terminal)
    number = number_of(first.till, terminal)

    turn_to(second)
    second.scan(number)
    unknown = until_returns(second, Stage.UNKNOWN).unknown
    assert unknown is not None
    assert (number, "unknown") == (unknown.number, unknown.word)
    second.press(Qt.Key.Key_F5)
    second.scan(VITAMIN.code)
    second.until(lambda _screen: bool(returns_of(second).rows))
    done = give_back(second).done
    assert done is not None
    assert (1290, True) == (done.figures.paid_back_minor, done.figures.is_settled_later)
    second.wait_for_headquarters()

    turn_to(first)
    first.scan_goods(VITAMIN.code)
    assert number == first.pay_cash()
    first.wait_for_headquarters()
    second.until(lambda _screen: second.till.find_member(CARD) is not None)

    def settled_ms() -> int | None:
        with second.headquarters.engine.connect() as connection:
            settled_at_ms: int | None = connection.execute(select(tables.unseen_return.c.settled_at_ms)).scalar_one()
            return settled_at_ms

    second.until(lambda _screen: settled_ms() is not None)
    for counter in (first, second):
        counter.until(lambda _screen, counter=counter: balance_units(counter.till) == 0)  # type: ignore[misc]
