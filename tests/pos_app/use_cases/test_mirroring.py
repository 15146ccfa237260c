"""The mirror of an open till, and a till that comes back from it."""

import queue
import shutil
import time
from pathlib import Path

import pytest

from pos_app.errors import InputError
from pos_app.protocol.checkpoints import sign_checkpoint
from pos_app.use_cases.checking import Verdict
from pos_app.use_cases.mirroring import Mirror, MirrorStatus, mirror_of
from pos_app.use_cases.restoring import Restored, restore
from storage import journal, pruning
from storage.database import Connection
from storage.mirror import Durable, MirroredEvent, compact, read_mirror
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


def gone(shop: Shop) -> list[int]:
    """The numbers of the events whose bodies were pruned."""
    return [row[0] for row in shop.query("SELECT seq FROM event WHERE body IS NULL ORDER BY seq")]


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


def pruned(shop: Shop, upto_seq: int) -> None:
    """What the till's housekeeping does once HQ keeps everything and the events are old."""

    def step(connection: Connection) -> None:
        terminal = journal.read_terminal(connection)
        journal.change_terminal(connection, acked_seq=terminal.last_seq, durable_seq=upto_seq)
        name = (terminal.terminal_id, terminal.incarnation)
        pruning.drop_bodies(connection, name, lambda place, at: sign_checkpoint(bytes(32), place, at), before_ms=2**62)

    shop.till.database.write(step)


