"""Power cuts, full and failing disks, kills: at every write and sync of a sale the till keeps what it acknowledged, and no half of a sale.

The disk below the till's own SQLite writes everything down (``tests.storage.faulty_disk``). From that follows what a power cut
at any moment would have left: nothing that was not synced, or some sectors of it. ``POS_APP_CRASH_STATES`` says how many such disks
of the last kind are tried (``make crash`` tries many).
"""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from pos_app.errors import InputError, StorageError
from storage.database import DATABASE_NAME
from tests.shop import BOB, BREAD, ENOUGH, TEA, Shop
from tests.storage.faulty_disk import (
    SQLITE_FULL,
    SQLITE_IOERR_FSYNC,
    SQLITE_IOERR_WRITE,
    FaultyDisk,
    Operation,
    faulty_disk,
    state_after,
    synced,
    torn,
)

pytestmark = pytest.mark.unmeasured

TORN_STATES = int(os.environ.get("POS_APP_CRASH_STATES", "150"))
_FILES = (DATABASE_NAME, f"{DATABASE_NAME}-wal")


class Shift(msgspec.Struct, frozen=True):
    """What a disk went through while a till sold, took goods back and closed, from these files on."""

    before: dict[str, bytes]
    operations: list[Operation]

    def acknowledged(self, operations: list[Operation]) -> set[str]:
        """The receipts that the till had acknowledged by then."""
        return {one.file for one in operations if one.kind == "mark"}

    def all_receipts(self) -> list[str]:
        """Every receipt of the shift, in order."""
        return [one.file for one in self.operations if one.kind == "mark"]


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Shift:
    """Two sales with points earned and burned, one return, the till closed, opened, and a last sale."""
    folder = tmp_path_factory.mktemp("shift") / "till"
    _sell_once_and_close(folder)
    before = _files_of(folder)
    with faulty_disk() as disk:
        shop = Shop(folder, "fixed-card")
        disk.mark(shop.sell(TEA, BREAD, card=BOB).receipt_number)
        sale = shop.sell(TEA, BREAD, card=BOB, burn=10)
        disk.mark(sale.receipt_number)
        disk.mark(shop.take_back(sale, line_1=1).receipt_number)
        shop.reopen()
        disk.mark(shop.sell(BREAD, card=BOB).receipt_number)
        shop.close()
    return Shift(before, disk.operations)


def _sell_once_and_close(folder: Path) -> None:
    shop = Shop(folder, "fixed-card")
    shop.join(BOB, "silver")
    shop.sell(TEA, card=BOB)
    shop.close()


def _files_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in _FILES if (folder / name).exists()}


