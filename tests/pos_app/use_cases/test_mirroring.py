"""The mirror of an open till, and a till that comes back from it."""

import queue
import shutil
from pathlib import Path

import pytest

from pos_app.errors import InputError
from pos_app.use_cases.mirroring import Mirror, MirrorStatus, mirror_of
from pos_app.use_cases.restoring import Restored, restore
from storage import journal
from storage.mirror import Durable, MirroredEvent, read_mirror
from tests.conftest import OpenShop
from tests.shop import ANA, BOB, TEA, Shop, settings_with

HQ = {"till": {"authority": "hq"}, "hq": {"url": "https://hq.example.org"}}
OTHER = "00000000-0000-0000-0000-00000000000b"
WAIT_S = 10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "other-disk" / "till.mirror"


@pytest.fixture
def till(open_shop: OpenShop, path: Path) -> Shop:
    path.parent.mkdir()
    return open_shop("fixed-card", **HQ)


def copied(shop: Shop, path: Path) -> MirrorStatus:
    """Bring the mirror up to date, as a till does that starts."""
    mirror = Mirror(shop.till.database, path, lambda _status: None)
    status = mirror.copy()
    mirror.close()
    return status


def bodies(path: Path) -> list[bytes]:
    return [record.body for record in read_mirror(path) if isinstance(record, MirroredEvent)]


def in_journal(shop: Shop) -> list[bytes]:
    return [row[0] for row in shop.query("SELECT body FROM event ORDER BY incarnation, seq")]


def change(shop: Shop, **values: object) -> None:
    shop.till.database.write(lambda connection: journal.change_terminal(connection, **values))


def test_that_the_mirror_holds_the_journal_and_catches_up_at_the_start(till: Shop, path: Path) -> None:
    assert MirrorStatus(0) == copied(till, path)
    assert in_journal(till) == bodies(path)
    size = path.stat().st_size
    assert MirrorStatus(0) == copied(till, path)
    assert size == path.stat().st_size, "nothing twice"
    till.sell(TEA)
    copied(till, path)
    assert in_journal(till) == bodies(path)


def test_that_the_mirror_says_what_hq_keeps_for_good(till: Shop, path: Path) -> None:
    copied(till, path)
    change(till, acked_seq=3, durable_seq=2)
    copied(till, path)
    assert [2] == [record.envelope.seq for record in read_mirror(path) if isinstance(record, Durable)]


def test_that_many_events_are_copied_in_pieces(till: Shop, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos_app.use_cases.mirroring.APPEND_BYTES_MAX", 10)
    copied(till, path)
    assert in_journal(till) == bodies(path)


def test_that_a_new_name_is_copied_too(till: Shop, path: Path) -> None:
    mirror = Mirror(till.till.database, path, lambda _status: None)
    mirror.copy()
    till.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=OTHER, incarnation=1))
    assert MirrorStatus(0) == mirror.copy()
    mirror.close()
    assert 2 * in_journal(till) == bodies(path)
    assert MirrorStatus(0) == copied(till, path)
    assert 2 * in_journal(till) == bodies(path)


def test_that_a_mirror_of_another_journal_is_added_to(till: Shop, open_shop: OpenShop, path: Path) -> None:
    copied(till, path)
    other = open_shop("fixed-card", **HQ)
    copied(other, path)
    assert in_journal(till) + in_journal(other) == bodies(path)


def test_that_a_journal_that_is_behind_its_mirror_is_copied_from_the_beginning(
    till: Shop, path: Path, tmp_path: Path
) -> None:
    shutil.copytree(till.folder, tmp_path / "backup")
    till.sell(TEA)
    copied(till, path)
    lost = bodies(path)
    behind = Shop(tmp_path / "backup", "fixed-card", till=HQ["till"], hq=HQ["hq"])
    copied(behind, path)
    assert lost + in_journal(behind) == bodies(path), "and nothing is thrown away"
    behind.close()


