"""The simulated network: what each fault does to a request."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import msgspec
import pytest

from pos_app.simulation.clocks import World
from pos_app.simulation.options import DAY_MS, NO_FAULTS, FaultRates
from pos_app.simulation.wire import HqDoor, Line, Network, WireRequest

REQUEST = WireRequest("POST", "/v1/x?y=1", {"X-Pos-Terminal": "t"}, b"body")


class Told:
    """An application that remembers what came and answers the same."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.bodies.append((await receive())["body"])
        assert ("/v1/x", b"y=1") == (scope["path"], scope["query_string"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"answer"})


class Net:
    """A network in which one fault happens always."""

    def __init__(self, **rates: int) -> None:
        self.world = World(0)
        self.door = HqDoor()
        self.told = Told()
        self.door.application = self.told
        always: FaultRates = msgspec.structs.replace(NO_FAULTS, **rates)
        self.network = Network(self.world, self.door, always, random.Random(1))
        self.line = Line(self.network)

    def ask(self) -> bytes:
        return self.line.exchange(REQUEST).content


MakeNet = Callable[..., Net]


@pytest.fixture
def make_net() -> Iterator[MakeNet]:
    """Makes networks, and closes them."""
    made: list[Net] = []

    def make(**rates: int) -> Net:
        made.append(Net(**rates))
        return made[-1]

    yield make
    for net in made:
        net.door.close()


def test_that_a_sound_network_brings_the_answer(make_net: MakeNet) -> None:
    net = make_net()
    assert (b"answer", [b"body"]) == (net.ask(), net.told.bodies)


def test_that_a_line_that_is_down_brings_nothing_until_it_is_up(make_net: MakeNet) -> None:
    net = make_net()
    net.line.away_until_ms = 10
    with pytest.raises(httpcore.ConnectError):
        net.ask()
    assert not net.line.is_up(9)
    net.world.now_ms = 10
    assert (b"answer", True) == (net.ask(), net.line.is_up(10))


def test_that_hq_is_unreachable_while_it_is_down(make_net: MakeNet) -> None:
    net = make_net()
    net.door.application = None
    with pytest.raises(httpcore.ConnectError):
        net.ask()


@pytest.mark.parametrize(
    ("fault", "arrived"), [("lost_request_bp", 0), ("lost_answer_bp", 1), ("delayed_bp", 0)], ids=str
)
def test_that_a_lost_word_is_a_time_out(make_net: MakeNet, fault: str, arrived: int) -> None:
    net = make_net(**{fault: 10_000})
    with pytest.raises(httpcore.ReadTimeout):
        net.ask()
    assert arrived == len(net.told.bodies)


def test_that_a_delayed_request_arrives_when_nobody_waits_for_it(make_net: MakeNet) -> None:
    net = make_net(delayed_bp=10_000)
    with pytest.raises(httpcore.ReadTimeout):
        net.ask()
    net.world.now_ms = DAY_MS
    net.network.deliver_late()
    net.network.deliver_late()
    assert ([b"body"], 1) == (net.told.bodies, net.network.faults["arrived late"])


def test_that_a_late_request_to_a_dead_hq_is_in_vain(make_net: MakeNet) -> None:
    net = make_net(delayed_bp=10_000)
    with pytest.raises(httpcore.ReadTimeout):
        net.ask()
    net.door.application = None
    net.world.now_ms = DAY_MS
    net.network.deliver_late()
    assert 1 == net.network.faults["arrived in vain"]


def test_that_a_doubled_request_arrives_twice(make_net: MakeNet) -> None:
    net = make_net(doubled_bp=10_000)
    assert (b"answer", [b"body", b"body"]) == (net.ask(), net.told.bodies)


def test_that_a_truncated_and_a_tampered_body_are_other_bodies(make_net: MakeNet) -> None:
    for fault in ("truncated_bp", "tampered_bp"):
        net = make_net(**{fault: 10_000})
        assert b"answer" == net.ask()
        assert [b"body"] != net.told.bodies


def test_that_a_tampered_answer_is_another_answer(make_net: MakeNet) -> None:
    net = make_net(tampered_answer_bp=10_000)
    assert b"answer" != net.ask()
    assert [b"body"] == net.told.bodies


def test_that_a_stranger_answers_in_hqs_place(make_net: MakeNet) -> None:
    net = make_net(stranger_bp=10_000)
    net.ask()
    assert [] == net.told.bodies


def test_that_a_healed_network_has_no_faults(make_net: MakeNet) -> None:
    net = make_net(lost_request_bp=10_000)
    net.network.heal()
    assert b"answer" == net.ask()
