"""Clocks, fuses and chance of the chain in a box."""

import os
import secrets
import uuid
from pathlib import Path

import pytest

from pos_app.simulation.agenda import Agenda
from pos_app.simulation.chance import seeded
from pos_app.simulation.clocks import TillClock, World
from pos_app.simulation.fuses import EndlessError, Fuse, KilledError
from storage.database import make_engine

DAY_MS = 86_400_000


def test_that_chance_follows_from_the_seed_and_is_the_systems_again_afterwards() -> None:
    def draw() -> tuple[object, ...]:
        return os.urandom(8), uuid.uuid4(), secrets.token_hex(8), secrets.randbits(60)

    with seeded(3):
        first = draw()
    with seeded(3):
        assert first == draw()
    assert first != draw()


def test_that_a_clock_drifts_jumps_and_is_set_right() -> None:
    world = World(0)
    clock = TillClock(world, drift_ppm=50)
    world.now_ms = DAY_MS
    assert (DAY_MS + 4_320, DAY_MS, DAY_MS) == (clock.utc_ms(), clock.monotonic_ms(), clock.true_ms())
    clock.jump(-3_600_000)
    copied = clock.copy()
    assert DAY_MS + 4_320 - 3_600_000 == clock.utc_ms() == copied.utc_ms()
    clock.set_right()
    assert DAY_MS == clock.utc_ms()
    boot = clock.boot_id()
    clock.reboot()
    assert (0, False) == (clock.monotonic_ms(), boot == clock.boot_id())


def test_that_jobs_are_done_in_the_order_of_their_moments() -> None:
    world = World(0)
    agenda = Agenda(world)
    done: list[tuple[int, str]] = []
    for at_ms, name in ((20, "c"), (10, "a"), (10, "b"), (30, "not yet")):
        agenda.at(at_ms, lambda name=name: done.append((world.now_ms, name)))  # type: ignore[misc]
    agenda.run_until(30)
    assert ([(10, "a"), (10, "b"), (20, "c")], 30) == (done, world.now_ms)


def test_that_a_dead_process_writes_nothing_more(tmp_path: Path) -> None:
    seen: list[int] = []
    fuse = Fuse(lambda: seen.append(1))
    connection = make_engine(tmp_path / "file", connect=fuse.connect).connect()
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("CREATE TABLE t (x)")
    fuse.light(1)
    driver.execute("INSERT INTO t VALUES (1)")
    for _ in range(2):
        with pytest.raises(KilledError):
            driver.executemany("INSERT INTO t VALUES (?)", [(2,)])
    connection.close()
    engine = make_engine(tmp_path / "file")
    with engine.connect() as again:
        assert ([1], [1]) == (seen, [row[0] for row in again.exec_driver_sql("SELECT x FROM t")])


def test_that_something_endless_is_stopped() -> None:
    fuse = Fuse()
    fuse.bound(2)
    fuse.burn()
    fuse.burn()
    with pytest.raises(EndlessError):
        fuse.burn()