@contextmanager
def _till_on(folder: Path, files: dict[str, bytes]) -> Iterator[Shop]:
    """A till that starts on what a disk has left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    shop = Shop(folder, "fixed-card")
    try:
        yield shop
    finally:
        shop.close()


def _assert_whole(shop: Shop, shift: Shift, operations: list[Operation]) -> None:
    """Everything acknowledged is there, at most the one under way beside it, and nothing in part."""
    booked = {number for (number,) in shop.query("SELECT receipt_number FROM sale")}
    known = [number for number in shift.all_receipts() if number in booked]
    acknowledged = shift.acknowledged(operations)
    assert acknowledged == set(known[: len(acknowledged)])
    assert len(known) <= len(acknowledged) + 1
    assert {} == shop.bad_findings()


def test_that_a_power_cut_after_each_sync_loses_no_acknowledged_sale(shift: Shift, tmp_path: Path) -> None:
    syncs = [number for number, one in enumerate(shift.operations) if one.kind == "sync"]
    marks = [number for number, one in enumerate(shift.operations) if one.kind == "mark"]
    for cut in sorted({*syncs, *marks, len(shift.operations) - 1}):
        happened = shift.operations[: cut + 1]
        with _till_on(tmp_path / "till", state_after(shift.before, synced(happened))) as shop:
            _assert_whole(shop, shift, happened)


def test_that_whatever_part_of_the_unsynced_survives_a_power_cut_changes_nothing(shift: Shift, tmp_path: Path) -> None:
    randomness = random.Random(1)
    for number in range(TORN_STATES):
        happened = shift.operations[: randomness.randrange(1, len(shift.operations) + 1)]
        survives = randomness.random()
        left = torn(happened, keeps=lambda share=survives: randomness.random() < share)
        with _till_on(tmp_path / f"till-{number}", state_after(shift.before, left)) as shop:
            _assert_whole(shop, shift, happened)


def test_that_the_shift_would_be_lost_without_syncs(shift: Shift, tmp_path: Path) -> None:
    """The tests above can fail: on a disk that was never asked to sync, the same cut loses what was acknowledged."""
    unsynced = [one for one in shift.operations if one.kind != "sync"]
    with (
        _till_on(tmp_path / "till", state_after(shift.before, synced(unsynced))) as shop,
        pytest.raises(AssertionError),
    ):
        _assert_whole(shop, shift, unsynced)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a kill at an exact write needs fork")
def test_that_a_kill_at_every_write_and_sync_leaves_a_whole_sale_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    _sell_once_and_close(folder)
    before = _files_of(folder)
    outcomes = set()
    killed_at, was_killed = 0, True
    while was_killed:
        killed_at += 1
        _put_back(folder, before)
        was_killed = _sell_and_die(folder, killed_at)
        shop = Shop(folder, "fixed-card")
        assert {} == shop.bad_findings()
        outcomes.add(shop.query("SELECT count(*) FROM sale")[0][0])
        shop.close()
    assert {1, 2} == outcomes
    assert killed_at > 20


def _sell_and_die(folder: Path, kill_at: int) -> bool:
    """Sell in a process that dies at this write or sync; gives whether it died."""
    child = os.fork()
    if child == 0:
        with faulty_disk() as disk:
            shop = Shop(folder, "fixed-card")
            basket = shop.basket(TEA, BREAD, card=BOB, burn=10)
            disk.arm(kill_at=kill_at)
            shop.till.close_sale(basket, ENOUGH).result()
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def _put_back(folder: Path, files: dict[str, bytes]) -> None:
    for name in (*_FILES, f"{DATABASE_NAME}-shm", "till.last"):
        (folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (SQLITE_FULL, "storage.full"),
        (SQLITE_IOERR_WRITE, "storage.unavailable"),
        (SQLITE_IOERR_FSYNC, "storage.unavailable"),
    ],
    ids=["full", "write-error", "sync-error"],
)
def test_that_a_disk_that_fails_at_any_write_is_said_and_the_sale_can_be_finished_once(
    tmp_path: Path, code: int, error: str
) -> None:
    _sell_once_and_close(tmp_path / "till")
    with faulty_disk() as disk:
        shop = Shop(tmp_path / "till", "fixed-card")
        failing_at, has_failed = 0, True
        while has_failed:
            failing_at += 1
            has_failed = _sell_on_failing_disk(shop, disk, failing_at, code, error)
        assert failing_at > 20
        assert {} == shop.bad_findings()
        shop.close()


def _sell_on_failing_disk(shop: Shop, disk: FaultyDisk, failing_at: int, code: int, error: str) -> bool:
    """Sell while the disk fails once, then finish the same basket; gives whether the failure was met. It is booked once in any case."""
    sales = shop.query("SELECT count(*) FROM sale")[0][0]
    basket = shop.basket(TEA, BREAD, card=BOB, burn=2)
    disk.arm(fail_at=failing_at, code=code)
    try:
        shop.till.close_sale(basket, ENOUGH).result()
        has_failed = False
    except StorageError as met:
        has_failed = True
        assert error == met.code  # noqa: PT017 - failing is one of two good outcomes
    disk.arm()
    if has_failed:
        try:
            shop.till.close_sale(basket, ENOUGH).result()
        except InputError as again:
            # The commit had reached the disk though its sync failed: the till finds the event and books nothing twice.
            assert again.code == "sale.already_booked"  # noqa: PT017 - being booked is one of two good outcomes
    assert sales + 1 == shop.query("SELECT count(*) FROM sale")[0][0]
    return has_failed
