"""A member of one region at the counter of another: two real tills, a real headquarters, and what each of them knows."""

from pathlib import Path

import msgspec
import pytest

from hq.apply import apply_inbox
from hq.enrolment import create_enrolment_code
from hq.operate import running
from pos_app.settings import Hq
from pos_app.sync.client import HqClient
from pos_app.sync.rounds import SyncOptions, SyncRounds
from pos_app.use_cases.joining import join_hq, private_key
from pos_app.use_cases.till import Till
from storage.outbox import SqliteOutbox
from tests.hq.journals import now_ms
from tests.hq.postgres import opened
from ui.gallery.shop import CARD_FRESH, open_sample_till, sample_settings

pytestmark = pytest.mark.usefixtures("no_keystore")


def synced(till: Till) -> None:
    """One round of the sync, as the worker does it."""
    with HqClient(till.settings.hq.url, private_key=private_key(till)) as client:
        rounds = SyncRounds(
            SqliteOutbox(till.database),
            client,
            options=SyncOptions(),
            utc_ms=now_ms,
            fraction=lambda: 0.5,
            stopping=lambda: False,
            pause_s=lambda _: None,
        )
        assert rounds.run().problem is None


def joined(folder: Path, url: str, code: str) -> Till:
    settings = sample_settings()
    settings = msgspec.structs.replace(
        settings, till=msgspec.structs.replace(settings.till, authority="hq"), hq=Hq(url=url)
    )
    folder.mkdir()
    till, _ = open_sample_till(folder, settings)
    join_hq(till, code)
    return till


def test_that_a_member_of_another_region_is_known_within_the_sale(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'hq.sqlite3'}") as engine, running(engine, books=False) as hq:
        codes = [
            create_enrolment_code(engine, store, now_ms=now_ms(), region=region)
            for store, region in (("store-1", "north"), ("store-2", "south"))
        ]
        north, south = (joined(tmp_path / code, hq.url, code) for code in codes)
        north.enrol(CARD_FRESH, name="Vera").result(10)
        for till in (north, south):
            synced(till)
        apply_inbox(engine, now_ms=now_ms())
        synced(south)
        before = south.find_member(CARD_FRESH)
        found = south.look_up_card(CARD_FRESH).result(10)
        nameless = south.find_member(CARD_FRESH)
        synced(south)
        after = south.find_member(CARD_FRESH)
        home = north.find_member(CARD_FRESH)
        for till in (north, south):
            till.close()

    assert (None, True) == (before, found)
    assert nameless is not None
    assert after is not None
    assert home is not None
    assert ("", "Vera") == (nameless.name, after.name)
    assert home.account_ref == nameless.account_ref == after.account_ref
