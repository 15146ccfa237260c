"""Events that an enrolled till has signed and no sound program writes: kept, acknowledged, set aside, and never in the way."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from hq.operate import RunningHq
from pos_app.protocol.events import SaleEvent, encode_body
from tests.hq.abuse.specimens import NUMBERS, OTHER_TYPES, STEP, TEXTS, as_bytes, one_of_each, places, replaced, without
from tests.hq.abuse.wire import assert_alive, do_everything, prepared, send_all
from tests.hq.conftest import Enrol
from tests.hq.journals import sale

KINDS = range(len(one_of_each(sale())))
pytestmark = pytest.mark.expects_log("apply.still_failing", "replay.failed")


def tree_of(number: int, sold: SaleEvent) -> Any:
    """One of each kind of event as JSON, a new one each time."""
    return json.loads(encode_body(one_of_each(sold)[number]))


def with_other_values(number: int, sold: SaleEvent, kind: type, values: tuple[object, ...]) -> Iterator[bytes]:
    """A fresh event for each value, in each place that holds one of this type."""
    for at in places(tree_of(number, sold), kind):
        for value in values:
            yield as_bytes(replaced(tree_of(number, sold), at, value))


@pytest.mark.parametrize(("kind", "values"), [(int, NUMBERS), (str, TEXTS), (object, OTHER_TYPES)])
def test_that_no_value_in_a_signed_event_is_in_the_way(
    hq: RunningHq, enrol: Enrol, kind: type, values: tuple[object, ...]
) -> None:
    hostile, honest = enrol(), enrol()
    sold = prepared(hq, hostile)
    bodies = (body for number in KINDS for body in with_other_values(number, sold, kind, values))

    sent = send_all(hostile, islice(bodies, 0, None, STEP))
    do_everything(hq)

    assert sent > 50
    assert_alive(hq, honest)


def test_that_missing_and_repeated_fields_are_not_in_the_way(hq: RunningHq, enrol: Enrol) -> None:
    hostile, honest = enrol(), enrol()
    sold = prepared(hq, hostile)
    bodies = []
    for number in KINDS:
        bodies += [as_bytes(without(tree_of(number, sold), at)) for at in places(tree_of(number, sold), object) if at]
        whole = as_bytes(tree_of(number, sold))
        bodies += [whole[:-1] + b',"event_id":"x"}', whole[:-1] + b',"kind":"sale"}', whole[:-1] + b',"new":[{}]}']
        bodies += [whole[:end] for end in range(0, len(whole), 101)]

    assert len(bodies[::STEP]) == send_all(hostile, bodies[::STEP])
    do_everything(hq)

    assert_alive(hq, honest)
