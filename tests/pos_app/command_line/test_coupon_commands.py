"""``pos-app coupon`` and ``pos-app hq coupons`` as a manager uses them."""

import csv
import json
from pathlib import Path

import pypdfium2
import pytest

from pos_app.command_line.coupon_options import print_batches
from pos_app.programmes import preset_text
from pos_app.use_cases.coupon_making import BatchView
from tests.pos_app.command_line.test_commands import Ran, settings

__all__ = ["settings"]
pytestmark = pytest.mark.usefixtures("no_keystore")
RULE = "coupon/five-off"


@pytest.fixture
def shop(settings: Path) -> Path:
    """The settings of a till with the coupon programme."""
    (settings.parent / "programmes" / "coupon.toml").write_text(preset_text("coupon"), encoding="utf-8")
    return settings


def codes_in(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_that_coupons_are_made_listed_looked_at_printed_again_and_withdrawn(shop: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "codes.csv", tmp_path / "again.csv"
    made = Ran("coupon", "make", RULE, "--codes", "3", "--until", "2099-12-31", "--out", out, "--settings", shop)
    assert (0, True) == (made.code, "3 coupons in" in made.out)
    first, *_ = rows = codes_in(out)
    batch = first["coupon"].partition("-")[0]
    listed = json.loads(Ran("coupon", "list", "--json", "--settings", shop).out)
    assert [(batch, 3, 0)] == [(one["batch_id"], one["codes"], one["used"]) for one in listed]
    assert "secret" not in listed[0]
    seen = Ran("coupon", "check", first["code"], "--settings", shop)
    assert (0, True) == (seen.code, f"Coupon {first['coupon']} for {RULE}: used 0 of 1 times here." in seen.out)
    assert json.loads(Ran("coupon", "check", first["code"], "--json", "--settings", shop).out)["is_genuine"]
    assert 0 == Ran("coupon", "print", batch, "--out", again, "--settings", shop).code
    assert rows == codes_in(again)
    assert 0 == Ran("coupon", "withdraw", batch, "--settings", shop).code
    assert "withdrawn" in Ran("coupon", "list", "--settings", shop).out


def test_that_a_made_up_code_is_told(shop: Path) -> None:
    ran = Ran("coupon", "check", "POSK7KQ2M001AX4Z39BQ5AC", "--settings", shop)
    assert (1, True) == (ran.code, "is not one of ours: no batch here has it" in ran.out)
    assert 2 == Ran("coupon", "check", "POSK", "--settings", shop).code


def test_that_what_cannot_be_made_says_why(shop: Path, tmp_path: Path) -> None:
    ran = Ran("coupon", "make", "coupon/none", "--codes", "3", "--out", tmp_path / "codes.csv", "--settings", shop)
    assert (2, True) == (ran.code, "coupon/beauty, coupon/five-off" in ran.err)
    ran = Ran("coupon", "make", RULE, "--codes", "3", "--out", tmp_path / "codes.txt", "--settings", shop)
    assert 2 == ran.code
    assert "[]" == Ran("coupon", "list", "--json", "--settings", shop).out.strip()


def test_that_headquarters_makes_coupons_for_its_tills(tmp_path: Path) -> None:
    database = ("--database", f"sqlite:///{tmp_path / 'hq.sqlite3'}")
    programme, sheet, again = tmp_path / "coupon.toml", tmp_path / "sheet.pdf", tmp_path / "again.csv"
    programme.write_text(preset_text("coupon"), encoding="utf-8")
    assert 0 == Ran("hq", "publish", "programme", programme, *database).code
    made = Ran(
        "hq", "coupons", "make", RULE, "--codes", "2", "--till", "7", "--shop-name", "Shop", "--out", sheet, *database
    )
    assert 0 == made.code
    assert sheet.read_bytes().startswith(b"%PDF")
    (listed,) = json.loads(Ran("hq", "coupons", "list", "--json", *database).out)
    assert (RULE, 2, 7, False) == (listed["rule"], listed["codes"], listed["till_number"], listed["withdrawn"])
    assert "till 7" in Ran("hq", "coupons", "list", *database).out
    assert 0 == Ran("hq", "coupons", "print", listed["batch_id"], "--out", again, *database).code
    assert 2 == len(codes_in(again))
    assert 0 == Ran("hq", "coupons", "withdraw", listed["batch_id"], *database).code
    assert 2 == Ran("hq", "coupons", "withdraw", "AAAAA", *database).code
    published = json.loads(Ran("hq", "published", "--json", *database).out)
    assert ["programme"] == [document["kind"] for document in published]


def test_that_the_slips_say_what_the_shop_wants_them_to_say(shop: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.pdf", tmp_path / "again.pdf"
    words = ("--words", "5 off from 20")
    assert 0 == Ran("coupon", "make", RULE, "--codes", "1", *words, "--out", first, "--settings", shop).code
    batch = json.loads(Ran("coupon", "list", "--json", "--settings", shop).out)[0]["batch_id"]
    assert 0 == Ran("coupon", "print", batch, "--out", again, "--settings", shop).code
    said = [pypdfium2.PdfDocument(file.read_bytes())[0].get_textpage().get_text_range() for file in (first, again)]
    assert [True, False] == ["5 off from 20" in text for text in said]
    assert [False, True] == ["Coupons" in text for text in said]


def test_that_a_narrow_screen_cuts_no_reference_off(capsys: pytest.CaptureFixture[str]) -> None:
    account_ref = "08489596-c031-4214-93b5-62abe9a9e9cc"
    print_batches([BatchView("7KQ2M", RULE, 20, 1, "", "2026-12-31", account_ref, 0, False, 0)], as_json=False)
    rows = [line.split("│")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    cells = ["".join(part.strip() for part in column) for column in zip(*rows, strict=True)]
    assert ["7KQ2M", RULE, account_ref] == [cells[0], cells[1], cells[6]]