def test_that_a_large_mirror_lets_go_of_what_the_journal_has_pruned(
    till: Shop, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = Mirror(till.till.database, path, lambda _status: None)
    mirror.copy()
    pruned(till, 2)
    assert not mirror.compact(), "a small one keeps everything"
    monkeypatch.setattr("pos_app.use_cases.mirroring.COMPACT_BYTES_MIN", 0)
    assert mirror.compact()
    assert MirrorStatus(0) == mirror.copy()
    assert in_journal(till)[2:] == bodies(path)
    pruned(till, 3)
    assert not mirror.compact(), "it has not grown since"
    till.sell(TEA)
    assert MirrorStatus(0) == mirror.copy()
    mirror.close()
    assert MirrorStatus(0) == copied(till, path)
    assert [body for body in in_journal(till)[2:] if body] == bodies(path)[1:]


@pytest.mark.expects_log("mirror.not_compacted")
def test_that_a_mirror_that_is_away_is_not_compacted(till: Shop, path: Path) -> None:
    assert not Mirror(till.till.database, path, lambda _status: None).compact()


def test_that_the_thread_compacts_in_a_quiet_moment(till: Shop, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos_app.use_cases.mirroring.COMPACT_BYTES_MIN", 0)
    copied(till, path)
    pruned(till, 2)
    told: queue.Queue[MirrorStatus] = queue.Queue()
    mirror = mirror_of(till.till.database, settings_with(storage={"mirror": str(path)}), told.put)
    assert mirror is not None
    size = path.stat().st_size
    mirror.tidy()
    mirror.start()
    deadline = time.monotonic() + WAIT_S
    while path.stat().st_size >= size and time.monotonic() < deadline:
        pass
    mirror.stop(timeout_s=WAIT_S)
    assert in_journal(till)[2:] == bodies(path)


def doctor(shop: Shop) -> tuple[Verdict, str]:
    return next((one.verdict, one.words) for one in shop.examine() if one.check == "mirror")


@pytest.fixture
def watched(open_shop: OpenShop, path: Path) -> Shop:
    """A till whose settings name the mirror, which has its journal."""
    path.parent.mkdir()
    shop = open_shop("fixed-card", **HQ, storage={"mirror": str(path)})
    copied(shop, path)
    return shop


def test_that_the_doctor_says_that_the_mirror_has_everything_or_lags(watched: Shop, path: Path) -> None:
    assert Verdict.GOOD is doctor(watched)[0]
    watched.sell(TEA)
    assert (Verdict.NOTE, True) == (doctor(watched)[0], "lacks the newest 1 events" in doctor(watched)[1])
    copied(watched, path)
    pruned(watched, 2)
    assert compact(path, {(watched.query("SELECT terminal_id FROM terminal")[0][0], 1): 2}, goes_on=lambda: True)
    assert (Verdict.GOOD, True) == (doctor(watched)[0], "; 2 are the same" in doctor(watched)[1])


def test_that_the_doctor_finds_what_is_wrong_with_the_mirror(watched: Shop, path: Path) -> None:
    whole = path.read_bytes()
    raw = bytearray(whole)
    raw[raw.index(BOB.encode())] ^= 1
    path.write_bytes(raw)
    assert (Verdict.BAD, "1 events are missing in the mirror, and 1 places in it cannot be read.") == said(watched)
    path.write_bytes(b"Something else of the same size")
    assert (Verdict.BAD, "till.mirror is not a mirror of a till's journal.") == said(watched)
    path.unlink()
    assert (Verdict.BAD, f"The mirror {path} cannot be read (No such file or directory).") == said(watched)


def said(shop: Shop) -> tuple[Verdict, str]:
    """The doctor's verdict and first sentence."""
    verdict, words = doctor(shop)
    return verdict, f"{words.split('. ')[0]}."


def test_that_the_doctor_sees_a_mirror_of_a_newer_copy(watched: Shop, path: Path, tmp_path: Path) -> None:
    shutil.copytree(watched.folder, tmp_path / "backup")
    watched.sell(TEA)
    copied(watched, path)
    behind = Shop(tmp_path / "backup", "fixed-card", till=HQ["till"], hq=HQ["hq"], storage={"mirror": str(path)})
    assert (Verdict.BAD, True) == (doctor(behind)[0], "has 1 events that are not this journal's" in doctor(behind)[1])
    behind.sell(TEA, TEA)
    assert (Verdict.BAD, True) == (doctor(behind)[0], "has 1 events that are not this journal's" in doctor(behind)[1])
    copied(behind, path)
    assert (Verdict.BAD, True) == (doctor(behind)[0], "has 1 events that are not this journal's" in doctor(behind)[1])
    change(behind, hq_public_key=bytes(32))
    assert 1 == restore(behind.till, path).restored
    copied(behind, path)
    assert Verdict.GOOD is doctor(behind)[0]
    behind.close()


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


def test_that_what_hq_keeps_of_a_disk_that_was_put_back_is_not_taken_for_what_was_on_it_before(
    till: Shop, path: Path, tmp_path: Path, fresh: Shop
) -> None:
    shutil.copytree(till.folder, tmp_path / "image")
    till.sell(TEA)
    copied(till, path)
    lost = in_journal(till)[-1]
    back = Shop(tmp_path / "image", "fixed-card", till=HQ["till"], hq=HQ["hq"])
    back.sell(TEA, TEA)
    change(back, acked_seq=4, durable_seq=4)
    copied(back, path)
    back.close()
    assert Restored(restored=2, kept_by_hq=6) == restore(fresh.till, path)
    assert lost in in_journal(fresh)


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


def test_that_bodies_that_came_back_stay_until_hq_keeps_them_again_and_go_then(till: Shop, path: Path) -> None:
    change(till, hq_public_key=bytes(32))
    copied(till, path)
    pruned(till, 3)
    restore(till.till, path, everything=True)
    pruned_again = till.till.database.read(journal.read_terminal)
    assert (0, 0) == (pruned_again.pruned_seq, pruned_again.durable_seq)
    pruned(till, 0)
    assert [] == gone(till)
    pruned(till, 2)
    assert ([1, 2], 2) == (gone(till), till.till.database.read(journal.read_terminal).pruned_seq)
    pruned(till, 3)
    assert [1, 2, 3] == gone(till)


def test_that_what_comes_back_before_a_hole_is_let_go_again(till: Shop, path: Path) -> None:
    change(till, hq_public_key=bytes(32))
    copied(till, path)
    pruned(till, 3)
    raw = bytearray(path.read_bytes())
    raw[raw.index(BOB.encode())] ^= 1
    path.write_bytes(raw)
    assert 2 == restore(till.till, path, everything=True).refilled
    (last,) = till.query("SELECT max(seq) FROM event WHERE body IS NULL")[0]
    assert list(range(1, last + 1)) == gone(till)


def test_that_bodies_of_a_former_name_stay_away(till: Shop, path: Path) -> None:
    change(till, hq_public_key=bytes(32))
    copied(till, path)
    pruned(till, 3)
    till.till.database.write(lambda c: journal.begin_incarnation(c, terminal_id=OTHER, incarnation=1))
    assert 0 == restore(till.till, path, everything=True).refilled


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
