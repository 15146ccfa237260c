"""Files that were deleted or put back from older copies: the till notices, says so, and gives no number out twice."""

import shutil
from pathlib import Path

import pytest

from pos_app.errors import StorageError
from pos_app.use_cases.losing import accept_loss
from pos_app.use_cases.till import open_till
from storage import journal
from storage.database import DATABASE_NAME, Connection
from storage.high_water import HighWater, Mark, read_mark
from tests.conftest import OpenShop
from tests.shop import BOB, BREAD, TEA, Shop

WAL = f"{DATABASE_NAME}-wal"


def copy_of(shop: Shop, folder: Path, *without: str) -> Shop:
    """The files of a till that was killed now, opened again without some of them."""
    shutil.copytree(shop.folder, folder, ignore=shutil.ignore_patterns("till.lock", *without))
    return Shop(folder, "fixed-card")


def test_that_a_deleted_wal_is_noticed_and_nothing_is_written(shop: Shop, tmp_path: Path) -> None:
    shop.sell(TEA, card=BOB)
    with pytest.raises(StorageError) as refused:
        copy_of(shop, tmp_path / "copy", WAL)
    assert "storage.events_missing" == refused.value.code
    assert [] == [path.name for path in (tmp_path / "copy").glob("*-wal") if path.stat().st_size]


def test_that_an_older_copy_in_the_databases_place_is_noticed(shop: Shop, tmp_path: Path) -> None:
    shop.sell(TEA, card=BOB)
    shop.reopen()
    older = (shop.folder / DATABASE_NAME).read_bytes()
    shop.sell(BREAD, card=BOB)
    shop.close()
    (shop.folder / DATABASE_NAME).write_bytes(older)
    with pytest.raises(StorageError, match="newest events are missing") as refused:
        shop.till = open_till(shop.till.settings, shop.folder, programmes_in_force=(), clock=shop.clock)
    assert "storage.events_missing" == refused.value.code
    shop.till = open_till(shop.till.settings, shop.folder, programmes_in_force=(), clock=shop.clock, accepts_loss=True)
    assert 2 == accept_loss(shop.till)
    shop.reopen()
    assert "001-02-" == shop.sell(TEA).receipt_number[:7]
    assert {} == shop.bad_findings()


def test_that_an_emptied_database_is_noticed_and_not_begun_anew(shop: Shop) -> None:
    shop.sell(TEA)
    shop.close()
    (shop.folder / DATABASE_NAME).write_bytes(b"")
    with pytest.raises(StorageError, match="newest events are missing"):
        Shop(shop.folder, "fixed-card")
    shutil.rmtree(shop.folder)
    shop.till = Shop(shop.folder, "fixed-card").till


def test_that_a_whole_copy_of_a_killed_till_is_opened_as_it_was(shop: Shop, tmp_path: Path) -> None:
    number = shop.sell(TEA, card=BOB).receipt_number
    copied = copy_of(shop, tmp_path / "copy")
    assert [(number,)] == copied.query("SELECT receipt_number FROM sale")
    copied.close()


def test_that_a_mark_behind_the_journal_or_damaged_is_no_reason_to_stop(shop: Shop) -> None:
    shop.sell(TEA)
    mark = read_mark(shop.folder)
    assert mark is not None
    path = shop.folder / "till.last"
    for content in (b"", b"rubbish", bytes(len(mark.packed())), Mark(mark.terminal_id, 1, 1).packed()):
        path.write_bytes(content)
        shop.reopen()
    assert Mark(mark.terminal_id, 1, 1) == read_mark(shop.folder)
    path.write_bytes(bytes(len(mark.packed())))
    assert None is read_mark(shop.folder)


def test_that_a_rolled_back_sale_moves_no_mark(shop: Shop) -> None:
    shop.sell(TEA)
    before = read_mark(shop.folder)

    def job(connection: Connection) -> None:
        terminal = journal.read_terminal(connection)
        journal.append_event(connection, terminal, event_id="x", kind="audit", body=b"{}", utc_ms=1, hlc=1)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        shop.till.database.write(job)
    assert before == read_mark(shop.folder)


def test_that_a_folder_that_takes_no_mark_costs_no_sale(tmp_path: Path) -> None:
    high_water = HighWater(tmp_path / "away")
    high_water.note(Mark("00000000-0000-0000-0000-000000000001", 1, 1))
    assert None is read_mark(tmp_path / "away")
    high_water.close()


def test_that_a_till_of_an_hq_must_be_enrolled_again_after_a_loss(open_shop: OpenShop) -> None:
    shop = open_shop("fixed-card")
    shop.till.database.write(lambda c: journal.change_terminal(c, hq_public_key=bytes(32)))
    accept_loss(shop.till)
    assert "FENCED" == journal.read_terminal(shop.till.database.reader()).sync_state