@pytest.mark.expects_log("mirror.failed")
def test_that_a_missing_disk_is_said_and_caught_up_with(till: Shop, path: Path) -> None:
    mirror = Mirror(till.till.database, path, lambda _status: None)
    path.parent.rmdir()
    status = mirror.copy()
    assert 3 == status.lag_events
    assert "cannot be written (No such file or directory). Sales are booked as always" in status.problem
    path.parent.mkdir()
    assert MirrorStatus(0) == mirror.copy()
    mirror.close()


@pytest.mark.expects_log("mirror.failed")
def test_that_a_file_that_is_no_mirror_is_left_alone(till: Shop, path: Path) -> None:
    path.write_bytes(b"Something that somebody wants to keep.")
    assert "till.mirror is not a mirror" in copied(till, path).problem


def test_that_the_thread_copies_what_is_sold_and_ends(till: Shop, path: Path) -> None:
    told: queue.Queue[MirrorStatus] = queue.Queue()
    mirror = mirror_of(till.till.database, settings_with(storage={"mirror": str(path)}), told.put)
    assert mirror is not None
    mirror.start()
    assert MirrorStatus(0) == told.get(timeout=WAIT_S)
    till.sell(TEA)
    mirror.wake()
    mirror.stop(timeout_s=WAIT_S)
    assert in_journal(till) == bodies(path)
    assert mirror_of(till.till.database, settings_with()) is None


# A disk is lost.


@pytest.fixture
def fresh(open_shop: OpenShop) -> Shop:
    """A till that joined in place of the lost one."""
    shop = open_shop("fixed-card", **HQ)
    change(shop, hq_public_key=bytes(32))
    return shop


def receipts(shop: Shop) -> list[tuple[str, int]]:
    return shop.query("SELECT receipt_number, total_minor FROM sale ORDER BY receipt_number")


def test_that_a_lost_tills_events_come_back_under_the_new_name_with_their_receipts(
    till: Shop, path: Path, fresh: Shop
) -> None:
    sale = till.sell(TEA, TEA, card=BOB)
    till.take_back(sale, line_1=1)
    copied(till, path)
    lost, sold = in_journal(till), receipts(till)
    before = len(in_journal(fresh))

    assert Restored(restored=5) == restore(fresh.till, path)
    assert lost == in_journal(fresh)[before : before + 5]
    assert sold == receipts(fresh)
    assert [("restore",)] == fresh.query("SELECT action FROM audit")
    assert {} == {check: words for check, words in fresh.bad_findings().items() if check != "headquarters"}
    assert Restored(known=5) == restore(fresh.till, path), "asking again is harmless"


def test_that_what_hq_keeps_for_good_need_not_come_back(till: Shop, path: Path, fresh: Shop) -> None:
    till.sell(TEA)
    change(till, acked_seq=4, durable_seq=3)
    copied(till, path)
    assert Restored(restored=1, kept_by_hq=3) == restore(fresh.till, path)
    assert Restored(restored=3, known=1) == restore(fresh.till, path, everything=True)


def test_that_pruned_bodies_come_back_for_an_hq_that_lost_them(till: Shop, path: Path) -> None:
    change(till, hq_public_key=bytes(32), acked_seq=3, durable_seq=3)
    copied(till, path)
    whole = in_journal(till)
    till.till.database.write(lambda c: c.exec_driver_sql("UPDATE event SET body = NULL WHERE seq < 3"))
    change(till, pruned_seq=2)
    assert Restored(kept_by_hq=3) == restore(till.till, path)
    assert Restored(known=1, refilled=2) == restore(till.till, path, everything=True)
    assert whole == in_journal(till)[:3]
    assert 0 == till.till.database.read(journal.read_terminal).pruned_seq


def test_that_damaged_records_are_counted(till: Shop, path: Path, fresh: Shop) -> None:
    copied(till, path)
    raw = bytearray(path.read_bytes())
    raw[raw.index(ANA.encode())] ^= 1
    path.write_bytes(raw)
    assert Restored(restored=2, damaged=1) == restore(fresh.till, path)


def test_that_a_till_that_has_not_joined_is_told_to(till: Shop, path: Path) -> None:
    copied(till, path)
    with pytest.raises(InputError) as raised:
        restore(till.till, path)
    assert ("mirror.not_joined", True) == (raised.value.code, "enrol-code" in raised.value.todo)
