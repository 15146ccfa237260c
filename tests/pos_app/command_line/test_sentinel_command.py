"""``pos-app sentinel``, and what the status and ``explain`` tell to whom."""

import json
import shutil
from pathlib import Path

import pytest

from pos_app.command_line.sentinel_command import sentence
from pos_app.model.sentinel import FindingCode, Suspicion
from pos_app.protocol.events import AdjustmentReason
from pos_app.use_cases import account_acts
from tests.pos_app.command_line.test_staff_commands import Ran
from tests.shop import BOB, NOON_MS, TEA, Shop
from tests.staff import PINS, hire

pytestmark = pytest.mark.usefixtures("no_keystore")


@pytest.fixture
def settings(tmp_path: Path, empty_till: Path) -> Path:
    """A till with staff where points were given by hand on 1 July."""
    shutil.copytree(empty_till, tmp_path / "till")
    shop = Shop(tmp_path / "till", "pharmacy", at_ms=NOON_MS)
    account_ref = shop.join(BOB)
    shop.sell(TEA, card=BOB)
    shop.till.book_act(account_acts.adjust, BOB, 50, reason=AdjustmentReason.GOODWILL).result()
    hire(shop.till)
    shop.close()
    assert f"account-{BOB}" == account_ref
    file = tmp_path / "shop.toml"
    file.write_text(f"[storage]\nfolder = {json.dumps(str(tmp_path / 'till'))}\n", encoding="utf-8")
    return file


def test_that_a_managers_pin_shows_the_findings_of_a_day(settings: Path) -> None:
    ran = Ran(settings, "sentinel", "--day", "2026-07-01", "--by", "dora", lines=(PINS["dora"],))
    said = f"cashier-1 changed the points of account-{BOB} by hand 1 times, by 50 points in all."
    assert (0, True) == (ran.code, said in ran.out)
    found = Ran(settings, "sentinel", "--day", "2026-07-01", "--json", "--by", "anna", lines=(PINS["anna"],)).json
    assert ("2026-07-01", ["adjustments"]) == (found["day"], [one["code"] for one in found["findings"]])
    quiet = Ran(settings, "sentinel", "--day", "2026-07-02", "--by", "anna", lines=(PINS["anna"],))
    assert (0, "Nothing stands out on 2026-07-02.") == (quiet.code, quiet.out)


def test_that_a_cashier_and_nobody_are_refused(settings: Path) -> None:
    assert 2 == Ran(settings, "sentinel", "--by", "ben", lines=(PINS["ben"],)).code
    assert 2 == Ran(settings, "sentinel").code


def test_that_the_status_counts_for_those_who_may_know(settings: Path) -> None:
    assert Ran(settings, "status", "--json").json["sentinel_findings"] is None
    assert 0 == Ran(settings, "status", "--json", "--by", "anna", lines=(PINS["anna"],)).json["sentinel_findings"]


def test_that_an_explanation_is_restricted_until_somebody_says_who_they_are(settings: Path) -> None:
    explain = ("explain", "001-01-0000002", "--json")
    assert Ran(settings, *explain).json["restricted"]
    assert Ran(settings, *explain, "--by", "ben", lines=(PINS["ben"],)).json["restricted"]
    assert not Ran(settings, *explain, "--by", "anna", lines=(PINS["anna"],)).json["restricted"]


@pytest.mark.parametrize("code", FindingCode)
def test_that_every_finding_has_a_sentence(code: FindingCode, shop: Shop) -> None:
    names = (
        "receipts window_minutes share_percent returned_units after_minutes burned_again_units adjustments net_units"
    )
    text = sentence(Suspicion(code, "ben", "a-1", ("001-01-0000001",), dict.fromkeys(names.split(), 3)), shop.till)
    assert text.startswith("ben ")
    assert text.endswith("Receipts: 001-01-0000001.")
