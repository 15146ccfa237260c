import pytest

from hq.operate import RunningHq
from hq.tasks import list_tasks, mark_done
from pos_app.errors import InputError
from tests.hq.journals import START_MS, enrolment, sale
from tests.hq.tills import Till, taken_back


def test_that_tasks_say_what_happened_and_what_to_do(hq: RunningHq) -> None:
    till = Till(hq.engine, 7)
    till.book(enrolment("a", "299"), enrolment("b", "300"), enrolment("b", "299"))
    (task,) = list_tasks(hq.engine)

    assert ("card_taken", "A card was given to two members.", "007-01-0000003", False) == (
        task.code,
        task.what,
        task.event,
        task.by_itself,
    )
    mark_done(hq.engine, task.task_id, now_ms=START_MS)
    assert () == list_tasks(hq.engine)
    with pytest.raises(InputError) as caught:
        mark_done(hq.engine, task.task_id, now_ms=START_MS)
    assert "hq.task" == caught.value.code


def test_that_nobody_can_call_done_what_hq_does_by_itself(hq: RunningHq) -> None:
    till = Till(hq.engine)
    till.book(taken_back(sale(amounts=(100,)), {1: 1000}))
    (task,) = list_tasks(hq.engine)

    assert task.by_itself
    with pytest.raises(InputError):
        mark_done(hq.engine, task.task_id, now_ms=START_MS)
    assert (task,) == list_tasks(hq.engine)
